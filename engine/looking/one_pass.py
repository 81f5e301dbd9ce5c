"""`Pass`: a backward pass that may rest between two nodes.

`backward` walks over the whole graph at once.  A `Pass` runs the same code, the engine's own, on
one node at a time: what stands in `.grad` at its end is the same to the last bit.  Pictures and
steppers look at what happens in between.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..graph import remember_pass, toposort
from ..recording import ATTENTION, RECORDING
from ..tensors import Tensor, backward as tensor_backward
from ..values import Value, backward as scalar_backward, number

__all__ = ["Edge", "Pass", "begin"]


@dataclass(frozen=True, slots=True)
class Edge:
    """What backward carries along one edge of a node."""

    index: int  # as which input of the node
    input: Any  # the node it arrives at
    part: Any  # what is added to that node's gradient: a float, or an array
    local: float | None  # derivative of a number with respect to a number; None for arrays


class Pass(ABC):
    """One backward pass from `root`, node by node; `.grad` is left alone until `commit`.

    `begin` makes the one for root's tier.

    Attributes:
        order: every node, inputs before results; backward takes it from the end.
    """

    def __init__(self, root: Any, gradient: Any = None, retain_grads: bool | None = None) -> None:
        self.root = root
        self.order = toposort(root)
        self.seed = self._seed(gradient)
        self.retain_grads = isinstance(root, Value) if retain_grads is None else retain_grads
        if ATTENTION.threads and RECORDING.watcher is not None:
            RECORDING.watcher.backward(self.order, self.seed)

    @abstractmethod
    def _seed(self, gradient: Any) -> Any:
        """The upstream gradient, checked; this tier's bookkeeping starts with it."""

    @abstractmethod
    def running(self, node: Any) -> Any:
        """The gradient of a node as far as it has been added up; None before the first part."""

    @abstractmethod
    def advance(self, node: Any) -> list[Edge]:
        """Run backward over one node; what it carried along each edge, in order."""

    @abstractmethod
    def commit(self) -> None:
        """Add what was found to the nodes' `.grad`, as `backward` does at its end."""


def begin(root: Any, gradient: Any = None, retain_grads: bool | None = None) -> Pass:
    """A pass from `root` that has not moved yet.

    Args, errors: as `Value.backward` and `Tensor.backward`; `retain_grads` has each tier's default.

    >>> x = Value(3.0)
    >>> one = begin(x * x)
    >>> [edge.part for node in reversed(one.order) for edge in one.advance(node)]
    [3.0, 3.0]
    >>> one.commit()
    >>> x.grad
    6.0
    """
    kind = TensorPass if isinstance(root, Tensor) else ValuePass
    return kind(root, gradient, retain_grads)


class ValuePass(Pass):
    """A pass over single numbers."""

    def _seed(self, gradient: Any) -> float:
        seed = 1.0 if gradient is None else number(gradient, "gradient")
        scalar_backward.check_leaves(self.order)
        self.found = {**dict.fromkeys(map(id, self.order), 0.0), id(self.root): seed}
        return seed

    def running(self, node: Value) -> float:
        return self.found[id(node)]

    def advance(self, node: Value) -> list[Edge]:
        if node.op is None:
            return []
        parts = scalar_backward.contributions(node, self.found[id(node)])
        slopes = scalar_backward.contributions(node, 1.0)
        scalar_backward.advance(node, self.found)
        return [
            Edge(i, x, float(part), float(slope))
            for i, (x, part, slope) in enumerate(zip(node.inputs, parts, slopes, strict=True))
            if isinstance(x, Value) and (x.op is not None or x.requires_grad)
        ]

    def commit(self) -> None:
        remember_pass(self.root, self.seed)
        scalar_backward.commit(self.order, self.found, self.retain_grads)


class TensorPass(Pass):
    """A pass over arrays."""

    def _seed(self, gradient: Any) -> np.ndarray:
        seed = self.root._seed(gradient, create_graph=False)
        self.found = {self.root: seed}
        return seed

    def running(self, node: Tensor) -> np.ndarray | None:
        return self.found.get(node)

    def advance(self, node: Tensor) -> list[Edge]:
        g = self.found.get(node)
        if node.op is None or g is None:
            return []
        edges = [
            Edge(i, x, tensor_backward.contribution(node, g, i), _local(node, i))
            for i, x in enumerate(node.inputs)
            if isinstance(x, Tensor) and x.requires_grad and node.op.rule(i) is not None
        ]
        tensor_backward.propagate([node], self.found, keep=True)
        return edges

    def commit(self) -> None:
        remember_pass(self.root, self.seed)
        found = dict(self.found)  # this pass keeps its own arrays
        tensor_backward.commit(found, self.retain_grads)


def _local(node: Tensor, index: int) -> float | None:
    if node.ndim or node.inputs[index].ndim:
        return None
    return float(tensor_backward.contribution(node, np.ones_like(node.numpy()), index))
