"""What a graph need not keep: large arrays that no rule reads, and that nobody else has.

`tanh(x + b)` needs for backward what tanh gave.  The sum nobody reads: where the graph alone holds
that node, its array is let go.  The node stays, and whoever asks for its numbers has them computed
again, from those of its inputs: the same bits.

    >>> from engine import Tensor
    >>> x = Tensor([[1.0, 2.0]] * 50_000, requires_grad=True)
    >>> y = ((x + 1.0).tanh() * 2.0).sum()
    >>> total = y.inputs[0].inputs[0].inputs[0]
    >>> is_let_go(total), total.shape
    (True, (50000, 2))
    >>> total.data[0].tolist(), is_let_go(total)
    ([2.0, 3.0], False)

A node without its array is of a class of its own, `Emptied`, of which `_held` computes it: a slot
that is asked for costs no more than before.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any
from weakref import ref

import numpy as np

from ..core import registry
from ..floats import HALF
from ..reads import RESULT
from ..references import held_by
from .backward import SLOT_OF_HELD as _HELD, ArrayNode
from .outline import Outline

#: Arrays of more numbers are worth a closer look, which takes some microseconds.
LARGE = 32_768

_ARRAYS = vars(ArrayNode)["_arrays"]  # the slot itself, which Emptied hides


class Emptied:
    """Mixed into a Tensor: what stands for one whose array was let go."""

    __slots__ = ()

    full: type[Any]  # the class of those that have theirs

    @property
    def _held(self) -> Any:
        restore(self)
        return self._held  # by now that of the full class

    @property
    def shape(self) -> Any:
        return _HELD.__get__(self).shape

    @property
    def ndim(self) -> Any:
        return _HELD.__get__(self).ndim

    @property
    def dtype(self) -> Any:
        return _HELD.__get__(self).dtype


def is_let_go(x: Any) -> bool:
    """Whether the array of x was let go, to be computed where it is asked for."""
    return isinstance(x, Emptied)


def looks(op: Any) -> list[str]:
    """The lines by which what records an op sees whether the inputs can let their arrays go."""
    if not op.variadic and not op.reads.issuperset(range(op.n_inputs)):
        if op.kind == "elementwise":
            return [f"    if data.size > {LARGE}:", "        look(y)"]
        if op.n_inputs == 1:
            return [f"    if a0.size > {LARGE}:", "        look(y)"]
    return []  # of others it would be a bias


def array_kept(x: Any) -> Any:
    """The array of x; None, if it was let go."""
    return None if is_let_go(x) else x._held


def inputs_kept(x: Any) -> list[Any]:
    """The arrays that x keeps of its inputs."""
    return [array for array in _ARRAYS.__get__(x) if isinstance(array, np.ndarray)]


class _Latest(threading.local):
    """The large results that this thread made lately."""

    def __init__(self) -> None:
        self.nodes: deque[ref[Any]] = deque(maxlen=64)


_LATEST = _Latest()


def look(y: Any) -> None:
    """Let go what y, just made, and those before it need not keep of their inputs.

    Of a result that still has a name somewhere another look is taken with the next ones.
    """
    _LATEST.nodes.append(ref(y))
    places: dict[int, list[tuple[Any, int]]] = {}  # of an input: whose it is
    for found in _LATEST.nodes:
        node = found()
        if node is None or node.op is None or node.op.variadic:
            continue  # of any number of inputs, `reads` knows the first
        for i, x in enumerate(node.inputs):
            if i not in node.op.reads and type(node._arrays[i]) is np.ndarray and _may_go(x):
                places.setdefault(id(x), []).append((node, i))
    x = node = None  # they are not to count as holders
    for users in reversed(places.values()):
        node, i = users[0]
        x = node.inputs[i]
        if held_by(x, len(users)):
            _let_go(x, users)


def _may_go(x: Any) -> bool:
    """Whether x is a large result that its own rules do not read, and that can be had again."""
    return (
        isinstance(x, ArrayNode)
        and x.op is not None
        and not is_let_go(x)
        and x._held.size > LARGE
        and x._held.dtype.type is not HALF  # of which rules are given other arrays
        and RESULT not in x.op.reads
        and not x.op.variadic
        and registry.get(x.op.name) is x.op
    )


def _let_go(x: Any, users: list[tuple[Any, int]]) -> None:
    outline = Outline(x._held)
    x.__class__ = type(x).emptied  # first: from now on nobody sees the slot
    _HELD.__set__(x, outline)
    for node, i in users:
        node._arrays = (*node._arrays[:i], outline, *node._arrays[i + 1 :])


def restore(node: Any) -> None:
    """Compute the array of a node again, and of what it was made of where those were let go."""
    stack = [node]
    while stack:
        x = stack[-1]
        if not is_let_go(x):
            stack.pop()
            continue
        arrays = _ARRAYS.__get__(x)
        pairs = list(zip(x.inputs, arrays, strict=True))
        missing = [y for y, array in pairs if type(array) is Outline and is_let_go(y)]
        if missing:
            stack += missing
            continue
        given = [y._held if type(array) is Outline else array for y, array in pairs]
        with np.errstate(all="ignore"):  # forward has warned
            array = np.asarray(x.op.forward(*given, **x.params))
        _HELD.__get__(x).array = array
        _HELD.__set__(x, array)
        x.__class__ = x.full  # last: the slot is right
