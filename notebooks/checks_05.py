"""Checks of notebook 05: axes to sum over, and the gradients of matrix products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine import Tensor, sum_to, tanh

from .exercise import Hint, NotWritten, answer_to_numpy, exercise, expect, near

#: Exercise 1: the shapes that are added, and over which axes each one's gradient is summed.
ADDED = {"x": (6, 2, 4, 3), "row": (3,), "column": (4, 1), "table": (2, 1, 3), "number": ()}


@exercise
def check_summed_axes(x: Any, row: Any, column: Any, table: Any, number: Any) -> str:
    """For each input of x + row + column + table + number: the axes its gradient is summed over."""
    full = ADDED["x"]
    given = {"x": x, "row": row, "column": column, "table": table, "number": number}
    if any(answer is None for answer in given.values()):
        raise NotWritten
    for name, answer in given.items():
        shape = ADDED[name]
        axes = _axes(name, answer, len(full))
        lead = len(full) - len(shape)
        stretched = {i for i in range(len(full)) if i < lead or shape[i - lead] != full[i]}
        if axes == stretched:
            continue
        kept = set(range(len(full))) - stretched
        expect(
            axes != kept or name in ("x", "number"),
            f"{name}: you name the axes that it has. The sum goes over the others, those along "
            "which it was stretched",
        )
        expect(
            axes != {i for i, n in enumerate(shape) if n == 1} or not axes,
            f"{name} of shape {shape}: name axes of the result {full}. Shapes are aligned at the "
            f"right, so the first axis of {name} is axis {lead} there; new ones come before",
        )
        missing, extra = sorted(stretched - axes), sorted(axes - stretched)
        if extra:
            raise Hint(
                f"{name} of shape {shape}: it is as long as the result {full} along axis "
                f"{extra[0]}, so it has a gradient of its own for each place there; do not sum"
            )
        raise Hint(
            f"{name} of shape {shape}: along axis {missing[0]} the result {full} has "
            f"{full[missing[0]]} places, and {name} has one number for all of them; sum there too"
        )
    return "The sum goes over new axes, and over axes of length 1 that were stretched."


def _axes(name: str, answer: Any, ndim: int) -> set[int]:
    axes: Any = (answer,) if isinstance(answer, int | np.integer) else answer
    if isinstance(axes, range | np.ndarray):
        axes = tuple(axes)
    if not isinstance(axes, tuple | list | set | frozenset) or not all(
        isinstance(i, int | np.integer) for i in axes
    ):
        raise Hint(f"{name}: write the axes as a tuple of ints, such as (0,) or (); got {answer!r}")
    for i in axes:
        expect(-ndim <= i < ndim, f"{name}: the result has axes 0 to {ndim - 1}, and no axis {i}")
    found = {int(i) % ndim for i in axes}
    expect(len(found) == len(axes), f"{name}: an axis is there twice in {answer!r}")
    return found


@exercise
def check_sum_to(mine: Callable[..., Any]) -> str:
    """The transpose of broadcasting, in NumPy."""
    cases = [
        ((2, 3), (2, 3), "nothing was stretched, so nothing is to be summed"),
        ((2, 3), (3,), "a new axis came in front: sum over it, and it is gone"),
        ((2, 3), (2, 1), "an axis of length 1 was stretched: sum over it, and keep it as 1"),
        ((5, 2, 3), (3,), "two new axes came in front: sum over both"),
        ((5, 2, 3), (2, 1), "one axis is new, and another was stretched from 1"),
        ((2, 3), (), "a single number is used everywhere: sum over all axes"),
        ((4, 1), (4, 1), "an axis of length 1 that stayed 1 is not to be removed"),
        ((3, 3), (3, 1), "lengths alone do not tell which axis was stretched: align at the right"),
    ]  # fmt: skip
    rng = np.random.default_rng(0)
    for full, shape, hint in cases:
        g = rng.integers(-9, 10, full).astype(float)
        said = f"From shape {full} to {shape}, {hint}"
        found = answer_to_numpy(_called(mine, g, shape, before=said))
        wanted = np.asarray(sum_to(g, shape))
        if found.shape == shape and full != shape:
            count = g.size / max(wanted.size, 1)
            expect(
                not np.allclose(found * count, wanted),
                f"{said}. Yours is the mean: every use adds its part, so take the sum",
            )
            first = g[tuple(0 if i < len(full) - len(shape) else slice(None)
                            for i in range(len(full)))]  # fmt: skip
            expect(
                not (first.shape == shape and np.array_equal(found, first)),
                f"{said}. Yours takes the first of them only",
            )
        near(found, wanted, said)
    return f"{len(cases)} pairs of shapes, as engine.sum_to."


@exercise
def check_matmul_backward(mine: Callable[..., Any]) -> str:
    """The gradients of both factors of a matrix product."""
    rng = np.random.default_rng(1)
    for m, n, p in ((2, 3, 4), (3, 3, 3), (1, 2, 1)):
        a, b, g = (rng.integers(-5, 6, s).astype(float) for s in ((m, n), (n, p), (m, p)))
        where = f"For shapes {a.shape} @ {b.shape}"
        answer = _called(mine, g, a, b, before=where, hint=(
            f"g has shape {g.shape}, a {a.shape} and b {b.shape}: which two fit together, one of "
            "them transposed, to give the shape of a? And of b?"
        ))  # fmt: skip
        expect(
            isinstance(answer, tuple | list) and len(answer) == 2,
            "Return two gradients, for a and for b: `return ga, gb`",
        )
        ga, gb = (answer_to_numpy(x) for x in answer)
        right_a, right_b = g @ b.T, a.T @ g
        expect(
            not (_same(ga, right_b) and _same(gb, right_a)) or m == n == p == 1,
            f"{where} both are right, in the wrong order: a's gradient comes first",
        )
        if m == n == p:
            expect(
                not (_same(ga, g @ b) or _same(gb, a @ g)),
                f"{where} all shapes fit, and yet the numbers are wrong: a transpose is missing. "
                "Expand one element",
            )
            expect(
                not (_same(ga, b.T @ g) or _same(gb, g @ a.T)),
                f"{where} all shapes fit, and yet the numbers are wrong: a matrix product has an "
                "order, and a stands to the left of b in y",
            )
        for name, found, right, without in (
            ("a", ga, right_a, b.T), ("b", gb, right_b, a.T)
        ):  # fmt: skip
            if not _same(found, right):
                expect(
                    not _same(found, without), f"{where} the upstream gradient g does not take part"
                )
            _judge(f"{where}, the gradient of {name}", found, right)
    return "For a matrix that is square, and for those that are not."


def _called(mine: Callable[..., Any], *given: Any, before: str, hint: str = "") -> Any:
    """What the learner's function makes of arrays, each of which has to stay as it is.

    Args:
        before: begins what is said, if it raises a ValueError, as for shapes that do not fit.
        hint: ends it.

    Raises:
        Hint: it raised one, or has changed an array.
    """
    kept = [np.array(x) for x in given]
    try:
        answer = mine(*given)
    except ValueError as error:
        what = str(error).partition(", with gufunc")[0].rstrip(" .")
        said = f"{before}: yours raised ValueError: {what}"
        if "broadcast together" in str(error):
            said += " (`*` goes number by number, a matrix product is `@`)"
        raise Hint(f"{said}. {hint}" if hint else said) from None
    for old, new in zip(kept, given, strict=True):
        expect(
            np.array_equal(old, new),
            f"An array that was given, of shape {old.shape}, is changed after your function: "
            "work on new ones",
        )
    return answer


def _judge(where: str, found: np.ndarray, right: np.ndarray) -> None:
    """Go on if an array is the right one.

    Raises:
        Hint: it is not; the hint says if it is so but for its sign or a factor.
    """
    if found.shape == right.shape and not _same(found, right) and right.any():
        ratio = float((found * right).sum() / (right * right).sum())
        if _same(found, ratio * right) and ratio:
            apart = "its sign" if np.isclose(ratio, -1) else f"a factor of {1 / ratio:.4g}"
            raise Hint(f"{where} is right up to {apart}")
    near(found, right, where)


def _same(x: np.ndarray, y: np.ndarray) -> bool:
    return x.shape == y.shape and np.allclose(x, y)


@exercise
def check_layer_backward(mine: Callable[..., Any]) -> str:
    """The gradients of y = tanh(x @ w + b) for any number of axes in front."""
    rng = np.random.default_rng(2)
    for lead in ((5,), (), (4, 5)):
        x, w, b = rng.normal(size=(*lead, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
        g = rng.normal(size=(*lead, 2))
        leaves = [Tensor(a, requires_grad=True) for a in (x, w, b)]
        tanh(leaves[0] @ leaves[1] + leaves[2]).backward(g)
        answer = _called(mine, g, x, w, b, before=f"For x of shape {x.shape}", hint=(
            f"g has shape {g.shape}, and w {w.shape}: which two fit together, one of them "
            "transposed, to give the shape of x? And of w?"
            if len(lead) == 1
            else "For a batch it works: make x and the gradient into matrices first, with "
            "reshape(-1, …), one row for each example"
        ))  # fmt: skip
        expect(
            isinstance(answer, tuple | list) and len(answer) == 3,
            "Return three gradients: `return gx, gw, gb`",
        )
        got = [answer_to_numpy(part) for part in answer]
        _judge_layer(got, [leaf.grad for leaf in leaves], x, w, b, g)
    return "For one example, a batch, and a batch of sequences."


def _judge_layer(got: list[Any], wanted: list[Any], x: Any, w: Any, b: Any, g: Any) -> None:
    where = f"For x of shape {x.shape}"
    _, gw, gb = got
    y = np.tanh(x @ w + b)
    for factor, mistake in (
        (np.ones_like(y), "On the way back through tanh, g is multiplied by 1 − y²"),
        (y, "On the way back through tanh, g is multiplied by 1 − y², and yours by y"),
        (1 - y, "On the way back through tanh, g is multiplied by 1 − y², and yours by 1 − y"),
        (1 - np.tanh(x @ w) ** 2, "The y in 1 − y² is tanh(x @ w + b), and in yours b is missing"),
        (1 - (x @ w + b) ** 2, "The y in 1 − y² is what comes out of tanh, not what goes in"),
    ):
        inner = g * factor
        rows, given = inner.reshape(-1, w.shape[1]), x.reshape(-1, w.shape[0])
        instead = inner @ w.T, given.T @ rows, rows.sum(axis=0)
        for name, found, other in zip(("gx", "gw", "gb"), got, instead, strict=True):
            expect(not _same(found, other), f"{where}, {name} is wrong. {mistake}")
    expect(
        gb.shape != g.shape or g.ndim == 1,
        f"{where}, gb has shape {gb.shape}: b was used once for each example, so its gradients "
        "are summed over all axes in front",
    )
    count = max(g.size // g.shape[-1], 1)
    for name, found, right in zip(("gx", "gw", "gb"), got, wanted, strict=True):
        expect(
            count == 1 or not _same(found * count, right),
            f"{where}, {name} is a mean over the examples: every example adds its part",
        )
    if x.ndim != 2 and gw.shape != w.shape:
        raise Hint(
            f"{where}, gw has shape {gw.shape}, and w has {w.shape}: make x and the gradient into "
            "matrices first, with reshape(-1, …), one row for each example"
        )
    for name, found, right in zip(("gx", "gw", "gb"), got, wanted, strict=True):
        _judge(f"{where}, {name}", found, right)
