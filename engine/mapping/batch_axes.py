"""Which axis is the batch's: `in_axes` of each leaf of the arguments, `out_axes` of the results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import broadcast_to, moveaxis
from ..derivatives import is_container, parts_like, parts_of
from ..lists import LISTS, array_of
from ..node import NODES


@dataclass(frozen=True)
class Leaf:
    """What is in the arguments: as one writes it, itself, and its axis; None if all share it."""

    name: str
    x: Any
    axis: int | None

    @property
    def size(self) -> int:
        """How many examples it holds."""
        return int(np.shape(self.x)[self.axis or 0])

    def at(self, i: int) -> Any:
        """The i-th example."""
        return self.x[(slice(None),) * (self.axis or 0) + (i,)]


def leaves_of(args: tuple[Any, ...], in_axes: Any) -> list[Leaf]:
    """All leaves of the arguments of a call.

    Raises:
        ValueError: in_axes does not fit the arguments, or no argument is of a batch.
        TypeError: what is to be of a batch is no array.
    """
    axes = list(in_axes) if isinstance(in_axes, LISTS) else [in_axes] * len(args)
    if len(axes) != len(args):
        raise ValueError(
            f"in_axes must have one axis for each of {len(args)} arguments, or be one for all: "
            f"got {in_axes!r:.60}"
        )
    leaves = []
    for i, (x, axis) in enumerate(zip(args, axes, strict=True)):
        for name, leaf, one in _each(x, axis, f"argument {i}", f"in_axes[{i}]", is_container):
            leaves.append(Leaf(name, leaf, None) if one is None else _of_batch(name, leaf, one))
    return leaves


def _of_batch(name: str, x: Any, axis: int) -> Leaf:
    """A leaf that has an axis of examples, checked."""
    if isinstance(x, LISTS):
        x = array_of(x)
    if not isinstance(x, (np.ndarray, float, int, np.generic, *NODES)):
        raise TypeError(
            f"{name} is a {type(x).__name__}, which has no axis of examples: give None for it in "
            "in_axes"
        )
    ndim = len(np.shape(x))
    return Leaf(name, x, _within(axis, ndim, name, "in_axes"))


def _within(axis: int, ndim: int, name: str, argument: str) -> int:
    if not -ndim <= axis < ndim:
        raise ValueError(
            f"{name} has {ndim} axes, and none of them is {axis}: give another in {argument}, or "
            "None for what all examples share"
        )
    return axis % ndim


def size_of(leaves: list[Leaf]) -> int:
    """How many examples there are: as many in each leaf.

    Raises:
        ValueError: leaves differ in that, or none has an axis of examples.
    """
    batched = [leaf for leaf in leaves if leaf.axis is not None]
    if not batched:
        raise ValueError("vmap needs an argument with an axis of examples: in_axes is None for all")
    first = batched[0]
    for leaf in batched:
        if leaf.size != first.size:
            raise ValueError(
                f"{first.name} has {first.size} examples (axis {first.axis}), but {leaf.name} has "
                f"{leaf.size} (axis {leaf.axis})"
            )
    return first.size


def is_result_container(x: Any) -> bool:
    """Whether a result is a container: here every list is one, (y, z) are two results."""
    return isinstance(x, LISTS) or is_container(x)


def axes_of_result(y: Any, out_axes: Any) -> list[tuple[str, int | None]]:
    """For each leaf of a result what one writes to get it, and where the axis is to be.

    Raises:
        ValueError: out_axes does not fit the result.
    """
    each = _each(y, out_axes, "the result", "out_axes", is_result_container)
    return [(name, axis) for name, _, axis in each]


def _each(
    x: Any, axes: Any, name: str, argument: str, contains: Callable[[Any], bool]
) -> Iterator[tuple[str, Any, Any]]:
    """Each leaf of x: what one writes to get it, itself, and its axis, or None.

    An axis given for a container is that of all that is in it.
    """
    whole = axes is None or (isinstance(axes, int) and not isinstance(axes, bool))
    parts = None
    if contains(x):
        parts = [axes] * len(parts_of(x)) if whole else parts_like(x, axes)
    if parts is None and not whole:
        raise ValueError(
            f"{argument} must be an axis or None, or built as {name} is, got {axes!r:.60}"
        )
    if x is None:
        return
    if parts is None:
        yield name, x, axes
        return
    for (written, part), axis in zip(parts_of(x), parts, strict=True):
        yield from _each(part, axis, name + written, argument + written, contains)


def placed(y: Any, axis: int | None, name: str, batched: bool, size: int) -> Any:
    """A result with its axis of examples, which is in front if it has one, where it is wanted."""
    if axis is None:
        if batched:
            raise ValueError(f"{name} is another for each example: out_axes cannot be None for it")
        return y
    if not batched:
        y = broadcast_to(y, (size, *np.shape(y)))
    axis = _within(axis, np.ndim(y), name, "out_axes")
    return moveaxis(y, 0, axis) if axis else y
