"""A line for each row of a sweep, through one axis for each setting to one of the result."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from .axes import CYCLE, MaxNLocator, plain
from .outcomes import NO_NUMBER, Outcomes, Setting, apart, scale_of, short

MOST_EVEN = 12  # values that stand evenly, each with its name; more numbers have a scale
BAND = 0.6  # of the room around such a value is passed through by its rows
MOST_THICK = 60  # lines
LEAST = 0.045  # between two names along an axis, in heights of it
NAMES: dict[str, Any] = {
    "fontsize": "small", "va": "center", "zorder": 6,
    "bbox": {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.6},
}  # fmt: skip
#: Heights on the axis of the result, below its scale, of rows without a number.
FAILED_AT, LOST_AT, SCALE_FROM = 0.0, 0.07, 0.16


def parallel_axes(found: Outcomes, ax: Any) -> None:
    """Draw the rows as lines, the best on top, and the axes they pass through."""
    order = _from_below(found)
    columns = [_axis(ax, x, setting, order) for x, setting in enumerate(found.settings)]
    heights = np.stack([*columns, _result_axis(ax, len(columns), found)], axis=1)
    steps = np.arange(heights.shape[1])
    goodness = order if found.mode == "max" else order[::-1]
    drawn = goodness[~np.isnan(found.numbers[goodness])]
    thin = 1.2 if len(drawn) <= MOST_THICK else 0.8
    _lines(ax, heights[found.failed], color="#8c8c8c", linestyle="--", linewidth=0.9,
           label=found.what_failed)  # fmt: skip
    _lines(ax, heights[found.lost], color=CYCLE[1], linestyle=":", label=NO_NUMBER)
    for i in drawn.tolist():
        colour = found.colours(found.norm(found.numbers[i]))
        ax.plot(steps, heights[i], color=colour, linewidth=thin, zorder=3)
    if found.best:
        _lines(ax, heights[found.best], color="black", linewidth=4.0, zorder=4)
        _lines(ax, heights[found.best], color=CYCLE[1], linewidth=2.0, zorder=4,
               marker="*", markersize=14, markeredgecolor="black", markevery=[len(columns)],
               label=found.where_best)  # fmt: skip
    ax.set(xlim=(-0.45, len(columns) + 0.45), ylim=(-0.04, 1.04), yticks=[])
    names = [plain(short(s.name)) for s in found.settings]
    ax.set_xticks(steps, [*names, plain(found.metric)])
    ax.tick_params(axis="x", length=0)
    ax.spines[:].set_visible(False)


def _lines(ax: Any, heights: ndarray, *, label: str | None = None, **look: Any) -> None:
    """Lines of one kind, (lines, axes), which the key names once."""
    look = {"zorder": 2} | look
    for i, line in enumerate(heights):
        ax.plot(range(len(line)), line, label=label if i == 0 else None, **look)


def _from_below(found: Outcomes) -> ndarray:
    """The rows in the order in which they end on the axis of the result, from below."""
    ends = np.where(found.failed, -2, np.where(found.lost, -1, 0))
    return np.lexsort([np.nan_to_num(found.numbers), ends])


def _axis(ax: Any, x: int, setting: Setting, order: ndarray) -> ndarray:
    """Draw the axis of a setting, and return the height of each row on it."""
    ax.axvline(x, color="black", linewidth=0.8, zorder=1)
    if setting.numbers is not None and len(setting.labels) > MOST_EVEN:
        values = np.unique(setting.numbers)
        log = scale_of(values) == "log"
        low, high = float(values[0]), float(values[-1])
        _ticks(ax, x, low, high, log, 0.0, "right")
        return _heights(setting.numbers, low, high, log, 0.0)
    count = len(setting.labels)
    middles = (np.arange(count) + 0.5) / count
    for i in apart(middles.tolist(), LEAST):
        ax.text(x - 0.05, middles[i], plain(setting.labels[i]), ha="right", **NAMES)
    heights = np.empty(len(setting.places))
    for place, middle in enumerate(middles):
        here = [i for i in order if setting.places[i] == place]
        across = BAND / count * ((np.arange(len(here)) + 0.5) / len(here) - 0.5)
        heights[here] = middle + across
        ax.plot([x, x], [middle + across[0], middle + across[-1]], color="#b0b0b0", linewidth=5,
                solid_capstyle="round", zorder=1)  # fmt: skip
    return heights


def _result_axis(ax: Any, x: int, found: Outcomes) -> ndarray:
    """Draw the axis of the result, and return the height of each row on it."""
    marks = {
        "failed": (FAILED_AT, found.failed, "#595959"),
        "no number": (LOST_AT, found.lost, CYCLE[1]),
    }
    below = SCALE_FROM if found.failed.any() or found.lost.any() else 0.0
    heights = np.full(len(found.numbers), np.nan)
    there = ~np.isnan(found.numbers)
    if there.any():
        low, high = float(found.numbers[there].min()), float(found.numbers[there].max())
        ax.plot([x, x], [below, 1.0], color="black", linewidth=0.8, zorder=1)
        heights = _heights(found.numbers, low, high, found.logarithmic, below)
        _ticks(ax, x, low, high, found.logarithmic, below, "left")
    for name, (at, which, colour) in marks.items():
        if which.any():
            heights[which] = at
            ax.text(x + 0.05, at, f"{name} × {which.sum()}", color=colour, ha="left", **NAMES)
            ax.plot(x, at, "x" if name == "failed" else "s", color=colour, fillstyle="none")
    return heights


def _heights(numbers: ndarray, low: float, high: float, log: bool, below: float) -> ndarray:
    """Numbers from low to high as heights from `below` to 1; in the middle if all are equal."""
    if low == high:
        return np.where(np.isnan(numbers), np.nan, (1 + below) / 2)
    if log:
        numbers, low, high = np.log(numbers), np.log(low), np.log(high)
    return below + (1 - below) * (numbers / (high - low) - low / (high - low))


def _ticks(ax: Any, x: int, low: float, high: float, log: bool, below: float, side: str) -> None:
    """Round numbers along an axis, on its outer side; the ends where there are hardly any."""
    if log:
        first, last = np.ceil(np.log10(low)), np.floor(np.log10(high))
        found = 10.0 ** np.arange(first, last + 1, max(1, (last - first) // 5))
    else:
        found = np.asarray(MaxNLocator(6).tick_values(low, high))
    inside = found[(found >= low) & (found <= high)]
    values = inside if len(inside) > 1 else np.unique([low, high])
    at = _heights(values, low, high, log, below)
    shift = 0.05 if side == "left" else -0.05
    for i in apart(at.tolist(), LEAST):
        ax.plot([x - 0.015, x + 0.015], [at[i], at[i]], color="black", linewidth=0.8, zorder=1)
        ax.text(x + shift, at[i], f"{values[i]:.4g}", ha=side, **NAMES)
