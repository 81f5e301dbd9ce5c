"""What the plots share: matplotlib (the `plots` extra), axes to draw on, colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

try:
    from matplotlib import colormaps, pyplot as pyplot
    from matplotlib.colors import LinearSegmentedColormap, ListedColormap as ListedColormap
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

#: What is larger than this no axis can show: matplotlib's own sums would overflow.
LARGEST = 1e300
SMALLEST = 1e-300
WIDEST = 100  # decades of a logarithmic axis with margins

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
    if pairs:  # matplotlib leaves out what begins with an underscore
        ax.legend(*zip(*pairs, strict=True), fontsize="small", **LEGEND)


def drawable(numbers: Any) -> np.ndarray:
    """As float64, with nan in place of what no axis can show: nan, inf, and beyond 1e300.

    >>> drawable([1, -np.inf, 1e308])
    array([ 1., nan, nan])
    """
    array = np.asarray(numbers, dtype=np.float64)
    return np.where(np.abs(array) <= LARGEST, array, np.nan)


def curve(ax: Any, steps: np.ndarray, numbers: np.ndarray, line: str = "-", **look: Any) -> None:
    """A line over steps, with gaps where there is nothing to draw; a dot where one stands alone."""
    numbers = drawable(numbers)
    gap = np.isnan(np.concatenate([[np.nan], numbers, [np.nan]]))
    alone = np.flatnonzero(gap[:-2] & ~gap[1:-1] & gap[2:])
    if alone.size:
        look = {"marker": "o", "markersize": 4, "markevery": alone.tolist(), **look}
    if len(steps):  # matplotlib alone would make no room where nothing is drawn
        ax.update_datalim([(steps.min(), 0.0), (steps.max(), 0.0)], updatey=False)
    ax.plot(steps, numbers, line, **look)


def mark_nonfinite(ax: Any, steps: np.ndarray, numbers: np.ndarray) -> None:
    """A line where a curve first went nan or inf, or too large to be drawn."""
    lost = np.flatnonzero(np.isnan(drawable(numbers)))
    if lost.size:
        beyond = np.isfinite(numbers[lost[0]])
        label = f"beyond {LARGEST:g} from here" if beyond else "nan or inf from here"
        ax.axvline(steps[lost[0]], color=CYCLE[1], linestyle=":", label=label)


def logarithmic(ax: Any) -> None:
    """A logarithmic scale, if anything was drawn above 0; else the axis stays, and says so."""
    low, high = float(ax.dataLim.minposy), float(ax.dataLim.y1)
    if not low <= high:
        ax.text(0.5, 0.5, "nothing above 0: no logarithmic scale", ha="center", va="center",
                transform=ax.transAxes)  # fmt: skip
        return
    first, last = np.log10(low), np.log10(high)
    wide = last - first > WIDEST  # margins and ticks that matplotlib chooses would overflow
    if wide:
        ax.set_ylim(low, high)
    elif high <= low * (1 + 1e-9) and low > SMALLEST:  # as good as equal, and without margins
        ax.set_ylim(low / 10, high * 10)
    ax.set_yscale("log")
    if wide:
        ax.set_yticks(10.0 ** np.linspace(np.ceil(first), np.floor(last), 5).round())
        ax.minorticks_off()


def whole_steps(ax: Any) -> None:
    """Ticks at whole numbers: there is no half step."""
    low, high = ax.get_xlim()
    if high - low < 2:
        middle = round((low + high) / 2)
        ax.set_xlim(middle - 1, middle + 1)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
