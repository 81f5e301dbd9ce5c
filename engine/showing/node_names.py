"""What the nodes of a graph are called: in pictures, in steps and in explanations alike."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from ..node import Node
from .formula import few, operation, rule_formula, slope_of
from .numerals import brief, shorten, without_middle

LONGEST = 24  # characters of a name in an equation
PLACES = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

Index = tuple[int, ...]


class Names:
    """A short name for each node, no two alike: its label, or `n4` by its place in the order.

    The root is called L if it has no label: then `∂L/∂a` reads as it does in books.  Where two
    labels are alike, the place follows: `w (n3)`.

    Args:
        order: `toposort` of the root.
        earlier: names of other graphs that are shown beside it: what is in them keeps its name,
            and what would be called like something there has `(2)` after it, `(3)` in the third.

    Attributes:
        root: what the gradients are derivatives of.

    >>> from engine import Value, toposort
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> y = a * b + a
    >>> names = Names(toposort(y))
    >>> [names(node) for node in names.order]
    ['a', 'b', 'n2', 'L']
    >>> names.gradient(a), names.local(y, 0)
    ('∂L/∂a', '∂(n2 + a)/∂n2')
    """

    def __init__(self, order: list[Any], earlier: tuple[Names, ...] = ()) -> None:
        self.order = order
        known = {key: name for one in earlier for key, name in one._names.items()}
        taken = set(known.values())
        self._names: dict[int, str] = {
            id(x): known.get(id(x)) or _free(name, taken, f" ({len(earlier) + 1})")
            for x, name in zip(order, _distinct(order), strict=True)
        }
        self.place = {id(node): i for i, node in enumerate(order)}
        self.root = self._names[id(order[-1])]

    def __call__(self, x: Any) -> str:
        """The name of a node; a constant as it is."""
        if isinstance(x, Node):
            return self._names[id(x)]
        return brief(x) if np.asarray(x).dtype.kind in "fiub" else shorten(repr(x), LONGEST)

    def gradient(self, x: Any) -> str:
        """The gradient of a node: `∂L/∂a`."""
        return f"∂{self.root}/∂{self(x)}"

    def operation(self, node: Any) -> str:
        """How a result was made: `n2 + a`."""
        return operation(node.op, few([self(x) for x in node.inputs]), node.params)

    def local(self, node: Any, index: int, of: str = "", by: str = "") -> str:
        """The local derivative of a result with respect to one of its inputs: `∂(n2 + a)/∂a`.

        It is named by the op, not by the result: ∂y/∂a would be all that y changes with a, along
        every path.  An input that enters twice is told apart by its places: `∂(x₁ × x₂)/∂x₁`.

        Args:
            of, by: of arrays, the elements meant, `[0,1]`.
        """
        names = [self(x) for x in node.inputs]
        if sum(x is node.inputs[index] for x in node.inputs) > 1:
            names = [
                f"{name}{str(i + 1).translate(PLACES)}" if x is node.inputs[index] else name
                for i, (x, name) in enumerate(zip(node.inputs, names, strict=True))
            ]
        return slope_of(node.op, names, index, node.params, of, by)

    def rule(self, node: Any, index: int) -> str:
        """What the rule of an edge comes down to: `∂L/∂c × (1 − c × c)`, `x.T @ ∂L/∂h`.

        Of a rule that cannot be run on nodes, what it is given.
        """
        roles: dict[str | int, str] = {"g": self.gradient(node), "y": self(node)}
        roles.update((i, self(x)) for i, x in enumerate(node.inputs))
        try:
            return rule_formula(node, index, roles)
        except (
            Exception
        ):  # a user's rule may take plain numbers alone, and fail on nodes in any way
            return f"rule of {node.op.name} with g = {roles['g']}"


def _distinct(order: list[Any]) -> list[str]:
    """Labels, and names for what has none; after those that are taken, the node's place."""
    labels = [_short(node.label) if node.label else "" for node in order]
    taken = Counter(labels)
    names = []
    for i, label in enumerate(labels):
        name = label or ("L" if i == len(order) - 1 else f"n{i}")
        names.append(f"{name} (n{i})" if taken[name] > bool(label) else name)
    while len(taken := Counter(names)) < len(names):  # a label may look like a name with its place
        names = [name if taken[name] == 1 else f"{name} (n{i})" for i, name in enumerate(names)]
    return names


def _short(label: Any) -> str:
    return without_middle(" ".join(str(label).split()), LONGEST)


def _free(name: str, taken: set[str], after: str) -> str:
    return _free(name + after, taken, after) if name in taken else name
