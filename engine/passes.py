"""The latest backward passes: what `explain(x)` explains, if it is not told."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any
from weakref import ref


class _Passes(threading.local):
    """The backward passes of this thread whose results still exist; results are held weakly."""

    def __init__(self) -> None:
        self.recent: deque[tuple[Any, Any]] = deque(maxlen=100)


_PASSES = _Passes()


def remember_pass(root: Any, seed: Any) -> None:
    """Note what is being differentiated, so that `explain(x)` need not be told.

    Args:
        root: what `backward` was called on.
        seed: its upstream gradient; None for 1.
    """
    recent = _PASSES.recent
    while recent and recent[0][0]() is None:
        recent.popleft()
    recent.append((ref(root), seed))


def recent_passes() -> list[tuple[Any, Any]]:
    """The root and upstream gradient of each remembered pass of this thread, newest first."""
    passes = [(root(), seed) for root, seed in reversed(_PASSES.recent)]
    return [(root, seed) for root, seed in passes if root is not None]
