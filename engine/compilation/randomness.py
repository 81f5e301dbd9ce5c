"""Where sources of random numbers stand: a function that is traced must not move them."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from typing import Any

import numpy as np

from ..generators import generator, ways_to_state
from .same_program import same


class Stand:
    """Where one source stood: as `Variable`, it is looked at again, and put back."""

    def __init__(self, name: str, get: Callable[[], Any], put: Callable[[Any], Any]) -> None:
        self.name, self._get, self._put = name, get, put
        self._state = get()

    def holds(self) -> bool:
        """Whether nothing was drawn from it, and it was not seeded."""
        return same(self._get(), self._state)

    def put_back(self) -> None:
        """Have it stand there again."""
        self._put(self._state)


def stands(sources: list[tuple[str, Any]]) -> list[Stand]:
    """Where engine's generator, NumPy's and Python's stand, and these."""
    found = [
        _of_numpys("the generator of engine", generator),
        Stand("np.random", np.random.get_state, np.random.set_state),
        Stand("random", random.getstate, random.setstate),
    ]
    for name, x in sources:
        if isinstance(x, random.Random):
            found.append(Stand(name, x.getstate, x.setstate))
        elif isinstance(x, np.random.RandomState):
            found.append(Stand(name, x.get_state, x.set_state))
        else:
            found.append(_of_numpys(name, functools.partial(generator, x)))
    return found


def _of_numpys(name: str, which: Callable[[], np.random.Generator]) -> Stand:
    return Stand(name, *ways_to_state(which))
