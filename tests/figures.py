"""What the tests of plots share: figures that close, axes as drawn, a history to draw."""

import matplotlib as mpl
import pytest
from matplotlib import pyplot

from viz import History

mpl.use("Agg")


@pytest.fixture(autouse=True)
def figures_are_closed():
    """Imported by a file, it holds for all of its tests."""
    yield
    pyplot.close("all")


def a_run(losses, **metrics):
    """A history of these losses, and of metrics noted at each step."""
    history = History()
    for i, loss in enumerate(losses):
        history.step(loss, **{name: numbers[i] for name, numbers in metrics.items()})
    return history


def drawn(ax):
    """The axes, after everything was really drawn."""
    ax.figure.canvas.draw()
    return ax


def labels_of(ax):
    """The names in a key."""
    return ax.get_legend_handles_labels()[1]
