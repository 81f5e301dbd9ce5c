"""Plots of numbers that were noted step by step: losses, metrics, the learning rate."""

from __future__ import annotations

import re
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
from matplotlib.ticker import NullLocator, SymmetricalLogLocator

from ..monitoring import History
from .axes import (
    CYCLE,
    MOST_MARKERS,
    axes_of,
    curve,
    drawable,
    key,
    logarithmic,
    mark_nonfinite,
    whole_steps,
)

#: What a History notes that is no metric.
OTHER = {"lr", "norm", "seconds", "epoch"}
#: Of ten numbers nine are this much smaller than the largest: a logarithmic scale shows them.
SPIKE = 10


# --- what a history holds ---


def metric_of(name: str) -> str:
    """The metric that a series is: "accuracy" of "validation_accuracy" too.

    >>> [metric_of(name) for name in ("accuracy", "validation_accuracy", "val_loss", "value")]
    ['accuracy', 'accuracy', 'loss', 'value']
    """
    return re.sub(r"^(val|valid|validation)_(?=.)", "", name)


def metrics_of(history: History) -> list[str]:
    """The metrics that were noted, of training or of validation, the loss first."""
    found = dict.fromkeys(metric_of(name) for name in history.names if name not in OTHER)
    return sorted(found, key=lambda name: name != "loss")


def training_series(history: History, name: str) -> tuple[np.ndarray, np.ndarray, bool]:
    """Steps and numbers of a metric, and whether each is the mean of an epoch.

    A mean of many steps belongs to their middle, as it says how the model was on the way; drawn
    at the last of them, training would seem to lag behind validation.
    """
    steps, numbers = history.series(name)
    if not all("epoch" in record for record in history.records if name in record):
        return steps, numbers, False
    ends = [0, *(record["step"] for record in history.records if "epoch" in record)]
    began = {end: start for start, end in pairwise(ends)}
    return np.array([(began[step] + 1 + step) / 2 for step in steps]), numbers, True


@np.errstate(all="ignore")  # what overflows is not drawn
def smoothed(numbers: np.ndarray, smoothing: float) -> np.ndarray:
    """A moving average that does not lag: at each step, of the steps before and after it.

    The weight of a number falls by the factor smoothing² with each step between: as calm as an
    exponential average of the steps before, whose weights fall by `smoothing`.  A line is fitted
    to the numbers with these weights, so that of a straight line it is the line, to its ends.  nan
    is skipped, and stays a gap.

    >>> smoothed(np.array([5.0, 3.0, np.nan, -1.0]), 0.9).round(12).tolist()
    [5.0, 3.0, nan, -1.0]
    """
    numbers = drawable(numbers)
    there = ~np.isnan(numbers)
    steps = np.arange(len(numbers), dtype=float)
    sums = there * np.stack([np.ones(len(numbers)), steps, steps**2])
    y = np.where(there, numbers, 0.0)
    weight, x, xx, y, xy = _weighted(np.concatenate([sums, [y, steps * y]]), smoothing**2)
    spread = weight * xx - x * x
    slope = np.divide(weight * xy - x * y, spread, out=np.zeros_like(y), where=spread > 1e-9)
    return np.where(there, (y + slope * (steps * weight - x)) / weight, np.nan)


def _weighted(rows: np.ndarray, factor: float) -> np.ndarray:
    """Sums along each row, in which what is k places away weighs factor**k."""

    def past(row: np.ndarray) -> np.ndarray:
        return np.array([*accumulate(row.tolist(), lambda total, x: factor * total + x)])

    # each number itself is in the sum of both directions
    return np.stack([past(row) + past(row[::-1])[::-1] - row for row in rows])


class Scale(NamedTuple):
    """How numbers are laid out on an axis: linear, logarithmic, or that only beyond `around`."""

    log: bool
    around: float = 0.0

    def shown(self, numbers: np.ndarray) -> np.ndarray:
        """The numbers that have a height, nan in place of others."""
        return np.where(numbers > 0, numbers, np.nan) if self.log and not self.around else numbers

    def smoothed(self, numbers: np.ndarray, smoothing: float) -> np.ndarray:
        """The moving average of heights: on a logarithmic scale that of the logarithms."""
        if not self.log:
            return smoothed(numbers, smoothing)
        numbers = drawable(numbers)
        with np.errstate(all="ignore"):
            if self.around:
                return self.around * np.sinh(smoothed(np.arcsinh(numbers / self.around), smoothing))
            return np.exp(smoothed(np.log(np.where(numbers > 0, numbers, np.nan)), smoothing))


def scale_for(numbers: np.ndarray, log: bool | None) -> Scale:
    """The scale that is wanted; if log is None, a logarithmic one where a spike would flatten all.

    >>> scale_for(np.array([2.0, 1.0, 400.0, 0.5]), None)
    Scale(log=True, around=0.0)
    """
    if log is not None:
        return Scale(log)
    shown = drawable(numbers)
    sizes = np.sort(np.abs(shown[~np.isnan(shown)]))
    if not len(sizes):
        return Scale(False)
    usual = float(sizes[int(0.9 * (len(sizes) - 1))])
    spike = bool(sizes[-1] > SPIKE * usual)
    return Scale(spike, (usual or float(sizes[-1]) / SPIKE) if (shown <= 0).any() else 0.0)


def set_scale(ax: Any, scale: Scale, numbers: np.ndarray) -> None:
    """Give the axes, on which all is drawn, a scale; a logarithmic one is named beside it.

    Of the numbers those that it cannot show are counted in the key.
    """
    if scale.log and scale.around:
        ax.set_yscale("asinh", linear_width=scale.around)
        decade = 10.0 ** np.ceil(np.log10(scale.around))
        ax.yaxis.set_major_locator(SymmetricalLogLocator(linthresh=decade, base=10))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.set_ylabel(f"log scale beyond ±{scale.around:.2g}")
    elif scale.log:
        logarithmic(ax)
        if ax.get_yscale() == "log":
            ax.set_ylabel("log scale")
        if below := int((numbers <= 0).sum()):
            ax.plot([], [], " ", label=f"{below:,} not above 0, not drawn")


# --- plots ---


def metric(
    history: History,
    name: str = "loss",
    ax: Any = None,
    *,
    smoothing: float = 0.9,
    log: bool | None = None,
) -> Any:
    """A metric at each step and its moving average; what it was on the validation set, as dots.

    The average is one of the steps before and after; the mean of an epoch stands in the epoch's
    middle, and what validation gave at the step after which it was measured.

    Args:
        history: what was recorded.
        name: of the metric, "accuracy" say; "validation_accuracy" belongs to it.
        ax: axes to draw on; default new ones.
        smoothing: weight of the past in the average, from 0 (none) to below 1.
        log: whether the scale is logarithmic; numbers that are not positive are not drawn then.
            Default: where a few numbers are more than ten times the rest, which would be a flat
            line beside them; if some are not positive it is linear around 0.

    Returns:
        The axes.

    Raises:
        ValueError: smoothing lies outside [0, 1).
        KeyError: it was never noted.

    >>> from viz import History, plots
    >>> history = History()
    >>> for step in range(1, 6):
    ...     history.step(1 / step, accuracy=1 - 1 / step)
    >>> ax = plots.metric(history, "accuracy")
    >>> ax.get_title()
    'accuracy'
    >>> plots.pyplot.close()
    """
    if not 0 <= smoothing < 1:
        raise ValueError(f"smoothing must lie in [0, 1), got {smoothing}")
    validations = [n for n in history.names if n != name and metric_of(n) == name]
    if not validations:
        history.series(name)  # says what there is, if this is not
    ax = axes_of(ax, name, "step")
    drawn = [history.series(one) for one in [name, *validations] if one in history.names]
    steps, numbers = map(np.concatenate, zip(*drawn, strict=True))
    scale = scale_for(numbers, log)
    if name in history.names:
        series = training_series(history, name)
        # what is noted by hand, an accuracy say, may be of any data
        label = "training" if validations or name == "loss" else name
        draw_series(ax, series, smoothing, scale, color=CYCLE[0], label=label)
    for i, one in enumerate(validations):
        label = "validation" if len(validations) == 1 else one
        curve(ax, *history.series(one), color=CYCLE[(1 + i) % len(CYCLE)], label=label,
              linestyle="--", marker="o", markersize=4)  # fmt: skip
    set_scale(ax, scale, numbers)
    order = np.argsort(steps, kind="stable")
    mark_nonfinite(ax, steps[order], numbers[order])
    whole_steps(ax)
    key(ax)
    return ax


def is_often(steps: np.ndarray) -> bool:
    """Whether numbers were noted so often that an average says more; of few it would hide them.

    >>> is_often(np.arange(20)), is_often(np.arange(0, 200, 10))
    (True, False)
    """
    return len(steps) > MOST_MARKERS or (len(steps) > 2 and 2 * len(steps) > np.ptp(steps).item())


def draw_series(
    ax: Any,
    series: tuple[np.ndarray, np.ndarray, bool],
    smoothing: float,
    scale: Scale,
    *,
    label: str,
    **look: Any,
) -> None:
    """A curve of what was noted at each step, with its average; or of the means of epochs."""
    steps, numbers, epochs = series
    numbers = scale.shown(numbers)
    if epochs:
        curve(ax, steps, numbers, marker=".", label=f"{label}, means of epochs", **look)
    elif smoothing and is_often(steps):
        curve(ax, steps, numbers, color=look["color"], alpha=0.4, linewidth=0.8)
        curve(ax, steps, scale.smoothed(numbers, smoothing), label=f"{label}, smoothed", **look)
    else:
        curve(ax, steps, numbers, label=label, **look)


def loss(
    history: History, ax: Any = None, *, smoothing: float = 0.9, log: bool | None = None
) -> Any:
    """The loss at each step and its moving average; validation losses where they were noted.

    As `metric`, of "loss".  Returns the axes.

    >>> from viz import History, plots
    >>> history = History()
    >>> for step in range(1, 6):
    ...     history.step(1 / step, lr=0.1 / step)
    >>> ax = plots.loss(history)
    >>> ax.get_title()
    'loss'
    >>> plots.pyplot.close()
    """
    return metric(history, "loss", ax, smoothing=smoothing, log=log)


def learning_rate(history: History, ax: Any = None) -> Any:
    """The learning rate at each step.  Returns the axes.

    Raises:
        KeyError: none was noted (give `History` the optimizer).

    >>> from viz import History, plots
    >>> history = History()
    >>> for step in range(1, 6):
    ...     history.step(1 / step, lr=0.1 / step)
    >>> ax = plots.learning_rate(history)
    >>> ax.get_title()
    'learning rate'
    >>> plots.pyplot.close()
    """
    ax = axes_of(ax, "learning rate", "step")
    steps, numbers = history.series("lr")
    curve(ax, steps, numbers, color=CYCLE[2])
    top = np.fmax.reduce(drawable(numbers), initial=0.0)
    if top > 0 and not (numbers < 0).any():
        ax.set_ylim(0, 1.05 * top)
    mark_nonfinite(ax, steps, numbers)
    whole_steps(ax)
    key(ax)
    return ax
