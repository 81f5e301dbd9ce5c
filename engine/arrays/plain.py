"""`Array`: what gradients, comparisons and `.data` are, plain numbers with PyTorch's methods."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ..counts import spread_arguments
from ..elementwise_methods import ElementwiseMethods
from ..elsewhere import NotOnTensors
from ..numpy_protocol import NumpyFunctions
from .methods import ArrayMethods
from .torch_methods import TorchMethods


class Array(ndarray, ElementwiseMethods, ArrayMethods, NotOnTensors):  # type: ignore[misc]  # NumPy's methods win, on purpose
    """An ndarray with the methods that Tensors have: `p.grad.abs()`, `(x == y).float().mean()`.

    To NumPy it is an ndarray, and a method that NumPy has too is NumPy's: `g.mean(axis=0)`.  With
    a keyword of PyTorch's (`dim`, `keepdim`, `unbiased`, `correction`, `descending`) it is that of
    Tensors; and where the two libraries mean different things by position (`g.max(1)`, `g.std(0)`)
    it is refused, as there.  So `g.std()` divides by n, here and of Tensors, and
    `g.std(unbiased=True)` by n - 1.  What is computed of an Array is one, single numbers too;
    `g[0, 0]` is NumPy's number, and `g.numpy()` a plain ndarray of the same numbers.

    >>> from engine import Tensor
    >>> w = Tensor([[3.0, -4.0]], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> w.grad, w.grad.norm().item(), (w > 0).float().mean().item()
    (array([[ 6., -8.]]), 10.0, 0.5)
    """

    __slots__ = ()

    requires_grad = False
    has_numbers = True  # as a node's: to look for it in vain takes long
    size = TorchMethods.size

    def __repr__(self) -> str:
        return repr(self.view(ndarray))

    def __hash__(self) -> int:  # type: ignore[override]  # a single number is as NumPy's numbers
        if self.ndim:
            raise TypeError("an array of several numbers has no hash")
        return hash(self.item())

    def __float__(self) -> float:  # of one number in any shape, as a Tensor's
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __reduce__(self) -> Any:
        return np.array(self).__reduce__()

    @property
    def data(self) -> Any:
        """These numbers: an Array takes no part in any graph."""
        return self

    @data.setter
    def data(self, numbers: Any) -> None:
        if numbers is not self:  # what `g.data *= 2` ends with
            self[...] = numbers

    @staticmethod
    def dressed(y: Any) -> Any:
        """What a function of engine computed of this: an Array too."""
        return friendly(y)

    @staticmethod
    def record(op: Any, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """An op of the table, on plain numbers."""
        return op.apply(inputs, params)

    def clone(self) -> Any:
        """A copy."""
        return self.copy()

    def detach(self) -> Any:
        """These numbers: they take no part in any graph."""
        return self

    detach_ = detach  # an optimizer of one's own says it before zero_()

    def numpy(self) -> ndarray:
        """The same numbers as a plain ndarray, in the same memory."""
        return self.view(ndarray)

    def view(self, *shape: Any, **named: Any) -> Any:
        """`reshape`, of ints; of a dtype or a class NumPy's `view`."""
        if shape and not named and _are_ints(shape):
            return self.reshape(*shape)
        return ndarray.view(self, *shape, **named)

    def repeat(self, *repeats: Any, **named: Any) -> Any:
        """With `axis`, or along axis 0 (as `np.tile` asks for it) NumPy's; else as of Tensors."""
        if named or repeats[1:] == (0,):
            return ndarray.repeat(self, *repeats, **named)
        return friendly(ArrayMethods.repeat(self, *repeats))


def _are_ints(shape: tuple[Any, ...]) -> bool:
    """Whether the arguments of `view` are a shape: ints, or one tuple or list of them."""
    return all(isinstance(n, int | np.integer) for n in spread_arguments(shape))


#: What PyTorch calls otherwise than NumPy: it decides whose method is meant.
_PYTORCHS = frozenset({"dim", "keepdim", "unbiased", "correction", "descending"})
#: What means different things by position.
_UNCLEAR = frozenset({"max", "min", "std", "var"})
#: Types of a last argument that NumPy does not take there, or takes for something else.
_ODD = {"flatten": (int,), "transpose": (int,)}


def _of_both(name: str) -> Callable[..., Any]:
    """A method that both libraries have: NumPy's, unless a keyword or a flag is PyTorch's."""
    numpys, tensors = getattr(ndarray, name), getattr(ArrayMethods, name)

    @functools.wraps(tensors)
    def method(self: Any, *args: Any, **named: Any) -> Any:
        if args and not named and (name in _UNCLEAR or type(args[-1]) in _ODD.get(name, (bool,))):
            return friendly(tensors(self, *args))
        if named and not _PYTORCHS.isdisjoint(named):
            return friendly(tensors(self, *args, **named))
        return numpys(self, *args, **named)

    return method


def _of_tensors(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of Tensors that NumPy has not."""

    @functools.wraps(method)
    def friendlier(self: Any, *args: Any, **named: Any) -> Any:
        return friendly(method(self, *args, **named))

    return friendlier


def _compared(answer: Any) -> Any:
    """What NumPy says of a comparison with nodes: a single answer stays NumPy's bool."""
    return answer.view(Array) if type(answer) is ndarray else answer


def friendly(x: Any) -> Any:
    """NumPy's arrays and numbers as an Array; anything else as it is."""
    if type(x) is ndarray:
        return x.view(Array)
    return np.asarray(x).view(Array) if isinstance(x, np.generic) else x


_OWN = frozenset(vars(Array)) | frozenset(dir(ndarray))
for _mixin in (TorchMethods, ArrayMethods, ElementwiseMethods):
    for _name, _method in vars(_mixin).items():
        if _name not in _OWN and callable(_method):
            setattr(Array, _name, _of_tensors(_method))
for _name in [
    "all", "any", "argmax", "argmin", "argsort", "cumprod", "cumsum", "flatten", "max", "mean",
    "min", "prod", "sort", "squeeze", "std", "sum", "transpose", "var",
]:  # fmt: skip
    setattr(Array, _name, _of_both(_name))
NumpyFunctions.compared = staticmethod(_compared)
