"""Cross entropy and negative log likelihood, of class indices or of probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

import engine
from engine import Value, has_numbers, log_softmax, where

from ..buffers import without_gradient
from ..checks import as_array, dtype_of, probability
from ..half import in_float32
from .class_targets import (
    check_ignored,
    class_weights,
    finished,
    labels_of,
    logits_of,
    rows_of,
    scaled,
    shaped,
    that_count,
    weight_of_targets,
)
from .loss import Loss, check_reduction, constant, is_variable, reduced
from .rows_cross_entropy import (
    in_precision,
    is_usual,
    picked,
    rows_cross_entropy,
)


@in_float32
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
    check_ignored(ignore_index)
    if weight is None and is_usual(input, target, ignore_index, reduction, label_smoothing):
        params = {"target": target, "scale": 1.0 / len(target), "total": True}
        return rows_cross_entropy.apply((input,), params)
    smoothing = probability("label_smoothing", label_smoothing)
    x = logits_of(input)
    rows, shape = rows_of(x)
    classes = rows.shape[1]
    w = class_weights(weight, rows)
    given = as_array(target)
    given = without_gradient(given) if isinstance(given, Value) or not is_variable(given) else given
    if given.dtype.kind in "fO" and given.shape == x.shape:  # probabilities
        q, _ = rows_of(constant(given, x, "target"))
        q = (1 - smoothing) * q + smoothing / classes if smoothing else q
        losses = _soft(rows, q if w is None else q * w)
        return shaped(losses, shape) if reduction == "none" else reduced(losses, reduction)
    labels, kept = labels_of(given, shape, classes, ignore_index, x)
    t, rows = that_count(labels, kept), that_count(rows, kept)
    scale, spread = scaled(t, w, kept, reduction, dtype_of(rows))
    total = reduction != "none"
    params = {"target": t, "scale": scale, "total": total}
    y = rows_cross_entropy.apply((rows,), params)
    if smoothing:
        even = np.full(rows.shape, 1.0 / classes, dtype_of(rows))
        soft = _soft(rows, even if w is None else even * w) * spread
        soft = soft if has_numbers(t) else where(kept, soft, 0.0)
        y = (1 - smoothing) * y + smoothing * (engine.sum(soft) if total else soft)
    return finished(y, kept, shape, len(labels), reduction)


def _soft(rows: Any, q: Any) -> Any:
    """-sum(q log softmax(row)) for each row."""
    return -engine.sum(log_softmax(rows, -1) * q, -1)


class CrossEntropyLoss(Loss):
    """-log softmax(input)[target], of class indices or of probabilities.

    Args:
        weight: one factor for each class, shape (classes,).
        ignore_index: a class index that counts for nothing.
        label_smoothing: this part of each target is spread evenly over all classes.

    Raises:
        ValueError: label_smoothing lies outside [0, 1], weight has not one axis, or reduction is
            unknown.

    >>> float(CrossEntropyLoss()([[1000.0, -1000.0]], [1]))
    2000.0
    """

    weight: Any

    def __init__(
        self,
        weight: Any = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", _one_axis(weight))
        self.ignore_index = ignore_index
        self.label_smoothing = probability("label_smoothing", label_smoothing)

    def forward(self, input: Any, target: Any) -> Any:
        """Logits (batch, classes, …) and targets (batch, …) or of input's shape."""
        return cross_entropy(
            input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing
        )  # fmt: skip

    def weight_of(self, target: Any) -> float:
        """What the mean over these targets is divided by."""
        return weight_of_targets(target, self.weight, self.ignore_index)


@in_float32
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
    check_ignored(ignore_index)
    x = logits_of(input)
    rows, shape = rows_of(x)
    labels, kept = labels_of(
        without_gradient(as_array(target)), shape, rows.shape[1], ignore_index, x
    )
    w = class_weights(weight, rows)
    t, rows = that_count(labels, kept), that_count(rows, kept)
    scale, _ = scaled(t, w, kept, reduction, dtype_of(rows))
    losses = -rows[picked(t)] * in_precision(scale, rows)
    y = engine.sum(losses) if reduction != "none" else losses
    return finished(y, kept, shape, len(labels), reduction)


class NLLLoss(Loss):
    """-input[target], input the logarithms of probabilities.

    Args:
        weight: one factor for each class, shape (classes,).
        ignore_index: a class index that counts for nothing.

    >>> float(NLLLoss()([[-0.5, -1.5]], [1]))
    1.5
    """

    weight: Any

    def __init__(
        self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", _one_axis(weight))
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Any:
        return nll_loss(input, target, self.weight, self.ignore_index, self.reduction)

    def weight_of(self, target: Any) -> float:
        """What the mean over these targets is divided by."""
        return weight_of_targets(target, self.weight, self.ignore_index)


def _one_axis(weight: Any) -> Any:
    if weight is not None and np.ndim(weight) != 1:
        raise ValueError(f"weight must have shape (classes,), got {np.shape(weight)}")
    return weight
