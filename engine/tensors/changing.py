"""What changes a Tensor: `t[i] = v`, `t -= step` under `no_grad`, and an optimizer's `adopt`.

A leaf is changed outside recording.  While operations are recorded `t[i] = v` is one of them: t
becomes the result of `setitem`, of what it was and what was put in (see `engine.versions`).
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy import ndarray

from ..arrays import Array, plain_index, put, setitem
from ..callers import line_of_caller
from ..core import Op
from ..differentiating import is_argument, is_off_graph
from ..lists import LISTS, array_of
from ..node import NODES, Node
from ..node_hooks import HOOKS, leave_hooks
from ..recording import ATTENTION, RECORDING
from ..references import held_once
from ..updates import LEAF_ASSIGNED_TO, NAME_ASSIGNED, WHILE_RECORDING, refused
from ..versions import note_assigned
from .backward import ArrayNode
from .inputs import constant, numeric, wrong_shapes
from .outline import filled
from .parts import NOT_ITS_OWN, at, owner, source


class Changing(ArrayNode):
    """A node of the tensor tier that can be changed."""

    __slots__ = ()

    def adopt(self, array: ndarray) -> None:
        """Let a leaf hold `array` itself from now on: as `data = array`, but not a copy.

        For arrays nobody else will change, such as an optimizer's results.  A graph that was made
        before keeps the old array; its backward is an error, as after any change of `data`.

        Raises:
            RuntimeError: this is a result, not a leaf.
            ValueError: the array has another shape.
        """
        if self.op is not None or (RECORDING.forward is not None and is_off_graph(self)):
            raise RuntimeError(
                f"data can be assigned on a leaf only; this is the result{self.made_by}, "
                "which a graph may still need: make a new Tensor, or detach() first"
            )
        if array.shape != self._held.shape:
            raise ValueError(f"data has shape {self.shape}, cannot become {array.shape}")
        self._held = array if array.dtype == self._held.dtype else array.astype(self._held.dtype)

    def shows(self, window: ndarray) -> bool:
        """Whether a window (see `data`) still shows this Tensor's numbers."""
        return window.base is self._held

    def change(self, array: Any) -> None:
        """Give a leaf the numbers that an operation in place left: `adopt`, in this dtype.

        Raises:
            TypeError: they would be cut, as 0.5 in a Tensor of integers.
        """
        part_of = None if self._params is None else source(self)
        if type(array) is not ndarray:
            array = np.asarray(array)
        own = self._held.dtype
        if array.dtype is not own and not np.can_cast(array.dtype, own, "same_kind"):
            raise TypeError(
                f"data has dtype {self._held.dtype}, cannot hold results of {array.dtype}"
            )
        self.adopt(array)
        if part_of is not None:
            self._pass_on(part_of)

    def updated(self, op: Op, other: Any) -> Any:
        """`self op= other` of a leaf: changed outside recording, as NumPy and PyTorch do.

        While operations are recorded, a leaf that requires no gradient makes way for a new Tensor,
        unless it is a part of another, which changes with it (`for row in x: row += 1`).

        Raises:
            RuntimeError: operations are recorded, and this requires a gradient.
        """
        if RECORDING.forward is not None and is_off_graph(self):  # to ask takes longer than += here
            return NotImplemented
        if RECORDING.enabled:
            if self._requires and not is_argument(self):
                raise refused(op, WHILE_RECORDING)
            if self._params is None or source(self) is None or getattr(other, "_requires", False):
                return NotImplemented  # x[0] += w goes on with x[0] = x[0] + w
        if self._params is not None:  # no name here may hold what the whole would have to copy
            self._look_again()
            self.change(op(self, other)._held)
            return self
        held = self._held
        if type(other) is Array and other.shape == held.shape and other.dtype is held.dtype:
            other = np.asarray(other)  # as step * p.grad is; plain ones are faster
            if RECORDING.watcher is None:
                self.adopt(op.forward(held, other))
                return self
        self.change(op(self, other)._held)
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        """Put numbers at an index: recorded, if a gradient flows to this or to `value`.

        Outside recording a leaf changes in place.  Graphs keep the old numbers: these are copied,
        unless nobody but this Tensor holds them.

        Raises:
            RuntimeError: this is a leaf that requires a gradient, while operations are recorded; a
                result, while they are not; or shows numbers that are part of another Tensor's.
            TypeError: a gradient would flow into integers or bools; Values or None are put in.

        >>> from engine import Tensor
        >>> w, x = Tensor([2.0, 3.0], requires_grad=True), Tensor([0.0, 0.0, 0.0])
        >>> x[1:] = w * w
        >>> x.sum().backward()
        >>> w.grad
        array([4., 6.])
        """
        if isinstance(value, LISTS):
            value = array_of(value)
        if isinstance(value, Node) and value.leads:
            raise TypeError(f"{NAME_ASSIGNED}{line_of_caller()}")
        if value is None or (isinstance(value, NODES) and not isinstance(value, ArrayNode)):
            numeric(value, "what is assigned", None)  # refuses it: NumPy would ask for a float
        if RECORDING.enabled and (self._requires or getattr(value, "_requires", False)):
            self._assign(plain_index(index), value)
            return
        if self.op is not None or is_off_graph(self):
            raise RuntimeError(
                f"this result{self.made_by} takes part in a graph, and cannot be changed "
                "where operations are not recorded: do it outside no_grad(), or to a .detach()ed "
                "copy"
            )
        part_of = None if self._params is None else self._look_again()
        self._put(plain_index(index), value._held if isinstance(value, ArrayNode) else value)
        self._pass_on(part_of)

    def _assign(self, index: Any, value: Any) -> None:
        """Become the result of `setitem`."""
        if self.op is None and self._requires and not is_off_graph(self):
            raise RuntimeError(LEAF_ASSIGNED_TO)
        if self._held.dtype.kind != "f":
            raise TypeError(
                f"a Tensor of {self._held.dtype} holds no number that a gradient flows to"
            )
        if self.op is None and self._params is not None and source(self) is not None:
            raise RuntimeError(NOT_ITS_OWN)
        self._refuse_a_view()
        if not isinstance(value, ArrayNode):
            value = constant(value, setitem, 1)
        numbers = value._held if isinstance(value, ArrayNode) else value
        forward = RECORDING.forward if ATTENTION.threads else None
        apart = forward is not None and not forward.keeps(self, value)
        array = self._held
        # nothing was made of this since the last assignment, and this becomes one with that
        further = self.op is setitem and value is not self and held_once(array)
        further = further and id(self) not in HOOKS  # they are of this version
        if not further and not apart:
            array = array.copy()
        try:
            self._put(index, numbers) if apart else put(array, index, numbers)
        except ValueError as error:
            raise wrong_shapes(setitem, (self._held, numbers), error) from None
        before = None
        if apart:
            self._params, self._requires = None, True
        elif further:
            self.inputs = (*self.inputs, value)
            self._arrays = (*self._arrays, numbers)
            self._params = {"at": (*self._params["at"], index)}
        else:
            before = self._version()
            leave_hooks(self, before)
            self.op, self._held, self._requires = setitem, array, True
            self.inputs = before, before if value is self else value
            self._arrays = before._held, numbers
            self._params = {"at": (index,)}
            note_assigned(self)
        if forward is not None:
            forward.assigned(self, index, value, before)
        if ATTENTION.threads and RECORDING.watcher is not None:
            RECORDING.watcher.recorded(setitem, self, self.inputs)

    # how a version, or a copy, takes a node apart and puts it together again

    def _state(self) -> tuple[Any, ...]:
        arrays = tuple(map(filled, self._arrays))
        return self._held, self.label, self._requires, self._retain, arrays

    @classmethod
    def _from_state(
        cls, state: tuple[Any, ...], op: Op | None, inputs: tuple[Any, ...], params: Any
    ) -> Self:
        y = object.__new__(cls)
        # a copied input's array is the very one in _arrays if that was so in the original
        y._held, y.label, y._requires, y._retain, y._arrays = state
        y._grad = None
        y.op = op
        y.inputs = inputs
        y._params = params or None
        return y

    def _version(self) -> Any:
        """What this is now, as a node of its own."""
        y = self._from_state(self._state(), self.op, self.inputs, self._params)
        y.label, y._grad, self._grad = "", self._grad, None
        return y

    def _refuse_a_view(self) -> None:
        """Refuse to change what another result shows too, and would not change with this.

        Raises:
            RuntimeError: this shares its numbers, as x[0] does with x; unless nobody has x.
        """
        _refuse_repeats(self._held)
        node: Any = self
        while node.op is not None or (is_off_graph(node) and node._params is not None):
            whole = node._params[0] if node.op is None else node.inputs[0]
            if not isinstance(whole, ArrayNode) or self._held.base is not owner(whole._held):
                return
            if not held_once(whole):
                raise RuntimeError(NOT_ITS_OWN)
            node = whole

    def _now(self) -> Any:
        if self.op is None and self._params is not None:
            self._look_again()
        return self

    def _look_again(self) -> tuple[Any, tuple[Any, ...]] | None:
        """Before a part of a leaf is changed: show the leaf's numbers as they are now; `source`."""
        part_of = source(self)
        if part_of is not None:
            _refuse_repeats(part_of[0]._held)
            self._held = np.asarray(at(part_of[0]._held, part_of[1]))  # one number is no array
        return part_of

    def _pass_on(self, part_of: tuple[Any, tuple[Any, ...]] | None) -> None:
        """After a part of a leaf was changed: its numbers belong there too."""
        if part_of is not None:
            leaf, path = part_of
            leaf._put(path[-1], self._held, path[:-1])

    def _put(self, index: Any, numbers: Any, path: tuple[Any, ...] = ()) -> None:
        """Write numbers at an index, where `path` leads; graphs keep the old ones."""
        array = self._held
        if not (held_once(array) and array.base is None and array.flags.writeable):
            _refuse_repeats(array)
            array = array.copy()
        put(at(array, path) if path else array, index, numbers)
        self._held = array


def _refuse_repeats(array: ndarray) -> None:
    """Refuse what shows a number at several places, as `x.expand(3, -1)`: they cannot differ."""
    if array.base is not None and not array.flags.writeable:
        raise RuntimeError(
            "one number stands at several places here (x.expand(), np.broadcast_to, windows), and "
            "changes at all of them or none: take .clone() first"
        )
