"""Hooks on a module's forward: what they are, and the handle that takes one away again."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from engine import Restoring

#: hook(module, args, output): called after forward; what it returns replaces the output.
Hook = Callable[[Any, tuple[Any, ...], Any], Any]

_handles = itertools.count()


class RemovableHandle(Restoring):
    """What `register_forward_hook` returns: `remove()` takes the hook away again."""

    def __init__(self, hooks: dict[int, Hook]) -> None:
        self._hooks = hooks
        self._key = next(_handles)

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        self._hooks.pop(self._key, None)

    def restore(self, saved: Any) -> None:
        self.remove()
