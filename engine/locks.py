"""The locks of the engine, which a forked process gets open.

A thread takes them in this order, and may leave out some.  Whoever forks takes all, so that the new
process gets nothing half done, and no lock held by a thread that it does not have.
"""

from __future__ import annotations

import os
import threading
from typing import Any

#: Held while a function is traced and its program written: leaves are taken for Symbols then, of
#: all threads.
TRACING = threading.RLock()

#: Held by whoever adds to gradients, or needs them not to change, on either tier.
#:
#: A `with GRADIENTS:` stands in one line with its block, and what is called there begins with
#: `try`: there is no line where the lock is held and an interrupt finds nobody to clear up.
GRADIENTS = threading.RLock()

#: Held while arrays are let go, or had back: two graphs may share them.
ARRAYS = threading.RLock()


def open_after_fork(lock: Any) -> Any:
    """The lock, taken by whoever forks, and before those that were given earlier.

    >>> import threading
    >>> writing = open_after_fork(threading.Lock())
    >>> with writing:
    ...     print("one thread at a time")
    one thread at a time
    """
    # Where there is no fork, on Windows, there is nothing to do, and `dict` does nothing.
    getattr(os, "register_at_fork", dict)(
        before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release
    )
    return lock


for _lock in (ARRAYS, GRADIENTS, TRACING):
    open_after_fork(_lock)
