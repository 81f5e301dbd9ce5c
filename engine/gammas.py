"""The table, continued: the logarithm of the gamma function, and its derivatives of every order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import floats
from .core import Op
from .define import elementwise
from .ops import POSITIVE

#: B2, B4, … B20 of Bernoulli: what the sum of a smooth function differs from its integral by.
BERNOULLI = (
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798,
    -174611 / 330,
)  # fmt: skip

LARGEST_N = 150  # the factorials below fit into a float


def _lgamma_float(x: float) -> float:
    try:
        return math.lgamma(x)
    except (OverflowError, ValueError):  # beyond floats, or at 0, -1, -2, …
        return math.inf


def _lgamma_block(x: np.ndarray) -> np.ndarray:
    return np.array([_lgamma_float(one) for one in x.tolist()])


def _lgamma(x: Any) -> Any:
    return floats.in_blocks(_lgamma_block, x)


# The n-th derivative of digamma is (-1)^(n + 1) n! times the sum of all 1 / (x + k)^(n + 1).  The
# first terms are added up, until x + k is large; the rest is about their integral.


def _rest(n: int, z: Any, log: Any) -> Any:
    """n! times the sum from z on: the integral, which Euler and Maclaurin correct at its end."""
    total = -log(z) if n == 0 else math.factorial(n - 1) * z**-n
    total = total + math.factorial(n) / 2 * z ** -(n + 1.0)
    for k, b in enumerate(BERNOULLI, 1):
        share = b * (math.factorial(n + 2 * k - 1) / math.factorial(2 * k))
        total = total + share * z ** -(n + 2.0 * k)
    return total


def _digamma_float(x: float, n: int = 0) -> float:
    if x <= 0 or n > LARGEST_N:
        raise ValueError  # the array's way, which also says what is wrong with n
    terms = 0.0
    while x < 10 + n:
        terms += x ** -(n + 1.0)
        x += 1
    return (-1) ** (n + 1) * (_rest(n, x, math.log) + math.factorial(n) * terms)


def _above(n: int, x: np.ndarray) -> np.ndarray:
    """The n-th derivative of digamma, for x >= 0."""
    terms = np.zeros_like(x)
    while (small := x < 10 + n).any():
        terms += np.where(small, x ** -(n + 1.0), 0.0)
        x = x + small
    result = (-1) ** (n + 1) * (_rest(n, x, np.log) + math.factorial(n) * terms)
    return np.asarray(result)


def _cotangent(n: int, x: np.ndarray) -> np.ndarray:
    """The n-th derivative of pi cot(pi x): a polynomial of c = cot(pi x), for c' = -pi (1 + c²)."""
    polynomial = np.polynomial.Polynomial([0.0, 1.0])
    for _ in range(n):
        polynomial = polynomial.deriv() * np.polynomial.Polynomial([-1.0, 0.0, -1.0])
    return math.pi ** (n + 1) * polynomial(1 / np.tan(math.pi * (x - np.round(x))))


def _block(n: int, x: np.ndarray) -> np.ndarray:
    below = x < 0
    y = _above(n, np.where(below, 1 - x, x))
    if below.any():
        y = np.where(below, (-1) ** n * y - _cotangent(n, x), y)
    if n % 2:
        at_poles: Any = np.inf
    else:  # the sides differ; as PyTorch and SciPy have it
        at_poles = np.where(x == 0, np.copysign(np.inf, -x), np.nan) if n == 0 else -np.inf
    return np.where((x <= 0) & (x == np.round(x)), at_poles, y)


def _digamma(x: Any, n: int = 0) -> Any:
    if n != int(n) or not 0 <= n <= LARGEST_N:
        raise ValueError(f"n of digamma() must be a whole number from 0 to {LARGEST_N}, got {n!r}")
    with np.errstate(all="ignore"):
        return floats.in_blocks(lambda block: _block(int(n), block), x)


lgamma: Op = elementwise(
    "lgamma", _lgamma, lambda g, y, x: g * digamma(x),
    scalar=math.lgamma, domain=POSITIVE, ulp=0, doc="logarithm of |Γ(x)|, Γ(n) = (n - 1)!",
)  # fmt: skip
digamma: Op = elementwise(
    "digamma", _digamma, lambda g, y, x, n: g * digamma(x, n + 1),
    scalar=_digamma_float, domain=POSITIVE, ulp=64,
    doc="derivative of lgamma, and that one's n-th derivative",
)  # fmt: skip


def polygamma(n: int, x: Any) -> Any:
    """The n-th derivative of `digamma`, with PyTorch's (and SciPy's) order of arguments.

    Raises:
        TypeError: n is no number.

    >>> import math
    >>> polygamma(1, 1.0) - math.pi**2 / 6 < 1e-15
    True
    """
    if not isinstance(n, int | float | np.number):
        raise TypeError(f"n of polygamma() comes first and is a number, got {n!r:.40}")
    return digamma(x, n)
