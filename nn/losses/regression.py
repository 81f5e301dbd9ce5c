"""Losses of numbers to be met: squares, absolute values, and both (Huber, smooth L1).

Every loss takes `reduction`: "mean" (default) over all elements, "sum", or "none" for the losses
themselves; and Tensors, arrays of Values or plain arrays.  Gradients flow to the target too,
where it asks for one.
"""

from __future__ import annotations

from typing import Any

from engine import abs, clip, square

from ..half import in_float32
from .loss import Loss, check_reduction, pair, reduced


@in_float32
def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """(input - target)².

    Raises:
        ValueError: the shapes differ, or reduction is unknown.

    >>> float(mse_loss([1.0, 2.0], [0.0, 4.0]))
    2.5
    """
    check_reduction(reduction)
    x, t = pair(input, target, "mse_loss()")
    return reduced(square(x - t), reduction)


class MSELoss(Loss):
    """(input - target)², its mean, sum or none of both.

    >>> float(MSELoss()([1.0, 2.0], [0.0, 4.0]))
    2.5
    """

    def forward(self, input: Any, target: Any) -> Any:
        return mse_loss(input, target, self.reduction)


@in_float32
def l1_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """|input - target|; derivative 0 where they are equal.

    Raises:
        ValueError: the shapes differ, or reduction is unknown.

    >>> float(l1_loss([1.0, 2.0], [0.0, 4.0]))
    1.5
    """
    check_reduction(reduction)
    x, t = pair(input, target, "l1_loss()")
    return reduced(abs(x - t), reduction)


class L1Loss(Loss):
    """|input - target|; derivative 0 where they are equal.

    >>> float(L1Loss()([1.0, 2.0], [0.0, 4.0]))
    1.5
    """

    def forward(self, input: Any, target: Any) -> Any:
        return l1_loss(input, target, self.reduction)


def _huber(d: Any, delta: float, unit: float = 1.0) -> Any:
    """d²/2 up to ±delta, straight beyond, over unit: c/unit (d - c/2), c = d cut to ±delta.

    Written so, no branch holds a d² that could overflow where it is not taken, and the second
    derivative at 0 is that of d²/2 (|d| would have none).
    """
    c = clip(d, -delta, delta)
    return (c if unit == 1 else c / unit) * (d - 0.5 * c)


@in_float32
def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """d²/2 where |d| <= delta, else delta (|d| - delta/2), with d = input - target.

    Raises:
        ValueError: the shapes differ, delta is not positive, or reduction is unknown.

    >>> huber_loss([0.5, 3.0], [0.0, 0.0], reduction="none").tolist()
    [0.125, 2.5]
    """
    check_reduction(reduction)
    if not delta > 0:
        raise ValueError(f"delta must be positive, got {delta}")
    x, t = pair(input, target, "huber_loss()")
    return reduced(_huber(x - t, float(delta)), reduction)


class HuberLoss(Loss):
    """d²/2 where |d| <= delta, else delta (|d| - delta/2), with d = input - target.

    Raises:
        ValueError: delta is not positive, or reduction is unknown.

    >>> HuberLoss(reduction="none")([0.5, 3.0], [0.0, 0.0]).tolist()
    [0.125, 2.5]
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        if not delta > 0:
            raise ValueError(f"delta must be positive, got {delta}")
        self.delta = float(delta)

    def forward(self, input: Any, target: Any) -> Any:
        return huber_loss(input, target, self.reduction, self.delta)


@in_float32
def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Any:
    """d²/(2 beta) where |d| < beta, else |d| - beta/2, with d = input - target: Huber / beta.

    Raises:
        ValueError: the shapes differ, beta is negative, or reduction is unknown.

    >>> smooth_l1_loss([0.5, 3.0], [0.0, 0.0], reduction="none", beta=2.0).tolist()
    [0.0625, 2.0]
    """
    check_reduction(reduction)
    if not beta >= 0:
        raise ValueError(f"beta must not be negative, got {beta}")
    if beta == 0:
        return l1_loss(input, target, reduction)
    x, t = pair(input, target, "smooth_l1_loss()")
    return reduced(_huber(x - t, float(beta), float(beta)), reduction)


class SmoothL1Loss(Loss):
    """d²/(2 beta) where |d| < beta, else |d| - beta/2, with d = input - target.

    Raises:
        ValueError: beta is negative, or reduction is unknown.

    >>> SmoothL1Loss(reduction="none", beta=2.0)([0.5, 3.0], [0.0, 0.0]).tolist()
    [0.0625, 2.0]
    """

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        if not beta >= 0:
            raise ValueError(f"beta must not be negative, got {beta}")
        self.beta = float(beta)

    def forward(self, input: Any, target: Any) -> Any:
        return smooth_l1_loss(input, target, self.reduction, self.beta)
