"""Terms as instructions: which function of NumPy a form asks for, and how it writes into `out`."""

from __future__ import annotations

import ast
import functools
import re
from typing import Any

import numpy as np

from ..writing import OPERATORS, parsed
from .instructions import (
    CALL,
    COPY,
    ELEMENTWISE,
    PRODUCT,
    REDUCTION,
    VIEW,
    WRITE,
    Instruction,
    Value,
    constant_of,
)

_UFUNCS = {form: ufunc for ufunc, form in OPERATORS.items()}
_CALL = re.compile(r"np\.(\w+)\((\{\d\}(?:, \{\d\})*)\)")
#: Functions that are no ufuncs, and take `out` too.
_WITH_OUT = frozenset([
    "np.concatenate", "np.stack", "np.cumsum", "np.cumprod", "np.einsum", "np.argmax", "np.argmin",
])  # fmt: skip
#: Functions whose result is new memory, always.
_NEW = frozenset(["np.bincount", "np.sort", "np.pad"])
_PADDED = re.compile(r"np\.pad\(\{0\}, ([^{=]*)(?:, constant_values=([^{(]*))?\)")
_REDUCED = re.compile(r"\{0\}\.(sum|prod|max|min)\((.*)\)")
_REDUCING = {"sum": "add", "prod": "multiply", "max": "maximum", "min": "minimum"}
#: `x ** n` as NumPy's operator does it: far faster than the power.
_POWERS = {
    2: "np.square({0})",
    0.5: "np.sqrt({0})",
    1: "np.positive({0})",
    -1: "np.reciprocal({0})",
}


def instruction_of(form: str, operands: list[Value], example: Any) -> Instruction:
    """The step that a form of operands is, and its value: laid out as NumPy lays it out."""
    result = Value(stand_in(example))
    made = _by_kind(form, operands, result)
    if made.kind != CALL or not made.result.shape:
        return made
    if _VIEWS.fullmatch(form):
        x = operands[0].layout
        layout = code_of_view(form.replace("{0}", "x"))(x)
        if np.may_share_memory(layout, x) or not layout.size:
            made.kind, result.layout = VIEW, layout
        elif form.startswith(("{0}.reshape(", "{0}.ravel(")):  # a copy, with its axes as in x
            made.kind, made.out = COPY, f"np.copyto({{out.reshape({x.shape})}}, {{0}})"
    return made


def _by_kind(form: str, operands: list[Value], result: Value) -> Instruction:
    if form == "{0} ** {1}" and operands[0].dtype.kind == "f" and _is_number(operands[1]):
        shorter = _POWERS.get(operands[1].constant)
        if shorter is not None:
            form, operands = shorter, operands[:1]
    if form == "{0} * {1}" and operands[0] is operands[1] and result.dtype.kind == "f":
        form, operands = "np.square({0})", operands[:1]  # which reads it once
    if form == "np.where({0}, {1}, {2})" and operands[0].dtype == bool:
        write = "np.copyto({out}, {2})\nnp.copyto({out}, {1}, where={0})"
        return Instruction(WRITE, form, operands, result, write)
    ufunc = _UFUNCS.get(form)
    call = _CALL.fullmatch(form)
    if ufunc is None and call is not None:
        ufunc = getattr(np, call[1])
        ufunc = ufunc if isinstance(ufunc, np.ufunc) and ufunc.nout == 1 else None
    if ufunc is np.matmul or (form == "{0}.dot({1})" and len(operands[1].shape) == 2):
        return _product(form, operands, result)
    if ufunc is not None and ufunc.signature is None:
        places = ", ".join(f"{{{i}}}" for i in range(len(operands)))
        name = f"np.{ufunc.__name__}"
        operands = _converted(ufunc, operands, result)
        named = "out=" * (ufunc in (np.maximum, np.minimum))  # else slower
        out = f"{name}({places}, {named}{{out}})"
        return Instruction(ELEMENTWISE, form, operands, result, out)
    if form == "{0}[{1}]" and _is_gather(*operands):
        return _gather(form, operands, result)
    if (padded := _PADDED.fullmatch(form)) is not None:
        return _padding(padded, form, operands, result)
    if (name := form.partition("(")[0]) in _WITH_OUT:
        return Instruction(COPY, form, operands, result, f"{form[:-1]}, out={{out}})")
    if name in _NEW:
        return Instruction(COPY, form, operands, result)
    if name == "{0}.astype":
        write = "np.copyto({out}, {0}, casting='unsafe')"
        return Instruction(ELEMENTWISE, form, operands, result, write)
    if (reduced := _REDUCED.fullmatch(form)) is not None:
        return _reduction(reduced, form, operands, result)
    return Instruction(CALL, form, operands, result)


def _product(form: str, operands: list[Value], result: Value) -> Instruction:
    """A matrix product: `np.dot` of two matrices has less to decide."""
    a, b = operands
    floats = a.dtype == b.dtype and a.dtype.char in "fd"
    name = "dot" if floats and len(a.shape) == len(b.shape) == 2 else "matmul"
    return Instruction(PRODUCT, form, operands, result, f"np.{name}({{0}}, {{1}}, {{out}})")


def _is_gather(x: Value, index: Value) -> bool:
    """Whether an index picks rows by number."""
    integers = index.dtype.kind in "iu" and np.can_cast(index.dtype, np.intp)
    return integers and bool(index.shape and x.shape and x.shape[0])


def _gather(form: str, operands: list[Value], result: Value) -> Instruction:
    """Rows of an array: by `np.take`, which is far faster if it need not check where they are.

    NumPy's own check, and error, come of the index itself where a number is out of range.
    """
    rows = operands[0].shape[0]
    take = "np.take({0}, {1}, 0, {out}, 'wrap')"
    index = operands[1].constant
    if index is None or not _in_range(index, rows):
        there = f"-{rows} <= {{1}}.min() <= {{1}}.max() < {rows}"
        take = f"if {{1}}.size and not {there}:\n    {form}\n{take}"
    return Instruction(COPY, form, operands, result, take)


def _in_range(index: Any, rows: int) -> bool:
    return bool(((index >= -rows) & (index < rows)).all())


def _padding(found: Any, form: str, operands: list[Value], result: Value) -> Instruction:
    """A border of one number: everywhere first, then what is inside."""
    inside = padded_at(form, operands[0].shape)
    write = f"np.copyto({{out}}, {found[2] or 0})\nnp.copyto({{out[{inside}]}}, {{0}})"
    return Instruction(COPY, form, operands, result, write)


def padded_at(form: str, shape: tuple[int, ...], zeros: bool = False) -> str | None:
    """Where `np.pad` puts an array of this shape; None of another form, or border than `zeros`.

    >>> padded_at("np.pad({0}, [(1, 1), (0, 2)])", (3, 4), zeros=True)
    '1:4, 0:4'
    """
    found = _PADDED.fullmatch(form)
    if found is None or (zeros and found[2] not in (None, "0", "0.0")):
        return None
    sides = zip(ast.literal_eval(found[1]), shape, strict=True)
    return ", ".join(f"{before}:{before + n}" for (before, _), n in sides)


def _reduction(found: Any, form: str, operands: list[Value], result: Value) -> Instruction:
    """A sum or the like: by the ufunc itself, which the method takes a detour to."""
    call: Any = parsed(f"f({found[2]})")
    named = {one.arg: ast.unparse(one.value) for one in call.keywords}
    axis, dtype = named.pop("axis", "None"), named.pop("dtype", "None")
    name = f"np.{_REDUCING[found[1]]}.reduce({{0}}, {axis}, {dtype}"
    keep = named.pop("keepdims", "")
    more = "".join(f", {key}={text}" for key, text in named.items())
    plain = f"{name}{f', keepdims={keep}' * bool(keep)}{more})"
    out = f"{name}, {{out}}{f', {keep}' * bool(keep)}{more})"
    made = Instruction(REDUCTION, plain, operands, result, out)
    if found[1] == "sum" and dtype == "None" and not named:
        axes = ast.literal_eval(axis)
        ndim = len(operands[0].shape)
        every = range(ndim) if axes is None else np.atleast_1d(axes).tolist()
        made.sums = tuple(sorted(i % ndim for i in every))
    return made


# --- operands ---


def _is_number(x: Value) -> bool:
    number = x.constant
    return isinstance(number, int | float) and not isinstance(number, bool | np.generic)


def _kind(x: Value) -> Any:
    """The dtype; of a Python number int or float, which stand for the least that they need."""
    return (int if isinstance(x.constant, int) else float) if _is_number(x) else x.dtype


def _converted(ufunc: Any, operands: list[Value], result: Value) -> list[Value]:
    """Python numbers beside arrays as arrays of the dtype that they are taken for."""
    if not result.shape or not any(map(_is_number, operands)):
        return operands
    kinds = [_kind(x) for x in operands]
    try:
        loop = ufunc.resolve_dtypes((*kinds, None))
        with np.errstate(all="ignore"):
            return [
                constant_of(np.array(x.constant, dtype)) if _is_number(x) else x
                for x, dtype in zip(operands, loop, strict=False)
            ]
    except OverflowError:  # a comparison with an integer that no array holds
        return operands


# --- layouts ---


def stand_in(example: Any) -> Any:
    """What has the shape and dtype of an example, and no numbers."""
    return np.empty(example.shape, example.dtype) if isinstance(example, np.ndarray) else example


_VIEWS = re.compile(
    r"\{0\}\.(T|mT|transpose\(.*\)|reshape\(.*\)|ravel\(\)|swapaxes\(.*\)|squeeze\(.*\)|diagonal\(.*\))"
    r"|\{0\}\[[^{]*\]|np\.(broadcast_to|expand_dims|squeeze|moveaxis|reshape)\(\{0\}.*\)"
    r"|np\.lib\.stride_tricks\.sliding_window_view\(\{0\}, [^{]*\)"
)


@functools.cache
def code_of_view(expression: str) -> Any:
    return eval(f"lambda x: {expression}", {"np": np})
