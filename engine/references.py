"""Who else holds an array?  What nobody else holds may be kept, or written over, without a copy."""

from __future__ import annotations

import sys


def _count(x: object) -> int:
    """The references to x, counted as `held_once` does: one call down."""
    return sys.getrefcount(x)


def _count_of_held_once() -> int:
    holder = {"x": object()}
    x = holder["x"]
    return _count(x)


#: Other Pythons than CPython need not count references: there nothing is known to be held once.
HELD_ONCE = _count_of_held_once() if sys.implementation.name == "cpython" else None


def held_once(x: object) -> bool:
    """Whether one container (or attribute) and the caller's variable are all that hold x.

    >>> def asked(found):
    ...     x = found["w"]  # a function's variable: others may count for more, from Python 3.14 on
    ...     return held_once(x)
    >>> found = {"w": [0.0]}
    >>> asked(found)
    True
    >>> view = [found["w"]]
    >>> asked(found)
    False
    """
    return HELD_ONCE is not None and sys.getrefcount(x) == HELD_ONCE


def held_by(x: object, containers: int) -> bool:
    """`held_once`, of what so many containers (or attributes) hold: `held_by(x, 1)` is that."""
    return HELD_ONCE is not None and sys.getrefcount(x) == HELD_ONCE - 1 + containers
