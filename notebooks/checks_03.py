"""Checks of notebook 03: contributions, the engine that is wrong, a backward pass of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from engine import Op, Value, add, toposort

from .exercise import Hint, answer_to_numpy, exercise, expect, near, without
from .lesson_03 import MISTAKES, Engine, Function, ParentSet, derivative, expressions, smallest


@exercise
def check_contributions(into_d: Any, into_a: Any) -> str:
    """a = 2, b = 5, d = a * b, e = d * a, y = e + d: what d and what a receive."""
    d, a = (
        sorted(answer_to_numpy(list(x) if isinstance(x, set | Iterator) else x).ravel().tolist())
        for x in (into_d, into_a)
    )
    expect((d, a) != ([10.0, 15.0], [1.0, 2.0]), "the two lists have changed places")
    expect(
        len(d) == 2,
        "d goes into two nodes, e and y, so two arrows bring it something: give a list of two "
        "numbers, not their sum",
    )
    expect(
        sorted([10.0, 1.0]) != d and sorted([10.0, 2.0]) != d,
        "one of the numbers for d is d's own value: for e = d * a, ∂e/∂d is the other factor, a",
    )
    near(d, [1.0, 2.0], "into_d: y = e + d gives 1 × 1, e = d * a gives (gradient of e) × a")
    expect(
        a != [5.0, 10.0, 10.0],
        "these are three paths from a to y. d passes its gradient on once, the sum of what it has "
        "received: so two of them arrive together",
    )
    expect(len(a) == 2, "a goes into two nodes, d and e: give a list of two numbers for it")
    expect(
        a not in ([5.0, 10.0], [10.0, 10.0]),
        "through d comes (gradient of d) × b, and the gradient of d must be complete: the sum of "
        "both its contributions, not one of them",
    )
    expect(a != [6.0, 10.0], "for d = a * b, ∂d/∂a is the other factor: b, and not a")
    near(a, [10.0, 15.0], "into_a: through e comes 1 × d, through d comes 3 × b")
    return f"They sum to {sum(a):g}: y = a²b + ab, so ∂y/∂a = 2ab + b = 25."


class _Mystery(ParentSet):
    """The engine of exercise 2."""


def mystery(f: Function, at: float = 3.0, passes: int = 1) -> float:
    """The derivative of f, as the engine of exercise 2 has it."""
    return derivative(_Mystery, f, at, passes)


@exercise
def check_culprit(culprit: Any) -> str:
    """Which of the four mistakes the engine of exercise 2 makes."""
    names = ", ".join(kind.__name__ for kind in MISTAKES)
    expect(
        any(culprit is kind for kind in MISTAKES),
        f"culprit must be one of the four classes: {names}"
        + (", without quotation marks" if isinstance(culprit, str) else ""),
    )
    try:
        found = smallest(_Mystery, culprit)
    except LookupError:
        return "No expression of up to three ops tells the two apart."
    again = " and backward twice" if found.passes > 1 else ""
    raise Hint(
        f"{culprit.__name__} would say {found.right:g} where mystery says {found.wrong:g}: "
        f"try {found.f}{again}"
    )


@exercise
def check_backward(backward: Any) -> str:
    """backward(root): the gradient of every node, as a dictionary."""

    def found(f: Function) -> float:
        a = Value(3.0, label="a")
        try:
            gradients = backward(f(a))
        except KeyError:
            raise Hint(
                "a gradient is asked for that is not there (KeyError). Where you add to it, take "
                "gradients.get(x, 0.0); and begin with {root: 1.0} and go through toposort(root) "
                "from its end, so that a node has its gradient when its turn comes"
            ) from None
        expect(
            isinstance(gradients, dict) and a in gradients,
            "backward should return a dictionary with the gradient of every node, a too",
        )
        return float(gradients[a])

    tried = [f for count in (1, 2, 3) for f in expressions(count)]
    wrong = next((f for f in tried if found(f) != derivative(Engine, f)), None)
    if wrong is None:
        _every_node(backward)
        near(found(lambda a: a / (4.0 - a)), 4.0, "at a = 3, a / (4 - a) has the derivative 4")
        near(
            found(lambda a: a - a), 0.0,
            "a - a has two edges that lead to the same a, with the local derivatives 1 and −1. If "
            "you look up i by the input (index), you find the first of them both times",
        )  # fmt: skip
        _each_node_once(backward)
        return f"On all {len(tried)} sums and products of up to three ops."
    alike = [m for m in MISTAKES if all(found(f) == derivative(m, f) for f in tried)]
    raise Hint(
        f"at a = 3, {wrong} has the derivative {derivative(Engine, wrong):g}, and yours gives "
        f"{found(wrong):g}{f': it does what {alike[0].__name__} does' if alike else ''}"
    )


def _every_node(backward: Any) -> None:
    """Go on if every node has its gradient, and has it again when asked again."""
    a, b = Value(3.0, label="a"), Value(2.0, label="b")
    c = a * b
    c.label = "c"
    y = c * a + c
    y.label = "y"
    engine = Engine()
    engine.backward(y)
    for again in ("", ", when backward runs again on the same graph: begin each time from nothing"):
        gradients = backward(y)
        for node in toposort(y):
            name = node.label or "the product c * a"
            expect(node in gradients, f"in c = a * b, y = c * a + c, {name} has no gradient")
            near(
                gradients[node], engine.grad[node],
                f"in c = a * b, y = c * a + c at a = 3, b = 2, the gradient of {name}{again}",
            )  # fmt: skip


class _Counted(Value):
    """A sum whose inputs can be asked for only so often: who walks every path asks too often."""

    __slots__ = ("left", "parents")

    def __init__(self, op: Op, parents: tuple[Value, ...], left: list[int]) -> None:
        super().__init__(0.0)
        self.op, self.parents, self.left = op, parents, left

    @property
    def inputs(self) -> tuple[Any, ...]:
        self.left[0] -= 1
        if self.left[0] < 0:
            raise Hint(
                "on a chain of 60 nodes in which each is the sum of the one before with itself, "
                "yours walks every path, and there are 2⁶⁰: remember which nodes were visited, "
                "and do not go below them again"
            )
        return self.parents


def _doubled(leaf: Value, left: int) -> Value:
    """A chain of 60 sums of a node with itself, whose inputs can be asked for `left` times."""
    counted, room = leaf, [left]
    for _ in range(60):
        counted = _Counted(add, (counted, counted), room)
    return counted


def _each_node_once(backward: Any) -> None:
    """Go on if backward takes a node when all its gradient is there, and not once for each path."""
    a = Value(1.0, label="a")
    gradients = backward(_doubled(a, 5000))
    near(gradients[a], 2.0**60, "a was doubled 60 times, so its gradient")


@exercise
def check_edges(edges: Any) -> str:
    """The edges of a node, as pairs (which input, the input), constants left out."""

    class Repaired(Engine):
        def edges(self, node: Value) -> Iterable[tuple[int, Value]]:
            return _pairs(edges(node), node)

    def found(f: Function) -> float:
        return derivative(Repaired, f, 3.0)

    near(found(lambda a: a + 4.0), 1.0, "a + 4 has one edge, from input 0")
    near(
        found(lambda a: 4.0 - a), -1.0,
        "in 4 - a, the number a is input 1: count all inputs, and leave out the constants only "
        "then, or a gets the rule that belongs to the 4",
    )  # fmt: skip
    near(found(lambda a: a * a), 6.0, "a * a has two edges, and both lead to a: keep both")
    near(
        found(lambda a: a - a), 0.0,
        "a - a has two edges that lead to the same a: input 0 and input 1, each with its own rule. "
        "Looked up by index, both are input 0",
    )  # fmt: skip
    near(found(lambda a: a / (2.0 - a)), 2.0, "try a / (2 - a) at 3, where the derivative is 2")
    return "4 - a, a * a and a / (2 - a) come out right."


def _pairs(edges: Any, node: Value) -> list[tuple[int, Value]]:
    """What the learner calls the edges of a node, if they are pairs (int, Value)."""
    name = "a leaf" if node.op is None else node.op.name
    where = f"for {name}({', '.join(_shown(x) for x in node.inputs)})"
    expect(
        isinstance(edges, Iterable),
        f"{where}, a list of pairs is asked for; yours is a {type(edges).__name__}",
    )
    found = list(edges)
    for pair in found:
        expect(
            isinstance(pair, tuple | list) and len(pair) == 2,
            f"{where}, each edge should be a pair (which input, the input); one of yours is "
            f"{pair!r:.60}",
        )
        i, x = pair
        expect(
            not isinstance(x, float) and not isinstance(i, float),
            f"{where}, one of your edges leads to the constant {x if isinstance(x, float) else i}: "
            "a plain number collects no gradient, leave it out",
        )
        expect(
            isinstance(i, int) and isinstance(x, Value),
            f"{where}, a pair should be (which input, the input), in this order; yours is "
            f"({type(i).__name__}, {type(x).__name__})",
        )
        expect(
            0 <= i < len(node.inputs), f"{where}, there is no input {i}: inputs are counted from 0"
        )
        expect(
            any(x is one for one in node.inputs),
            f"{where}, an edge leads to an input; one of yours leads to another node",
        )
    return found


def _shown(x: Any) -> str:
    return x.label or "a result" if isinstance(x, Value) else f"{x:g}"


NO_TOPOSORT = (
    "yours calls toposort, or something that does: here the order is to be found without it, by "
    "counting edges"
)


@exercise
def check_turns(in_turn: Any) -> str:
    """Every node after all that was made from it, each once, the root first; without recursion."""
    a, b = Value(2.0, label="a"), Value(2.0, label="b")
    d = a * b
    _check_turns(in_turn, (d + 1.0) * d, 5)
    _check_turns(in_turn, a, 1)
    for f in expressions(3):
        root = f(Value(3.0, label="a"))
        _check_turns(in_turn, root, len(toposort(root)))

    expect(len(list(in_turn(_doubled(a, 1000)))) == 61, "a chain of 60 sums has 61 nodes")

    chain: Value = a
    for _ in range(20_000):
        chain = chain + 1.0
    try:
        with without(toposort, NO_TOPOSORT):
            order = list(in_turn(chain))
    except RecursionError:
        raise Hint(
            "a chain of 20,000 nodes is deeper than Python's calls may nest: keep the nodes that "
            "are ready in a list of your own, and do without recursive calls"
        ) from None
    expect(len(order) == 20_001 and order[0] is chain, "a chain of 20,000 sums has 20,001 nodes")
    return "Also on a chain of 20,000 nodes, and on one with 2⁶⁰ paths."


def _check_turns(in_turn: Any, root: Value, count: int) -> None:
    """The turns in a small graph.

    Raises:
        Hint: what is wrong with them.
    """
    with without(toposort, NO_TOPOSORT):
        found = in_turn(root)
        expect(
            isinstance(found, Iterable),
            f"a list of Values is asked for, and yours is a {type(found).__name__}",
        )
        order = list(found)
    for node in order:
        expect(
            not isinstance(node, float),
            "the list should hold Values only: a plain number among the inputs is no node",
        )
        expect(
            isinstance(node, Value),
            f"the list should hold Values only; one of yours is {node!r:.40}",
        )
    turn = {id(node): i for i, node in enumerate(order)}
    expect(
        len(turn) == len(order),
        "a node has more than one turn: let it wait until all that was made from it is done, and "
        "take it once",
    )
    expect(
        len(order) == count,
        f"a graph of {count} nodes comes out with {len(order)}. Does a node wait for ever, because "
        "its edges are counted too often, or counted as edges and taken off as nodes? Or do "
        "you look it up by `in` a list? That compares "
        "Values by their numbers; a set or a dictionary tells them apart",
    )
    if count > 1:
        expect(order[-1] is not root, "the root should come first, and yours has it last")
    for node in order:
        for x in node.inputs:
            if isinstance(x, Value):
                expect(
                    turn[id(node)] < turn[id(x)],
                    f"{_shown(x)} has its turn before {_shown(node)}, which was made from it and "
                    "has still something to give it (in b = a + a, c = a + b, y = b + c, for one)",
                )
