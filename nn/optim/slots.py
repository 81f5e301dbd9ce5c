"""What stands between an optimizer's rule, which is written on arrays, and the parameters.

A slot is one array to update: a Tensor, an array of Values, or all the single Values of a group
taken together.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from engine import Node, Tensor, Value, held_once, to_numpy

from ..parameter import leaves

State = dict[str, Any]

#: From this many numbers on, an array that is no longer needed is kept to be written over.
LARGE = 4096


class TensorSlot:
    """A Tensor and its state."""

    __slots__ = ("members", "parameter", "spare", "state")

    def __init__(self, parameter: Tensor) -> None:
        self.parameter = parameter
        self.spare: ndarray | None = None  # the numbers before the last update
        self.members: list[Any] = [parameter]
        self.state: State = {}

    @property
    def leaves(self) -> list[Any]:
        """The Tensors or Values that are updated."""
        return self.members

    def gradient(self) -> ndarray | None:
        """What backward left there; None for a parameter it did not reach."""
        g = self.parameter._grad
        return g if g is None or type(g) is ndarray else to_numpy(g)

    def read(self, guarded: bool) -> ndarray:
        """The numbers; unless guarded, the parameter's own array, which must not be changed."""
        return self.parameter.numpy() if guarded else self.parameter._held

    def write(self, array: ndarray) -> None:
        """Replace the numbers; `array` is the parameter's own from now on."""
        old = self.parameter._held
        if old.size > LARGE:
            self.spare = old if old.base is None and old.flags.writeable else None
        # NumPy makes a scalar of a result without axes
        self.parameter.adopt(array if type(array) is ndarray else np.asarray(array))

    def take_spare(self) -> ndarray | None:
        """The numbers before the last update, to be written over; None if somebody holds them.

        A graph made before may, or a view.  Large arrays that are made and freed at each step
        cost as much as the update itself, as the system gives their memory page by page.
        """
        spare = self.spare
        if not held_once(spare):
            return None
        self.spare = None
        return spare

    def split(self) -> list[Any]:
        """This slot: a Tensor has a gradient or none."""
        return [self]

    def export(self, member: int) -> State:
        """The state of a member, as a copy."""
        return {k: x.copy() if isinstance(x, ndarray) else x for k, x in self.state.items()}


class ValuesSlot(TensorSlot):
    """Values that are updated as one array: those of a ValueArray."""

    __slots__ = ("shape", "values")

    def __init__(self, parameter: Any, values: list[Value], shape: tuple[int, ...]) -> None:
        super().__init__(parameter)
        self.values = values
        self.shape = shape

    @property
    def leaves(self) -> list[Any]:
        """The Values."""
        return self.values

    def gradient(self) -> ndarray | None:
        """None if no element was reached; an element that was not has gradient 0."""
        if not any(x.has_grad for x in self.values):
            return None
        return to_numpy([x.grad for x in self.values]).reshape(self.shape)

    def read(self, guarded: bool) -> ndarray:
        """The numbers, in a new array."""
        return np.array([x.data for x in self.values]).reshape(self.shape)

    def write(self, array: ndarray) -> None:
        """Replace the numbers."""
        for x, number in zip(self.values, np.ravel(array).tolist(), strict=True):
            x.data = number


class LoneSlot(ValuesSlot):
    """Single Values of a group, each a parameter by itself, that have the same history."""

    __slots__ = ()

    def __init__(self, values: list[Value]) -> None:
        super().__init__(None, values, (len(values),))
        self.members = values

    def split(self) -> list[Any]:
        """Those with a gradient and those without, if both are there: histories part here."""
        reached = np.array([x.has_grad for x in self.values])
        if reached.all() or not reached.any():
            return [self]
        parts = []
        for mask in (reached, ~reached):
            part = LoneSlot([x for x, there in zip(self.values, mask, strict=True) if there])
            part.state = {
                k: x[mask] if isinstance(x, ndarray) else x for k, x in self.state.items()
            }
            parts.append(part)
        return parts

    def export(self, member: int) -> State:
        """The state of a member: its numbers."""
        return {k: float(x[member]) if isinstance(x, ndarray) else x for k, x in self.state.items()}


def arrange(params: list[Any], owned: set[int]) -> tuple[list[Any], list[Any]]:
    """A group's parameters, each once, and the slots they go into; single Values come last.

    `owned` are the ids of the leaves that other groups hold.
    """
    kept: list[Any] = []
    slots: list[Any] = []
    lone: list[Value] = []
    own: set[int] = set()
    for i, p in enumerate(params):
        found = _checked(i, p)
        ids = {id(x) for x in found}
        if ids & owned:
            raise ValueError(f"params[{i}] is in another parameter group already")
        if ids and ids <= own:
            continue
        if ids & own or len(ids) < len(found):
            raise ValueError(f"params[{i}] shares some of its Values with another parameter")
        own |= ids
        kept.append(p)
        if isinstance(p, Tensor):
            slots.append(TensorSlot(p))
        elif isinstance(p, Value):
            lone.append(p)
        else:
            slots.append(ValuesSlot(p, found, p.shape))
    return kept, slots + ([LoneSlot(lone)] if lone else [])


def _checked(index: int, parameter: Any) -> list[Any]:
    """The leaves a parameter consists of."""
    found = leaves(parameter)
    if not all(isinstance(x, Node) for x in found):
        raise TypeError(
            f"params[{index}] must be a Tensor, a ValueArray or a Value, "
            f"got {type(parameter).__name__}: {parameter!r:.60}"
        )
    if not all(x.is_leaf for x in found):
        raise ValueError(
            f"params[{index}] is a result, not a leaf: an optimizer changes what you made yourself"
        )
    return found


def with_state(slots: list[Any], rows: dict[int, State]) -> list[Any]:
    """The slots with the state in `rows`; single Values are sorted anew by their history."""
    kept: list[Any] = []
    histories: dict[Any, list[Value]] = {}
    for slot in slots:
        if not isinstance(slot, LoneSlot):
            slot.state = rows.get(id(slot.parameter), {})
            kept.append(slot)
            continue
        for value in slot.members:
            row = rows.get(id(value), {})
            history = ((k, None if isinstance(x, ndarray) else x) for k, x in sorted(row.items()))
            histories.setdefault(tuple(history), []).append(value)
    for values in histories.values():
        slot = LoneSlot(values)
        first = rows.get(id(values[0]), {})
        slot.state = {
            key: np.array([float(rows[id(v)][key]) for v in values])
            if isinstance(x, ndarray)
            else x
            for key, x in first.items()
        }
        kept.append(slot)
    return kept
