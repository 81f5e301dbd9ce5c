"""Terms that say the same in fewer words: `1 * g` is g, and a number need not be spread.

A rule of the table is written for every case; written down for one, much of it says nothing.
Each function here answers with the shorter term, or with None.
"""

from __future__ import annotations

import ast
import math
import re
from typing import Any

import numpy as np

_FLOAT = (float, int)


def folded(
    program: Any, form: str, operands: list[Any], compute: Any, example: Any, elementwise: bool
) -> Any:
    """The term of a form, or a shorter one with the same numbers."""
    if elementwise:
        operands = _loosened(program, operands, compute, example)
    for shorter in _ELEMENTWISE if elementwise else _SHAPES:
        found = shorter(program, form, operands, example)
        if found is not None:
            return found
    return program.term(form, tuple(operands), example)


def blank(compute: Any, *examples: Any) -> Any:
    """An array of the shape and dtype of an elementwise result, which is not computed.

    Where overflow is an error, a short way is tried that other numbers may not take.
    """
    if np.geterr()["over"] == "raise":
        raise FloatingPointError
    shape = np.broadcast_shapes(*map(np.shape, examples))
    first = [x[(slice(1),) * x.ndim] if isinstance(x, np.ndarray) else x for x in examples]
    found = compute(*first)
    return np.empty(shape, found.dtype) if shape else found


def axes_of(x: Any, axis: Any) -> Any:
    """The axes that an argument names, as a tuple, or None for all.

    In a program that runs each has one name, so that two sums over the last axis are one.
    """
    if axis is None:
        return None
    axes = axis if isinstance(axis, tuple) else (axis,)
    return tuple([i % x.ndim for i in axes]) if x.program.exact and x.ndim else axes


# --- operands that broadcast ---


def _loosened(program: Any, operands: list[Any], compute: Any, example: Any) -> list[Any]:
    """Operands as single numbers, or not broadcast, where the result is the same all the same."""
    for i, x in enumerate(operands):
        for candidate in _smaller(program, x, example):
            tried = [*operands[:i], candidate, *operands[i + 1 :]]
            found = compute(*(y.example for y in tried))
            if np.shape(found) == np.shape(example) and found.dtype == example.dtype:
                operands = tried
                break
    return operands


def _smaller(program: Any, x: Any, example: Any) -> list[Any]:
    if x.is_constant and isinstance(x.example, np.ndarray | np.generic):
        number = uniform(x.example)
        if number is None:
            return []
        short = float(str(number)) if isinstance(number, np.float32) else number.item()
        same = example.dtype == x.example.dtype and x.example.dtype.type(short) == number
        return [program.constant(short if same else number.item())]
    return [x.operands[0]] if x.form.startswith("np.broadcast_to({0}, ") else []


def uniform(array: Any) -> Any:
    """The number that stands everywhere in an array, or None."""
    flat = np.asarray(array).reshape(-1)
    if (
        not flat.size
        or not np.isfinite(flat[0])
        or flat.tobytes() != flat[:1].tobytes() * flat.size
    ):
        return None
    return flat[0]


def _is(x: Any, number: float) -> bool:
    return x.is_constant and isinstance(x.example, _FLOAT) and x.example == number


def _alike(x: Any, example: Any) -> bool:
    """Whether a term could stand for a result: of its shape and dtype."""
    array = np.asarray(x.example)  # of an input it may be a Python number
    return bool(array.shape == example.shape and array.dtype == example.dtype)


# --- element by element ---


def _without_neutral(program: Any, form: str, operands: Any, example: Any) -> Any:
    """x for `1 * x`, `x / 1`, `x ** 1`; and for `x + 0`, unless an element is a 0."""
    x = operands[0]
    if form in ("{0} * {1}", "{0} / {1}", "{0} ** {1}") and _is(operands[1], 1):
        return x if _alike(x, example) else None
    if form == "{0} * {1}" and _is(x, 1) and _alike(operands[1], example):
        return operands[1]
    if form in ("{0} + {1}", "{0} - {1}"):
        zero = [i for i in (0, 1) if _is(operands[i], 0) and (i or form == "{0} + {1}")]
        other = operands[1 - zero[0]] if zero else None
        if other is None or not _alike(other, example):
            return None
        if form == "{0} - {1}" or not (program.exact or np.any(other.example == 0)):
            return other  # of -0.0 + 0 it would be another 0
    return None


def _without_sign(program: Any, form: str, operands: Any, example: Any) -> Any:
    """-x for `-1 * x`; x for `-(-x)`; `a - b` for `a + -b`."""
    if form == "{0} * {1}":
        for i in (0, 1):
            x = operands[1 - i]
            if _is(operands[i], -1) and _alike(x, example):
                shorter = _without_sign(program, "-{0}", [x], example)
                return program.term("-{0}", (x,), example) if shorter is None else shorter
    if form == "-{0}" and operands[0].form == "-{0}":
        return operands[0].operands[0]
    if form == "{0} + {1}" and operands[1].form == "-{0}":
        return program.term("{0} - {1}", (operands[0], operands[1].operands[0]), example)
    return None


def _one_factor(program: Any, form: str, operands: Any, example: Any) -> Any:
    """`(c d) * x` for `c * (d * x)`, in float64: the product of numbers is one number.

    In a program for other numbers not where d * x may leave the range and the result is back in it.
    """
    if form not in ("{0} * {1}", "{0} / {1}") or example.dtype != np.float64:
        return None
    for i in (0, 1):
        c, x = operands[i], operands[1 - i]
        number = c.is_constant and isinstance(c.example, _FLOAT)
        if not number or x.form != "{0} * {1}" or (form[4] == "/" and not i):
            continue
        for k in (0, 1):
            d, rest = x.operands[k], x.operands[1 - k]
            if not (d.is_constant and isinstance(d.example, _FLOAT) and _alike(rest, example)):
                continue
            number = d.example * c.example if form[4] == "*" else d.example / c.example
            if program.exact and not _one_way(d.example, number):
                continue
            if number and math.isfinite(number):
                pair = (program.constant(float(number)), rest)
                again = list(pair if k == 0 else pair[::-1])
                return folded(program, "{0} * {1}", again, np.multiply, example, True)
    return None


def _one_way(first: float, both: float) -> bool:
    """Whether the second of two factors takes a number further from 1 where the first has."""
    return 1 <= abs(first) <= abs(both) or 1 >= abs(first) >= abs(both)


def _gate(program: Any, form: str, operands: Any, example: Any) -> Any:
    """`g * c` for where(c, g, 0) in the backward half, as long as g is finite: as eager does."""
    if form != "np.where({0}, {1}, {2})" or not program.backward or program.exact:
        return None
    c, a, b = operands
    if c.is_constant:
        return None
    if c.example.dtype != bool or not (_is(b, 0) or _is(a, 0)):
        return None
    mask, g = (c, a) if _is(b, 0) else (program.term("~{0}", (c,), ~c.example), b)
    if not np.isfinite(g.example).all():
        return None
    pair = [mask, g] if g.is_constant else [g, mask]
    found = pair[0].example * pair[1].example
    alike = found.shape == example.shape and found.dtype == example.dtype
    return folded(program, "{0} * {1}", pair, np.multiply, found, True) if alike else None


def _itself(program: Any, form: str, operands: Any, example: Any) -> Any:
    """x for np.positive(x)."""
    return operands[0] if form == "np.positive({0})" else None


def _by_operator(program: Any, form: str, operands: Any, example: Any) -> Any:
    """`a & b` for np.logical_and(a, b) of answers, and `a | b` for np.logical_or."""
    sign = {"np.logical_and({0}, {1})": "&", "np.logical_or({0}, {1})": "|"}.get(form)
    if sign is None or any(np.asarray(x.example).dtype != bool for x in operands):
        return None
    return program.term(f"{{0}} {sign} {{1}}", tuple(operands), example)


_ELEMENTWISE = (_without_neutral, _without_sign, _one_factor, _gate, _itself, _by_operator)


# --- shapes ---


def _same_shape(program: Any, form: str, operands: Any, example: Any) -> Any:
    """x for a reshape, broadcast, cast or index that changes nothing."""
    x = operands[0]
    starts = ("{0}.reshape(", "np.broadcast_to({0}, ", "{0}.astype(")
    if (form.startswith(starts) or form == "{0}[()]") and _alike(x, example):
        return x
    return None


def _twice(program: Any, form: str, operands: Any, example: Any) -> Any:
    """x for x.T.T; one reshape for two; a sum that drops its axes, for one that is reshaped."""
    x = operands[0]
    if form == x.form and form in ("{0}.T", "{0}.mT"):
        return x.operands[0]
    if not form.startswith("{0}.reshape("):
        return None
    if x.form.startswith("{0}.reshape("):
        again = x.operands
        shorter = _same_shape(program, form, again, example)
        return program.term(form, again, example) if shorter is None else shorter
    shorter = _dropping_axes(program, x, example)
    return _of_a_column(program, x, example) if shorter is None else shorter


def _of_a_column(program: Any, x: Any, example: Any) -> Any:
    """`a @ v` for a product with v as a column, that then is reshaped to one axis."""
    if x.form != "{0} @ {1}" or example.ndim != 1:
        return None
    a, column = x.operands
    if not column.form.startswith("{0}.reshape(") or a.example.ndim != 2:
        return None
    v = column.operands[0]
    return program.term("{0} @ {1}", (a, v), example) if v.example.ndim == 1 else None


def _dropping_axes(program: Any, x: Any, example: Any) -> Any:
    """`x.sum(axis=0)` for a sum that keeps its axes and then is reshaped to lose them."""
    found = re.fullmatch(r"\{0\}\.sum\((?:axis=(.+), )?keepdims=True\)", x.form)
    if found is None:
        return None
    shape = x.operands[0].example.shape
    axes = range(len(shape)) if found[1] is None else ast.literal_eval(f"({found[1]},)")
    axes = axes[0] if found[1] and isinstance(axes[0], tuple) else axes
    if tuple(n for i, n in enumerate(shape) if i not in axes) != example.shape:
        return None
    form = "{0}.sum()" if found[1] is None else f"{{0}}.sum(axis={found[1]})"
    return program.term(form, x.operands, example)


_SHAPES = (_same_shape, _twice)
