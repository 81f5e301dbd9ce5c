"""Op by op: each node of a Tensor graph alone, on both tiers, from the same inputs.

What comes after the first op that differs differs because of it; so each op is given the Tensor
tier's inputs, and the Tensor tier's upstream gradient.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import sum as sum_of
from ..core import Op
from ..looking import box
from ..node import NodeArray, to_numpy
from ..recording import no_grad
from ..tensors import Tensor
from ..values import Value
from .distance import relative, ulps
from .finite import Slope, slope

GRADIENT_RTOL = 1e-12  # between the tiers
FINITE_RTOL = 1e-5  # between rules and finite differences
SAMPLES = 100  # elements of one input that `contradiction` tries


@dataclass(frozen=True)
class Difference:
    """An op that, given the same inputs, does not give the same bits on both tiers."""

    op: Op
    what: str  # "forward", or "gradient of input 0"
    position: int  # of the node in topological order
    index: tuple[int, ...]
    scalar: float
    tensor: float
    ulp: float
    within: bool  # whether the op's stated bound allows it

    def __str__(self) -> str:
        place = _place(self.op, self.position, self.what, self.index)
        if self.within:
            if self.what == "forward":
                return f"{place}: {self.ulp:.0f} ulp apart, within the {self.op.ulp:g} ulp allowed"
            return f"{place}: {abs(self.scalar - self.tensor):.0e} apart, no more than rounding"
        apart = float(relative(self.scalar, self.tensor))
        return f"{place}: Value {self.scalar!r}, Tensor {self.tensor!r}, {apart:.1e} apart"


@dataclass(frozen=True)
class Contradiction:
    """An op whose rule, on the Tensor tier, finite differences of its own forward contradict."""

    op: Op
    what: str
    position: int
    index: tuple[int, ...]
    rule: float
    finite: float

    def __str__(self) -> str:
        place = _place(self.op, self.position, self.what, self.index)
        return f"{place}: the rule says {self.rule!r}, finite differences {self.finite:.9g}"


def _place(op: Op, position: int, what: str, index: tuple[int, ...]) -> str:
    element = f" at {list(index)}" if index else ""
    return f"{op.name} (node {position}), {what}{element}"


def differences(order: list[Tensor]) -> list[Difference]:
    """Every op of a graph that gives other bits on the scalar tier: forwards, then rules.

    Args:
        order: `toposort` of a one-element result.
    """
    found = []
    for position, node in enumerate(order):
        if node.op is not None:
            found += _forward_difference(node, position)
    for position, node, g in _upstream(order):
        found += _rule_difference(node, position, g)
    return found


def _upstream(order: list[Tensor]) -> list[tuple[int, Tensor, np.ndarray]]:
    """The results that backward reaches, in its order, each with its upstream gradient."""
    root = order[-1]
    if not root.requires_grad:
        return []
    found = list(enumerate(zip(order, root.gradients(order), strict=True)))
    return [
        (position, node, g)
        for position, (node, g) in reversed(found)
        if node.op is not None and g is not None
    ]


def _edges(node: Tensor) -> Iterator[tuple[int, Tensor]]:
    """The inputs that a gradient flows to, each with its place."""
    return ((i, x) for i, x in enumerate(node.inputs) if isinstance(x, Tensor) and x.requires_grad)


def _boxes(node: Tensor) -> tuple[Any, ...]:
    return tuple(box(x.data) if isinstance(x, Tensor) else x for x in node.inputs)


def _forward_difference(node: Tensor, position: int) -> list[Difference]:
    assert node.op is not None
    with no_grad():
        y = node.op.apply(_boxes(node), dict(node.params))
    got = np.asarray(to_numpy(y), dtype=np.float64)
    expected = np.asarray(node.data, dtype=np.float64)
    bound = node.op.ulp * np.spacing(np.maximum(np.abs(expected), _terms(node)))
    return _worst(node.op, "forward", position, got, expected, bound)


def _terms(node: Tensor) -> Any:
    """How large the terms of a result are that may cancel: rounding is relative to those.

    For sums and products of arrays it is the op on the sizes of its inputs; and never less than
    the largest input.
    """
    assert node.op is not None
    if node.op.kind == "elementwise":
        return 0.0
    sizes = tuple(np.asarray(np.abs(x.data)) if isinstance(x, Tensor) else x for x in node.inputs)
    least = max(float(np.max(x, initial=0.0)) for x in sizes if isinstance(x, np.ndarray))
    return np.maximum(np.abs(np.asarray(node.op.apply(sizes, dict(node.params)))), least)


def _rule_difference(node: Tensor, position: int, g: np.ndarray) -> list[Difference]:
    assert node.op is not None
    boxes = _boxes(node)
    y = node.op.apply(boxes, dict(node.params))
    root = sum_of(y * g) if isinstance(y, np.ndarray) else y * float(g)
    for i, x in _edges(node):
        got = gradient_of(root, boxes[i])
        expected = np.asarray(node.contribution(g, i), dtype=np.float64)
        size = max(largest(expected), largest(_without_cancellation(node, g, i)))
        bound = np.full(x.shape, GRADIENT_RTOL * size)
        found = _worst(node.op, f"gradient of input {i}", position, got, expected, bound)
        if found:
            return found
    return []


def gradient_of(root: Any, boxed: Any) -> np.ndarray:
    """The gradient of a Value (or a constant) for a Value or an array of them, as an array."""
    nodes = list(boxed.flat) if isinstance(boxed, NodeArray) else [boxed]
    found: list[Any] = [None] * len(nodes)
    if isinstance(root, Value):
        found = root.gradients(nodes)
    numbers = [0.0 if g is None else g for g in found]
    return np.array(numbers, dtype=np.float64).reshape(np.shape(boxed))


def largest(x: Any) -> float:
    """The largest number of an array in size, of those that are finite; 0 if there is none."""
    return float(np.abs(x[np.isfinite(x)]).max(initial=0.0))


def _without_cancellation(node: Tensor, g: np.ndarray, i: int) -> np.ndarray:
    """How large what the edge to input i adds would be, if g pointed anywhere else.

    Rounding is relative to the terms of a sum, not to the sum: the rule of softmax cancels to
    1e-17 where the upstream gradient is the same for all, and is a number like 0.1 where it is not.
    """
    rng = np.random.default_rng(0)
    elsewhere = rng.uniform(0.5, 1.5, g.shape) * rng.choice([-1.0, 1.0], g.shape)
    part = node.contribution(np.asarray(g * elsewhere), i)
    return np.abs(np.asarray(part, np.float64))


def gradient_sizes(order: list[Tensor]) -> dict[Any, Any]:
    """How large each node's gradient would be if nothing cancelled on the way.

    Args:
        order: `toposort` of a one-element result.
    """
    sizes: dict[Any, Any] = {order[-1]: order[-1].full(1.0)}
    for _, node, _ in _upstream(order):
        for i, x in _edges(node):
            part = _without_cancellation(node, np.asarray(sizes[node]), i)
            sizes[x] = sizes[x] + part if x in sizes else part
    return sizes


def _worst(
    op: Op, what: str, position: int, got: np.ndarray, expected: np.ndarray, bound: np.ndarray
) -> list[Difference]:
    """The element furthest beyond its bound, if any element differs at all."""
    apart = ulps(got, expected)
    if not apart.any():
        return []
    with np.errstate(all="ignore"):
        off = np.abs(got - expected)
        excess = np.where(apart == 0, -np.inf, np.where(np.isnan(off), np.inf, off - bound))
    place = tuple(int(i) for i in np.unravel_index(int(np.argmax(excess)), excess.shape))
    return [
        Difference(
            op, what, position, place, float(got[place]), float(expected[place]),
            float(apart[place]), bool(excess[place] <= 0),
        )
    ]  # fmt: skip


# --- rules against the op's own finite differences ---


def contradiction(order: list[Tensor]) -> Contradiction | None:
    """The first op, in the order of backward, whose rule its own finite differences contradict.

    Args:
        order: `toposort` of a one-element result.
    """
    for position, node, g in _upstream(order):
        for i, _ in _edges(node):
            found = _contradicted(node, position, g, i)
            if found is not None:
                return found
    return None


def _contradicted(node: Tensor, position: int, g: np.ndarray, i: int) -> Contradiction | None:
    assert node.op is not None
    got = np.asarray(node.contribution(g, i), dtype=np.float64)
    scale = largest(got)
    for place in np.linspace(0, got.size - 1, min(got.size, SAMPLES), dtype=int):
        index = tuple(int(k) for k in np.unravel_index(place, got.shape))
        estimate = _own_slope(node, g, i, index)
        if (
            estimate.whole
            and not (estimate.corner and node.op.kinks is not None)
            and estimate.contradicts(float(got[index]), 0.0, FINITE_RTOL * scale)
        ):
            what = f"gradient of input {i}"
            return Contradiction(
                node.op, what, position, index, float(got[index]), estimate.value
            )  # fmt: skip
    return None


def _own_slope(node: Tensor, g: np.ndarray, i: int, index: tuple[int, ...]) -> Slope:
    """The slope of an op's result, weighted by the upstream gradient, along one element."""
    assert node.op is not None
    op, params = node.op, dict(node.params)
    arrays = [np.array(x.data) if isinstance(x, Tensor) else x for x in node.inputs]

    def at(number: float) -> Any:
        arrays[i][index] = number
        return op.forward(*arrays, **params) * g

    return slope(at, float(arrays[i][index]))
