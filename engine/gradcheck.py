"""`gradcheck`: gradients of every order against finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .core import Node, enable_grad
from .functional import grad
from .graph import toposort
from .reductions import sum as sum_of
from .scalar import Value
from .tensor import Tensor

__all__ = ["GradientError", "gradcheck"]


class GradientError(AssertionError):
    """A gradient that finite differences contradict.

    Attributes:
        order: 1 for the gradient, 2 for its gradient, …
        input: which input, by name.
        index: which element of it.
        got: what the rules gave.
        expected: the finite difference.
    """

    def __init__(
        self, order: int, name: str, index: tuple[int, ...], got: float, expected: float
    ) -> None:
        self.order, self.input, self.index = order, name, index
        self.got, self.expected = got, expected
        place = f"{name}[{','.join(map(str, index))}]" if index else name
        kind = {1: "gradient", 2: "second derivative"}.get(order, f"derivative of order {order}")
        super().__init__(
            f"{kind} with respect to {place}: got {got!r}, finite differences say "
            f"{expected!r} (difference {abs(got - expected):.3g})"
        )


def gradcheck(
    f: Callable[..., Any],
    inputs: Any,
    order: int = 2,
    *,
    eps: float = 1e-5,
    rtol: float = 1e-5,
    atol: float = 1e-6,
    names: Sequence[str] | None = None,
) -> bool:
    """Check f's derivatives up to `order` against central differences; True, or an exception.

    Numbers are checked on the scalar tier, arrays on the tensor tier, in float64.  A result of
    several numbers is checked along a fixed direction.  An element whose finite difference would
    cross a kink (the op says where they are) is left out, if the slopes on its two sides differ.

    Args:
        inputs: one number, array or node, or a tuple of them.
        order: 1 checks the gradient, 2 also its gradient, and so on.
        eps: step of the differences, relative to the size of numbers beyond 1.
        rtol, atol: tolerances; |got - expected| <= atol + rtol * |expected|.

    Raises:
        GradientError: a derivative is wrong; names order, input, index, got and expected.
        ValueError: every element stands at a kink, or order < 1.
        TypeError: no input is a floating-point number, or f's result is not a node.

    >>> gradcheck(lambda x: (x**3).sum(), np.array([1.0, -2.0]))
    True
    """
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"order must be a positive int, got {order!r}")
    given = inputs if isinstance(inputs, tuple) else (inputs,)
    arrays = [_floating(x, i) for i, x in enumerate(given)]
    if not arrays:
        raise TypeError("gradcheck() needs at least one input")
    labels = list(names) if names is not None else [f"input {i}" for i in range(len(arrays))]
    if len(labels) != len(arrays):
        raise ValueError(f"names must have {len(arrays)} entries, got {labels}")
    scalar = all(not isinstance(x, np.ndarray | list | Tensor) for x in given)
    with np.errstate(all="ignore"):
        for level in range(1, order + 1):
            _check(f, arrays, labels, scalar, level, (eps, rtol, atol))
            f = _gradient_along(f, len(arrays), level)
    return True


def _floating(x: Any, i: int) -> np.ndarray:
    array = np.asarray(x.data if isinstance(x, Node) else x)
    if isinstance(x, np.ndarray) and array.dtype.kind != "f":
        raise TypeError(f"input {i} must be floating-point, got {array.dtype}")
    if array.dtype.kind not in "fiu":
        raise TypeError(f"input {i} must be a number or an array of them, got {x!r:.60}")
    return np.array(array, dtype=np.float64)


def _direction(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Fixed numbers between 1/2 and 3/2 in size, no two alike: no term can hide another."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape))


def _along(y: Any, seed: int) -> Any:
    """A result as a single number: its elements, weighted by a fixed direction."""
    if not isinstance(y, Node):
        raise TypeError(f"the function must return a Value or a Tensor, got {type(y).__name__}")
    weights = _direction(y.data.shape if isinstance(y, Tensor) else (), seed)
    return y * float(weights) if isinstance(y, Value) else sum_of(y * weights)


def _gradient_along(f: Any, count: int, seed: int) -> Any:
    """The gradient of f, as a function with a single number as result: the next level to check."""

    def slope(*nodes: Any) -> Any:
        gradients = grad(lambda *x: _along(f(*x), seed), tuple(range(count)))(*nodes)
        total: Any = 0.0
        for i, g in enumerate(gradients):
            total = total + _along(g, seed + 100 + i)
        return total

    return slope


def _nodes(arrays: list[np.ndarray], scalar: bool) -> list[Any]:
    if scalar:
        return [Value(float(x)) for x in arrays]
    return [Tensor(x, requires_grad=True) for x in arrays]


def _check(
    f: Any, arrays: list[np.ndarray], labels: list[str], scalar: bool, level: int,
    tolerances: tuple[float, float, float],
) -> None:  # fmt: skip
    eps, rtol, atol = tolerances
    nodes = _nodes(arrays, scalar)
    with enable_grad():
        y = _along(f(*nodes), level)
    got = grad(lambda *x: _along(f(*x), level), tuple(range(len(nodes))))(*nodes)
    corner = _distance_to_kink(y)
    checked = left_out = 0
    for k, g in enumerate(got):
        for index in np.ndindex(arrays[k].shape):
            h = eps * max(1.0, abs(float(arrays[k][index])))
            expected, left, right = _slopes(f, arrays, scalar, level, (k, index), h)
            if corner < 100 * h and abs(left - right) > 1e-2 * max(abs(left), abs(right), 1e-2):
                left_out += 1
                continue
            checked += 1
            mine = float(np.asarray(g.data)[index])
            # rounding in f is magnified by 1 / h
            noise = 50 * np.finfo(np.float64).eps * abs(float(y.data)) / h
            wrong = abs(mine - expected) > atol + rtol * abs(expected) + noise
            if wrong or np.isnan(mine) != np.isnan(expected):
                raise GradientError(level, labels[k], index, mine, expected)
    if left_out and not checked:
        raise ValueError("every element stands at a kink: choose other inputs")


def _slopes(
    f: Any, arrays: list[np.ndarray], scalar: bool, level: int,
    place: tuple[int, tuple[int, ...]], h: float,
) -> tuple[float, float, float]:  # fmt: skip
    """Central, left and right difference at one element."""

    def at(step: float) -> float:
        moved = [x.copy() for x in arrays]
        moved[place[0]][place[1]] += step
        # recorded, for at higher levels f itself differentiates
        return float(_along(f(*_nodes(moved, scalar)), level).data)

    minus, here, plus = at(-h), at(0.0), at(h)
    return (plus - minus) / (2 * h), (here - minus) / h, (plus - here) / h


def _distance_to_kink(root: Any) -> float:
    """How near the nearest op of the graph stands to a point where its derivative jumps."""
    nearest = np.inf
    for node in toposort(root):
        if node.op is not None and node.op.kinks is not None:
            raw = [np.asarray(x.data) if isinstance(x, Node) else x for x in node.inputs]
            distance = np.asarray(node.op.kinks(*raw, **node.params))
            nearest = min(nearest, float(np.min(distance, initial=np.inf)))
    return nearest
