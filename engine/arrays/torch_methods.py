"""Methods that PyTorch alone has, for Tensors, arrays of Values and plain Arrays."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from .. import choices, ops
from ..core import functions, registry
from ..counts import spread_arguments
from ..cpu import names_device, on_cpu
from ..generators import Rng, generator as generator_of
from ..lists import array_if_list
from ..node import Node, to_numpy
from . import shapes


class Size(int):
    """How many numbers there are, as NumPy's `x.size`; called, PyTorch's `x.size()`: the shape."""

    shape: tuple[int, ...]

    def __call__(self, dim: int | None = None) -> Any:
        """The shape, or the length of one axis.

        >>> from engine import Tensor
        >>> x = Tensor([[1.0, 2.0, 3.0]])
        >>> x.size, x.size(), x.size(-1)
        (3, (1, 3), 3)
        """
        if dim is None:
            return self.shape
        try:
            return self.shape[dim]
        except IndexError:
            raise IndexError(f"size({dim}) of shape {self.shape}: there is no such axis") from None

    def __array_ufunc__(self, ufunc: Any, how: str, *inputs: Any, **named: Any) -> Any:
        # NumPy takes int alone for a number that does not promote: float32 / size is float32
        plain = [int(x) if isinstance(x, Size) else x for x in inputs]
        return getattr(ufunc, how)(*plain, **named)

    def __reduce__(self) -> Any:
        return int, (int(self),)


class TorchMethods:
    """`x.size(0)`, `x.float()`, `x.expand(3, -1)`, and with a trailing underscore in place.

    What is changed in place is this very array: a leaf of a graph under `no_grad()`, a constant at
    any time.  Integers stay integers: `ids.mul_(0.5)` is an error.
    """

    __slots__ = ()

    shape: Any
    dtype: Any
    astype: Any
    reshape: Any

    @property
    def size(self) -> Any:
        """How many numbers there are, as in NumPy; `size()` and `size(0)` as in PyTorch."""
        shape = self.shape
        size = Size(math.prod(shape))
        size.shape = shape
        return size

    def nelement(self) -> Any:
        """PyTorch's other name for `numel`."""
        return math.prod(self.shape)

    # --- linear algebra: the room of it, `engine.linalg`, comes after this one ---

    def det(self) -> Any:
        """`engine.linalg.det` of this."""
        return registry["det"](self)

    def inverse(self) -> Any:
        """`engine.linalg.inv` of this."""
        return registry["inv"](self)

    def logdet(self) -> Any:
        """`engine.linalg.logdet` of this."""
        return functions["logdet"](self)

    # --- dtypes ---

    def double(self) -> Any:
        """As float64."""
        return self.astype(np.float64)

    def float(self) -> Any:
        """As float32, which is what PyTorch means by it."""
        return self.astype(np.float32)

    def half(self) -> Any:
        """As float16."""
        return self.astype(np.float16)

    def long(self) -> Any:
        """As int64, cut towards zero; no gradient."""
        return self.astype(np.int64)

    def int(self) -> Any:
        """As int32, cut towards zero; no gradient."""
        return self.astype(np.int32)

    def bool(self) -> Any:
        """Which numbers are not 0; no gradient."""
        return self.astype(np.bool_)

    def type(self, dtype: Any = None) -> Any:
        """The name of the dtype, as "float64"; or `astype` another one.

        >>> from engine import Tensor
        >>> Tensor([1.0]).type()
        'float64'
        """
        return self.dtype.name if dtype is None else self.astype(dtype)

    def to(self, *wanted: Any, **named: Any) -> Any:
        """With another dtype, or that of another array; to a device, the CPU, is this.

        Args:
            wanted: a dtype, "cpu", or an array or Tensor whose dtype is taken; `dtype=`, `device=`
                say which.  `copy` and `non_blocking` are PyTorch's, and change nothing.

        Raises:
            ValueError: another device.

        >>> from engine import Tensor, float32
        >>> Tensor([1.0]).to(float32), Tensor([1.0]).to("cpu").device
        (Tensor([1.], float32), device(type='cpu'))
        """
        given = {**dict.fromkeys(named.keys() - {"copy", "non_blocking"})}
        if unknown := given.keys() - {"dtype", "device", "other"}:
            raise TypeError(f"to() got an unexpected argument {min(unknown)!r}")
        dtype = None
        for x in (*wanted, *(named[key] for key in given)):
            if names_device(x):
                on_cpu(x)
            elif x is not None and not isinstance(x, builtins.bool):
                dtype = x.dtype if _is_array(x) else x
        return self if dtype is None else self.astype(dtype)

    def cpu(self) -> Any:
        """This: all numbers are in the memory of the CPU."""
        return self

    # --- shapes ---

    def expand(self, *sizes: Any) -> Any:
        """`engine.broadcast_to` of this, as PyTorch says it: -1 keeps the length of an axis.

        Raises:
            ValueError: there are fewer sizes than axes, or a new axis has -1.

        >>> from engine import Tensor
        >>> Tensor([[1.0], [2.0]]).expand(2, 3).shape
        (2, 3)
        """
        sizes = spread_arguments(sizes)
        own = (*[-1] * (len(sizes) - len(self.shape)), *self.shape)
        if len(own) > len(sizes) or -1 in (shape := _filled(sizes, own)):
            raise ValueError(
                f"expand{sizes} of shape {self.shape}: a length for each axis, new first"
            )
        return shapes.broadcast_to(self, shape)

    def expand_as(self, other: Any) -> Any:
        """`engine.broadcast_to` the shape of another."""
        return shapes.broadcast_to(self, other.shape)

    def view_as(self, other: Any) -> Any:
        """`reshape` to the shape of another."""
        return self.reshape(other.shape)

    reshape_as = view_as

    # --- in place ---

    def _now(self) -> Any:
        """This; a part of a Tensor with the numbers that are there now."""
        return self

    def _assigned(self, numbers: Any) -> Any:
        """This, with other numbers in it."""
        numbers = array_if_list(numbers)
        dtype = getattr(numbers, "dtype", None) or np.result_type(numbers)
        if _RANK[dtype.kind] > _RANK[self.dtype.kind]:
            raise TypeError(
                f"an array of {self.dtype} cannot hold in place what is {dtype}: make a new one, "
                "as in x = x * 0.5, or take x.double() first"
            )
        return self._put_in(numbers)

    def _put_in(self, numbers: Any) -> Any:
        self[...] = numbers  # type: ignore[index]  # each of these can
        return self

    def add_(self, other: Any, *, alpha: Any = 1) -> Any:
        """`x += alpha * other`.

        >>> from engine import zeros
        >>> zeros(2).add_(3.0, alpha=0.5)
        Tensor([1.5, 1.5])
        """
        return self._assigned(ops.add(self._now(), other if alpha == 1 else ops.mul(alpha, other)))

    def sub_(self, other: Any, *, alpha: Any = 1) -> Any:
        """`x -= alpha * other`."""
        return self._assigned(ops.sub(self._now(), other if alpha == 1 else ops.mul(alpha, other)))

    def mul_(self, other: Any) -> Any:
        """`x *= other`.

        >>> from engine import tensor
        >>> tensor([1, 2]).mul_(3)
        Tensor([3, 6])
        >>> tensor([1, 2]).mul_(0.5)
        Traceback (most recent call last):
        TypeError: an array of int64 cannot hold in place what is float64: ...
        """
        return self._assigned(ops.mul(self._now(), other))

    def div_(self, other: Any) -> Any:
        """`x /= other`."""
        return self._assigned(ops.div(self._now(), other))

    def clamp_(self, min: Any = None, max: Any = None) -> Any:
        """Kept between `min` and `max`."""
        return self._assigned(choices.clip(self._now(), min, max))

    def zero_(self) -> Any:
        """0 everywhere."""
        return self._assigned(False)

    def fill_(self, value: Any) -> Any:
        """The same number everywhere."""
        return self._assigned(value)

    def normal_(self, mean: Any = 0.0, std: Any = 1.0, *, generator: Rng = None) -> Any:
        """Normal numbers at random, of this mean and standard deviation."""
        return self._assigned(generator_of(generator, "generator").normal(mean, std, self.shape))

    def uniform_(self, low: Any = 0.0, high: Any = 1.0, *, generator: Rng = None) -> Any:
        """Uniform numbers at random, at least `low` and below `high`."""
        return self._assigned(generator_of(generator, "generator").uniform(low, high, self.shape))

    def scatter_(self, dim: Any, index: Any, src: Any = None, *, value: Any = None) -> Any:
        """`src`, an array or a number, put in along `dim`, where `gather` would read.

        Raises:
            ValueError: index has not an axis for each of this.
            TypeError: nothing to put in.

        >>> from engine import zeros
        >>> zeros(2, 3).scatter_(1, np.array([[2], [0]]), 1.0)  # one-hot rows
        Tensor([[0., 0., 1.],
                [1., 0., 0.]])
        """
        index, src = to_numpy(index), shapes.once("scatter_", "what to put in", src, value)
        if index.ndim != len(self.shape) or src is None:
            raise (TypeError if src is None else ValueError)(
                f"scatter_(dim, index, src) into shape {self.shape} takes an index with as many "
                f"axes and what to put in, got an index of shape {index.shape} and {src!r:.40}"
            )
        places = list(np.indices(index.shape, sparse=True))
        places[shapes.normalize_axis(dim, index.ndim, "scatter_")] = index
        src = array_if_list(src)
        if np.ndim(src):  # may be larger than the index, as in PyTorch
            src = src[tuple(map(slice, index.shape))]
        self[tuple(places)] = src  # type: ignore[index]  # each of these can
        return self

    def copy_(self, other: Any) -> Any:
        """The numbers of another array, in this dtype."""
        return self._assigned(other)


#: What holds what: a float no integer, an integer no bool.
_RANK = {"b": 0, "u": 1, "i": 1, "f": 2, "O": 3}


def _filled(sizes: tuple[Any, ...], own: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(n if size == -1 else size for size, n in zip(sizes, own, strict=True))


def _is_array(x: Any) -> builtins.bool:
    return isinstance(x, np.ndarray | Node)
