"""Checks of notebook 06: stable formulas, a gradient checker, and the op with the wrong rule."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from engine import Tensor, UnaryOp, Value, gradcheck

from .exercise import Hint, answer_to_numpy, exercise, expect, near
from .lesson_06 import SUSPECTS, bend

#: Why a gradient does not arrive.
LOST = (
    "a number leaves the graph on the way. Use engine's functions on x (engine.sin, not math.sin), "
    "and no float(), .data or new Value"
)


def _made_by(f: Callable[[Any], Any], x: Any) -> Any:
    """What the learner's function makes of a node.

    Raises:
        Hint: it raised an error that says that the function is not written for nodes.
    """
    kind = type(x).__name__
    try:
        return f(x)
    except ValueError as error:
        if "truth value" in str(error):
            raise Hint(
                f"It asks one question, with `if`, `and` or `or`, of all numbers of a {kind} at "
                "once; engine.where chooses for each number"
            ) from error
        if "exactly one element" in str(error):
            raise Hint(
                f"It takes a {kind} for one number, as float() and math's functions do: use "
                "engine's (engine.sqrt, not math.sqrt)"
            ) from error
        raise


def _backward(y: Any, so_far: str) -> None:
    """Go backward from what the learner's function made of a Value.

    Raises:
        Hint: it is no Value, or one that depends on nothing.
    """
    if not isinstance(y, Value):
        raise Hint(f"{so_far}, but given a Value it returns a {type(y).__name__}: {LOST}")
    expect(y.requires_grad, f"{so_far}, but the result depends on nothing: {LOST}")
    y.backward()


@exercise
def check_one_minus_cos(f: Callable[[Any], Any]) -> str:
    """1 - cos(x) without cancellation."""
    for x in (1.0, -2.0, 3.0, 0.1):
        y = _made_by(f, Value(x))
        near(y, 1 - math.cos(x), f"At x = {x:g} it is not 1 − cos(x)", rtol=1e-4)
    for x in (1e-8, 1e-4, 1e-20):
        found, wanted = float(answer_to_numpy(f(Value(x)))), 2 * math.sin(x / 2) ** 2
        if found == 1 - math.cos(x) != wanted:
            raise Hint(
                f"At x = {x:g} it gives {found:.12g}, as 1 − cos(x) does, and should give "
                f"{wanted:.12g}: cos(x) is so near to 1 that the subtraction cancels the digits. "
                "The half-angle formula has no subtraction"
            )
        expect(
            np.isclose(found, wanted, rtol=1e-12, atol=0.0),
            f"At x = {x:g} digits are lost: it gives {found:.12g}, and should give {wanted:.12g}",
        )
    for number in (1.0, 3.0, 1e-8):
        node = Value(number)
        _backward(f(node), "The values are right")
        expect(node.grad != 0, f"At {number:g} the values are right, and the gradient is 0: {LOST}")
        near(
            node.grad, math.sin(number), f"The gradient at {number:g} is wrong", rtol=1e-9, atol=0.0
        )
    y = _made_by(f, Tensor([0.0, 1.0]))
    near(y, [0.0, 1 - math.cos(1)], "On a Tensor it gives other numbers")
    return "At 1e-8 it gives 5e-17, where 1 − cos(x) gives 0."


@exercise
def check_safe_root(root: Callable[[Any], Any]) -> str:
    """The square root, 0 where there is none, with gradient 0 there."""
    given = np.array([4.0, 0.0, -9.0, 2.25])
    x = Tensor(given, requires_grad=True)
    with np.errstate(all="ignore"):
        y = _made_by(root, x)
        expect(
            np.array_equal(x.numpy(), given),
            "x itself holds other numbers after root(x): leave it, and work on a new Tensor",
        )
        value = answer_to_numpy(y)
        expect(value.shape == x.shape, f"root gives shape {value.shape} for shape {x.shape}")
        for at, found, wanted in zip(given, value, (2.0, 0.0, 0.0, 1.5), strict=True):
            near(found, wanted, f"The value at {at:g} is wrong", rtol=1e-12, atol=0.0)
        if isinstance(y, list | tuple):
            raise Hint(
                f"The values are right, but root returns a {type(y).__name__}: it should be one "
                "Tensor. engine.where chooses for each number"
            )
        expect(
            isinstance(y, Tensor) and y.requires_grad,
            "The values are right, but the result has lost its graph: use engine's functions on x",
        )
        y.sum().backward()
    gradient = np.zeros(4) if x.grad is None else np.asarray(x.grad)
    expect(gradient.any(), f"The values are right, but no gradient comes back to x: {LOST}")
    expect(
        not np.isnan(gradient).any(),
        f"The values are right, and the gradient is {_listed(gradient)}: where() sends 0 into the "
        "branch it did not take, and the rule of sqrt there makes 0 × inf of it. The input of sqrt "
        "has to be safe before sqrt sees it",
    )
    expect(
        np.isfinite(gradient).all(),
        f"The gradient is {_listed(gradient)}: sqrt still sees a 0, where its slope is infinite",
    )
    near(gradient, [0.25, 0.0, 0.0, 1 / 3], "The values are right, the gradients are not")
    for number, wanted in ((4.0, 0.25), (0.0, 0.0), (-9.0, 0.0)):
        v = Value(number)
        y = _made_by(root, v)
        near(y, max(number, 0.0) ** 0.5, f"On a Value of {number:g} the root is wrong")
        _backward(y, "On a Tensor all is right")
        near(v.grad, wanted, f"On a Value, the gradient at {number:g} is wrong")
    return "No nan and no inf, on either tier."


def _listed(array: np.ndarray) -> str:
    return f"[{', '.join(f'{number:.3g}' for number in array)}]"


Case = tuple[Callable[[Any], Any], Callable[[Any], Any], list[float], bool, str]

#: f, what claims to be its gradient, where, whether it is, and what to say of a wrong verdict.
CASES: list[Case] = [
    (
        lambda x: (x**2).sum(), lambda x: 2 * x, [1.0, -2.0, 3.0], True,
        "The gradient of Σx² is 2x, and you refuse it: is each difference divided by how far the "
        "two nudged numbers are apart, 2h, and is h about 1e-5?",
    ),
    (
        lambda x: (x**2).sum(), lambda x: x, [1.0, -2.0, 3.0], False,
        "You accept x for the gradient of Σx²: a factor 2 is missing",
    ),
    (
        lambda x: (x**2).sum(), lambda x: 2 * x - [0, 0, 1], [1.0, -2.0, 3.0], False,
        "You accept a gradient that is wrong in its last element only: nudge every element, and "
        "ask that all of them agree",
    ),
    (
        lambda x: (x**2).sum(), lambda x: 2 * x - [1, 0, 0], [1.0, -2.0, 3.0], False,
        "You accept a gradient that is wrong in its first element only: nudge every element, and "
        "ask that all of them agree",
    ),
    (
        lambda x: (x**2).sum(), lambda x: 2 * x + [0, 1, 0], [1.0, -2.0, 3.0], False,
        "You accept a gradient that has too large an element, and refuse too small a one: an error "
        "has two directions, so take its absolute value",
    ),
    (
        lambda x: (np.arange(3) * x).sum(), lambda x: np.array([1.0, 0.0, 2.0]), [1.0, 2.0, 3.0],
        False, "You accept a gradient with two elements exchanged: their sum is right, they are "
        "not; compare element by element",
    ),
    (
        lambda x: 1e-3 * np.exp(50 * x).sum(), lambda x: 0.05 * np.exp(50 * x), [0.1, 0.05], True,
        "You refuse the right gradient of Σexp(50x)/1000, which bends. Nudge both ways, by about "
        " 1e-5: forward differences are off by h·f″/2, and a large h is too far away",
    ),
    (
        lambda x: (x**2).sum(), lambda x: 2 * x, [-1.0, -2.0], True,
        "You refuse a right gradient because its numbers are negative: the largest element is the "
        "one with the largest absolute value",
    ),
    (
        lambda x: 1e-10 * (x**2).sum(), lambda x: 1e-10 * x, [1.0, -2.0], False,
        "You accept half of a gradient because all its numbers are small: measure the error "
        "against the gradient, not against a fixed number (np.allclose has one too: atol)",
    ),
    (
        lambda x: 1e8 * (x**2).sum(), lambda x: 2e8 * x, [1.0, -2.0], True,
        "You refuse a right gradient because its numbers are large: measure the error against "
        "the gradient, not against a fixed number",
    ),
    (
        lambda x: (x**2 + x**3).sum(), lambda x: 2 * x + 3 * x**2, [0.0, 1.0], True,
        "You refuse a right gradient that has a 0 in it: measure against the largest element, "
        "for a finite difference is hardly ever exactly 0",
    ),
]  # fmt: skip


@exercise
def check_gradient_checker(mine: Callable[..., Any]) -> str:
    """A gradient check for NumPy functions: f, gradient, x → whether they agree."""
    for f, gradient, at, right, hint in CASES:
        x = np.array(at)
        verdict = mine(f, gradient, x)
        expect(
            isinstance(verdict, bool | np.bool_),
            f"It should answer True or False, and answers {verdict!r:.40}",
        )
        expect(
            x.tolist() == at,
            "x is another array after your check: nudge a copy, or put the number back",
        )
        expect(bool(verdict) == right, hint)
    return f"{len(CASES)} cases told apart."


@exercise
def check_planted(guilty: Any, rule: Callable[..., Any]) -> str:
    """The op of `mystery` with the wrong rule, and the right one for it."""
    expect(isinstance(guilty, str), "guilty has to be a name, such as 'hat'")
    expect(guilty in SUSPECTS, f"{guilty!r} is none of {', '.join(SUSPECTS)}")
    expect(
        guilty == "bend",
        f"The rule of {guilty} agrees with finite differences everywhere. Let compare run on "
        "inputs of every kind (large, small, negative), and read its last lines",
    )
    told = (
        (2.0, 1.0, "above 0"), (0.5, 1.0, "above 0"), (-0.5, 1.0, "between −1 and 0"),
        (-2.0, 0.5, "below −1"),
    )  # fmt: skip
    expect(callable(rule), f"The rule should be a function of g, y and x, and is {rule!r:.40}")
    try:
        inspect.signature(rule).bind(1.0, 1.0, 1.0)
    except TypeError:
        raise Hint("The rule takes other arguments: it is called as rule(g, y, x)") from None
    for x, slope, where_ in told:
        found = answer_to_numpy(rule(1.0, bend(x), x))
        near(found, slope, f"For g = 1 and x = {x:g} ({where_}) your rule is wrong")
    near(rule(3.0, -1.5, -2.0), 1.5, "The upstream gradient g should multiply the slope")
    points = np.array([2.0, 0.5, -0.5, -2.0])
    mended = UnaryOp("bend", bend, (rule,), kinks=lambda x: np.abs(x + 1))
    try:
        rule(np.ones(4), bend(points), points)
        gradcheck(mended, points)
        gradcheck(mended, -0.5)
    except (TypeError, ValueError, AttributeError) as error:
        raise Hint(
            "For single numbers the rule is right; on arrays or nodes it raises "
            f"{type(error).__name__}. Write it with engine's where, not with if, float() or "
            "np.where"
        ) from None
    return "gradcheck passes on both sides of −1, to the second order."
