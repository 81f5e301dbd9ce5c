"""The table, continued: ops that choose (where, maximum, clip), and activations.

Conventions at kinks and ties are PyTorch's: relu'(0) = 0, clip passes the gradient at its bounds,
maximum and minimum split it evenly at a tie.
"""

from __future__ import annotations

import math
import operator
import sys
from typing import Any

import numpy as np

from . import floats
from .by_name import example_of, is_float, is_recorded
from .core import REAL, Interval, Op
from .define import elementwise
from .inverses import erfc
from .ops import LN2, POSITIVE, cos, exp, floor, log, near


def tie(a: Any, b: Any) -> Any:
    """A `kinks` function: how far two inputs are from being equal."""
    return np.abs(np.asarray(a) - np.asarray(b))


# --- choices ---


def gate(g: Any, open_: Any) -> Any:
    """g where the gate is open, 0 elsewhere: even an infinite g does not leak through.

    This is `where(open_, g, 0.0)`, tightened for what backward gives it most: plain numbers, and
    arrays, where a product is several times faster than a choice.  Only an infinite or nan g
    makes them differ, and that shows in g·g (which, unlike a sum, never warns).

    >>> gate(np.array([1.0, np.inf]), np.array([True, False]))
    array([1., 0.])
    """
    if type(g) is float:
        return g if open_ else 0.0
    if type(g) is not np.ndarray:
        return where(open_, g, 0.0)
    if g.size > 100 and math.isfinite(np.vdot(g, g)):
        return g * open_
    return np.where(open_, g, 0.0)


def share(g: Any, equal: Any, chosen: Any) -> Any:
    """g where an input is chosen, half of it at a tie, 0 elsewhere."""
    if isinstance(equal, np.ndarray) and not np.count_nonzero(equal):  # no ties, as usual
        return gate(g, chosen)
    return where(equal, 0.5 * g, gate(g, chosen))


def _maximum(a: float, b: float) -> float:
    return a if a > b or a != a else b


def _minimum(a: float, b: float) -> float:
    return a if a < b or a != a else b


maximum = elementwise(
    "maximum", np.maximum,
    lambda g, y, a, b: share(g, a == b, a > b),
    lambda g, y, a, b: share(g, a == b, b > a),
    symbol="max", commutative=True, scalar=_maximum, kinks=tie, ulp=0,
    doc="the larger; a tie splits the gradient",
)  # fmt: skip
minimum = elementwise(
    "minimum", np.minimum,
    lambda g, y, a, b: share(g, a == b, a < b),
    lambda g, y, a, b: share(g, a == b, b < a),
    symbol="min", commutative=True, scalar=_minimum, kinks=tie, ulp=0,
    doc="the smaller; a tie splits the gradient",
)  # fmt: skip


def _first_number(g: Any, a: Any, b: Any, chosen: Any) -> Any:
    """g for a: where it is chosen, at a tie, and where b is nan, which does not equal itself."""
    return gate(g, chosen | (a == b) | (b != b))


def _other_number(g: Any, a: Any, b: Any, chosen: Any) -> Any:
    """g for b: where it is chosen, and where a alone is nan."""
    return gate(g, chosen | ((a != a) & (b == b)))


fmax = elementwise(
    "fmax", np.fmax,
    lambda g, y, a, b: _first_number(g, a, b, a > b),
    lambda g, y, a, b: _other_number(g, a, b, b > a),
    commutative=True,
    scalar=lambda a, b: a if math.isnan(b) or (not math.isnan(a) and a > b) else b,
    kinks=tie, ulp=0,
    doc="the larger number, also beside nan; a tie is a's",
)  # fmt: skip
fmin = elementwise(
    "fmin", np.fmin,
    lambda g, y, a, b: _first_number(g, a, b, a < b),
    lambda g, y, a, b: _other_number(g, a, b, b < a),
    commutative=True,
    scalar=lambda a, b: a if math.isnan(b) or (not math.isnan(a) and a < b) else b,
    kinks=tie, ulp=0,
    doc="the smaller number, also beside nan; a tie is a's",
)  # fmt: skip


def _where(condition: Any, x: Any, y: Any) -> Any:
    return np.where(condition, x, y)[()]


where: Op = elementwise(
    "where", _where, None, lambda g, y, c, a, b: where(c, g, 0.0),
    lambda g, y, c, a, b: where(c, 0.0, g),
    symbol="where", scalar=lambda c, a, b: a if c else b, ulp=0,
    doc="x where the condition holds, else y",
)  # fmt: skip


_NUMBERS = (float, int)  # a union in the call would be made each time


def _clip(x: Any, min: Any = None, max: Any = None) -> Any:
    if min is not None:
        x = np.maximum(x, min)
    return x if max is None else np.minimum(x, max)


def _inside(x: Any, min: Any, max: Any) -> Any:
    above = x == x if min is None else x >= min
    return above if max is None else above & (x <= max)


def _to_bounds(x: Any, min: Any = None, max: Any = None) -> Any:
    bounds = [np.abs(x - bound) for bound in (min, max) if bound is not None]
    return np.minimum.reduce(bounds) if bounds else np.full(np.shape(x), np.inf)


def _clip_float(x: float, min: Any = None, max: Any = None) -> float:
    if min is not None:
        x = _maximum(x, min)
    return x if max is None else _minimum(x, max)


def _clip_between(x: Any, low: Any, high: Any) -> Any:
    numbers = isinstance(x, _NUMBERS) and isinstance(low, _NUMBERS)  # these do not promote
    return np.minimum(_maximum(x, low) if numbers else np.maximum(x, low), high)


def _clip_to_nodes(x: Any, min: Any, max: Any) -> Any:
    """clip, where a bound is a node."""
    return clip_between(x, -math.inf if min is None else min, math.inf if max is None else max)


def _to_multiple(a: Any, b: Any) -> Any:
    """Distance from a to the nearest multiple of b, where a // b jumps."""
    rest = np.remainder(a, b)
    return np.minimum(rest, b - rest)


clip = elementwise(
    "clip", _clip, lambda g, y, x, min, max: gate(g, _inside(x, min, max)),
    scalar=_clip_float, kinks=_to_bounds, ulp=0, aliases={"a_min": "min", "a_max": "max"},
    of_nodes=_clip_to_nodes,
    doc="x kept between min and max; passes the gradient at the bounds",
)  # fmt: skip
clip_between = elementwise(
    "clip_between", _clip_between,
    lambda g, y, x, low, high: gate(g, _inside(x, low, high)),
    lambda g, y, x, low, high: gate(g, (x < low) & (low < high)),
    lambda g, y, x, low, high: gate(g, (x > high) | (high < low)),
    symbol="clip", scalar=_clip_float, ulp=0,
    kinks=lambda x, low, high: np.minimum(_to_bounds(x, low, high), tie(low, high)),
    doc="clip, where a gradient flows to the bounds too; at a tie x has it",
)  # fmt: skip
floor_divide = elementwise(
    "floor_divide", np.floor_divide, lambda g, y, a, b: g * 0.0, lambda g, y, a, b: g * 0.0,
    symbol="//", infix=True, scalar=operator.floordiv, domain=(REAL, POSITIVE), kinks=_to_multiple,
    ulp=0, doc="how many whole b fit into a, towards -inf; derivative 0",
)  # fmt: skip
remainder = elementwise(
    "remainder", np.remainder,
    lambda g, y, a, b: g, lambda g, y, a, b: -g * floor_divide(a, b),
    symbol="%", infix=True, scalar=operator.mod, domain=(REAL, POSITIVE), kinks=_to_multiple,
    ulp=0, doc="a - b * (a // b): what is left of a, with the sign of b",
)  # fmt: skip


def _nan_to_num(x: Any, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def _nan_to_num_float(x: float, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> float:
    if x != x:
        return nan
    if math.isfinite(x):
        return x
    largest = posinf if x > 0 else neginf
    return math.copysign(sys.float_info.max, x) if largest is None else largest


nan_to_num = elementwise(
    "nan_to_num", _nan_to_num, lambda g, y, x, nan, posinf, neginf: gate(g, y == x),
    scalar=_nan_to_num_float, ulp=0,
    doc="x, numbers in place of nan, inf and -inf: 0 and the dtype's largest, or as named",
)  # fmt: skip


def _sinc_slope_near_0(x: Any) -> Any:
    """(cos(pi x) - sinc(x)) / x by its power series, for |x| < 1/4, where that has few digits."""
    series: Any = 1.0
    for k in range(10, 1, -1):
        series = 1 - math.pi**2 / (2 * (k - 1) * (2 * k + 1)) * x * x * series
    return -(math.pi**2) / 3 * x * series


def _sinc(x: Any) -> Any:
    x = floats.floating(x)
    whole = np.rint(x)  # sin(pi x) is sin(pi (x - whole)), or less that: so no digits are lost
    sine = np.sin(math.pi * (x - whole)) * (1 - 2 * (whole % 2))
    return np.where(x == 0, 1.0, sine / math.pi / np.where(x == 0, 1.0, x))[()]


def _sinc_float(x: float) -> float:
    whole = math.floor(x + 0.5)
    sine = math.sin(math.pi * (x - whole)) * (1 - 2 * (whole % 2))
    return sine / math.pi / x if x else 1.0


def _sinc_vjp(g: Any, y: Any, x: Any) -> Any:
    near = (x > -0.25) & (x < 0.25)
    whole = floor(x + 0.5)
    cosine = cos(math.pi * (x - whole)) * (1 - 2 * remainder(whole, 2.0))
    if is_float(x):
        return g * _sinc_slope_near_0(x) if near else g * (cosine - y) / x
    slope = (cosine - y) / where(near, 1.0, x)
    return g * where(near, _sinc_slope_near_0(where(near, x, 0.0)), slope)


sinc: Op = elementwise(
    "sinc", _sinc, _sinc_vjp, scalar=_sinc_float, ulp=16, doc="sin(pi x) / (pi x), and 1 at 0",
)  # fmt: skip


def _xlogy(a: Any, b: Any) -> Any:
    if isinstance(b, _NUMBERS):  # np.where would make float64 of it
        b = np.asarray(b, np.result_type(a, b))
    nothing = (a == 0) & ~np.isnan(b)
    return np.where(nothing, 0.0, a * np.log(np.where(nothing, 1.0, b)))[()]


# Where a = 0 the value is 0 for every b, so b is replaced by 1 wherever b alone would give inf.
xlogy = elementwise(
    "xlogy", _xlogy,
    lambda g, y, a, b: g * log(where((a == 0) & (b <= 0), 1.0, b)),
    lambda g, y, a, b: g * a / where((a == 0) & (b <= 0), 1.0, b),
    scalar=lambda a, b: 0.0 if a == 0 and b == b else a * math.log(b),
    domain=(REAL, POSITIVE), doc="a * log(b), and 0 where a = 0",
)  # fmt: skip

# --- activations ---


def _relu(x: Any) -> Any:
    return np.maximum(x, 0.0)


def _leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    return np.where(x > 0, x, negative_slope * x)[()]


def _elu(x: Any, alpha: float = 1.0) -> Any:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0.0)))[()]


def _softplus(x: Any, beta: float = 1.0) -> Any:
    if beta == 1.0:
        return floats.log1p_exp(x)
    x = floats.floating(x)
    with np.errstate(over="ignore"):  # where beta * x is too large, x is the answer
        t = beta * x
    return np.where(t > 0, x, 0.0)[()] + np.log1p(np.exp(-np.abs(t))) / beta


def _softplus_float(x: float, beta: float = 1.0) -> float:
    t = beta * x
    return (x if t > 0 else 0.0) + math.log1p(math.exp(-math.fabs(t))) / beta


def _softplus_vjp(g: Any, y: Any, x: Any, beta: float) -> Any:
    if type(beta) is float and beta == 1.0:
        return g * sigmoid(x)
    with np.errstate(over="ignore"):
        return g * sigmoid(beta * x)


# gelu's tanh form is x * sigmoid(inner(x)), inner(x) = 2 sqrt(2/pi) (x + 0.044715 x^3).
GELU_1 = 2 * math.sqrt(2 / math.pi)
GELU_3 = 0.044715 * GELU_1


def _gelu_tanh(x: Any) -> Any:
    try:
        with np.errstate(over="raise"):
            return x / (1 + np.exp(x * (-GELU_1 - GELU_3 * (x * x))))
    except FloatingPointError:  # where exp is too large the answer need not be 0
        with np.errstate(over="ignore"):
            inner = x * (GELU_1 + GELU_3 * (x * x))
        return x * floats.sigmoid(inner)


def _gelu(x: Any, approximate: str = "none") -> Any:
    if approximate == "tanh":
        return _gelu_tanh(floats.floating(x))
    if approximate != "none":
        raise ValueError(f"approximate must be 'none' or 'tanh', got {approximate!r}")
    beyond = floats.erfc(x * -math.sqrt(0.5))  # before 0.5 * x: one array less at a time
    return 0.5 * x * beyond


def _gelu_float(x: float, approximate: str = "none") -> float:
    if approximate == "tanh":
        return x * _sigmoid(x * (GELU_1 + GELU_3 * (x * x)))
    if approximate != "none":
        raise ValueError  # _gelu says what is wrong
    return 0.5 * x * math.erfc(x * -math.sqrt(0.5))


BELL = 1 / math.sqrt(2 * math.pi)  # the normal distribution's density at 0


def _gelu_weight(y: Any, x: Any, square: Any) -> Any:
    """What gelu multiplies x with: y / x, and near 0, where y has few digits, its tangent."""
    tiny = square <= 1e-10
    if isinstance(tiny, np.ndarray) and not tiny.any():  # as usual
        return y / x
    return where(tiny, 0.5 + BELL * x, y / (x + tiny))


def _bounded(x: Any) -> Any:
    """x, where its square is not too large; beyond 40 gelu's weight is 0 or 1, and x p' is 0."""
    if is_float(x):
        return where((x > -1e150) & (x < 1e150), x, clip(x, -40.0, 40.0))
    numbers = x if type(x) is np.ndarray else example_of(x)
    fits = math.isfinite(np.vdot(numbers, numbers))  # which, unlike x * x, never warns
    return x if fits else clip(x, -40.0, 40.0)


@floats.by_blocks
def _gelu_vjp(g: Any, y: Any, x: Any, approximate: str) -> Any:
    """g times p + x p', where p is what gelu multiplies x with: a weight between 0 and 1."""
    bounded = _bounded(x)
    square = bounded * bounded
    if not is_recorded(x):
        p = _gelu_weight(y, x, square)  # of numbers, much faster
    elif approximate == "tanh":
        p = sigmoid(bounded * (GELU_1 + GELU_3 * square))
    else:
        p = 0.5 * erfc(bounded * -math.sqrt(0.5))
    if approximate == "tanh":
        return g * (p + bounded * p * (1 - p) * (GELU_1 + 3 * GELU_3 * square))
    return g * (p + bounded * (exp(-0.5 * square) * BELL))


def _silu_vjp(g: Any, y: Any, x: Any) -> Any:
    s = sigmoid(x)
    return g * (s * (1 + x * (1 - s)))


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


relu = elementwise(
    "relu", _relu, lambda g, y, x: gate(g, y != 0),
    scalar=lambda x: 0.0 if x <= 0 else x, kinks=near(0.0), ulp=0,
    doc="max(x, 0); derivative 0 at 0",
)  # fmt: skip
leaky_relu = elementwise(
    "leaky_relu", _leaky_relu,
    lambda g, y, x, negative_slope: where(x > 0, g, negative_slope * g),
    scalar=lambda x, negative_slope=0.01: x if x > 0 else negative_slope * x,
    kinks=near(0.0), ulp=0, doc="x where positive, else negative_slope * x",
)  # fmt: skip
elu = elementwise(
    "elu", _elu,
    lambda g, y, x, alpha: where(x > 0, g, g * alpha * exp(where(x > 0, 0.0, x))),
    scalar=lambda x, alpha=1.0: x if x > 0 else alpha * math.expm1(x),
    kinks=near(0.0), ulp=4, doc="x where positive, else alpha * (exp(x) - 1)",
)  # fmt: skip
sigmoid: Op = elementwise(
    "sigmoid", floats.sigmoid, lambda g, y, x: g * y * (1 - y),
    symbol="σ", scalar=_sigmoid, doc="1 / (1 + exp(-x))",
)  # fmt: skip


def _logit(x: Any, eps: Any = None) -> Any:
    if x.dtype.type is floats.HALF:
        return floats.in_single(_logit, x, eps)
    if eps is not None:
        x = _clip(x, eps, 1 - eps)
    return np.log(x / (1 - x))


def _logit_vjp(g: Any, y: Any, x: Any, eps: Any) -> Any:
    if eps is None:
        return g / (x * (1 - x))
    inside = _inside(x, eps, 1 - eps)
    kept = where(inside, x, 0.5)
    return gate(g, inside) / (kept * (1 - kept))


def _logit_float(x: float, eps: Any = None) -> float:
    if eps is not None:
        x = _clip_float(x, eps, 1 - eps)
    return math.log(x / (1 - x))


logit = elementwise(
    "logit", _logit, _logit_vjp, scalar=_logit_float,
    kinks=lambda x, eps: _to_bounds(x, eps, None if eps is None else 1 - eps),
    domain=Interval(0.0, 1.0, open=True),
    doc="log(x / (1 - x)), the inverse of sigmoid; of x kept eps away from 0 and 1",
)  # fmt: skip


def _logaddexp(a: float, b: float) -> float:
    if a == b:
        return a + LN2
    return max(a, b) + math.log1p(math.exp(-math.fabs(a - b)))


logaddexp = elementwise(
    "logaddexp", np.logaddexp,
    lambda g, y, a, b: g * sigmoid(a - b), lambda g, y, a, b: g * sigmoid(b - a),
    commutative=True, scalar=_logaddexp, doc="log(exp(a) + exp(b))",
)  # fmt: skip
logsigmoid: Op = elementwise(
    "logsigmoid", lambda x: -floats.log1p_exp(-floats.floating(x)),
    lambda g, y, x: g * sigmoid(-x),
    scalar=lambda x: -_softplus_float(-x),
    doc="log(sigmoid(x))",
)  # fmt: skip
softplus = elementwise(
    "softplus", _softplus, _softplus_vjp, scalar=_softplus_float,
    doc="log(1 + exp(beta * x)) / beta",
)  # fmt: skip
silu = elementwise(
    "silu",
    lambda x: x * floats.sigmoid(x),
    _silu_vjp,
    scalar=lambda x: x * _sigmoid(x),
    ulp=8,
    doc="x * sigmoid(x), also swish",
)
gelu = elementwise(
    "gelu", _gelu, _gelu_vjp, scalar=_gelu_float, ulp=64,
    doc="x * Phi(x), Phi the normal distribution; approximate='tanh' for the faster form",
)  # fmt: skip
