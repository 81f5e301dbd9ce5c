"""Several runs on the same axes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..monitoring import History
from .axes import MARKERS, axes_of, curve, drawable, key, looks, plain, whole_steps
from .curves import Scale, is_often, metric_of, scale_for, set_scale, training_series


def named_runs(histories: Any) -> dict[str, History]:
    """Histories by name: of a mapping as it is, of a file its stem, of others "run 1", "run 2".

    Raises:
        TypeError: one is neither a History nor the path of one.
        ValueError: there is none.
    """
    if isinstance(histories, str | Path | History):
        histories = [histories]
    found: dict[str, History] = {}
    if isinstance(histories, Mapping):
        found = {str(name): _history(one) for name, one in histories.items()}
    elif isinstance(histories, Iterable):
        for i, one in enumerate(histories, start=1):
            name = Path(one).stem if isinstance(one, str | Path) else f"run {i}"
            found[name if name not in found else str(one)] = _history(one)
    else:
        raise TypeError(f"histories must be several of History, got {type(histories).__name__}")
    if not found:
        raise ValueError("histories is empty: there is nothing to compare")
    return found


def _history(one: Any) -> History:
    if isinstance(one, str | Path):
        return History.load(one)
    if not isinstance(one, History):
        raise TypeError(
            f"each of histories must be a viz.History or the path of its file, got "
            f"{type(one).__name__} (nn.fit notes one with callbacks=[viz.History()])"
        )
    return one


def compare_runs(
    histories: Any,
    ax: Any = None,
    *,
    what: str = "loss",
    smoothing: float = 0.9,
    log: bool | None = None,
) -> Any:
    """A number of several runs, each with a colour, a dash and a name of its own.

    Of a metric, what was measured on the validation set stands there as dots.  A run that went nan
    or inf has a cross at its last number; one that has noted no such number is named all the same.

    Args:
        histories: by name; or a list, of which files are named by their stems.  Each is a
            `History`, or the path of its file.
        ax: axes to draw on; default new ones.
        what: the series, "loss" or "accuracy" say, or "lr".
        smoothing: weight of the past in the average, from 0 (none) to below 1.
        log: whether the scale is logarithmic; default where a spike would flatten the rest.

    Returns:
        The axes.

    Raises:
        KeyError: none of them has noted it.
        TypeError, ValueError: histories is something else, empty, or more than 30.

    >>> from viz import History, plots
    >>> one, two = History(), History()
    >>> for step in range(1, 4):
    ...     one.step(1 / step)
    ...     two.step(2 / step)
    >>> ax = plots.compare_runs({"lr 0.1": one, "lr 0.01": two}, smoothing=0)
    >>> [line.get_label() for line in ax.lines]
    ['lr 0.1', 'lr 0.01']
    >>> plots.pyplot.close()
    """
    if not 0 <= smoothing < 1:
        raise ValueError(f"smoothing must lie in [0, 1), got {smoothing}")
    runs = named_runs(histories)
    there = {n for run in runs.values() for n in run.names}
    if what not in {metric_of(name) for name in there} | there:
        raise KeyError(f"{what} was never noted; there is: {', '.join(sorted(there)) or 'nothing'}")
    styles = looks(len(runs))  # before anything is drawn: it refuses too many
    ax = axes_of(ax, "learning rate" if what == "lr" else what, "step")
    drawn = [n for run in runs.values() for n in _parts(run, what)]
    numbers = np.concatenate([numbers for _, numbers in drawn])
    scale = scale_for(numbers, log)
    for i, ((name, run), look) in enumerate(zip(runs.items(), styles, strict=True)):
        _draw_run(ax, run, what, smoothing, scale, label=name, **look)
        for steps, validation in _validations(run, what):
            ax.plot(steps, drawable(validation), MARKERS[i % len(MARKERS)], color=look["color"],
                    markersize=5, fillstyle="none")  # fmt: skip
    if any(_validations(run, what) for run in runs.values()):
        ax.plot([], [], "o", color="black", fillstyle="none", label="dots: validation")
    if any(line.get_marker() == "x" for line in ax.lines):
        ax.plot([], [], "x", color="black", label="nan or inf from here")
    set_scale(ax, scale, numbers)
    whole_steps(ax)
    key(ax)
    return ax


def _draw_run(
    ax: Any, run: History, what: str, smoothing: float, scale: Scale, **look: Any
) -> None:
    """The curve of one run, with its name, even where there is nothing to draw."""
    if what not in run.names:
        none = "" if _validations(run, what) else " (not noted)"
        ax.plot([], [], **look | {"label": plain(look["label"] + none)})
        return
    steps, numbers, epochs = training_series(run, what)
    lost = np.isnan(drawable(numbers))
    numbers = scale.shown(numbers)
    if smoothing and not epochs and is_often(steps):
        curve(ax, steps, numbers, color=look["color"], alpha=0.25, linewidth=0.6)
        numbers = scale.smoothed(numbers, smoothing)
    if lost.all():
        look["label"] += " (nothing finite)"
    curve(ax, steps, numbers, **look)
    if lost.any() and not lost[0]:
        last = int(lost.argmax()) - 1
        ax.plot(steps[last], numbers[last], "x", color=look["color"], markersize=8)


def _validations(run: History, what: str) -> list[tuple[np.ndarray, np.ndarray]]:
    return [run.series(n) for n in run.names if n != what and metric_of(n) == what]


def _parts(run: History, what: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """All there is to draw of a run."""
    return ([run.series(what)] if what in run.names else []) + _validations(run, what)
