"""Variables that a compiled function reads, and whether they are what they were."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

#: What never changes inside.
PLAIN = (float, int, str, bytes, bool, complex, type(None), np.generic, np.dtype)
ABSENT: Any = object()


class Variable(NamedTuple):
    """A place that f may read, and what was found there.

    Attributes:
        name: as one would write it, `model.layers[0].training`.
        read: gives what is there now; raises LookupError or AttributeError where it is gone.
        write: puts something there.
        value: what was there; of a list, a dictionary and a set all that was in it.
        at: for a quick look: a dictionary and a key, or a cell, or a list and nothing.
    """

    name: str
    read: Callable[[], Any]
    write: Callable[[Any], Any]
    value: Any
    at: tuple[Any, Any] = (None, None)

    def now(self) -> Any:
        """What is there now, or a mark that nothing else is."""
        with contextlib.suppress(LookupError, AttributeError, ValueError):
            return self.read()
        return ABSENT

    def holds(self) -> bool:
        """Whether what is there now is the same: the very thing, or an equal plain one."""
        now, value = self.now(), self.value
        if now is value:
            return True
        if type(value) is Contents and type(now) is Contents:
            return len(now) == len(value) and all(map(_is_same, now, value))
        return _is_same(now, value)

    def put_back(self) -> None:
        """Have there what was there."""
        self.write(self.value)


class Contents(list[Any]):
    """What was in a container."""


def _is_same(now: Any, value: Any) -> bool:
    return now is value or (
        type(now) is type(value)
        and isinstance(value, PLAIN)
        and (now == value or (now != now and value != value))
    )


def flat(x: dict[Any, Any]) -> Contents:
    return Contents([*x.keys(), *x.values()])


def sorted_of(x: set[Any]) -> Contents:
    """A set's elements in an order: that of their hashes, for there is no other."""
    return Contents(sorted(x, key=lambda one: (hash(one), repr(one))))


def refill(x: Any, contents: Contents) -> None:
    """Have in a container what was in it."""
    if isinstance(x, list):
        x[:] = contents
        return
    x.clear()
    if isinstance(x, dict):
        half = len(contents) // 2
        x.update(zip(contents[:half], contents[half:], strict=True))
    else:
        x.update(contents)
