"""Pictures of graphs, backward step by step, training watched, and the command line.

What users need is here; `viz.plots` comes with the extra `twingrad[plots]`.  Below are rooms, each
of which knows only those before it: `drawing` (boxes, text, colours), `graphs` (`draw`, `diff`, …),
`stepping` (`steps`, `step_through`, `practice`), `monitoring` (`History`), `plots`, `site` (the
reference) and `command` (`twingrad`).
They look at graphs and never change a number: `.grad` stays as it was unless a docstring says so.
The notebooks build pictures of their own from what the rooms' doors offer.
"""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from engine import moved as _moved

from .drawing import (
    GraphTooLargeError as GraphTooLargeError,
    RendererNotFoundError as RendererNotFoundError,
    RenderError as RenderError,
)
from .graphs import (
    Picture as Picture,
    diff as diff,
    draw as draw,
    side_by_side as side_by_side,
    to_dot as to_dot,
    trace as trace,
)
from .monitoring import History as History
from .stepping import (
    BackwardStep as BackwardStep,
    ForwardStep as ForwardStep,
    Practice as Practice,
    Stepper as Stepper,
    practice as practice,
    step_through as step_through,
    steps as steps,
)

# Names that modules had, and pickles of then still have
_moved(
    [f"viz.{name}" for name in (
        "boxes", "difference", "dot", "expression", "heat", "history", "layout", "measure", "names",
        "page", "picture", "render", "side_by_side", "stepper", "steps",
    )],
    "viz", "viz.drawing", "viz.drawing.heat", "viz.monitoring", "viz.stepping.layout",
    "viz.stepping.page", "viz.stepping.steps", "viz.command.expression",
)  # fmt: skip
_moved(["viz.curves", "viz.images", "viz.samples"], "viz.plots")

if TYPE_CHECKING:  # `__getattr__` would make it take `viz.darw` for a name
    from . import plots as plots
else:

    def __getattr__(name: str) -> ModuleType:
        """`viz.plots` at its first use: it needs matplotlib, which the rest does without."""
        if name == "plots":
            return importlib.import_module("viz.plots")
        raise AttributeError(f"module 'viz' has no attribute {name!r}")

    def __dir__() -> list[str]:
        """All names, `plots` too: what an editor completes."""
        return sorted({*globals(), "plots"})
