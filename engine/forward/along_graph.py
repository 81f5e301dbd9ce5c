"""Tangents pushed along a graph that is there: from the leaves to the results, in one walk."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..core import PYTHON_RAISES
from ..graph import visit
from ..node import Node, check_parts
from ..recording import enable_grad
from ..tensors import Tensor, check_unchanged
from ..values import Value
from .pushing import pushed


def way_along(roots: Iterable[Any], outside: Iterable[Any] = ()) -> list[Any]:
    """The nodes that roots depend on, each after its inputs.

    Args:
        outside: nodes at which to stop.
    """
    seen = set(outside)
    order: list[Any] = []
    for root in roots:
        visit(root, seen, order)
    return order


def push_along(order: Iterable[Any], tangents: dict[Any, Any], plain: bool) -> None:
    """Grow `tangents`, those of leaves, to all nodes of `order` that depend on these.

    Args:
        order: nodes, each after its inputs: `way_along`.
        tangents: by node; plain numbers and arrays, or nodes.
        plain: whether they are to stay plain; else they are computed with ops on nodes, recorded.

    >>> from engine import Value
    >>> x, y = Value(3.0), Value(2.0)
    >>> z = x * y + x
    >>> tangents = {x: 1.0, y: 10.0}
    >>> push_along(way_along([z]), tangents, plain=True)
    >>> tangents[z]
    33.0
    """
    push, of = (_plainly if plain else _recorded), tangents.get
    for node in order:
        if node.op is not None and node not in tangents:
            given = [of(x) if isinstance(x, Node) else None for x in node.inputs]
            if not node.op.all_flow:  # what finds places, as argsort, has no tangent, nor a dtype
                given = [t if node.op.rule(i) is not None else None for i, t in enumerate(given)]
            if [t for t in given if t is not None]:  # an array is not compared with None
                tangents[node] = push(node, given)


def _plainly(node: Any, given: list[Any]) -> Any:
    if isinstance(node, Tensor):
        check_unchanged(node)
        arrays = node._arrays
        if node.op.kind != "elementwise":  # it may read what the rules do not, and was let go
            pairs = zip(node.inputs, arrays, strict=True)
            arrays = tuple([x._held if isinstance(x, Tensor) else array for x, array in pairs])
        return pushed(node.op, given, node._held, arrays, node.params)
    return _of_number(node, given)


def _of_number(node: Value, given: list[Any]) -> float:
    """The tangent of a Value: the edges say what to add, of tangents as of gradients."""
    op, inputs = node.op, node.inputs
    if op.vjp_all is not None:
        parts = node.contributions(1.0)
        check_parts(parts, op, inputs)
        return float(sum(p * t for p, t in zip(parts, given, strict=True) if t is not None))
    numbers = [x if type(x) is float else x._held for x in inputs]
    total = 0.0
    for i, t in enumerate(given):
        if t is not None and op.vjps[i] is not None:
            try:
                total += float(op.vjps[i](t, node._held, *numbers, **node.params))
            except PYTHON_RAISES:
                total += node.contribution(t, i)  # by IEEE 754
    return total


def _recorded(node: Any, given: list[Any]) -> Any:
    if isinstance(node, Tensor):
        check_unchanged(node)
    with enable_grad():
        return pushed(node.op, given, node, node.inputs, node.params)
