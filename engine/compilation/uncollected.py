"""Python's garbage collector, at rest while a program is traced and written."""

from __future__ import annotations

import gc
from typing import Any

from ..restoring import Restoring


class Uncollected(Restoring):
    """While this lasts nobody looks for garbage: again and again in a trace that is all kept.

    Of the whole interpreter; so it lasts only while the lock of tracing is held.

    >>> with Uncollected():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """

    def saved(self) -> Any:
        return gc.isenabled()

    def change(self) -> None:
        gc.disable()

    def restore(self, saved: Any) -> None:
        if saved:
            gc.enable()
