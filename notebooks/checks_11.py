"""Checks of notebook 11: Newton's step, Taylor coefficients, a Hessian times a vector."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from types import CodeType
from typing import Any

import numpy as np

import engine

from .exercise import answer_to_numpy, exercise, expect, near
from .lesson_11 import Function


@exercise
def check_minimum_step(minimum_step: Any) -> str:
    """x - f'(x) / f''(x), by `grad`."""

    def f(x: Any) -> Any:
        return x**4 - 3.0 * x

    given = answer_to_numpy(minimum_step(f, 2.0))
    expect(given.size == 1, f"One number is needed, the next x; yours has shape {given.shape}")
    found = float(given.item())
    for wrong, hint in [
        (2 - 10 / 29, "That step leads to where f itself is zero: at a minimum its slope is"),
        (2 + 29 / 48, "Your step goes uphill: subtract f′(x) / f″(x)"),
        (
            2 - 29 * 48,
            "You multiplied by f″. Where the slope changes fast its root is near: divide",
        ),
        (2 - 48 / 29, "Numerator and denominator have changed places: f′(x) / f″(x)"),
        (29 / 48, "That is the length of the step. Where does it lead? Subtract it from x"),
        (2 - 29, "That is gradient descent with learning rate 1: divide the slope by f″(x)"),
        (-29 / 48, "That is the step alone. It begins at x: add x"),
        (2 - 29 / 29**2, "f″ is not f′ squared: it is grad(grad(f))"),
        (2 - 10 / 48, "You divided f(x) by f″(x). The step divides the slope, f′(x)"),
        (
            2 - 29 / (29 + 48),
            "You divided by 29 + 48. Gradients accumulate: the slope lay in .grad still when the "
            "second backward added f″ to it. Call zero_grad() in between",
        ),
        (0.75 ** (1 / 3), "That is where many steps lead. One is asked for"),
    ]:
        expect(not np.isclose(found, wrong), hint)
    near(found, 2 - 29 / 48, "For f(x) = x⁴ − 3x at x = 2 the slope is 29, and f″ is 48")
    others: list[tuple[Function, float]] = [(engine.cosh, 0.5), (lambda x: engine.exp(x) - x, 1.0)]
    for g, x in others:
        slope = engine.grad(g)
        near(
            minimum_step(g, x),
            x - slope(x) / engine.grad(slope)(x),
            "It is right for x⁴ − 3x, and not for another function; use grad for both derivatives",
            rtol=1e-9,
        )
    near(
        minimum_step(engine.cos, 1.0),
        1 - math.tan(1.0),
        "For f = cos at x = 1, where f″ is negative, the step is f′(x) / f″(x) too: it leads to "
        "the top of the curve",
    )
    return "On a parabola a single step would do."


@exercise
def check_taylor(taylor: Any) -> str:
    """The n + 1 coefficients f(x), f'(x), f''(x)/2!, … by applying grad again and again."""
    given = taylor(engine.exp, 0.0, 4)
    expect(
        not isinstance(given, dict | Iterator),
        f"A list is needed, and yours is a {type(given).__name__}",
    )
    found = answer_to_numpy(given)
    expect(
        found.shape == (5,),
        f"For n = 4 there are five coefficients, of 1, x, x², x³ and x⁴; yours has shape "
        f"{found.shape}",
    )
    right = [1 / math.factorial(k) for k in range(5)]
    expect(
        not np.allclose(found, 1.0),
        "These are the derivatives themselves: all of exp's are 1 at 0. The coefficient of xᵏ is "
        "the k-th derivative divided by k!",
    )
    expect(
        not np.allclose(found, [1, 1, 1 / 2, 1 / 3, 1 / 4]),
        "You divided the k-th derivative by k. It has to be k! = 1·2·…·k",
    )
    expect(
        not np.allclose(found, [1, 1 / 2, 1 / 6, 1 / 24, 1 / 120]),
        "Your factorials are one ahead: the first coefficient is f(x) itself, over 0! = 1",
    )
    expect(
        not np.allclose(found, [1, 0, 0, 0, 0]),
        "Exp at 0 gives you 1, 0, 0, 0, 0. Powers of x do not belong to the coefficients: in the "
        "series hᵏ stands beside the k-th",
    )
    near(found, right, "The coefficients of exp at 0 are 1, 1, 1/2, 1/6, 1/24")
    expect(
        not np.allclose(answer_to_numpy(taylor(engine.sin, 0.0, 2)), [1, 0, -1 / 2]),
        "The first coefficient is f itself, not its derivative: note f(x) before taking grad",
    )
    shifted = answer_to_numpy(taylor(engine.sin, 1.0, 3))
    at_one = [math.sin(1), math.cos(1), -math.sin(1) / 2, -math.cos(1) / 6]
    expect(
        not np.allclose(shifted, [0, 1, 0, -1 / 6]),
        "Asked for sin around 1 you gave its coefficients around 0: take the derivatives at x",
    )
    for same, which in ((math.sin(1), "f itself"), (math.cos(1), "f′")):
        expect(
            not np.allclose(shifted[1:], [same, same / 2, same / 6]),
            f"You used {which} for every derivative. Each is the grad of the one before: "
            "f = grad(f) in the loop",
        )
    near(shifted, at_one, "The coefficients of sin at 1 are sin 1, cos 1, −(sin 1)/2, …", rtol=1e-9)
    return "One function, and as many derivatives as you like."


def _nearly(found: np.ndarray, right: np.ndarray) -> bool:
    """As close as finite differences come, and no closer."""
    return np.allclose(found, right, rtol=1e-4) and not np.allclose(found, right, 1e-12, 0)


def _names(code: CodeType) -> set[str]:
    """The names that a function uses, in the functions inside it too."""
    inner = [_names(one) for one in code.co_consts if isinstance(one, CodeType)]
    return set(code.co_names).union(*inner)


@exercise
def check_hessian_product(hessian_product: Any) -> str:
    """H v as the gradient of (gradient · v), without the Hessian."""
    written = inspect.unwrap(hessian_product)
    names = _names(written.__code__) if inspect.isfunction(written) else set()
    expect(
        not names & {"hessian", "jacobian", "jacfwd", "jacrev"},
        "That builds all n² second derivatives, to use n sums of them. Do without: H v is the "
        "gradient of a single number",
    )
    expect("hvp" not in names, "hvp would do; here you should write it yourself, by grad")

    def f(x: Any) -> Any:
        return (x**4).sum() + x[0] * x[1]

    x, v = np.array([1.0, 2.0, -1.0]), np.array([1.0, -1.0, 2.0])
    slope = 4 * x**3 + np.array([x[1], x[0], 0.0])
    matrix = np.diag(12 * x**2) + np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 0]])
    given = x.copy(), v.copy()
    found = answer_to_numpy(hessian_product(f, *given))
    expect(
        np.array_equal(given, (x, v)),
        "Your function changed an array it was given. 2 * v is a new array; v *= 2 writes into the "
        "caller's.",
    )
    expect(
        not (found.shape == () and np.isclose(found, slope @ v)),
        "That is gradient · v, a single number: the slope along v. Now take its gradient",
    )
    expect(
        not (found.shape == () and np.isclose(found, v @ matrix @ v)),
        "That is v · H v, a single number. H v has as many numbers as v",
    )
    expect(
        found.shape != (3, 3),
        "That is a matrix. Contract the gradient with v first, (g * v).sum(), and differentiate "
        "that number",
    )
    expect(
        found.any(),
        "Your result is 0: what you differentiate does not depend on x by its graph. Call grad(f) "
        "inside that function, on its own argument",
    )
    expect(
        found.shape != (3,) or not np.allclose(3 * found, matrix @ v),
        "Three times too small: gradient · v is a sum, and not a mean",
    )
    expect(
        not np.allclose(found, matrix.sum(axis=0)),
        "v is missing: you summed the gradient. Multiply it by v before the sum",
    )
    expect(
        not np.allclose(found, slope * v),
        "That is the gradient times v, element by element. One more derivative is needed",
    )
    expect(
        not np.allclose(found, matrix.sum(axis=0) * v),
        "You took the gradient of the summed gradient, and you multiplied afterwards. v has to be "
        "inside: differentiate (g * v).sum()",
    )
    expect(
        not _nearly(found, matrix @ v),
        "Close, but not exact: a finite difference? Here the second derivative comes from grad",
    )
    near(
        found,
        matrix @ v,
        "H v is the gradient, with respect to x, of (gradient of f at x) · v",
        rtol=1e-9,
    )
    large = np.linspace(-1, 1, 5000)
    near(
        hessian_product(lambda x: (x**3).sum(), large, np.ones(5000)),
        6 * large,
        "It is right for 3 numbers, not for 5,000",
        rtol=1e-9,
    )
    return "5,000 numbers, and no matrix of 25 million."
