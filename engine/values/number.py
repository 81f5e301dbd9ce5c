"""What makes a Value a number among Python's: conversions, comparisons, copies."""

from __future__ import annotations

import numbers
import sys
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from ..commits import FROZEN
from ..copies import copy_graph, copy_node, reduce_graph
from ..core import Op
from ..differentiating import is_argument, leave_graph, refuse_to_cut
from ..node import Node, NodeArray
from ..node_hooks import Hookable
from ..numpy_protocol import NumpyFunctions
from ..recording import RECORDING
from ..updates import WHILE_RECORDING, has_one_name, refused
from .backward import ScalarNode


class _Float64:
    """float64, but `dtype.type(x)`, with which NumPy ends its means, leaves a node what it is."""

    __slots__ = ()

    dtype = np.dtype(np.float64)  # what NumPy takes this for

    @staticmethod
    def type(x: Any) -> Any:
        return x if isinstance(x, Node) else np.float64(x)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.dtype, name)

    def __eq__(self, other: object) -> bool:
        return bool(self.dtype == other)

    def __hash__(self) -> int:
        return hash(self.dtype)

    def __repr__(self) -> str:
        return repr(self.dtype)


_FLOAT64 = _Float64()


class Number(Hookable, NumpyFunctions, ScalarNode):
    """A scalar node as a number: `float(x)`, `x < 2`, `f"{x:.3f}"`, `copy.copy(x)`."""

    __slots__ = ()

    def item(self) -> float:
        """The number, as `data`."""
        return self._held

    def full(self, number: float) -> float:
        """`number`, as a float."""
        return float(number)

    @property
    def shape(self) -> tuple[()]:
        """() : a Value is one number."""
        return ()

    @property
    def ndim(self) -> int:
        """0: a Value is one number."""
        return 0

    @property
    def size(self) -> int:
        """1: a Value is one number."""
        return 1

    @property
    def dtype(self) -> Any:
        """float64: a Value's number is a Python float."""
        return _FLOAT64

    def retain_grad(self) -> None:
        """Nothing to do: backward keeps results' gradients too."""

    def conjugate(self) -> Self:
        """This: a real number is its own conjugate."""
        return self

    @property
    def T(self) -> Self:
        """This: one number has no axes to reverse."""
        return self

    @property
    def _prev(self) -> set[ScalarNode]:
        """micrograd's name for the inputs, without order and duplicates; see `inputs`."""
        return {x for x in self.inputs if isinstance(x, ScalarNode)}

    @property
    def _op(self) -> str:
        """micrograd's name for the op's symbol."""
        return "" if self.op is None else self.op.symbol

    @property
    def _backward(self) -> Callable[[], None]:
        """micrograd's step of backward: `o.grad = 1.0; o._backward()` adds to the inputs' grads."""
        return self._push

    @_backward.setter
    def _backward(self, function: Any) -> None:
        raise AttributeError(
            "the rule of an op is a row of the table, not a _backward of each result: write "
            'f = engine.elementwise("f", forward, lambda g, y, x: g * derivative), and call f(x)'
        )

    def _push(self) -> None:
        if self.op is None:
            return
        g = self.grad
        parts = self.pull(g) if isinstance(g, Node) else self.contributions(g)
        for x, part in zip(self.inputs, parts, strict=True):
            if part is not None and x._grad is not FROZEN:
                x._grad = x.grad + part

    def updated(self, op: Op, other: Any) -> Any:
        """`self op= other` of a leaf: a parameter is changed outside recording, by a plain number.

        Anything else makes a new Value, as with Python's numbers: a sum may begin with a parameter
        (`act = b`, then `act += w * x`), which must stay what it is.  Outside recording that could
        as well be an update of b by a Value, unless nothing but `act` holds it.

        Raises:
            RuntimeError: it cannot be told which is meant, or is an update while recording.
        """
        if self._grad is FROZEN or is_argument(self) or isinstance(other, np.ndarray):
            return NotImplemented
        plain = isinstance(other, float | int | np.generic)
        if RECORDING.enabled:
            if plain and self._grad is not None:
                raise refused(op, WHILE_RECORDING)
            return NotImplemented
        if plain:
            self._held = op.on_floats(self._held, float(other))
            return self
        references = sys.getrefcount(self)
        if not has_one_name(self, references, sys._getframe(2)):
            raise refused(op, "may be its update by a Value, or a sum that begins with it")
        return NotImplemented

    def __repr__(self) -> str:
        g = self.grad.data if isinstance(self.grad, Node) else self.grad
        return f"Value(data={self._held}, grad={g})"

    def __format__(self, spec: str) -> str:
        return format(self._held, spec) if spec else repr(self)

    def __float__(self) -> float:
        if self._grad is not FROZEN:  # a constant loses nothing
            leave_graph(self, "float()")
        return self._held

    def __int__(self) -> int:
        if self._grad is not FROZEN:
            leave_graph(self, "int()")
        return int(self._held)

    def __round__(self, digits: int | None = None) -> float:
        return round(self._held, digits)  # a plain number, as int() and format() give

    def __bool__(self) -> bool:
        return self._held != 0.0

    __hash__ = object.__hash__  # a node is itself, whatever its numbers are

    def __eq__(self, other: object) -> Any:
        return compare(self, other, "__eq__")

    def __ne__(self, other: object) -> Any:
        return compare(self, other, "__ne__")

    def __lt__(self, other: Any) -> Any:
        return compare(self, other, "__lt__")

    def __le__(self, other: Any) -> Any:
        return compare(self, other, "__le__")

    def __gt__(self, other: Any) -> Any:
        return compare(self, other, "__gt__")

    def __ge__(self, other: Any) -> Any:
        return compare(self, other, "__ge__")

    def leaf(self, data: Any = None, requires_grad: bool = True) -> Self:
        """A fresh leaf with this label; `data` is this number by default."""
        if data is None:
            refuse_to_cut(self, "leaf()")
            data = self._held
        new: Any = type(self)
        return new(data, label=self.label, requires_grad=requires_grad)

    def __copy__(self) -> Self:
        return copy_node(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return copy_graph(self, memo)

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_graph(self)

    # how copies.py takes a node apart and puts it together again

    def _state(self) -> tuple[Any, ...]:
        return self._held, self.label

    def by_numpy(self, call: Any, args: Any, kwargs: Any, refusal: str) -> Any:
        return NodeArray.tier.by_numpy(call, args, kwargs, refusal)

    @classmethod
    def _from_state(
        cls, state: tuple[Any, ...], op: Op | None, inputs: tuple[Any, ...], params: Any
    ) -> Self:
        y = object.__new__(cls)
        y._held, y.label = state
        y._grad = y._adjoint = None
        y.op = op
        y._a = y._b = None
        if op is not None:
            if params or len(inputs) > 2:
                y._a, y._b = inputs, params
            else:
                y._a = inputs[0]
                y._b = inputs[1] if len(inputs) == 2 else None
        return y


_NUMBERS = (float, int, np.floating, np.integer, np.bool_)  # a union would be made in each call


ARRAYS = (np.ndarray, list, tuple)


def has_axes(x: Any) -> bool:
    """Whether one of ARRAYS is taken number by number, as all but a 0-d array of numbers are."""
    return not isinstance(x, np.ndarray) or x.ndim > 0 or x.dtype == object


def number(x: Any, what: str) -> float:
    """x as a Python float, or a TypeError that names what it was meant to be."""
    if isinstance(x, _NUMBERS):
        return float(x)
    if isinstance(x, np.ndarray) and x.ndim == 0 and x.dtype.kind in "fiub":
        return float(x)
    if isinstance(x, Node) and not isinstance(x, ScalarNode):
        if x.leads:
            return float(x)  # type: ignore[arg-type]  # a name has no number, and says so
        raise TypeError(
            f"{what} is a {type(x).__name__}: the two tiers do not mix in one graph; make the "
            "number a Tensor (np.array(2.0) or [2.0] instead of 2.0, where an argument is given), "
            "or let compare() run one function on both"
        )
    if isinstance(x, numbers.Real) and not isinstance(x, Node):  # a Fraction, for one
        return float(x)
    raise TypeError(f"{what} must be a real number, got {type(x).__name__}: {x!r:.60}")


def compare(x: ScalarNode, other: Any, method: str) -> Any:
    """Compare numbers; arrays compare element by element, anything else is left to Python."""
    if isinstance(other, ScalarNode):
        other = other._held
    elif isinstance(other, np.ndarray) and other.ndim:
        return getattr(np.float64(x._held), method)(other)
    elif not isinstance(other, float | int | np.generic | np.ndarray):
        return NotImplemented
    return bool(getattr(x._held, method)(float(other)))
