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
from .axes import pyplot
from .layerwise import over_time
from .measurements import update_ratio
from .outlines import outlines


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

    >>> from viz import plots
    >>> import nn
    >>> ax = plots.activation_histogram(nn.MLP([2, 4, 1], rng=0), [[0.0, 1.0], [1.0, 0.0]])
    >>> len(ax.get_legend().get_texts())
    2
    >>> plots.pyplot.close()
    """
    with no_grad():
        seen, _ = _run(deepcopy(model), x, only)
    return _of_outputs(ax, seen, bins)


def gradient_histogram(model: Any, ax: Any = None, *, bins: int = 60) -> Any:
    """How the gradients of each parameter are distributed; after backward.  Returns the axes.

    The key has each one's mean and deviation, and that beside the parameter's own deviation.

    Raises:
        ValueError: no parameter has a gradient, or bins is below 1.

    >>> from viz import plots
    >>> import nn
    >>> model = nn.MLP([2, 4, 1], rng=0)
    >>> model([[0.0, 1.0]]).sum().backward()
    >>> ax = plots.gradient_histogram(model)
    >>> len(ax.get_legend().get_texts())
    4
    >>> plots.pyplot.close()
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

    >>> from viz import plots
    >>> import nn
    >>> figure = plots.layers(nn.MLP([2, 4, 1], rng=0), [[0.0, 1.0]], [[1.0]], nn.MSELoss())
    >>> len(figure.axes)
    3
    >>> plots.pyplot.close()
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
    return outlines(ax, arrays, "activations", bins, rows, columns)


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
    return outlines(ax, gradients, title, bins, rows, columns)
