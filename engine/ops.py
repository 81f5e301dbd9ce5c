"""THE TABLE: the elementwise ops, one row each, read by both tiers; `inverses` and `choices` go on.

A row is `elementwise(name, forward, rule for each input, …)`.  In a rule `g` is the upstream
gradient (how the final result changes with y), `y` the op's result, and `a, b, x` its inputs; the
rule returns g times the local derivative.  Rules are written with the ops themselves, so a rule
given numbers gives numbers, and a rule given nodes gives a graph that can be differentiated
again.  The engine sums broadcast gradients back to an input's shape; a rule never has to.

Conventions at kinks are PyTorch's: abs'(0) = 0, x**0 has derivative 0.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from .by_name import is_float, is_recorded
from .core import REAL, Interval, Op
from .define import elementwise

LN2, LN10 = math.log(2.0), math.log(10.0)
POSITIVE = Interval(0.0, np.inf, open=True)


def near(*points: float) -> Any:
    """A `kinks` function: the distance from x to the nearest of some points."""

    def distance(x: Any, *_parameters: Any, **_named: Any) -> Any:
        return np.minimum.reduce([np.abs(np.asarray(x) - p) for p in points])

    return distance


# --- arithmetic: the same bits on both tiers ---

add = elementwise(
    "add", np.add, lambda g, y, a, b: g, lambda g, y, a, b: g,
    symbol="+", infix=True, commutative=True, scalar=operator.add, ulp=0, doc="a + b",
)  # fmt: skip
sub = elementwise(
    "sub", np.subtract, lambda g, y, a, b: g, lambda g, y, a, b: -g,
    symbol="-", infix=True, scalar=operator.sub, ulp=0, doc="a - b",
)  # fmt: skip
mul = elementwise(
    "mul", np.multiply, lambda g, y, a, b: g * b, lambda g, y, a, b: g * a,
    symbol="*", infix=True, commutative=True, scalar=operator.mul, ulp=0, doc="a * b",
)  # fmt: skip
div = elementwise(
    "div", np.true_divide, lambda g, y, a, b: g / b, lambda g, y, a, b: -g * y / b,
    symbol="/", infix=True, scalar=operator.truediv, domain=(REAL, POSITIVE), ulp=0, doc="a / b",
)  # fmt: skip
neg = elementwise(
    "neg", np.negative, lambda g, y, x: -g, symbol="neg", scalar=operator.neg, ulp=0, doc="-x"
)


def _power_below(a: Any, b: Any) -> Any:
    """a**(b - 1); but a**0 for x**0, whose derivative 0 * x**-1 then is 0 at every x.

    Where b is to be differentiated too, that would change the slope of b * a**(b - 1) along b: it
    is done only where a**-1 is no number.
    """
    if is_float(b) or type(b) is int:
        return a if b == 2 else pow(a, b - 1 if b else 0.0)  # a**1 is a
    return pow(a, b - 1 + ((a == 0) & (b == 0)) if is_recorded(b) else b + (b == 0) - 1)


# log(a + 1) where a = 0 <= b gives 0**b the derivative 0 (its limit) in place of 0 * -inf.
pow: Op = elementwise(
    "pow", np.power,
    lambda g, y, a, b: g * b * _power_below(a, b),
    lambda g, y, a, b: g * y * log(a + ((a == 0) & (b >= 0))),
    symbol="**", infix=True, scalar=operator.pow, domain=(POSITIVE, REAL), doc="a to the power b",
)  # fmt: skip
abs = elementwise(
    "abs", np.abs, lambda g, y, x: g * sign(x),
    symbol="|x|", scalar=math.fabs, kinks=near(0.0), ulp=0, doc="|x|; derivative 0 at 0",
)  # fmt: skip
sqrt = elementwise(
    "sqrt", np.sqrt, lambda g, y, x: g * 0.5 / y,
    scalar=math.sqrt, domain=(POSITIVE,), ulp=0, doc="square root",
)  # fmt: skip
cbrt = elementwise(
    "cbrt", np.cbrt, lambda g, y, x: g / (3 * y * y),
    scalar=math.cbrt, domain=(POSITIVE,), doc="cube root, of negative numbers too",
)  # fmt: skip
square = elementwise(
    "square", np.square, lambda g, y, x: g * (2 * x),
    symbol="x²", scalar=lambda x: x * x, ulp=0, doc="x * x",
)  # fmt: skip
reciprocal = elementwise(
    "reciprocal", np.reciprocal, lambda g, y, x: -g * y * y,
    symbol="1/x", scalar=lambda x: 1.0 / x, domain=(POSITIVE,), ulp=0, doc="1 / x",
)  # fmt: skip
identity = elementwise(
    "identity", np.positive, lambda g, y, x: g, symbol="id", scalar=operator.pos, ulp=0, doc="x"
)

# --- steps: derivative zero wherever they have one ---

sign: Op = elementwise(
    "sign", np.sign, lambda g, y, x: g * 0.0,
    scalar=lambda x: 1.0 if x > 0 else -1.0 if x < 0 else 0.0 if x == 0 else x,
    kinks=near(0.0), ulp=0,
    doc="-1, 0 or 1; derivative 0",
)  # fmt: skip


def _to_integer(x: Any) -> Any:
    """Distance to the nearest integer, where floor and ceil jump."""
    return np.abs(np.asarray(x) - np.round(x))


def _to_half(x: Any) -> Any:
    """Distance to the nearest half, where round jumps."""
    return np.abs(np.asarray(x) - np.floor(x) - 0.5)


floor = elementwise(
    "floor", np.floor, lambda g, y, x: g * 0.0,
    scalar=math.floor, kinks=_to_integer, ulp=0, doc="largest integer <= x; derivative 0",
)  # fmt: skip
ceil = elementwise(
    "ceil", np.ceil, lambda g, y, x: g * 0.0,
    scalar=math.ceil, kinks=_to_integer, ulp=0, doc="smallest integer >= x; derivative 0",
)  # fmt: skip
round = elementwise(
    "round", np.rint, lambda g, y, x: g * 0.0,
    kinks=_to_half, ulp=0, doc="nearest integer, halves to even; derivative 0",
)  # fmt: skip

# --- exponentials and logarithms ---

exp = elementwise("exp", np.exp, lambda g, y, x: g * y, scalar=math.exp, doc="e to the power x")
exp2 = elementwise(
    "exp2", np.exp2, lambda g, y, x: g * y * LN2, scalar=math.exp2, doc="2 to the power x"
)
expm1 = elementwise(
    "expm1", np.expm1, lambda g, y, x: g * exp(x), scalar=math.expm1, doc="exp(x) - 1"
)
log: Op = elementwise(
    "log", np.log, lambda g, y, x: g / x,
    scalar=math.log, domain=(POSITIVE,), doc="natural logarithm",
)  # fmt: skip
log2 = elementwise(
    "log2", np.log2, lambda g, y, x: g * (1 / LN2) / x,
    scalar=math.log2, domain=(POSITIVE,), doc="logarithm to base 2",
)  # fmt: skip
log10 = elementwise(
    "log10", np.log10, lambda g, y, x: g * (1 / LN10) / x,
    scalar=math.log10, domain=(POSITIVE,), doc="logarithm to base 10",
)  # fmt: skip
log1p = elementwise(
    "log1p", np.log1p, lambda g, y, x: g / (1 + x),
    scalar=math.log1p, domain=(Interval(-1.0, np.inf, open=True),), doc="log(1 + x)",
)  # fmt: skip


# --- trigonometric and hyperbolic ---

sin = elementwise("sin", np.sin, lambda g, y, x: g * cos(x), scalar=math.sin, doc="sine")
cos: Op = elementwise("cos", np.cos, lambda g, y, x: -g * sin(x), scalar=math.cos, doc="cosine")
tan = elementwise(
    "tan", np.tan, lambda g, y, x: g * (1 + y * y),
    scalar=math.tan, domain=(Interval(-1.5, 1.5),), doc="tangent",
)  # fmt: skip
sinh = elementwise(
    "sinh", np.sinh, lambda g, y, x: g * cosh(x), scalar=math.sinh, doc="hyperbolic sine"
)
cosh: Op = elementwise(
    "cosh", np.cosh, lambda g, y, x: g * sinh(x), scalar=math.cosh, doc="hyperbolic cosine"
)
tanh = elementwise(
    "tanh", np.tanh, lambda g, y, x: g * (1 - y * y), scalar=math.tanh, doc="hyperbolic tangent"
)
