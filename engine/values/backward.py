"""Backward over Values: the walk, the adjoints, and how they become gradients.

`ScalarNode` is what a Value is made of, and all that backward needs; `Value` adds what it can do.
An input is a Value or a Python float, nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from ..commits import FROZEN, set_gradients
from ..core import PYTHON_RAISES, Op
from ..differentiating import other_leaves
from ..graph import adjoints, toposort, with_hooks
from ..locks import GRADIENTS
from ..node import Node, check_parts
from ..node_hooks import HOOKS, hooked_in
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
        if HOOKS and wanted and hooked_in(toposort(self)):
            return with_hooks(self, wanted, gradient, alone)
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


def _walk(root: Any) -> tuple[list[Any], list[Any]]:
    """`toposort` in a quarter of the time: results in its order, and leaves; needs the lock.

    A node that was visited has an adjoint: True while it waits for its inputs, then -0.0, the
    number that changes no other when added.  (Why `while True`: see `graph.visit`;
    `stack.append` is faster here than a name of its own.)
    """
    results: list[Any] = []
    leaves: list[Any] = []
    stack: list[Any] = []
    node = root
    if node.op is None:
        return results, [node]
    while True:
        if node._adjoint is None:  # the first visit: down along the left inputs
            a = node._a
            b = node._b
            if type(a) is tuple:
                node._adjoint = True
                stack.append(node)
                for x in reversed(a):
                    if type(x) is not float and x._adjoint is None:
                        if x.op is not None:
                            stack.append(x)
                        else:
                            x._adjoint = -0.0
                            leaves.append(x)
            elif type(b) is float or b is None:
                if a._adjoint is None:
                    if a.op is not None:
                        node._adjoint = True
                        stack.append(node)
                        node = a
                        continue
                    a._adjoint = -0.0
                    leaves.append(a)
                node._adjoint = -0.0
                results.append(node)
            elif b._adjoint is None and b.op is not None:
                node._adjoint = True
                stack.append(node)
                if type(a) is float:
                    node = b
                    continue
                stack.append(b)
                if a._adjoint is None:
                    if a.op is not None:
                        node = a
                        continue
                    a._adjoint = -0.0
                    leaves.append(a)
            else:
                if b._adjoint is None:
                    b._adjoint = -0.0
                    leaves.append(b)
                if type(a) is not float and a._adjoint is None:
                    if a.op is not None:
                        node._adjoint = True
                        stack.append(node)
                        node = a
                        continue
                    a._adjoint = -0.0
                    leaves.append(a)
                node._adjoint = -0.0
                results.append(node)
        elif node._adjoint is True:  # everything below it is done
            node._adjoint = -0.0
            results.append(node)
        if not stack:
            return results, leaves
        node = stack.pop()


def differentiate(root: Any, gradient: float, retain_grads: bool) -> None:
    """`Value.backward` without a recorded graph: all gradients are added, or nothing changes."""
    try:
        results, leaves = _walk(root)
        check_leaves(leaves)
        if ATTENTION.threads and RECORDING.watcher is not None:
            RECORDING.watcher.backward(toposort(root), gradient)
        if HOOKS and hooked_in(leaves + results):
            _clear(leaves + results)
            root.commit(adjoints(toposort(root), {root: gradient}, plain=True), retain_grads)
            return
        root._adjoint = gradient
        _propagate(results)
        _commit(results, leaves, retain_grads)
    except BaseException:
        insist(lambda: _clear(toposort(root)))
        raise


def _adjoints_of(root: Any, gradient: Any, wanted: Sequence[Any], alone: Any) -> Any:
    try:
        results, order = _walk(root)
        count = len(order)
        order += results
        del results  # `other_leaves` counts who holds a node
        found = None
        if alone is None or not other_leaves(order, alone):
            root._adjoint = 1.0 if gradient is None else gradient
            _propagate(order[count:] if wanted else [])
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
    for node in order:
        if node.op is None and node._grad is not FROZEN:
            return
    raise RuntimeError("backward() of a Value that depends on nothing with requires_grad")


def _propagate(results: list[Any]) -> None:
    """Backward on plain floats: the last results first, each adds to its inputs' adjoints.

    `op.push` is written from the op's row on first use, and says no more than `push_any`.
    """
    for node in reversed(results):
        push = node.op.push
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


def _commit(results: list[Any], leaves: list[Any], retain_grads: bool) -> None:
    """Turn this pass's adjoints into gradients: added to what is there, as micrograd does."""
    if retain_grads:
        leaves += results
    else:
        _clear(results)
    try:
        _add(leaves)
    except BaseException:  # what is begun is ended
        insist(lambda: _add([node for node in leaves if node._adjoint is not None]))
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
