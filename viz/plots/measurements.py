"""Plots of what a `History` measured of parameters and layers: are they learning, and alive?"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..monitoring import History, Meter, gradient_of, named_parameters
from .axes import (
    CYCLE,
    MARKERS,
    SMALLEST,
    WIDEST,
    axes_of,
    colours,
    curve,
    drawable,
    key,
    logarithmic,
    looks,
    mark_nonfinite,
    some_names,
    whole_steps,
)


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

    >>> from viz import plots
    >>> import nn
    >>> model = nn.MLP([2, 4, 1], rng=0)
    >>> model([[0.0, 1.0]]).sum().backward()
    >>> ax = plots.gradient_flow(model)
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['layers.0.weight', 'layers.0.bias', 'layers.1.weight', 'layers.1.bias']
    >>> plots.pyplot.close()
    """
    rows, at = _flow_of(source, step)
    ax = axes_of(ax, "gradient flow", y="|gradient|" if at is None else f"|gradient| at step {at}")
    places = np.arange(len(rows))
    finite = [
        row if row and "nonfinite" not in row and row["max"] > 0 else None for row in rows.values()
    ]
    for what, colour, width in (("max", CYCLE[5], 0.8), ("mean", CYCLE[0], 0.5)):
        tops = drawable([np.nan if row is None else row[what] for row in finite])
        ax.bar(places, tops, width, color=colour, label=what)
    if any(row is not None for row in finite):
        logarithmic(ax)
        _to_decades(ax)
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
    ax.set_xticks(*some_names(list(rows)), rotation=90, fontsize="small")
    key(ax)
    return ax


def _to_decades(ax: Any) -> None:
    """Let bars stand on a power of ten below the lowest: on it, a bar would have no height."""
    low, high = (float(end) for end in (ax.dataLim.minposy, ax.dataLim.y1))
    if low > SMALLEST and high / low < 10**WIDEST:
        ax.set_ylim(10 ** np.floor(np.log10(low / 1.5)), 10 ** np.ceil(np.log10(high)))


def _flow_of(source: Any, step: int | None) -> tuple[dict[str, dict[str, float]], int | None]:
    """Statistics of each parameter's gradient, {} where there is none; and the step, if known."""
    if not isinstance(source, History):
        gradients = {name: gradient_of(p) for name, p in named_parameters(source).items()}
        there = [g for g in gradients.values() if g is not None]
        with np.errstate(all="ignore"):  # nan and inf are what this is to show
            found = iter(Meter(g.shape for g in there).gradients(there))
        return {name: {} if g is None else next(found) for name, g in gradients.items()}, None
    measured = {r["step"]: r["parameters"] for r in source.records if "parameters" in r}
    if not measured:
        raise KeyError("this history has measured no gradients: give History the model")
    at = max(measured) if step is None else step
    if at not in measured:
        raise KeyError(f"step {at} was not measured; these were: {sorted(measured)[:20]}")
    return {name: measured[at].get(name, {}) for name in source.parameters()}, at


def gradient_norms(history: History, ax: Any = None) -> Any:
    """The Euclidean norm of all gradients together, and of each parameter's.  Returns the axes.

    Raises:
        KeyError: no gradients were measured.

    >>> from viz import History, plots
    >>> import nn, numpy as np
    >>> model, x = nn.MLP([2, 4, 1], rng=0), np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> optimizer, history = nn.SGD(model.parameters(), lr=0.1), History()
    >>> data = nn.DataLoader((x, x[:, :1]), batch_size=1)
    >>> run = nn.fit(model, nn.MSELoss(), optimizer, data, 3, callbacks=[history], progress=False)
    >>> ax = plots.gradient_norms(history)
    >>> len(ax.lines)
    5
    >>> plots.pyplot.close()
    """
    ax = _parameter_curves(history, ax, "gradient norms", "norm")
    steps, numbers = history.series("norm")
    curve(ax, steps, _above_0(numbers), color="black", label="all together")
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

    >>> from viz import History, plots
    >>> import nn, numpy as np
    >>> model, x = nn.MLP([2, 4, 1], rng=0), np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> optimizer, history = nn.SGD(model.parameters(), lr=0.1), History()
    >>> data = nn.DataLoader((x, x[:, :1]), batch_size=1)
    >>> run = nn.fit(model, nn.MSELoss(), optimizer, data, 3, callbacks=[history], progress=False)
    >>> ax = plots.update_ratio(history)
    >>> ax.get_ylabel()
    'log10(|update| / |parameter|)'
    >>> plots.pyplot.close()
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
    zeros = 0
    for name, look in zip(names, looks(len(names), ordered=True), strict=True):
        steps, numbers = history.parameter(name, what)
        zeros += int((numbers == 0).sum())
        curve(ax, steps, scale(_above_0(numbers)), linewidth=1.2, label=name, **look)
    if zeros:
        ax.plot([], [], " ", label=f"gaps: {zeros:,} zero{'s' * (zeros != 1)}")
    mark_nonfinite(ax, *history.series("norm"))
    return ax


def _above_0(numbers: np.ndarray) -> np.ndarray:
    """Numbers that have a logarithm, and nan, a gap in a curve, in place of 0."""
    return np.where(numbers == 0, np.nan, numbers)


def dead_units(history: History, ax: Any = None) -> Any:
    """The part of each layer's units that is dead (0 for a whole batch), or of outputs saturated.

    Layers where there never was one are left out of the key; where an output was nan, nothing is
    known, nothing is drawn, and the first such step is marked.  Returns the axes.

    Raises:
        KeyError: no activations were measured.

    >>> from viz import History, plots
    >>> import nn, numpy as np
    >>> model, x = nn.MLP([2, 4, 1], rng=0), np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> optimizer, history = nn.SGD(model.parameters(), lr=0.1), History()
    >>> data = nn.DataLoader((x, x[:, :1]), batch_size=1)
    >>> run = nn.fit(model, nn.MSELoss(), optimizer, data, 3, callbacks=[history], progress=False)
    >>> ax = plots.dead_units(history)
    >>> ax.get_title()
    'dead and saturated units'
    >>> plots.pyplot.close()
    """
    names = history.activations()
    if not names:
        raise KeyError("this history has measured no activations: give History a Module")
    ax = axes_of(ax, "dead and saturated units", "step", "part of the layer")
    shown: list[str] = []
    unknown: list[int] = []  # steps
    known = False
    for i, (name, colour) in enumerate(zip(names, colours(len(names)), strict=True)):
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
                curve(ax, steps, numbers, linestyle=line, color=colour, label=shown[-1],
                      marker=MARKERS[i % len(MARKERS)], markersize=4)  # fmt: skip
    if not shown:
        shown = ["none in any layer" if known else "not known in any layer"]
        curve(ax, *history.activation(names[0], "dead"), color=CYCLE[0], label=shown[0])
    if unknown:
        mark_nonfinite(ax, np.array([min(unknown)]), np.array([np.nan]))
    ax.set_ylim(-0.02, 1.02)
    whole_steps(ax)
    key(ax, shown)
    return ax
