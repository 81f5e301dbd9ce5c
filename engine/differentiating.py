"""What is being differentiated in this thread, and the rule for a number that leaves a graph.

While a derivative of a function is being taken, what depends on its arguments must not become a
plain number unnoticed: the gradient would lack a term.  Anywhere else `float(loss)` is how a loss
is logged, and a warning is enough.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .callers import warn_caller
from .lists import looks
from .node import Node
from .recording import ATTENTION, RECORDING
from .references import held_by
from .restoring import Restoring
from .versions import ASSIGNED, settle


class _Running(threading.local):
    """The derivatives being taken in this thread, the outermost first."""

    def __init__(self) -> None:
        self.derivatives: tuple[differentiating, ...] = ()


RUNNING = _Running()


class differentiating(Restoring):  # noqa: N801 - a context manager, written as a verb like `no_grad`
    """Block that runs a function in order to differentiate it with respect to `nodes`.

    >>> from engine import Value
    >>> x, c = Value(3.0), Value(2.0)
    >>> with differentiating([x]):
    ...     is_differentiated(x * c), is_differentiated(c * c)
    (True, False)
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = set(nodes)
        #: What stood for the arguments of derivatives taken inside: nobody else has those leaves.
        self.inside: set[Node] = set()
        #: Whether one of those had a result that does not depend on its own argument.
        self.constant_inside = False

    def saved(self) -> Any:
        return RUNNING.derivatives

    def change(self) -> None:
        for outer in RUNNING.derivatives:
            outer.inside |= self.nodes
        RUNNING.derivatives = (*RUNNING.derivatives, self)

    def restore(self, saved: Any) -> None:
        RUNNING.derivatives = saved


def reaches(root: Node, is_wanted: Callable[[Any], bool]) -> bool:
    """Whether root is, or depends on, a node that is wanted; looks no further than the first.

    >>> from engine import Value
    >>> a, b = Value(2.0), Value(3.0)
    >>> reaches(a * 2.0, lambda node: node is a), reaches(a * 2.0, lambda node: node is b)
    (True, False)
    """
    if ASSIGNED:
        settle(root)
    seen: set[Any] = {root}
    stack: list[Any] = [root]
    while stack:
        node = stack.pop()
        if is_wanted(node):
            return True
        for x in node.inputs:
            if isinstance(x, Node) and x not in seen:
                seen.add(x)
                stack.append(x)
    return False


def other_leaves(order: list[Any], wanted: Sequence[Any], *roots: Any) -> bool:
    """Whether a graph (its nodes, the root last) has leaves to be differentiated besides `wanted`.

    More roots, which have others that hold them, may be in it.

    Those that a function makes for itself, as in `total = Value(0.0)`, are nobody's: only the graph
    still holds them, and all between them and the root.
    """
    known = set(wanted)
    others = {n for n in order if n.op is None and n not in known and n.requires_grad}
    if ATTENTION.threads and any(map(has_tangent, others)):
        return True
    return bool(others) and (order[-1] in others or _held_elsewhere(order, others, roots))


def _held_elsewhere(order: list[Any], apart: set[Any], roots: Sequence[Any]) -> bool:
    """Whether not only a graph holds the leaves in `apart`, and what depends on them.

    What depends on them is added to `apart`.
    """
    uses: Counter[Any] = Counter()
    for node in order:
        inputs = [x for x in node.inputs if isinstance(x, Node)]
        uses.update(inputs)
        if node.op is not None and node.op.opens:  # a checkpointed call has its arguments, too
            uses.update(one for x in node.params.values() for one in x.refers_to)
        if not apart.isdisjoint(inputs):
            apart.add(node)
    apart.difference_update((order[-1], *roots))
    inputs.clear()
    return not all(held_by(x, uses[x] + 3) for x in apart)  # 3: order, uses and apart


def is_argument(x: Node) -> bool:
    """Whether x stands for an argument of a derivative being taken in this thread."""
    return any(x in derivative.nodes for derivative in RUNNING.derivatives)


def has_tangent(x: Any) -> bool:
    """Whether a tangent of x is pushed along in this thread."""
    return RECORDING.forward is not None and RECORDING.forward.knows(x)


def is_off_graph(x: Any) -> bool:
    """Whether x is a result of forward mode, which keeps no graph: it looks like a leaf."""
    return bool(ATTENTION.threads) and x.op is None and has_tangent(x) and not is_argument(x)


def is_differentiated(x: Node) -> bool:
    """Whether x depends on an argument of a derivative being taken in this thread."""
    return bool(RUNNING.derivatives) and (has_tangent(x) or reaches(x, is_argument))


def leave_graph(x: Node, what: str) -> None:
    """Speak up where x, which requires a gradient, becomes plain by `what`, such as "float()".

    Quiet where nothing is lost: nothing is being recorded, x requires no gradient, or no more is
    wanted than the shape of a list that x is in, or its numbers on purpose.  To be called by a
    method of x that Python calls.

    Raises:
        RuntimeError: x depends on what is being differentiated.

    Warns:
        UserWarning: x requires a gradient; Python shows it once a line.
    """
    if not RECORDING.enabled or looks(sys._getframe(2)):
        return
    if is_differentiated(x):
        raise lost(x, what)
    if x.requires_grad:
        warn_caller(
            f"{what} of a {type(x).__name__} that requires a gradient: what it gives is not part "
            "of the graph; .item() and .detach() do so without this warning"
        )


def refuse_to_cut(x: Node, what: str) -> None:
    """Refuse a copy by `what`, no part of the graph, of what is being differentiated.

    Raises:
        RuntimeError: x depends on what is being differentiated, and operations are recorded.
    """
    if RUNNING.derivatives and RECORDING.enabled and is_differentiated(x):
        raise lost(x, what)


def lost(x: Node, what: str) -> RuntimeError:
    """The error for x, which is being differentiated, where `what` would cut it off."""
    return RuntimeError(
        f"{what} of a {type(x).__name__} that is being differentiated would lose its gradient: "
        "use operators and engine's functions (engine.sin(x), engine.stack([x, y])), fill a Tensor "
        "(out = engine.zeros(n)) in place of an array, or take the number out on purpose with "
        ".item(), .data, .numpy() or .detach()"
    )
