"""`taylor`: the first terms of a function's Taylor series, by forward mode within forward mode."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .call import run
from .linearized import pushed
from .returned import check_function
from .transforms import OwnDerivatives
from .trees import mapped


def taylor(f: Callable[..., Any], x: Any, order: int) -> list[Any]:
    """The coefficients c of f near x, f(x + h) ≈ c[0] + c[1] h + … + c[order] h**order.

    c[k] is the k-th derivative divided by k!.  Derivatives are nested, so each order takes two to
    three times as long as the one before: 6 is quick, 12 is not.

    Args:
        f: a function of a single number; its result may be an array or a container, and so are
            c[k] then.
        x: where; a number, or a node of one.
        order: how far, 0 or more.

    Raises:
        ValueError: x is more than one number, or order is negative.

    >>> from engine import exp
    >>> taylor(exp, 0.0, 4)
    [1.0, 1.0, 0.5, 0.16666666666666666, 0.041666666666666664]
    """
    check_function(f)
    if isinstance(f, OwnDerivatives):
        return f.derived(_series, order)(x)
    if np.shape(x) != ():
        raise ValueError(
            f"x must be a single number, got shape {np.shape(x)}: along a direction v it is "
            "taylor(lambda t: f(x + t * v), 0.0, order)"
        )
    if not isinstance(order, int) or order < 0:
        raise ValueError(f"order must be an int, 0 or more, got {order!r}")
    coefficients, derivative = [], f
    for k in range(order + 1):
        value, derivative = _at(derivative, x), _slope(derivative)
        divide = functools.partial(_divided, by=math.factorial(k))
        coefficients.append(mapped(divide, value))
    return coefficients


def _at(f: Callable[..., Any], x: Any) -> Any:
    return run(f, (x,), {}, (0,)).values()


def _divided(y: Any, by: int) -> Any:
    return y / by


def _slope(f: Callable[..., Any]) -> Callable[..., Any]:
    """The derivative of f, of which nobody is warned where it is zero, as a parabola's third is."""

    def slope(x: Any) -> Any:
        call = run(f, (x,), {}, (0,))
        return call.as_result(pushed(call, [1.0]))

    return slope


def _series(f: Callable[..., Any], order: int) -> Callable[..., Any]:
    """`taylor` of f as a function of x."""
    return lambda x: taylor(f, x, order)
