"""Pictures of graphs and gradients, and the command line."""

from .dot import GraphTooLargeError, to_dot
from .picture import Picture, draw
from .render import RendererNotFoundError, RenderError

__all__ = [
    "GraphTooLargeError",
    "Picture",
    "RenderError",
    "RendererNotFoundError",
    "draw",
    "to_dot",
]
