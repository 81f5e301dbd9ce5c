"""Python's garbage collector, at rest while much is made and all of it kept."""

from __future__ import annotations

import gc
from typing import Any

from ..restoring import Restoring


class Uncollected(Restoring):
    """While this lasts nobody looks for garbage: a trace or a graph would be searched in vain.

    Of the whole interpreter: where two threads do this, it ends with the first to end.

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
