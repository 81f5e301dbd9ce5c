"""Losses as modules: `loss = CrossEntropyLoss(); loss(logits, labels).backward()`.

Each is the function of `nn.loss_functions` or `nn.cross_entropy` with its options set; formulas,
shapes and errors are described there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..checks import probability
from ..module import Module
from . import loss_functions as functions
from .cross_entropy import cross_entropy, nll_loss
from .loss_checks import check_reduction

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "HingeLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "NLLLoss",
    "SmoothL1Loss",
]


class Loss(Module):
    """Base of the losses: `reduction`, checked when the loss is made.

    Raises:
        ValueError: reduction is unknown.
    """

    def __init__(self, reduction: str = "mean") -> None:
        check_reduction(reduction)
        self.reduction = reduction

    def extra_repr(self) -> str:
        """The reduction."""
        return f"reduction={self.reduction!r}"


class MSELoss(Loss):
    """(input - target)², its mean, sum or none of both.

    >>> float(MSELoss()([1.0, 2.0], [0.0, 4.0]))
    2.5
    """

    def forward(self, input: Any, target: Any) -> Any:
        """`mse_loss`."""
        return functions.mse_loss(input, target, self.reduction)


class L1Loss(Loss):
    """|input - target|; derivative 0 where they are equal."""

    def forward(self, input: Any, target: Any) -> Any:
        """`l1_loss`."""
        return functions.l1_loss(input, target, self.reduction)


class HuberLoss(Loss):
    """d²/2 where |d| <= delta, else delta (|d| - delta/2), with d = input - target.

    Raises:
        ValueError: delta is not positive, or reduction is unknown.
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        if not delta > 0:
            raise ValueError(f"delta must be positive, got {delta}")
        self.delta = float(delta)

    def forward(self, input: Any, target: Any) -> Any:
        """`huber_loss`."""
        return functions.huber_loss(input, target, self.reduction, self.delta)


class SmoothL1Loss(Loss):
    """d²/(2 beta) where |d| < beta, else |d| - beta/2, with d = input - target.

    Raises:
        ValueError: beta is negative, or reduction is unknown.
    """

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        if not beta >= 0:
            raise ValueError(f"beta must not be negative, got {beta}")
        self.beta = float(beta)

    def forward(self, input: Any, target: Any) -> Any:
        """`smooth_l1_loss`."""
        return functions.smooth_l1_loss(input, target, self.reduction, self.beta)


class BCELoss(Loss):
    """Binary cross entropy of probabilities: -(t log p + (1 - t) log(1 - p)).

    Args:
        weight: rescales each loss; broadcasts to the input's shape.
    """

    def __init__(self, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)

    def forward(self, input: Any, target: Any) -> Any:
        """`binary_cross_entropy`."""
        return functions.binary_cross_entropy(input, target, self.weight, self.reduction)  # type: ignore[attr-defined]  # a buffer


class BCEWithLogitsLoss(Loss):
    """Binary cross entropy of sigmoid(input), stable for every logit.

    Args:
        weight: rescales each loss; broadcasts to the input's shape.
        pos_weight: multiplies the losses of positive targets; broadcasts likewise.

    >>> float(BCEWithLogitsLoss()([1000.0, -1000.0], [0.0, 0.0]))
    500.0
    """

    def __init__(self, weight: Any = None, reduction: str = "mean", pos_weight: Any = None) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        """`binary_cross_entropy_with_logits`."""
        return functions.binary_cross_entropy_with_logits(
            input, target, self.weight, self.reduction, self.pos_weight  # type: ignore[attr-defined]  # buffers
        )  # fmt: skip


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
            input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing  # type: ignore[attr-defined]  # a buffer
        )  # fmt: skip


class NLLLoss(Loss):
    """-input[target], input the logarithms of probabilities.

    Args:
        weight: one factor for each class, shape (classes,).
        ignore_index: a class index that counts for nothing.
    """

    def __init__(
        self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", _one_axis(weight))
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Any:
        """`nll_loss`."""
        return nll_loss(input, target, self.weight, self.ignore_index, self.reduction)  # type: ignore[attr-defined]  # a buffer


class KLDivLoss(Loss):
    """target (log target - input), input the logarithm of a probability.

    Args:
        reduction: also "batchmean", the sum divided by the batch's length.
        log_target: whether target is a logarithm too.
    """

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        check_reduction(reduction, "batchmean")
        self.reduction = reduction
        self.log_target = bool(log_target)

    def forward(self, input: Any, target: Any) -> Any:
        """`kl_div`."""
        return functions.kl_div(input, target, self.reduction, self.log_target)


class HingeLoss(Loss):
    """max(0, margin - target * input), with targets -1 and 1; derivative 0 at the margin.

    >>> float(HingeLoss()([0.5, 2.0], [1, 1]))
    0.25
    """

    def __init__(self, reduction: str = "mean", margin: float = 1.0) -> None:
        super().__init__(reduction)
        self.margin = float(margin)

    def forward(self, input: Any, target: Any) -> Any:
        """`hinge_loss`."""
        return functions.hinge_loss(input, target, self.reduction, self.margin)


def _one_axis(weight: Any) -> Any:
    if weight is not None and np.ndim(weight) != 1:
        raise ValueError(f"weight must have shape (classes,), got {np.shape(weight)}")
    return weight
