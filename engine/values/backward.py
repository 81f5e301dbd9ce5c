"""Backward over Values: the walk, the adjoints, and how they become gradients.

Works on what every Value has (`op`, its inputs in `_a` and `_b`, `_data`, `_adjoint`, `_grad`), not
on the class, which imports this.  An input is a Value or a Python float, nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..core import PYTHON_RAISES, Op, check_parts
from ..recording import ATTENTION, RECORDING

__all__ = ["advance", "commit", "contribution", "contributions", "gradients"]

ADD, MUL = ops.add, ops.mul

# A backward pass keeps its adjoints in the nodes themselves (a million-node chain has no memory
# to spare for a dictionary), so two threads may not walk overlapping graphs at the same time.
WALK = threading.RLock()


class Frozen:
    """Stands in a leaf's gradient slot where the leaf does not require a gradient."""

    __slots__ = ()

    def __deepcopy__(self, memo: Any) -> Frozen:
        return self

    def __reduce__(self) -> str:
        return "FROZEN"


FROZEN = Frozen()


def _walk(root: Any) -> list[Any]:
    """`toposort`, with visited nodes marked by an adjoint of 0.0; the caller holds the lock.

    Nothing is pushed for a leaf, and a node is pushed again only if it has to wait for an input.
    (`while True` and not `while stack`: CPython 3.11 speeds up a running loop only at a plain
    jump backward.)
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
        node._adjoint = 0.0
        a = node._a
        b = node._b
        if type(a) is tuple:
            waiting = []
            for x in a:
                if type(x) is not float and x._adjoint is None:
                    if x.op is None:
                        x._adjoint = 0.0
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
                b._adjoint = 0.0
                done(b)
            else:
                push(node)
                push(None)
                push(b)
                waits = True
        if type(a) is not float and a is not None and a._adjoint is None:
            if a.op is None:
                a._adjoint = 0.0
                done(a)
            else:
                if not waits:
                    push(node)
                    push(None)
                push(a)
                continue
        if not waits:
            done(node)


def advance(node: Any, found: dict[int, float]) -> None:
    """`_propagate` of one node: from its adjoint in `found` (by id) to those of its inputs.

    Adjoints stand in the nodes only while this runs, so a pass may rest between two nodes and
    other passes may run meanwhile.
    """
    touched = {id(x): x for x in (node, *node.inputs) if type(x) is not float}
    with WALK:
        try:
            for key, x in touched.items():
                x._adjoint = found[key]
            _propagate([node])
            found.update((key, x._adjoint) for key, x in touched.items())
        finally:
            for x in touched.values():
                x._adjoint = None


def commit(order: list[Any], found: dict[int, float], retain_grads: bool) -> None:
    """Turn adjoints by id into gradients, as `backward` does at its end."""
    with WALK:
        for node in order:
            node._adjoint = found[id(node)]
        _commit(order, retain_grads)


def differentiate(root: Any, gradient: float, retain_grads: bool) -> None:
    """`Value.backward` without a recorded graph; if a rule raises, nothing has changed."""
    with WALK:
        order = _walk(root)
        try:
            check_leaves(order)
            if ATTENTION.threads and RECORDING.watcher is not None:
                RECORDING.watcher.backward(order, gradient)
            root._adjoint = gradient
            _propagate(order)
        except BaseException:  # Ctrl-C too: adjoints that stay would be taken for visited marks
            for node in order:
                node._adjoint = None
            raise
        _commit(order, retain_grads)


def gradients(root: Any, wanted: list[Any], gradient: float = 1.0) -> list[Any]:
    """The derivative of root with respect to each node, as floats; no `.grad` is touched.

    Times `gradient`, the upstream gradient.  None where root does not depend on the node.
    """
    with WALK:
        order = _walk(root)
        try:
            root._adjoint = gradient
            _propagate(order)
            return [node._adjoint for node in wanted]
        finally:
            for node in order:
                node._adjoint = None


def needs_gradient(order: list[Any]) -> bool:
    return any(node.op is None and node._grad is not FROZEN for node in order)


def check_leaves(order: list[Any]) -> None:
    if not needs_gradient(order):
        raise RuntimeError("backward() of a Value that depends on nothing with requires_grad")


def _propagate(order: list[Any]) -> None:
    """Backward on plain floats: results first, each adds its contributions to its inputs."""
    for node in reversed(order):
        op = node.op
        if op is None:
            continue
        g = node._adjoint
        a = node._a
        b = node._b
        if op is ADD:  # its row's rules, spelled out; a test holds them together
            if type(a) is not float:
                a._adjoint += g
            if type(b) is not float:
                b._adjoint += g
        elif op is MUL:
            if type(a) is not float:
                if type(b) is not float:
                    a._adjoint += g * b._data
                    b._adjoint += g * a._data
                else:
                    a._adjoint += g * b
            else:
                b._adjoint += g * a
        elif op.vjp_all is not None:  # of Values: a wide op
            _add_wide(node, op, a, g)
        elif b is None and op.vjps[0] is not None:
            try:
                part = op.vjps[0](g, node._data, a._data)
            except PYTHON_RAISES:
                part = _by_ieee(op.vjps[0], g, node, 0)
            a._adjoint += part if type(part) is float else _number(part, op, 0)
        else:
            _add_all(node, g)


def _add_all(node: Any, g: float) -> None:
    """Add what every edge of a node carries to its input's adjoint."""
    for x, part in zip(node.inputs, contributions(node, g), strict=True):
        if type(x) is not float:
            x._adjoint += part if type(part) is float else float(part)


def _add_wide(node: Any, op: Any, inputs: tuple[Any, ...], g: float) -> None:
    """`_add_all` for a fused op without parameters: a neuron's dozens of edges in one call."""
    try:
        parts = op.vjp_all(g, node._data, *[x if type(x) is float else x._data for x in inputs])
    except PYTHON_RAISES:
        return _add_all(node, g)
    if type(parts) is not list or len(parts) != len(inputs):
        check_parts(parts, op, inputs)
    for x, part in zip(inputs, parts, strict=True):
        if type(x) is not float:
            x._adjoint += part if type(part) is float else float(part)


def contributions(node: Any, g: float) -> Sequence[float]:
    """`contribution` for each input, in order; by one call where the op's rules share work."""
    inputs = node.inputs
    vjp_all = node.op.vjp_all if node.op is not None else None
    if vjp_all is not None:
        raw = [x if type(x) is float else x._data for x in inputs]
        try:
            parts = vjp_all(g, node._data, *raw, **node.params)
        except PYTHON_RAISES:
            pass  # edge by edge below, by IEEE 754
        else:
            check_parts(parts, node.op, inputs)
            return parts
    return [0.0 if type(x) is float else contribution(node, g, i) for i, x in enumerate(inputs)]


def contribution(node: Any, g: float, index: int) -> float:
    """What the edge to input `index` of `node` adds to that input's gradient, as a float."""
    assert node.op is not None
    rule = node.op.rule(index)
    if rule is None:
        return 0.0
    raw = [x if type(x) is float else x._data for x in node.inputs]
    try:
        return float(rule(g, node._data, *raw, **node.params))
    except PYTHON_RAISES:
        return _by_ieee(rule, g, node, index)


def _by_ieee(rule: Any, g: float, node: Any, index: int) -> float:
    """The rule on NumPy's floats: where Python raises (1 / 0), they answer inf or nan."""
    raw = [np.float64(x if type(x) is float else x._data) for x in node.inputs]
    with np.errstate(all="ignore"):
        part = rule(np.float64(g), np.float64(node._data), *raw, **node.params)
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
    for node in order:
        if node._grad is None:
            if retain_grads or node.op is None:
                node._grad = node._adjoint
        elif node._grad is not FROZEN and (retain_grads or node.op is None):
            node._grad += node._adjoint
        node._adjoint = None
