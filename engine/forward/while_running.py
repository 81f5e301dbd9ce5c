"""Tangents pushed along while a function runs on Tensors: no graph is kept.

`Running` sees each result as it is made, and pushes the tangent there.  Then nothing refers to what
the result was made of, so its numbers and its tangent end with it, and a long computation needs no
more memory than a short one.  To whoever asks, such a result is a leaf that requires a gradient.
So what another thread makes of it, which is not seen here, is recorded, and when that comes back
the tangent is pushed along its graph.

A result stays in a graph where others differentiate, too: where it depends on a leaf that is no
argument (a parameter that f holds), and inside a derivative that f takes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import ref

import numpy as np

from ..arrays import put, setitem
from ..differentiating import RUNNING
from ..graph import toposort
from ..node import Node
from ..recording import RECORDING, open_calls, push_by
from ..references import held_once
from ..restoring import Restoring
from ..tensors import Tensor
from .along_graph import push_along
from .pushing import pushed


class _Known(ref[Any]):
    """What is known of a node, as long as it is there."""

    __slots__ = ("key", "reached", "tangent")

    key: int
    tangent: Any  # an array or, where it is to be differentiated, a Tensor; None is zeros
    reached: int  # the arguments that have a share in the node: a bit for each


class Running(Restoring):
    """Block in which tangents are pushed along, in this thread; compiled functions are opened.

    Args:
        tangents: an array for each Tensor that stands for an argument.
        records: whether what depends on other leaves is to be differentiated by them.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> with Running({x: np.array([1.0, 0.0])}, records=True) as running:
    ...     y = x * x * x
    >>> running.tangent(y), y.op
    (array([3., 0.]), None)
    """

    def __init__(self, tangents: dict[Any, Any], records: bool) -> None:
        self.records = records
        self._inside: set[Any] = set()
        self._known: dict[int, _Known] = {}
        for i, (x, t) in enumerate(tangents.items()):
            self._note(x, t, 1 << i)

    def saved(self) -> Any:
        return RECORDING.forward, RECORDING.opened

    def change(self) -> None:
        if RUNNING.derivatives:  # the one this is for
            self._inside = RUNNING.derivatives[-1].inside
        push_by(self)
        open_calls(True)

    def restore(self, saved: Any) -> None:
        push_by(saved[0])
        open_calls(saved[1])

    # --- what is known ---

    def knows(self, x: Any) -> bool:
        """Whether x has a tangent: without a look at what other threads made."""
        known = self._known.get(id(x))
        return known is not None and known.tangent is not None

    def tangent(self, x: Any) -> Any:
        """The tangent of a Tensor; None is zeros."""
        known = self._of(x)
        return None if known is None else known.tangent

    def reached(self, x: Any) -> int:
        """The arguments that have a share in a Tensor: bit i for the i-th."""
        known = self._of(x)
        return 0 if known is None else known.reached

    def end(self) -> list[Any]:
        """Forget all tangents; the results that are still there and, to others, leaves."""
        nodes = [known() for known in self._known.values()]
        self._known.clear()
        return [x for x in nodes if x is not None and x.op is None]

    def _of(self, x: Any) -> _Known | None:
        """What is known of a Tensor; None of a leaf that is no argument."""
        known = self._known.get(id(x))
        if known is None and x.op is not None and x._requires:
            return _unseen(self._look_along, x)
        return known

    def _look_along(self, x: Any) -> _Known:
        """Push tangents along a graph that was not seen when it was made."""
        order = toposort(x)
        known = {node: self._known[id(node)] for node in order if id(node) in self._known}
        tangents = {node: k.tangent for node, k in known.items() if k.tangent is not None}
        outside = any(n.op is None and n not in known and n.requires_grad for n in order)
        plain = not any(isinstance(t, Node) for t in tangents.values())
        push_along(order, tangents, plain and not (outside and self.records))
        reached = 0
        for k in known.values():
            reached |= k.reached
        return self._note(x, tangents.get(x), reached)

    def _note(self, x: Any, tangent: Any, reached: int) -> _Known:
        known = self._known[id(x)] = _Known(x, self._forget)
        known.key, known.tangent, known.reached = id(x), tangent, reached
        return known

    def _forget(self, known: _Known) -> None:
        self._known.pop(known.key, None)

    # --- what happens ---

    def recorded(self, y: Any) -> None:
        """Push the tangent of a result, and take it off the graph if nobody else needs that."""
        given, outside, in_graph = self._look(y.inputs)
        tangents = [None if known is None else known.tangent for known in given]
        reached, t = 0, None
        for known in given:
            if known is not None:
                reached |= known.reached
        if any(t is not None for t in tangents):
            if outside and self.records:
                t = _unseen(pushed, y.op, tangents, y, y.inputs, y.params)
            else:
                t = pushed(y.op, tangents, y._held, y._arrays, y._params or {})
        self._note(y, t, reached)
        if not (outside or in_graph):
            shows = y._held.base is not None
            y._params = (y.inputs[0], None) if shows and isinstance(y.inputs[0], Tensor) else None
            y.op, y.inputs, y._arrays = None, (), ()

    def keeps(self, *inputs: Any) -> bool:
        """Whether what is made of inputs stays in a graph: others differentiate it, too."""
        _, outside, in_graph = self._look(inputs)
        return outside or in_graph

    def _look(self, inputs: Any) -> tuple[list[_Known | None], bool, bool]:
        """What is known of inputs, and who else differentiates what is made of them.

        That is whether a leaf that is no argument is among them, or behind them; and whether one is
        a result in a graph, or an argument of a derivative that f takes.
        """
        found: list[_Known | None] = []
        outside = in_graph = False
        for x in inputs:
            known = None
            if isinstance(x, Tensor) and x._requires:
                known = self._of(x)
                tangent = None if known is None else known.tangent
                outside = outside or tangent is None or isinstance(tangent, Node)
                in_graph = in_graph or x.op is not None or x in self._inside
            found.append(known)
        return found, outside, in_graph

    def assigned(self, x: Any, index: Any, value: Any, before: Any = None) -> None:
        """After x[index] = value: so it is with the tangents; x was the node `before`, if any."""
        known, put_in = self._known.get(id(x)), self._look((value,))[0][0]
        if known is not None and before is not None:
            self._note(before, known.tangent, known.reached)
        t = None if known is None else known.tangent
        v = None if put_in is None else put_in.tangent
        reached = (known.reached if known else 0) | (put_in.reached if put_in else 0)
        if t is None and v is None:
            return
        if isinstance(t, Node) or isinstance(v, Node):
            t = Tensor.wrap(np.zeros_like(x._held)) if t is None else t
            values = (t, 0.0 if v is None else v)
            t = _unseen(setitem.apply, values, {"at": (index,)})
        else:
            if t is None:
                t = np.zeros_like(x._held)
            elif t.base is not None or not t.flags.writeable or not held_once(t):
                t = t.copy()
            put(t, index, 0.0 if v is None else v)
        self._note(x, t, reached)


def _unseen(action: Callable[..., Any], *args: Any) -> Any:
    """Call what computes tangents: its ops are recorded, if at all, and not seen."""
    before = RECORDING.forward
    push_by(None)
    try:
        return action(*args)
    finally:  # an interrupt before it is made up for by the block's own end
        push_by(before)
