"""Plots of a `History`: loss, learning rate, gradients, updates, units, and all at a glance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..monitoring import History, Meter, gradient_of, named_parameters
from .axes import (
    CYCLE,
    LEGEND,
    axes_of,
    colours,
    curve,
    drawable,
    figure_with,
    key,
    logarithmic,
    mark_nonfinite,
    whole_steps,
)

MOST_TICKS, LONGEST = 20, 28


def smoothed(numbers: np.ndarray, smoothing: float) -> np.ndarray:
    """Exponential moving average, corrected so that its start is not drawn to 0; nan is skipped.

    >>> smoothed(np.array([1.0, 1.0, 1.0]), 0.9).round(12).tolist()
    [1.0, 1.0, 1.0]
    """
    found = np.full(len(numbers), np.nan)
    total = weight = 0.0
    for i, x in enumerate(numbers):
        if np.isfinite(x):
            total = smoothing * total + (1 - smoothing) * x
            weight = smoothing * weight + (1 - smoothing)
        if weight:
            found[i] = total / weight
    return found


def loss(history: History, ax: Any = None, *, smoothing: float = 0.9, log: bool = False) -> Any:
    """The loss at each step and its moving average; validation losses where they were noted.

    Args:
        ax: axes to draw on; default new ones.
        smoothing: weight of the past in the average, from 0 (none) to below 1.
        log: a logarithmic axis (losses that are not positive are not drawn), if any is positive.

    Returns:
        The axes.

    Raises:
        ValueError: smoothing lies outside [0, 1).
        KeyError: no loss was noted.
    """
    if not 0 <= smoothing < 1:
        raise ValueError(f"smoothing must lie in [0, 1), got {smoothing}")
    steps, numbers = history.series("loss")
    ax = axes_of(ax, "loss", "step")
    if smoothing and len(numbers) > 2:
        curve(ax, steps, numbers, color=CYCLE[0], alpha=0.4, linewidth=0.8)
        average = np.where(np.isfinite(numbers), smoothed(numbers, smoothing), np.nan)
        curve(ax, steps, average, color=CYCLE[0], label="training, smoothed")
    else:
        curve(ax, steps, numbers, color=CYCLE[0], label="training")
    for i, name in enumerate(n for n in history.names if n.startswith("val") and "loss" in n):
        colour = CYCLE[(1 + i) % len(CYCLE)]
        curve(ax, *history.series(name), color=colour, label="validation",
              marker="o", markersize=3, markevery=1)  # fmt: skip
    mark_nonfinite(ax, steps, numbers)
    if log:
        logarithmic(ax)
    ax.legend(**LEGEND)
    whole_steps(ax)
    return ax


def learning_rate(history: History, ax: Any = None) -> Any:
    """The learning rate at each step.  Returns the axes.

    Raises:
        KeyError: none was noted (give `History` the optimizer).
    """
    ax = axes_of(ax, "learning rate", "step")
    steps, numbers = history.series("lr")
    curve(ax, steps, numbers, color=CYCLE[2])
    if not (numbers < 0).any():
        ax.set_ylim(bottom=0)
    mark_nonfinite(ax, steps, numbers)
    whole_steps(ax)
    return ax


def gradient_flow(source: Any, ax: Any = None, *, step: int | None = None) -> Any:
    """Mean and max of |gradient| for each parameter, first layer to last, on a logarithmic scale.

    A parameter whose gradient is all zeros is marked 0, one that holds nan or inf is marked nan,
    one that no gradient reached is marked none.

    Args:
        source: a `History`, or a model after backward.
        ax: axes to draw on; default new ones.
        step: which measured step of a history; default the last one.

    Returns:
        The axes.

    Raises:
        KeyError: the history has no such step.
    """
    rows = _flow_of(source, step)
    ax = axes_of(ax, "gradient flow", y="|gradient|")
    places = np.arange(len(rows))
    finite = [
        row if row and "nonfinite" not in row and row["max"] > 0 else None for row in rows.values()
    ]
    for what, colour, width in (("max", CYCLE[5], 0.8), ("mean", CYCLE[0], 0.5)):
        tops = drawable([np.nan if row is None else row[what] for row in finite])
        ax.bar(places, tops, width, color=colour, label=what)
    if any(row is not None for row in finite):
        ax.margins(y=0.2)  # room for the key
        logarithmic(ax)
    else:
        ax.set_yticks([])
    ax.set_xlim(-0.7, len(rows) - 0.3)
    for place, row, good in zip(places, rows.values(), finite, strict=True):
        if good is None:
            word = "none" if not row else "nan" if "nonfinite" in row else "0"
            ax.text(
                place, 0.02, word, color=CYCLE[1], weight="bold", ha="center",
                transform=ax.get_xaxis_transform(),
            )  # fmt: skip
    _name_places(ax, places, list(rows))
    ax.legend(fontsize="small", **LEGEND)
    return ax


def _flow_of(source: Any, step: int | None) -> dict[str, dict[str, float]]:
    """Statistics of each parameter's gradient, {} where there is none."""
    if not isinstance(source, History):
        gradients = {name: gradient_of(p) for name, p in named_parameters(source).items()}
        there = [g for g in gradients.values() if g is not None]
        with np.errstate(all="ignore"):  # nan and inf are what this is to show
            found = iter(Meter(g.shape for g in there).gradients(there))
        return {name: {} if g is None else next(found) for name, g in gradients.items()}
    measured = {r["step"]: r["parameters"] for r in source.records if "parameters" in r}
    if not measured:
        raise KeyError("this history has measured no gradients: give History the model")
    at = max(measured) if step is None else step
    if at not in measured:
        raise KeyError(f"step {at} was not measured; these were: {sorted(measured)[:20]}")
    return {name: measured[at].get(name, {}) for name in source.parameters()}


def _name_places(ax: Any, places: np.ndarray, names: list[str]) -> None:
    """Names below bars, every second or third if they are many, the ends of long ones."""
    every = -(-len(names) // MOST_TICKS)
    ends = [n if len(n) <= LONGEST else f"…{n[-LONGEST:]}" for n in names[::every]]
    ax.set_xticks(places[::every], ends, rotation=90, fontsize="small")


def gradient_norms(history: History, ax: Any = None) -> Any:
    """The Euclidean norm of all gradients together, and of each parameter's.  Returns the axes.

    Raises:
        KeyError: no gradients were measured.
    """
    ax = _parameter_curves(history, ax, "gradient norms", "norm")
    steps, numbers = history.series("norm")
    curve(ax, steps, numbers, color="black", label="all together")
    whole_steps(ax)
    logarithmic(ax)
    key(ax, history.parameters())
    return ax


def update_ratio(history: History, ax: Any = None) -> Any:
    """log10 of |update| / |parameter| for each parameter, with the guide at -3.

    Far above the guide, steps are large for what they change; far below, little is learned
    (A. Karpathy, "Neural Networks: Zero to Hero", part 4).  Returns the axes.

    Raises:
        KeyError: no updates were measured.
    """
    ax = _parameter_curves(history, ax, "update : data", "ratio", np.log10)
    ax.axhline(-3, color="black", linestyle="--", linewidth=1, label="guide: 1/1000")
    whole_steps(ax)
    ax.set_ylabel("log10(|update| / |parameter|)")
    key(ax, history.parameters())
    return ax


def _parameter_curves(
    history: History, ax: Any, title: str, what: str, scale: Any = lambda x: x
) -> Any:
    names = history.parameters()
    if not names:
        raise KeyError("this history has measured no parameters: give History the model")
    ax = axes_of(ax, title, "step")
    for name, colour in zip(names, colours(len(names)), strict=True):
        steps, numbers = history.parameter(name, what)
        shown = numbers != 0  # a logarithm of nothing is not drawn
        curve(ax, steps[shown], scale(numbers[shown]), color=colour, linewidth=1, label=name)
    mark_nonfinite(ax, *history.series("norm"))
    return ax


def dead_units(history: History, ax: Any = None) -> Any:
    """The part of each layer's units that is dead (always 0), or of its outputs saturated.

    Layers where there never was one are left out of the key; where an output was nan, nothing is
    known, nothing is drawn, and the first such step is marked.  Returns the axes.

    Raises:
        KeyError: no activations were measured.
    """
    names = history.activations()
    if not names:
        raise KeyError("this history has measured no activations: give History a Module")
    ax = axes_of(ax, "dead and saturated units", "step", "part of the layer")
    shown: list[str] = []
    unknown: list[int] = []  # steps
    known = False
    for name, colour in zip(names, colours(len(names)), strict=True):
        for what, line in (("dead", "-"), ("saturated", "--")):
            try:
                steps, numbers = history.activation(name, what)
            except KeyError:
                continue  # only tanh and sigmoid saturate
            lost = np.isnan(numbers)
            unknown += steps[lost].tolist()
            known |= not lost.all()
            if (numbers > 0).any():
                shown.append(f"{name}, {what}")
                curve(ax, steps, numbers, line, color=colour, label=shown[-1])
    if not shown:
        shown = ["none in any layer" if known else "not known in any layer"]
        curve(ax, *history.activation(names[0], "dead"), color=CYCLE[0], label=shown[0])
    if unknown:
        mark_nonfinite(ax, np.array([min(unknown)]), np.array([np.nan]))
    ax.set_ylim(-0.02, 1.02)
    whole_steps(ax)
    key(ax, shown)
    return ax


def dashboard(history: History, *, title: str = "", columns: int = 3) -> Any:
    """All that a history holds, in one figure, which is returned.

    Panels for what was not measured are left out.

    Args:
        history: what was recorded.
        title: of the figure; how many steps were taken, where it is empty.
        columns: how many panels stand side by side; 2 suit the width of a notebook.

    Raises:
        KeyError: the history is empty.
        ValueError: columns is below 1.
    """
    if columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns}")
    if not history.names:
        raise KeyError("the history is empty: call history.step(loss) after each step")
    panels: list[Callable[..., Any]] = [loss] if "loss" in history.names else []
    panels += [learning_rate] if "lr" in history.names else []
    panels += [gradient_flow, gradient_norms, update_ratio] if history.parameters() else []
    panels += [dead_units] if history.activations() else []
    if not panels:
        raise KeyError(f"nothing here has a panel; the history holds {history.names}")
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    figure, axes = figure_with(rows, columns, (4.6 * columns, 3.6 * rows))
    for ax, panel in zip(axes.flat, panels, strict=False):
        panel(history, ax)
    for ax in axes.flat[len(panels) :]:
        ax.remove()
    figure.suptitle(title or f"{history.steps:,} step{'s' * (history.steps != 1)}")
    return figure
