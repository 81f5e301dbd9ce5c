"""Notebook 03: a small engine, four that are wrong, and the smallest expressions that tell.

`Engine` is backward as it should be.  Each of the others differs from it in one method, by one
classic mistake.  `smallest` looks for the smallest expression on which two engines disagree.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from engine import Value, toposort
from viz.graphs import Picture, diff
from viz.plots import CYCLE

# --- the engines ---


def local(node: Value, i: int) -> float:
    """The local derivative along edge i: the op's rule, where the upstream gradient is 1.

    >>> local(Value(2.0) * Value(5.0), 0)
    5.0
    """
    if node.is_leaf:
        raise ValueError(
            f"{node.label or node!r} is a leaf: no op made it, and no edge leads to it"
        )
    return node.contribution(1.0, i)


class Engine:
    """Backward over Values: `grad` holds, for each node, what it has received."""

    def __init__(self) -> None:
        self.grad: dict[Value, float] = {}

    def backward(self, root: Value) -> None:
        self.begin(root)
        for node in self.order(root):
            for i, x in self.edges(node):
                self.receive(x, self.grad[node] * local(node, i))

    def begin(self, root: Value) -> None:
        # Leaves keep what earlier passes gave them; results start again from nothing.
        self.grad = {x: g for x, g in self.grad.items() if x.is_leaf}
        self.grad[root] = 1.0

    def order(self, root: Value) -> Iterable[Value]:
        return reversed(toposort(root))

    def edges(self, node: Value) -> Iterable[tuple[int, Value]]:
        return [(i, x) for i, x in enumerate(node.inputs) if isinstance(x, Value)]

    def receive(self, x: Value, part: float) -> None:
        self.grad[x] = self.grad.get(x, 0.0) + part


class Overwrite(Engine):
    """`=` for `+=`: the last contribution wins."""

    def receive(self, x: Value, part: float) -> None:
        self.grad[x] = part


class ParentSet(Engine):
    """A set of parents: a node that is an input twice is in it once."""

    def edges(self, node: Value) -> Iterable[tuple[int, Value]]:
        parents = {x: i for i, x in super().edges(node)}
        return [(i, x) for x, i in parents.items()]


class NoOrder(Engine):
    """No topological order: a node passes its gradient on in the order in which it was found."""

    def order(self, root: Value) -> Iterable[Value]:
        found = {root: 0}
        waiting = [root]
        while waiting:
            node = waiting.pop(0)
            for _, x in self.edges(node):
                if x not in found:
                    found[x] = len(found)
                    waiting.append(x)
        return found


class Stale(Engine):
    """Stale intermediates: results start from what an earlier pass has left in them."""

    def begin(self, root: Value) -> None:
        self.grad[root] = 1.0


MISTAKES: tuple[type[Engine], ...] = (Overwrite, ParentSet, NoOrder, Stale)

Function = Callable[[Value], Any]


def _derivative(kind: type[Engine], root: Any, a: Value, passes: int) -> float:
    engine = kind()
    for _ in range(passes):
        engine.backward(root)
    return engine.grad.get(a, 0.0)


def derivative(kind: type[Engine], f: Function, at: float = 3.0, passes: int = 1) -> float:
    """What an engine takes for the derivative of f, after one or more backward passes.

    >>> derivative(Engine, lambda a: a * a), derivative(ParentSet, lambda a: a * a)
    (6.0, 3.0)
    """
    a = Value(at, label="a")
    return _derivative(kind, f(a), a, passes)


# --- the smallest expression that tells two engines apart ---

SIGNS: dict[str, Callable[[Value, Value], Value]] = {
    "+": lambda x, z: x + z,
    "*": lambda x, z: x * z,
}


@dataclass(frozen=True)
class Expression:
    """Sums and products of one number a, a line each: `b = a + a`, `y = a * b`.

    Attributes:
        lines: (sign, left, right) for each line; 0 is a, 1 the result of the first line, …
    """

    lines: tuple[tuple[str, int, int], ...]

    @property
    def names(self) -> str:
        """a, b, c … and y for the last."""
        return "abcdefgh"[: len(self.lines)] + "y"

    def __call__(self, a: Value) -> Value:
        nodes = [a]
        for name, (sign, i, j) in zip(self.names[1:], self.lines, strict=True):
            nodes.append(SIGNS[sign](nodes[i], nodes[j]))
            nodes[-1].label = name
        return nodes[-1]

    def __str__(self) -> str:
        names = self.names
        return ", ".join(
            f"{names[k]} = {names[i]} {sign} {names[j]}"
            for k, (sign, i, j) in enumerate(self.lines, 1)
        )


def expressions(count: int) -> Iterator[Expression]:
    """Every expression of `count` lines; a + b stands for b + a too."""
    choices = [
        [(sign, i, j) for sign in SIGNS for i in range(k) for j in range(i, k)]
        for k in range(1, count + 1)
    ]
    return map(Expression, itertools.product(*choices))


@dataclass(frozen=True)
class Counterexample:
    """An expression on which an engine is wrong.

    Attributes:
        kind: the engine.
        f: the expression.
        passes: how often backward ran.
        right, wrong: what the derivative should be, and what the engine says.
    """

    kind: type[Engine]
    f: Expression
    passes: int
    right: float
    wrong: float

    def __str__(self) -> str:
        again = ", backward twice" if self.passes > 1 else ""
        return f"{self.f}{again}: {self.right:g} is right, {self.kind.__name__} says {self.wrong:g}"

    __repr__ = __str__

    def draw(self, **options: Any) -> Picture:
        """Both graphs as one: a gradient is given as it should be, and → as it is."""
        both = [self._with_gradients(kind) for kind in (Engine, self.kind)]
        return diff(*both, names=("right", self.kind.__name__), **options)

    def _with_gradients(self, kind: type[Engine]) -> Value:
        y = self.f(Value(3.0, label="a"))
        engine = kind()
        for _ in range(self.passes):
            engine.backward(y)
        for node, g in engine.grad.items():
            node.grad = g
        return y


def smallest(kind: type[Engine], right: type[Engine] = Engine, most: int = 3) -> Counterexample:
    """The first expression, by number of ops and then of passes, on which `kind` is not `right`.

    Raises:
        LookupError: they agree on every expression of up to `most` ops.

    >>> smallest(Overwrite)
    y = a + a: 2 is right, Overwrite says 1
    """
    for count in range(1, most + 1):
        for passes in (1, 2):
            for f in expressions(count):
                expected, found = (
                    derivative(right, f, 3.0, passes),
                    derivative(kind, f, 3.0, passes),
                )
                if found != expected:
                    return Counterexample(kind, f, passes, expected, found)
    raise LookupError(f"{kind.__name__} is right on everything of up to {most} ops")


def doubled(times: int) -> tuple[Value, Value]:
    """(x, y): y is x doubled so often, each time as a sum of the result with itself."""
    x = y = Value(1.0, label="x")
    for _ in range(times):
        y = y + y
    return x, y


# --- a picture of an order ---


def arrows(order: Iterable[Value], ax: Any, title: str = "") -> None:
    """Nodes in a row, in an order; what backward carries, as arrows to the inputs.

    An arrow to the left brings its part to a node that has had its turn: it is drawn below.
    """
    row = list(order)
    place = {node: i for i, node in enumerate(row)}
    seen: dict[tuple[int, int], int] = {}
    for node, i in place.items():
        for x in node.inputs:
            if not isinstance(x, Value):
                continue
            j = place[x]
            again = seen[i, j] = seen.get((i, j), 0) + 1
            bend = -(0.35 + 0.17 * again) / abs(j - i) ** 0.5
            ax.annotate(
                "", (j, 0), (i, 0),
                arrowprops={
                    "arrowstyle": "-|>", "color": CYCLE[0] if j > i else CYCLE[1],
                    "linestyle": "-" if j > i else "--", "linewidth": 1.8,
                    "shrinkA": 15, "shrinkB": 15, "connectionstyle": f"arc3,rad={bend}",
                },
            )  # fmt: skip
    for node, i in place.items():
        circle = {"boxstyle": "circle,pad=0.35", "facecolor": "white", "edgecolor": "black"}
        ax.text(i, 0, node.label, ha="center", va="center", fontsize=13, bbox=circle)
    ax.set(xlim=(-0.6, len(row) - 0.4), ylim=(-0.4, 1), title=title)
    ax.axis("off")
