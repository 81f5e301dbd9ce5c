"""Terms of arrays: a forward function run on them writes down what it asks NumPy for.

Shape and dtype are those of the example.  Whatever needs the numbers themselves is refused, for
then the function takes another way with other numbers.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from .folding import axes_of, blank, folded
from .terms import LooksAtNumbers, Term

#: How Python writes a ufunc, if not as a call.
OPERATORS = {
    np.add: "{0} + {1}", np.subtract: "{0} - {1}", np.multiply: "{0} * {1}",
    np.true_divide: "{0} / {1}", np.floor_divide: "{0} // {1}", np.remainder: "{0} % {1}",
    np.power: "{0} ** {1}", np.matmul: "{0} @ {1}", np.negative: "-{0}", np.invert: "~{0}",
    np.equal: "{0} == {1}", np.not_equal: "{0} != {1}", np.less: "{0} < {1}",
    np.less_equal: "{0} <= {1}", np.greater: "{0} > {1}", np.greater_equal: "{0} >= {1}",
    np.bitwise_and: "{0} & {1}", np.bitwise_or: "{0} | {1}", np.bitwise_xor: "{0} ^ {1}",
    np.left_shift: "{0} << {1}", np.right_shift: "{0} >> {1}",
}  # fmt: skip
_REDUCTIONS = {np.add: "sum", np.multiply: "prod", np.maximum: "max", np.minimum: "min"}
_RUNNING = {np.add: "cumsum", np.multiply: "cumprod"}
# fmt: off
_METHODS = frozenset((
    "all", "any", "argmax", "argmin", "argsort", "astype", "clip", "cumprod", "cumsum", "diagonal",
    "dot", "max", "mean", "min", "prod", "ravel", "repeat", "reshape", "round", "sort", "squeeze",
    "std", "sum", "swapaxes", "take", "trace", "transpose", "var",
))
# fmt: on
_ABSENT: Any = object()


class ArrayTerm(NDArrayOperatorsMixin, Term):
    """A term whose example is an array (or one of NumPy's numbers)."""

    __slots__ = ()
    __hash__ = object.__hash__  # terms are compared by what they are, not by their numbers

    @property
    def shape(self) -> Any:
        return self.example.shape

    @property
    def ndim(self) -> int:
        return int(self.example.ndim)

    @property
    def size(self) -> int:
        return int(self.example.size)

    @property
    def dtype(self) -> Any:
        return self.example.dtype

    @property
    def T(self) -> Any:
        return self.transpose()

    @property
    def mT(self) -> Any:
        return self.swapaxes(-1, -2)

    def __len__(self) -> int:
        return len(self.example)

    def __getitem__(self, index: Any) -> Any:
        operands: list[Any] = [self]
        form = f"{{0}}[{_subscript(index, operands)}]"
        return made(form, operands, lambda x, *arrays: x[_filled(index, iter(arrays))])

    def __getattr__(self, name: str) -> Any:
        if name not in _METHODS:
            raise LooksAtNumbers if hasattr(np.ndarray, name) else AttributeError(name)
        return functools.partial(_method, self, name)

    def __array_ufunc__(self, ufunc: Any, how: str, *inputs: Any, **named: Any) -> Any:
        named = {key: x for key, x in named.items() if key == "axis" or x is not None}
        if "out" in named or how == "at":
            raise LooksAtNumbers
        if how == "reduce" and ufunc in _REDUCTIONS:
            return _reduction(ufunc, *inputs, **named)
        if how == "accumulate" and ufunc in _RUNNING:
            return recorded(getattr(np, _RUNNING[ufunc]), inputs, named)
        if how == "__call__" and not named and ufunc in OPERATORS:
            operands = [as_term(x, self.program) for x in inputs]
            return made(OPERATORS[ufunc], operands, ufunc, ufunc is not np.matmul)
        name = f"np.{ufunc.__name__}".replace("np.absolute", "np.abs")
        call, name = (ufunc, name) if how == "__call__" else (getattr(ufunc, how), f"{name}.{how}")
        return recorded(call, inputs, named, name, how == "__call__" and not named)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func in _ATTRIBUTES:
            return _ATTRIBUTES[func](self.example)
        return recorded(func, args, kwargs, elementwise=func is np.where)

    def __array__(self, *_asked: Any, **_named: Any) -> NoReturn:
        raise LooksAtNumbers

    __bool__ = __int__ = __index__ = __iter__ = __setitem__ = __array__

    def __float__(self) -> float:
        """The number, for `math.isfinite`: see `lowering.read`."""
        return float(self.program.seen_as(self))


_ATTRIBUTES: dict[Any, Callable[[Any], Any]] = {
    np.shape: np.shape, np.ndim: np.ndim, np.size: np.size, np.iscomplexobj: np.iscomplexobj
}  # fmt: skip


def as_term(x: Any, program: Any) -> Any:
    """x as a term: what is none is a constant."""
    return x if isinstance(x, Term) else program.constant(x)


def made(form: str, operands: list[Any], compute: Any, elementwise: bool = False) -> Any:
    """The term of a form, and what `compute` makes of examples; folded if there is a shorter one.

    `elementwise`: whether operands broadcast against one another.
    """
    program = operands[0].program
    if program.blank and elementwise:
        compute = functools.partial(blank, compute)
    example = compute(*(x.example for x in operands))
    return folded(program, form, operands, compute, example, elementwise)


def recorded(
    call: Any, args: Any, named: dict[str, Any], name: str = "", elementwise: bool = False
) -> Any:
    """The term of a call of NumPy's (or of a helper, by `name`)."""
    operands: list[Any] = []
    program = _program_of((args, named))
    given = [_written(x, operands, program, elementwise) for x in args]
    given += [f"{key}={_written(x, operands, program)}" for key, x in named.items()]
    form = f"{name or _name_of(call)}({', '.join(given)})"

    def compute(*examples: Any) -> Any:
        rest = iter(examples)
        filled = [_filled(x, rest, elementwise) for x in args]
        return call(*filled, **{key: _filled(x, rest) for key, x in named.items()})

    return made(form, operands, compute, elementwise)


def _name_of(function: Any) -> str:
    return f"{function.__module__.replace('numpy', 'np', 1)}.{function.__name__}"


def _program_of(x: Any) -> Any:
    """The program of the terms in (nested) arguments."""
    if isinstance(x, Term):
        return x.program
    if isinstance(x, dict):
        x = x.values()
    elif not isinstance(x, list | tuple):
        return None
    return next((p for p in map(_program_of, x) if p is not None), None)


# --- arguments, written ---


def _written(x: Any, operands: list[Any], program: Any, numbers: bool = False) -> str:
    """An argument as text, with a place for each term and array in it, which joins `operands`.

    `numbers`: numbers are operands too, to be folded.
    """
    if isinstance(x, Term | np.ndarray | np.generic):
        operands.append(as_term(x, program))
    elif numbers and isinstance(x, int | float):
        operands.append(program.constant(x))
    elif isinstance(x, list | tuple):
        parts = ", ".join(_written(part, operands, program) for part in x)
        if isinstance(x, list):
            return f"[{parts}]"
        return f"({parts},)" if len(x) == 1 else f"({parts})"
    else:
        return written_constant(x)
    return f"{{{len(operands) - 1}}}"


def written_constant(x: Any) -> str:
    """A setting as text: a number, a string, None, a dtype, a slice."""
    if isinstance(x, np.dtype) or (isinstance(x, type) and issubclass(x, np.generic)):
        return f"np.{np.dtype(x).name}".replace("np.bool", "bool")
    if isinstance(x, slice):
        return f"np.s_[{_subscript(x, [])}]"
    if isinstance(x, float) and not np.isfinite(x):
        return "np.nan" if x != x else "np.inf" if x > 0 else "-np.inf"
    if isinstance(x, int | float | str | bytes | None):
        return repr(x)
    if x is Ellipsis:
        return "..."
    if isinstance(x, type) and x.__module__ == "builtins":
        return x.__name__
    raise LooksAtNumbers  # an object of which no text is known


def _filled(x: Any, examples: Any, numbers: bool = False) -> Any:
    """An argument with the examples in the places that `_written` left."""
    if isinstance(x, Term | np.ndarray | np.generic) or (numbers and isinstance(x, int | float)):
        return next(examples)
    if isinstance(x, list | tuple):
        return type(x)(_filled(part, examples) for part in x)
    return x


def _subscript(index: Any, operands: list[Any]) -> str:
    if isinstance(index, tuple):
        parts = [_subscript(part, operands) for part in index]
        return ", ".join(parts) + "," * (len(parts) == 1) if parts else "()"
    if isinstance(index, slice):
        ends = ["" if end is None else str(int(end)) for end in (index.start, index.stop)]
        return ":".join(ends) + ("" if index.step is None else f":{int(index.step)}")
    return _written(index, operands, operands[0].program)


# --- methods ---


def _reduction(
    ufunc: Any, x: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False,
    **more: Any,
) -> Any:  # fmt: skip
    if not isinstance(x, ArrayTerm) or out is not None:
        raise LooksAtNumbers
    named = {"axis": axis, "dtype": dtype, "keepdims": keepdims, **more}
    return _method(x, _REDUCTIONS[ufunc], **named)


def _method(x: Any, name: str, *args: Any, **named: Any) -> Any:
    """The term of a call of an array's method, without what says nothing."""
    if name == "reshape":
        shape = args[0] if len(args) == 1 and not isinstance(args[0], int) else args
        args = tuple(operator.index(n) for n in shape) or ((),)
    if name == "transpose":
        return _transposed(x, *args)
    if name == "swapaxes":
        axes = list(range(x.ndim))
        i, k = args
        axes[i], axes[k] = axes[k], axes[i]
        return _transposed(x, tuple(axes))
    if name in _REDUCTIONS.values() and not args:
        said = _shortened(x, **named)
        if said is None:
            return x
        named = said
    operands = [x]
    given = [_written(one, operands, x.program) for one in args]
    given += [f"{key}={_written(one, operands, x.program)}" for key, one in named.items()]

    def compute(x: Any, *examples: Any) -> Any:
        rest = iter(examples)
        filled = [_filled(one, rest) for one in args]
        return getattr(x, name)(*filled, **{key: _filled(one, rest) for key, one in named.items()})

    return made(f"{{0}}.{name}({', '.join(given)})", operands, compute)


def _shortened(
    x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, initial: Any = _ABSENT,
    **more: Any,
) -> dict[str, Any] | None:  # fmt: skip
    """The named arguments of a reduction that say something; None if it changes nothing."""
    axes = axes_of(x, axis)
    if axes == () and x.dtype.kind == "f":
        return None
    named: dict[str, Any] = {}
    if axes is not None and len(axes) != x.ndim:
        named["axis"] = axes[0] if len(axes) == 1 else axes
    if dtype is not None and dtype != x.dtype:
        named["dtype"] = dtype
    if keepdims and x.ndim:
        named["keepdims"] = True
    if initial is not _ABSENT and (not x.size or abs(initial) != np.inf):
        named["initial"] = initial
    return {**named, **more}


def _transposed(x: Any, *axes: Any) -> Any:
    order = axes[0] if len(axes) == 1 else axes
    given = tuple(range(x.ndim))[::-1] if not order else tuple(int(i) % x.ndim for i in order)
    if given == tuple(range(x.ndim)):
        return x
    if given == tuple(range(x.ndim))[::-1]:
        return made("{0}.T", [x], lambda x: x.T)
    if given == (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2):
        return made("{0}.mT", [x], lambda x: x.mT)
    return made(f"{{0}}.transpose{given}", [x], lambda x: x.transpose(given))
