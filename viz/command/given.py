"""The names and values of a command line: `"a*b" a=2 b=[1,2]`."""

from __future__ import annotations

import argparse
import ast
import re
from typing import Any

import numpy as np

from engine.showing import number

from .expression import Expression, ExpressionError


def bound(text: str, pairs: list[str]) -> tuple[Expression, dict[str, Any]]:
    """An expression, and its values in the order of its names.

    Raises:
        ExpressionError: it is none, or a value is wrong, missing, unused or given twice.
    """
    expression = Expression(text)
    given: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            raise ExpressionError(f"{pair!r} is not of the form name=value")
        if name in given:
            raise ExpressionError(f"{name} is given twice")
        given[name] = _value(name, value.strip())
    if not expression.names:
        raise ExpressionError("the expression holds no name, so there is nothing to differentiate")
    if missing := [name for name in expression.names if name not in given]:
        raise ExpressionError(f"no value for {', '.join(missing)}: add {missing[0]}=2, say")
    if unused := [name for name in given if name not in expression.names]:
        raise ExpressionError(f"{', '.join(unused)} does not occur in {expression.text!r}")
    return expression, {name: given[name] for name in expression.names}


def _value(name: str, text: str) -> Any:
    """A number (also written as an expression without names, 1/3), or an array from lists."""
    try:
        if text.startswith(("[", "(")):
            return _array(ast.literal_eval(text))
        return float(Expression(text)())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, OverflowError):
        raise ExpressionError(f"{name}={text} is not a number or a list of numbers") from None


def _array(parsed: Any) -> Any:
    array = np.array(parsed)
    if array.dtype.kind not in "fiu":  # a list with a string, a bool, None
        raise TypeError
    array = array.astype(np.float64)
    return array if array.ndim else float(array)


def listed(values: dict[str, Any]) -> str:
    """Values by name on one line."""
    return ", ".join(f"{name} = {shown(x)}" for name, x in values.items())


def shown(x: Any) -> str:
    """A number, or an array on one line."""
    if np.ndim(x) == 0:
        return number(x)
    return " ".join(np.array2string(np.asarray(x), precision=6, threshold=20).split())


def written(x: Any) -> str:
    """A number or an array as Python, to the last bit.

    >>> written(0.1), written(np.array([1.0, np.inf]))
    ('0.1', "np.array([1.0, float('inf')])")
    """
    text = repr(np.asarray(x).tolist())
    text = re.sub(r"\b(inf|nan)\b", r"float('\1')", text)
    return f"np.array({text})" if isinstance(x, np.ndarray) else text


# --- whole numbers, for options ---


def natural(text: str) -> int:
    """A whole number from 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number from 0, got {text!r}")
    return int(text)


def positive(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, got {text!r}")
    return int(text)


def port(text: str) -> int:
    """The number of a port, 1 to 65535."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to 65535, got {text!r}")
    return int(text)
