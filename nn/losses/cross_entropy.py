"""Cross entropy and negative log likelihood, of class indices or of probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

import engine
from engine import Tensor, Value, fused, log_softmax, logsumexp, scatter_add, softmax
from engine.arrays import add_reduce, maximum_reduce

from ..checks import probability
from .loss_checks import check_reduction, constant, floats, reduced

__all__ = ["cross_entropy", "nll_loss"]


FEW_CLASSES = 64


def _pick(target: Any) -> tuple[Any, Any]:
    """The index that takes one element from each row."""
    return np.arange(len(target)), target


def _columns(x: np.ndarray) -> np.ndarray:
    """The transpose of x; of few classes a copy.

    NumPy takes up to six times as long over many short rows as over a few long ones.
    """
    return x.T.copy() if x.shape[1] <= FEW_CLASSES else x.T


def _vjp(g: Any, y: Any, x: Any, target: Any, scale: Any, total: bool) -> Any:
    """Softmax less the one-hot target, row by row times g and scale."""
    factor = g * _in_precision(scale, x)
    if type(x) is np.ndarray and not isinstance(factor, Tensor):  # the same, in place
        slope = _columns(x)
        slope = slope - maximum_reduce(slope, 0)
        np.exp(slope, out=slope)
        slope /= add_reduce(slope, 0)
        slope[_pick(target)[::-1]] -= 1
        slope *= factor
        return slope.T
    if factor.ndim:
        factor = factor.reshape((-1, 1))
    one_hot = np.zeros(x.shape, x.dtype)
    one_hot[_pick(target)] = 1
    return (softmax(x, -1) - one_hot) * factor


def _in_precision(scale: Any, x: Any) -> Any:
    return scale.astype(x.dtype, copy=False) if isinstance(scale, np.ndarray) else scale


def _spelled(x: Any, target: Any, scale: Any, total: bool) -> Any:
    losses = (logsumexp(x, -1) - x[_pick(target)]) * scale
    return engine.sum(losses) if total else losses


@fused(_vjp, name="cross_entropy", elements=_spelled, symbol="CE")
def rows_cross_entropy(x: Any, target: Any = None, scale: Any = 1.0, total: bool = False) -> Any:
    """scale (logsumexp(row) - row[target]), for each row of x (n, classes); added up if `total`."""
    shifted = _columns(x)
    with np.errstate(invalid="ignore", divide="ignore"):  # rows of inf and -inf: nan, as they are
        shifted = shifted - maximum_reduce(shifted, 0)
        losses = np.log(add_reduce(np.exp(shifted), 0)) - shifted[_pick(target)[::-1]]
        losses = losses * _in_precision(scale, x)
    return add_reduce(losses) if total else losses


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """-log softmax(input)[target]: how unlikely the logits make the right class.

    Args:
        input: logits of shape (batch, classes), (batch, classes, d1, …) or (classes,).
        target: class indices, integers of input's shape without the class axis; or
            probabilities of each class, of input's shape.
        weight: one factor for each class, shape (classes,).
        ignore_index: a target that counts for nothing (of class indices).
        reduction: "mean" divides by the sum of the targets' weights (of class indices), or by
            the number of targets (of probabilities); "sum"; "none".
        label_smoothing: this part of each target is spread evenly over all classes.

    Returns:
        One number, or for "none" the losses, of input's shape without the class axis.  The mean
        of no targets at all is nan, and its gradient 0.

    Raises:
        IndexError: a class index is out of range.
        TypeError: target holds neither integers nor probabilities of input's shape.
        ValueError: a shape does not fit, label_smoothing lies outside [0, 1], or reduction is
            unknown.

    >>> round(float(cross_entropy([[1.0, 2.0, 3.0]], [2])), 6)
    0.407606
    >>> float(cross_entropy([[1000.0, -1000.0]], [1]))
    2000.0
    """
    check_reduction(reduction)
    if weight is None and _is_usual(input, target, ignore_index, reduction, label_smoothing):
        params = {"target": target, "scale": 1.0 / len(target), "total": True}
        return rows_cross_entropy.apply((input,), params)
    smoothing = probability("label_smoothing", label_smoothing)
    x = _logits(input)
    rows, shape = _rows(x)
    classes = rows.shape[1]
    w = _class_weights(weight, rows)
    given = _floats_or_labels(target)
    if _is_probabilities(given, x):
        q, _ = _rows(constant(given, x, "target"))
        q = (1 - smoothing) * q + smoothing / classes if smoothing else q
        losses = _soft(rows, q if w is None else q * w)
        return _shaped(losses, shape) if reduction == "none" else reduced(losses, reduction)
    labels, kept = _labels(given, shape, classes, ignore_index, x)
    t, scale, spread = _scales(labels if kept is None else labels[kept], w, reduction)
    rows = rows if kept is None else rows[kept]
    total = reduction != "none"
    y = rows_cross_entropy(rows, t, scale, total)
    if smoothing:
        even = np.full(rows.shape, 1.0 / classes, _dtype(rows))
        soft = _soft(rows, even if w is None else even * w) * spread
        y = (1 - smoothing) * y + smoothing * (engine.sum(soft) if total else soft)
    return _finished(y, kept, shape, len(labels), reduction)


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Any:
    """-input[target], input the logarithms of probabilities, as `log_softmax` gives them.

    Arguments, shapes and errors are those of `cross_entropy`, with class indices only.

    >>> float(nll_loss([[-0.5, -1.5]], [1]))
    1.5
    """
    check_reduction(reduction)
    x = _logits(input)
    rows, shape = _rows(x)
    given = np.asarray(target)
    labels, kept = _labels(given, shape, rows.shape[1], ignore_index, x)
    w = _class_weights(weight, rows)
    t, scale, _ = _scales(labels if kept is None else labels[kept], w, reduction)
    rows = rows if kept is None else rows[kept]
    losses = -rows[_pick(t)] * _in_precision(scale, rows)
    y = engine.sum(losses) if reduction != "none" else losses
    return _finished(y, kept, shape, len(labels), reduction)


# --- shapes ---


def _logits(input: Any) -> Any:
    x = floats(input, "input")
    if isinstance(x, Value) or x.ndim == 0:
        raise ValueError("input must have an axis of classes, got a single number")
    if x.shape[min(x.ndim - 1, 1)] == 0:
        raise ValueError(f"input must have at least one class, got shape {x.shape}")
    return x


def _is_usual(x: Any, target: Any, ignore_index: int, reduction: str, smoothing: float) -> bool:
    """Whether this is the mean over a Tensor's rows, with an int64 for each and none ignored.

    Then a short way leads to the same: on a small network the questions that are asked otherwise
    take as long as a layer.
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
        and _all_in_range(target, x.shape[1])
        and not 0 <= ignore_index < x.shape[1]
    )


def _rows(x: Any) -> tuple[Any, tuple[int, ...]]:
    """x as rows of classes (n, classes), and the shape of their losses."""
    if x.ndim == 2:
        return x, x.shape[:1]
    if x.ndim == 1:
        return x.reshape((1, -1)), ()
    classes = x.shape[1]
    return engine.moveaxis(x, 1, -1).reshape((-1, classes)), (x.shape[0], *x.shape[2:])


def _shaped(losses: Any, shape: tuple[int, ...]) -> Any:
    return losses if losses.shape == shape else losses.reshape(shape)


def _dtype(x: Any) -> Any:
    return np.float64 if x.dtype == object else x.dtype


# --- targets ---


def _floats_or_labels(target: Any) -> Any:
    """A target of either kind: nodes as they are, anything else as an array."""
    if isinstance(target, engine.Tensor) and target.requires_grad:
        return target
    return target if isinstance(target, engine.ValueArray) else np.asarray(target)


def _is_probabilities(target: Any, x: Any) -> bool:
    return target.dtype.kind in "fO" and target.shape == x.shape


def _labels(
    target: Any, shape: tuple[int, ...], classes: int, ignore_index: int, x: Any
) -> tuple[np.ndarray, Any]:
    """Class indices, checked, in one axis; and which of them count (None for all)."""
    if target.size == 0 and target.shape == shape:
        target = target.astype(np.intp)
    if target.dtype.kind not in "iu":
        raise TypeError(
            f"target must hold class indices (integers of shape {shape}) or, in cross_entropy(), "
            f"probabilities (floats of shape {x.shape}); got {target.dtype} of shape {target.shape}"
        )
    if target.shape != shape:
        raise ValueError(
            f"target of class indices must have shape {shape} for input of shape {x.shape}, "
            f"got {target.shape}"
        )
    labels = np.asarray(target).reshape(-1)
    in_range = _all_in_range(labels, classes)
    if in_range and not 0 <= ignore_index < classes:
        return labels, None
    wrong = ((target < 0) | (target >= classes)) & (target != ignore_index)
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        place = f"target[{', '.join(map(str, index))}]" if index else "target"
        raise IndexError(
            f"{place} is {target[index]}, but input has {classes} classes (0 to {classes - 1})"
        )
    counts = labels != ignore_index
    return labels, None if counts.all() else np.flatnonzero(counts)


def _all_in_range(labels: np.ndarray, classes: int) -> bool:
    """Whether all are 0 to classes - 1; in one pass, as negative ones are huge when unsigned."""
    if labels.dtype != np.int64 or not labels.size:
        return False
    return bool(maximum_reduce(labels.view(np.uint64), None) < classes)


def _class_weights(weight: Any, rows: Any) -> Any:
    if weight is None:
        return None
    w = np.asarray(weight, dtype=_dtype(rows))
    if w.shape != rows.shape[1:]:
        raise ValueError(
            f"weight must have one number for each of {rows.shape[1]} classes, got shape {w.shape}"
        )
    return w


def _scales(labels: np.ndarray, w: Any, reduction: str) -> tuple[np.ndarray, Any, float]:
    """The targets that count, the factor of each one's loss, and of what is spread."""
    scale: Any = 1.0 if w is None else w[labels]
    if reduction != "mean":
        return labels, scale, 1.0
    whole = float(len(labels) if w is None else scale.sum())
    spread = 1.0 / whole if whole else np.nan
    return labels, scale * spread, spread


def _finished(y: Any, kept: Any, shape: tuple[int, ...], count: int, reduction: str) -> Any:
    """The losses in their places, 0 where a target is ignored; or their sum or mean."""
    if reduction == "none":
        return _shaped(y if kept is None else scatter_add(y, (count,), kept), shape)
    nothing = len(kept) == 0 if kept is not None else count == 0
    return y * np.nan if nothing and reduction == "mean" else y


def _soft(rows: Any, q: Any) -> Any:
    """-sum(q log softmax(row)) for each row."""
    return -engine.sum(log_softmax(rows, -1) * q, -1)
