"""Expressions typed on the command line: read by `ast`, run by the op table, never by `eval`."""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

import engine
from engine import NodeArray, Op, Value, functions, input_names, nearest, registry
from engine.showing import shorten

from .sizes import numbers

BINARY: dict[type[ast.operator], Op] = {
    ast.Add: engine.add,
    ast.Sub: engine.sub,
    ast.Mult: engine.mul,
    ast.Div: engine.div,
    ast.Pow: engine.pow,
    ast.Mod: engine.remainder,
    ast.MatMult: engine.matmul,
}
_NUMBER, _NAME = r"(?<![\w.])\d+\.?\d*(?:[eE][+-]?\d+)?", r"(?<![\w.])[^\W\d]\w*"
_SIDE_BY_SIDE = re.compile(rf"({_NUMBER}(?=\s*[^\W\d])|{_NAME}(?=\s)|\))\s*([^\W\d]\w*|\d+)")
CONSTANTS = {"pi": math.pi, "inf": math.inf, "nan": math.nan}
LONGEST = 2000  # characters
DEEPEST = 200  # levels; Python's own stack would end at about 1,000
#: How many numbers an expression may compute: on Values each becomes a node.
MOST_VALUES, MOST_NUMBERS = 50_000, 10_000_000

#: What the engine raises when it refuses an argument.
REFUSALS = (TypeError, ValueError, LookupError, ArithmeticError, RuntimeError, MemoryError)


class ExpressionError(ValueError):
    """An expression or a value that cannot be used; the message is one line."""


class Expression:
    """A parsed expression: the `names` it needs, and a function of their values.

    It may hold numbers, names, + - * / ** % @, and functions of the op table, whose parameters
    are written as plain values: `sum(clip(a, min=0) * b, axis=0)`.

    Raises:
        ExpressionError: it is not such an expression.

    >>> f = Expression("tanh(a*b) + 1")
    >>> f.names
    ('a', 'b')
    >>> f(a=0.0, b=2.0)
    1.0
    """

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise ExpressionError(f"the expression is longer than {LONGEST} characters")
        self.text = text.strip()
        self._tree = _parsed(self.text)
        self.names = tuple(dict.fromkeys(self._checked(self._tree, 0)))

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def __call__(self, /, **values: Any) -> Any:
        """The expression's value: plain numbers and arrays give plain ones, nodes give nodes.

        Raises:
            ExpressionError: a name has no value, the engine refuses an argument, or more numbers
                would be computed than there is time for.
        """
        missing = [name for name in self.names if name not in values]
        if missing:
            raise ExpressionError(f"no value for {', '.join(missing)}: give {missing[0]}=…")
        try:
            with np.errstate(all="ignore"):
                return _evaluated(self._tree, values, _Room(values))
        except REFUSALS as error:
            raise ExpressionError(" ".join(str(error).split())) from error

    # --- before anything runs: is it an expression of ours, and which names does it hold ---

    def _checked(self, node: ast.AST, depth: int) -> Iterator[str]:
        """The names below `node`, in order of appearance; anything foreign is refused."""
        if depth > DEEPEST:
            raise ExpressionError(f"the expression is nested more than {DEEPEST} levels deep")
        match node:
            case ast.Constant(value=value) if type(value) in (int, float):
                _number(node)
            case ast.Name(id=name):
                if name in registry or name in functions:
                    raise ExpressionError(f"{name} is a function: write {name}(…)")
                if name not in CONSTANTS:
                    yield name
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                yield from self._checked(operand, depth + 1)
            case ast.BinOp(op=ast.BitXor()):
                raise ExpressionError("^ is not a power: write a**b")
            case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
                yield from self._checked(left, depth + 1)
                yield from self._checked(right, depth + 1)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
                _check_call(name, args, keywords)
                inputs = _input_count(name)
                for argument in args[:inputs]:
                    yield from self._checked(argument, depth + 1)
                for argument in args[inputs:]:
                    yield from self._checked_argument(argument, depth + 1)
            case ast.Call(func=ast.BinOp() | ast.Constant() | ast.Call() as left):
                factor = str(left.value) if isinstance(left, ast.Constant) else "(…)"
                raise ExpressionError(f"a product is written with *: {factor}*(…)")
            case ast.Call(func=ast.Attribute(attr=name)) if name in registry or name in functions:
                raise ExpressionError(f"{self._quoted(node)} is a method: write {name}(…)")
            case _:
                raise ExpressionError(
                    f"{self._quoted(node)} cannot stand in an expression, which holds numbers, "
                    "names, + - * / ** % @ and functions of the op table"
                )

    def _checked_argument(self, node: ast.AST, depth: int) -> Iterator[str]:
        """As `_checked`; an argument may also be a plain value, or a list of expressions."""
        if _is_plain(node):
            return
        if isinstance(node, ast.List | ast.Tuple):
            for element in node.elts:
                yield from self._checked(element, depth)
        else:
            yield from self._checked(node, depth)

    def _quoted(self, node: ast.AST) -> str:
        source = ast.get_source_segment(self.text, node) if hasattr(node, "lineno") else None
        return repr(shorten(source or type(node).__name__, 40))


def _parsed(text: str) -> ast.expr:
    try:
        with warnings.catch_warnings(action="ignore"):  # of "1if", which is refused below anyway
            return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        place = f" (at character {error.offset})" if error.offset else ""
        shown = shorten(text, 60)
        hint = _without_sign(text) or f"{error.msg}{place}"
        raise ExpressionError(f"cannot read {shown!r}: {hint}") from None
    except (ValueError, MemoryError, RecursionError) as error:  # null characters, deep nesting
        reason = str(error) or "it is nested too deeply"
        raise ExpressionError(f"cannot read {shorten(text, 60)!r}: {reason}") from None


def _without_sign(text: str) -> str:
    """What to write for two things side by side, 2x or sin x; "" if there are none."""
    found = _SIDE_BY_SIDE.search(text)
    if not found:
        return ""
    left, right = found.groups()
    if left in registry or left in functions:
        return f"a function takes its argument in parentheses: {left}({right}…)"
    return f"a product is written with *: {left.replace(')', '(…)')}*{right}"


def _number(node: ast.Constant) -> float:
    """A numeral; as a float, so that no power of integers can fill the memory."""
    try:
        return float(node.value)  # type: ignore[arg-type]  # the caller let only numbers pass
    except OverflowError:
        raise ExpressionError("a number is too large for a float") from None


def _function(name: str) -> Callable[..., Any]:
    """The public function of that name: an op of the table, or composed of such."""
    if name not in registry and name not in functions:
        near = nearest(name, [*registry, *functions])
        hint = f"; did you mean {near}?" if near else f"; a product is written {name}*(…)"
        raise ExpressionError(f"there is no function {shorten(name, 40)!r}{hint}")
    # For an op on whole arrays `engine` has the form that also takes NumPy's forms of a call.
    return getattr(engine, name, None) or functions[name]


def _check_call(name: str, args: list[ast.expr], keywords: list[ast.keyword]) -> None:
    """Refuse a call that cannot be right whatever the values are."""
    _function(name)
    for keyword in keywords:
        if keyword.arg is None:
            raise ExpressionError(f"** cannot be used in {name}(…)")
        if not _is_plain(keyword.value):
            raise ExpressionError(f"{keyword.arg} of {name}() must be a plain value, such as 2")
    needed, given = _input_count(name), len(args)
    if not needed:
        return
    op = registry[name]
    if not needed <= given <= needed + len(op.defaults):
        inputs = f"{needed} input{'s' if needed > 1 else ''} ({', '.join(input_names(op))})"
        raise ExpressionError(f"{name}() takes {inputs}, got {given}")
    for argument, parameter in zip(args[needed:], op.defaults, strict=False):
        if not _is_plain(argument):
            raise ExpressionError(f"{parameter} of {name}() must be a plain value, such as 2")
    for keyword in keywords:
        if keyword.arg not in op.defaults:
            known = ", ".join(op.defaults) or "none"
            raise ExpressionError(
                f"{name}() has no parameter {keyword.arg!r}; its parameters: {known}"
            )


def _input_count(name: str) -> int:
    """How many inputs an elementwise op has, all of them expressions; 0 for any other."""
    op = registry.get(name)
    return 0 if op is None or op.variadic or op.kind != "elementwise" else op.n_inputs


def _is_plain(node: ast.AST) -> bool:
    """Whether this is a value written out: 2, -1, 'tanh', None, (0, 1)."""
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


# --- running it ---


class _Room:
    """How many numbers may still be computed."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        on_values = any(isinstance(x, Value | NodeArray) for x in values.values())
        self.most = MOST_VALUES if on_values else MOST_NUMBERS
        self.left = self.most

    def call(self, name: str, arguments: list[Any], parameters: dict[str, Any]) -> Any:
        """What the function gives, if there is room for it.

        Raises:
            ExpressionError: there is not; nothing was computed.
        """
        count = numbers(name, arguments, parameters) if arguments else 0
        if count > self.left:
            raise ExpressionError(
                f"{name}() would compute {count:,} numbers, and there is room for "
                f"{self.left:,}: an expression may compute {MOST_VALUES:,} on Values and "
                f"{MOST_NUMBERS:,} on Tensors"
            )
        self.left -= count
        return _function(name)(*arguments, **parameters)


def _evaluated(node: ast.AST, values: Mapping[str, Any], room: _Room) -> Any:
    match node:
        case ast.Constant():
            return _number(node)
        case ast.Name(id=name):
            return values[name] if name in values else CONSTANTS[name]
        case ast.UnaryOp(op=op, operand=operand):
            x = _evaluated(operand, values, room)
            return room.call("neg", [x], {}) if isinstance(op, ast.USub) else x
        case ast.BinOp(left=left, op=op, right=right):
            inputs = [_evaluated(left, values, room), _evaluated(right, values, room)]
            return room.call(BINARY[type(op)].name, inputs, {})
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
            count = _input_count(name)
            arguments = [
                (_evaluated if i < count else _argument)(argument, values, room)
                for i, argument in enumerate(args)
            ]
            parameters = {str(k.arg): ast.literal_eval(k.value) for k in keywords}
            return room.call(name, arguments, parameters)
    raise AssertionError(f"_checked let {type(node).__name__} pass")


def _argument(node: ast.AST, values: Mapping[str, Any], room: _Room) -> Any:
    """An argument of a function on whole arrays; an axis must stay an int."""
    if _is_plain(node):
        return ast.literal_eval(node)
    if isinstance(node, ast.List | ast.Tuple):
        return [_evaluated(element, values, room) for element in node.elts]
    return _evaluated(node, values, room)
