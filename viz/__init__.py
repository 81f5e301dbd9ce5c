"""Pictures of graphs and gradients, and the command line."""

from .boxes import GraphTooLargeError
from .difference import diff
from .dot import to_dot
from .history import History
from .names import trace
from .picture import Picture, draw
from .render import RendererNotFoundError, RenderError
from .side_by_side import side_by_side
from .stepper import Stepper, step_through
from .steps import BackwardStep, ForwardStep, steps

__all__ = [
    "BackwardStep",
    "ForwardStep",
    "GraphTooLargeError",
    "History",
    "Picture",
    "RenderError",
    "RendererNotFoundError",
    "Stepper",
    "diff",
    "draw",
    "side_by_side",
    "step_through",
    "steps",
    "to_dot",
    "trace",
]
