"""Where random numbers stand: what a function draws can be drawn once more."""

from __future__ import annotations

import functools
import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from ..callers import LIBRARIES
from ..generators import Asked, ways_to_state
from ..node import NODES
from ..restoring import Restoring


class _Stand(NamedTuple):
    """Where one source stood: how it is asked, and put there."""

    get: Callable[[], Any]
    put: Callable[[Any], Any]
    state: Any

    def moved(self) -> bool:
        return bool(_plain(self.get()) != _plain(self.state))


def _plain(state: Any) -> Any:
    """A state as what can be compared."""
    if isinstance(state, dict):
        return [(key, _plain(x)) for key, x in state.items()]
    return state.tobytes() if isinstance(state, np.ndarray) else state


def _of(which: Callable[[], np.random.Generator], state: Any) -> _Stand:
    return _Stand(*ways_to_state(which), state)


class Stands(Asked):
    """Block in which f runs, whose random numbers can be drawn again.

    Those of `engine.generator`, of `random` and `np.random`, and of generators that f reads.

    >>> source = np.random.default_rng(0)
    >>> with Stands(source.random) as stands:
    ...     first = source.random()
    >>> with stands.again():
    ...     print(source.random() == first)
    True
    >>> source.random() == first
    False
    """

    def __init__(self, f: Any) -> None:
        super().__init__()
        self._f = f

    def saved(self) -> Any:
        found: list[_Stand] = []
        for x in (random, *sources_of(self._f)):
            if isinstance(x, np.random.Generator):
                found.append(_of(functools.partial(_itself, x), x.bit_generator.state))
            elif isinstance(x, np.random.RandomState):
                found.append(_numpys(x))
            else:
                found.append(_Stand(x.getstate, x.setstate, x.getstate()))
        return super().saved(), [*found, _numpys(np.random)]

    def restore(self, saved: Any) -> None:
        outer, found = saved
        super().restore(outer)
        self._f = None  # its arguments are not to be kept
        stands = [*found, *(_of(*one) for one in self.stood.values())]
        self.stands = [one for one in stands if one.moved()]

    def again(self) -> Restoring:
        """A block in which they are drawn again; after it they go on from where they stand now."""
        return _Again(self.stands)


def _itself(x: Any) -> Any:
    return x


def _numpys(x: Any) -> _Stand:
    get = functools.partial(x.get_state, legacy=False)
    return _Stand(get, x.set_state, get())


class _Again(Restoring):
    def __init__(self, stands: list[_Stand]) -> None:
        self._stands = stands

    def saved(self) -> Any:
        return [one.get() for one in self._stands]

    def change(self) -> None:
        for one in self._stands:
            one.put(one.state)

    def restore(self, saved: Any) -> None:
        for one, state in zip(self._stands, saved, strict=True):
            one.put(state)


# --- which f reads ---

_SOURCES = (np.random.Generator, np.random.RandomState, random.Random)
_NOTHING_IN_IT = (*NODES, np.ndarray, type, ModuleType, str, bytes, int, float, type(None))
_MOST = 1000  # objects that are looked at
_LONG = 100  # of longer lists nothing is looked at


def sources_of(f: Any) -> Iterator[Any]:
    """The random generators that f reads by name, or that are in objects it reads, near by.

    A generator that is farther away is asked for by `engine.generator(rng)`, which is noted.

    >>> rng = np.random.default_rng(0)
    >>> [x is rng for x in sources_of(functools.partial(rng.normal, size=3))]
    [True]
    """
    pending, seen = deque([f]), {id(f)}
    while pending:
        x = pending.popleft()
        if isinstance(x, _SOURCES):
            if not isinstance(x, random.SystemRandom):  # which stands nowhere
                yield x
            continue
        for one in _inside(x):
            if len(seen) < _MOST and not isinstance(one, _NOTHING_IN_IT) and id(one) not in seen:
                seen.add(id(one))
                pending.append(one)


def _inside(x: Any) -> Iterable[Any]:
    """What x holds, or reads by name if it is a function of the user's."""
    if isinstance(x, FunctionType):
        if _is_ours(x.__module__):
            return ()
        cells = [_contents(cell) for cell in x.__closure__ or ()]
        names = [x.__globals__.get(name) for name in x.__code__.co_names]
        return [*cells, *names, *(x.__defaults__ or ())]
    if isinstance(x, MethodType | BuiltinFunctionType):
        return x.__self__, getattr(x, "__func__", None)
    if isinstance(x, functools.partial):
        return x.func, *x.args, *x.keywords.values()
    if isinstance(x, list | tuple | dict):
        return () if len(x) > _LONG else x.values() if isinstance(x, dict) else x
    methods = () if _is_ours(type(x).__module__) else vars(type(x)).values()
    return *getattr(x, "__dict__", {}).values(), *methods


def _is_ours(module: str | None) -> bool:
    return (module or "").partition(".")[0] in LIBRARIES | {"builtins"}


def _contents(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a variable that is not set yet
        return None
