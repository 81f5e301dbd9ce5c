"""Tangents pushed along a graph that is there: from the leaves to the results, in one walk."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..graph import visit
from ..node import Node, check_parts
from ..recording import enable_grad
from ..tensors import Tensor, check_unchanged
from ..values import Value
from .pushing import pushed


def push_along(
    roots: Iterable[Any], tangents: dict[Any, Any], plain: bool, outside: Iterable[Any] = ()
) -> set[Any]:
    """Grow `tangents`, those of leaves, to all nodes below the roots; return these nodes.

    Args:
        roots: nodes.
        tangents: by node; plain numbers and arrays, or nodes.
        plain: whether they are to stay plain; else they are computed with ops on nodes, recorded.
        outside: nodes at which to stop.

    >>> from engine import Value
    >>> x, y = Value(3.0), Value(2.0)
    >>> z = x * y + x
    >>> tangents = {x: 1.0, y: 10.0}
    >>> len(push_along([z], tangents, plain=True))
    4
    >>> tangents[z]
    33.0
    """
    seen = set(outside)
    order: list[Any] = []
    for root in roots:
        visit(root, seen, order)
    for node in order:
        if node.op is None or node in tangents:
            continue
        given = [tangents.get(x) if isinstance(x, Node) else None for x in node.inputs]
        if (
            not node.op.all_flow
        ):  # what finds places, as argsort, has no tangent, and no dtype for one
            given = [t if node.op.rule(i) is not None else None for i, t in enumerate(given)]
        if any(t is not None for t in given):
            tangents[node] = (_plainly if plain else _recorded)(node, given)
    return seen


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
    if node.op.vjp_all is not None:
        parts = node.contributions(1.0)
        check_parts(parts, node.op, node.inputs)
        return float(sum(p * t for p, t in zip(parts, given, strict=True) if t is not None))
    total = 0.0
    for i, t in enumerate(given):
        if t is not None:
            total += node.contribution(t, i)
    return total


def _recorded(node: Any, given: list[Any]) -> Any:
    if isinstance(node, Tensor):
        check_unchanged(node)
    with enable_grad():
        return pushed(node.op, given, node, node.inputs, node.params)
