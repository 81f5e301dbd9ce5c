"""Plots of training and of models, by matplotlib (the `plots` extra: `twingrad[plots]`).

Every function takes `ax=None` (axes to draw on; new ones by default), returns the axes, and never
calls show; `dashboard` and `layers` make a figure of their own and return that.

    from viz import History, plots
    plots.dashboard(history)

To add a plot, write one such function in `curves` (of what was noted), `runs` (of several runs),
`measurements` or `layerwise` (of parameters and layers), `histograms` or `samples` (of a model at
work), `of_memory`, `of_sweeps`, `decisions` or `images`, add its line here, and call it in `CALLS`
of test_plots.py, which asks for it.  Axes, colours and legends come from `axes`; the notebooks
take those as well, for plots of their own.
"""

from .axes import (
    CYCLE as CYCLE,
    LEGEND as LEGEND,
    Rectangle as Rectangle,
    axes_of as axes_of,
    figure_with as figure_with,
    pyplot as pyplot,
)
from .curves import learning_rate as learning_rate, loss as loss, metric as metric
from .dashboard import dashboard as dashboard
from .decisions import decision_boundary as decision_boundary
from .histograms import (
    activation_histogram as activation_histogram,
    gradient_histogram as gradient_histogram,
    layers as layers,
)
from .images import image_grid as image_grid, sample_grid as sample_grid
from .layerwise import by_layer as by_layer, over_time as over_time
from .measurements import (
    dead_units as dead_units,
    gradient_flow as gradient_flow,
    gradient_norms as gradient_norms,
    update_ratio as update_ratio,
)
from .of_memory import memory as memory
from .of_sweeps import sweep as sweep
from .runs import compare_runs as compare_runs
from .samples import (
    confusion_matrix as confusion_matrix,
    gradient_scatter as gradient_scatter,
)
