"""Variables that a compiled function reads, and whether they are what they were."""

from __future__ import annotations

import contextlib
from array import array
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..callers import warn_caller

#: From this many traces on, a warning says so: each takes as long as hundreds of calls.
MANY = 32
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
        at: for a quick look: a dictionary and a key, or names that it lacks; an object and the name
            of an attribute; a list and nothing.
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


class Numbers:
    """What was in an array: looked at again at each call, for f may compute with it by NumPy."""

    def __init__(self, x: np.ndarray, name: str) -> None:
        self.name = name
        self.array, self.form, self.held = x, (x.shape, x.dtype), x.tobytes()

    def holds(self) -> bool:
        """Whether it is in there still, to the bit."""
        x, held = self.array, self.held
        if (x.shape, x.dtype) != self.form:
            return False
        if len(held) <= _PART:
            return x.tobytes() == held
        flat = np.ascontiguousarray(x).reshape(-1).view(np.uint8)  # in parts, that fit the cache
        starts = range(0, len(held), _PART)
        return all(flat[i : i + _PART].tobytes() == held[i : i + _PART] for i in starts)

    def put_back(self) -> None:
        """Have the array hold what it held."""
        if self.array.flags.writeable and (self.array.shape, self.array.dtype) == self.form:
            self.array[...] = np.frombuffer(self.held, self.form[1]).reshape(self.form[0])


_PART = 1 << 18


class Contents(list[Any]):
    """What was in a container."""


def _is_same(now: Any, value: Any) -> bool:
    if now is value:
        return True
    if type(now) is not type(value) or not isinstance(value, PLAIN):
        return False
    # 0.0 is not -0.0, and a nan is like another
    return bool(now == value or now != now) and repr(now) == repr(value)


def flat(x: Mapping[Any, Any]) -> Contents:
    """What is in a dictionary: the keys, then what they stand for."""
    return Contents([*x.keys(), *x.values()])


def sorted_of(x: set[Any]) -> Contents:
    """A set's elements in an order: that of their hashes, for there is no other."""
    return Contents(sorted(x, key=lambda one: (hash(one), repr(one))))


def present(space: Mapping[str, Any], names: frozenset[str]) -> tuple[str, ...]:
    """Those of the names that a dictionary has."""
    return () if space.keys().isdisjoint(names) else tuple(sorted(names & space.keys()))


def refill(x: Any, contents: Contents) -> None:
    """Have in a container what was in it."""
    if isinstance(x, list | bytearray):
        x[:] = contents
        return
    if isinstance(x, np.ndarray):
        x.reshape(-1)[:] = contents
        return
    if isinstance(x, array) or not hasattr(x, "clear"):
        return  # it is of numbers, or only looked through
    x.clear()
    if isinstance(x, deque):
        x.extend(contents)
    elif isinstance(x, dict):
        half = len(contents) // 2
        x.update(zip(contents[:half], contents[half:], strict=True))
    else:
        x.update(contents)


def say_what_changes(f: str, places: list[Any]) -> None:
    """Warn that a function was traced anew again and again, and came out the same."""
    what = next(place.name for place in places if not place.holds())
    warn_caller(
        f"{f} was traced anew {MANY} times and came out the same: {what} changes from call to "
        "call, and has to be an argument"
    )
