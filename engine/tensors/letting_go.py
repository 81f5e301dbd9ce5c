"""What a graph need not keep: large arrays that no rule reads, and that nobody else has.

`tanh(x + b)` needs for backward what tanh gave.  The sum nobody reads: where the graph alone holds
that node, its array is let go.  And where backward has passed, the others are let go too.  The node
stays, and whoever asks for its numbers has them computed again, from those of its inputs: the same
bits.  A row of a user's is not run again: its forward may draw, count, or read what changes.

    >>> from engine import Tensor
    >>> x = Tensor([[1.0, 2.0]] * 50_000, requires_grad=True)
    >>> y = ((x + 1.0).tanh() * 2.0).sum()
    >>> total = y.inputs[0].inputs[0].inputs[0]
    >>> is_let_go(total), total.shape
    (True, (50000, 2))
    >>> total.data[0].tolist(), is_let_go(total)
    ([2.0, 3.0], False)

A node without its array is of a class of its own, `Emptied`, of which `_held` computes it: a slot
that is asked for costs no more than before.  Of other nodes the slots say what they always do: the
array itself, and those of all inputs that a rule reads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from weakref import ref

import numpy as np

from ..arrays import setitem
from ..callers import is_ours
from ..core import registry
from ..floats import HALF
from ..locks import ARRAYS
from ..reads import RESULT
from ..references import held_by
from .backward import SLOT_OF_HELD as _HELD, ArrayNode, propagate
from .outline import Outline, filled

#: Arrays of more numbers are worth a closer look, which takes some microseconds.
LARGE = 65_536

_ARRAYS = vars(ArrayNode)["_arrays"]  # the slot itself, which Emptied hides


def _one_at_a_time(f: Callable[..., None]) -> Callable[..., None]:
    """f, that no other thread lets go or has back while it does: they may share a graph."""

    def alone(*args: Any) -> None:
        # in one line, so that no interrupt comes between
        with ARRAYS: f(*args)  # fmt: skip  # noqa: E701

    return alone


class Emptied:
    """Mixed into a Tensor: what stands for one whose array was let go."""

    __slots__ = ()

    _filled: type[Any]  # the class of those that have theirs

    @property
    def _held(self) -> Any:
        restore(self)
        return self._held  # by now that of the full class

    @property
    def _arrays(self) -> Any:
        arrays = _ARRAYS.__get__(self)
        if any(type(arrays[i]) is Outline for i in _reads(self) if i != RESULT):
            restore(self)
            return self._arrays
        return arrays

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
    if not op.variadic and any(
        not reads.issuperset(range(op.n_inputs)) for reads in op.reads_by_rule
    ):
        if op.kind == "elementwise":
            of_leaf = "x0.op is not None and " if op.n_inputs == 1 else ""  # of a leaf nothing goes
            return [f"    if {of_leaf}data.size > {LARGE}:", "        look(y)"]
        if op.n_inputs == 1:
            return [f"    if a0.size > {LARGE}:", "        look(y)"]
    return []  # of others it would be a bias


def _reads(node: Any) -> frozenset[int]:
    """The places of inputs whose numbers the rules will read where gradients flow; or `RESULT`."""
    found = frozenset[int]()
    if node.op.variadic:
        return frozenset(range(RESULT, len(node.inputs)))
    for x, reads in zip(node.inputs, node.op.reads_by_rule, strict=True):
        if isinstance(x, ArrayNode) and x._requires:
            found |= reads
    return found


def array_kept(x: Any) -> Any:
    """The array of x; None, if it was let go."""
    return None if is_let_go(x) else x._held


def inputs_kept(x: Any) -> list[Any]:
    """The arrays that x keeps of its inputs."""
    return [array for array in _ARRAYS.__get__(x) if isinstance(array, np.ndarray)]


class _Latest(threading.local):
    """What this thread made lately."""

    def __init__(self) -> None:
        #: The last large result, if it is still there.
        self.large: Any = lambda: None
        #: Those with an input that will be let go when nobody has a name for it any more.
        self.waiting: list[ref[Any]] = []


_LATEST = _Latest()

LONGEST_WAIT = 16  # so many nodes are looked at each time


def look(y: Any) -> None:
    """Let go what y, just made, and those before it need not keep of their inputs.

    Of a result that still has a name somewhere another look is taken with the next ones.
    """
    _LATEST.large = ref(y)
    _LATEST.waiting.append(_LATEST.large)
    _look_at_waiting()


def _look_at_waiting() -> None:
    places: dict[int, list[tuple[ref[Any], int]]] = {}  # of an input: whose it is
    for found in _LATEST.waiting[-LONGEST_WAIT:]:
        node = found()
        if node is None or node.op is None:
            continue
        reads, arrays = _reads(node), _ARRAYS.__get__(node)
        for i, x in enumerate(node.inputs):
            if i not in reads and type(arrays[i]) is np.ndarray and _may_go(x):
                places.setdefault(id(x), []).append((found, i))
    x = node = arrays = None  # they are not to count as holders; nor do those in `places`
    waiting: dict[int, ref[Any]] = {}
    for at in reversed(places.values()):
        users: list[tuple[Any, int]] = [(found(), i) for found, i in at]
        x = users[0][0].inputs[users[0][1]]
        if held_by(x, len(users)):
            _let_go(x, users)
        else:
            waiting.update({id(found): found for found, _ in at})
    _LATEST.waiting = list(waiting.values())[::-1]


def _may_go(x: Any) -> bool:
    """Whether x is a large result that its own rules do not read, and that can be had again."""
    return (
        _can_be_had_again(x)
        and x._held.size > LARGE
        and RESULT not in _reads(x)
        and not x.op.variadic  # whose rules are given the result in any case
    )


def _can_be_had_again(x: Any) -> bool:
    """Whether x is a result of a row that gives the same again, with its array."""
    return (
        isinstance(x, ArrayNode)
        and x.op is not None
        and not is_let_go(x)
        and x.op is not setitem  # its array may be changed in place
        and x._held.dtype.type is not HALF  # of which rules are given other arrays
        and is_ours(x.op.forward)
        and registry.get(x.op.name) is x.op
    )


@_one_at_a_time
def _let_go(x: Any, users: list[tuple[Any, int]]) -> None:
    """Put an outline in the place of x's array, in x and in what was made of it.

    Whatever interrupts: until the end the outline has the array, and is as good.
    """
    outline = Outline(x)
    outline.array = x._held
    for node, i in users:
        arrays = _ARRAYS.__get__(node)
        _ARRAYS.__set__(node, (*arrays[:i], outline, *arrays[i + 1 :]))
    x.__class__ = x._emptied  # before its slot: nobody is to find an outline there
    _HELD.__set__(x, outline)
    outline.array = None


@_one_at_a_time
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
        given = tuple(map(filled, arrays))  # not y's: y may have been assigned to since
        both, reads, outline = zip(given, arrays, strict=True), _reads(x), _HELD.__get__(x)
        if type(outline) is Outline:
            # forward has warned; in one line, so that no interrupt comes between
            with np.errstate(all="ignore"): y = x.op.forward(*given, **x.params)  # fmt: skip  # noqa: E701
            outline.array = array = np.asarray(y)
            _HELD.__set__(x, array)
        _ARRAYS.__set__(x, tuple([a if i in reads else b for i, (a, b) in enumerate(both)]))
        x.__class__ = x._filled  # last: the slots are right


# --- backward ---


def made_large() -> bool:
    """Whether the last large result of this thread is still there: then its graph is."""
    if _LATEST.large() is None:
        return False
    _look_at_waiting()  # what had a name when the last op was applied may have none by now
    return True


def propagate_and_let_go(order: list[Any], found: dict[Any, Any]) -> None:
    """`propagate`, which lets go of what it has passed: large arrays that the graph alone holds."""
    users: dict[int, list[tuple[int, int]]] = {}  # of a node: the places in `order` of what uses it
    for k, node in enumerate(order):
        for i, x in enumerate(node.inputs):
            users.setdefault(id(x), []).append((k, i))
    node = x = None
    for k in reversed(range(len(order))):
        propagate(order[k : k + 1], found, keep=False)
        _passed(order[k], [(order[n], i) for n, i in users.get(id(order[k]), ())])


def _passed(x: Any, users: list[tuple[Any, int]]) -> None:
    """Let the array of x go, whose rules have been run, and those of its users, if it is worth it.

    A user that has its array keeps those that its rules read: it is the result, or has a name.
    """
    if (
        any(
            type(a) is np.ndarray and a.size > LARGE
            for a in (_HELD.__get__(x), *_ARRAYS.__get__(x))
        )
        and _can_be_had_again(x)
        and all(is_let_go(node) or i not in _reads(node) for node, i in users)
        and held_by(x, len(users) + 1)  # 1: the order
    ):
        _let_go(x, users)
