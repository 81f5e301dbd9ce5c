"""The tangents of a call's arguments, checked, and what they become along its graph."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np

from ..arrays import cast
from ..batching import push_at_once
from ..differentiating import RUNNING
from ..forward import Running, push_along, way_along
from ..node import Node
from ..recording import RECORDING
from ..tensors import Tensor
from ..values import ValueArray
from ..versions import ASSIGNED
from .arguments import Argument, in_array, in_graph
from .call import Call, depends_on_others, run


def count_tangents(primals: Any, tangents: Any) -> None:
    """One for each primal there must be."""
    if len(primals) != len(tangents):
        raise ValueError(f"got {len(primals)} primals but {len(tangents)} tangents")


def direction(v: Any, like: Any, name: str) -> Any:
    """A cotangent or tangent, checked against what it belongs to."""
    if not in_graph(v):
        v = np.asarray(v, dtype=np.float64)
    if np.shape(v) != np.shape(like):
        raise ValueError(f"{name} must have shape {np.shape(like)}, got {np.shape(v)}")
    return float(v) if v.ndim == 0 and not in_graph(v) else v


def tangents_for(
    arguments: list[Argument], trees: Any, tangents: tuple[Any, ...]
) -> tuple[Any, ...]:
    """Tangents, one for each argument of a call, checked: one for each leaf of those."""
    given: list[tuple[str, Any]] = []
    for i, t in enumerate(tangents):
        tree = trees[i] if trees else None
        name = f"tangent {i}"
        given += [(name, t)] if tree is None else tree.leaves_of(t, name, f"primal {i}")
    return tuple(direction(t, a.node, name) for (name, t), a in zip(given, arguments, strict=True))


def by_node(arguments: list[Argument], tangents: Any) -> dict[Any, Any]:
    """Each node that stands for an argument with its tangent, of its dtype; None is left out."""
    found: dict[Any, Any] = {}
    for argument, t in zip(arguments, tangents, strict=True):
        if isinstance(argument.node, ValueArray) and t is not None:
            found.update(zip(argument.nodes, t.flat, strict=True))
        elif t is not None:
            found[argument.node] = _in_dtype(t, argument.node)
    return found


def _in_dtype(t: Any, node: Any) -> Any:
    if not isinstance(node, Tensor):
        return t
    if isinstance(t, Tensor):
        return t if t.dtype == node.dtype else cast(t, node.dtype)
    return t if in_graph(t) else np.asarray(t, node.dtype)


def pushed(call: Call, tangents: Any) -> list[Any]:
    """The derivative of each leaf of the result along tangents, as the caller wants it.

    Args:
        tangents: for each leaf of the arguments; None is one of zeros.
    """
    each = call.each()
    roots = [x for one in each for x in nodes_of(one.y)]
    as_given = call.plain and not any(map(in_graph, tangents))
    plain = (as_given and all(map(Call.is_alone, each))) or not call.records
    note_for_names(call, names_among(tangents))
    found = by_node(call.arguments, tangents)
    if call.way is None or ASSIGNED:
        call.way = way_along(roots)
        seen = set(call.way)
        call.reached.update(a.position for a in call.arguments if not seen.isdisjoint(a.nodes))
    push_along(call.way, found, plain and all(x.has_numbers for x in roots))
    return [given_back(one, found, as_given) for one in each]


def nodes_of(y: Any) -> list[Any]:
    """The nodes that a leaf of a result is made of."""
    return [x for x in (y.flat if isinstance(y, ValueArray) else [y]) if isinstance(x, Node)]


def run_along(
    f: Any, primals: tuple[Any, ...], tangents: tuple[Any, ...], has_aux: bool
) -> tuple[Call, list[Any], list[Any]]:
    """A call of f; of each leaf of its result the value, and the derivative along tangents.

    Arrays for arrays are pushed along while f runs; all others along the graph, which has to be
    there for a derivative around this one, or in a program that is written down, and is there in
    any case on Values.
    """
    given: list[Any] = []

    def within(arguments: list[Argument], trees: Any) -> Any:
        given[:] = [tangents_for(arguments, trees, tangents), nullcontext()]
        arrays = all(a.plain and isinstance(a.node, Tensor) for a in arguments)
        alone = len(RUNNING.derivatives) == 1 and not RECORDING.opened
        if alone and arrays and not any(map(in_graph, given[0])):
            for a in arguments:  # of large arrays a copy less: no graph is left that would need it
                if type(a.given) is np.ndarray and a.given.flags.forc:
                    a.node.adopt(a.given)
            given[1] = Running(by_node(arguments, given[0]), records)
        return given[1]

    records = RECORDING.enabled
    call = run(f, primals, {}, tuple(range(len(primals))), has_aux, within)
    checked, running = given
    if isinstance(running, Running):
        return call, *_left_by(running, call)
    pushed_on = pushed(call, checked)
    return call, [one.value() for one in call.each()], pushed_on


def _left_by(running: Running, call: Call) -> tuple[list[Any], list[Any]]:
    """Values and derivatives that were there when f was over."""
    each = call.each()
    found: dict[Any, Any] = {}
    for y in [y for one in each for y in nodes_of(one.y)]:
        found[y] = running.tangent(y)
        reached = running.reached(y)
        call.reached.update(a.position for i, a in enumerate(call.arguments) if reached >> i & 1)
    left = running.end()
    values, derivatives = [], []
    for one in each:
        one.left = left
        t = found.get(one.y) if isinstance(one.y, Node) else None
        if in_graph(t):  # for the sake of a leaf that is no argument: did f itself make it?
            one.alone = not depends_on_others(one.y, one.own(), t)
        values.append(one.value())
        derivatives.append(given_back(one, found, True))
    return values, derivatives


def note_for_names(call: Call, names: list[Any]) -> None:
    """Tell programs that are being written down which nodes are plain: those of a plain call."""
    if names and call.plain and all(map(Call.is_alone, call.each())):
        order = way_along([x for one in call.each() for x in nodes_of(one.y)])
        for name in names:
            name._trace.plain.update(order)


def names_among(given: Any) -> list[Any]:
    """The names among tangents or cotangents: what a program will be given for them."""
    return [x for x in given if not getattr(x, "has_numbers", True)]


def pushed_at_once(call: Call, tangents: list[Any], size: int) -> list[Any] | None:
    """As `pushed`, for `size` tangents at once: in front they and the answers have an axis more.

    None where answers are to be nodes, or there are Values.
    """
    each = call.each()
    roots = [x for one in each for x in nodes_of(one.y)]
    nodes = [*roots, *call.nodes]
    as_given = call.plain and all(map(Call.is_alone, each))
    if not as_given or not all(isinstance(x, Tensor) for x in nodes):
        return None
    found = {
        a.node: np.asarray(t, a.node.dtype)
        for a, t in zip(call.arguments, tangents, strict=True) if t is not None
    }  # fmt: skip
    seen = push_at_once(roots, found, size)
    call.reached.update(a.position for a in call.arguments if a.node in seen)
    return [
        found[one.y]
        if isinstance(one.y, Tensor) and one.y in found
        else np.zeros((size, *np.shape(one.y)))
        for one in each
    ]


def given_back(one: Call, tangents: dict[Any, Any], as_given: bool) -> Any:
    """The derivative of a leaf of the result, of those by node."""
    y = one.y
    return one.given_back(_of_leaf(y, tangents), Argument(0, None if as_given else y, y))


def _of_leaf(y: Any, tangents: dict[Any, Any]) -> Any:
    if not in_graph(y):
        return np.zeros_like(y) if np.ndim(y) else 0.0
    if isinstance(y, ValueArray):
        each = [tangents.get(x, 0.0) for x in y.flat]
        nodes = any(map(in_graph, each))
        return in_array(each, y.shape) if nodes else np.array(each, float).reshape(y.shape)
    t = tangents.get(y)
    t = y.full(0.0) if t is None else t
    if in_graph(t) or not isinstance(y, Tensor):
        return t
    return np.array(t) if np.ndim(t) else t.item()
