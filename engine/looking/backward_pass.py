"""`BackwardPass`: a backward pass that may rest between two nodes.

`backward` walks over the whole graph at once.  A `BackwardPass` adds up the same contributions,
one node at a time, hooks and all: what stands in `.grad` at its end is the same to the last bit.
Pictures and steppers look at what happens in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..graph import toposort
from ..locks import GRADIENTS
from ..node_hooks import HOOKS, hooked
from ..passes import remember_pass
from ..recording import ATTENTION, RECORDING


@dataclass(frozen=True, slots=True)
class Edge:
    """What backward carries along one edge of a node."""

    index: int  # as which input of the node
    input: Any  # the node it arrives at
    part: Any  # what is added to that node's gradient: a float, or an array
    local: float | None  # derivative of a number with respect to a number; None for arrays


class BackwardPass:
    """One backward pass from `root`, node by node; `.grad` is left alone until `commit`.

    Args, errors: as `Value.backward` and `Tensor.backward`; `retain_grads` has each tier's default.

    Attributes:
        order: every node, inputs before results; backward takes it from the end.

    >>> from engine import Value
    >>> x = Value(3.0)
    >>> one = BackwardPass(x * x)
    >>> [edge.part for node in reversed(one.order) for edge in one.advance(node)]
    [3.0, 3.0]
    >>> one.commit()
    >>> x.grad
    6.0
    """

    def __init__(self, root: Any, gradient: Any = None, retain_grads: bool | None = None) -> None:
        self.root = root
        self.order = toposort(root)
        self.seed = root.upstream(gradient)
        self.retain_grads = root.retains_grads if retain_grads is None else retain_grads
        if ATTENTION.threads and RECORDING.watcher is not None:
            RECORDING.watcher.backward(self.order, self.seed)
        self._found = {root: self.seed}

    def running(self, node: Any) -> Any:
        """The gradient of a node as far as it has been added up; None before the first part."""
        return self._found.get(node)

    def advance(self, node: Any) -> list[Edge]:
        """Run backward over one node; what it carried along each edge, in order."""
        g = self.running(node)
        if HOOKS and g is not None:
            g = self._found[node] = hooked(node, g)
        if node.op is None or g is None:
            return []
        parts, found = node.contributions(g), self._found
        single = np.ndim(node.data) == 0
        slopes = node.contributions(node.full(1.0)) if single else [None] * len(parts)
        edges = []
        for i, (x, part, slope) in enumerate(zip(node.inputs, parts, slopes, strict=True)):
            if part is None:
                continue
            found[x] = found[x] + part if x in found else part
            if x.op is not None or x.requires_grad:
                local = float(slope) if single and np.ndim(slope) == 0 else None
                edges.append(Edge(i, x, part, local))
        return edges

    def commit(self) -> None:
        """Add what was found to the nodes' `.grad`, as `backward` does at its end."""
        remember_pass(self.root, self.seed)
        found = dict(self._found)  # this pass keeps its own arrays
        with GRADIENTS: self.root.commit(found, self.retain_grads)  # fmt: skip  # noqa: E701
