"""The scalar tier: `Value`, one Python number per node."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import choices, ops
from ..commits import FROZEN
from ..core import Op
from ..differentiating import reaches
from ..elementwise_methods import ElementwiseMethods
from ..graph import adjoints, toposort
from ..locks import GRADIENTS
from ..node import Node, NodeArray
from ..passes import remember_pass
from ..recording import RECORDING
from ..selected import accumulate
from .backward import check_leaves, differentiate
from .number import ARRAYS, Number, has_axes, number
from .written import Writer, method


class Value(Number, ElementwiseMethods):
    """One number in a graph, with its gradient: micrograd's idea, driven by the op table.

    Args:
        data: a real number (Python, NumPy scalar or 0-d array); kept as a Python float.
        label: the name shown in pictures.
        requires_grad: False for a constant that collects no gradient.

    Raises:
        TypeError: data is not a real number.

    >>> x = Value(3.0, label="x")
    >>> y = x * x + 1
    >>> y.backward()
    >>> y.data, x.grad
    (10.0, 6.0)
    """

    __slots__ = ()

    def __init__(
        self,
        data: Any,
        _children: tuple[Value, ...] = (),
        _op: str = "",
        label: str = "",
        *,
        requires_grad: bool = True,
    ) -> None:
        self._held = data if type(data) is float else number(data, "data")
        self._grad = None if requires_grad else FROZEN
        self._adjoint = self.op = self._a = self._b = None
        self.label = label or _op

    # --- recording: one method per shape of op ---------------------------------------------------

    # Those that most of every scalar graph is made of are written from their rows at once, the
    # others on first use; `-=` and the like are left to `Updates`.

    __add__, __radd__, __iadd__ = method(ops.add), method(ops.add, 1), method(ops.add)
    __sub__, __rsub__ = method(ops.sub), method(ops.sub, 1)
    __mul__, __rmul__ = method(ops.mul), method(ops.mul, 1)
    __truediv__, __rtruediv__ = method(ops.div), method(ops.div, 1)
    __pow__, __rpow__ = method(ops.pow), method(ops.pow, 1)
    __neg__, exp, log, tanh = method(ops.neg), method(ops.exp), method(ops.log), method(ops.tanh)
    relu, sigmoid = method(choices.relu), method(choices.sigmoid)

    def record_unary(self, op: Op) -> Any:
        """Apply an op of one input without parameters."""
        return op.record(self)

    @staticmethod
    def record_binary(op: Op, a: Any, b: Any) -> Any:
        """Apply an op of two inputs without parameters, of which at least one is a Value."""
        return op.record(a, b)

    @classmethod
    def record(cls, op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Apply any op: several inputs, parameters, or an op on whole arrays."""
        if op.kind != "elementwise":
            return NodeArray.tier.record(op, inputs, params)
        return op.record(*inputs) if op.in_slots else op.record(inputs, params)

    @classmethod
    def record_any(cls, op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Apply an elementwise op to whatever it takes: what was written hands on the unusual."""
        for x in inputs:
            if isinstance(x, Node) and x.leads:
                return x.record(op, inputs, params)
        if _has_arrays(op, params) or any(isinstance(x, ARRAYS) and has_axes(x) for x in inputs):
            return NodeArray.tier.record(op, inputs, params)
        kept: tuple[Any, ...] = tuple(
            x if isinstance(x, Value) else number(x, f"input {i} of {op.name}()")
            for i, x in enumerate(inputs)
        )
        params = {
            name: x.item() if isinstance(x, np.generic | np.ndarray) else x
            for name, x in params.items()
        }
        plain = [x if type(x) is float else x._held for x in kept]
        held = op.on_floats(*plain, **params)
        return cls.attended(cls._from_state((held, ""), op, kept, params))

    @staticmethod
    def record_wide(op: Op, inputs: tuple[Any, ...]) -> Value:
        """Apply a fused op of many single numbers, as one node."""
        if not _INPUTS.issuperset(map(type, inputs)):
            for x in inputs:
                if isinstance(x, Node) and x.leads:
                    return x.record(op, inputs, {})
            what = f"an input of {op.name}()"
            inputs = tuple([x if isinstance(x, Value) else number(x, what) for x in inputs])
        return op.record(*inputs)

    @staticmethod
    def attended(y: Value) -> Value:
        """A result in a thread that is watched, or that does not record: then it becomes a leaf."""
        if RECORDING.watcher is not None:
            RECORDING.watcher.recorded(y.op, y, y.inputs)
        if not RECORDING.enabled:
            y._grad = FROZEN
            y.op = y._a = y._b = None
        return y

    # --- what a node is made of ------------------------------------------------------------------

    @property
    def data(self) -> float:
        """The number.  Set it on a leaf to change it (`p.data -= 0.1 * p.grad`).

        >>> w = Value(1.0)
        >>> w.data -= 0.25
        >>> w.data
        0.75
        """
        return self._held

    @data.setter
    def data(self, x: Any) -> None:
        self._held = x if type(x) is float else number(x, "data")

    @property
    def grad(self) -> Any:
        """Derivative of what `backward` was called on, with respect to this; 0.0 before.

        A float; a Value after `backward(create_graph=True)`.
        """
        gradient = self._grad
        return 0.0 if gradient is None or gradient is FROZEN else gradient

    @grad.setter
    def grad(self, gradient: Any) -> None:
        if gradient is not None and not isinstance(gradient, Value):
            gradient = number(gradient, "grad")
        self._grad = gradient

    @property
    def has_grad(self) -> bool:
        """Whether a backward pass has reached this node since `zero_grad`."""
        return self._grad is not None and self._grad is not FROZEN

    def zero_grad(self) -> None:
        """Forget the gradient of this node.

        >>> x = Value(3.0)
        >>> (x * x).backward()
        >>> x.zero_grad()
        >>> x.grad
        0.0
        """
        if self._grad is not FROZEN:
            self._grad = None

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient flows here.  For a result: whether it depends on such a leaf."""
        return reaches(self, lambda node: node.op is None and node._grad is not FROZEN)

    @requires_grad.setter
    def requires_grad(self, requires: bool) -> None:
        if self.op is not None:
            raise RuntimeError(
                f"requires_grad can be set on a leaf only; this is a result of "
                f"{self.op.name}(): use detach()"
            )
        if bool(requires) != self.requires_grad:
            self._grad = None if requires else FROZEN

    def detach(self) -> Value:
        """The same number outside the graph: a leaf that requires no gradient.

        >>> x = Value(3.0)
        >>> (x * x.detach()).backward()
        >>> x.grad
        3.0
        """
        return Value(self._held, label=self.label, requires_grad=False)

    # --- backward --------------------------------------------------------------------------------

    def backward(
        self,
        gradient: Any = None,
        *,  # PyTorch's second is retain_graph
        create_graph: bool = False,
        retain_grads: bool = True,
        retain_graph: bool | None = None,
        inputs: Any = None,
    ) -> None:
        """Add the derivative of this node with respect to every node below it to their `.grad`.

        Args:
            gradient: what to multiply with; default 1.
            create_graph: record the gradients too, so that they can be differentiated.
            retain_grads: False keeps the leaves' gradients only.
            retain_graph: taken for the sake of PyTorch's programs; the graph stays in any case.
            inputs: a Value, an array or a list of them: the `.grad` of no others changes.

        Raises:
            TypeError: gradient is not a number (or a Value, with create_graph).
            RuntimeError: nothing below requires a gradient.

        >>> a, b = Value(2.0), Value(-3.0)
        >>> (a * b).backward()
        >>> a.grad, b.grad
        (-3.0, 2.0)
        """
        if gradient is None:
            gradient = 1.0
        elif not (create_graph and isinstance(gradient, Value)):
            gradient = number(gradient, "gradient")
        remember_pass(self, gradient)
        if inputs is not None:
            accumulate(self, inputs, gradient, create_graph)
        elif create_graph:
            order = toposort(self)
            check_leaves(order)
            seed = gradient if isinstance(gradient, Value) else Value(gradient)
            found = adjoints(order, {self: seed})
            found = {x: found[x] if x in found else Value(0.0) for x in order}
            with GRADIENTS: self.commit(found, retain_grads)  # fmt: skip  # noqa: E701
        else:
            with GRADIENTS: differentiate(self, gradient, retain_grads)  # fmt: skip  # noqa: E701

    def upstream(self, gradient: Any = None) -> float:
        """What `backward(gradient)` starts with, checked: a float."""
        check_leaves(toposort(self))
        return 1.0 if gradient is None else number(gradient, "gradient")

    def fitted(self, part: Any, index: int) -> Value:
        """A rule's answer as a Value; of a gradient that is a name, so is the answer."""
        is_node = isinstance(part, Value) or not getattr(part, "has_numbers", True)
        return part if is_node else Value(part, requires_grad=False)


_INPUTS = {Value, float}  # what a node's inputs are; anything else is made one of these
Op.writer = Writer(Value)


def _has_arrays(op: Op, params: dict[str, Any]) -> bool:
    """Whether a parameter is an array, as bounds of clip may be; nodes are refused."""
    for name, x in params.items():
        if type(x) is float:
            continue
        if isinstance(x, Node):
            raise TypeError(
                f"{name} of {op.name}() is a plain number, no gradient flows to it; "
                f"got a {type(x).__name__}"
            )
        if isinstance(x, ARRAYS) and has_axes(x):
            return True
    return False
