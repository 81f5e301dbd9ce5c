"""What is asked about numbers: which is larger, whether they are nan or infinite, or close.

Answers are what comparisons give: a bool for one number, bools for an array; without a gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .lists import array_if_list
from .node import to_numpy

# PyTorch's names of the comparisons


def eq(a: Any, b: Any) -> Any:
    """`a == b`, number by number.

    >>> eq([1.0, 2.0], 2.0)
    array([False,  True])
    """
    return array_if_list(a) == array_if_list(b)


def ne(a: Any, b: Any) -> Any:
    """`a != b`, number by number.

    >>> ne([1.0, 2.0], 2.0)
    array([ True, False])
    """
    return array_if_list(a) != array_if_list(b)


def lt(a: Any, b: Any) -> Any:
    """`a < b`, number by number.

    >>> lt([1.0, 2.0], 2.0)
    array([ True, False])
    """
    return array_if_list(a) < array_if_list(b)


def le(a: Any, b: Any) -> Any:
    """`a <= b`, number by number.

    >>> le([1.0, 2.0], 2.0)
    array([ True,  True])
    """
    return array_if_list(a) <= array_if_list(b)


def gt(a: Any, b: Any) -> Any:
    """`a > b`, number by number.

    >>> gt([1.0, 2.0], [0.5, 4.0])
    array([ True, False])
    """
    return array_if_list(a) > array_if_list(b)


def ge(a: Any, b: Any) -> Any:
    """`a >= b`, number by number.

    >>> ge([1.0, float("nan")], 1.0)
    array([ True, False])
    """
    return array_if_list(a) >= array_if_list(b)


def isnan(x: Any) -> Any:
    """Whether a number is nan, the one that does not equal itself.

    >>> isnan([1.0, float("nan")])
    array([False,  True])
    """
    x = array_if_list(x)
    return x != x


def isinf(x: Any) -> Any:
    """Whether a number is inf or -inf.

    >>> isinf(float("-inf"))
    True
    """
    x = array_if_list(x)
    return (x == np.inf) | (x == -np.inf)


def isfinite(x: Any) -> Any:
    """Whether a number is neither nan nor infinite.

    >>> isfinite(float("nan"))
    False
    """
    x = array_if_list(x)
    return (x > -np.inf) & (x < np.inf)


def isclose(
    a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Any:
    """Whether |a - b| <= atol + rtol |b|, number by number.

    >>> isclose(1.0, 1.0 + 1e-6)
    True
    """
    found = np.isclose(to_numpy(a), to_numpy(b), rtol, atol, equal_nan)
    like = eq(a, b)
    return np.asarray(found).view(type(like)) if isinstance(like, np.ndarray) else bool(found)


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


def logical_and(a: Any, b: Any) -> Any:
    """Whether both are not 0, number by number.

    >>> logical_and([1.0, 0.0], [2.0, 3.0])
    array([ True, False])
    """
    return np.logical_and(a, b)


def logical_or(a: Any, b: Any) -> Any:
    """Whether one of two, or both, are not 0, number by number.

    >>> logical_or([1.0, 0.0], [2.0, 0.0])
    array([ True, False])
    """
    return np.logical_or(a, b)


def logical_xor(a: Any, b: Any) -> Any:
    """Whether one of two is not 0 and the other is, number by number.

    >>> logical_xor([1.0, 0.0], [2.0, 3.0])
    array([False,  True])
    """
    return np.logical_xor(a, b)


def logical_not(x: Any) -> Any:
    """Whether a number is 0.

    >>> logical_not([1.0, 0.0])
    array([False,  True])
    """
    return np.logical_not(x)
