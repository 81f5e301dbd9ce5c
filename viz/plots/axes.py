"""What the plots share: matplotlib (the `plots` extra), axes to draw on, colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

try:
    from matplotlib import colormaps, pyplot as pyplot
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle as Rectangle
    from matplotlib.ticker import MaxNLocator
except ImportError as error:
    raise ImportError("viz.plots needs matplotlib: pip install 'twingrad[plots]'") from error

from ..drawing import NEGATIVE, OKABE_ITO, POSITIVE

#: A legend lets what lies below shine through.
LEGEND = {"framealpha": 0.7, "edgecolor": "none", "borderpad": 0.2}

#: Colours of curves, in order; yellow is left out, it cannot be read on white.
CYCLE = [
    OKABE_ITO[name]
    for name in ("blue", "vermillion", "bluish green", "orange", "reddish purple", "sky blue")
]
#: For an order from first to last: as dark as it is early, and readable in grey.
SEQUENTIAL = "viridis"
#: For numbers with a sign, as in heat strips: white is 0.
TWO_SIDED = LinearSegmentedColormap.from_list("two-sided", [NEGATIVE, "#ffffff", POSITIVE])

MOST_NAMED = 8  # more curves than this get colours in order, and only the first and last a name


def axes_of(ax: Any, title: str = "", x: str = "", y: str = "") -> Any:
    """`ax`, or new axes if it is None, with title and names."""
    if ax is None:
        _, ax = pyplot.subplots(layout="constrained")
    ax.set(title=title, xlabel=x, ylabel=y)
    return ax


def figure_with(rows: int, columns: int, size: tuple[float, float]) -> tuple[Any, Any]:
    """A new figure, and its axes as an array (rows, columns)."""
    return pyplot.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")


def colours(count: int) -> list[Any]:
    """`count` colours: of the cycle, or where that is too short, along a scale."""
    if count <= len(CYCLE):
        return CYCLE[:count]
    return list(colormaps[SEQUENTIAL](np.linspace(0.0, 0.9, count)))


def key(ax: Any, names: Sequence[str]) -> None:
    """A legend of the curves so named; of the first and the last, if they are many."""
    handles, labels = ax.get_legend_handles_labels()
    shown = set(names) if len(names) <= MOST_NAMED else {names[0], names[-1]}
    pairs = [
        (h, la) for h, la in zip(handles, labels, strict=True) if la in shown or la not in names
    ]
    ax.legend(*zip(*pairs, strict=True), fontsize="small", **LEGEND)


def curve(ax: Any, steps: np.ndarray, numbers: np.ndarray, line: str = "-", **look: Any) -> None:
    """A line over steps; a dot where there is but one."""
    if len(steps) == 1:
        look = {"marker": "o", "markersize": 4, **look}
    ax.plot(steps, numbers, line, **look)


def whole_steps(ax: Any) -> None:
    """Ticks at whole numbers: there is no half step."""
    low, high = ax.get_xlim()
    if high - low < 2:
        middle = round((low + high) / 2)
        ax.set_xlim(middle - 1, middle + 1)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
