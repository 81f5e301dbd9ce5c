"""Pictures of graphs and gradients, and the command line."""

from .dot import GraphTooLargeError, to_dot
from .history import History
from .picture import Picture, draw
from .render import RendererNotFoundError, RenderError

__all__ = [
    "GraphTooLargeError",
    "History",
    "Picture",
    "RenderError",
    "RendererNotFoundError",
    "draw",
    "to_dot",
]
