"""Pictures of graphs and gradients."""

from .dot import GraphTooLargeError, to_dot
from .picture import Picture, draw
from .render import RenderError

__all__ = ["GraphTooLargeError", "Picture", "RenderError", "draw", "to_dot"]
