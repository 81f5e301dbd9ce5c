"""How many numbers a call in an expression computes, said before it is computed."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

import engine
from engine import Node, NodeArray, registry

Arguments = Sequence[Any]
Parameters = Mapping[str, Any]

#: Functions whose result is of the shape that this parameter says.
SHAPED = {
    "broadcast_to": "shape",
    "scatter": "shape",
    "scatter_add": "shape",
    "sum_windows": "shape",
    "col2im": "shape",
}
#: Functions that give each number as many times as this parameter says.
REPEATED: dict[str, tuple[str, Callable[[Iterable[int]], int]]] = {
    "tile": ("reps", math.prod),
    "repeat": ("repeats", max),
    "sliding_window_view": ("window_shape", math.prod),
    "im2col": ("kernel", math.prod),
}
#: Functions that put numbers around, as many as this parameter says.
PADDED = {"pad": "pad_width", "im2col": "padding", "conv2d": "padding", "max_pool2d": "padding"}
#: Functions that combine each number of one input with each of another, or with each index.
PAIRED = {
    "outer", "inner", "kron", "cross", "tensordot", "conv2d", "getitem", "take", "take_along_axis",
    "gather", "quantile", "percentile", "trapezoid",
}  # fmt: skip
#: Functions that do so, except along the last axis of the first input.
MULTIPLIED = {"matmul", "dot", "linear", "mm", "mv", "bmm"}
#: Functions of matrices whose results may be square, as tall or as wide.
SQUARED = {"svd", "qr", "lstsq", "pinv", "packed_svd", "packed_qr"}


def numbers(name: str, arguments: Arguments, parameters: Parameters) -> int:
    """About how many numbers a function computes, not less; 0 where it will refuse its inputs.

    >>> numbers("tile", [2.0, (1000, 1000)], {}), numbers("sum", [np.ones((2, 3))], {"axis": 0})
    (1000000, 7)
    """
    if name in registry and registry[name].kind == "elementwise":
        try:
            return math.prod(np.broadcast_shapes(*map(_shape, arguments)))
        except ValueError:
            return 0
    if name == "einsum" and isinstance(arguments[0], str):
        return _einsum(arguments[0], [_shape(x) for x in arguments[1:]])
    if name == "einsum":  # a list of axes after each array
        return math.prod(map(_size, arguments[: len(arguments) // 2 * 2 : 2]))
    if name in SHAPED:
        return math.prod(_integers(_said(name, SHAPED[name], arguments, parameters)))
    if name in SQUARED:
        *batch, rows, columns = (1, 1, *_shape(arguments[0]))
        return math.prod(batch) * max(rows, columns) ** 2 + sum(map(_size, arguments))
    sizes = [_size(x) for x in (*arguments, *parameters.values())]
    if name == "diag":  # a matrix with x on its k-th diagonal
        return (sizes[0] + sum(_integers([*arguments[1:], *parameters.values()]))) ** 2
    found = math.prod(sizes) if name in PAIRED | MULTIPLIED else sum(sizes)
    if name in MULTIPLIED:
        found //= max((1, *_shape(arguments[0])[-1:]))
    if name in PADDED:
        widest = max(_integers(_said(name, PADDED[name], arguments, parameters)), default=0)
        shape = _shape(arguments[0])
        found = found * math.prod(n + 2 * widest for n in shape) // max(1, math.prod(shape))
    if name in REPEATED:
        parameter, together = REPEATED[name]
        found = sizes[0] * together([1, *_integers(_said(name, parameter, arguments, parameters))])
    return found


def _said(name: str, parameter: str, arguments: Arguments, parameters: Parameters) -> Any:
    """What is given for a parameter, by name or by place; () if nothing is."""
    function = registry[name].forward if name in registry else getattr(engine, name)
    place = list(inspect.signature(function).parameters).index(parameter)
    return parameters.get(parameter, arguments[place] if place < len(arguments) else ())


def _integers(x: Any) -> list[int]:
    """The sizes of all numbers that are whole, of one or of lists of them."""
    if isinstance(x, list | tuple):
        return [n for one in x for n in _integers(one)]
    if isinstance(x, Node | NodeArray):
        return _integers(engine.to_numpy(x).ravel().tolist())
    return [abs(int(x))] if isinstance(x, int | float) and x % 1 == 0 else []


def _shape(x: Any) -> tuple[int, ...]:
    if isinstance(x, list | tuple):
        return (len(x), *_shape(x[0])) if x else (0,)
    return tuple(getattr(x, "shape", ()))


def _size(x: Any) -> int:
    return sum(map(_size, x)) if isinstance(x, list | tuple) else math.prod(_shape(x))


def _einsum(subscripts: str, shapes: list[tuple[int, ...]]) -> int:
    """One number for each value that all the letters together can have."""
    ends: dict[str, int] = {}
    terms = subscripts.replace(" ", "").partition("->")[0].split(",")
    for term, shape in zip(terms, shapes, strict=False):
        if "." in term:
            return math.prod(map(math.prod, shapes))
        for letter, n in zip(term, shape, strict=False):
            ends[letter] = max(n, ends.get(letter, 1))
    return math.prod(ends.values())
