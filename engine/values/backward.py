"""Backward over Values: the walk, the adjoints, and how they become gradients.

`ScalarNode` is what a Value is made of, and all that backward needs; `Value` adds what it can do.
An input is a Value or a Python float, nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from ..commits import FROZEN, GRADIENTS, set_gradients
from ..core import PYTHON_RAISES, Op
from ..differentiating import other_leaves
from ..graph import toposort
from ..node import Node, check_parts
from ..recording import ATTENTION, RECORDING
from ..restoring import insist

# A backward pass keeps its adjoints in the nodes themselves (a million-node chain has no memory
# to spare for a dictionary), so two threads may not walk overlapping graphs at the same time, and
# none may stay when a pass is interrupted: the next one would take it for the mark of a visit.


class ScalarNode(Node):
    """A node of the scalar tier: its number, and how it was made."""

    # The smallest node that still is plain data: inputs stand in two slots, not in a tuple, and
    # a constant input is the plain number itself.  An op with more inputs or with parameters
    # keeps a tuple of inputs in _a and the parameters' dictionary in _b.  Inputs are Values and
    # floats, nothing else: that is how the loops below tell them apart.
    __slots__ = ("__weakref__", "_a", "_adjoint", "_b", "_grad", "_held", "label", "op")

    _held: float
    _grad: Any  # None, a float, a Value after create_graph, or FROZEN
    _adjoint: Any
    _a: Any
    _b: Any
    retains_grads = True

    @property
    def inputs(self) -> tuple[Any, ...]:
        """What the op was applied to, in order: Values and plain numbers."""
        if self.op is None:
            return ()
        if type(self._a) is tuple:
            return self._a
        return (self._a,) if self._b is None else (self._a, self._b)

    @property
    def params(self) -> Mapping[str, Any]:
        """The op's static parameters, by name."""
        return MappingProxyType(self._b if type(self._b) is dict else {})

    @staticmethod
    def flows_to(x: Any) -> bool:
        """True: on this tier a leaf that requires no gradient is passed over only at the end."""
        return True

    def gradients(self, wanted: Sequence[Any], gradient: Any = None, alone: Any = None) -> Any:
        """The derivative of this with respect to each node, as floats; no `.grad` is touched."""
        with GRADIENTS: return _adjoints_of(self, gradient, wanted, alone)  # fmt: skip  # noqa: E701

    def contributions(self, g: float) -> Sequence[Any]:
        """What each edge adds to the gradient of its input, as floats; None for constants."""
        inputs, vjp_all = self.inputs, self.op.vjp_all
        if vjp_all is not None:  # by one call, as the rules share work
            numbers = [x if type(x) is float else x._held for x in inputs]
            try:
                parts = vjp_all(g, self._held, *numbers, **self.params)
            except PYTHON_RAISES:
                pass  # edge by edge below, by IEEE 754
            else:
                check_parts(parts, self.op, inputs)
                edges = zip(inputs, parts, strict=True)
                return [None if type(x) is float else float(part) for x, part in edges]
        return [None if type(x) is float else self.contribution(g, i) for i, x in enumerate(inputs)]

    def contribution(self, g: float, index: int) -> float:
        """What the edge to input `index` adds to that input's gradient, as a float."""
        rule = self.op.rule(index)
        if rule is None:
            return 0.0
        numbers = [x if type(x) is float else x._held for x in self.inputs]
        try:
            return float(rule(g, self._held, *numbers, **self.params))
        except PYTHON_RAISES:
            return _by_ieee(rule, g, self, index)

    @staticmethod
    def commit(found: dict[Any, Any], retain_grads: bool) -> None:
        """Add gradients, floats or Values, to what is in the nodes' `.grad`."""
        nodes = [x for x in found if x._grad is not FROZEN and (retain_grads or x.op is None)]
        for node in nodes:
            if node._grad is not None:
                found[node] = node._grad + found[node]
        set_gradients(nodes, found)


def _walk(root: Any) -> list[Any]:
    """`toposort` in a third of the time (10 ms against 31, of 33,000 nodes); needs the lock.

    Visited nodes are marked by an adjoint of -0.0: the number that changes no
    other when added.  Nothing is pushed for a leaf, and a node is
    pushed again only if it has to wait for an input.  (Why `while True`: see `graph.visit`.)
    """
    order: list[Any] = []
    stack: list[Any] = [root]
    push, pop, done = stack.append, stack.pop, order.append
    while True:
        if not stack:
            return order
        node = pop()
        if node is None:  # everything below the node under this mark is done
            done(pop())
            continue
        if node._adjoint is not None:
            continue
        node._adjoint = -0.0
        a = node._a
        b = node._b
        if type(a) is tuple:
            waiting = []
            for x in a:
                if type(x) is not float and x._adjoint is None:
                    if x.op is None:
                        x._adjoint = -0.0
                        done(x)
                    else:
                        waiting.append(x)
            if waiting:
                push(node)
                push(None)
                stack.extend(reversed(waiting))
            else:
                done(node)
            continue
        waits = False
        if type(b) is not float and b is not None and b._adjoint is None:
            if b.op is None:
                b._adjoint = -0.0
                done(b)
            else:
                push(node)
                push(None)
                push(b)
                waits = True
        if type(a) is not float and a is not None and a._adjoint is None:
            if a.op is None:
                a._adjoint = -0.0
                done(a)
            else:
                if not waits:
                    push(node)
                    push(None)
                push(a)
                continue
        if not waits:
            done(node)


def differentiate(root: Any, gradient: float, retain_grads: bool) -> None:
    """`Value.backward` without a recorded graph: all gradients are added, or nothing changes."""
    try:
        order = _walk(root)
        check_leaves(order)
        if ATTENTION.threads and RECORDING.watcher is not None:
            RECORDING.watcher.backward(order, gradient)
        root._adjoint = gradient
        _propagate(order)
        _commit(order, retain_grads)
    except BaseException:
        insist(lambda: _clear(toposort(root)))
        raise


def _adjoints_of(root: Any, gradient: Any, wanted: Sequence[Any], alone: Any) -> Any:
    try:
        order = _walk(root)
        found = None
        if alone is None or not other_leaves(order, alone):
            root._adjoint = 1.0 if gradient is None else gradient
            _propagate(order if wanted else [])
            found = [node._adjoint for node in wanted]
        _clear(order)
    except BaseException:
        insist(lambda: _clear(toposort(root)))
        raise
    return found


def _clear(order: list[Any]) -> None:
    for node in order:
        node._adjoint = None


def check_leaves(order: list[Any]) -> None:
    if not any(node.op is None and node._grad is not FROZEN for node in order):
        raise RuntimeError("backward() of a Value that depends on nothing with requires_grad")


def _propagate(order: list[Any]) -> None:
    """Backward on plain floats: results first, each adds its contributions to its inputs.

    `op.push` is written from the op's row on first use, and says no more than `push_any`.
    """
    for node in reversed(order):
        op = node.op
        if op is not None:
            push = op.push
            push(node, node._adjoint)


def push_any(node: Any, g: float) -> None:
    """Add what every edge of a node carries to its input's adjoint."""
    for x, part in zip(node.inputs, node.contributions(g), strict=True):
        if type(x) is not float:
            x._adjoint += part


def push_wide(node: Any, g: float) -> None:
    """`push_any` for a fused op without parameters: a neuron's dozens of edges in one call."""
    op, inputs = node.op, node._a
    try:
        parts = op.vjp_all(g, node._held, *[x if type(x) is float else x._held for x in inputs])
    except PYTHON_RAISES:
        return push_any(node, g)
    if type(parts) is not list or len(parts) != len(inputs):
        check_parts(parts, op, inputs)
    for x, part in zip(inputs, parts, strict=True):
        if type(x) is not float:
            x._adjoint += part if type(part) is float else float(part)


def _by_ieee(rule: Any, g: float, node: Any, index: int) -> float:
    """The rule on NumPy's floats: where Python raises (1 / 0), they answer inf or nan."""
    numbers = [np.float64(x if type(x) is float else x._held) for x in node.inputs]
    with np.errstate(all="ignore"):
        part = rule(np.float64(g), np.float64(node._held), *numbers, **node.params)
    return _number(part, node.op, index)


def _number(part: Any, op: Op, index: int) -> float:
    """A rule's answer as a float."""
    try:
        return float(part)
    except (TypeError, ValueError):
        raise TypeError(
            f"vjp {index} of {op.name!r} must return a number, got {part!r:.60}"
        ) from None


def _commit(order: list[Any], retain_grads: bool) -> None:
    """Turn this pass's adjoints into gradients: added to what is there, as micrograd does."""
    if not retain_grads:
        _clear([node for node in order if node.op is not None])
        order = [node for node in order if node.op is None]
    try:
        _add(order)
    except BaseException:  # what is begun is ended
        insist(lambda: _add([node for node in order if node._adjoint is not None]))
        raise


def _add(order: list[Any]) -> None:
    for node in order:  # each in one line, which no interrupt divides
        g = node._grad
        if g is None:
            node._grad, node._adjoint = node._adjoint, None
        elif g is not FROZEN:
            node._grad, node._adjoint = g + node._adjoint, None
        else:
            node._adjoint = None
