"""Checks of notebook 01: a slope, a gradient and a curvature, all by nudging."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .exercise import Hint, answer_to_numpy, exercise, expect, near

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

    found = answer_to_numpy(method(watched, x))
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
    return answer_to_numpy(list(found) if isinstance(found, Iterator) else found)


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
