"""`Restoring`: contexts whose end cannot be lost, and clean-up that is not cut short.

Ctrl-C raises KeyboardInterrupt between any two steps of Python, also at the first step of an
`__exit__`: then what the block has changed would stay changed for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Self
from weakref import ref


class _Exit:
    """The attribute `__exit__` of `Restoring`.

    A `with` statement looks up `__exit__` first, then calls `__enter__`, and holds what it has
    found until the block is over, in whatever way.  It finds a function here that nobody else
    holds, and whose end is therefore noticed: what has not been put back by then, is.
    """

    def __get__(self, block: Restoring | None, owner: type | None = None) -> Callable[..., None]:
        if block is None:
            return _leave  # ExitStack asks the class
        leave = partial(_leave, block)  # held by no frame of ours, and so by no traceback
        block._guard = ref(leave, block._make_up)
        return leave


def _leave(block: Restoring, *_exception: object) -> None:
    block._guard = None
    saved, _, outer = block._entered
    block.restore(saved)
    block._entered = outer


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

    #: What to put back, what tells that the block is over, and the same of a block around this one.
    _entered: Any = None
    _guard: Any = None

    def saved(self) -> Any:
        """What there is before the block, to be put back after it; changes nothing."""

    def change(self) -> None:
        """Begin the block."""

    def restore(self, saved: Any) -> None:
        """Put back what `saved` gave: also after half a `change`, and as often as it is called."""
        raise NotImplementedError(f"{type(self).__name__} must define restore()")

    @property
    def entered_twice(self) -> bool:
        """Whether the block was entered again inside itself."""
        return self._entered is not None and self._entered[2] is not None

    def __enter__(self) -> Self:
        self._entered = self.saved(), self._guard, self._entered
        self._guard = None
        self.change()
        return self

    __exit__ = _Exit()

    def _make_up(self, guard: Any) -> None:
        """A `with` statement is over: leave its block, if `_leave` did not come to its end."""
        entered = self._entered
        while entered is not None and entered[1] is not guard:
            entered = entered[2]
        if entered is not None:
            insist(self.restore, entered[0])
            self._entered = entered[2]


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
