"""Notebook 01: a gradient by nudging, pictures of slopes and of their errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from viz.plots import CYCLE, LEGEND, figure_with

LOWEST = 1e-17  # where an error of exactly 0 is drawn: a logarithm has no place for it


def nudged_gradient(f: Callable[[np.ndarray], Any], w: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """The gradient of f at the array w, by a central difference in each of its numbers.

    >>> nudged_gradient(lambda w: (w**2).sum(), np.array([1.0, 2.0, 3.0])).round(6)
    array([2., 4., 6.])
    """
    gradient = np.zeros_like(w)
    for i in np.ndindex(w.shape):
        nudge = np.zeros_like(w)
        nudge[i] = h
        gradient[i] = (float(f(w + nudge)) - float(f(w - nudge))) / (2 * h)
    return gradient


def plot_secants(
    f: Callable[[Any], Any], x: float, steps: Sequence[float], slope: float, ax: Any = None
) -> Any:
    """The curve of f near x, a secant for each step, and the tangent of the given slope."""
    if ax is None:
        ax = figure_with(1, 1, (6.0, 3.8))[1][0, 0]
    far = max(steps)
    wide = np.linspace(x - 0.75 * far, x + 1.1 * far, 200)
    ax.plot(wide, f(wide), color="#444444", lw=2.5, label="f")
    for h, colour in zip(steps, CYCLE[1:], strict=False):
        secant = (f(x + h) - f(x)) / h
        ax.plot(wide, f(x) + secant * (wide - x), color=colour, lw=1.2,
                label=f"h = {h:g}: slope {secant:g}")  # fmt: skip
        ax.plot([x + h], [f(x + h)], "o", color=colour, ms=6)
    ax.plot(wide, f(x) + slope * (wide - x), "--", color=CYCLE[0], lw=2,
            label=f"the tangent: slope {slope:g}")  # fmt: skip
    ax.plot([x], [f(x)], "o", color="#000000", ms=7)
    ax.set(xlabel="x", ylabel="f(x)", title=f"Secants through x = {x:g} turn into the tangent")
    ax.legend(**LEGEND)
    return ax


def plot_zoom(
    f: Callable[[Any], Any], x: float, widths: Sequence[float], slope: float
) -> np.ndarray:
    """What the computer makes of f around x, at several magnifications, beside the true slope."""
    _, axes = figure_with(1, len(widths), (8.6, 2.9))
    for ax, width in zip(axes[0], widths, strict=True):
        nudges = np.linspace(-width, width, 401)
        ax.plot(nudges, slope * nudges, "--", color=CYCLE[1], lw=1.5, label="the true slope")
        ax.plot(nudges, f(x + nudges) - f(x), color=CYCLE[0], lw=1.6, label="as computed")
        ax.set(title=f"h up to {width:g}", xlabel="h")
    axes[0, 0].set_ylabel(f"f({x:g} + h) − f({x:g})")
    axes[0, 0].legend(**LEGEND)
    return axes


def plot_errors(
    steps: np.ndarray,
    errors: Mapping[str, np.ndarray],
    guides: Mapping[str, np.ndarray] | None = None,
    best: Mapping[str, float] | None = None,
) -> Any:
    """Errors against the size of the step, both logarithmic.

    Args:
        steps: the steps.
        errors: for each method its errors; 0 is drawn on the lowest line.
        guides: dashed lines to hold the errors against.
        best: steps to mark by a vertical line.
    """
    ax = figure_with(1, 1, (6.8, 4.4))[1][0, 0]
    for (name, each), colour, mark in zip(errors.items(), CYCLE, "os^v", strict=False):
        drawn = np.maximum(each, LOWEST)
        ax.loglog(steps, drawn, marker=mark, ms=4, lw=1, color=colour, label=name)
    for (name, line), dashes in zip((guides or {}).items(), ("--", "-.", ":"), strict=False):
        ax.loglog(steps, line, dashes, color="#555555", lw=1.5, label=name)
    for (name, step), colour in zip((best or {}).items(), CYCLE, strict=False):
        ax.axvline(step, color=colour, lw=1, ls=":")
        ax.annotate(name, (step, 0.7), (3, 0), textcoords="offset points", rotation=90,
                    color=colour, va="top")  # fmt: skip
    ax.set(xlabel="step h", ylabel="error of the derivative", ylim=(LOWEST / 2, 2.0))
    ax.legend(loc="lower right", fontsize="small", **LEGEND | {"framealpha": 1.0})
    return ax


def plot_gradient(
    f: Callable[[Any, Any], Any], point: tuple[float, float], gradient: tuple[float, float]
) -> Any:
    """The contour lines of f(a, b) around a point, with the two slopes and the gradient there."""
    ax = figure_with(1, 1, (5.6, 3.8))[1][0, 0]
    (a, b), (down_a, down_b) = point, gradient
    reach = 2.0
    a_axis, b_axis = np.linspace(a - reach, a + reach, 80), np.linspace(b - reach, b + reach, 80)
    lines = ax.contour(a_axis, b_axis, f(*np.meshgrid(a_axis, b_axis)), 14, cmap="viridis")
    ax.clabel(lines, fontsize=8)
    scale = reach / 2 / math.hypot(down_a, down_b)
    arrow = {"angles": "xy", "scale_units": "xy", "scale": 1, "zorder": 3}
    ax.quiver(a, b, scale * down_a, 0, color=CYCLE[3], width=0.008, **arrow,
              label=f"∂f/∂a = {down_a:.4g}")  # fmt: skip
    ax.quiver(a, b, 0, scale * down_b, color=CYCLE[2], width=0.008, **arrow,
              label=f"∂f/∂b = {down_b:.4g}")  # fmt: skip
    ax.quiver(a, b, scale * down_a, scale * down_b, color=CYCLE[1], width=0.012, **arrow,
              label="gradient: straight uphill")  # fmt: skip
    ax.plot([a], [b], "o", color="#000000", zorder=4)
    ax.set(xlabel="a", ylabel="b", aspect="equal", title="Contour lines of f(a, b)")
    ax.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), **LEGEND)
    return ax


def plot_runs(weights: Sequence[int], runs: Sequence[int], largest: int = 10**6) -> Any:
    """How often a function must run for its gradient, against its number of weights.

    Args:
        weights: numbers of weights that were tried.
        runs: how often each function ran, nudged on both sides.
        largest: where the lines end.
    """
    ax = figure_with(1, 1, (6.0, 3.5))[1][0, 0]
    line = np.array([1, largest])
    ax.loglog(line, 2 * line, "-", color=CYCLE[0], lw=1.5, label="central differences: 2 n runs")
    ax.loglog(weights, runs, "o", color=CYCLE[0], ms=8, label="counted above")
    ax.loglog(line, 0 * line + 1, "-", color=CYCLE[1], lw=3,
              label="backward: 1 run, and one walk back")  # fmt: skip
    ax.set(xlabel="number of weights n", ylabel="runs of the function", ylim=(0.5, 4 * largest))
    ax.legend(**LEGEND)
    return ax
