"""Notebook 11: what second derivatives show, as pictures; a model as a function of one vector."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

import engine
import nn
from viz.plots import CYCLE, LEGEND, axes_of, figure_with

Function = Callable[[Any], Any]


def as_function(
    model: nn.Module, loss: Callable[[Any, Any], Any], x: Any, y: Any
) -> tuple[Function, np.ndarray]:
    """The loss as a function of one vector of all weights, and the vector they make up now.

    The model stays as it is; the function runs the same layers on slices of its argument.

    >>> f, w = as_function(nn.Linear(2, 1, rng=0), nn.MSELoss(), np.ones((3, 2)), np.zeros((3, 1)))
    >>> w.shape, engine.grad(f)(w).shape
    ((3,), (3,))
    """
    parameters = list(model.parameters())

    def f(w: Any) -> Any:
        start, replaced = 0, {}
        for p in parameters:
            replaced[id(p)] = w[start : start + p.size].reshape(p.shape)
            start += p.size
        return loss(copy.deepcopy(model, replaced)(x), y)  # what is replaced is not copied

    return f, np.concatenate([p.numpy().ravel() for p in parameters])


def coefficients(f: Function, most: int) -> list[float]:
    """The Taylor coefficients of f around 0, of 1, x, x², … up to degree `most`.

    >>> coefficients(engine.exp, 3)[:3]
    [1.0, 1.0, 0.5]
    """
    found = []
    for k in range(most + 1):
        found.append(f(0.0) / math.factorial(k))
        f = engine.grad(f)
    return found


# --- pictures ---


def show_tangents(f: Function, points: Sequence[float], title: str = "", ax: Any = None) -> Any:
    """A curve, and Newton's way along it: up to the curve, down the tangent to zero; the axes."""
    ax = axes_of(ax, title, "x", "f(x)")
    low, high = min(points), max(points)
    x = np.linspace(low - 0.15 * (high - low), high + 0.15 * (high - low), 200)
    ax.plot(x, [f(number) for number in x], color=CYCLE[0])
    ax.axhline(0.0, color="black", linewidth=0.8)
    for i, (here, there) in enumerate(itertools.pairwise(points)):
        ax.plot([here, here], [0.0, f(here)], ":", color="grey", linewidth=1)
        ax.plot([here, there], [f(here), 0.0], color=CYCLE[1], linewidth=1.2)
        ax.plot(here, f(here), "o", color=CYCLE[1], markersize=4)
        if i < 3:
            ax.annotate(
                f"x{'₀₁₂'[i]}", (here, 0.0), (0, -5), textcoords="offset points",
                ha="center", va="top", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )  # fmt: skip
    return ax


def show_polynomials(
    f: Function,
    coefficients: Sequence[float],
    degrees: Iterable[int],
    *,
    span: tuple[float, float],
    height: tuple[float, float],
    title: str = "",
    ax: Any = None,
) -> Any:
    """A function and its Taylor polynomials around 0 of several degrees; the axes.

    Args:
        coefficients: of 1, x, x², …
        span, height: what is seen of x and of y.
    """
    ax = axes_of(ax, title, "x")
    x = np.linspace(*span, 300)
    ax.plot(x, [f(number) for number in x], color="black", linewidth=3, label="the function")
    for degree, colour in zip(degrees, CYCLE, strict=False):
        y = sum(c * x**k for k, c in enumerate(coefficients[: degree + 1]))
        ax.plot(x, np.broadcast_to(y, x.shape), color=colour, label=f"degree {degree}")
    ax.set_ylim(*height)
    ax.legend(fontsize="small", **LEGEND)
    return ax


def show_valley(
    f: Callable[[np.ndarray], Any],
    paths: dict[str, np.ndarray],
    *,
    x: tuple[float, float],
    y: tuple[float, float],
    ax: Any = None,
) -> Any:
    """Lines of equal height of f(point), and paths (steps, 2) over them; the axes."""
    ax = axes_of(ax, "", "x", "y")
    grid = np.meshgrid(np.linspace(*x, 120), np.linspace(*y, 120))
    height = np.asarray(f(np.array(grid)), dtype=float)
    lines = np.geomspace(0.1, height.max(), 14)
    ax.contour(*grid, height, levels=lines, colors="grey", linewidths=0.6, alpha=0.7)
    for (name, path), colour, mark in zip(paths.items(), CYCLE, (".", "o"), strict=False):
        few = len(path) < 50
        style = {"marker": mark, "markersize": 5} if few else {}
        ax.plot(path[:, 0], path[:, 1], color=colour, label=name, linewidth=1.6, **style)
    ax.plot(*next(iter(paths.values()))[0], "s", color="black", markersize=6)
    ax.legend(**LEGEND)
    return ax


def show_hessian(h: np.ndarray) -> Any:
    """A Hessian as a map, blue below 0 and red above, and its eigenvalues in order; the figure."""
    figure, ((left, right),) = figure_with(1, 2, (10.0, 4.0))
    most = 0.3 * np.abs(h).max()
    image = left.imshow(h, cmap="RdBu_r", vmin=-most, vmax=most)
    figure.colorbar(image, ax=left, shrink=0.8, extend="both")
    left.set(title="second derivatives", xlabel="weight j", ylabel="weight i")
    values = np.linalg.eigvalsh(h)
    right.plot(values, ".", color=CYCLE[0])
    right.axhline(0.0, color="black", linewidth=0.8)
    right.set(title="eigenvalues: curvature along each axis", xlabel="in order")
    return figure
