"""How activations and gradients are distributed in each layer: outlines, and a key with numbers."""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from engine import Opening, grad_of, no_grad, to_numpy
from nn import Hooked, Module

from ..monitoring import (
    ENDS,
    History,
    activation_statistics,
    gradient_of,
    layers_to_measure,
    named_layers,
    named_parameters,
)
from .axes import (
    LARGEST,
    MOST_NAMED,
    axes_of,
    drawable,
    key,
    logarithmic,
    looks,
    plain,
    pyplot,
)
from .layerwise import over_time
from .measurements import update_ratio

MOST_ROWS = 24  # of a key with numbers

#: The columns of a key: how wide, and how a number is written.
COLUMNS = {"mean": "{:>10.2g}", "std": "{:>9.2g}", "saturated": "{:>11.1%}", "dead": "{:>6.0%}",
           "grad:data": "{:>10.1e}"}  # fmt: skip


class _Seen(NamedTuple):
    """What came out of a layer, and the kind of layer."""

    output: Any
    kind: type[Module]


# --- plots ---


def activation_histogram(
    model: Any, x: Any, ax: Any = None, *, bins: int = 60, only: type[Module] | None = None
) -> Any:
    """How what each layer puts out for the batch `x` is distributed.  Returns the axes.

    A copy of the model runs once, in the mode it is in; layers with layers inside are left out.
    The key has each layer's mean and deviation, and how much of it is saturated or dead.

    Args:
        model: an `nn.Module`.
        x: what it is run on.
        ax: axes to draw on; default new ones.
        bins: how many, from the lowest number to the highest.
        only: layers of this class alone, `nn.Tanh` say; default all.

    Raises:
        ValueError: the model has no such layer, or bins is below 1.
    """
    with no_grad():
        seen, _ = _run(deepcopy(model), x, only)
    return _of_outputs(ax, seen, bins)


def gradient_histogram(model: Any, ax: Any = None, *, bins: int = 60) -> Any:
    """How the gradients of each parameter are distributed; after backward.  Returns the axes.

    The key has each one's mean and deviation, and that beside the parameter's own deviation.

    Raises:
        ValueError: no parameter has a gradient, or bins is below 1.
    """
    parameters = named_parameters(model)
    found = {name: gradient_of(p) for name, p in parameters.items()}
    gradients = {name: g for name, g in found.items() if g is not None}
    if not gradients:
        raise ValueError("no parameter of model has a gradient: call backward() first")
    return _of_gradients(ax, gradients, parameters, "gradients", bins)


def layers(
    model: Any,
    x: Any,
    target: Any = None,
    loss: Any = None,
    *,
    history: History | None = None,
    only: type[Module] | None = None,
    bins: int = 60,
) -> Any:
    """How a network is, layer by layer, in one figure: activations, gradients, updates.

    The pictures of A. Karpathy's lecture "Building makemore, part 3: activations & gradients":
    how what each layer puts out is distributed; with a loss, the gradients of that and of the
    weights; with a history, how all this went over time.  A copy of the model runs, in
    the mode it is in: no gradient and no running statistic of yours changes.

    Args:
        model: an `nn.Module`.
        x: a batch to run it on.
        target, loss: what `loss(output, target)` compares the output with, as in `nn.fit`.
        history: that of a training, for update : data, gradients and activations over time.
        only: layers of this class alone, `nn.Tanh` say; default those without parameters, or all
            if there are no such.
        bins: how many, from the lowest number to the highest.

    Returns:
        The figure.

    Raises:
        ValueError: the model has no such layer, bins is below 1, or of target and loss one is
            missing.
    """
    if (target is None) != (loss is None):
        raise ValueError("layers needs both target and loss for gradients, or neither")
    copy = deepcopy(model)
    if loss is None:
        with no_grad():
            seen, _ = _run(copy, x, only, activations=True)
    else:
        seen, output = _run(copy, x, only, activations=True)
    over = [] if history is None else _over_time(history)
    panels = 1 + 2 * (loss is not None) + len(over)
    rows, columns = -(-panels // 2), min(panels, 2)
    figure = pyplot.figure(figsize=(7.5 * columns, 4.2 * rows), layout="constrained")
    parts = figure.subfigures(rows, columns, squeeze=False)  # each as wide as its key lets it be
    free = (part.subplots() for part in parts.flat)
    _of_outputs(next(free), seen, bins)
    if loss is not None:
        parameters = {n: p for n, p in named_parameters(copy).items() if np.ndim(to_numpy(p)) > 1}
        wanted = [*(one.output for one in seen.values()), *parameters.values()]
        found = grad_of(loss(output, target), wanted, allow_unused=True)
        gradients = [to_numpy(0.0 if g is None else g) for g in found]
        of_outputs = dict(zip(seen, gradients, strict=False))
        of_weights = dict(zip(parameters, gradients[len(seen) :], strict=True))
        _of_gradients(next(free), of_outputs, {}, "gradients of activations", bins)
        _of_gradients(
            next(free), of_weights, parameters, "gradients of weights (without biases)", bins
        )
    for panel in over:
        panel(ax=next(free))
    return figure


def _over_time(history: History) -> list[Any]:
    """The panels of what a training has measured."""
    found = [partial(update_ratio, history), partial(over_time, history, what="gradient")]
    return found + [partial(over_time, history, what="std")] * bool(history.activations())


# --- what a model does ---


def _run(
    model: Any, x: Any, only: type[Module] | None, *, activations: bool = False
) -> tuple[dict[str, _Seen], Any]:
    """What each layer put out, by name, the second use of one as "1 ReLU (2)"; and the output."""
    layers = layers_to_measure(model) if activations and only is None else named_layers(model)
    chosen = [(n, m) for n, m in layers if isinstance(m, only or Module)]
    if not chosen:
        raise ValueError(f"no layer is a {(only or Module).__name__}")
    seen: dict[str, _Seen] = {}

    def look(name: str) -> Any:
        def hook(module: Any, _inputs: Any, output: Any) -> None:
            again = sum(known == name or known.startswith(f"{name} (") for known in seen)
            shown = output[0] if isinstance(output, tuple) else output
            seen[f"{name} ({again + 1})" if again else name] = _Seen(shown, type(module))

        return hook

    with Hooked((m, look(name)) for name, m in chosen), Opening():
        output = model(x)
    return seen, output


# --- pictures of it ---


def _of_outputs(ax: Any, seen: dict[str, _Seen], bins: int) -> Any:
    arrays = {name: to_numpy(one.output) for name, one in seen.items()}
    with np.errstate(all="ignore"):  # nan and inf are what this is to show
        rows = {n: activation_statistics(arrays[n], ENDS.get(one.kind)) for n, one in seen.items()}
    columns = ["mean", "std"]
    columns += ["saturated"] * any("saturated" in row for row in rows.values())
    columns += ["dead"] * any(row["dead"] != 0 for row in rows.values())
    return _histogram(ax, arrays, "activations", bins, rows, columns)


def _of_gradients(
    ax: Any, gradients: dict[str, np.ndarray], parameters: dict[str, Any], title: str, bins: int
) -> Any:
    rows: dict[str, dict[str, float]] = {}
    with np.errstate(all="ignore"):
        for name, g in gradients.items():
            rows[name] = {
                "mean": float(np.mean(g, dtype=float)),
                "std": float(np.std(g, dtype=float)),
            }
            if name in parameters:
                own = np.std(to_numpy(parameters[name]), dtype=float)
                rows[name]["grad:data"] = float(rows[name]["std"] / own)
    columns = ["mean", "std"] + ["grad:data"] * bool(parameters)
    return _histogram(ax, gradients, title, bins, rows, columns)


def _histogram(
    ax: Any,
    arrays: dict[str, np.ndarray],
    title: str,
    bins: int,
    rows: dict[str, dict[str, float]],
    columns: list[str],
) -> Any:
    """Outlines of the distributions of several arrays, in the same bins, on the same axes.

    Heights are on a logarithmic scale: the zeros of a relu would hide all the rest.

    Raises:
        ValueError: bins is below 1.
    """
    if bins < 1:
        raise ValueError(f"bins must be at least 1, got {bins}")
    ax = axes_of(ax, title, y="part of the numbers")
    shown = {name: x[~np.isnan(x)] for name, x in ((n, drawable(a)) for n, a in arrays.items())}
    edges = _edges(np.concatenate(list(shown.values())), bins)
    for (name, array), look in zip(arrays.items(), looks(len(arrays), ordered=True), strict=True):
        counts, _ = np.histogram(shown[name], edges)
        parts = counts / max(array.size, 1)
        label = plain(name + _lost(array))
        if len(arrays) <= MOST_NAMED:
            ax.stairs(parts, edges, label=label, **look)
        else:  # steps down to nothing and up again, of many, would hide everything
            there = counts > 0
            middles = (edges[:-1] + edges[1:])[there] / 2
            ax.plot(middles, parts[there], linewidth=0.8, label=label,
                    drawstyle="steps-mid", **look)  # fmt: skip
    logarithmic(ax)
    ax.locator_params(axis="x", nbins=5)  # small numbers are long
    labels = {name + _lost(array): rows[name] for name, array in arrays.items()}
    _table(ax, labels, columns)
    return ax


def _table(ax: Any, rows: dict[str, dict[str, float]], columns: list[str]) -> None:
    """The key as a table: a row for each curve, with its numbers."""
    wide = max(map(len, rows))
    texts = {
        name: f"{name:<{wide}}" + "".join(_cell(column, row) for column in columns)
        for name, row in rows.items()
    }
    head = " " * wide + "".join(f"{c:>{len(COLUMNS[c].format(0))}}" for c in columns)
    font = {"family": "monospace", "size": "x-small"}
    key(ax, list(rows), texts=texts, most=MOST_ROWS, beside=True, title=head,
        prop=font, title_fontproperties=font, alignment="right")  # fmt: skip


def _cell(column: str, row: dict[str, float]) -> str:
    blank = " " * len(COLUMNS[column].format(0))
    return COLUMNS[column].format(row[column]) if column in row else blank


def _edges(numbers: np.ndarray, bins: int) -> np.ndarray:
    """The ends of bins of equal width, from the lowest number to the highest."""
    low, high = numbers.min(initial=np.inf), numbers.max(initial=-np.inf)
    if not low <= high:  # no number at all
        return np.linspace(0.0, 1.0, bins + 1)
    size = max(abs(low), abs(high)) or 1.0
    if high - low < 1e-12 * size:  # numbers as good as equal, in bins around them
        low, high = low - size / 2, high + size / 2
    return np.linspace(low, high, bins + 1)


def _lost(array: np.ndarray) -> str:
    """What of an array cannot be drawn, in words; "" if all can be."""
    lost = int((~np.isfinite(array)).sum())
    beyond = int(np.isnan(drawable(array)).sum()) - lost
    words = [f"{lost:,} nan or inf"] * (lost > 0)
    words += [f"{beyond:,} beyond {LARGEST:g}"] * (beyond > 0)
    return f" ({', '.join(words)})" if words else ""
