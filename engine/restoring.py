"""`Restoring`: contexts whose end cannot be lost, and clean-up that is not cut short.

Ctrl-C raises KeyboardInterrupt between any two steps of Python, also at the first step of an
`__exit__`: then what the block has changed would stay changed for ever.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any, Self


class _Exit:
    """The attribute `__exit__` of `Restoring`.

    A `with` statement looks up `__exit__` first, then calls `__enter__`, and holds what it has
    found until the block is over, in whatever way.  It finds a function here that nobody else
    holds, and whose end is therefore noticed: what has not been put back by then, is.
    """

    def __get__(self, block: Restoring | None, owner: type | None = None) -> Callable[..., None]:
        if block is None:
            return _leave  # ExitStack asks the class
        leave = functools.partial(_leave, block)  # held by no frame, and so by no traceback
        block._guard = weakref.ref(leave, block._make_up)
        return leave


def _leave(block: Restoring, *_exception: object) -> None:
    block._guard = None
    block.restore(block._entered[-1][0])
    block._entered = block._entered[:-1]


class Restoring:
    """Base of the context managers that change something for a block: it is put back for certain.

    An interrupt may come anywhere, also in `__enter__` or `__exit__`.  (CPython only: elsewhere
    objects do not end at once, and an interrupt in `__exit__` itself is as bad as anywhere.)

    Define `restore`; and `saved` and `change`, if anything is to be kept and changed.  A block can
    be entered again inside itself.

    >>> class Shouting(Restoring):
    ...     loud = False
    ...     def saved(self): return self.loud
    ...     def change(self): self.loud = True
    ...     def restore(self, saved): self.loud = saved
    >>> with Shouting() as block:
    ...     print(block.loud)
    True
    >>> block.loud
    False
    """

    #: For each time the block was entered: what to put back, and what tells that it is over.
    _entered: tuple[tuple[Any, Any], ...] = ()
    _guard: Any = None

    def saved(self) -> Any:
        """What there is before the block, to be put back after it; changes nothing."""

    def change(self) -> None:
        """Begin the block."""

    def restore(self, saved: Any) -> None:
        """Put back what `saved` gave: also after half a `change`, and as often as it is called."""
        raise NotImplementedError(f"{type(self).__name__} must define restore()")

    def __enter__(self) -> Self:
        self._entered = (*self._entered, (self.saved(), self._guard))
        self._guard = None
        self.change()
        return self

    __exit__ = _Exit()

    def _make_up(self, guard: Any) -> None:
        """A `with` statement is over: leave the block, if `_leave` did not come to its end."""
        while any(known is guard for _, known in self._entered):
            _leave(self)


def insist(action: Callable[..., object], *args: Any) -> None:
    """Call `action`, which puts things in order after an interrupt, until no other one cuts it off.

    Those that come meanwhile are dropped: the first one is on its way already.

    >>> insist(print, "in order")
    in order
    """
    while True:
        try:
            action(*args)
        except KeyboardInterrupt:
            continue
        return
