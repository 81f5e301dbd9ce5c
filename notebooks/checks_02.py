"""Checks of notebook 02: a formula read off a graph, new ops for it, its order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .exercise import Hint, answer_to_numpy, exercise, expect, near
from .lesson_02 import ordered


@exercise
def check_formula(formula: Callable[..., Any], value: Any) -> str:
    """Exercise 1: `formula(y)`, the calculation behind y as text."""
    a, b, c = value(2.0, label="a"), value(-3.0, label="b"), value(7.0, label="c")
    for y, wanted in (
        (a, "a"),
        (a * b, "(a * b)"),
        (a.tanh(), "tanh(a)"),
        ((a + b) * c, "((a + b) * c)"),
        (a + b * c, "(a + (b * c))"),
        ((a * b + c).tanh() * a, "(tanh(((a * b) + c)) * a)"),
    ):
        found = formula(y)
        expect(
            isinstance(found, str),
            f"A formula is a text, {wanted!r} for one, and yours is a {type(found).__name__}",
        )
        said = f"Yours is {found!r}, and it should be {wanted!r}"
        if _plain(found) == _plain(wanted):
            continue
        expect(
            y.op != "tanh" or _plain(found, "()") != _plain(wanted, "()"),
            f"{said}: the input of tanh stands in brackets behind the name",
        )
        expect(
            _plain(found, "()") != _plain(wanted, "()"),
            f"{said}: put brackets around each sum and each product, "
            "or a reader cannot tell which is done first",
        )
        expect(y.op, f"{said}: a leaf has no op and no inputs, it is its label")
        expect(y.op != "tanh", f"{said}: tanh has one input, and its name stands before it")
        expect(not found.startswith(("+", "*")), f"{said}: the sign stands between its two inputs")
        expect(
            _plain(found, "+*") != _plain(wanted, "+*"),
            f"{said}: look at the signs; which one it is, the op of y says",
        )
        expect(
            any(ch.isalpha() for ch in found),
            f"{said}: use the labels of the leaves, not their numbers",
        )
        expect(
            sorted(_plain(found)) != sorted(_plain(wanted)),
            f"{said}: the first of the inputs stands on the left",
        )
        raise Hint(f"{said}: each input has a formula of its own, so formula calls itself")
    return "The value knows its whole calculation, and your formula reads it off."


def _plain(text: str, without: str = "") -> str:
    return "".join(ch for ch in text if ch not in " " + without)


@exercise
def check_subtraction(value: Any, sub: Callable[..., Any], sub_rule: Callable[..., Any]) -> str:
    """Exercise 2: a - b, and its rule."""
    a, b = value(5.0, label="a"), value(3.0, label="b")
    try:
        difference = sub(a, b)
    except RecursionError:
        raise Hint(
            "sub calls itself: between two Values, the sign - is sub again. Subtract their data"
        ) from None
    _is_node(difference, value, "a - b for a = 5 and b = 3", 2.0, "-", (a, b))
    parts = _two(sub_rule(2.0, 2.0, 5.0, 3.0), 2)
    said = f"For g = 2 your rule gives {parts}. "
    expect(parts != (2.0, 2.0), said + "When b grows, a − b falls: look at the sign")
    expect(parts != (1.0, -1.0), said + "Those are the local derivatives: multiply them by g")
    expect(parts != (-2.0, 2.0), said + "a comes first: its part is the first one")
    near(parts, (2.0, -2.0), "For g = 2 the parts are g · 1 and g · (−1)")
    a, b = value(5.0), value(3.0)
    y = (a - b) * a
    y.backward()
    near((a.grad, b.grad), (7.0, -5.0), "The gradients of (a − b)·a for a = 5 and b = 3")
    return "One method and one row: that is all an op is."


@exercise
def check_exp_and_relu(
    value: Any,
    exp: Callable[..., Any],
    exp_rule: Callable[..., Any],
    relu: Callable[..., Any],
    relu_rule: Callable[..., Any],
) -> str:
    """Exercise 3: exp and relu, and their rules."""
    x = value(0.5, label="x")
    _is_node(exp(x), value, "exp(x) for x = 0.5", math.exp(0.5), "exp", (x,))
    for z, wanted in ((3.0, 3.0), (-3.0, 0.0), (0.0, 0.0)):
        x = value(z, label="x")
        _is_node(relu(x), value, f"relu(x) for x = {z:g}", wanted, "relu", (x,))
    y = math.exp(0.5)
    (part,) = _two(exp_rule(2.0, y, 0.5), 1)
    said = f"For g = 2 and x = 0.5 your rule for exp gives {part:.4g}. "
    expect(not math.isclose(part, y), said + "That is the local derivative: multiply it by g")
    expect(part != 1.0, said + "That is g · x: but exp is its own derivative, and y is exp(x)")
    expect(not math.isclose(part, 2 * math.exp(y)), said + "Is that exp(y)? y is exp(x) already")
    near(part, 2 * y, "The rule for exp with g = 2 and x = 0.5")
    for z, wanted in ((3.0, 2.0), (-3.0, 0.0), (0.0, 0.0)):
        (part,) = _two(relu_rule(2.0, max(z, 0.0), z), 1)
        said = f"For g = 2 and x = {z:g} your rule for relu gives {part:g}. "
        expect(not (z > 0 and part == 6.0), said + "That is g · y: but the slope there is 1")
        expect(not (z > 0 and part == 1.0), said + "That is the local derivative: multiply it by g")
        expect(not (z < 0 and part), said + "Left of 0 relu is flat, and nothing gets through")
        expect(not (z == 0 and part), said + "At 0 itself the convention is 0: is it x > 0?")
        near(part, wanted, f"The rule for relu with g = 2 and x = {z:g}")
    (part,) = _two(relu_rule(-2.0, 3.0, 3.0), 1)
    near(part, -2.0, "For g = −2 and x = 3: the gate looks at x, and lets a negative g through too")
    a, b = value(0.5), value(-2.0)
    y = (a * b).exp() + (a + b).relu() + a.relu()
    y.backward()
    near(
        (a.grad, b.grad),
        (1 - 2 * math.exp(-1.0), 0.5 * math.exp(-1.0)),
        "The gradients of exp(a·b) + relu(a + b) + relu(a) for a = 0.5 and b = −2",
    )
    return "Both work wherever they stand, for the graph does the rest."


def _is_node(y: Any, value: Any, what: str, data: float, op: str, inputs: tuple[Any, ...]) -> None:
    """Go on if y is a node that remembers where it came from."""
    expect(
        isinstance(y, value),
        f"{what} has to be a Value, or it is forgotten where it came from; yours is {y!r:.40}",
    )
    expect(
        all(y is not x for x in inputs),
        f"{what} has to be a new Value: an input stays what it was, it may be used again",
    )
    near(y.data, data, f"The data of {what}")
    expect(y.op == op, f"{what} should remember the op {op!r}; yours is {y.op!r}")
    expect(
        isinstance(y.inputs, tuple | list) and len(y.inputs) == len(inputs),
        f"{what} has to remember its inputs as a tuple of {len(inputs)}; yours is {y.inputs!r:.60}"
        + ("" if len(inputs) > 1 else " (of one thing it is written with a comma: (x,))"),
    )
    expect(
        all(mine is theirs for mine, theirs in zip(y.inputs, inputs, strict=True)),
        f"{what}: its inputs are the Values themselves, in their order, the left one first",
    )


def _two(parts: Any, count: int) -> tuple[float, ...]:
    """What a rule gave, as numbers; `count` of them are expected."""
    if not isinstance(parts, tuple | list):
        raise Hint(
            "A rule returns a tuple with a part for each input, even for one input: (part,). "
            f"Yours returns {parts!r:.40}"
        )
    expect(
        len(parts) == count,
        f"A rule returns a part for each input, so {count} here; yours returns {len(parts)}",
    )
    return tuple(float(answer_to_numpy(part)) for part in parts)


class _Counted:
    """A node whose inputs may be looked at so often, and not more."""

    looks = 0
    data = grad = 0.0

    def __init__(self, label: str, *inputs: _Counted) -> None:
        self.label = label
        self.op = "+" if inputs else ""
        self._inputs = inputs

    @property
    def inputs(self) -> tuple[_Counted, ...]:
        _Counted.looks += 1
        if _Counted.looks > MOST_LOOKS:
            raise Hint(
                "A node that is used twice is walked through twice, and what lies below it four "
                "times, then eight … Remember which nodes you have seen"
            )
        return self._inputs

    def __repr__(self) -> str:
        return self.label


DEEP = 10_000
MOST_LOOKS = 10 * DEEP


def _graphs() -> Iterator[tuple[str, _Counted]]:
    """Graphs to sort, small ones first, each with its formula."""
    x = _Counted("x")
    yield "x alone", x
    a, b = _Counted("a"), _Counted("b")
    yield "y = a * b", _Counted("y", a, b)
    square = _Counted("y", x, x)
    yield "y = x * x", square
    p = _Counted("p", a, b)
    q = _Counted("q", p, a)
    for inputs in ((p, q), (q, p)):
        first, second = inputs
        yield f"p = a * b, q = p * a, y = {first} + {second}", _Counted("y", first, second)
    for inputs in ((a, q), (q, a)):
        first, second = inputs
        yield f"p = a * b, q = p * a, y = {first} + {second}", _Counted("y", first, second)
    y = x
    for _ in range(30):
        y = _Counted("y", y, y)
    yield "x doubled 30 times, y = y + y", y
    y = x
    for _ in range(DEEP):
        y = _Counted("y", y, x)
    yield f"a chain, y = y + x, {DEEP:,} times", y


@exercise
def check_order(toposort: Callable[..., Any]) -> str:
    """Exercise 4: `toposort(root)` without recursion."""
    for what, root in _graphs():
        _Counted.looks = 0
        try:
            found = toposort(root)
            expect(
                isinstance(found, Iterable),
                f"For {what}: a list of nodes is asked for, and yours is a {type(found).__name__}",
            )
            found = list(found)
        except RecursionError:
            raise Hint(
                f"For {what}: it still calls itself, once for each step down, and Python stops "
                "that after about a thousand. Keep what is to be done in a list of your own"
            ) from None
        _is_order(found, root, what)
    return f"Also {DEEP:,} steps down, where recursion gives up."


def _is_order(found: list[Any], root: _Counted, what: str) -> None:
    shown = f" Yours: {found}." if len(found) < 10 else ""
    _Counted.looks = 0
    place: dict[_Counted, int] = {}
    for i, node in enumerate(found):
        expect(isinstance(node, _Counted), f"For {what}: the list should hold nodes only.{shown}")
        expect(node not in place, f"For {what}: {node} is in the list more than once.{shown}")
        place[node] = i
    for node in ordered(root):
        expect(node in place, f"For {what}: {node} is missing.{shown}")
        for x in node.inputs:
            expect(
                place.get(x, math.inf) < place[node],
                f"For {what}: {node} stands before its input {x}. A node may be put into the "
                f"list only when all of its inputs are in it.{shown}",
            )
