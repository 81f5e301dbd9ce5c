"""Ctrl-C that waits until the batch under way is done."""

from __future__ import annotations

import signal
import threading
from types import FrameType

from engine import Restoring


class Interrupts(Restoring):
    """In a `with` block, the first Ctrl-C sets `came`; a second one interrupts as usual.

    An interrupt in the middle of `optimizer.step()` would leave some parameters updated and others
    not.  Outside the main thread, where Python delivers no signals, this does nothing.
    """

    came = False

    def saved(self) -> bool:
        # a handler of someone else's, or none (an ignored signal), stays in charge
        return (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )

    def change(self) -> None:
        if self.saved():
            signal.signal(signal.SIGINT, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.came = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def restore(self, saved: bool) -> None:
        if saved:
            signal.signal(signal.SIGINT, signal.default_int_handler)
