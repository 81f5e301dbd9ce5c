"""The Kullback-Leibler divergence: how far one distribution is from another."""

from __future__ import annotations

from typing import Any

import numpy as np

import engine
from engine import exp, xlogy

from ..half import in_float32
from .loss import Loss, check_reduction, pair, reduced


@in_float32
def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """target (log target - input), input the logarithm of a probability; 0 where target is 0.

    Args:
        reduction: also "batchmean", the sum divided by the length of the first axis, which is
            the divergence of a batch as it is defined.
        log_target: whether target is a logarithm too.

    Raises:
        ValueError: the shapes differ, reduction is unknown, or is "batchmean" for a single
            number.

    >>> round(float(kl_div([[-1.0, -0.5]], [[0.0, 1.0]], reduction="batchmean")), 4)
    0.5
    """
    check_reduction(reduction, "batchmean")
    x, t = pair(input, target, "kl_div()")
    losses = exp(t) * (t - x) if log_target else xlogy(t, t) - t * x
    if reduction != "batchmean":
        return reduced(losses, reduction)
    if not np.ndim(x):
        raise ValueError("reduction 'batchmean' needs a batch axis, got a single number")
    return engine.sum(losses) / len(x) if len(x) else engine.mean(losses)


class KLDivLoss(Loss):
    """target (log target - input), input the logarithm of a probability.

    Args:
        reduction: also "batchmean", the sum divided by the batch's length.
        log_target: whether target is a logarithm too.

    >>> round(float(KLDivLoss(reduction="batchmean")([[-1.0, -0.5]], [[0.0, 1.0]])), 4)
    0.5
    """

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        check_reduction(reduction, "batchmean")
        self.reduction = reduction
        self.log_target = bool(log_target)

    def forward(self, input: Any, target: Any) -> Any:
        return kl_div(input, target, self.reduction, self.log_target)
