"""The table, continued: inverse functions, `hypot` and the error function.

Their derivatives are made of squares, which leave the range of a dtype long before the derivative
does: then a rule takes a slower way.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import floats
from .by_name import is_float
from .core import REAL, Interval, Op
from .define import elementwise
from .ops import POSITIVE, exp, sqrt

UNIT = Interval(-1.0, 1.0, open=True)


def quickly(formula: Callable[..., Any], *inputs: Any) -> Any:
    """formula(*inputs), squares, of floats or large arrays; None where a step leaves the range.

    Then distances are asked of `hypot`, whose steps do not, but which takes several times as long.
    None of nodes too, and of small arrays, where this would not be faster.
    """
    if is_float(inputs[0]) and is_float(inputs[-1]):
        found = formula(*inputs)
        return found if 1e-290 < found < 1e300 else None
    for x in inputs:
        if type(x) is not np.ndarray or x.size <= 100:
            return None
    try:
        with np.errstate(over="raise", under="raise"):
            return formula(*inputs)
    except FloatingPointError:
        return None


arcsin = elementwise(
    "arcsin", np.arcsin, lambda g, y, x: g / sqrt((1 - x) * (1 + x)),
    scalar=math.asin, domain=(UNIT,), doc="inverse sine",
)  # fmt: skip
arccos = elementwise(
    "arccos", np.arccos, lambda g, y, x: -g / sqrt((1 - x) * (1 + x)),
    scalar=math.acos, domain=(UNIT,), doc="inverse cosine",
)  # fmt: skip
arctan = elementwise(
    "arctan", np.arctan, lambda g, y, x: g / (1 + x * x), scalar=math.atan, doc="inverse tangent"
)


def _arcsinh_vjp(g: Any, y: Any, x: Any) -> Any:
    """g / sqrt(1 + x*x)."""
    square = quickly(lambda x: 1 + x * x, x)
    return g / (hypot(x, 1.0) if square is None else sqrt(square))


def _over_square(g: Any, x: Any, a: Any, b: Any) -> Any:
    """g x / (a*a + b*b); x is a or b.

    At the origin there is no angle; adding 1 to the denominator makes both derivatives 0 there.
    """
    origin = (a == 0) & (b == 0)
    square = quickly(lambda a, b: a * a + b * b, a, b)
    if square is not None:
        return g * x / (square + origin)
    on_arrays = type(a) is np.ndarray and type(b) is np.ndarray
    radius = (np.hypot if on_arrays else hypot)(a, b) + origin
    return g * (x / radius) / radius


def _arccosh_vjp(g: Any, y: Any, x: Any) -> Any:
    """g / sqrt(x*x - 1)."""
    square = quickly(lambda x: (x - 1) * (x + 1), x)
    if square is not None:
        return g / sqrt(square)
    size = abs(x)  # below -1, where there is no y, as the quick way
    root = np.sqrt if type(x) is np.ndarray else sqrt
    return g / (root(size - 1) * root(size + 1))


arctan2 = elementwise(
    "arctan2", np.arctan2,
    lambda g, y, a, b: _over_square(g, b, a, b), lambda g, y, a, b: -_over_square(g, a, a, b),
    scalar=math.atan2, domain=(REAL, POSITIVE),
    doc="angle of the point (b, a); derivative 0 at the origin",
)  # fmt: skip
arcsinh = elementwise(
    "arcsinh", np.arcsinh, _arcsinh_vjp,
    scalar=math.asinh, ulp=8, doc="inverse hyperbolic sine",
)  # fmt: skip
arccosh = elementwise(
    "arccosh", np.arccosh, _arccosh_vjp,
    scalar=math.acosh, domain=(Interval(1.0, np.inf, open=True),), ulp=8,
    doc="inverse hyperbolic cosine",
)  # fmt: skip
arctanh = elementwise(
    "arctanh", np.arctanh, lambda g, y, x: g / ((1 - x) * (1 + x)),
    scalar=math.atanh, domain=(UNIT,), ulp=8, doc="inverse hyperbolic tangent",
)  # fmt: skip
hypot: Op = elementwise(
    "hypot", np.hypot, lambda g, y, a, b: g * a / y, lambda g, y, a, b: g * b / y,
    commutative=True, scalar=math.hypot, domain=(POSITIVE, REAL),
    kinks=lambda a, b: np.hypot(a, b), doc="sqrt(a*a + b*b)",
)  # fmt: skip
erf = elementwise(
    "erf", floats.erf, lambda g, y, x: g * (2 / math.sqrt(math.pi)) * exp(-x * x),
    scalar=math.erf, doc="error function",
)  # fmt: skip
erfc = elementwise(
    "erfc", floats.erfc, lambda g, y, x: -g * (2 / math.sqrt(math.pi)) * exp(-x * x),
    scalar=math.erfc, ulp=64, doc="1 - erf(x)",
)  # fmt: skip
erfinv = elementwise(
    "erfinv", floats.erfinv, lambda g, y, x: g * (math.sqrt(math.pi) / 2) * exp(y * y),
    scalar=floats.erfinv_float, domain=(UNIT,), ulp=64, doc="inverse of erf",
)  # fmt: skip
