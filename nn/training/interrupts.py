"""Ctrl-C that waits until the batch under way is done."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any, Self


class Interrupts:
    """In a `with` block, the first Ctrl-C sets `came`; a second one interrupts as usual.

    An interrupt in the middle of `optimizer.step()` would leave some parameters updated and others
    not.  Outside the main thread, where Python delivers no signals, this does nothing.
    """

    def __init__(self) -> None:
        self.came = False
        self._before: Any = None

    def __enter__(self) -> Self:
        # a handler of someone else's, or none (an ignored signal), stays in charge
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.came = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def __exit__(self, *_exception: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
