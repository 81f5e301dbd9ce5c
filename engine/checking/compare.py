"""`compare`: one function on both tiers in lockstep, and on finite differences."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..arrays import sum as sum_of
from ..core import Op
from ..differentiating import differentiating
from ..graph import toposort
from ..looking import box
from ..node import NODES, NodeArray, to_numpy
from ..recording import enable_grad, no_grad
from ..signatures import input_names
from ..tensors import Tensor
from ..values import Value
from .comparison import Comparison
from .finite import NEAR_KINK, check_deterministic, distance_to_kink, slope
from .lockstep import (
    FINITE_RTOL,
    contradiction,
    differences,
    gradient_of,
    gradient_sizes,
    largest,
)
from .rows import Finite, Row


def compare(
    f: Callable[..., Any],
    *inputs: Any,
    names: Sequence[str] | None = None,
    samples: int = 200,
    seed: int = 0,
) -> Comparison:
    """Run f on Tensors, on Values and on finite differences, and say where they part.

    Numbers become a Value on one tier and a 0-d Tensor on the other; arrays and lists a
    `ValueArray` and a Tensor, in float64.  f must be written with operators and with functions or
    methods both have.  Where f returns several numbers, gradients are those of their sum.

    The tiers agree if their gradients differ by at most 1e-12, relative to the largest of that
    input or (where terms cancel) to their terms, and if every op, given the same inputs, gives
    values within its stated bound in units in the last place (ulp).  Finite differences agree if
    they differ by at most 1e-5, or by ten times their own error.

    Args:
        inputs: real numbers and arrays of them, also in nodes; each is differentiated.
        names: one for each input; default the names of f's parameters.
        samples: of each input, how many elements finite differences check.
        seed: chooses which.

    Raises:
        TypeError: an input is not numeric, or f is no function, or returns no node.
        ValueError: names do not match the inputs, samples is negative, or f is not deterministic
            (dropout, say).
        RuntimeError: f runs on Tensors but fails on Values; the cause is attached.

    >>> result = compare(lambda a, b: a * b + a, 2.0, -3.0)
    >>> result.ok, result.rows[1].name, result.rows[1].tensor.item()
    (True, 'a', -2.0)
    """
    if not callable(f):
        raise TypeError(f"f must be a function, got {type(f).__name__}")
    if not inputs:
        raise TypeError("compare() needs at least one input for f")
    if samples < 0:
        raise ValueError(f"samples must be at least 0, got {samples}")
    arrays = [checked_array(x, i) for i, x in enumerate(inputs)]
    labels = names_of_inputs(f, len(arrays), names)
    with enable_grad(), np.errstate(all="ignore"):
        tensors = [
            Tensor(x, requires_grad=True, label=n) for x, n in zip(arrays, labels, strict=True)
        ]
        with differentiating(tensors):
            y = _on_tensors(f(*tensors))
        root = y if y.ndim == 0 else sum_of(y)
        gradients = root.gradients(tensors)
        value, on_values = _on_values(f, arrays, labels, y)
        order = toposort(root)
        rng = np.random.default_rng(seed)
        sizes = gradient_sizes(order)
        kinked = distance_to_kink(order) < NEAR_KINK
        rows = [Row("value", y.shape, value, np.asarray(y.data, dtype=np.float64), None)]
        for k, (name, x) in enumerate(zip(labels, arrays, strict=True)):
            g = np.zeros(x.shape) if gradients[k] is None else np.asarray(gradients[k])
            finite = _finite(f, arrays, k, g, min(samples, x.size), rng, kinked)
            size = largest(sizes.get(tensors[k], np.zeros(())))
            rows.append(Row(name, x.shape, on_values[k], g, finite, size))
        found = differences(order)
        wrong = None if all(row.finite_agrees for row in rows) else contradiction(order)
    result = Comparison(
        title=_title(f, labels, arrays),
        rows=tuple(rows),
        first_difference=found[0] if found else None,
        first_fault=next((d for d in found if not d.within), None),
        contradiction=wrong,
        differentiable=y.requires_grad,
    )
    if not (result.ok and rows[0].ok):  # neither tier is to blame for what differs by chance
        with no_grad(), np.errstate(all="ignore"):
            check_deterministic(lambda: f(*map(Tensor, arrays)).data)
    return result


def checked_array(x: Any, i: int) -> np.ndarray:
    """An input as an array of float64."""
    try:
        array = to_numpy(x) if isinstance(x, NODES) else np.asarray(x)
    except ValueError:  # lists of different lengths
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"input {i} must be a real number or an array of them, got {x!r:.60}")
    return np.array(array, dtype=np.float64)


def names_of_inputs(f: Any, count: int, names: Sequence[str] | None) -> list[str]:
    """What the inputs are called: as given, else as f's parameters, else x0, x1, …

    Raises:
        ValueError: names has another length.
    """
    if names is not None:
        if len(names) != count:
            raise ValueError(f"names must have {count} entries, got {list(names)}")
        return list(names)
    if isinstance(f, Op) and not f.variadic:
        return [*input_names(f), *(f"x{i}" for i in range(f.n_inputs, count))][:count]
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):  # a callable without a signature
        parameters = []
    plain = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [plain[i] if i < len(plain) else f"x{i}" for i in range(count)]


def _title(f: Any, labels: list[str], arrays: list[np.ndarray]) -> str:
    name = getattr(f, "__name__", type(f).__name__).replace("<lambda>", "f")
    given = [
        f"{label}: {'×'.join(map(str, x.shape))}" if x.ndim else f"{label} = {x:.6g}"
        for label, x in zip(labels, arrays, strict=True)
    ]
    return f"{name}({', '.join(given)})"


# --- the two tiers ---


def _on_tensors(y: Any) -> Tensor:
    if not isinstance(y, Tensor):
        raise TypeError(
            f"f must return a Tensor when it is given Tensors, got {type(y).__name__}: "
            "return one result, and keep out .data, .item() and float(), "
            "which take numbers out of the graph"
        )
    return y


def _on_values(
    f: Any, arrays: list[np.ndarray], labels: list[str], like: Tensor
) -> tuple[np.ndarray, list[np.ndarray]]:
    """f's value and gradients on the scalar tier, as arrays."""
    boxes = [box(x, n) for x, n in zip(arrays, labels, strict=True)]
    leaves = [x for boxed in boxes for x in np.asarray(boxed).flat]
    try:
        with differentiating(leaves):
            y = f(*boxes)
    except Exception as error:
        raise RuntimeError(
            "f runs on Tensors but fails on Values (Tensors that it holds itself, such as a "
            f"layer's weights, have to be inputs): {type(error).__name__}: {error}"
        ) from error
    constant = not like.requires_grad or not any(x.size for x in arrays)
    if not isinstance(y, Value | NodeArray) and not constant:
        raise TypeError(
            "f must return a Value or an array of Values when it is given those, as it returns a "
            f"Tensor when it is given Tensors; got {type(y).__name__}"
        )
    value = np.asarray(to_numpy(y), dtype=np.float64)
    if value.shape != like.shape:
        raise ValueError(
            f"f gives shape {like.shape} on Tensors, but {value.shape} on Values: it does not "
            "compute the same on both tiers"
        )
    root = sum_of(y) if np.ndim(y) else y
    return value, [gradient_of(root, boxed) for boxed in boxes]


# --- finite differences ---


def _finite(
    f: Any, arrays: list[np.ndarray], k: int, g: np.ndarray, samples: int, rng: Any, kinked: bool
) -> Finite:
    """Finite differences for input k; a corner counts as a kink if an op of f has one near.

    Where some of f stays inf or nan, they know less than the gradient g, and cannot contradict it.
    """
    x = arrays[k].reshape(-1)
    atol = FINITE_RTOL * largest(g)
    slopes, errors = np.full(x.size, np.nan), np.full(x.size, np.inf)
    sampled, corners = np.zeros(x.size, dtype=bool), np.zeros(x.size, dtype=bool)
    for i in rng.choice(x.size, samples, replace=False) if samples < x.size else range(x.size):

        def at(number: float, i: Any = i) -> Any:
            moved = x.copy()
            moved[i] = number
            with no_grad():
                given = [moved.reshape(a.shape) if j == k else a for j, a in enumerate(arrays)]
                return f(*map(Tensor, given)).data

        found = slope(at, float(x[i]))
        sampled[i] = True
        if found.whole or not found.contradicts(float(g.flat[i]), 0.0, atol):
            slopes[i], errors[i], corners[i] = found.value, found.error, found.corner
    shape = arrays[k].shape
    return Finite(
        slopes.reshape(shape), errors.reshape(shape), sampled.reshape(shape),
        (corners & kinked).reshape(shape),
    )  # fmt: skip
