"""What cross entropy and negative log likelihood share: logits as rows, targets, class weights."""

from __future__ import annotations

from typing import Any

import numpy as np

import engine
from engine import scatter_add

from ..checks import dtype_of, plain
from .loss import floats
from .rows_cross_entropy import all_in_range


def logits_of(input: Any) -> Any:
    """The logits, checked to have an axis of classes."""
    x = floats(input, "input")
    if x.ndim == 0:
        raise ValueError("input must have an axis of classes, got a single number")
    if x.shape[min(x.ndim - 1, 1)] == 0:
        raise ValueError(f"input must have at least one class, got shape {x.shape}")
    return x


def rows_of(x: Any) -> tuple[Any, tuple[int, ...]]:
    """x as rows of classes (n, classes), and the shape of their losses."""
    if x.ndim == 2:
        return x, x.shape[:1]
    if x.ndim == 1:
        return x.reshape((1, -1)), ()
    classes = x.shape[1]
    return engine.moveaxis(x, 1, -1).reshape((-1, classes)), (x.shape[0], *x.shape[2:])


_INTEGERS = (int, np.integer)


def check_ignored(ignore_index: Any) -> None:
    """Refuse what is no class index, as a positional `size_average` of PyTorch's would be."""
    if isinstance(ignore_index, bool) or not isinstance(ignore_index, _INTEGERS):
        raise TypeError(
            f"ignore_index must be an int, got {ignore_index!r:.60}; after weight, name the "
            "arguments: PyTorch has size_average in the fourth place"
        )


def shaped(losses: Any, shape: tuple[int, ...]) -> Any:
    """The losses of rows in the shape that `rows_of` told."""
    return losses if losses.shape == shape else losses.reshape(shape)


def labels_of(
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
    in_range = all_in_range(labels, classes)
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


def class_weights(weight: Any, rows: Any) -> Any:
    """One factor for each class, checked, in the rows' dtype; or None."""
    if weight is None:
        return None
    w = np.asarray(plain("weight", weight), dtype=dtype_of(rows))
    if w.shape != rows.shape[1:]:
        raise ValueError(
            f"weight must have one number for each of {rows.shape[1]} classes, got shape {w.shape}"
        )
    return w


def scaled_labels(labels: np.ndarray, w: Any, reduction: str) -> tuple[np.ndarray, Any, float]:
    """The targets that count, the factor of each one's loss, and of what is spread."""
    scale: Any = 1.0 if w is None else w[labels]
    if reduction != "mean":
        return labels, scale, 1.0
    whole = float(len(labels) if w is None else scale.sum())
    spread = 1.0 / whole if whole else np.nan
    return labels, scale * spread, spread


def finished(y: Any, kept: Any, shape: tuple[int, ...], count: int, reduction: str) -> Any:
    """The losses in their places, 0 where a target is ignored; or their sum or mean."""
    if reduction == "none":
        return shaped(y if kept is None else scatter_add(y, (count,), kept), shape)
    nothing = len(kept) == 0 if kept is not None else count == 0
    return y * np.nan if nothing and reduction == "mean" else y
