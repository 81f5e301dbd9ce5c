"""Losses of two classes: binary cross entropy, of probabilities or of logits, and hinge loss."""

from __future__ import annotations

from typing import Any

import numpy as np

import engine
from engine import clip, fused, gate, has_numbers, maximum, relu, sigmoid, softplus, symmetric
from engine.batching import carried, elementwise

from ..checked import check_of
from ..checks import plain
from ..half import in_float32
from .loss import Loss, broadcastable, check_reduction, pair, reduced, within


def _log_clamped(p: Any) -> Any:
    if not has_numbers(p):  # a line of a compiled function, which would warn of log(0)
        zero = p == 0
        return np.where(zero, -100.0, np.maximum(np.log(np.where(zero, 1.0, p)), -100.0))
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(p), -100.0)


# log is clamped at -100, so that an exact 0 or 1 costs 100 and not inf; the slope is clamped too,
# by PyTorch's floor of 1e-12.
_bce: engine.Op = engine.elementwise(
    "binary_cross_entropy",
    lambda p, t: -(t * _log_clamped(p) + (1 - t) * _log_clamped(1 - p)),
    lambda g, y, p, t: g * (p - t) / maximum(p * (1 - p), 1e-12),
    lambda g, y, p, t: g * (clip(engine.log(1 - p), min=-100.0) - clip(engine.log(p), min=-100.0)),
    symbol="BCE", domain=(engine.Interval(0.0, 1.0, open=True), engine.Interval(0.0, 1.0)), ulp=16,
    doc="-t log(p) - (1-t) log(1-p), logarithms clamped at -100",
)  # fmt: skip


def _weighted(losses: Any, weight: Any, input: Any) -> Any:
    return losses if weight is None else losses * broadcastable("weight", weight, input)


@in_float32
def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean"
) -> Any:
    """-(t log p + (1 - t) log(1 - p)), p = input a probability; logarithms clamped at -100.

    Raises:
        ValueError: the shapes differ, input or target lies outside [0, 1], weight does not
            broadcast to their shape, or reduction is unknown.

    >>> round(float(binary_cross_entropy([0.5, 0.5], [0.0, 1.0])), 4)
    0.6931
    """
    check_reduction(reduction)
    p, t = pair(input, target, "binary_cross_entropy()")
    p, t = within(p, 0, 1, "input"), within(t, 0, 1, "target")
    losses = _bce(p, t)
    return reduced(_weighted(losses, weight, p), reduction)


class BCELoss(Loss):
    """Binary cross entropy of probabilities: -(t log p + (1 - t) log(1 - p)).

    Args:
        weight: rescales each loss; broadcasts to the input's shape.

    >>> round(float(BCELoss()([0.5, 0.5], [0.0, 1.0])), 4)
    0.6931
    """

    weight: Any

    def __init__(self, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)

    def forward(self, input: Any, target: Any) -> Any:
        return binary_cross_entropy(input, target, self.weight, self.reduction)


def _bce_vjp_x(g: Any, y: Any, x: Any, t: Any, pos_weight: Any) -> Any:
    s = sigmoid(x)
    return g * ((1 - t) * s - pos_weight * t * (1 - s))


def _bce_vjp_t(g: Any, y: Any, x: Any, t: Any, pos_weight: Any) -> Any:
    return g * (pos_weight * softplus(-x) - softplus(x))


def _bce_of_elements(x: Any, t: Any, pos_weight: Any) -> Any:
    return (1 - t) * softplus(x) + pos_weight * t * softplus(-x)


@fused(
    _bce_vjp_x, _bce_vjp_t, elements=_bce_of_elements, symbol="BCE",
    jvp=symmetric(_bce_vjp_x, _bce_vjp_t),
)  # fmt: skip
def bce_with_logits(x: Any, t: Any, pos_weight: Any = 1.0) -> Any:
    """(1-t) softplus(x) + pos_weight t softplus(-x): binary cross entropy of sigmoid(x)."""
    if isinstance(pos_weight, np.ndarray):
        pos_weight = pos_weight.astype(x.dtype, copy=False)
    shared = np.log1p(np.exp(-np.abs(x)))
    return (1 - t) * (np.maximum(x, 0.0) + shared) + pos_weight * t * (np.maximum(-x, 0.0) + shared)


@in_float32
def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """`binary_cross_entropy` of sigmoid(input), without overflow however large the logits are.

    Args:
        weight: rescales each loss; broadcasts to input's shape.
        pos_weight: multiplies the losses of positive targets; broadcasts likewise.

    Raises:
        ValueError: the shapes differ, a weight does not broadcast to them, or reduction is
            unknown.

    >>> float(binary_cross_entropy_with_logits([1000.0, -1000.0], [0.0, 0.0]))
    500.0
    """
    check_reduction(reduction)
    x, t = pair(input, target, "binary_cross_entropy_with_logits()")
    positive: Any = 1.0
    if pos_weight is not None:
        positive = broadcastable("pos_weight", plain("pos_weight", pos_weight), x)
    losses = bce_with_logits(x, t, positive)
    return reduced(_weighted(losses, weight, x), reduction)


class BCEWithLogitsLoss(Loss):
    """Binary cross entropy of sigmoid(input), stable for every logit.

    Args:
        weight: rescales each loss; broadcasts to the input's shape.
        pos_weight: multiplies the losses of positive targets; broadcasts likewise.

    >>> float(BCEWithLogitsLoss()([1000.0, -1000.0], [0.0, 0.0]))
    500.0
    """

    weight: Any
    pos_weight: Any

    def __init__(self, weight: Any = None, reduction: str = "mean", pos_weight: Any = None) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        return binary_cross_entropy_with_logits(
            input, target, self.weight, self.reduction, self.pos_weight
        )  # fmt: skip


def _hinge_vjp_x(g: Any, y: Any, x: Any, t: Any, margin: float) -> Any:
    return gate(-t * g, y != 0)


def _hinge_vjp_t(g: Any, y: Any, x: Any, t: Any, margin: float) -> Any:
    return gate(-x * g, y != 0)


@fused(
    _hinge_vjp_x, _hinge_vjp_t, jvp=symmetric(_hinge_vjp_x, _hinge_vjp_t),
    elements=lambda x, t, margin: relu(margin - t * x),
    kinks=lambda x, t, margin: np.abs(margin - t * x),
)  # fmt: skip
def hinge(x: Any, t: Any, margin: float = 1.0) -> Any:
    """max(0, margin - t * x), as one node."""
    return np.maximum(margin - t * x, 0.0)


carried(elementwise, bce_with_logits, hinge)


@check_of
def _of_sides(labels: np.ndarray) -> None:
    """Labels, checked to be -1 and 1."""
    if np.count_nonzero(labels * labels == 1) != labels.size:  # a third of the time of all()
        raise ValueError(f"target must hold -1 and 1 only, got {labels[labels**2 != 1].flat[0]}")


@in_float32
def hinge_loss(input: Any, target: Any, reduction: str = "mean", margin: float = 1.0) -> Any:
    """max(0, margin - target * input), with targets -1 and 1; derivative 0 at the margin.

    The loss of a support vector machine, and of micrograd's demo.  PyTorch has none; where a
    clamp stands for max, its derivative at the margin is -target.

    Raises:
        ValueError: the shapes differ, a target is neither -1 nor 1, or reduction is unknown.

    >>> hinge_loss([0.5, 2.0, 0.5], [1, 1, -1], reduction="none").tolist()
    [0.5, 0.0, 1.5]
    """
    check_reduction(reduction)
    x, t = pair(input, target, "hinge_loss()")
    t = _of_sides(t)
    return reduced(hinge(x, t, float(margin)), reduction)


class HingeLoss(Loss):
    """max(0, margin - target * input), with targets -1 and 1; derivative 0 at the margin.

    >>> float(HingeLoss()([0.5, 2.0], [1, 1]))
    0.25
    """

    def __init__(self, reduction: str = "mean", margin: float = 1.0) -> None:
        super().__init__(reduction)
        self.margin = float(margin)

    def forward(self, input: Any, target: Any) -> Any:
        return hinge_loss(input, target, self.reduction, self.margin)
