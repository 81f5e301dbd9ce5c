"""`gradcheck`: gradients of every order against finite differences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..arrays import sum as sum_of
from ..derivatives import grad
from ..differentiating import differentiating
from ..graph import toposort
from ..lists import array_of
from ..looking import label_of
from ..node import NODES, Node, to_numpy
from ..ops import mul
from ..recording import enable_grad
from ..tensors import Tensor
from ..values import Value
from .compare import names_of_inputs
from .finite import NEAR_KINK, check_deterministic, distance_to_kink, slope
from .verdict import Checked, GradCheck


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
        kind = {1: "gradient", 2: "second derivative"}.get(order, f"derivative of order {order}")
        super().__init__(
            f"{kind} with respect to {label_of(name, index)}: got {got!r}, finite differences say "
            f"{expected!r} (difference {abs(got - expected):.3g})"
        )


def gradcheck(
    f: Callable[..., Any],
    inputs: Any,
    order: int = 2,
    *,
    rtol: float = 1e-5,
    atol: float = 1e-6,
    names: Sequence[str] | None = None,
) -> GradCheck:
    """Check f's derivatives up to `order` against central differences; what was checked is true.

    Numbers are checked on the scalar tier, arrays on the tensor tier, in float64.  A result of
    several numbers is checked along a fixed direction, which gives every element another weight.
    An element where the slopes on its two sides differ is left out, if an op of f says that there
    is a kink; so is one around which f is not finite.  What multiplies the rules of f's last op is
    fixed here: that a rule passes on the graph of g, `lambda x: f(x) ** 2` tells at order 2.

    Args:
        inputs: one number, array or node, or a tuple of them.
        order: 1 checks the gradient, 2 also its gradient, and so on.
        rtol, atol: tolerances; |got - expected| <= atol + rtol * |expected|, and ten times the
            error that the finite difference claims for itself.
        names: one for each input; default the names of f's parameters.

    Returns:
        What was checked, as a table: true in an `if` or an `assert`, and equal to True.

    Raises:
        GradientError: a derivative is wrong; names order, input, index, got and expected.
        ValueError: no element can be checked, f is not deterministic (dropout, say), order < 1,
            or names do not match the inputs.
        TypeError: no input is a floating-point number, or f's result is not a node.

    >>> found = gradcheck(lambda x: (x**3).sum(), np.array([1.0, -2.0]))
    >>> assert found
    >>> [(row.order, row.input, row.count) for row in found.rows]
    [(1, 'x', 2), (2, 'x', 2)]
    """
    if not callable(f):
        raise TypeError(f"f must be a function, got {type(f).__name__}")
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"order must be a positive int, got {order!r}")
    given = inputs if isinstance(inputs, tuple) else (inputs,)
    arrays = [_floating(x, i) for i, x in enumerate(given)]
    if not arrays:
        raise TypeError("gradcheck() needs at least one input")
    check = _Check(
        arrays,
        names_of_inputs(f, len(arrays), names),
        all(not isinstance(x, np.ndarray | list | Tensor) for x in given),
        rtol,
        atol,
    )
    # inside a derivative of nothing: what does not depend on an input is quietly zero
    with np.errstate(all="ignore"), enable_grad(), differentiating(()):
        nodes = check.nodes(arrays)
        with differentiating(nodes):
            _along(f(*nodes), 1)  # what is wrong with f itself is said here
        rows: list[Checked] = []
        for level in range(1, order + 1):
            try:
                rows += check.level(f, level)
            except TypeError as error:
                error.add_note(
                    f"(gradcheck, order {level}) A rule is given nodes, so that it can be "
                    "differentiated: write it with engine's ops, engine.cos and not np.cos"
                )
                raise
            f = check.gradient_along(f, level)
    return GradCheck(tuple(rows))


def _floating(x: Any, i: int) -> np.ndarray:
    array = to_numpy(x) if isinstance(x, Node) else np.asarray(x)
    if isinstance(x, np.ndarray) and array.dtype.kind != "f":
        raise TypeError(f"input {i} must be floating-point, got {array.dtype}")
    if array.dtype.kind not in "fiu":
        raise TypeError(f"input {i} must be a number or an array of them, got {x!r:.60}")
    return np.array(array, dtype=np.float64)


def _along(y: Any, seed: int) -> Any:
    """A result as a single number: its elements, weighted by a fixed direction."""
    if isinstance(y, list | tuple):
        y = array_of(y)
    if not isinstance(y, NODES):
        raise TypeError(f"f must return a Value or a Tensor, got {type(y).__name__}")
    # between 1/2 and 3/2 in size, no two alike: no term can hide another
    rng = np.random.default_rng(seed)
    weights = np.asarray(rng.uniform(0.5, 1.5, y.shape) * rng.choice([-1.0, 1.0], y.shape))
    weighted = mul(y, weights)
    return sum_of(weighted) if y.shape else weighted


@dataclass
class _Check:
    """One call of gradcheck: where, and how exactly."""

    arrays: list[np.ndarray]
    labels: list[str]
    on_values: bool
    rtol: float
    atol: float
    to_kink: float = math.inf  # of f or a derivative: a rule does not show f's own kinks

    def nodes(self, arrays: list[np.ndarray]) -> list[Any]:
        """Leaves of the tier that is checked."""
        if self.on_values:
            return [Value(float(x)) for x in arrays]
        return [Tensor(x, requires_grad=True) for x in arrays]

    def gradient_along(self, f: Any, level: int) -> Any:
        """The gradient of f as a function with one number as result: the next level to check."""

        def derivative(*nodes: Any) -> Any:
            gradients = grad(lambda *x: _along(f(*x), level), tuple(range(len(nodes))))(*nodes)
            total: Any = 0.0
            for i, g in enumerate(gradients):
                total = total + _along(g, level + 100 + i)
            return total

        return derivative

    def level(self, f: Any, level: int) -> list[Checked]:
        """Check the gradient of f: as a graph, and at the first level also as plain numbers."""
        nodes = self.nodes(self.arrays)
        y = _along(f(*nodes), level)
        self.to_kink = min(self.to_kink, distance_to_kink(toposort(y)))
        recorded = grad(lambda *x: _along(f(*x), level), tuple(range(len(nodes))))(*nodes)
        found = [[np.asarray(g.data)] for g in recorded]
        if level == 1:
            plain = zip(nodes, y.gradients(nodes), strict=True)  # as backward gives them
            for gradients, (x, g) in zip(found, plain, strict=True):
                gradients.append(np.asarray(x.full(0.0) if g is None else g))
        rows = [self.one_input(f, level, k, gradients) for k, gradients in enumerate(found)]
        if any(row.left_out for row in rows):  # noise has corners everywhere
            self.check_deterministic(f, level)
            if not any(row.count for row in rows):
                raise ValueError(
                    "nothing can be checked: every element stands at a kink, or f is not finite "
                    "around it; choose other inputs"
                )
        return rows

    def one_input(self, f: Any, level: int, k: int, found: list[np.ndarray]) -> Checked:
        """Hold what was found for input k to finite differences, element by element."""
        count = left_out = 0
        worst = 0.0
        for index in np.ndindex(self.arrays[k].shape):
            at = float(self.arrays[k][index])
            estimate = slope(partial(self.value, f, level, k, index), at)
            kink = estimate.corner and self.to_kink < NEAR_KINK
            if kink or not estimate.whole or math.isnan(estimate.value):
                left_out += 1
                continue
            count += 1
            for gradient in found:
                got = float(gradient[index])
                worst = max(worst, abs(got - estimate.value))
                if estimate.contradicts(got, self.rtol, self.atol):
                    self.check_deterministic(f, level)
                    raise GradientError(level, self.labels[k], index, got, estimate.value)
        return Checked(level, self.labels[k], count, left_out, worst)

    def check_deterministic(self, f: Any, level: int) -> None:
        """Put the blame where it belongs, if f gives other numbers for the same inputs."""
        check_deterministic(lambda: _along(f(*self.nodes(self.arrays)), level).data)

    def value(self, f: Any, level: int, k: int, index: tuple[int, ...], number: float) -> float:
        """The result with one element of input k replaced."""
        moved = list(self.arrays)
        moved[k] = moved[k].copy()
        moved[k][index] = number
        return float(_along(f(*self.nodes(moved)), level).data)
