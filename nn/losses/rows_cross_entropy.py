"""The op behind `cross_entropy`, as one node, and all that is done for its speed.

The idea is in `_of_elements` and `_slope`: each row of logits costs logsumexp(row) - row[target],
and the derivative of that is softmax(row), less 1 at the target.

Three fast ways lead to the same numbers:
- `rows_cross_entropy` and `_slope_in_place` work on the transpose (see `_columns`), in one array;
- `all_in_range` finds a wrong label in one pass over the labels;
- `is_usual` recognizes the commonest call, so that `cross_entropy` can ask nothing else.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import engine
from engine import Tensor, exp, fused, has_numbers, log, softmax
from engine.arrays import add_reduce, largest_finite, maximum_reduce

FEW_CLASSES = 64


def picked(target: Any) -> tuple[Any, Any]:
    """The index that takes one element from each row."""
    return np.arange(len(target)), target


def in_precision(scale: Any, x: Any) -> Any:
    """Factors in the dtype of x."""
    return scale.astype(x.dtype, copy=False) if isinstance(scale, np.ndarray) else scale


def _of_elements(x: Any, target: Any, scale: Any, total: bool) -> Any:
    shifted = x - largest_finite(x, -1)
    losses = (log(engine.sum(exp(shifted), -1)) - shifted[picked(target)]) * scale
    return engine.sum(losses) if total else losses


def _slope(x: Any, target: Any, factor: Any) -> Any:
    """(softmax(row) - one_hot(target)) times its factor, for each row."""
    one_hot = target.reshape((-1, 1)) == np.arange(x.shape[1])
    return (softmax(x, -1) - one_hot) * (factor.reshape((-1, 1)) if factor.ndim else factor)


def _vjp(g: Any, y: Any, x: Any, target: Any, scale: Any, total: bool) -> Any:
    factor = g * in_precision(scale, x)
    plain = type(x) is np.ndarray and not isinstance(factor, Tensor)
    return (_slope_in_place if plain else _slope)(x, target, factor)


def _by_name(x: Any, target: Any, scale: Any, total: bool) -> Any:
    """`rows_cross_entropy` in the steps that softmax takes too, which backward finds done."""
    e = x - maximum_reduce(x, (1,), None, None, True, initial=-np.inf)
    sums = add_reduce(np.exp(e), (1,), None, None, True)
    losses = (np.log(sums).reshape(-1) - e[picked(target)]) * in_precision(scale, x)
    return add_reduce(losses) if total else losses


# --- the fast ways ---


def _columns(x: np.ndarray) -> np.ndarray:
    """The transpose of x; of few classes a copy.

    NumPy takes up to six times as long over many short rows as over a few long ones.
    """
    return x.T.copy() if x.shape[1] <= FEW_CLASSES else x.T


@fused(_vjp, name="cross_entropy", elements=_of_elements, symbol="CE")
def rows_cross_entropy(x: Any, target: Any = None, scale: Any = 1.0, total: bool = False) -> Any:
    """scale (logsumexp(row) - row[target]), for each row of x (n, classes); added up if `total`."""
    if not (has_numbers(x) and has_numbers(target)):
        return _by_name(x, target, scale, total)
    shifted = _columns(x)
    with np.errstate(invalid="ignore", divide="ignore"):  # rows of inf and -inf: nan, as they are
        shifted = shifted - maximum_reduce(shifted, 0)
        losses = np.log(add_reduce(np.exp(shifted), 0)) - shifted[picked(target)[::-1]]
        losses = losses * in_precision(scale, x)
    return add_reduce(losses) if total else losses


def _slope_in_place(x: np.ndarray, target: Any, factor: Any) -> np.ndarray:
    """`_slope` of arrays."""
    columns = _columns(x)
    slope = columns - maximum_reduce(columns, 0)
    np.exp(slope, out=slope)
    slope /= add_reduce(slope, 0)
    slope[picked(target)[::-1]] -= 1
    slope *= factor
    return slope.T


def all_in_range(labels: np.ndarray, classes: int) -> bool:
    """Whether all are 0 to classes - 1; in one pass, as negative ones are huge when unsigned."""
    if labels.dtype != np.int64 or not labels.size:
        return False
    return bool(maximum_reduce(labels.view(np.uint64), None) < classes)


def is_usual(x: Any, target: Any, ignore_index: int, reduction: str, smoothing: float) -> bool:
    """Whether this is the mean over a Tensor's rows, with an int64 for each and none ignored.

    On a small network the questions that are asked otherwise take as long as a layer.
    """
    return (
        type(x) is Tensor
        and type(target) is np.ndarray
        and reduction == "mean"
        and type(smoothing) is float
        and smoothing == 0
        and x.ndim == 2
        and x.dtype.kind == "f"
        and target.shape == x.shape[:1]
        and all_in_range(target, x.shape[1])
        and not 0 <= ignore_index < x.shape[1]
    )
