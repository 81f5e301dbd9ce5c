"""What makes a Tensor an array among NumPy's: its protocols, conversions, copies."""

from __future__ import annotations

import sys
from typing import Any, Self

import numpy as np
from numpy import ndarray

from ..arrays import stack
from ..copies import copy_graph, copy_node, reduce_graph
from ..differentiating import leave_graph
from ..lists import READING, TensorInside, looks
from ..node_hooks import Hookable
from ..numpy_protocol import NumpyFunctions, nodes_in, numbers
from ..recording import RECORDING
from .backward import ArrayNode
from .changing import Changing
from .comparing import Comparing


class NumpyLike(Hookable, NumpyFunctions, Changing, Comparing):
    """A node of the tensor tier as an array: `x.shape`, `len(x)`, `x < 2`, `np.asarray(x)`."""

    __slots__ = ()

    def full(self, number: float) -> ndarray:
        """An array of this shape and dtype that holds `number` everywhere."""
        return np.full_like(self._held, number)

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's shape."""
        return self._held.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._held.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """The array's dtype."""
        return self._held.dtype

    def numpy(self) -> ndarray:
        """The numbers as a read-only array, as `data` but a plain ndarray.

        >>> from engine import Tensor
        >>> Tensor([1.0, 2.0], requires_grad=True).numpy()
        array([1., 2.])
        """
        view = self._held.view()
        view.setflags(write=False)
        return view

    def item(self) -> Any:
        """The number of a one-element tensor, as a Python number.

        Raises:
            ValueError: it has not exactly one element.

        >>> from engine import Tensor
        >>> Tensor([[2.5]]).item()
        2.5
        """
        if self._held.size != 1:
            raise ValueError(f"item() needs exactly one element, this has shape {self.shape}")
        return self._held.item()

    def tolist(self) -> Any:
        """The numbers as nested lists.

        >>> from engine import Tensor
        >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).tolist()
        [[1.0, 2.0], [3.0, 4.0]]
        """
        return self._held.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> ndarray:
        asking = sys._getframe(1)
        if asking.f_code is READING:
            raise TensorInside(stack)
        if not self._held.ndim:  # NumPy asks a single number this way, where others use float()
            leave_graph(self, "float()")
        elif self._requires and RECORDING.enabled and not looks(asking):
            raise RuntimeError(
                "a Tensor that requires a gradient cannot become an array (np.asarray(t), "
                "out[:] = t, a.dot(t)): that would leave the graph; use engine's functions (a @ t, "
                "engine.stack), a Tensor to be filled (out = engine.zeros(n)), or .detach(), "
                ".numpy() or .data for its numbers alone"
            )
        if copy or (dtype is not None and dtype != self._held.dtype):
            return self._held.astype(dtype or self._held.dtype)
        return self.numpy()

    def by_numpy(self, call: Any, args: Any, kwargs: Any, refusal: str) -> Any:
        like = call.__name__.endswith("_like") and isinstance(args[0], ArrayNode)
        if like:
            args = (data_of(args[0]), *args[1:])
        if RECORDING.enabled and any(x.requires_grad for x in nodes_in((args, kwargs))):
            raise TypeError(refusal)
        y = call(*numbers(args), **numbers(kwargs))
        # np.zeros_like(t) is to be filled, by results too
        return self.wrap(y) if like else y  # type: ignore[attr-defined]  # Tensor has it

    def __len__(self) -> int:
        if not self._held.ndim:
            raise TypeError("len() of a 0-d Tensor")
        return len(self._held)

    def __contains__(self, x: Any) -> bool:
        return data_of(x) in self._held

    def __bool__(self) -> bool:
        if self._held.size != 1:
            raise ValueError(
                f"the truth of a Tensor of shape {self.shape} is ambiguous; use .data.any()"
            )
        return bool(self._held)

    def __float__(self) -> float:
        number = self.item()
        if self._requires:
            leave_graph(self, "float()")
        return float(number)

    def __int__(self) -> int:
        number = self.item()
        if self._requires:
            leave_graph(self, "int()")
        return int(number)

    def __index__(self) -> int:
        return self._held.__index__()

    def __repr__(self) -> str:
        few = self._held.size <= 100
        numbers = np.array2string(
            self._held, separator=", ", prefix="Tensor(", threshold=100, edgeitems=2
        )
        numbers += "" if few and self._held.size else f", shape={self.shape}"
        dtype = "" if self._held.dtype in (np.float64, np.int64, bool) else f", {self.dtype}"
        label = f", label={self.label!r}" if self.label else ""
        made = f", op={self.op.name}" if self.op is not None else ""
        needs = ", requires_grad=True" if self._requires and not made else ""
        return f"Tensor({numbers}{dtype}{label}{made}{needs})"

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else repr(self)

    def __copy__(self) -> Self:
        return copy_node(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return copy_graph(self, memo)

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_graph(self)


def data_of(x: Any) -> Any:
    return x._held if isinstance(x, ArrayNode) else x
