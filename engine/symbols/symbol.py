"""`Symbol`: a node that holds a name instead of numbers.

It has what every node has (op, inputs, parameters, label), so `toposort` and `adjoints` walk it,
and the operators and methods of the other tiers.  Its numbers are an example, kept to know shape
and dtype: nobody may decide by them, for the program that is written down runs on others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np

from ..arrays import ArrayMethods, MakingMore, cast, in_single, shaped, stack
from ..core import Op
from ..elementwise_methods import ElementwiseMethods
from ..lists import LISTS, array_of
from ..node import Node
from ..numpy_protocol import QUESTIONS, ArrayUfunc, NumpyFunctions
from ..recording import ATTENTION, RECORDING
from .comparisons import (
    AND,
    COMPARISONS,
    DETACH,
    EQUAL,
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    NOT,
    NOT_EQUAL,
    OR,
    Question,
)
from .lifting import lifted
from .quiet import is_quiet
from .refusals import Refusals

_new = object.__new__


class _Ufunc(ArrayUfunc):
    """`ArrayUfunc`, and comparisons are recorded."""

    def __call__(
        self, x: Any, ufunc: Any, method: str, a: Any, b: Any = None, *more: Any, **named: Any
    ) -> Any:
        op = COMPARISONS.get(ufunc)
        if op is None and ufunc.__name__ in QUESTIONS:  # isnan, isfinite, …
            op = Question(ufunc.__name__, ufunc, (None,) * ufunc.nin)
        if op is not None and method == "__call__" and not named:
            return x.record(op, (a,) if b is None else (a, b), {})
        return super().__call__(x, ufunc, method, a, b, *more, **named)


class Symbol(Refusals, NumpyFunctions, MakingMore, ElementwiseMethods, ArrayMethods, Node):
    """A number or an array by name: what is done with it is recorded, nothing is computed.

    >>> from engine.graph import toposort
    >>> from engine.symbols import Trace
    >>> trace = Trace()
    >>> a, b = trace.input(2.0, "a"), trace.input(3.0, "b")
    >>> y = a * b + 1
    >>> [node.label or node.op.symbol for node in toposort(y)]
    ['a', 'b', '*', '+']
    """

    __slots__ = (
        "__weakref__",
        "_held",
        "_params",
        "_trace",
        "inputs",
        "is_constant",
        "label",
        "op",
        "place",
        "requires_grad",
    )  # fmt: skip

    _params: dict[str, Any]
    inputs: tuple[Any, ...]
    is_constant: bool  # a leaf that stands for numbers, not for an input
    _trace: Any  # the `Trace` it belongs to
    place: int  # among all that its trace has made, in order
    leads = True
    retains_grads = False
    has_numbers = False

    @property
    def params(self) -> Mapping[str, Any]:
        """The op's static parameters, by name."""
        return MappingProxyType(self._params)

    @property
    def recorded(self) -> bool:
        """Whether what is made of this now is differentiated again: as the trace says."""
        return self._trace.recorded

    @property
    def is_float(self) -> bool:  # type: ignore[override]  # nobody sets it
        """Whether a rule is to take this for a float: if the trace is of numbers as Values have."""
        return bool(self._trace.floats) and self.is_number and not self.recorded

    @property
    def is_number(self) -> bool:
        """Whether this is the name of a number, not of an array."""
        return type(self._held) is not np.ndarray

    # --- recording ---

    @classmethod
    def record(cls, op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Symbol:
        """Apply an op: write it down, and run it on the examples."""
        op, inputs, params = lifted(op, inputs, params)
        trace = next(x._trace for x in inputs if isinstance(x, Symbol))
        for x in inputs:  # the innermost
            if isinstance(x, Symbol) and x._trace.depth > trace.depth:
                trace = x._trace
        inputs = tuple([_input(x, trace) for x in inputs])
        if all(x.is_number if isinstance(x, Symbol) else not np.ndim(x) for x in inputs):
            inputs = tuple([_beside_numbers(x) for x in inputs])
            params = {name: _beside_numbers(x) for name, x in params.items()}
        plain = tuple([x._held if isinstance(x, Symbol) else x for x in inputs])
        trace.quiet = trace.quiet or is_quiet()
        # in one line, so that no interrupt comes between: see `locks.GRADIENTS`
        with np.errstate(all="ignore"): held = op.apply(plain, params)  # fmt: skip  # noqa: E701
        if isinstance(held, np.generic):  # NumPy's answer about numbers that are Python's
            held = held.item() if not _arrays(plain) else np.asarray(held)
        return Symbol.made(op, inputs, params, held, trace)

    @staticmethod
    def made(
        op: Any, inputs: tuple[Any, ...], params: dict[str, Any], held: Any, trace: Any
    ) -> Symbol:
        """The result of an op whose example is known already."""
        y = _new(Symbol)
        y._held = held
        y.op = op
        y.inputs = inputs
        y._params = params
        y.label = ""
        # as on each tier: to a condition that is a Value flows 0.0, to one that is a Tensor nothing
        flows = type(held) is not np.ndarray and op is not None and any(op.vjps)
        y.requires_grad = any(
            isinstance(x, Symbol) and x.requires_grad and (flows or op.rule(i) is not None)
            for i, x in enumerate(inputs)
        )
        if not _recording():
            y.requires_grad = False
        y.is_constant = False
        y._trace = trace
        trace.made += 1
        y.place = trace.made
        return y

    @staticmethod
    def leaf_of(numbers: Any, trace: Any, label: str = "", requires: bool = False) -> Symbol:
        """An input of the program, or a constant: `Trace` says which."""
        held = numbers if type(numbers) in _PLAIN else np.asarray(numbers)
        y = Symbol.made(None, (), {}, held, trace)
        y.label, y.requires_grad = label, requires
        return y

    def record_unary(self, op: Op) -> Symbol:
        """Apply an op of one input without parameters."""
        if type(self._held) is float and op.all_flow and _recording():
            return _of_numbers(op, (self,), op.on_floats(self._held), self._trace)
        return Symbol.record(op, (self,), {})

    @staticmethod
    def record_binary(op: Op, a: Any, b: Any) -> Symbol:
        """Apply an op of two inputs without parameters, of which at least one is a Symbol."""
        x, z = _number_in(a), _number_in(b)
        if type(x) is float and type(z) is float and op.all_flow and _recording():
            trace = (a if type(a) is Symbol else b)._trace
            if type(b) is not Symbol or b._trace is trace:
                return _of_numbers(op, (a, b), op.on_floats(x, z), trace)
        return Symbol.record(op, (a, b), {})

    @staticmethod
    def record_wide(op: Op, inputs: tuple[Any, ...]) -> Symbol:
        """Apply a fused op of many single numbers."""
        trace = next((x._trace for x in inputs if type(x) is Symbol), None)
        plain = [x._held if type(x) is Symbol and x._trace is trace else x for x in inputs]
        if set(map(type, plain)) == {float} and op.all_flow and _recording():
            return _of_numbers(op, inputs, op.on_floats(*plain), trace)
        return Symbol.record(op, inputs, {})

    # --- what is known of the numbers: shape and dtype ---

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape; () of a number."""
        return np.shape(self._held)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def dtype(self) -> Any:
        """The dtype; float64 of a Python number."""
        return np.asarray(self._held).dtype

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a single number")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def full(self, number: float) -> Any:
        """`number` in the place of each number of this."""
        return np.full_like(self._held, number) if type(self._held) is np.ndarray else number

    def detach(self) -> Symbol:
        """The same without a gradient."""
        return Symbol.record(DETACH, (self,), {})

    def leaf(self, data: Any = None, requires_grad: bool = True) -> Any:
        """A constant with the numbers `data`, as seeds of backward are."""
        if data is None:
            self.refuse("leaf()")
        y = self._trace.constant(data)
        y.requires_grad = requires_grad
        return y

    def wrap(self, array: np.ndarray) -> Any:
        """A constant that stands for a Tensor, as `x.new_zeros(3)` is one."""
        return self._trace.tensor(self._trace.constant(array))

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Have gradients flow to this, if they are asked for; refused of what is given to f."""
        if bool(requires_grad) is self.requires_grad:
            return self
        if not requires_grad or (self.op is None and self not in self._trace.tensors):
            self.refuse("requires_grad_()", "set that outside, before the call")
        if self.dtype.kind != "f":
            raise TypeError(f"only floating-point tensors can require a gradient, got {self.dtype}")
        self.requires_grad = True
        return self

    def __copy__(self) -> Symbol:
        return self  # it never changes; another leaf would stand for no input

    def __deepcopy__(self, memo: dict[int, Any]) -> Symbol:
        return self

    def __repr__(self) -> str:
        if self.op is None:
            return f"Symbol({self._held if self.is_constant else self.label or '?'})"
        return f"Symbol({self.op.name} of {len(self.inputs)})"

    # --- backward: the ordinary walk over nodes ---

    def backward(self, gradient: Any = None, **_how: Any) -> None:
        """In a compiled function: have the gradients of parameters added to `.grad`."""
        self._trace.backward(self, self.upstream(gradient))

    def upstream(self, gradient: Any = None) -> Any:
        """What backward starts with, as a Symbol."""
        if gradient is None and self.size != 1:
            raise RuntimeError(
                f"backward() of shape {self.shape} needs a gradient of that shape: it can be left "
                "out for a single number only"
            )
        seed = self.full(1.0) if gradient is None else gradient
        return seed if isinstance(seed, Symbol) else self._trace.constant(seed)

    def gradients(self, wanted: Any, gradient: Any = None, alone: Any = None) -> Any:
        """The gradient of this for each node, as Symbols; None where none flows."""
        return self._trace.gradients(self, wanted, self.upstream(gradient))

    @staticmethod
    def flows_to(x: Any) -> bool:
        """Whether the input x requires a gradient."""
        return bool(x.requires_grad)

    def pull(self, g: Any) -> list[Any]:
        """What each edge adds to the gradient of its input; None where nothing flows."""
        return self.pulled(*in_single(self, g))

    def fitted(self, part: Any, index: int) -> Any:
        """A rule's answer as a Symbol of the input's shape and dtype; None stays None."""
        if part is None:
            return None
        if not isinstance(part, Symbol):
            part = self._trace.constant(part)
        x = self.inputs[index]
        if x.is_number and part.is_number:
            return part
        part = shaped(part, x, self.op, index)
        return part if part.dtype == x.dtype else cast(part, x.dtype)

    # --- comparisons: recorded, for the answer depends on the numbers ---

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Any:
        return Symbol.record(EQUAL, (self, other), {})

    def __ne__(self, other: object) -> Any:
        return Symbol.record(NOT_EQUAL, (self, other), {})

    def __lt__(self, other: Any) -> Any:
        return Symbol.record(LESS, (self, other), {})

    def __le__(self, other: Any) -> Any:
        return Symbol.record(LESS_EQUAL, (self, other), {})

    def __gt__(self, other: Any) -> Any:
        return Symbol.record(GREATER, (self, other), {})

    def __ge__(self, other: Any) -> Any:
        return Symbol.record(GREATER_EQUAL, (self, other), {})

    def __and__(self, other: Any) -> Any:
        return Symbol.record(AND, (self, other), {})

    def __rand__(self, other: Any) -> Any:
        return Symbol.record(AND, (other, self), {})

    def __or__(self, other: Any) -> Any:
        return Symbol.record(OR, (self, other), {})

    def __ror__(self, other: Any) -> Any:
        return Symbol.record(OR, (other, self), {})

    def __invert__(self) -> Any:
        return Symbol.record(NOT, (self,), {})

    __array_ufunc__ = _Ufunc(lambda _instance: None)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func.__name__ in QUESTIONS and func is not np.size:
            self.refuse(f"np.{func.__name__}()")
        return super().__array_function__(func, types, args, kwargs)


def _recording() -> bool:
    """Whether this is in no block of `no_grad`."""
    return not ATTENTION.threads or RECORDING.enabled


_NONE: dict[str, Any] = {}


def _number_in(x: Any) -> Any:
    """What a Symbol holds; a whole number as the float that it is; anything else as it is."""
    if type(x) is Symbol:
        return x._held
    return float(x) if type(x) is int and abs(x) <= _EXACT else x


def _of_numbers(op: Op, inputs: tuple[Any, ...], held: float, trace: Any) -> Symbol:
    """`Symbol.made` for an op without parameters, through which gradients flow to all inputs.

    Programs of numbers are of so many nodes that it is worth its lines: it takes a tenth of the
    time of `record`.
    """
    y = _new(Symbol)
    y._held = held
    y.op = op
    y.inputs = inputs
    y._params = _NONE
    y.label = ""
    y.is_constant = y.requires_grad = False
    for x in inputs:
        if type(x) is Symbol and x.requires_grad:
            y.requires_grad = True
            break
    y._trace = trace
    trace.made += 1
    y.place = trace.made
    return y


_PLAIN = {float, bool, int, np.ndarray}
_EXACT = 2**53  # up to here an integer is the same number as its float


def _arrays(plain: tuple[Any, ...]) -> bool:
    return any(isinstance(x, np.ndarray) for x in plain)


def _beside_numbers(x: Any) -> Any:
    """An input or parameter of an op of numbers: as on Values, Python's number for NumPy's."""
    if isinstance(x, np.generic | np.ndarray) and not x.ndim:
        x = x.item()
    return float(x) if type(x) is int and abs(x) > _EXACT else x


def _input(x: Any, trace: Any) -> Any:
    """An input of an op: a Symbol, a Python number, or an array."""
    if isinstance(x, Symbol):
        return x if x._trace is trace else trace.from_around(x)
    if isinstance(x, Node):
        return trace.lift(x)
    if isinstance(x, LISTS):
        return _input(array_of(x), trace)
    if isinstance(x, np.ndarray) and x.dtype.kind == "O":  # of Values
        return stack([_input(one, trace) for one in x]) if x.ndim else _input(x.item(), trace)
    if np.iscomplexobj(x):
        raise TypeError(f"numbers must be real, got {x!r:.60}")
    if isinstance(x, np.ndarray) and id(x) in trace.captured:
        return trace.hold(x)
    return float(x) if isinstance(x, Fraction) else x
