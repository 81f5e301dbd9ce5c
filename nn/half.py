"""Half precision: computed in float32, and rounded to float16 once, at the end.

The largest float16 is 65504, the smallest 6e-8: a square, or a sum of many numbers, leaves that
range where the mean or the root made of it does not.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast as typed

import numpy as np

from engine import Tensor, cast

from .checks import as_array

Function = TypeVar("Function", bound=Callable[..., Any])


def in_float32(function: Function) -> Function:
    """`function`, computed in float32 where its first argument holds float16, gradients too.

    The result is float16 again, unless a parameter of a longer dtype went in.

    >>> mean_square = in_float32(lambda x: np.mean(x * x))
    >>> float(mean_square(np.array([400.0, 0.0, 0.0, 0.0], np.float16)))
    40000.0
    """
    first = next(iter(inspect.signature(function).parameters))

    @functools.wraps(function)
    def rounded_once(*args: Any, **kwargs: Any) -> Any:
        x = args[0] if args else kwargs.get(first)
        if not _is_half(x):
            return function(*args, **kwargs)
        given = [*args, *kwargs.values()]
        if args:
            args = (cast(as_array(x), np.float32), *args[1:])
        else:
            kwargs[first] = cast(as_array(x), np.float32)
        y = function(*map(_single, args), **{name: _single(one) for name, one in kwargs.items()})
        return y if any(map(_is_longer, given)) else cast(y, np.float16)

    return typed(Function, rounded_once)


def _is_half(x: Any) -> bool:
    """Whether x holds float16: an array, a Tensor, or a list of such numbers."""
    dtype = getattr(x, "dtype", None)
    if dtype is None and isinstance(x, list | tuple):
        dtype = as_array(x).dtype
    return getattr(dtype, "type", None) is np.float16


def _single(x: Any) -> Any:
    """A Tensor in float32, if it is float16; arrays stay, which may be there to be written to."""
    return cast(x, np.float32) if isinstance(x, Tensor) and x.dtype.type is np.float16 else x


def _is_longer(x: Any) -> bool:
    """Whether x is a parameter of a longer dtype: by NumPy's rules the result has that."""
    return bool(getattr(x, "requires_grad", False)) and x.dtype.type is not np.float16
