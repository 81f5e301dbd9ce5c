"""`gradcheck`: gradients of every order against finite differences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..arrays import sum as sum_of
from ..derivatives import grad, jvp
from ..differentiating import differentiating
from ..forward import NotTransposed
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
        expected: the finite difference; or, of forward mode, what backward gave.
        forward: whether it is forward mode that is wrong: a row's `jvp` or `linear`.

    >>> try:
    ...     gradcheck(lambda x: x * x.detach(), 3.0)
    ... except GradientError as error:
    ...     print(error.order, error.input, round(error.expected / error.got, 3))
    1 x 2.0
    """

    def __init__(
        self,
        order: int,
        name: str,
        index: tuple[int, ...],
        got: float,
        expected: float,
        forward: bool = False,
        authority: str = "finite differences say",
    ) -> None:
        self.order, self.input, self.index = order, name, index
        self.got, self.expected, self.forward = got, expected, forward
        kind = {1: "gradient", 2: "second derivative"}.get(order, f"derivative of order {order}")
        by = " by forward mode, a row's `jvp` or `linear`," if forward else ""
        super().__init__(
            f"{kind}{by} with respect to {label_of(name, index)}: got {got!r}, {authority} "
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
    Forward mode, whose rules a row may say itself, has to give what backward gives.

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
        before = f
        for level in range(1, order + 1):
            try:
                rows += check.level(f, level)
                if level > 1:
                    with suppress(NotTransposed):
                        check.tangent_again(before, level - 1)
            except TypeError as error:
                error.add_note(
                    f"(gradcheck, order {level}) A rule is given nodes, so that it can be "
                    "differentiated: write it with engine's ops, engine.cos and not np.cos"
                )
                raise
            before, f = f, check.gradient_along(f, level)
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
    along: Sequence[np.ndarray] = ()  # in which forward mode was checked last

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
        checked = [np.zeros(x.shape, dtype=bool) for x in self.arrays]
        rows = [
            self.one_input(f, level, k, gradients, checked[k]) for k, gradients in enumerate(found)
        ]
        if any(row.left_out for row in rows):  # noise has corners everywhere
            self.check_deterministic(f, level)
            if not any(row.count for row in rows):
                raise ValueError(
                    "nothing can be checked: every element stands at a kink, or f is not finite "
                    "around it; choose other inputs"
                )
        with suppress(NotTransposed):  # jvp says so itself; backward is right
            self.forward_mode(f, level, [gradients[0] for gradients in found], checked)
        return rows

    def forward_mode(self, f: Any, level: int, found: list[Any], checked: list[Any]) -> None:
        """Hold forward mode to the gradients found, along a direction of all that was checked."""
        rng = np.random.default_rng(level)
        self.along = along = [rng.uniform(0.5, 1.5, x.shape) * x for x in checked]
        parts = np.concatenate([(g * v)[x] for g, v, x in zip(found, along, checked, strict=True)])
        got = self.pushed(f, level, along)
        if abs(got - parts.sum()) <= self.atol + self.rtol * np.abs(parts).sum():
            return
        self.check_deterministic(f, level)
        apart = []
        for k, place in enumerate(checked):  # which element it is
            for index in zip(*np.nonzero(place), strict=True):
                one = [np.zeros(x.shape) for x in self.arrays]
                one[k][index] = 1.0
                got, expected = self.pushed(f, level, one), float(found[k][index])
                apart.append((abs(got - expected), k, index, got, expected))
        _, k, index, got, expected = max(apart, key=lambda case: (math.isnan(case[0]), case[0]))
        raise GradientError(level, self.labels[k], index, got, expected, True, "backward says")

    def tangent_again(self, f: Any, level: int) -> None:
        """Hold the gradient of f's tangent, along its direction, to its finite difference."""
        along = self.along
        every = tuple(range(len(along)))
        again = grad(lambda *x: self.tangent(f, level, along, x), every)(*self.nodes(self.arrays))
        got = float(sum((g.data * v).sum() for g, v in zip(again, along, strict=True)))

        def at(t: float) -> float:
            return self.pushed(f, level, along, t)

        estimate = slope(at, 0.0)
        if not estimate.corner and estimate.contradicts(got, self.rtol, self.atol):
            name = ", ".join(self.labels)
            raise GradientError(level + 1, name, (), got, estimate.value, True)

    def tangent(self, f: Any, level: int, along: Sequence[np.ndarray], nodes: Any) -> Any:
        """The derivative of the result along tangents, by forward mode, as a node."""
        return jvp(lambda *x: _along(f(*x), level), tuple(nodes), tuple(along))[1]

    def pushed(self, f: Any, level: int, along: Sequence[np.ndarray], moved: float = 0.0) -> float:
        """That derivative as a number, of plain inputs; moved so far in its direction."""
        at = [x + moved * v for x, v in zip(self.arrays, along, strict=True)]
        given = map(float, at) if self.on_values else at
        return float(to_numpy(self.tangent(f, level, along, given)))

    def one_input(
        self, f: Any, level: int, k: int, found: list[np.ndarray], checked: np.ndarray
    ) -> Checked:
        """Hold what was found for input k to finite differences, and note which elements were."""
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
            checked[index] = True
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
