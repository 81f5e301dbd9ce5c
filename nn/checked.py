"""Checks of numbers: made at once, or in a compiled function at each call of it.

There `x` is a name.  A check of it is an op, which gives x itself where all is right.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from engine import Op, example_of
from engine.symbols import tracing_now


def check_of(check: Callable[..., None]) -> Callable[..., Any]:
    """A function that gives its first argument, after `check` has not refused its numbers.

    Args:
        check: called with an array of numbers and further arguments; raises what is wrong.

    >>> def not_negative(x):
    ...     if (x < 0).any():
    ...         raise ValueError(f"x must not be negative, got {x.min()}")
    >>> check_of(not_negative)(np.array([1.0, -2.0]))
    Traceback (most recent call last):
    ValueError: x must not be negative, got -2.0
    """

    @functools.cache
    def op_of(settings: tuple[Any, ...]) -> Op:
        def forward(x: Any) -> Any:
            check(np.asarray(x), *settings)
            return np.array(x)

        return Op(check.__name__.strip("_"), forward, (_vjp,), ulp=0)

    @functools.wraps(check)
    def checked(x: Any, *settings: Any) -> Any:
        if tracing_now() is None:
            check(x if type(x) is np.ndarray else example_of(x), *settings)
            return x
        return op_of(settings)(x)

    return checked


def _vjp(g: Any, y: Any, x: Any) -> Any:
    return g
