"""What was measured layer by layer: of several runs side by side, and of one run over time."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import CenteredNorm, Normalize

from ..monitoring import History
from .axes import (
    SEQUENTIAL,
    TWO_SIDED,
    axes_of,
    curve,
    drawable,
    key,
    logarithmic,
    looks,
    some_names,
    whole_steps,
)
from .runs import named_runs

#: What can be asked for, and how it is called: of what layers put out, and of parameters.
OF_OUTPUTS = {
    "std": "deviation of activations",
    "mean": "mean of activations",
    "zeros": "zeros among activations",
    "dead": "dead units",
    "saturated": "saturated units",
}
OF_PARAMETERS = {"gradient": "mean |gradient|", "ratio": "update : data"}
CALLED = OF_OUTPUTS | OF_PARAMETERS
LOGARITHMIC = {"std", "gradient", "ratio"}
LEFT_OUT = "0, nan, inf or not measured"
NOWHERE = "#bbbbbb"  # where nothing can be drawn; not a colour of the scales


def by_layer(
    histories: Any,
    ax: Any = None,
    *,
    what: str = "std",
    only: str = "",
    step: int | None = None,
) -> Any:
    """A measured number from the first layer to the last, of one run or several.

    A line that falls or rises by the same factor in each layer says that activations (or, read
    from the right, gradients) vanish or explode.

    Args:
        histories: a `History`; or several, as `compare_runs` takes them.
        ax: axes to draw on; default new ones.
        what: of activations "std", "mean", "zeros", "dead" or "saturated"; of parameters
            "gradient" (the mean of its absolute values) or "ratio" (update : data).
        only: the end of the names that are shown: "bias" say, whose gradients are those that
            arrive at the layers; default all.
        step: which measured step; default the last one of each run.

    Returns:
        The axes.

    Raises:
        KeyError: it was not measured, or not at that step.
        ValueError: what is something else.

    >>> from viz import History, plots
    >>> import nn, numpy as np
    >>> model, x = nn.MLP([2, 4, 1], rng=0), np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> optimizer, history = nn.SGD(model.parameters(), lr=0.1), History()
    >>> data = nn.DataLoader((x, x[:, :1]), batch_size=1)
    >>> run = nn.fit(model, nn.MSELoss(), optimizer, data, 3, callbacks=[history], progress=False)
    >>> ax = plots.by_layer(history, what="std")
    >>> ax.get_title()
    'deviation of activations'
    >>> plots.pyplot.close()
    """
    runs = named_runs(histories)
    tables = {name: _table(run, what, only) for name, run in runs.items()}
    columns = {name: _column(table, step) for name, table in tables.items()}
    ax = axes_of(ax, CALLED[what], "layer", "log scale" * (what in LOGARITHMIC))
    for (name, numbers), look in zip(columns.items(), looks(len(runs)), strict=True):
        shown = _shown(numbers, what)
        lost = int(np.isnan(shown).sum())
        label = f"{name} ({lost} not drawn: {LEFT_OUT})" if lost else name
        places = np.arange(1, len(numbers) + 1)
        curve(ax, places, shown, marker="o", markersize=4, label=label, **look)
    if what in LOGARITHMIC:
        logarithmic(ax)
    whole_steps(ax)
    if len(runs) > 1 or np.isnan(shown).any():
        key(ax)
    return ax


def over_time(history: History, ax: Any = None, *, what: str = "std", only: str = "") -> Any:
    """A measured number of each layer at each measured step, as colours: a row for each layer.

    Args:
        history: what was recorded.
        ax: axes to draw on; default new ones.
        what, only: as for `by_layer`.

    Returns:
        The axes; beside them is a scale of the colours.

    Raises:
        KeyError: it was not measured.
        ValueError: what is something else.

    >>> from viz import History, plots
    >>> import nn, numpy as np
    >>> model, x = nn.MLP([2, 4, 1], rng=0), np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> optimizer, history = nn.SGD(model.parameters(), lr=0.1), History()
    >>> data = nn.DataLoader((x, x[:, :1]), batch_size=1)
    >>> run = nn.fit(model, nn.MSELoss(), optimizer, data, 3, callbacks=[history], progress=False)
    >>> ax = plots.over_time(history, what="std")
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['layers.0 Linear', 'layers.1 Linear']
    >>> plots.pyplot.close()
    """
    steps, names, numbers = _table(history, what, only)
    ax = axes_of(ax, CALLED[what], "step")
    shown = _shown(numbers, what)
    shown = np.ma.masked_invalid(np.log10(shown) if what in LOGARITHMIC else shown)
    edges = np.concatenate([[steps[0] - 1], steps])  # from one measurement to the next
    colours = (TWO_SIDED if what == "mean" else colormaps[SEQUENTIAL]).with_extremes(bad=NOWHERE)
    mesh = ax.pcolormesh(edges, np.arange(len(names) + 1), shown, cmap=colours,
                         norm=_norm_for(shown, what))  # fmt: skip
    places, some = some_names(names)
    ax.set_yticks([place + 0.5 for place in places], some, fontsize="small")
    ax.invert_yaxis()  # the first layer above
    scale = ax.figure.colorbar(mesh, ax=ax)
    words = ["log10"] * (what in LOGARITHMIC) + [f"grey: {LEFT_OUT}"] * bool(shown.mask.any())
    scale.set_label("; ".join(words))
    whole_steps(ax)
    return ax


def _norm_for(shown: Any, what: str) -> Normalize:
    """How numbers become colours; of logarithms over 1 at least: less is not to shine."""
    if what not in LOGARITHMIC and what != "mean":
        return Normalize(0.0, 1.0)
    if not shown.count():
        return Normalize()
    if what == "mean":
        return CenteredNorm(halfrange=float(np.abs(shown).max()) or 1.0)
    low, high = float(shown.min()), float(shown.max())
    return Normalize(min(low, (low + high - 1) / 2), max(high, (low + high + 1) / 2))


def _table(history: History, what: str, only: str) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Steps, names of layers or parameters, and what was measured (names, steps), nan if not."""
    if what not in CALLED:
        raise ValueError(f"what must be one of {', '.join(CALLED)}; got {what!r:.60}")
    kind = "activations" if what in OF_OUTPUTS else "parameters"
    column = "mean" if what == "gradient" else what
    rows = {r["step"]: r[kind] for r in history.records if r.get(kind)}
    known = dict.fromkeys(n for row in rows.values() for n in row)
    names = [
        n for n in known if n.endswith(only) and any(column in r.get(n, ()) for r in rows.values())
    ]
    if not names:
        raise KeyError(
            f"{what} of {only or kind} was not measured; there is: {', '.join(known) or 'nothing'}"
        )
    numbers = [[row.get(n, {}).get(column, np.nan) for row in rows.values()] for n in names]
    return np.array(list(rows)), names, np.array(numbers, dtype=float)


def _column(table: tuple[np.ndarray, list[str], np.ndarray], step: int | None) -> np.ndarray:
    """The numbers of one step."""
    steps, _, numbers = table
    if step is not None and step not in steps:
        raise KeyError(f"step {step} was not measured; these were: {steps.tolist()[:20]}")
    return numbers[:, -1 if step is None else int(np.flatnonzero(steps == step)[0])]


def _shown(numbers: np.ndarray, what: str) -> np.ndarray:
    """What can be drawn; else nan."""
    numbers = drawable(numbers)
    return np.where(numbers == 0, np.nan, numbers) if what in LOGARITHMIC else numbers
