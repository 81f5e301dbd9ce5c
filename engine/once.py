"""`Once`: an attribute that is computed when it is asked for first, and then is there.

As functools.cached_property without its lock, which in Python 3.11 all objects share: a process
that is forked while another thread computes one could never compute it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Decorates a method of self alone, whose answer is kept; two threads may both compute it.

    >>> class Circle:
    ...     @Once
    ...     def area(self):
    ...         print("computed")
    ...         return 3.14
    >>> circle = Circle()
    >>> circle.area, circle.area
    computed
    (3.14, 3.14)
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self.compute, self.__doc__ = compute, compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, x: Any, owner: type | None = None) -> T:
        if x is None:
            return self  # type: ignore[return-value]  # of the class: for those who read its doc
        found: T = vars(x).setdefault(self.name, self.compute(x))
        return found
