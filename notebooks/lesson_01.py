"""Derivatives by nudging: the pictures and the checks of notebook 01."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from viz.plots import CYCLE, LEGEND, figure_with

from .checking import Hint, exercise, expect, near, numbers

__all__ = [
    "check_curvature",
    "check_gradient",
    "check_slope",
    "nudged_gradient",
    "plot_errors",
    "plot_gradient",
    "plot_runs",
    "plot_secants",
    "plot_zoom",
]

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


# --- pictures ---


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


# --- checks ---

SMOOTH: list[tuple[str, Callable[[Any], Any], Callable[[Any], Any], Callable[[Any], Any]]] = [
    ("x³", lambda x: x**3, lambda x: 3 * x**2, lambda x: 6 * x),
    ("exp(x)", np.exp, np.exp, np.exp),
    ("sin(x)", np.sin, np.cos, lambda x: -np.sin(x)),
]


def _asked(
    method: Callable[..., Any], f: Callable[[Any], Any], x: float
) -> tuple[float, list[Any]]:
    """What the learner's method makes of f at x, and how far from x it looked at f."""
    nudges: list[Any] = []

    def watched(z: Any) -> Any:
        nudges.extend(np.ravel(z - x).tolist())
        return f(z)

    found = numbers(method(watched, x))
    expect(found.size == 1, f"For one x one number is asked for; yours is {found.tolist()}")
    return float(found.ravel()[0]), nudges


def _about_the_step(
    nudges: list[Any], error: float, allowed: float, good: tuple[float, float]
) -> str:
    """Why a derivative is not accurate, told by where f was looked at; `good` steps are between."""
    h = max((abs(nudge) for nudge in nudges), default=0.0)
    said = f"your error is {error:.1e}, and {allowed:.1e} is within reach"
    if h == 0.0:
        return f"{said}. You never look at f beside x."
    real = [nudge.real for nudge in nudges]
    if min(real) >= 0.0 or max(real) <= 0.0:
        return f"{said}. You look at f on one side of x only: look on both."
    if h < good[0]:
        return f"{said}. Your h of {h:.0e} is too small: rounding is divided by it."
    if h <= good[1]:
        return f"{said}. Your h of {h:.0e} is good: look at the formula. Is something rounded?"
    return f"{said}. Your h of {h:.0e} is too large: the curve bends on the way (truncation)."


@exercise
def check_slope(slope: Callable[..., Any]) -> str:
    """Exercise 1: `slope(f, x)`, right to nine digits."""
    found, nudges = _asked(slope, lambda x: x * x, 3.0)
    h = max((abs(nudge) for nudge in nudges), default=0.0)
    rounded = 1e-6 + h + 1e-14 / h if h else math.inf  # so much may be the step's fault
    said = f"For f(x) = x² at 3 the slope is 6, and yours is {found:.6g}. "
    expect(abs(found - 12.0) > 0.1, said + "From x − h to x + h it is not h, but twice that.")
    expect(abs(found + 6.0) > 0.1, said + "It is f on the right minus f on the left.")
    expect(
        abs(found - 6.0) <= rounded or abs(found - 3.0) > 0.1,
        said + "From x to x + h it is one h, and not two. Better: look on both sides of x.",
    )
    expect(
        found == 0.0 or 0.1 < abs(found) < 100.0,
        said + "Is it divided by 2h? Are there brackets around the whole difference, and around "
        "2 * h below it?",
    )
    expect(
        abs(found - 6.0) <= rounded,
        said + "Look at the formula: how far f has moved, over how far x has moved.",
    )
    for name, f, first, _ in SMOOTH:
        for x in (0.5, 1.0, 2.0):
            found, nudges = _asked(slope, f, x)
            error, allowed = abs(found - first(x)), 1e-9 * max(abs(first(x)), 1.0)
            why = _about_the_step(nudges, error, allowed, (1e-6, 3e-5))
            expect(error <= allowed, f"The slope of {name} at {x:g}: {why}")
    return "Nine digits, and no more is needed to check a gradient."


@exercise
def check_gradient(gradient: Callable[..., Any]) -> str:
    """Exercise 2: `gradient(f, x)`, the list of the slopes of f in each of the numbers of x."""
    x = [1.0, 2.0]
    found = _list(gradient(lambda x: 3 * x[0] + 5 * x[1], x))
    expect(x == [1.0, 2.0], f"The list that came in as [1.0, 2.0] is {x} now: nudge a copy of it")
    expect(
        found.shape == (2,),
        f"Two numbers came in, so a list of two slopes has to come out; yours is {found.tolist()}",
    )
    if np.allclose(found, 0.0, atol=1e-6):
        raise Hint(
            "For 3a + 5b all your slopes are 0. Is f asked twice at the same place? "
            "`right = x` is a second name for the same list; `list(x)` is a copy"
        )
    if np.allclose(found, 8.0, atol=1e-4):
        raise Hint(
            "For 3a + 5b each of your slopes is 8 = 3 + 5: both numbers move at once. "
            "Nudge one, and leave the other where it is"
        )
    if np.allclose(found, (3.0, 8.0), atol=1e-4):
        raise Hint(
            "For 3a + 5b the slopes are 3 and 5, and yours are 3 and 8: the first number is "
            "still nudged when it is the second one's turn. Begin each turn with a new copy"
        )
    if np.allclose(found, (6.0, 10.0), atol=1e-4):
        raise Hint(
            "For 3a + 5b the slopes are 3 and 5, and yours are 6 and 10: from the left to the "
            "right it is not h, but twice that"
        )
    if np.allclose(found, (1.5, 2.5), atol=1e-4):
        raise Hint(
            "For 3a + 5b the slopes are 3 and 5, and yours are half of that: from x to x + h it is "
            "one h, and not two"
        )
    expect(
        np.allclose(found, (3.0, 5.0), rtol=1e-4) or not np.allclose(found, (3.0, 5.0), rtol=0.1),
        f"For 3a + 5b the slopes are 3 and 5, and yours are only nearly that: {found.tolist()}. "
        "A sum like this does not bend, so it is rounding: is your h too small?",
    )
    near(found, [3.0, 5.0], "The slopes of 3a + 5b are its coefficients", rtol=1e-4)
    for x in ([0.5, -2.0, 1.5], [0.3], [1.0, 2.0, 3.0, 4.0]):
        wanted = [math.cos(x[0]) + math.prod(x[1:])] + [
            x[0] * math.prod(x[1:]) / each for each in x[1:]
        ]
        # sine is NumPy's, so that a complex step can be taken too
        found = _list(gradient(lambda x: np.sin(x[0]) + math.prod(x), list(x)))
        expect(
            found.shape != (len(wanted),)
            or np.allclose(found, wanted, rtol=1e-5, atol=1e-5)
            or not np.allclose(found, wanted, rtol=0.05, atol=0.05),
            f"The slopes of sin(x₀) + x₀·x₁·… at {x} are nearly right: {found.round(7).tolist()}, "
            f"and {np.round(wanted, 7).tolist()} is exact. A better step, or both sides?",
        )
        near(found, wanted, f"The slopes of sin(x₀) + x₀·x₁·… at {x}", rtol=1e-5, atol=1e-5)
    return "One number at a time, and the others stay."


def _list(found: Any) -> np.ndarray:
    """What came out, as numbers; a generator is taken for the list that it makes."""
    return numbers(list(found) if isinstance(found, Iterator) else found)


@exercise
def check_curvature(curvature: Callable[..., Any]) -> str:
    """Exercise 3: `curvature(f, x)`, the second derivative, to six digits."""
    found, nudges = _asked(curvature, lambda x: 1.0 + 0 * x, 3.0)
    expect(any(nudges), "Your curvature never looks at f beside x")
    expect(
        abs(found) < 1e-3,
        f"A constant does not bend, and yours bends by {found:.3g}. The weights of the three "
        "values are 1, −2 and 1: together nothing. Are there brackets around all three?",
    )
    found, nudges = _asked(curvature, lambda x: x * x, 3.0)
    h = max((abs(nudge) for nudge in nudges), default=0.0)
    said = f"The second derivative of x² is 2 everywhere, and yours at 3 is {found:.3g}. "
    expect(abs(found - 2 * h) > 1e-3 * h, said + "Divide by h twice: by h ** 2.")
    expect(abs(found - 6.0) > 0.01, said + "That is the first derivative.")
    expect(
        abs(found - 2.0) <= 1e-3 + 1e-13 / h**2,
        said + "It is f(x + h) − 2 f(x) + f(x − h), and all of that divided by h ** 2.",
    )
    for name, f, _, second in SMOOTH:
        for x in (0.5, 1.0):
            found, nudges = _asked(curvature, f, x)
            error, allowed = abs(found - second(x)), 1e-6 * max(abs(second(x)), 1.0)
            why = _about_the_step(nudges, error, allowed, (1e-4, 2e-3))
            expect(error <= allowed, f"The second derivative of {name} at {x:g}: {why}")
    return "The best step is about the fourth root of eps, and half of the digits are gone."
