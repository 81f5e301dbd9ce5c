"""Walking a graph: the one topological order that backward, pictures and checks share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .node import Node
from .node_hooks import HOOKS, hooked
from .recording import RECORDING, enable_grad
from .versions import ASSIGNED, settle


def toposort(root: Node) -> list[Any]:
    """Every node `root` depends on, inputs before results, `root` last; left inputs first.

    Iterative, so a chain of a million nodes is no problem; each node appears once, however often
    it is used.

    Raises:
        TypeError: root is not a node.

    >>> from engine import Value
    >>> a, b = Value(2.0, label="a"), Value(3.0, label="b")
    >>> [node.label or node.op.name for node in toposort(a * b + a)]
    ['a', 'b', 'mul', 'add']
    """
    if not isinstance(root, Node):
        raise TypeError(f"root must be a Value or a Tensor, got {type(root).__name__}")
    order: list[Any] = []
    visit(root, set(), order)
    return order


def visit(root: Any, seen: set[Any], order: list[Any]) -> None:
    """Append to `order` what `root` depends on, inputs before results, except what was seen."""
    if ASSIGNED:
        settle(root, seen)
    stack: list[Any] = [root]
    while True:  # CPython 3.11 speeds up a running loop only at a plain jump backward
        if not stack:
            return
        node = stack.pop()
        if node is None:  # everything below the node under this mark is done
            order.append(stack.pop())
        elif node not in seen:
            seen.add(node)
            inputs = node.inputs
            if inputs:
                stack.append(node)
                stack.append(None)
                for x in inputs[::-1]:
                    if isinstance(x, Node) and x not in seen:
                        stack.append(x)
            else:
                order.append(node)


def leading_to(nodes: Sequence[Any], order: list[Any]) -> list[Any]:
    """The part of `toposort` that depends on some nodes: where backward goes on its way to them."""
    found = set(nodes)
    for node in order:
        if not found.isdisjoint([x for x in node.inputs if isinstance(x, Node)]):
            found.add(node)
    return [node for node in order if node in found]


def adjoints(order: list[Any], seeds: dict[Any, Any], plain: bool = False) -> dict[Any, Any]:
    """Backward on nodes: the gradient of each node, as a node of the same tier.

    On plain numbers it takes three times as long as each tier's own loop, or more; they use it for
    graphs with hooks.

    Args:
        order: `toposort` of the result.
        seeds: upstream gradients to start from, by node.
        plain: whether these are plain numbers, and the gradients are to be.
    """
    if not RECORDING.enabled and not plain:
        with enable_grad():
            return adjoints(order, seeds)
    found, hooks = dict(seeds), bool(HOOKS)
    for node in reversed(order):
        g = found.get(node)
        if g is None:
            continue
        if hooks:
            g = found[node] = hooked(node, g)
        if node.op is None:
            continue
        parts = node.contributions(g) if plain else node.pull(g)
        for x, part in zip(node.inputs, parts, strict=True):
            if part is not None:
                found[x] = found[x] + part if x in found else part
    return found


def gradients_on_the_way(
    root: Any, wanted: Sequence[Any], seed: Any, plain: bool = False
) -> list[Any]:
    """The gradient of root, times seed, for each node wanted, by `adjoints`; None where none flows.

    Rules are run, and hooks called, on the way to what is wanted only.
    """
    order = leading_to(wanted, toposort(root))
    found = adjoints(order, {root: seed}, plain)
    return [found.get(node) for node in wanted]


def with_hooks(root: Any, wanted: Sequence[Any], seed: Any, alone: Any) -> Any:
    """`Node.gradients` of a graph with hooks."""
    if alone is not None and root.gradients((), alone=alone) is None:
        return None
    return gradients_on_the_way(root, wanted, root.full(1.0) if seed is None else seed, plain=True)
