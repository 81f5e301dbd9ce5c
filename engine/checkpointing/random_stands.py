"""Where random numbers stand: what a function draws can be drawn once more."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..generators import Asked
from ..restoring import Restoring


class _Stand(NamedTuple):
    """Where one source stood: how it is asked, and put there."""

    get: Callable[[], Any]
    put: Callable[[Any], Any]
    state: Any

    def moved(self) -> bool:
        return pickle.dumps(self.get()) != pickle.dumps(self.state)


def _of(which: Callable[[], np.random.Generator], state: Any) -> _Stand:
    def put(state: Any) -> None:
        which().bit_generator.state = state

    return _Stand(lambda: which().bit_generator.state, put, state)


class Stands(Asked):
    """Block whose random numbers can be drawn again: by `engine.generator`, `random`, `np.random`.

    >>> import engine
    >>> with Stands() as stands:
    ...     first = engine.rand(3).tolist()
    >>> with stands.again():
    ...     print(engine.rand(3).tolist() == first)
    True
    """

    def saved(self) -> Any:
        everywhere = [
            _Stand(random.getstate, random.setstate, random.getstate()),
            _Stand(np.random.get_state, np.random.set_state, np.random.get_state()),  # noqa: NPY002
        ]
        return super().saved(), everywhere

    def restore(self, saved: Any) -> None:
        outer, everywhere = saved
        super().restore(outer)
        stands = [*everywhere, *(_of(*one) for one in self.stood.values())]
        self.stands = [one for one in stands if one.moved()]

    def again(self) -> Restoring:
        """A block in which they are drawn again; after it they go on from where they stand now."""
        return _Again(self.stands)


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
