"""A piece of a graph written as a formula: `(a × b + 1)²`, in names or in numbers."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..core import Op
from ..node import Node
from ..recording import enable_grad
from .numerals import minus, parameters, signed

SUM, PRODUCT, SIGN, POWER, ATOM = range(1, 6)

#: How tightly the symbol of an infix row holds; all others as a product does.
STRENGTH = {"+": SUM, "-": SUM}
#: What may follow a symbol without brackets: a × (b / c) is a × b / c, a × (b % c) is another.
FOLLOWS = {"+": {"+", "-"}, "*": {"*", "/"}, "@": {"@"}}
#: Ops that only matter to the shape of a broadcast or the kind of number: not written.
SILENT = {"cast", "identity"}
LIMIT = 24  # ops in one formula
FEW = 6  # inputs of an op that are written out
LONGEST = 48  # characters of an op whose derivative is named


class Written(NamedTuple):
    """A text, how tightly it holds together, and the infix symbol it is made with, if any."""

    text: str
    strength: int = ATOM
    symbol: str = ""


def operation(op: Op, inputs: list[str], params: Any = ()) -> str:
    """One op applied to texts.

    >>> import engine
    >>> operation(engine.mul, ["a", "b"]), operation(engine.tanh, ["c"])
    ('a × b', 'tanh(c)')
    """
    return _applied(op, [_atom(text) for text in inputs], dict(params)).text


def slope_of(
    op: Op, inputs: list[str], index: int, params: Any = (), of: str = "", by: str = ""
) -> str:
    """The derivative of one op along one of its inputs: `∂(a × b)/∂a`; a long op by its name.

    Args:
        inputs: texts for them.
        index: along which.
        of, by: put after the op and after the input: elements of arrays.

    >>> import engine
    >>> slope_of(engine.mul, ["a", "b"], 1), slope_of(engine.tanh, ["c"], 0)
    ('∂(a × b)/∂b', '∂tanh(c)/∂c')
    """
    written = Written(f"{op.name}({inputs[0]})")
    if op.name not in SILENT:
        written = _applied(op, [_atom(text) for text in few(inputs)], dict(params))
    if len(written.text) > LONGEST:
        written = Written(f"{op.name}(…)")
    return f"∂{_bound(written, ATOM)}{of}/∂{inputs[index]}{by}"


def few(names: list[Any]) -> list[Any]:
    """A few names, or terms of a sum, stand for many."""
    return names if len(names) <= FEW else [*names[: FEW - 2], "…", names[-1]]


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
    return _written(root, name, itertools.count(1), limit).text


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
            # the rule leaves its trace on a leaf of the same numbers; or, where it runs a function
            # again, on the inputs themselves
            leaf = x.leaf()
            known[id(x)] = known[id(leaf)] = names[role]
            x = leaf
        kept.append(x)
    with enable_grad(), np.errstate(all="ignore"):
        part = rule(*kept, **node.params)
        if isinstance(part, Node):
            part = node.fitted(part, index)
    if not isinstance(part, Node):
        return _constant(part).text
    return formula(part, lambda x: known.get(id(x)))


# --- writing ---


def _atom(text: str) -> Written:
    """A name or a number."""
    return Written(text, SIGN if text.startswith("−") else ATOM)


def _written(node: Any, name: Any, count: Iterator[int], limit: int) -> Written:
    if not isinstance(node, Node):
        return _constant(node)
    given = name(node)
    if given is not None:
        return _atom(given)
    if node.op is None:
        return _constant(node.data)
    if next(count) > limit:
        return Written("…")
    if node.op.name == "add":
        terms = _terms(node, name)
        terms = few(terms) if len(terms) > limit else terms
        return _sum([_written(x, name, count, limit) for x in terms])
    inputs = [_written(x, name, count, limit) for x in node.inputs]
    if node.op.name == "mul" and any(_is_one(x) for x in node.inputs):
        return inputs[1] if _is_one(node.inputs[0]) else inputs[0]
    return _applied(node.op, inputs, dict(node.params))


def _terms(node: Any, name: Any) -> list[Any]:
    """What a sum adds up, from the left; a sum in it that has a name is one term."""
    node, last = node.inputs
    terms = [last]
    while isinstance(node, Node) and node.op and node.op.name == "add" and name(node) is None:
        node, last = node.inputs
        terms.append(last)
    return [node, *reversed(terms)]


def _sum(parts: list[Written]) -> Written:
    """Terms, added; what is left out between two of them is one ellipsis."""
    rest = Written("…")
    shown = [x for x, before in zip(parts, [None, *parts], strict=False) if not before == x == rest]
    return functools.reduce(lambda left, right: _infix("+", left, right), shown)


def _is_one(x: Any) -> bool:
    return isinstance(x, float) and x == 1.0


def _constant(x: Any) -> Written:
    array = np.asarray(x)
    if array.ndim == 0:
        return _atom(signed(x) if array.dtype.kind in "fiu" else str(x))
    return Written(f"{'mask' if array.dtype.kind == 'b' else 'array'}{array.shape}")


def _bound(part: Written, least: int) -> str:
    """A part as it stands beside an operator: in brackets, if that would tear it apart."""
    return part.text if part.strength >= least else f"({part.text})"


def _applied(op: Op, inputs: list[Written], params: dict[str, Any]) -> Written:
    if op.name in SILENT:
        return inputs[0]
    if op.name == "neg":
        return Written(f"−{_bound(inputs[0], POWER)}", SIGN)
    if op.name == "square" or (op.name == "pow" and inputs[1].text == "2"):
        return Written(f"{_bound(inputs[0], ATOM)}²", POWER)
    if op.name == "pow":
        return Written(f"{_bound(inputs[0], ATOM)} ** {_bound(inputs[1], SIGN)}", POWER)
    if op.infix and len(inputs) == 2:
        return _infix(op.symbol, *inputs)
    if op.name == "abs":
        return Written(f"|{inputs[0].text}|")
    if op.name == "transpose" and (turn := _turn(params.get("axes"))):
        return Written(f"{_bound(inputs[0], ATOM)}.{turn}")
    shown = [line.replace(" = ", "=", 1) for line in parameters(params, op.defaults)]
    if op.name == "getitem" and len(shown) == 1:
        place = shown[0].removeprefix("index=").removeprefix("(").removesuffix(")")
        return Written(f"{_bound(inputs[0], ATOM)}[{place.removesuffix(',')}]")
    return Written(f"{op.name}({', '.join([part.text for part in inputs] + shown)})")


def _infix(symbol: str, left: Written, right: Written) -> Written:
    strength = STRENGTH.get(symbol, PRODUCT)
    follows = right.symbol in FOLLOWS.get(symbol, ())
    sign = minus(symbol).replace("*", "×")
    text = f"{_bound(left, strength)} {sign} {_bound(right, strength + (not follows))}"
    return Written(text, strength, symbol)


def _turn(axes: tuple[int, ...] | None) -> str:
    """`T` or `mT` for a transpose that is one of these."""
    if axes is None or axes == (1, 0):
        return "T"
    n = len(axes)
    return "mT" if n > 2 and axes == (*range(n - 2), n - 1, n - 2) else ""
