"""What is asked about numbers: which is larger, whether they are nan or infinite, or close.

Answers are what comparisons give: a bool for one number, bools for an array; without a gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .lists import LISTS, array_of
from .node import to_numpy


def _array(x: Any) -> Any:
    return array_of(x) if isinstance(x, LISTS) else x


# PyTorch's names of the comparisons


def eq(a: Any, b: Any) -> Any:
    """`a == b`, number by number.

    >>> eq([1.0, 2.0], 2.0)
    array([False,  True])
    """
    return _array(a) == _array(b)


def ne(a: Any, b: Any) -> Any:
    """`a != b`, number by number."""
    return _array(a) != _array(b)


def lt(a: Any, b: Any) -> Any:
    """`a < b`, number by number."""
    return _array(a) < _array(b)


def le(a: Any, b: Any) -> Any:
    """`a <= b`, number by number."""
    return _array(a) <= _array(b)


def gt(a: Any, b: Any) -> Any:
    """`a > b`, number by number."""
    return _array(a) > _array(b)


def ge(a: Any, b: Any) -> Any:
    """`a >= b`, number by number."""
    return _array(a) >= _array(b)


def isnan(x: Any) -> Any:
    """Whether a number is nan, the one that does not equal itself.

    >>> isnan([1.0, float("nan")])
    array([False,  True])
    """
    x = _array(x)
    return x != x


def isinf(x: Any) -> Any:
    """Whether a number is inf or -inf.

    >>> isinf(float("-inf"))
    True
    """
    x = _array(x)
    return (x == np.inf) | (x == -np.inf)


def isfinite(x: Any) -> Any:
    """Whether a number is neither nan nor infinite.

    >>> isfinite(float("nan"))
    False
    """
    x = _array(x)
    return (x > -np.inf) & (x < np.inf)


def isclose(
    a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Any:
    """Whether |a - b| <= atol + rtol |b|, number by number.

    >>> isclose(1.0, 1.0 + 1e-6)
    True
    """
    found = np.isclose(to_numpy(a), to_numpy(b), rtol, atol, equal_nan)
    return found if np.ndim(found) else bool(found)


def allclose(
    a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Whether all numbers are close, as `isclose` says.

    >>> allclose([1.0, 2.0], [1.0, 2.1])
    False
    """
    return np.allclose(to_numpy(a), to_numpy(b), rtol, atol, equal_nan)


def array_equal(a: Any, b: Any) -> bool:
    """Whether two arrays have the same shape and the same numbers.

    >>> array_equal([1.0, 2.0], [1.0])
    False
    """
    return np.array_equal(to_numpy(a), to_numpy(b))
