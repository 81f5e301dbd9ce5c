"""Functions NumPy does not have, on arrays and numbers: `erf`, `erfc`, and stable building blocks.

Nothing here records or differentiates; these are forward functions for rows of the table.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev

#: `x.dtype.type is HALF`: a dtype may be an object of its own, as that of an unpickled array is.
HALF = np.float16


def in_single(forward: Callable[..., Any], x: Any, *rest: Any) -> Any:
    """`forward(x, *rest)` of float16, computed in float32: a sum beyond 65,504 may be on the way.

    >>> in_single(np.mean, np.full(70_000, 1, np.float16))
    np.float16(1.0)
    """
    return forward(x.astype(np.float32), *rest).astype(HALF)


def _interpolate(function: Any, lo: float, hi: float, n: int) -> np.ndarray:
    """The polynomial of n terms in u, from -1 at lo to 1 at hi, nearest to `function` there."""
    angles = (np.arange(n) + 0.5) * np.pi / n
    values = np.array([function(lo + (hi - lo) * (1 + math.cos(a)) / 2) for a in angles])
    coefficients = 2 / n * np.cos(np.outer(np.arange(n), angles)) @ values
    coefficients[0] /= 2
    return np.asarray(chebyshev.cheb2poly(coefficients))


def _square_split(x: Any) -> tuple[Any, Any]:
    """x*x as the sum of two numbers: rounded to one, exp(-x*x) would lose digits."""
    high = np.round(x * 2**20) / 2**20  # its square is exact
    return high * high, (x - high) * (x + high)


def _scaled_erfc(t: float) -> float:
    """erfc(x) exp(x^2) / t, smooth in t = 1 / (1 + x / 2), from the standard library's erfc."""
    x = 2 / t - 2
    high, low = _square_split(x)
    return math.erfc(x) * math.exp(high) * math.exp(low) / t


# From x = 0 to where exp(-x * x) is about 1e-294: erfc underflows to 0 soon after.
_T_LO, _T_HI = 1 / (1 + 26.0 / 2), 1.0
_TAIL = _interpolate(_scaled_erfc, _T_LO, _T_HI, 28).tolist()

# Near zero, the Maclaurin series: erf(x) = 2/sqrt(pi) * sum (-1)^n x^(2n+1) / (n! (2n+1)).
_NEAR = [(-1) ** n * 2 / math.sqrt(math.pi) / (math.factorial(n) * (2 * n + 1)) for n in range(20)]

_BLOCK = 8192  # numbers worked on at a time: what the many steps below leave stays in the cache


def _polynomial(coefficients: list[float], u: np.ndarray) -> np.ndarray:
    """The polynomial at u, by Horner's scheme, in place."""
    total = np.full_like(u, coefficients[-1])
    for c in coefficients[-2::-1]:
        total *= u
        total += c
    return total


def _tail(size: np.ndarray) -> np.ndarray:
    """erfc(x) for 0 <= x."""
    x = np.minimum(size, 30.0)
    t = 1 / (1 + 0.5 * x)
    high, low = _square_split(x)
    series = _polynomial(_TAIL, (2 * t - (_T_LO + _T_HI)) / (_T_HI - _T_LO))
    series *= t
    series *= np.exp(-low)
    series *= np.exp(-high)
    return series


def _erf_block(x: np.ndarray) -> np.ndarray:
    size = np.abs(x)
    result = np.copysign(1 - _tail(size), x)
    near = size <= 1
    small = x[near]
    result[near] = small * _polynomial(_NEAR, small * small)
    return result


def _erfc_block(x: np.ndarray) -> np.ndarray:
    result = _tail(np.abs(x))
    negative = x < 0
    result[negative] = 2 - result[negative]
    return result


def in_blocks(function: Any, x: Any) -> Any:
    """`function` on x, block by block, in float64; the result has x's floating-point dtype."""
    given = np.asarray(x)
    flat = np.ascontiguousarray(given).reshape(-1)
    result = np.empty(flat.shape, np.result_type(given.dtype, np.float16))
    for start in range(0, len(flat), _BLOCK):
        block = flat[start : start + _BLOCK]
        result[start : start + _BLOCK] = function(block.astype(np.float64, copy=False))
    return result.reshape(given.shape)[()]


def by_blocks(rule: Any) -> Any:
    """An elementwise rule of one input, for which large arrays are gone through block by block.

    What it makes on the way then takes a block's memory, not several times the array's.
    """

    @functools.wraps(rule)
    def in_turn(g: Any, y: Any, x: Any, **params: Any) -> Any:
        arrays = (g, y, x)
        if not all(type(a) is np.ndarray and a.flags.c_contiguous for a in arrays) or (
            x.size <= _BLOCK or g.shape != x.shape
        ):
            return rule(g, y, x, **params)
        flat = [a.reshape(-1) for a in arrays]
        result = np.empty(x.shape, np.result_type(*arrays))
        for start in range(0, x.size, _BLOCK):
            block = slice(start, start + _BLOCK)
            result.reshape(-1)[block] = rule(*(a[block] for a in flat), **params)
        return result

    return in_turn


def erf(x: Any) -> Any:
    """The error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x.

    >>> float(erf(0.5)) == math.erf(0.5)
    True
    """
    return in_blocks(_erf_block, x)


def erfc(x: Any) -> Any:
    """The complementary error function, 1 - erf(x), without the cancellation for large x.

    >>> abs(float(erfc(3.0)) / math.erfc(3.0) - 1) < 1e-14
    True
    """
    return in_blocks(_erfc_block, x)


# erfinv: a formula of Winitzki's is right to two digits, and each of two steps of Halley's method,
# from z to where erf(z) = size, makes three times as many.


def _erfinv_block(x: np.ndarray) -> np.ndarray:
    size = np.abs(x)
    log = np.log((1 - size) * (1 + size))
    t = 2 / (math.pi * 0.147) + log / 2
    z = np.sqrt(np.sqrt(t * t - log / 0.147) - t)
    for _ in range(2):
        off = np.where(size < 0.8, _erf_block(z) - size, 1 - size - _erfc_block(z))
        step = off * (0.5 * math.sqrt(math.pi)) * np.exp(z * z)
        z = z - step / (1 + z * step)
    return np.copysign(np.where(size == 1, np.inf, z), x)


def erfinv(x: Any) -> Any:
    """The inverse of the error function; inf at 1, nan beyond.

    >>> abs(float(erf(erfinv(0.5))) - 0.5) < 1e-15
    True
    """
    with np.errstate(all="ignore"):
        return in_blocks(_erfinv_block, x)


def erfinv_float(x: float) -> float:
    """`erfinv` of a number in (-1, 1).

    >>> erfinv_float(0.5)
    0.4769362762044699
    """
    size = math.fabs(x)
    log = math.log((1 - size) * (1 + size))
    t = 2 / (math.pi * 0.147) + log / 2
    z = math.sqrt(math.sqrt(t * t - log / 0.147) - t)
    for _ in range(2):
        off = math.erf(z) - size if size < 0.8 else 1 - size - math.erfc(z)
        step = off * (0.5 * math.sqrt(math.pi)) * math.exp(z * z)
        z = z - step / (1 + z * step)
    return math.copysign(z, x)


def floating(x: Any) -> Any:
    """x, in float64 if it holds integers or bools: exp(x), -x and sums may be none of those.

    >>> -np.uint8([1]), -floating(np.uint8([1]))
    (array([255], dtype=uint8), array([-1.]))
    """
    return x if x.dtype.kind in "fO" else x.astype(np.float64)


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)); where exp(-x) is too large, exp(x), which need not be 0.

    >>> float(sigmoid(np.array(0.0))), float(sigmoid(np.float64(-740.0)))
    (0.5, 4.2e-322)
    """
    x = floating(x)
    try:
        with np.errstate(over="raise"):
            return 1 / (1 + np.exp(-x))
    except FloatingPointError:
        e = np.exp(-np.abs(x))
        return np.maximum(e, x >= 0) / (1 + e)  # e, and 1 from 0 on


def log1p_exp(x: Any) -> Any:
    """log(1 + exp(x)), without overflow: the softplus.

    >>> float(log1p_exp(np.float64(1000.0)))
    1000.0
    """
    x = floating(x)
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))
