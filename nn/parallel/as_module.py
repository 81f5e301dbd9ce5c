"""A loss function as the Module that says the same: what its mean runs over is asked of that."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..losses import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HingeLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
    SmoothL1Loss,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)

_MODULES: tuple[tuple[Any, Any], ...] = (
    (binary_cross_entropy, BCELoss),
    (binary_cross_entropy_with_logits, BCEWithLogitsLoss),
    (cross_entropy, CrossEntropyLoss),
    (hinge_loss, HingeLoss),
    (huber_loss, HuberLoss),
    (kl_div, KLDivLoss),
    (l1_loss, L1Loss),
    (mse_loss, MSELoss),
    (nll_loss, NLLLoss),
    (smooth_l1_loss, SmoothL1Loss),
)


def as_module(loss: Any) -> Any:
    """The Module of a function of nn, or of a partial of one; any other loss as it is.

    >>> from functools import partial
    >>> from nn import cross_entropy
    >>> as_module(partial(cross_entropy, ignore_index=0)).ignore_index
    0
    """
    function, settings = (loss.func, loss.keywords) if _is_partial(loss) else (loss, {})
    for own, made in _MODULES:
        if function is own:
            return made(**settings)
    return loss


def _is_partial(loss: Any) -> bool:
    return isinstance(loss, partial) and not loss.args
