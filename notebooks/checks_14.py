"""Checks of notebook 14: a quotient of dual numbers, a Jacobian by columns, curvature carried."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from types import CodeType
from typing import Any

import numpy as np

import engine

from .exercise import answer_to_numpy, exercise, expect, near

#: What goes back, or does the whole exercise.
RULED_OUT = {"jacobian", "jacfwd", "jacrev", "vjp", "grad", "backward", "linearize", "vmap"}


def _slope_of(found: Any, kind: type) -> float:
    expect(
        isinstance(found, kind),
        f"A Dual is needed, made by Dual(number, slope); yours is a {type(found).__name__}",
    )
    expect(
        not isinstance(found.slope, kind),
        "The slope of your result is a Dual itself: use a.data and a.slope, which are numbers",
    )
    return float(answer_to_numpy(found.slope))


@exercise
def check_quotient(quotient: Callable[..., Any], kind: type) -> str:
    """Exercise 1: a / b for dual numbers."""
    six, two = kind(6.0, 1.0), kind(2.0, 0.5)
    found = quotient(six, two)
    slope = _slope_of(found, kind)
    near(found.data, 3.0, "The value of Dual(6, 1) / Dual(2, 0.5) is 6 / 2")
    for wrong, hint in [
        (0.25, "The sign is the wrong way round: a larger b makes the quotient smaller"),
        (1.25, "The two parts are not added: a larger b makes the quotient smaller"),
        (0.5, "b has a slope, too: if it grows, the quotient becomes smaller"),
        (2.0, "The slope of a quotient is not the quotient of the slopes"),
        (-1.0, "Is it divided by b²? a′b − ab′ alone is the upper half of the formula"),
        (-0.5, "a′b − ab′ is divided by b twice, by b², and not once"),
        (-0.75, "That is only b's part. a has a slope, too, and a's part is a′ / b"),
        (5.0, "That is the product rule"),
        (0.0, "Your result has no slope: Dual takes two numbers, the value and the slope"),
        (-1 / 36, "It is divided by b², the square of what you divide by, and not by a²"),
        (-2.5, "b's part is −y · b′ / b with y = a / b, which is −a b′ / b²: divide by b twice"),
    ]:
        expect(
            not math.isclose(slope, wrong), f"{hint}. Yours gives {wrong:.4g} for (6, 1) / (2, ½)"
        )
    near(slope, -0.25, "For Dual(6, 1) / Dual(2, 0.5) the slope is (1 · 2 − 6 · 0.5) / 2²")
    for (a, b), expected in [
        (((1.0, 0.0), (4.0, 1.0)), -1 / 16),
        (((3.0, 2.0), (-0.5, 0.0)), -4.0),
        (((-2.0, 0.3), (0.7, -1.1)), (0.3 * 0.7 - 2.0 * 1.1) / 0.49),
    ]:
        found = quotient(kind(*a), kind(*b))
        said = f"It is right for (6, 1) / (2, ½), and not for {a} / {b}"
        near(found.data, a[0] / b[0], said)
        near(_slope_of(found, kind), expected, said)
    expect(
        (six.data, six.slope, two.data, two.slope) == (6.0, 1.0, 2.0, 0.5),
        "Your function changed the numbers it was given: make a new Dual",
    )
    return "With exp, sin, +, * and this, most of a pocket calculator can be differentiated."


def _names(code: CodeType) -> set[str]:
    """The names that a function uses, in the functions inside it too."""
    inner = [_names(one) for one in code.co_consts if isinstance(one, CodeType)]
    return set(code.co_names).union(*inner)


@exercise
def check_columns(columns: Callable[..., Any]) -> str:
    """Exercise 2: a Jacobian by one `jvp` for each input."""
    written = inspect.unwrap(columns)
    names = _names(written.__code__) if inspect.isfunction(written) else set()
    for name in sorted(names & RULED_OUT):
        expect(False, f"{name} would do it; here push with jvp, once for each input")
    runs = 0

    def f(x: Any) -> Any:
        nonlocal runs
        runs += 1
        return engine.stack([x[0] * x[1], engine.exp(x[0]), x[1] * x[1] * x[1], x[0] + 2 * x[1]])

    x = np.array([0.5, 2.0])
    matrix = np.array([[2.0, 0.5], [math.exp(0.5), 0.0], [0.0, 12.0], [1.0, 2.0]])
    given = x.copy()
    found = answer_to_numpy(columns(f, given))
    expect(np.array_equal(given, x), "Your function changed x: make directions of their own")
    expect(
        found.shape != (2, 4) or not np.allclose(found, matrix.T),
        "The matrix is transposed: each push is a column. np.stack(…, axis=-1) puts them so",
    )
    expect(
        found.shape != (4, 2) or not np.allclose(found.T, [1.0, math.exp(0.5), 8.0, 4.5]),
        "These are f's values. jvp gives a pair, (f(x), how f changes): take the second",
    )
    expect(
        found.shape != (4,) or not np.allclose(found, matrix.sum(axis=1)),
        "That is one push, along all inputs at once: the columns added. Push along one input at a "
        "time, with a direction that is 1 there and 0 elsewhere",
    )
    expect(
        found.shape != (4,) or not np.allclose(found, matrix[:, 0]),
        "That is the first column alone: is the return inside the loop?",
    )
    expect(
        found.shape != (4, 2) or not np.allclose(found, matrix.T.reshape(4, 2)),
        "The columns are cut up: reshape keeps the order of the numbers; .T turns rows to columns",
    )
    expect(
        found.shape != (4, 2) or not np.allclose(found, matrix.cumsum(axis=1)),
        "The direction of input 1 still has its 1 at input 0: take new zeros for each input",
    )
    expect(
        found.shape != (4, 2) or not np.allclose(found, matrix * x),
        "You pushed along x itself: the direction of input i has a 1 there, whatever x is",
    )
    expect(
        found.shape != (2, 2, 4),
        "jvp gives a pair, (f(x), how f changes), and you kept both: take the second",
    )
    expect(
        found.shape != (4, 2)
        or not np.allclose(found, matrix, rtol=1e-3)
        or np.allclose(found, matrix, rtol=1e-10, atol=1e-12),
        "Close, but not exact: a finite difference? jvp needs no step",
    )
    near(found, matrix, "It has a row for each of the 4 results, a column for each of the 2 inputs")
    expect(
        runs <= 3,  # the third to see how many results there are
        f"For two inputs f has to run twice, once for each push. Yours ran it {runs} times",
    )
    wide = np.linspace(-1.0, 1.0, 5)
    near(
        columns(lambda x: engine.stack([(x * x).sum(), x[4]]), wide),
        np.stack([2 * wide, np.eye(5)[4]]),
        "It is right for 2 inputs and 4 results, not for 5 and 2",
    )
    return "A push for each input, however many results there are."


@exercise
def check_curved(times: Callable[..., Any], exp_of: Callable[..., Any]) -> str:
    """Exercise 3: triples of value, slope and second derivative."""
    y, y1, y2 = _triple(times((2.0, 3.0, 5.0), (7.0, 11.0, 13.0)), "times")
    near(y, 14.0, "The value of a product is 2 · 7 for (2, 3, 5) and (7, 11, 13)")
    expect(y1 != 33.0, "The slope of a product is not the product of the slopes: f′g + fg′")
    near(y1, 43.0, "The slope of the product of (2, 3, 5) and (7, 11, 13) is 3 · 7 + 2 · 11")
    for wrong, hint in [
        (94.0, "The middle term is there twice: differentiate f′g and fg′, and each gives an f′g′"),
        (61.0, "A term is missing: differentiate f′g + fg′, each product by the product rule"),
        (65.0, "The second derivative of a product is not the product of the second derivatives"),
        (66.0, "f″g and fg″ belong to it, too: differentiate f′g + fg′"),
    ]:
        expect(y2 != wrong, f"{hint}. Yours gives {wrong:g} for (2, 3, 5) and (7, 11, 13)")
    near(y2, 127.0, "For (2, 3, 5) and (7, 11, 13) it is 5 · 7 + 2 · 3 · 11 + 2 · 13")

    y, y1, y2 = (part / math.exp(0.5) for part in _triple(exp_of((0.5, 3.0, 5.0)), "exp_of"))
    near(y, 1.0, "The value of exp_of((0.5, 3, 5)) is math.exp(0.5): over that")
    expect(y1 != 1.0, "In exp_of the slope of u is missing: the chain rule says e^u · u′")
    expect(
        not math.isclose(y1 * math.exp(0.5), 3.0),
        "In exp_of the slope is not u′ alone: the chain rule says e^u · u′",
    )
    near(y1, 3.0, "The slope of exp_of((0.5, 3, 5)) is e^u · 3: over e^u")
    for wrong, hint in [
        (1.0, "its second derivative is not e^u alone: differentiate e^u · u′, a product"),
        (5.0, "u″ alone is not enough: in e^u · u′ the first factor changes, too"),
        (9.0, "u″ is missing: in e^u · u′ the second factor changes, too"),
        (8.0, "u′ has to be squared: one comes from the slope, one from e^u"),
        (11.0, "in e^u · u′ the slope of e^u is e^u · u′, which makes u′², and not 2u′"),
        (9.0 + 5.0 / math.exp(0.5), "u″ is multiplied by e^u, too"),
        (15.0, "the two parts are added, u′² + u″, and not multiplied"),
    ]:
        expect(
            not math.isclose(y2, wrong), f"exp_of: {hint}. Yours is {wrong:.4g} · e^u for (½, 3, 5)"
        )
    near(y2, 14.0, "For (0.5, 3, 5) the second derivative is e^u · (3² + 5): over e^u")

    def wave(x: Any) -> Any:
        return x * engine.exp(x * x)

    for x in (0.7, -0.3):
        at = (x, 1.0, 0.0)
        expected = wave(x), engine.grad(wave)(x), engine.grad(engine.grad(wave))(x)
        found = times(at, exp_of(times(at, at)))
        near(found, expected, f"x · exp(x · x) at {x}, by your two functions", rtol=1e-10)
    return "Two derivatives in one run forward, and no graph."


def _triple(found: Any, name: str) -> list[float]:
    triple = answer_to_numpy(found)
    expect(
        triple.shape == (3,),
        f"{name} has to give three numbers, (y, y1, y2); yours has shape {triple.shape}",
    )
    return [float(part) for part in triple]
