"""Programs written down: what a Symbol's program consists of, and how it comes about."""

from __future__ import annotations

from typing import Any

from ..graph import toposort
from ..node import Node
from .symbol import Symbol


class Trace:
    """One program being written down: its inputs, and what was met on the way.

    Attributes:
        inputs: the Symbols that stand for its arguments and for leaves met inside, in order.
        lifted: the Symbol that stands for each Value or Tensor met inside.
        recorded: whether gradients made now are to be differentiated again (see
            `is_recorded`).
    """

    def __init__(self) -> None:
        self.inputs: list[Symbol] = []
        self.lifted: dict[Node, Symbol] = {}
        self.recorded = False

    def input(self, example: Any, label: str = "", requires: bool = True) -> Symbol:
        """A new input of the program, of the example's shape and dtype."""
        x = Symbol.leaf_of(example, self, label, requires)
        self.inputs.append(x)
        return x

    def constant(self, numbers: Any) -> Symbol:
        """A Symbol that stands for numbers that never change."""
        x = Symbol.leaf_of(numbers, self)
        x.is_constant = True
        return x

    def lift(self, root: Any) -> Symbol:
        """The Symbol for a Value or Tensor: an input for a leaf, else what its graph writes down.

        A leaf that requires no gradient is a constant, unless it has a label.
        """
        for node in toposort(root):
            if node in self.lifted:
                continue
            if node.op is None:
                y = self._leaf(node)
            else:
                inputs = tuple([self.lifted[x] if isinstance(x, Node) else x for x in node.inputs])
                y = Symbol.made(node.op, inputs, dict(node.params), node._held, self)
                y.label = node.label
            self.lifted[node] = y
        return self.lifted[root]

    def _leaf(self, node: Any) -> Symbol:
        if node.requires_grad or node.label:
            return self.input(node._held, node.label, node.requires_grad)
        return self.constant(node._held)
