"""What cross entropy and negative log likelihood share: logits as rows, targets, class weights."""

from __future__ import annotations

from typing import Any

import numpy as np

import engine
from engine import has_numbers, scatter_add, where

from ..buffers import as_it_is, without_gradient
from ..checked import check_of
from ..checks import as_array, dtype_of
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
) -> tuple[Any, Any]:
    """Class indices, checked, in one axis; and which of them count (None for all).

    Which count are their places; or, in a compiled function, a truth for each.
    """
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
    if not has_numbers(target):
        labels = _class_indices(target, classes, ignore_index).reshape(-1)
        return labels, labels != ignore_index
    labels = np.asarray(target).reshape(-1)
    if all_in_range(labels, classes) and not 0 <= ignore_index < classes:
        return labels, None
    _class_indices(target, classes, ignore_index)
    counts = labels != ignore_index
    return labels, None if counts.all() else np.flatnonzero(counts)


@check_of
def _class_indices(target: np.ndarray, classes: int, ignore_index: int) -> None:
    """target, checked: each number is a class, or ignored."""
    wrong = ((target < 0) | (target >= classes)) & (target != ignore_index)
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        place = f"target[{', '.join(map(str, index))}]" if index else "target"
        raise IndexError(
            f"{place} is {target[index]}, but input has {classes} classes (0 to {classes - 1})"
        )


def that_count(x: Any, kept: Any) -> Any:
    """Of rows (or labels) those that count; in a compiled function zeros for the others."""
    if kept is None or has_numbers(kept):
        return x if kept is None else x[kept]
    return where(kept.reshape((-1, *[1] * (x.ndim - 1))), x, 0)


def class_weights(weight: Any, rows: Any) -> Any:
    """One factor for each class, checked, in the rows' dtype; or None."""
    if weight is None:
        return None
    w = as_it_is("weight", as_array(weight), rows).astype(dtype_of(rows), copy=False)
    if w.shape != rows.shape[1:]:
        raise ValueError(
            f"weight must have one number for each of {rows.shape[1]} classes, got shape {w.shape}"
        )
    return w


def scaled(labels: Any, w: Any, kept: Any, reduction: str, dtype: Any) -> tuple[Any, Any]:
    """The factor of the loss of each target that counts, and of what is spread."""
    if not has_numbers(labels):
        scale = where(kept, 1.0 if w is None else w[labels], 0.0).astype(dtype)
        if reduction != "mean":
            return scale, 1.0
        spread = _inverse(engine.sum(scale))
        return where(kept, scale * spread, 0.0), spread
    factors: Any = 1.0 if w is None else w[labels]
    if reduction != "mean":
        return factors, 1.0
    spread = _inverse(_divided_by(labels, w if w is None else factors))
    return factors * spread, spread


def _divided_by(labels: Any, factors: Any) -> Any:
    """What the mean over these targets, which count, is divided by; factors None if all are 1."""
    return float(len(labels)) if factors is None else factors.sum()


def weight_of_targets(target: Any, weight: Any, ignore_index: int) -> float:
    """What the mean over targets is divided by: of indices that count, or probabilities, all.

    Raises:
        IndexError: there is no class weight for an index.
        ValueError: probabilities of a single sample, which has no rows.
    """
    t = without_gradient(as_array(target))
    if t.dtype.kind == "f":
        if t.ndim < 2:
            raise ValueError(f"target of probabilities must have a row each, got shape {t.shape}")
        return float(t.size // t.shape[1])
    w = None if weight is None else np.asarray(without_gradient(weight))
    if w is not None:
        _class_indices(t, len(w), ignore_index)
    labels = t[t != ignore_index]
    return float(_divided_by(labels, None if w is None else w[labels]))


def _inverse(whole: Any) -> Any:
    """1 / whole, nan of 0."""
    if has_numbers(whole):
        return 1.0 / float(whole) if whole else np.nan
    return where(whole == 0, np.nan, 1 / where(whole == 0, 1.0, whole))


def finished(y: Any, kept: Any, shape: tuple[int, ...], count: int, reduction: str) -> Any:
    """The losses in their places, 0 where a target is ignored; or their sum or mean."""
    if not has_numbers(kept):
        if reduction == "none":
            return shaped(where(kept, y, 0.0), shape)
        return where(kept.any(), y, np.nan) if reduction == "mean" else y
    if reduction == "none":
        return shaped(y if kept is None else scatter_add(y, (count,), kept), shape)
    nothing = len(kept) == 0 if kept is not None else count == 0
    return y * np.nan if nothing and reduction == "mean" else y
