"""`ValueArray`: an ndarray of Values, on which a program written for arrays runs number by number.

This is the scalar tier of an array program: elementwise ops run on each Value, shape ops run on
the array of objects, and what comes out is the Value graph that the array program stands for.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .. import ops
from ..arrays import ArrayMethods, plain_index
from ..core import Op, row_of
from ..differentiating import differentiating, refuse_to_cut
from ..elementwise_methods import ElementwiseMethods
from ..lists import LISTS, array_of
from ..node import Node, NodeArray, to_numpy
from ..numpy_protocol import NumpyFunctions, nodes_in, numbers, replaced
from ..recording import RECORDING, no_grad
from ..updates import LEAF_ASSIGNED_TO, WHILE_RECORDING, refused
from ..window import TensorData, window_on
from .number import ARRAYS, number
from .value import Value


class ValueArray(NumpyFunctions, ElementwiseMethods, ArrayMethods, NodeArray):  # type: ignore[misc]  # our methods replace ndarray's on purpose
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
            result = _each(op, params, len(inputs))(*(_plain(x) for x in inputs))
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

    @classmethod
    def record_binary(cls, op: Op, a: Any, b: Any) -> Any:
        """Apply an elementwise op of two inputs."""
        if op.kind != "elementwise":
            return cls.record(op, (a, b), {})
        return _boxed(_each(op, {}, 2)(_plain(a), _plain(b)))

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
            raise RuntimeError(LEAF_ASSIGNED_TO)
        numbers = [number(to_numpy(new.flat[i]), "value") for i in places]
        for i, x in zip(places, numbers, strict=True):
            old.flat[i].data = x
            new.flat[i] = old.flat[i]
        objects[index] = new if new.ndim else new[()]

    @classmethod
    def by_numpy(cls, call: Any, args: Any, kwargs: Any, refusal: str) -> Any:
        """What NumPy makes of the objects themselves: it calculates with Values, one by one.

        Where it asks them for plain numbers instead, a gradient would be lost.
        """
        tracked = _tracked((args, kwargs)) if RECORDING.enabled else []
        try:
            with differentiating(tracked):
                result = _on_objects(call, args, kwargs)
            # np.zeros_like(value) is to be written into: an array, though of one number
            like = call.__name__.endswith("_like")
            return result.view(cls) if like else _all_boxed(result)
        except (TypeError, AttributeError, RuntimeError) as error:
            if tracked:
                raise TypeError(f"{refusal} (NumPy: {error})") from error
        return call(*numbers(args), **numbers(kwargs))

    def __getitem__(self, index: Any) -> Any:
        return _boxed(np.asarray(self)[plain_index(index)])

    @property  # PyTorch
    def flat(self) -> Any:
        """The elements, one by one; read only."""
        elements = np.asarray(self)[...]
        elements.flags.writeable = False
        return elements.flat

    def fill(self, value: Any) -> None:
        """The same number everywhere: as `self[...] = value`."""
        self[...] = value

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Any:  # type: ignore[override]  # PyTorch's arguments too
        """`engine.flatten` of this; a copy, as of any array."""
        return np.ndarray.copy(super().flatten(start_dim, end_dim))

    def _of_memory(self, *_arguments: Any, **_named: Any) -> Any:
        raise TypeError(
            "this method works on the memory of an array, where an array of Values holds none of "
            "its numbers: assign (x[…] = …), use engine's functions, or those of x.values"
        )

    byteswap = getfield = partition = put = setfield = tobytes = tofile = _of_memory

    def astype(self, dtype: Any, *, copy: bool = True) -> Any:  # type: ignore[override]
        """As of any array; to objects, which these are, a copy with the same Values."""
        if np.dtype(dtype) == object:
            return np.ndarray.copy(self)
        return super().astype(dtype, copy=copy)

    def view(self, *shape: Any) -> Any:  # type: ignore[override]  # serves both uses
        """`reshape`, as PyTorch's method; with a class, NumPy's method of that name."""
        if len(shape) == 1 and isinstance(shape[0], type):
            return np.ndarray.view(self, shape[0])
        return self.reshape(*shape)

    def leaf(self, data: Any = None, requires_grad: bool = True) -> Any:
        """Fresh Values, one for each number of `data` (by default, of this)."""
        if data is None:
            for x in self.flat:
                if isinstance(x, Value):
                    refuse_to_cut(x, "leaf()")
            data = self.values
        return ValueArray.of(data, requires_grad)

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
        for x in np.asarray(self).flat:
            if isinstance(x, Value):
                x.zero_grad()


class _Gradients:
    """The gradients of an array of Values, as what a window shows."""

    window_is_whole = (
        "the gradients of Values cannot be changed in place one by one, each Value has its own: "
        "x[k].grad = …, or all of them, x.grad *= …, x.grad = array"
    )

    def __init__(self, array: ValueArray) -> None:
        self.array = array

    @property
    def numbers(self) -> np.ndarray:
        gradients = [x.grad if isinstance(x, Value) else 0.0 for x in np.asarray(self.array).flat]
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


def _each(op: Op, params: dict[str, Any], count: int) -> Any:
    """An elementwise op as a ufunc on objects."""
    if op in _OPERATORS:
        return op.forward
    if not params:
        return _unparametrized(op, count)
    arrays = [key for key, x in params.items() if isinstance(x, ARRAYS)]
    if not arrays:
        return np.frompyfunc(functools.partial(op, **params), count, 1)

    def one(*numbers: Any) -> Any:
        return op(*numbers[:count], **{**params, **dict(zip(arrays, numbers[count:], strict=True))})

    ufunc = np.frompyfunc(one, count + len(arrays), 1)
    return lambda *inputs: ufunc(*inputs, *(params[key] for key in arrays))


@functools.lru_cache
def _unparametrized(op: Op, count: int) -> Any:
    return np.frompyfunc(op, count, 1)


#: Whose ufunc calls the elements' own operator, which never raises as Python's 1 / 0 does.
_OPERATORS = (ops.add, ops.sub, ops.mul)


def _is_parameter(x: Any) -> bool:
    """Whether x is a leaf that requires a gradient."""
    return isinstance(x, Value) and x.is_leaf and x.requires_grad


def _plain(x: Any) -> Any:
    """An input of an elementwise op, as NumPy takes it."""
    if isinstance(x, Value):
        return _single(x)
    return np.asarray(_of_this_tier(x)) if isinstance(x, np.ndarray | list | tuple) else x


def _of_this_tier(x: Any) -> Any:
    """An array, or what a list stands for, if it holds no Tensors."""
    x = array_of(x) if isinstance(x, LISTS) else x
    return number(x, "an input") if isinstance(x, Node) else x  # says that tiers do not mix


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
    return np.asarray(_of_this_tier(x)).astype(object).view(ValueArray)


def _tracked(arguments: Any) -> list[Value]:
    """The Values among arguments, less the constants."""
    given = (x for part in nodes_in(arguments) for x in np.ravel(_unboxed(part)))
    return [x for x in given if isinstance(x, Value) and (x.requires_grad or not x.is_leaf)]


_EMPTY = np.empty(0)


def _on_objects(call: Any, args: Any, kwargs: Any) -> Any:
    """A function of NumPy, a ufunc, or a ufunc's method, of arrays of objects."""
    args, kwargs = replaced(args, _unboxed), replaced(kwargs, _unboxed)
    ufunc = call if isinstance(call, np.ufunc) else getattr(call, "__self__", None)
    if not isinstance(ufunc, np.ufunc):
        # called past its elements, Values again, which would send the call back here
        return _EMPTY.__array_function__(call, (), args, kwargs)
    if getattr(call, "__name__", "") == "at" and args[0].dtype != object:
        raise TypeError("an array of numbers cannot hold Values")  # which NumPy finds out too late
    if ufunc not in row_of and any(set(form) != set("O->") for form in ufunc.types):
        raise TypeError("its loop for objects knows no derivative")
    return call(*args, **kwargs)


def _unboxed(x: Any) -> Any:
    """A Value, or an array of Values, as the plain array of objects that NumPy works on."""
    return _single(x) if isinstance(x, Value) else np.asarray(x)


def _all_boxed(result: Any) -> Any:
    """`_boxed`, of each of several results too."""
    if type(result) in (tuple, list):
        return type(result)(_all_boxed(part) for part in result)
    return _boxed(result)


def _boxed(result: Any) -> Any:
    """A 0-d result as its element; an array of objects as a ValueArray."""
    if isinstance(result, np.ndarray):
        if result.ndim == 0:
            return result[()] if type(result) is np.ndarray else np.asarray(result)[()]
        return result.view(ValueArray) if result.dtype == object else np.asarray(result)
    return result
