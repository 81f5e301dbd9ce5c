"""`ValueArray`: an ndarray of Values, on which a program written for arrays runs number by number.

This is the scalar tier of an array program: elementwise ops run on each Value, shape ops run on
the array of objects, and what comes out is the Value graph that the array program stands for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import ArrayMethods, plain_index
from ..core import Op
from ..elementwise_methods import ElementwiseMethods
from ..node import NodeArray, to_numpy
from ..recording import RECORDING, no_grad
from ..updates import WHILE_RECORDING, refused
from ..window import TensorData, window_on
from .number import number
from .value import Value


class ValueArray(ElementwiseMethods, ArrayMethods, NodeArray):  # type: ignore[misc]  # our methods replace ndarray's on purpose
    """An array whose elements are Values (constants among them may stay plain numbers).

    >>> x = ValueArray.of([1.0, 2.0, 3.0])
    >>> (x * x).sum().backward()
    >>> x.grad
    array([2., 4., 6.])
    """

    @classmethod
    def of(cls, array: Any, requires_grad: bool = True) -> Any:
        """Box every number of `array` in a Value; a single number becomes one Value."""
        numbers = np.asarray(array, dtype=np.float64)
        if numbers.ndim == 0:
            return Value(float(numbers), requires_grad=requires_grad)
        boxed = np.empty(numbers.shape, dtype=object)
        for index in np.ndindex(numbers.shape):
            boxed[index] = Value(float(numbers[index]), requires_grad=requires_grad)
        return boxed.view(cls)

    @classmethod
    def record(cls, op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Apply an op: number by number if it is elementwise, else to the arrays of objects."""
        if op.kind == "elementwise":
            each = np.frompyfunc(lambda *numbers: op(*numbers, **params), len(inputs), 1)
            result = each(*(_plain(x) for x in inputs))
        elif op.elements is None:
            result = op.forward(*(np.asarray(_objects(x)) for x in inputs), **params)
        else:
            result = op.elements(*(_objects(x) for x in inputs), **params)
        return _boxed(result)

    op = None  # an array of Values is no node: to `+=` it is a leaf, made of leaves

    def updated(self, op: Op, other: Any) -> Any:
        """`self op= other`: outside recording changed in place, as a Tensor is.

        Raises:
            RuntimeError: operations are recorded, and a leaf in this has a gradient.
        """
        if RECORDING.enabled:
            if any(_is_parameter(x) and x.has_grad for x in self.flat):
                raise refused(op, WHILE_RECORDING)
            return NotImplemented
        self[...] = op(self, other)
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        """Put numbers or Values in; a leaf that requires a gradient stays, and gets the number.

        Raises:
            RuntimeError: operations are recorded, and such a leaf stands there.
        """
        objects, index = np.asarray(self), plain_index(index)
        old = objects[index]
        old = old if isinstance(old, np.ndarray) else _single(old)
        new = np.empty(old.shape, dtype=object)
        new[...] = value
        places = [i for i, x in enumerate(old.flat) if _is_parameter(x) and x is not new.flat[i]]
        if places and RECORDING.enabled:
            raise RuntimeError(
                "Values that require a gradient cannot be replaced in an array while operations "
                "are recorded: use engine.where or engine.concatenate to make a new one, or "
                "change them under no_grad()"
            )
        numbers = [number(to_numpy(new.flat[i]), "value") for i in places]
        for i, x in zip(places, numbers, strict=True):
            old.flat[i].data = x
            new.flat[i] = old.flat[i]
        objects[index] = new if new.ndim else new[()]

    def __getitem__(self, index: Any) -> Any:
        return _boxed(np.asarray(self)[plain_index(index)])

    def view(self, *shape: Any) -> Any:  # type: ignore[override]  # serves both uses
        """`reshape`, as PyTorch's method; with a class, NumPy's method of that name."""
        if len(shape) == 1 and isinstance(shape[0], type):
            return np.ndarray.view(self, shape[0])
        return self.reshape(*shape)

    def leaf(self, data: Any = None, requires_grad: bool = True) -> Any:
        """Fresh Values, one for each number of `data` (by default, of this)."""
        return ValueArray.of(self.values if data is None else data, requires_grad)

    @property
    def values(self) -> np.ndarray:
        """The numbers, as a float64 array."""
        return to_numpy(self)

    @property
    def data(self) -> Any:
        """The numbers, read-only.  Assign to change the leaves, or `x.data -= step`."""
        return window_on(self.values, self)

    @data.setter
    def data(self, numbers: Any) -> None:
        if not self.shows(numbers):  # x.data -= … has changed them already
            self.change(numbers)

    def shows(self, window: np.ndarray) -> bool:
        """Whether a window (see `data`) still shows these numbers."""
        return isinstance(window, TensorData) and np.array_equal(window, self.values, True)

    def change(self, numbers: Any) -> None:
        """Give the leaves other numbers.

        Raises:
            RuntimeError: an element is a result.
            ValueError: the shape is another.
        """
        numbers = np.asarray(to_numpy(numbers), dtype=np.float64)
        if numbers.shape != self.shape:
            raise ValueError(f"data has shape {self.shape}, cannot become {numbers.shape}")
        if not all(x.is_leaf for x in self.flat if isinstance(x, Value)):
            raise RuntimeError("data can be assigned to leaves only; this holds results of ops")
        with no_grad():
            self[...] = numbers

    @property
    def grad(self) -> Any:
        """The gradients of the elements, as a float64 array; 0 for constants.

        Assign to change them, or `x.grad *= 0.5`; None clears them.
        """
        return _Gradients(self).data

    @grad.setter
    def grad(self, gradients: Any) -> None:
        if gradients is None:
            self.zero_grad()
        elif not _Gradients(self).shows(gradients):  # as above
            _Gradients(self).change(gradients)

    def zero_grad(self) -> None:
        """Forget the gradient of every element."""
        for x in self.flat:
            if isinstance(x, Value):
                x.zero_grad()


class _Gradients:
    """The gradients of an array of Values, as what a window shows."""

    def __init__(self, array: ValueArray) -> None:
        self.array = array

    @property
    def numbers(self) -> np.ndarray:
        gradients = [x.grad if isinstance(x, Value) else 0.0 for x in self.array.flat]
        return to_numpy(gradients).reshape(self.array.shape)

    @property
    def data(self) -> Any:
        return window_on(self.numbers, self)

    def shows(self, window: np.ndarray) -> bool:
        return isinstance(window, TensorData) and np.array_equal(window, self.numbers, True)

    def change(self, gradients: Any) -> None:
        numbers = np.broadcast_to(to_numpy(gradients), self.array.shape)
        for x, g in zip(self.array.flat, numbers.flat, strict=True):
            if isinstance(x, Value):
                x.grad = float(g)


def _is_parameter(x: Any) -> bool:
    """Whether x is a leaf that requires a gradient."""
    return isinstance(x, Value) and x.is_leaf and x.requires_grad


def _plain(x: Any) -> Any:
    """An input of an elementwise op, as NumPy takes it."""
    if isinstance(x, Value):
        return _single(x)
    return np.asarray(x) if isinstance(x, np.ndarray | list | tuple) else x


def _single(x: Value) -> np.ndarray:
    """A Value as a 0-d array of objects."""
    boxed = np.empty((), dtype=object)
    boxed[()] = x
    return boxed


def _objects(x: Any) -> Any:
    """An input of a shape op as an array of objects."""
    if x is None or isinstance(x, ValueArray):
        return x
    if isinstance(x, Value):
        return _single(x).view(ValueArray)
    return np.asarray(x).astype(object).view(ValueArray)


def _boxed(result: Any) -> Any:
    """A 0-d result as its element; an array of objects as a ValueArray."""
    if isinstance(result, np.ndarray):
        if result.ndim == 0:
            return result[()] if type(result) is np.ndarray else np.asarray(result)[()]
        return result.view(ValueArray) if result.dtype == object else np.asarray(result)
    return result
