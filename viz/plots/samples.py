"""Plots of a model at work: histograms, confusion, tier against tier."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import no_grad, to_numpy
from nn import Hooked, Module

from ..monitoring import gradient_of, named_layers, named_parameters
from .axes import CYCLE, LARGEST, LEGEND, MOST_NAMED, axes_of, colours, drawable, key, logarithmic

MOST_CLASSES = 1000


def _histogram(ax: Any, arrays: dict[str, np.ndarray], title: str, bins: int) -> Any:
    """Outlines of the distributions of several arrays, in the same bins, on the same axes.

    Heights are on a logarithmic scale: the zeros of a relu would hide all the rest.

    Raises:
        ValueError: bins is below 1.
    """
    if bins < 1:
        raise ValueError(f"bins must be at least 1, got {bins}")
    ax = axes_of(ax, title, y="part of the numbers")
    shown = {
        name: x[~np.isnan(x)]
        for name, x in zip(arrays, map(drawable, arrays.values()), strict=True)
    }
    edges = _edges(np.concatenate(list(shown.values())), bins)
    for (name, array), colour in zip(arrays.items(), colours(len(arrays)), strict=True):
        counts, _ = np.histogram(shown[name], edges)
        parts = counts / max(array.size, 1)
        label = name + _lost(array)
        if len(arrays) <= MOST_NAMED:
            ax.stairs(parts, edges, color=colour, label=label)
        else:  # steps down to nothing and up again, of many, would hide everything
            there = counts > 0
            middles = (edges[:-1] + edges[1:])[there] / 2
            ax.plot(middles, parts[there], color=colour, linewidth=0.8, label=label)
    logarithmic(ax)
    key(ax, list(arrays))
    return ax


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


def gradient_histogram(model: Any, ax: Any = None, *, bins: int = 60) -> Any:
    """How the gradients of each parameter are distributed; after backward.  Returns the axes.

    Raises:
        ValueError: no parameter has a gradient, or bins is below 1.
    """
    found = {name: gradient_of(p) for name, p in named_parameters(model).items()}
    arrays = {name: g.reshape(-1) for name, g in found.items() if g is not None}
    if not arrays:
        raise ValueError("no parameter of model has a gradient: call backward() first")
    return _histogram(ax, arrays, "gradients", bins)


def activation_histogram(
    model: Any, x: Any, ax: Any = None, *, bins: int = 60, only: type[Module] | None = None
) -> Any:
    """How what each layer puts out for the batch `x` is distributed.  Returns the axes.

    The model runs once, without recording; layers with layers inside are left out.

    Args:
        model: an `nn.Module`.
        x: what it is run on.
        ax: axes to draw on; default new ones.
        bins: how many, from the lowest number to the highest.
        only: layers of this class alone, `nn.Tanh` say; default all.

    Raises:
        ValueError: the model has no such layer, or bins is below 1.
    """
    layers = [(n, m) for n, m in named_layers(model) if isinstance(m, only or Module)]
    if not layers:
        raise ValueError(f"no layer is a {(only or Module).__name__}")
    arrays: dict[str, np.ndarray] = {}

    def look(name: str) -> Any:
        def hook(_module: Any, _inputs: Any, output: Any) -> None:
            again = sum(known == name or known.startswith(f"{name} (") for known in arrays)
            array = to_numpy(output[0] if isinstance(output, tuple) else output).reshape(-1)
            arrays[f"{name} ({again + 1})" if again else name] = array

        return hook

    with Hooked((m, look(name)) for name, m in layers), no_grad():
        model(x)
    return _histogram(ax, arrays, "activations", bins)


def gradient_scatter(scalar: Any, tensor: Any, ax: Any = None) -> Any:
    """Every gradient of the scalar tier against its twin of the tensor tier.

    The pair that is furthest apart is marked.

    Args:
        scalar: a model on the scalar tier after backward (`model.scalar()`), or an array.
        tensor: the same on the tensor tier.
        ax: axes to draw on; default new ones.

    Returns:
        The axes.

    Raises:
        ValueError: the two hold different numbers of gradients, or none.
    """
    one, two = _all_gradients(scalar), _all_gradients(tensor)
    if one.size != two.size or one.size == 0:
        raise ValueError(f"there are {one.size} gradients on Values and {two.size} on Tensors")
    ax = axes_of(ax, "gradients, tier against tier", "on Tensors", "on Values")
    lost = np.isnan(drawable(one)) | np.isnan(drawable(two))
    if lost.any():
        same = (one == two) | (np.isnan(one) & np.isnan(two))
        differ = int((lost & ~same).sum())
        words = f"{lost.sum():,} not drawn: nan, inf or beyond {LARGEST:g}"
        words += f"; {differ:,} of them differ" if differ else "; on both tiers the same"
        ax.plot([], [], "x", color=CYCLE[1], label=words)
    one, two = one[~lost], two[~lost]
    ends = [float(two.min(initial=0.0)), float(two.max(initial=0.0))]
    ax.plot(ends, ends, color="black", linewidth=0.8, label="equal")
    ax.scatter(two, one, s=8, color=CYCLE[0], alpha=0.5)
    if one.size:
        apart = np.abs(one - two)
        worst = int(apart.argmax())
        ax.scatter(two[worst], one[worst], s=70, facecolors="none", edgecolors=CYCLE[1],
                   label=f"furthest apart: {apart[worst]:.1e}")  # fmt: skip
    ax.legend(**LEGEND)
    return ax


def _all_gradients(source: Any) -> np.ndarray:
    if isinstance(source, np.ndarray | list):
        return np.asarray(source, dtype=float).reshape(-1)
    found = [gradient_of(p) for p in named_parameters(source).values()]
    return np.concatenate([[], *(g.reshape(-1) for g in found if g is not None)])


def confusion_matrix(labels: Any, guesses: Any, ax: Any = None, *, classes: int = 0) -> Any:
    """How often each class was taken for which; the right ones stand on the diagonal.

    Args:
        labels: (n,) what is right, integers from 0.
        guesses: (n,) what was said.
        ax: axes to draw on; default new ones.
        classes: how many there are; default as many as occur.

    Returns:
        The axes.

    Raises:
        ValueError: the two differ in shape, are empty, or hold something below 0 or not integer;
            there are more than 1,000 classes.
    """
    labels, guesses = to_numpy(labels), to_numpy(guesses)
    if labels.ndim != 1 or labels.shape != guesses.shape or labels.size == 0:
        raise ValueError(
            f"labels and guesses must be (n,) with n > 0, got {labels.shape} and {guesses.shape}"
        )
    for name, numbers in (("labels", labels), ("guesses", guesses)):
        if numbers.dtype.kind not in "iu" or numbers.min() < 0:
            raise ValueError(f"{name} must be integers from 0, got {numbers[:5]}")
    count = max(classes, int(labels.max()) + 1, int(guesses.max()) + 1)
    if count > MOST_CLASSES:
        raise ValueError(f"{count:,} classes are more than a picture can show ({MOST_CLASSES:,})")
    table = np.zeros((count, count), dtype=int)
    np.add.at(table, (labels, guesses), 1)
    right = float(np.trace(table)) / labels.size
    ax = axes_of(ax, f"{right:.1%} right", "said", "is")
    # The diagonal would outshine the mistakes: shades follow the square root.
    ax.imshow(np.sqrt(table), cmap="Blues")
    for (i, j), number in np.ndenumerate(table):
        if number:
            white = np.sqrt(number) > np.sqrt(table.max()) / 2
            colour = "white" if white else "black" if i == j else CYCLE[1]
            weight = "normal" if i == j else "bold"
            ax.text(j, i, number, ha="center", va="center", color=colour, weight=weight,
                    fontsize="small")  # fmt: skip
    ax.set_xticks(range(count))
    ax.set_yticks(range(count))
    return ax
