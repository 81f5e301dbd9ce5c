"""A piece of a graph written as a formula: `(a × b + 1)²`, in names or in numbers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from engine import Node, Op, Tensor, enable_grad

from ..drawing import number, parameters

Written = tuple[str, int]  # the text, and how tightly it holds together
SUM, PRODUCT, SIGN, POWER, ATOM = range(1, 6)

#: How tightly the symbol of an infix row holds, and of which a chain needs no brackets.
STRENGTH = {"+": SUM, "-": SUM}  # of all others: PRODUCT
ASSOCIATIVE = {"+", "*", "@"}
#: Ops that only matter to the shape of a broadcast or the kind of number: not written.
SILENT = {"cast", "identity"}
LIMIT = 24  # ops in one formula


def minus(text: str) -> str:
    """Text with the minus sign of mathematics in place of the hyphen.

    >>> minus("-3e-07")
    '−3e−07'
    """
    return text.replace("-", "−")


def signed(x: Any) -> str:
    """A number as it stands in a formula.

    >>> signed(-1.5)
    '−1.5'
    """
    return minus(number(x))


def operation(op: Op, inputs: list[str], params: Any = ()) -> str:
    """One op applied to texts.

    >>> import engine
    >>> operation(engine.mul, ["a", "b"]), operation(engine.tanh, ["c"])
    ('a × b', 'tanh(c)')
    """
    atoms = [(text, SIGN if text.startswith("−") else ATOM) for text in inputs]
    return _applied(op, atoms, dict(params))[0]


def formula(root: Any, name: Callable[[Any], str | None], limit: int = LIMIT) -> str:
    """The graph below a Value or a Tensor, down to what `name` has a text for.

    Args:
        name: the text for a node, or None to write out how it was made.
        limit: how many ops to write; the rest is an ellipsis.

    >>> from engine import Value
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> formula((a + b) * a ** 2, lambda node: node.label or None)
    '(a + b) × a²'
    """
    return _written(root, name, itertools.count(1), limit)[0]


def rule_formula(node: Any, index: int, names: dict[str | int, str]) -> str:
    """What the rule of an edge comes down to, in names: `x.mT @ ∂L/∂h`.

    The rule is run on nodes, as for a second derivative, and the graph it makes is written down;
    so is the sum by which the engine takes broadcasting back.

    Args:
        names: for "g", the upstream gradient, "y", the result, and each input's number.
    """
    rule = node.op.rule(index)
    if rule is None:
        return "0"
    roles: list[tuple[str | int, Any]] = [("g", node), ("y", node), *enumerate(node.inputs)]
    kept: list[Any] = []  # as long as they are, no other node has their ids
    known: dict[int, str] = {}
    for role, x in roles:
        if isinstance(x, Node):
            x = _stand_in(x)
            known[id(x)] = names[role]
        kept.append(x)
    with enable_grad(), np.errstate(all="ignore"):
        part = rule(*kept, **node.params)
        if isinstance(part, Node):
            part = node.fitted(part, index)
    if not isinstance(part, Node):
        return _constant(part)[0]
    return formula(part, lambda x: known.get(id(x)))


def _stand_in(x: Any) -> Any:
    """A leaf with the same numbers, on which a rule leaves its trace."""
    if isinstance(x, Tensor):
        return Tensor(x.numpy(), requires_grad=x.dtype.kind == "f")
    return type(x)(x.data)


# --- writing ---


def _written(node: Any, name: Any, count: Iterator[int], limit: int) -> Written:
    if not isinstance(node, Node):
        return _constant(node)
    given = name(node)
    if given is not None:
        return given, (SIGN if given.startswith("−") else ATOM)
    if node.op is None:
        return _constant(node.data)
    if next(count) > limit:
        return "…", ATOM
    inputs = [_written(x, name, count, limit) for x in node.inputs]
    if node.op.name == "mul" and any(_is_one(x) for x in node.inputs):
        return inputs[1] if _is_one(node.inputs[0]) else inputs[0]
    return _applied(node.op, inputs, dict(node.params))


def _is_one(x: Any) -> bool:
    return isinstance(x, float) and x == 1.0


def _constant(x: Any) -> Written:
    if np.ndim(x) == 0 and np.asarray(x).dtype.kind in "fiu":
        text = signed(x)
        return text, (SIGN if text.startswith("−") else ATOM)
    if np.ndim(x) == 0:
        return str(x), ATOM
    kind = "mask" if np.asarray(x).dtype.kind == "b" else "array"
    return f"{kind}{np.shape(x)}", ATOM


def _bound(part: Written, least: int) -> str:
    """A part as it stands beside an operator: in brackets, if that would tear it apart."""
    text, strength = part
    return text if strength >= least else f"({text})"


def _applied(op: Op, inputs: list[Written], params: dict[str, Any]) -> Written:
    if op.name in SILENT:
        return inputs[0]
    if op.name == "neg":
        return f"−{_bound(inputs[0], POWER)}", SIGN
    if op.name == "square" or (op.name == "pow" and inputs[1] == ("2", ATOM)):
        return f"{_bound(inputs[0], ATOM)}²", POWER
    if op.name == "pow":
        return f"{_bound(inputs[0], ATOM)} ** {_bound(inputs[1], SIGN)}", POWER
    if op.infix and len(inputs) == 2:
        strength = STRENGTH.get(op.symbol, PRODUCT)
        left, right = inputs
        # −3 may follow an operator; a sum or a quotient on the right may not
        keeps = op.symbol in ASSOCIATIVE or right[1] == SIGN
        tight = strength if keeps else strength + 1
        sign = minus(op.symbol).replace("*", "×")
        return f"{_bound(left, strength)} {sign} {_bound(right, tight)}", strength
    if op.name == "abs":
        return f"|{inputs[0][0]}|", ATOM
    if op.name == "transpose" and (turn := _turn(params.get("axes"))):
        return f"{_bound(inputs[0], ATOM)}.{turn}", ATOM
    shown = [line.replace(" = ", "=", 1) for line in parameters(params, op.defaults)]
    if op.name == "getitem" and len(shown) == 1:
        place = shown[0].removeprefix("index=").removeprefix("(").removesuffix(")")
        return f"{_bound(inputs[0], ATOM)}[{place.removesuffix(',')}]", ATOM
    return f"{op.name}({', '.join([text for text, _ in inputs] + shown)})", ATOM


def _turn(axes: tuple[int, ...] | None) -> str:
    """`T` or `mT` for a transpose that is one of these."""
    if axes is None or axes == (1, 0):
        return "T"
    n = len(axes)
    return "mT" if n > 2 and axes == (*range(n - 2), n - 1, n - 2) else ""
