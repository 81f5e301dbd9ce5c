"""Many tangents pushed along one graph at once: each is an array with an axis more, in front."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..floats import HALF
from ..forward import pushed
from ..graph import visit
from ..node import Node, check_parts
from ..tensors import Tensor, check_unchanged
from .replay import Step, behind, on_batch


def push_at_once(roots: Iterable[Any], tangents: dict[Any, Any], size: int) -> set[Any]:
    """As `forward.push_along`, plainly and of Tensors, for `size` tangents of each leaf.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> y = x * x
    >>> tangents = {x: np.eye(2)}
    >>> _ = push_at_once([y], tangents, 2)
    >>> tangents[y]
    array([[2., 0.],
           [0., 4.]])
    """
    seen: set[Any] = set()
    order: list[Any] = []
    for root in roots:
        visit(root, seen, order)
    for node in order:
        given = [
            tangents.get(x) if isinstance(x, Node) and node.op.rule(i) is not None else None
            for i, x in enumerate(node.inputs)
        ]
        if any(t is not None for t in given):
            check_unchanged(node)
            tangents[node] = _through(node, given, size)
    return seen


def _through(node: Tensor, given: Sequence[Any], size: int) -> np.ndarray:
    """The tangents of a result, from those of its inputs."""
    op, y, inputs, params = node.op, node._held, node._arrays, node.params
    way = None
    if op.jvp is None and y.dtype.type is not HALF:
        if op.linear is not None:
            way = _jointly if op.linear == "jointly" else _one_by_one
        elif op.kind == "elementwise":
            way = _by_rules
        elif y.size == 1:
            way = _by_its_row
    if way is not None:
        t = np.asarray(way(op, given, y, inputs, params, size), y.dtype)
        return np.broadcast_to(t, (size, *y.shape))
    each = [[None if t is None else t[i] for t in given] for i in range(size)]
    return np.stack([np.asarray(pushed(op, one, y, inputs, params)) for one in each])


def _by_rules(op: Any, given: Any, y: Any, inputs: Any, params: Any, size: int) -> Any:
    """Each rule with the tangents in the place of g, and all else in their shape."""
    shape, total = (size, *y.shape), 0.0
    spread = [np.broadcast_to(x, shape) if isinstance(x, np.ndarray) else x for x in (y, *inputs)]
    for i, t in enumerate(given):
        if t is not None:
            t = np.broadcast_to(behind(t, t.ndim - 1, y.ndim), shape)
            total = total + op.rule(i)(t, *spread, **params)
    return total


def _jointly(op: Any, given: Any, y: Any, inputs: Any, params: Any, size: int) -> Any:
    """The op of all tangents at once, of zeros where none comes."""
    chosen = [
        t if t is not None else x if x is None or op.rule(i) is None else np.zeros_like(x)
        for i, (t, x) in enumerate(zip(given, inputs, strict=True))
    ]
    batched = tuple([t is not None for t in given])
    ndims = tuple(map(np.ndim, inputs))
    return on_batch(Step(op, tuple(chosen), batched, ndims, dict(params), y.shape, size))


def _one_by_one(op: Any, given: Any, y: Any, inputs: Any, params: Any, size: int) -> Any:
    """The op with one input after the other replaced by its tangents, summed."""
    total, ndims = 0.0, tuple(map(np.ndim, inputs))
    for i, t in enumerate(given):
        if t is not None:
            batched = tuple([k == i for k in range(len(inputs))])
            chosen = (*inputs[:i], t, *inputs[i + 1 :])
            step = Step(op, chosen, batched, ndims, dict(params), y.shape, size)
            total = total + on_batch(step)
    return total


def _by_its_row(op: Any, given: Any, y: Any, inputs: Any, params: Any, size: int) -> Any:
    """Of a single number: its gradient times the tangents of each input."""
    g = np.ones_like(y)
    shared: Any = None
    if op.vjp_all is not None:
        shared = op.vjp_all(g, y, *inputs, **params)
        check_parts(shared, op, inputs)
    total = np.zeros(size)
    for i, t in enumerate(given):
        if t is not None:
            part = op.rule(i)(g, y, *inputs, **params) if shared is None else shared[i]
            if part is not None:
                total = total + t.reshape(size, -1) @ np.ravel(np.broadcast_to(part, t.shape[1:]))
    return total.reshape(size, *y.shape)
