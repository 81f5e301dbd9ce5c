"""A row in JavaScript: its forward and its rules, run on names and written down once more.

What Python says of floats, JavaScript says too, by IEEE 754; where Python raises, it answers inf
or nan, as NumPy does.  What is not the same in both is a function of `FUNCTIONS`.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine import Op
from engine.symbols import PART, Names, Term, followed

_SAME = (
    "acos acosh asin asinh atan atan2 atanh cbrt ceil cos cosh exp expm1 floor hypot log log10 "
    "log1p log2 sin sinh sqrt tan tanh trunc"
)
#: What JavaScript calls the functions that rows call; erf, gamma and their like it does not have.
FUNCTIONS: dict[Any, str] = {getattr(math, name): f"Math.{name}" for name in _SAME.split()} | {
    abs: "Math.abs", math.fabs: "Math.abs", math.exp2: "exp2", math.pow: "power",
    math.copysign: "copysign", np.rint: "rint",
    math.isnan: "isNaN", math.isfinite: "isFinite", float: "Number",
}  # fmt: skip

#: Functions that JavaScript does not have, or where it answers otherwise than Python.
HELPERS = {
    "exp2": "(a) => 2 ** a",
    "power": "(a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b)",
    "copysign": "(a, b) => (Object.is(Math.sign(b), -0) || b < 0 ? -Math.abs(a) : Math.abs(a))",
    "rint": (
        "(a) => { const r = Math.round(a); return Math.abs(a % 1) === 0.5 && r % 2 ? r - 1 : r; }"
    ),
    "modulo": (
        "(a, b) => { const m = a % b; "
        "return m ? (m < 0 !== b < 0 ? m + b : m) : b ? copysign(m, b) : NaN; }"
    ),
    "quotient": (
        "(a, b) => { if (!b) return a / b; const m = a % b; "
        "const d = (a - m) / b - (m && m < 0 !== b < 0 ? 1 : 0); const q = Math.floor(d); "
        "return d === 0 ? copysign(0, a / b) : d - q > 0.5 ? q + 1 : q; }"
    ),
}

_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.BitAnd: "&", ast.BitOr: "|",
    ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!=",
    ast.And: "&&", ast.Or: "||", ast.USub: "-", ast.UAdd: "+",
}  # fmt: skip
_CALLS: dict[type[ast.AST], str] = {
    ast.Pow: "power", ast.Mod: "modulo", ast.FloorDiv: "quotient",
}  # fmt: skip


def row_script(op: Op, count: int, params: Mapping[str, Any]) -> str:
    """A list in JavaScript: the op's forward, then the rule of each input, null where none flows.

    "" where the row looks at more than numbers, or calls what JavaScript does not have.

    Args:
        count: of inputs.
        params: the op's parameters, all of them.

    >>> import engine
    >>> row_script(engine.mul, 2, {})
    '[(a,b)=>a*b,(g,y,a,b)=>g*b,(g,y,a,b)=>g*a]'
    >>> row_script(engine.erf, 1, {})
    ''
    """
    inputs = [*"abcdef"[:count]] if count <= 6 else [f"x{i}" for i in range(count)]
    try:
        parts = [_function(op.scalar or op.forward, inputs, params)]
        for rule in map(op.rule, range(count)):
            parts.append("null" if rule is None else _function(rule, ["g", "y", *inputs], params))
    except Exception:  # a row may fail in any way where a name has no number
        return ""
    return f"[{','.join(parts)}]"


def _function(function: Any, arguments: list[str], params: Mapping[str, Any]) -> str:
    """A function of a row in JavaScript; long parts that come again are written once."""
    names = Names(taken=arguments, cuts=True)
    given = [Term.named(name, names) for name in arguments]
    if function in FUNCTIONS:
        term = given[0].call(function, "function", *given)
    else:
        term = given[0].of(followed(function, *given, **params))
    result = _bare(_expression(term.code, names))
    cut = [f"const {x}={_bare(_expression(code, names))};" for x, code in names.parts.values()]
    return f"({','.join(arguments)})=>" + (f"{{{''.join(cut)}return {result}}}" if cut else result)


def helpers_in(text: str) -> str:
    """The declarations of those of `HELPERS` that a script calls.

    >>> helpers_in("exp2(a)")
    'const exp2 = (a) => 2 ** a;'
    """
    used: dict[str, str] = {}
    for name, code in reversed(HELPERS.items()):  # they call those above them
        if f"{name}(" in text + "".join(used.values()):
            used[name] = f"const {name} = {code};"
    return "\n".join(used.values())


def _bare(text: str) -> str:
    """An expression without the brackets around it all."""
    depth = 0
    for i, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and i < len(text) - 1:
            return text
    return text[1:-1] if text[0] == "(" else text


def _expression(code: ast.expr, names: Names) -> str:
    """An expression, in brackets if it is made of parts."""

    def part(x: ast.expr) -> str:
        return _expression(x, names)

    if isinstance(code, ast.Constant):
        return _number(code.value)
    if isinstance(code, ast.Name):
        own = code.id in names.taken or code.id.startswith(PART)
        return code.id if own else _meant(names.known[code.id])
    if isinstance(code, ast.Call):
        return f"{part(code.func)}({','.join(map(part, code.args))})"
    if isinstance(code, ast.IfExp):
        return f"({_truth(code.test, names)}?{part(code.body)}:{part(code.orelse)})"
    if isinstance(code, ast.Compare):
        return f"({part(code.left)}{_SIGNS[type(code.ops[0])]}{part(code.comparators[0])})"
    if isinstance(code, ast.UnaryOp):
        return f"({_SIGNS[type(code.op)]}{part(code.operand)})"
    assert isinstance(code, ast.BinOp)
    left, right = part(code.left), part(code.right)
    called = _CALLS.get(type(code.op))
    return f"{called}({left},{right})" if called else f"({left}{_SIGNS[type(code.op)]}{right})"


def _truth(code: ast.expr, names: Names) -> str:
    """A condition: nan is true in Python, and false in JavaScript."""
    if isinstance(code, ast.BoolOp):
        sign = _SIGNS[type(code.op)]
        return f"({sign.join(_truth(x, names) for x in code.values)})"
    text = _expression(code, names)
    return text if isinstance(code, ast.Compare) else f"({text}!=0)"


def _meant(x: Any) -> str:
    """What a name of the text stands for: a function, or inf and nan."""
    return _number(x) if isinstance(x, float) else FUNCTIONS[x]


def _number(x: Any) -> str:
    return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(repr(x), repr(x))


def script_number(x: Any) -> str:
    """A number, to the last bit.

    >>> script_number(float("-inf")), script_number(-0.0)
    ('-Infinity', '-0.0')
    """
    return _number(float(x))
