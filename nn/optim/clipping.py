"""Gradient clipping, on either tier: after `backward`, before `optimizer.step`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy import ndarray

import engine
from engine import to_numpy

from ..checks import number
from ..parameter import LEARNED, leaves
from ..postponed import Later, is_postponed


def clip_grad_norm_(
    params: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> float:
    """Scale all gradients by one factor, so that their norm, taken together, is at most max_norm.

    The factor is max_norm / (norm + 1e-6) where that is below 1, as in PyTorch.  Parameters
    without a gradient are passed over; one given twice counts once.

    Args:
        params: a parameter or several, of either tier.
        max_norm: at least 0.
        norm_type: the p of the p-norm, above 0; inf for the largest absolute value.
        error_if_nonfinite: refuse a norm of nan or inf, rather than scale by it.

    Returns:
        The norm before clipping; 0 if there is no gradient.

    Raises:
        ValueError: max_norm or norm_type out of range.
        RuntimeError: a norm of nan or inf with error_if_nonfinite; no gradient was changed.
        TypeError: params is not made of parameters.

    >>> from engine import Tensor
    >>> w = Tensor([0.0, 0.0], requires_grad=True)
    >>> (w * [3.0, 4.0]).sum().backward()
    >>> clip_grad_norm_([w], max_norm=1.0), w.grad.round(6).tolist()
    (5.0, [0.6, 0.8])
    """
    max_norm = number("max_norm", max_norm, least=0)
    params = _listed(params)
    if not norm_type > 0:
        raise ValueError(f"norm_type must be above 0, or inf, got {norm_type}")
    if is_postponed(clip_grad_norm_, params, max_norm, norm_type, error_if_nonfinite):
        return Later("clip_grad_norm_()")  # type: ignore[return-value]  # until after the call
    reached = _with_gradient(params)
    gradients = [g if type(g := x.grad) is ndarray else to_numpy(g) for x in reached]
    norm = _norm(gradients, norm_type)
    if error_if_nonfinite and not math.isfinite(norm):
        raise RuntimeError(f"the norm of the gradients is {norm}: nothing was clipped")
    factor = max_norm / (norm + 1e-6)
    if not factor >= 1:  # nan scales too: it is not to be overlooked
        with np.errstate(invalid="ignore"):
            for x, g in zip(reached, gradients, strict=True):
                x.grad = _scaled(g, factor)
    return norm


def _norm(gradients: list[ndarray], p: float) -> float:
    """The p-norm of all the numbers taken together, whatever their size; 0 of none."""
    if p == 2 and np.float16 not in [g.dtype.type for g in gradients]:
        total = sum(float(np.vdot(g, g)) for g in gradients)
        if 1e-30 < total < math.inf:  # else squares may have left the range of their dtype
            return math.sqrt(total)
    norms = [engine.norm(g.astype(np.float64), p=p) for g in gradients if g.size]
    return float(engine.norm(np.array(norms), p=p)) if norms else 0.0


def _scaled(g: ndarray, factor: float) -> ndarray:
    """g * factor, in float64 where factor is too small for g's dtype."""
    return g * factor if factor >= np.finfo(g.dtype).tiny else g.astype(np.float64) * factor


def clip_grad_value_(params: Any, clip_value: float) -> None:
    """Cut every element of every gradient to ±clip_value.

    Args:
        params: a parameter or several, of either tier.
        clip_value: at least 0.

    Raises:
        ValueError: clip_value is negative.
        TypeError: params is not made of parameters.

    >>> from engine import Tensor
    >>> w = Tensor([0.0, 0.0], requires_grad=True)
    >>> (w * [3.0, -0.5]).sum().backward()
    >>> clip_grad_value_([w], 1.0)
    >>> w.grad.tolist()
    [1.0, -0.5]
    """
    bound = number("clip_value", clip_value, least=0)
    params = _listed(params)
    if is_postponed(clip_grad_value_, params, bound):
        return
    for x in _with_gradient(params):
        g = to_numpy(x.grad)
        largest = bound if bound < 1e4 else min(bound, float(np.finfo(g.dtype).max))
        x.grad = np.clip(g, -largest, largest)


def _listed(params: Any) -> list[Any]:
    """A parameter or several as a list, checked."""
    if isinstance(params, LEARNED):
        return [params]
    if not isinstance(params, Iterable):
        raise TypeError(f"params must be parameters, got {type(params).__name__}")
    params = list(params)
    for p in params:
        if not isinstance(p, LEARNED):
            raise TypeError(f"params must be Tensors, ValueArrays or Values, got {p!r:.60}")
    return params


def _with_gradient(params: list[Any]) -> list[Any]:
    """The Tensors and single Values among the parameters that have a gradient, each once."""
    found = {}
    for p in params:
        for x in leaves(p):
            if getattr(x, "has_grad", False):  # a ValueArray may hold plain numbers too
                found[id(x)] = x
    return list(found.values())
