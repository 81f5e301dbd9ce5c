"""Functions NumPy does not have, on arrays and numbers: `erf`, `erfc`, and stable building blocks.

Nothing here records or differentiates; these are forward functions for rows of the table.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev

__all__ = ["erf", "erfc", "log1p_exp", "sigmoid"]


def _interpolate(function: Any, lo: float, hi: float, n: int) -> np.ndarray:
    """The first n Chebyshev coefficients of `function` on [lo, hi], by interpolation."""
    angles = (np.arange(n) + 0.5) * np.pi / n
    values = np.array([function(lo + (hi - lo) * (1 + math.cos(a)) / 2) for a in angles])
    coefficients = 2 / n * np.cos(np.outer(np.arange(n), angles)) @ values
    coefficients[0] /= 2
    return np.asarray(coefficients)


# Near zero, the Maclaurin series: erf(x) = 2/sqrt(pi) * sum (-1)^n x^(2n+1) / (n! (2n+1)).
_NEAR = [(-1) ** n * 2 / math.sqrt(math.pi) / (math.factorial(n) * (2 * n + 1)) for n in range(20)]


def _scaled_erfc(t: float) -> float:
    """erfc(x) exp(x^2) / t, smooth in t = 1 / (1 + x / 2), from the standard library's erfc."""
    x = 2 / t - 2
    high = round(x * 2**20) / 2**20  # the square of `high` is exact, so no digit is lost
    return math.erfc(x) * math.exp(high * high) * math.exp((x - high) * (x + high)) / t


_LAST = 26.0  # exp(-26 ** 2) is about 1e-294; erfc underflows to 0 soon after
_FAR_RANGE = 1 / (1 + _LAST / 2), 2 / 3
_FAR = _interpolate(_scaled_erfc, *_FAR_RANGE, 20)


def _near(x: np.ndarray) -> np.ndarray:
    """erf(x) for |x| <= 1."""
    return np.asarray(x * np.polynomial.polynomial.polyval(x * x, _NEAR))


def _far(x: np.ndarray) -> np.ndarray:
    """erfc(x) for 1 < x."""
    t = 1 / (1 + np.minimum(x, _LAST) / 2)
    lo, hi = _FAR_RANGE
    series = chebyshev.chebval(2 * (t - lo) / (hi - lo) - 1, _FAR)
    # exp(-x*x) with x*x rounded would lose digits: split x so that its square is exact.
    high = np.round(x * 2**20) / 2**20
    square = np.exp(-np.minimum(high * high, 800.0)) * np.exp(-(x - high) * (x + high))
    return np.asarray(square * series * t)


def _pieces(x: Any, complement: bool) -> Any:
    given = np.asarray(x)
    x = given.astype(np.float64, copy=False)
    size = np.abs(x)
    near = size <= 1
    erf_near = _near(np.where(near, x, 0.0))
    erfc_far = _far(np.clip(np.where(near | np.isnan(x), 2.0, size), 1.0, 30.0))
    if complement:
        far = np.where(x > 0, erfc_far, 2 - erfc_far)
        result = np.where(near, 1 - erf_near, far)
    else:
        result = np.where(near, erf_near, np.copysign(1 - erfc_far, x))
    result = np.where(np.isnan(x), np.nan, result)
    return result.astype(np.result_type(given.dtype, np.float16), copy=False)[()]


def erf(x: Any) -> Any:
    """The error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x.

    >>> float(erf(0.5)) == math.erf(0.5)
    True
    """
    return _pieces(x, complement=False)


def erfc(x: Any) -> Any:
    """The complementary error function, 1 - erf(x), without the cancellation for large x.

    >>> abs(float(erfc(3.0)) / math.erfc(3.0) - 1) < 1e-14
    True
    """
    return _pieces(x, complement=True)


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)), without overflow on either side.

    >>> float(sigmoid(np.array(0.0)))
    0.5
    """
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1 + e) if np.ndim(x) else ((1.0 if x >= 0 else e) / (1 + e))


def log1p_exp(x: Any) -> Any:
    """log(1 + exp(x)), without overflow: the softplus.

    >>> float(log1p_exp(np.float64(1000.0)))
    1000.0
    """
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))
