"""Processes of a pool belong to the one that started it: when to stop, that one says.

Ctrl-C in a terminal goes to all of them; and a process whose parent was killed would wait for tasks
for ever.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
from typing import Any

from engine import Restoring


def belong_to_the_parent() -> None:
    """In a process of a pool: let Ctrl-C pass, and end when the parent does."""
    multiprocessing: Any = sys.modules.get("multiprocessing.process")
    parent = None if multiprocessing is None else multiprocessing.parent_process()
    if parent is None:
        return
    _end_with(parent, os.getpid())
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@functools.cache  # once in each process
def _end_with(parent: Any, _process: int) -> None:
    threading.Thread(target=_end_after, args=[parent], daemon=True).start()


def _end_after(parent: Any) -> None:
    parent.join()
    os._exit(1)


class Held(Restoring):
    """Block at whose end a Ctrl-C comes that came in it.

    Processes that are started in it never have one: a pool starts some when it is given a task,
    and Ctrl-C must not find them before they have had their first.
    """

    def saved(self) -> Any:
        return _mask(signal.SIG_BLOCK, ())

    def change(self) -> None:
        _mask(signal.SIG_BLOCK, (signal.SIGINT,))

    def restore(self, saved: Any) -> None:
        _mask(signal.SIG_SETMASK, saved)


def _mask(how: Any, signals: Any) -> Any:
    """What signals this thread holds back; Windows has no such thing."""
    set_mask: Any = getattr(signal, "pthread_sigmask", None)
    return set_mask(how, signals) if set_mask else ()
