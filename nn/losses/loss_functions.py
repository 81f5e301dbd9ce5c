"""Losses as functions, under PyTorch's names; on Tensors, on arrays of Values, on plain arrays.

Each takes `reduction`: "mean" (default) over all elements, "sum", or "none" for the losses
themselves.  Gradients flow to the target too, where it asks for one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import engine
from engine import (
    abs,
    clip,
    exp,
    fused,
    gate,
    maximum,
    relu,
    sigmoid,
    softplus,
    square,
    to_numpy,
    xlogy,
)

from .loss_checks import check_reduction, constant, pair, reduced, within

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "hinge_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "smooth_l1_loss",
]


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


def _huber(d: Any, delta: float) -> Any:
    """d²/2 up to delta, straight beyond: c (|d| - c/2) with c = min(|d|, delta).

    Spelled so, no branch holds a d² that could overflow where it is not taken.
    """
    size = abs(d)
    c = clip(size, max=delta)
    return c * (size - 0.5 * c)


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
    return reduced(_huber(x - t, float(beta)) / float(beta), reduction)


def _log_clamped(p: Any) -> Any:
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


def _spreads(name: str, x: Any, like: Any) -> Any:
    """x as a constant that broadcasts to `like`'s shape."""
    x = constant(x, like, name)
    try:
        fits = np.broadcast_shapes(np.shape(x), np.shape(like)) == np.shape(like)
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"{name} of shape {np.shape(x)} does not broadcast to input's shape {np.shape(like)}"
        )
    return x


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
    within(p, 0, 1, "input")
    within(t, 0, 1, "target")
    losses = _bce(p, t)
    return reduced(losses if weight is None else losses * _spreads("weight", weight, p), reduction)


def _bce_vjp_x(g: Any, y: Any, x: Any, t: Any, pos_weight: Any) -> Any:
    s = sigmoid(x)
    return g * ((1 - t) * s - pos_weight * t * (1 - s))


def _bce_vjp_t(g: Any, y: Any, x: Any, t: Any, pos_weight: Any) -> Any:
    return g * (pos_weight * softplus(-x) - softplus(x))


def _bce_spelled(x: Any, t: Any, pos_weight: Any) -> Any:
    return (1 - t) * softplus(x) + pos_weight * t * softplus(-x)


@fused(_bce_vjp_x, _bce_vjp_t, elements=_bce_spelled, symbol="BCE")
def bce_with_logits(x: Any, t: Any, pos_weight: Any = 1.0) -> Any:
    """(1-t) softplus(x) + pos_weight t softplus(-x): binary cross entropy of sigmoid(x)."""
    if isinstance(pos_weight, np.ndarray):
        pos_weight = pos_weight.astype(x.dtype, copy=False)
    shared = np.log1p(np.exp(-np.abs(x)))
    return (1 - t) * (np.maximum(x, 0.0) + shared) + pos_weight * t * (np.maximum(-x, 0.0) + shared)


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
    positive = 1.0 if pos_weight is None else to_numpy(_spreads("pos_weight", pos_weight, x))
    losses = bce_with_logits(x, t, positive)
    return reduced(losses if weight is None else losses * _spreads("weight", weight, x), reduction)


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


def _hinge_vjp_x(g: Any, y: Any, x: Any, t: Any, margin: float) -> Any:
    return gate(-t * g, y != 0)


def _hinge_vjp_t(g: Any, y: Any, x: Any, t: Any, margin: float) -> Any:
    return gate(-x * g, y != 0)


@fused(
    _hinge_vjp_x, _hinge_vjp_t,
    elements=lambda x, t, margin: relu(margin - t * x),
    kinks=lambda x, t, margin: np.abs(margin - t * x),
)  # fmt: skip
def hinge(x: Any, t: Any, margin: float = 1.0) -> Any:
    """max(0, margin - t * x), as one node."""
    return np.maximum(margin - t * x, 0.0)


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
    labels = to_numpy(t)
    if np.count_nonzero(labels * labels == 1) != labels.size:  # a third of the time of all()
        raise ValueError(f"target must hold -1 and 1 only, got {labels[labels**2 != 1].flat[0]}")
    return reduced(hinge(x, t, float(margin)), reduction)
