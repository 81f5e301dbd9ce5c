"""Plots of a model at work: histograms, decisions, confusion, tier against tier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine import no_grad, to_numpy
from nn import Module

from ..monitoring import gradient_of, named_layers, named_parameters
from .axes import CYCLE, LEGEND, MOST_NAMED, axes_of, colours, key


def _histogram(ax: Any, arrays: dict[str, np.ndarray], title: str, bins: int) -> Any:
    """Outlines of the distributions of several arrays, in the same bins, on the same axes.

    Heights are on a logarithmic scale: the zeros of a relu would hide all the rest.
    """
    ax = axes_of(ax, title, y="density")
    finite = {name: array[np.isfinite(array)] for name, array in arrays.items()}
    edges = np.histogram_bin_edges(np.concatenate(list(finite.values())), bins)
    for (name, array), colour in zip(arrays.items(), colours(len(arrays)), strict=True):
        lost = array.size - finite[name].size
        heights, _ = np.histogram(finite[name], edges)
        density = heights / max(finite[name].size, 1) / np.diff(edges)
        label = f"{name} ({lost:,} nan or inf)" if lost else name
        if len(arrays) <= MOST_NAMED:
            ax.stairs(density, edges, color=colour, label=label)
        else:  # steps down to nothing and up again, of many, would hide everything
            there = heights > 0
            middles = (edges[:-1] + edges[1:])[there] / 2
            ax.plot(middles, density[there], color=colour, linewidth=0.8, label=label)
    ax.set_yscale("log")
    key(ax, list(arrays))
    return ax


def gradient_histogram(model: Any, ax: Any = None, *, bins: int = 60) -> Any:
    """How the gradients of each parameter are distributed; after backward.  Returns the axes.

    Raises:
        ValueError: no parameter has a gradient.
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
        ValueError: the model has no such layer.
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

    handles = [m.register_forward_hook(look(name)) for name, m in layers]
    try:
        with no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
    return _histogram(ax, arrays, "activations", bins)


def decision_boundary(
    predict: Callable[[np.ndarray], Any],
    x: Any,
    labels: Any,
    ax: Any = None,
    *,
    resolution: int = 120,
    margin: float = 0.3,
) -> Any:
    """Where a classifier of points in the plane decides for which class.

    Args:
        predict: a model or function of points (n, 2); it gives one score for each, whose sign
            decides between two classes, or a score for each class (n, classes).
        x: points (n, 2) to draw on top.
        labels: (n,) their classes.
        ax: axes to draw on; default new ones.
        resolution: points of the grid along each axis.
        margin: how far the picture goes beyond the points.

    Returns:
        The axes.

    Raises:
        ValueError: x is not (n, 2), labels are not (n,), or predict returns another shape.
    """
    points, labels = np.asarray(to_numpy(x), dtype=float), to_numpy(labels)
    if points.ndim != 2 or points.shape[1] != 2 or labels.shape != points.shape[:1]:
        raise ValueError(
            f"x must be points of shape (n, 2) with labels (n,), got {points.shape} and "
            f"{labels.shape}"
        )
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    horizontal, vertical = (np.linspace(low[i], high[i], resolution) for i in (0, 1))
    grid = np.stack(np.meshgrid(horizontal, vertical), axis=-1).reshape(-1, 2)
    with no_grad():
        scores = to_numpy(predict(grid))
    if scores.shape in ((len(grid),), (len(grid), 1)):
        decided = (scores.reshape(-1) > 0).astype(float)
    elif scores.ndim == 2 and len(scores) == len(grid):
        decided = scores.argmax(axis=1).astype(float)
    else:
        raise ValueError(
            f"predict must give (n,), (n, 1) or (n, classes) for n = {len(grid)} points, "
            f"got {scores.shape}"
        )
    classes = np.unique(labels)
    count = max(len(classes), int(decided.max()) + 1)
    ax = axes_of(ax, "decision boundary")
    ax.contourf(
        horizontal, vertical, decided.reshape(resolution, resolution),
        levels=np.arange(count + 1) - 0.5, colors=colours(count), alpha=0.25,
    )  # fmt: skip
    for one, colour, marker in zip(classes, colours(count), "osD^vP*X<>" * count, strict=False):
        chosen = points[labels == one]
        ax.scatter(*chosen.T, s=16, color=colour, marker=marker, edgecolors="black",
                   linewidths=0.4, label=str(one))  # fmt: skip
    ax.set_aspect("equal")
    key(ax, [str(one) for one in classes])
    return ax


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
    drawn = two[np.isfinite(two)]
    ends = [float(drawn.min(initial=0.0)), float(drawn.max(initial=0.0))]
    ax.plot(ends, ends, color="black", linewidth=0.8, label="equal")
    ax.scatter(two, one, s=8, color=CYCLE[0], alpha=0.5)
    apart = np.abs(one - two)
    if lost := int(np.isnan(apart).sum()):
        ax.plot([], [], "x", color=CYCLE[1], label=f"{lost:,} not drawn: nan, or inf on both")
    if lost < apart.size:
        worst = int(np.nanargmax(apart))
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
        ValueError: the two differ in shape, are empty, or hold something below 0 or not integer.
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
