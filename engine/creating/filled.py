"""Tensors of numbers one names: zeros and ones, ranges, and what an array or a list holds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from ..arrays import new_leaf
from ..by_name import has_numbers
from ..counts import at_least, shape_of
from ..cpu import on_cpu
from ..node import NODES
from ..symbols import tracing_now
from ..tensors import Tensor


def leaf(array: ndarray, requires_grad: bool, device: Any) -> Tensor:
    """A Tensor that holds `array` itself, which nobody else has."""
    made: Tensor = new_leaf(Tensor, array, requires_grad, device)
    return made


# --- of a shape ---


def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """A Tensor of shape `size` that holds `fill_value` everywhere, by default in its dtype.

    >>> full((2, 2), 7)
    Tensor([[7, 7],
            [7, 7]])
    """
    return leaf(np.full(shape_of((size,)), fill_value, dtype), requires_grad, device)


def zeros(
    *shape: Any,
    size: Any = None,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """A Tensor of zeros: `zeros(2, 3)` or `zeros((2, 3))`; float64 by default.

    >>> zeros(3)
    Tensor([0., 0., 0.])
    """
    return leaf(np.zeros(shape_of(shape, size), dtype or float), requires_grad, device)


def ones(
    *shape: Any,
    size: Any = None,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """A Tensor of ones; in all else as `zeros`.

    >>> ones(2, dtype=bool)
    Tensor([ True,  True])
    """
    return leaf(np.ones(shape_of(shape, size), dtype or float), requires_grad, device)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """The identity matrix of n rows (and m columns).

    >>> eye(2)
    Tensor([[1., 0.],
            [0., 1.]])
    """
    shape = shape_of((n, n if m is None else m))
    return leaf(np.eye(*shape, dtype=dtype or float), requires_grad, device)


# --- as another array ---


def like(x: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """The shape and dtype of x: of a node or an array without a look at its numbers."""
    x = x if isinstance(x, NODES) else np.asarray(x)
    return x.shape, np.dtype(np.float64) if x.dtype.kind == "O" else np.dtype(x.dtype)


def full_like(
    x: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """A Tensor of the shape and dtype of x that holds `fill_value` everywhere.

    >>> full_like(Tensor([1.0, 2.0]), 7)
    Tensor([7., 7.])
    """
    shape, own = like(x)
    return leaf(np.full(shape, fill_value, dtype or own), requires_grad, device)


def zeros_like(
    x: Any, *, dtype: Any = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """A Tensor of zeros of the shape and dtype of x.

    >>> zeros_like(np.array([[1, 2], [3, 4]]))
    Tensor([[0, 0],
            [0, 0]])
    """
    return full_like(x, 0, dtype=dtype, requires_grad=requires_grad, device=device)


def ones_like(
    x: Any, *, dtype: Any = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """A Tensor of ones of the shape and dtype of x.

    >>> ones_like(np.array([1.0, 2.0], np.float32))
    Tensor([1., 1.], float32)
    """
    return full_like(x, 1, dtype=dtype, requires_grad=requires_grad, device=device)


# Numbers that nobody chose would be no better.
empty, empty_like = zeros, zeros_like


# --- ranges ---


def arange(
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """start, start + step, … up to but not including `end`; `arange(end)` starts at 0.

    int64 if all that is given are ints, else float64.

    Raises:
        ValueError: step is 0, or leads away from the end.

    >>> arange(3), arange(1.0, 2.0, 0.5)
    (Tensor([0, 1, 2]), Tensor([1. , 1.5]))
    """
    start, end = (0, start) if end is None else (start, end)
    start, end, step = (_number(x) for x in (start, end, step))
    if step == 0 or (end - start) * step < 0:
        raise ValueError(f"arange() cannot go from {start} to {end} by steps of {step}")
    return leaf(np.arange(start, end, step, dtype=dtype), requires_grad, device)


def _number(x: Any) -> Any:
    """A 0-d Tensor as the number it holds."""
    if not isinstance(x, Tensor):
        return x
    return float(x) if x.dtype.kind == "f" else int(x)


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """That many numbers at equal distances, start and end included.

    >>> linspace(0, 1, 5)
    Tensor([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    at_least(0, steps=steps)
    array = np.linspace(float(start), float(end), steps, dtype=dtype)
    return leaf(array, requires_grad, device)


# --- of numbers that are there ---


def tensor(
    data: Any, *, dtype: Any = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """A Tensor with a copy of `data`: a number, nested lists, an array or a Tensor.

    By default the dtype is that of data: Python's floats are float64, ints int64.

    Raises:
        TypeError: data is not of real numbers or bools; integers that are to require a gradient.
        ValueError: rows of different lengths; device is not the CPU.

    >>> tensor([1, 2, 3]), tensor([1, 2], dtype=np.float32)
    (Tensor([1, 2, 3]), Tensor([1., 2.], float32))
    """
    on_cpu(device)
    named = _of_name(data, dtype, requires_grad)
    return Tensor(data, requires_grad, dtype) if named is None else named


def as_tensor(data: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` itself if it is a Tensor of this dtype, else as `tensor`: a copy.

    A Tensor of another dtype stays in its graph.  PyTorch shares the memory of an array.

    >>> x = tensor([1.0, 2.0])
    >>> as_tensor(x) is x, as_tensor([1.0, 2.0]) is x
    (True, False)
    """
    on_cpu(device)
    if not isinstance(data, Tensor):
        named = _of_name(data, dtype, copy=False)
        return Tensor(data, dtype=dtype) if named is None else named
    return data if dtype is None or data.dtype == dtype else data.astype(dtype)


def from_numpy(array: ndarray) -> Tensor:
    """A Tensor with a copy of an array, where PyTorch shares its memory.

    Raises:
        TypeError: it is no array.

    >>> array = np.array([1.0, 2.0])
    >>> x = from_numpy(array)
    >>> array[0] = 9.0
    >>> x
    Tensor([1., 2.])
    """
    named = _of_name(array, None)
    if named is not None:
        return named
    if not isinstance(array, ndarray):
        raise TypeError(f"from_numpy() takes an array, got {type(array).__name__}: use tensor()")
    return Tensor(array)


def _of_name(x: Any, dtype: Any, requires_grad: bool = False, copy: bool = True) -> Any:
    """What stands for a Tensor of x's numbers in a compiled function, where x is a name.

    Args:
        x: a Symbol, or anything else: that is no name.
        dtype: of the Tensor; None for that of x.
        requires_grad: whether gradients flow to it, if they are asked for.
        copy: whether no gradient flows on to x.

    Returns:
        A Symbol; None if x is no name, or that of a single number.
    """
    trace = tracing_now()
    if trace is None or has_numbers(x) or type(x._held) is not ndarray:
        return None
    y = x.detach() if copy or not x.requires_grad else x
    y = y if dtype is None else y.astype(dtype)
    return trace.tensor(y).requires_grad_(requires_grad or y.requires_grad)


def is_tensor(x: Any) -> bool:
    """Whether x is a Tensor.

    >>> is_tensor(tensor(1.0)), is_tensor(np.ones(2))
    (True, False)
    """
    return isinstance(x, Tensor)
