"""How what a pass has found becomes gradients: one thread at a time, and all of it or nothing."""

from __future__ import annotations

import os
import threading
from typing import Any

from .restoring import insist

#: Held by whoever adds to gradients, or needs them not to change, on either tier.
#:
#: A `with GRADIENTS:` stands in one line with its block, and what is called there begins with
#: `try`: there is no line where the lock is held and an interrupt finds nobody to clear up.
GRADIENTS = threading.RLock()

# A process that is forked must not get a lock that a thread of its parent held.  Where there is
# no fork, on Windows, there is nothing to do, and `dict` does nothing.
getattr(os, "register_at_fork", dict)(
    before=GRADIENTS.acquire,
    after_in_parent=GRADIENTS.release,
    after_in_child=GRADIENTS.release,
)


def set_gradients(nodes: list[Any], found: dict[Any, Any]) -> None:
    """Set the `.grad` of nodes to what was found: of all of them, whatever interrupts."""
    try:
        for node in nodes:
            node._grad = found[node]
    except BaseException:  # Ctrl-C: what is begun is ended
        insist(set_gradients, nodes, found)
        raise


class Frozen:
    """Stands in a leaf's gradient slot where the leaf does not require a gradient."""

    __slots__ = ()

    def __deepcopy__(self, memo: Any) -> Frozen:
        return self

    def __reduce__(self) -> str:
        return "FROZEN"


FROZEN = Frozen()
