"""Expressions typed on the command line: parsed by `ast` against the op table, never evaluated."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import engine
from engine import core

__all__ = ["Expression", "ExpressionError"]

BINARY: dict[type[ast.operator], Any] = {
    ast.Add: engine.add,
    ast.Sub: engine.sub,
    ast.Mult: engine.mul,
    ast.Div: engine.div,
    ast.Pow: engine.pow,
    ast.Mod: engine.remainder,
    ast.MatMult: engine.matmul,
}
CONSTANTS = {"pi": 3.141592653589793, "e": 2.718281828459045}
LONGEST = 2000  # characters: deeper nesting than Python's parser takes cannot be typed in fewer


class ExpressionError(ValueError):
    """An expression or a value that cannot be used; the message is one line."""


class Expression:
    """A parsed expression: `names` it needs, and a function of their values.

    Numbers, names, + - * / ** % @, and functions of the op table with their parameters.

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
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            reason = error.msg if isinstance(error, SyntaxError) else str(error)
            raise ExpressionError(f"cannot read {text!r}: {reason}") from None
        self.text = text
        self.names = tuple(dict.fromkeys(_names(self._tree)))

    def __call__(self, **values: Any) -> Any:
        """The expression's value: plain numbers and arrays give plain ones, nodes give nodes."""
        return _evaluate(self._tree, values)


def _function(node: ast.Call) -> Any:
    """The op a call names."""
    if not isinstance(node.func, ast.Name):
        raise ExpressionError(f"{ast.unparse(node.func)!r} is not a function of the op table")
    name = node.func.id
    function = core.registry.get(name) or core.functions.get(name)
    if function is None:
        raise ExpressionError(f"unknown function {name!r}")
    return function


def _names(node: ast.AST) -> list[str]:
    """Names in order of appearance, refusing anything an expression may not hold."""
    match node:
        case ast.Constant(value=bool()) | ast.Constant(value=str()) | ast.Constant(value=None):
            raise ExpressionError(f"{ast.unparse(node)} is not a number")
        case ast.Constant(value=int() | float()):
            return []
        case ast.Name(id=name):
            return [] if name in CONSTANTS else [name]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return _names(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            return _names(left) + _names(right)
        case ast.Call(args=args, keywords=keywords):
            _function(node)
            for keyword in keywords:
                _literal(keyword)
            return [name for argument in args for name in _names(argument)]
    raise ExpressionError(f"{ast.unparse(node)!r} cannot be used in an expression")


def _literal(keyword: ast.keyword) -> Any:
    """A parameter's value: a number, a string or a tuple of numbers, spelled out."""
    if keyword.arg is None:
        raise ExpressionError("** cannot be used in an expression")
    try:
        return ast.literal_eval(keyword.value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise ExpressionError(
            f"{keyword.arg}={ast.unparse(keyword.value)} must be a plain value"
        ) from None


def _evaluate(node: ast.AST, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=number):
            try:
                return float(number)  # type: ignore[arg-type]  # _names let only numbers pass
            except OverflowError:
                raise ExpressionError("a number is too large for a float") from None
        case ast.Name(id=name):
            if name in values:
                return values[name]
            if name in CONSTANTS:
                return CONSTANTS[name]
            raise ExpressionError(f"{name!r} has no value: give {name}=…")
        case ast.UnaryOp(op=op, operand=operand):
            x = _evaluate(operand, values)
            if isinstance(operand, ast.Constant):
                return -x if isinstance(op, ast.USub) else x
            return engine.neg(x) if isinstance(op, ast.USub) else x
        case ast.BinOp(left=left, op=op, right=right):
            return BINARY[type(op)](_evaluate(left, values), _evaluate(right, values))
        case ast.Call(args=args, keywords=keywords):
            arguments = [_evaluate(argument, values) for argument in args]
            parameters = {str(keyword.arg): _literal(keyword) for keyword in keywords}
            return _function(node)(*arguments, **parameters)
    raise AssertionError(f"_names let {type(node).__name__} pass")
