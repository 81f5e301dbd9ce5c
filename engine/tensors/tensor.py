"""The array tier: `Tensor`, one NumPy array per node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar
from weakref import ref

import numpy as np
from numpy import ndarray

from .. import choices, ops
from ..arrays import Array, ArrayMethods, MakingMore, cast, matmul, setitem, shaped
from ..core import Op
from ..differentiating import is_off_graph, leave_graph, refuse_to_cut
from ..elementwise_methods import ElementwiseMethods
from ..elsewhere import NotOnTensors
from ..graph import adjoints, toposort
from ..locks import GRADIENTS
from ..node import Node, check_parts
from ..node_hooks import HOOKS, hooked_in
from ..passes import remember_pass
from ..recording import ATTENTION, RECORDING
from ..selected import accumulate
from ..window import TensorData
from .backward import check_unchanged, fitted, propagate, push_any, results
from .inputs import constant, numeric, parameter, wrong_shapes
from .letting_go import Emptied, look, made_large, propagate_and_let_go
from .numpy_like import NumpyLike
from .parts import note_part
from .written import ArrayWriter

_new = object.__new__


class Tensor(NumpyLike, MakingMore, ElementwiseMethods, ArrayMethods, NotOnTensors):
    """An array in a graph, with its gradient.

    Args:
        data: anything `np.array` takes; copied.  Real numbers or bools.
        requires_grad: whether `backward` collects a gradient here; default False.
        dtype: as in NumPy; default what `np.array` chooses, but Python floats stay float64.
        label: the name shown in pictures.

    Raises:
        TypeError: data is not numeric (strings, complex numbers, objects, Values), or an integer
            or bool tensor is asked to require a gradient.

    >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    array([2., 4., 6.])
    """

    __slots__ = ()

    _emptied: ClassVar[type[Tensor]]  # the class of those whose array was let go

    def __init__(
        self,
        data: Any,
        requires_grad: bool = False,
        dtype: Any = None,
        label: str = "",
    ) -> None:
        array = numeric(data, "data", dtype)
        if type(data) in (float, int, list, tuple):  # NumPy makes a new array of these
            self._held = array
        else:
            self._held = array.copy()
            if isinstance(data, Tensor) and data.op is not None:
                leave_graph(data, "a copy, by Tensor(),")
        self._requires = False
        self._grad = self.op = self._params = None
        self._retain = False
        self.inputs = ()
        self._arrays = ()
        self.label = label
        if requires_grad:
            if not isinstance(requires_grad, bool | np.bool_):
                raise TypeError(
                    f"requires_grad must be True or False, got {requires_grad!r}; for new numbers "
                    "of a shape write engine.empty(2, 3)"
                )
            self.requires_grad = True

    # --- recording: see `written` ----------------------------------------------------------------

    def record_unary(self, op: Op) -> Tensor:
        """Apply an op of one input without parameters."""
        return op.record_arrays(self)

    @staticmethod
    def record_binary(op: Op, a: Any, b: Any) -> Any:
        """Apply an op of two inputs without parameters, of which at least one is a Tensor."""
        return op.record_arrays(a, b)

    @classmethod
    def record(cls, op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Apply any op: several inputs, or parameters."""
        if op.defaults or op.variadic:
            return op.record_arrays(inputs, params)
        return op.record_arrays(*inputs)

    @staticmethod
    def wrap(array: ndarray, requires_grad: bool = False) -> Tensor:
        """A leaf that holds `array` itself, not a copy: for arrays nobody else will change."""
        y = _new(Tensor)
        y._held = array
        y._grad = y._params = y.op = None
        y._retain = False
        y._requires = requires_grad
        y.inputs = y._arrays = ()
        y.label = ""
        return y

    def __iter__(self) -> Iterator[Tensor]:
        if not self._held.ndim:
            raise TypeError("iteration over a 0-d Tensor")
        return (self[i] for i in range(len(self._held)))

    # --- what a node is made of -----------------------------------------------------------------

    @property
    def data(self) -> TensorData:
        """The numbers, as a read-only `Array`.  Assign on a leaf to change them, or `data -= …`.

        >>> w = Tensor([1.0, 2.0], requires_grad=True)
        >>> w.data -= 0.5
        >>> w.data
        array([0.5, 1.5])
        """
        window = self._held.view(TensorData)  # `window_on`, without a call
        window.setflags(write=False)
        window.owner = self
        return window

    @data.setter
    def data(self, array: Any) -> None:
        if (
            type(array) is TensorData
            and getattr(array, "owner", None) is self
            and array.base is self._held
        ):
            return  # what `p.data -= step` ends with: it is changed already
        self.adopt(numeric(array, "data", None).astype(self._held.dtype))

    @property
    def grad(self) -> Any:
        """Gradient of what `backward` was called on; None before.

        An `Array` of this tensor's shape and dtype, whose changes in place are its own; a Tensor
        after `backward(create_graph=True)`.
        """
        gradient = self._grad
        return gradient.view(Array) if type(gradient) is ndarray else gradient

    @grad.setter
    def grad(self, gradient: Any) -> None:
        if gradient is not None and not isinstance(gradient, Tensor):
            gradient = np.array(numeric(gradient, "grad", None), dtype=self._held.dtype)
        if gradient is not None and gradient.shape != self.shape:
            raise ValueError(f"grad must have shape {self.shape}, got {gradient.shape}")
        self._grad = gradient

    @property
    def has_grad(self) -> bool:
        """Whether a backward pass has left a gradient here since `zero_grad`."""
        return self._grad is not None

    def zero_grad(self) -> None:
        """Forget the gradient: `.grad` is None again.

        >>> x = Tensor(3.0, requires_grad=True)
        >>> (x * x).backward()
        >>> x.zero_grad()
        >>> x.grad is None
        True
        """
        self._grad = None

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient flows here."""
        return self._requires

    @requires_grad.setter
    def requires_grad(self, requires: bool) -> None:
        if not requires and (self.op is not None or is_off_graph(self)):
            raise RuntimeError(
                f"requires_grad can be cleared on a leaf only; this is a result{self.made_by}: "
                "use detach()"
            )
        if requires and self._held.dtype.kind != "f":
            raise TypeError(
                f"only floating-point tensors can require a gradient, got {self._held.dtype}"
            )
        self._requires = bool(requires)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set `requires_grad`, and return this, as in PyTorch.

        >>> Tensor([1.0, 2.0]).requires_grad_()
        Tensor([1., 2.], requires_grad=True)
        """
        self.requires_grad = requires_grad
        return self

    def retain_grad(self) -> None:
        """Keep this result's gradient in the next backward passes, as leaves do.

        Raises:
            RuntimeError: no gradient flows here.

        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> y = x * x
        >>> y.retain_grad()
        >>> y.sum().backward()
        >>> y.grad
        array([1., 1.])
        """
        if not self._requires:
            raise RuntimeError("retain_grad() on a Tensor that does not require a gradient")
        self._retain = True

    def detach(self) -> Tensor:
        """The same numbers outside the graph: a leaf that requires no gradient.

        >>> x = Tensor(3.0, requires_grad=True)
        >>> (x * x.detach()).backward()
        >>> x.grad
        array(3.)
        """
        y = Tensor.wrap(self._held)
        y.label = self.label
        if self._requires and self.op is None and not is_off_graph(self):
            y._params = ref(self), None
        return y

    # --- backward --------------------------------------------------------------------------------

    def backward(
        self,
        gradient: Any = None,
        *,  # PyTorch's second is retain_graph
        create_graph: bool = False,
        retain_grads: bool = False,
        retain_graph: bool | None = None,
        inputs: Any = None,
    ) -> None:
        """Add the gradient of this with respect to every leaf below it to the leaf's `.grad`.

        The graph stays: calling this twice adds the same gradients twice.  Large arrays that it
        alone holds are let go, and computed again where they are asked for.

        Args:
            gradient: upstream gradient of this tensor's shape; may be left out for one element.
            create_graph: record the gradients too, so that they can be differentiated.
            retain_grads: keep the gradients of results too, not just the leaves'.
            retain_graph: keep those arrays too, for one who asks at once; the graph stays anyway.
            inputs: a Tensor or a list of them, results too: the `.grad` of no others changes.

        Raises:
            RuntimeError: nothing below requires a gradient, `gradient` is missing for a result
                of several elements, or a leaf's data was replaced after the graph was made.
            ValueError: gradient has another shape.
            TypeError: gradient is not numeric.

        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> (x * 3).backward([1.0, 10.0])
        >>> x.grad
        array([ 3., 30.])
        """
        seed = self.upstream(gradient, create_graph)
        remember_pass(self, None if gradient is None else seed)
        if inputs is not None:
            accumulate(self, inputs, seed, create_graph)
            return
        if ATTENTION.threads and RECORDING.watcher is not None:
            RECORDING.watcher.backward(toposort(self), seed)
        if create_graph or (HOOKS and hooked_in(toposort(self))):
            order = toposort(self) if HOOKS else results(self)
            if create_graph:  # where no gradient flows too, and before a hook is called
                for node in order:
                    check_unchanged(node)
            found = adjoints(order, {self: seed}, plain=not create_graph)
        else:
            lets_go = made_large() and not retain_grads and not retain_graph
            order = results(self)
            found = {self: seed}
            if lets_go:
                propagate_and_let_go(order, found)
            else:
                propagate(order, found, retain_grads)
        with GRADIENTS: self.commit(found, retain_grads)  # fmt: skip  # noqa: E701

    def upstream(self, gradient: Any = None, create_graph: bool = False) -> Any:
        """What `backward(gradient)` starts with, checked; for create_graph a Tensor."""
        if not self._requires:
            raise RuntimeError(
                "backward() of a Tensor that does not require a gradient: make a leaf with "
                "requires_grad=True, outside no_grad()"
            )
        if is_off_graph(self):
            raise RuntimeError(
                "backward() of a result that jvp is to differentiate, which keeps no graph: take "
                "the derivative inside by grad(f)(x), or call jvp with a Tensor that requires a "
                "gradient in the place of an array"
            )
        if gradient is None:
            if self._held.size != 1:
                raise RuntimeError(
                    f"backward() of a Tensor of shape {self.shape} needs a gradient of that "
                    "shape: it can be left out for a single number only"
                )
            # np.ones_like takes four times as long
            gradient = np.array(1.0, self._held.dtype, ndmin=self._held.ndim)
            return Tensor.wrap(gradient) if create_graph else gradient
        elif isinstance(gradient, Tensor):
            if not create_graph:
                gradient = gradient._held
        else:
            gradient = numeric(gradient, "gradient", None)
        if gradient.shape != self._held.shape:
            raise ValueError(f"gradient must have shape {self.shape}, got {gradient.shape}")
        if isinstance(gradient, Tensor):
            return gradient
        gradient = gradient.astype(self._held.dtype, copy=False)
        return Tensor.wrap(gradient) if create_graph else gradient

    def fitted(self, part: Any, index: int) -> Tensor | None:
        """A rule's answer as a Tensor of the input's shape and dtype; None stays None.

        Of a gradient that is a name, in a program that is being written down, so is the answer.
        """
        if part is None:
            return None
        x = self.inputs[index]
        if not isinstance(part, Tensor) and getattr(part, "has_numbers", True):
            part = Tensor(part)
        part = shaped(part, x, self.op, index)
        return part if part.dtype == x.dtype else cast(part, x.dtype)

    def leaf(self, data: Any = None, requires_grad: bool = True) -> Tensor:
        """A fresh leaf with this label; `data` (copied) are these numbers by default.

        It requires a gradient, if it may and `requires_grad` is true: integers and bools cannot.
        """
        if data is None:
            refuse_to_cut(self, "leaf()")
            data = self._held
        y = Tensor(data, label=self.label)
        y._requires = requires_grad and y._held.dtype.kind == "f"
        return y


def _attended(
    y: Tensor, op: Op, inputs: Any, arrays: Any, params: dict[str, Any], requires: bool
) -> Tensor:
    """Complete a result in a thread that does not record, or in which others see it."""
    y._requires = requires = requires and RECORDING.enabled
    if requires:
        y.op, y.inputs, y._arrays, y._params = op, inputs, arrays, params or None
    else:
        y.op, y.inputs, y._arrays = None, (), ()
        if op.name == "getitem" or (
            y._held.base is not None and (op.defaults or op.kind != "elementwise")
        ):
            note_part(y, op, inputs[0], params)
    if RECORDING.watcher is not None:
        RECORDING.watcher.recorded(op, y, inputs)
    if requires and RECORDING.forward is not None:
        RECORDING.forward.recorded(y)
    return y


Tensor._emptied = type("Tensor", (Emptied, Tensor), {"__slots__": (), "__module__": __name__})
Emptied._filled = Tensor

Op.writer_arrays = ArrayWriter({
    "NOT_PLAIN": (ndarray, Node),  # what a static parameter may not be, or not as it is
    "SETITEM": setitem,
    "Node": Node, "Tensor": Tensor, "asarray": np.asarray, "attended": _attended,
    "check_parts": check_parts, "check_unchanged": check_unchanged, "constant": constant,
    "fitted": fitted, "look": look, "ndarray": ndarray, "new": _new, "note_part": note_part,
    "parameter": parameter, "push_any": push_any, "threads": ATTENTION.threads,
    "wrong_shapes": wrong_shapes,
})  # fmt: skip

# The commonest operators and methods without the way through the op's call: what the mixin says.
for _op, _names in [
    (ops.add, ("__add__", "__radd__")), (ops.sub, ("__sub__", "__rsub__")),
    (ops.mul, ("__mul__", "__rmul__")), (ops.div, ("__truediv__", "__rtruediv__")),
    (ops.pow, ("__pow__", "__rpow__")), (matmul, ("__matmul__", "__rmatmul__")),
    (ops.neg, ("__neg__",)), (ops.exp, ("exp",)), (ops.log, ("log",)), (ops.tanh, ("tanh",)),
    (choices.relu, ("relu",)), (choices.sigmoid, ("sigmoid",)),
]:  # fmt: skip
    for _self_is, _name in enumerate(_names):
        setattr(Tensor, _name, Op.writer_arrays.method(_op, _name, _self_is))
