"""What the plots share: matplotlib (the `plots` extra), axes to draw on, colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

try:
    from matplotlib import colormaps as colormaps, pyplot as pyplot
    from matplotlib.colors import (
        LinearSegmentedColormap,
        ListedColormap as ListedColormap,
        LogNorm as LogNorm,
        Normalize as Normalize,
    )
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle as Rectangle
    from matplotlib.ticker import MaxNLocator as MaxNLocator
    from matplotlib.transforms import ScaledTranslation
except ImportError as error:
    raise ImportError("viz.plots needs matplotlib: pip install 'twingrad[plots]'") from error

from engine.showing import NEGATIVE, POSITIVE

from ..drawing import OKABE_ITO

#: How legends look; `key` puts them where no curve is.
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

#: Lines that can be told apart without colour.
DASHES: list[Any] = ["-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1))]
MARKERS = "osD^vP*X<>"
MOST_MARKERS = 40  # along a curve
MOST_LOOKS = len(CYCLE) * len(DASHES)  # their lengths share no factor: each pair occurs once

MOST_NAMED = 8  # more curves than this get colours in order, and only the first and last a name

MOST_TICKS, LONGEST = 20, 28  # names along an axis, and their letters


def axes_of(ax: Any, title: str = "", x: str = "", y: str = "") -> Any:
    """`ax`, or new axes if it is None, with title and names.

    >>> from viz import plots
    >>> ax = plots.axes_of(None, "a parabola", "x", "y")
    >>> ax.get_title(), ax.get_xlabel()
    ('a parabola', 'x')
    >>> plots.pyplot.close()
    """
    if ax is None:
        _, ax = pyplot.subplots(layout="constrained")
    ax.set(title=plain(title), xlabel=plain(x), ylabel=plain(y))
    return ax


def plain(name: str) -> str:
    """A name as matplotlib shows it as it is: not as a formula, and in legends too.

    >>> plain("_fc.weight"), plain("5 $"), plain("bias")
    (' _fc.weight', '5 \\\\$', 'bias')
    """
    return " " * name.startswith("_") + name.replace("$", r"\$")


def figure_with(rows: int, columns: int, size: tuple[float, float]) -> tuple[Any, Any]:
    """A new figure, and its axes as an array (rows, columns).

    >>> from viz import plots
    >>> figure, axes = plots.figure_with(2, 3, (6.0, 4.0))
    >>> axes.shape
    (2, 3)
    >>> plots.pyplot.close()
    """
    return pyplot.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")


def colours(count: int) -> list[Any]:
    """`count` colours: of the cycle, or where that is too short, along a scale."""
    if count <= len(CYCLE):
        return CYCLE[:count]
    return list(colormaps[SEQUENTIAL](np.linspace(0.0, 0.9, count)))


def looks(count: int, *, ordered: bool = False) -> list[dict[str, Any]]:
    """Colours and dashes of `count` curves, each pair once.

    Args:
        count: how many, at most 30.
        ordered: from first to last, as layers are: many then go from dark to light.

    >>> looks(2)[1]
    {'color': '#d55e00', 'linestyle': '--'}
    """
    if ordered and count > len(CYCLE):
        return [{"color": colour, "linestyle": "-"} for colour in colours(count)]
    if count > MOST_LOOKS:
        raise ValueError(f"at most {MOST_LOOKS} curves can be told apart, got {count}")
    return [
        {"color": CYCLE[i % len(CYCLE)], "linestyle": DASHES[i % len(DASHES)]} for i in range(count)
    ]


def key(
    ax: Any,
    names: Sequence[str] = (),
    *,
    most: int = MOST_NAMED,
    beside: bool = False,
    texts: Mapping[str, str] | None = None,
    **look: Any,
) -> None:
    """A legend below the axes, or beside them: where no curve is.

    Args:
        ax: axes on which all is drawn that has a label.
        names: labels of curves of one kind: if they are more than `most`, only the first and the
            last stand in the legend.
        beside: to the right, one below the other, if the axes are wide enough for that.
        texts: what stands there for a label; default the label.
        look: what else matplotlib's `legend` takes.
    """
    names = [plain(name) for name in names]
    texts = {plain(name): plain(text) for name, text in (texts or {}).items()}
    handles, labels = ax.get_legend_handles_labels()
    shown = set(names) if len(names) <= most else {names[0], names[-1]}
    pairs = [
        (h, texts.get(la, la))
        for h, la in zip(handles, labels, strict=True)
        if la in shown or la not in names
    ]
    if not pairs:
        return
    figure = ax.figure
    if isinstance(figure, Figure) and figure.get_layout_engine() is None and ax.get_subplotspec():
        figure.set_layout_engine("constrained")  # makes room for what stands outside axes
    handles, labels = zip(*pairs, strict=True)
    look = {"fontsize": "small", **LEGEND, **look}
    right = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
    place = right if beside else _below(ax)
    wide = ax.legend(handles, labels, **look, **place).get_window_extent().width
    if beside and wide > 0.7 * ax.bbox.width:
        ax.legend(handles, labels, **look, **_below(ax))
    columns = min(int(1.2 * ax.bbox.width / wide), len(labels), 4)  # the layout widens axes
    if not beside and columns > 1:
        ax.legend(handles, labels, ncols=columns, **look, **place)


def _below(ax: Any) -> dict[str, Any]:
    """Where a legend stands under the ticks of an axis and its name, however high the axes are."""
    found = ax.xaxis.get_tightbbox(None)
    deep = 0.0 if found is None else (ax.bbox.y0 - found.y0) / ax.figure.dpi
    down = ScaledTranslation(0.0, -max(deep, 0.0), ax.figure.dpi_scale_trans)
    return {
        "loc": "upper center", "bbox_to_anchor": (0.5, 0.0), "bbox_transform": ax.transAxes + down,
    }  # fmt: skip


def drawable(numbers: Any) -> np.ndarray:
    """As float64, with nan in place of what no axis can show: nan, inf, and beyond 1e300.

    >>> drawable([1, -np.inf, 1e308])
    array([ 1., nan, nan])
    """
    array = np.asarray(numbers, dtype=np.float64)
    return np.where(np.abs(array) <= LARGEST, array, np.nan)


def curve(ax: Any, steps: np.ndarray, numbers: np.ndarray, **look: Any) -> None:
    """A line over steps, with gaps where there is nothing to draw; a dot where one stands alone."""
    numbers = drawable(numbers)
    if "label" in look:
        look["label"] = plain(look["label"])
    gap = np.isnan(np.concatenate([[np.nan], numbers, [np.nan]]))
    alone = np.flatnonzero(gap[:-2] & ~gap[1:-1] & gap[2:])
    if "marker" in look:  # not so many that they cover the dashes
        some = np.arange(0, len(steps), -(-len(steps) // MOST_MARKERS) or 1)
        look["markevery"] = np.union1d(some, alone).tolist()
    elif alone.size:
        look |= {"marker": "o", "markersize": 4, "markevery": alone.tolist()}
    if len(steps):  # matplotlib alone would make no room where nothing is drawn
        ax.update_datalim([(steps.min(), 0.0), (steps.max(), 0.0)], updatey=False)
    ax.plot(steps, numbers, **look)


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
        ax.text(0.5, 0.9, "nothing above 0:\nno logarithmic scale", ha="center", va="top",
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
    if high - low < 1:
        middle = round((low + high) / 2)
        ax.set_xlim(middle - 1, middle + 1)
    ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True))


def some_names(names: Sequence[str]) -> tuple[list[int], list[str]]:
    """Places and names for ticks: every second or third if they are many, the ends of long ones.

    >>> some_names(["weight", "bias"])
    ([0, 1], ['weight', 'bias'])
    """
    every = -(-len(names) // MOST_TICKS)
    ends = [n if len(n) <= LONGEST else f"…{n[-LONGEST:]}" for n in names[::every]]
    return list(range(0, len(names), every)), [plain(n) for n in ends]
