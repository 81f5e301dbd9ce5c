"""Plots of training and of models, by matplotlib (the `plots` extra: `twingrad[plots]`).

Every function takes `ax=None` (axes to draw on; new ones by default), returns the axes, and never
calls show; `dashboard` makes a figure of its own and returns that.

    from viz import History, plots
    plots.dashboard(history)
"""

from .curves import (
    dashboard,
    dead_units,
    gradient_flow,
    gradient_norms,
    learning_rate,
    loss,
    update_ratio,
)
from .images import image_grid
from .samples import (
    activation_histogram,
    confusion_matrix,
    decision_boundary,
    gradient_histogram,
    gradient_scatter,
    sample_grid,
)

__all__ = [
    "activation_histogram",
    "confusion_matrix",
    "dashboard",
    "dead_units",
    "decision_boundary",
    "gradient_flow",
    "gradient_histogram",
    "gradient_norms",
    "gradient_scatter",
    "image_grid",
    "learning_rate",
    "loss",
    "sample_grid",
    "update_ratio",
]
