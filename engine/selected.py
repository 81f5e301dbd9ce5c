"""Gradients for some nodes only: what `grad_of` and `backward(inputs=...)` have in common."""

from __future__ import annotations

from typing import Any

from .graph import gradients_on_the_way, toposort
from .lists import LISTS
from .locks import GRADIENTS
from .node import Node, NodeArray
from .recording import ATTENTION, RECORDING


def in_list(xs: Any) -> list[Any]:
    """One node, one array of Values, or a list (or what gives several) of them, as a list."""
    return [xs] if isinstance(xs, Node | NodeArray) else list(xs)


def nodes_of(x: Any, name: str) -> list[Any]:
    """The nodes that x is made of: itself, or the elements of an array of Values.

    Raises:
        TypeError: it is no node.
        RuntimeError: it does not require a gradient.
    """
    nodes = list(x.flat) if isinstance(x, NodeArray) else [x]
    for node in nodes:
        if not isinstance(node, Node):
            kind = "a list" if isinstance(node, LISTS) else type(node).__name__
            raise TypeError(
                f"{name} must be a Value, a Tensor or an array of Values, got {kind}: only what "
                "was made a node can be found in a graph"
            )
        if not node.requires_grad:
            raise RuntimeError(f"{name} does not require a gradient")
    return nodes


def gradients_for(root: Any, nodes: list[Any], seed: Any, create_graph: bool) -> list[Any]:
    """The gradient of root, times seed, for each node: plain, or nodes; None where none flows."""
    if ATTENTION.threads and RECORDING.watcher is not None:
        RECORDING.watcher.backward(toposort(root), seed)
    if not root.has_numbers:  # names: their gradients are names
        found = root.gradients(nodes, seed)
        return [g if create_graph or g is None else g.detach() for g in found]
    if not create_graph:
        return list(root.gradients(nodes, seed))
    seed = seed if isinstance(seed, Node) else root.leaf(seed, requires_grad=False)
    return gradients_on_the_way(root, nodes, seed)


def accumulate(root: Any, inputs: Any, seed: Any, create_graph: bool) -> None:
    """`backward(inputs=...)`: add to the `.grad` of these nodes, leaves or not, and no others."""
    nodes = [x for i, one in enumerate(in_list(inputs)) for x in nodes_of(one, f"input {i}")]
    if not nodes:
        raise ValueError("inputs of backward() is empty: leave it out to reach all leaves")
    nodes = list(dict.fromkeys(nodes))
    gradients = gradients_for(root, nodes, seed, create_graph)
    found = {x: g for x, g in zip(nodes, gradients, strict=True) if g is not None}
    del gradients  # a gradient that only `found` holds need not be copied
    with GRADIENTS: root.commit(found, True)  # fmt: skip  # noqa: E701
