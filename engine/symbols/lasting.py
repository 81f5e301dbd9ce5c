"""Programs that are run again and again: what is read, drawn and changed anew at each call.

`source` writes a function down as it fell out once.  A compiled program stands for every call, so
what the function reads from outside is an input of it, as is what it draws; what it changes
(running statistics, `.grad`) is noted, to be changed after each call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from ..arrays import cast
from ..callers import line_of_caller
from ..generators import Rng, generator
from ..graph import toposort
from ..node import Node
from ..recording import RECORDING, open_calls
from ..restoring import Restoring
from .symbol import Symbol
from .tracing import Trace


class Draw(NamedTuple):
    """Numbers that are drawn at each call: what stands for them, from where, and how."""

    symbol: Symbol
    rng: Rng
    draw: Callable[[np.random.Generator], Any]

    def __call__(self) -> np.ndarray:
        return np.asarray(self.draw(generator(self.rng)))


def peek(rng: Rng, draw: Callable[[np.random.Generator], Any]) -> np.ndarray:
    """What `draw(generator)` gives next; nothing is used up.

    >>> source = np.random.default_rng(0)
    >>> ahead = peek(source, lambda rng: rng.random(2))
    >>> bool((source.random(2) == ahead).all())
    True
    """
    source = generator(rng)
    before = source.bit_generator.state
    try:
        return np.asarray(draw(source))
    finally:
        source.bit_generator.state = before


class LastingTrace(Trace):
    """A `Trace` of a program that is run again and again.

    Args:
        captured: arrays that the function may read from outside: what it does with these is done
            with what they hold at each call.

    Attributes:
        callers: Symbols for arrays of the caller's, which `x += …` would change.
        draws: in order.
        held: each captured array that was met, by its id, and the Symbol that stands for it.
        assigned: arrays, and what their numbers are to become after each call.
        actions: what is to be called after each call, in order.
        outdated: leaves that an action changes, with what it is, and how many results were made
            before: what is made later would take their old numbers.
    """

    lasting = True

    def __init__(self, captured: dict[int, np.ndarray] | None = None) -> None:
        super().__init__()
        self.captured = captured or {}
        self.callers: set[Symbol] = set()
        self.draws: list[Draw] = []
        self.held: dict[int, tuple[np.ndarray, Symbol]] = {}
        self.assigned: list[tuple[np.ndarray, Symbol]] = []
        self.actions: list[Any] = []
        self.outdated: dict[Node, tuple[str, int]] = {}

    def drawn(self, rng: Rng, draw: Callable[[np.random.Generator], Any]) -> Symbol:
        """A Symbol for `draw(generator)`, drawn anew at each call; now nothing is used up."""
        symbol = self.input(peek(rng, draw), "drawn", requires=False)
        self.draws.append(Draw(symbol, rng, draw))
        return symbol

    def hold(self, array: np.ndarray, label: str = "") -> Symbol:
        """A Symbol for the numbers that an array has at each call."""
        for assigned, numbers in self.assigned:
            if assigned is array:
                # as it is from here on
                return numbers if numbers.dtype == array.dtype else cast(numbers, array.dtype)
        known = self.held.get(id(array))
        if known is None:
            label = label or self.names.get(id(array), "array")
            known = array, self.input(np.array(array), label, requires=False)
            self.held[id(array)] = known
        return known[1]

    def assign(self, array: np.ndarray, numbers: Any) -> None:
        """Have `array[...] = numbers` after each call; `numbers` is made of Symbols."""
        for i, (known, _) in enumerate(self.assigned):
            if known is array:  # the last one counts
                del self.assigned[i]
                break
        self.assigned.append((array, numbers))

    def afterwards(self, action: Callable[[], Any]) -> None:
        """Have `action()` called after each call, in the order of these."""
        self.actions.append(action)

    def outdate(self, leaves: Iterable[Node], what: str) -> None:
        """Note that `what`, an action, changes these leaves: no op may read them from now on."""
        self.outdated |= dict.fromkeys(leaves, (what, self.made))

    def _check_current(self, root: Any) -> None:
        """Refuse an op that was made after an action had changed a leaf that it reads."""
        for node in toposort(root):
            for x in node.inputs or (node,):
                what, made = self.outdated.get(x, ("", 0)) if isinstance(x, Node) else ("", 0)
                if what and (node.op is None or self.when.get(node, 0) > made):
                    raise TypeError(
                        f"an op reads {x.label or 'a parameter'} after {what} in a compiled "
                        f"function{line_of_caller()}, where the step is made after the call: "
                        "compute it before the step, or in a function of its own"
                    )

    def seed(self, example: Any, label: str) -> Symbol:
        """An upstream gradient: what stands for it is no input of the function itself."""
        return Symbol.leaf_of(example, self, label, requires=True)

    def lift(self, root: Any) -> Symbol:
        """The Symbol for a Value or Tensor: what was there before is read at each call."""
        if self.outdated:
            self._check_current(root)
        left = [root]
        while left:
            x = left.pop()
            if not isinstance(x, Node) or x in self.lifted:
                continue
            if x.op is None or x not in self.when:  # else f made it, of its inputs
                label = self.names.get(id(x), "") or x.label
                self.lifted[x] = self.input(x._held, label, x.requires_grad)
            else:
                left += x.inputs
        return super().lift(root)


class _Now(threading.local):
    trace: Any = None


_NOW = _Now()


def tracing_now() -> Any:
    """The trace of what is being written down in this thread, to be run on others, or None."""
    return _NOW.trace


class Tracing(Restoring):
    """While a function runs on Symbols, this is `tracing_now()`."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    def saved(self) -> Any:
        return _NOW.trace, RECORDING.opened

    def change(self) -> None:
        _NOW.trace = self.trace
        open_calls(True)

    def restore(self, saved: Any) -> None:
        _NOW.trace, opened = saved
        open_calls(opened)
