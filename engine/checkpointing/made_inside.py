"""What a function makes, what it reads of what there was before, and what comes out of it."""

from __future__ import annotations

import itertools
from typing import Any
from weakref import WeakValueDictionary

from ..arrays import cast, concatenate, ravel, reshape, setitem
from ..derivatives import mapped
from ..graph import visit
from ..node import Node
from ..recording import RECORDING, Watching
from ..tensors import LARGE, Tensor, look
from ..values import Value


class Inside(Watching):
    """What is made in a block, and what that reads of what there was before.

    Args:
        given: the nodes among the arguments.
        outer: who else watches what is made.

    Attributes:
        read: what a gradient flows to, and arguments: with the numbers and the gradient that each
            had.
    """

    def __init__(self, given: list[Any], outer: Any = None) -> None:
        self.given = {x: x._held for x in given}
        self._made: WeakValueDictionary[int, Any] = WeakValueDictionary()
        self.read: dict[Any, tuple[Any, Any]] = {}
        self._outer = outer

    def made(self, x: Any) -> bool:
        """Whether x was made in this block."""
        return id(x) in self._made

    def recorded(self, op: Any, y: Any, inputs: tuple[Any, ...]) -> None:
        if op is setitem:
            before = inputs[0]  # what y was
            if self.made(y):
                self._made[id(before)] = before
            elif y in self.given or before.op is not None or len(inputs) > 2:
                raise RuntimeError(
                    f"a checkpointed function assigns to {said(y)}, which it did not make: it "
                    "runs twice; let it take a .clone() first"
                )
        for x in inputs:
            if not isinstance(x, Node) or x in self.read or self.made(x):
                continue
            if x in self.given or (RECORDING.enabled and x.requires_grad):
                self.read[x] = x._held, x._grad
        self._made[id(y)] = y
        if self._outer is not None:
            self._outer.recorded(op, y, inputs)
        elif isinstance(y, Tensor) and y._requires and y._held.size > LARGE:
            look(y)  # of what is watched, nobody else looks whether arrays can go

    def backward(self, order: list[Any], seed: Any) -> None:
        """Nothing to see."""

    def below(self, root: Any) -> tuple[list[Any], list[Any]]:
        """What of this lies below a result, inputs first; and of what was read, what leads to it.

        That is arguments first, then the rest in the order of reading.
        """
        order: list[Any] = []
        visit(root, set(self.read), order)
        reached = {x for node in order for x in node.inputs if isinstance(x, Node)}
        read = [x for x in self.read if x in reached]
        arguments = [x for x in self.given if x in reached and x in self.read]
        return order, [*arguments, *(x for x in read if x not in self.given)]

    def check_unchanged(self, name: str) -> None:
        """Refuse a function that left what it reads in another state than it found it."""
        for x, held in [*self.given.items(), *((x, held) for x, (held, _) in self.read.items())]:
            if x._held is not held:
                raise RuntimeError(
                    f"{name}() is checkpointed and changes {said(x)} in place, which it did not "
                    "make: it runs twice; let it take a .clone() first"
                )
        for x, (_, grad) in self.read.items():
            if x._grad is not grad:
                raise RuntimeError(
                    f"{name}() is checkpointed and changes the gradient of {said(x)}: it runs "
                    "twice, and would add it twice; call backward() outside, or take engine.grad"
                )


def said(x: Any) -> str:
    what = repr(x.label) if x.label else f"a {type(x).__name__}"
    return f"{what} of shape {x.shape}" if x.shape else what


# --- what comes out ---


def ends_of(result: Any, inside: Inside) -> list[Any]:
    """The nodes in a result through which a gradient flows to what was made inside."""
    found: dict[Any, None] = {}

    def note(x: Any) -> None:
        if isinstance(x, Tensor) and x._requires and inside.made(x):
            found[x] = None

    if isinstance(result, Value):
        return [result] if inside.made(result) else []
    mapped(note, result)
    return [*found]


def joined(ends: list[Any]) -> Any:
    """One node for all ends: itself, or all their numbers in one vector."""
    return concatenate([ravel(x) for x in ends]) if len(ends) > 1 else ends[0] if ends else None


def parted(result: Any, ends: list[Any], vector: Any) -> Any:
    """The result, with parts of the vector in the place of the ends that were joined in it."""
    stops = list(itertools.accumulate(x.size for x in ends))
    parts: dict[Any, Any] = {}
    for x, stop in zip(ends, stops, strict=True):
        part = reshape(vector[stop - x.size : stop], x.shape)
        parts[x] = part if part.dtype == x.dtype else cast(part, x.dtype)
        parts[x].label = x.label
    return mapped(lambda x: parts.get(x, x) if isinstance(x, Tensor) else x, result)
