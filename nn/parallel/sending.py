"""Objects as bytes for another process, with what changes from step to step taken out.

A function or class of a notebook exists in one process only: cloudpickle sends its code.  Where it
is not installed plain pickle sends what can be imported over there.
"""

from __future__ import annotations

import functools
import importlib.util
import io
import pickle
import sys
from collections.abc import Callable, Collection, Sequence
from types import CodeType
from typing import Any

from engine import Op, row_by_value

from .lines_sent import Lines, with_lines

#: What stands for an object that is not sent along: its number; None for all others.
NumberOf = Callable[[Any], int | None]


def dumps(x: Any, number_of: NumberOf | None = None) -> bytes:
    """x as bytes; of an object that `number_of` has a number for, only that is written.

    Raises:
        TypeError: something in it cannot be sent; it says what, and what would.

    >>> loads(dumps([1, "two"]))
    [1, 'two']
    """
    file = io.BytesIO()
    pickler = _pickler()(file, protocol=5)
    pickler.number_of = number_of or _none
    pickler.lines = Lines()
    try:
        pickler.dump(x)
    except (pickle.PicklingError, AttributeError, TypeError, RecursionError) as error:
        way_out = "" if _has_cloudpickle() else (
            "; with cloudpickle, which sends functions and classes of a script or notebook, it may "
            "be: pip install 'twingrad[cluster]'"
        )  # fmt: skip
        raise TypeError(f"this cannot be sent to another process: {error}{way_out}") from error
    return file.getvalue()


def loads(data: bytes, numbered: Sequence[Any] = (), anew: bool = False) -> Any:
    """What `dumps` wrote, with these objects in the places of their numbers.

    A class of a notebook is one and the same however often it arrives, and has what it last came
    with; `anew` makes one of its own, that no later one changes.
    """
    unpickler = _Unpickler(io.BytesIO(data))
    unpickler.numbered, unpickler.anew = numbered, anew
    return unpickler.load()


def _none(_x: Any) -> None:
    return None


def _has_cloudpickle() -> bool:
    return importlib.util.find_spec("cloudpickle") is not None


@functools.cache
def _pickler() -> Any:
    """The class that writes: on top of cloudpickle's, which is loaded when it is needed first."""
    base: Any = pickle.Pickler
    sent_along: Callable[[], Collection[str]] = tuple
    if _has_cloudpickle():
        cloudpickle = importlib.import_module("cloudpickle")
        base, sent_along = cloudpickle.Pickler, cloudpickle.list_registry_pickle_by_value
    others = getattr(base, "reducer_override", None)

    class Sender(base):  # type: ignore[misc]  # one of two
        """Writes rows of the user's table by value."""

        number_of: NumberOf
        lines: Lines

        def persistent_id(self, x: Any) -> int | None:
            return self.number_of(x)

        def reducer_override(self, x: Any) -> Any:
            if isinstance(x, Op):
                return row_by_value(x, sent_along())
            if isinstance(x, CodeType) and others:  # which sends no name of its file
                return with_lines(x, self.dispatch_table[CodeType](x), self.lines)
            return others(self, x) if others else NotImplemented

    return Sender


class _Unpickler(pickle.Unpickler):
    numbered: Sequence[Any]
    anew: bool

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name)
        if self.anew and name in ("_make_skeleton_class", "_make_skeleton_enum"):  # cloudpickle's
            return functools.partial(_class_anew, found)
        return found

    def persistent_load(self, number: Any) -> Any:
        return self.numbered[number]


def _class_anew(make: Any, *args: Any) -> Any:
    """A class that is sent back under the name it came by: an exception keeps its type."""
    *given, name, extra = args
    made = make(*given, None, extra)
    names: Any = vars(sys.modules[make.__module__])["_DYNAMIC_CLASS_TRACKER_BY_CLASS"]
    names[made] = name
    return made
