"""One op of the table as a page of text: what it is, and the source of its row."""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
from collections.abc import Callable
from typing import Any

import nn  # noqa: F401 - its fused ops are rows of the registry too
from engine import REAL, Op, functions, input_names, nearest, registry
from engine.symbols import LaTeX, formulas

KINDS = {
    "elementwise": "number by number",
    "shape": "on whole arrays",
    "fused": "one node for several (fused)",
}
COMPOSED = "composed of other ops"
MADE_OF_VJPS = ("symmetric", "reducing")  # what makes a jvp of them
LINEAR = {"jointly": "the op of its tangents", "each": "the op of one tangent at a time"}


def op_list() -> str:
    """The name of every op and function, kind by kind.

    >>> "tanh" in op_list()
    True
    """
    groups = {
        title: [op.name for op in registry.values() if op.kind == kind]
        for kind, title in KINDS.items()
    }
    groups[COMPOSED] = list(functions)
    return "\n\n".join(f"{title}:\n{_wrapped(names)}" for title, names in groups.items())


def _wrapped(names: list[str], width: int = 78) -> str:
    lines = [" "]
    for name in names:
        if len(lines[-1]) + len(name) + 1 > width:
            lines.append(" ")
        lines[-1] += f" {name}"
    return "\n".join(lines)


def op_page(name: str) -> str:
    r"""What there is to know about an op: its call, its bounds, the source of its rules, formulas.

    Raises:
        LookupError: there is no op or function of that name.

    >>> print(op_page("tanh"))
    tanh(x)
    hyperbolic tangent
    <BLANKLINE>
    number by number; all numbers; the tiers agree to 4 ulp
    <BLANKLINE>
    tanh = elementwise(
        "tanh", np.tanh, lambda g, y, x: g * (1 - y * y), scalar=math.tanh, doc="hyperbolic tangent"
    )
    <BLANKLINE>
    in LaTeX:
    y = \tanh x
    \frac{\partial L}{\partial x} = g\,(1 - y^{2})
    """
    if name in functions:
        function = functions[name]
        return f"{name}(…)\n{doc_of(function)}\n\n{COMPOSED}\n\n{_source(name, [function])}"
    if name not in registry:
        near = nearest(name, [*registry, *functions])
        raise LookupError(f"there is no op {name!r}{f'; did you mean {near}?' if near else ''}")
    op = registry[name]
    parts = [f"{call_of(op)}\n{op.doc}", "; ".join(facts_of(op)), row_source(op)]
    if op.latex:
        parts.append("in LaTeX:\n" + "\n".join(f"{a} = {b}" for a, b in formulas(op, LaTeX())))
    return "\n\n".join(parts)


def facts_of(op: Op) -> list[str]:
    """What kind of op it is, where it is defined, how close the tiers are.

    >>> facts_of(registry["sqrt"])
    ['number by number', 'x in (0, inf)', 'the tiers agree to the bit']
    """
    facts = [KINDS[op.kind], f"the tiers agree to {bound_of(op)}"]
    if op.kind == "elementwise":
        facts.insert(1, domain_of(op))
    else:
        facts.append(f"forward mode by {forward_of(op)}")
    return facts


def row_source(op: Op) -> str:
    """The statements that an op's row is made of, as they stand in the file."""
    return _source(op.name, _functions_of(op))


def row_module(op: Op) -> str:
    """The module that an op's row stands in.

    >>> row_module(registry["tanh"]), row_module(registry["softmax"])
    ('engine.ops', 'engine.arrays.exponentials')
    """
    written = [rule for rule in (*op.vjps, op.vjp_all, op.forward) if rule]
    return str(inspect.unwrap(written[0]).__module__)


def _functions_of(op: Op) -> list[Any]:
    rules = op.vjps if op.vjp_all is None else (op.vjp_all,)
    if op.jvp is None or _maker(op.jvp) in MADE_OF_VJPS:
        return [op.forward, *rules]
    return [op.forward, *rules, op.jvp]


def written_for_values(name: str) -> str:
    """What is written from an op's row for Values to run, forward and backward; "" if nothing is.

    >>> print(written_for_values("neg"))  # doctest: +ELLIPSIS
    written from the row, and run on Values:
    <BLANKLINE>
    def record(node_x):
        x = node_x._held
        node = new(Value)
        node._held = -x
        ...
    def push(node, g):
        node_x = node._a
        node_x._adjoint += -g
    """
    text = registry[name].source.rstrip() if name in registry else ""
    return f"written from the row, and run on Values:\n\n{text}" if text else ""


def doc_of(function: Callable[..., Any]) -> str:
    """The line that says what a function is."""
    return (function.__doc__ or "").partition("\n")[0]


def call_of(op: Op) -> str:
    """How the op is called: its inputs, then its parameters."""
    inputs = ["*numbers" if op.kind == "fused" else "*arrays"] if op.variadic else input_names(op)
    given = [f"{name}={value!r}" for name, value in op.defaults.items() if _has_default(value)]
    needed = [name for name, value in op.defaults.items() if not _has_default(value)]
    return f"{op.name}({', '.join([*inputs, *needed, *given])})"


def _has_default(value: object) -> bool:
    return not isinstance(value, type)  # inspect.Parameter.empty is a class


def domain_of(op: Op) -> str:
    """Where the op is defined, and tested."""
    places = [
        f"{name} in {interval}"
        for name, interval in zip(input_names(op), op.domain, strict=True)
        if interval != REAL
    ]
    return ", ".join(places) or "all numbers"


def forward_of(op: Op) -> str:
    """How a tangent is pushed through a row on arrays.

    >>> forward_of(registry["matmul"])
    'the op of one tangent at a time'
    """
    if op.linear is not None:
        return LINEAR[op.linear]
    if op.jvp is None:
        return "its vjps, transposed (a single number's, for g = 1)"
    maker = _maker(op.jvp)
    return f"its vjps ({maker})" if maker in MADE_OF_VJPS else "its jvp"


def _maker(rule: Any) -> str:
    """The function that a rule was written in, if any."""
    return str(rule.__qualname__).partition(".<locals>")[0]


def bound_of(op: Op) -> str:
    """How far the tiers may be apart."""
    return "the bit" if op.ulp == 0 else f"{op.ulp:g} ulp"


def _source(name: str, functions_of_row: list[Any]) -> str:
    """The statements that define `name` and hold its functions, as they stand in the file."""
    written = map(inspect.unwrap, functions_of_row)
    codes = [f.__code__ for f in written if hasattr(f, "__code__")]
    files: dict[str, list[int]] = {}
    for code in codes:
        files.setdefault(code.co_filename, []).append(code.co_firstlineno)
    texts = []
    for file, places in files.items():
        lines, statements = _read(file)
        for statement in statements:
            decorators = getattr(statement, "decorator_list", [])
            first = min(part.lineno for part in (statement, *decorators))
            last = statement.end_lineno or first
            if _defines(statement, name) or any(first <= place <= last for place in places):
                texts.append("".join(lines[first - 1 : last]).rstrip())
    return "\n\n".join(texts)


@functools.cache
def _read(file: str) -> tuple[list[str], list[ast.stmt]]:
    lines = linecache.getlines(file)
    return lines, ast.parse("".join(lines)).body


def _defines(statement: ast.stmt, name: str) -> bool:
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)]) | ast.AnnAssign(target=ast.Name(id=target)):
            return target == name
        case ast.FunctionDef(name=target):
            return target == name
    return False
