"""Adam and AdamW: step sizes from running means of the gradient and its square."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from numpy import ndarray

from .groups import Group, buffer, check_betas, check_flags, check_numbers, with_decay
from .optimizer import Optimizer
from .slots import State


class Adam(Optimizer):
    """p ← p − lr · m̂ / (√v̂ + eps), with running means m of g and v of g².

    m ← β₁ m + (1 − β₁) g and v ← β₂ v + (1 − β₂) g², both from 0, so at step t they are made up
    for that: m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ).  weight_decay · p is added to g (Kingma and
    Ba, 2015).  With amsgrad, v̂ is of the largest v so far (Reddi, Kale and Kumar, 2018).

    Args:
        params: parameters of either tier, or groups; see `Optimizer`.
        lr: default 0.001.
        betas: β₁ and β₂; default (0.9, 0.999).
        eps: default 1e-8.
        weight_decay: default 0.
        amsgrad, maximize: default False.
        decoupled_weight_decay: True makes it `AdamW`.
        how: see `Optimizer`.

    Raises:
        ValueError: a negative number, betas outside [0, 1); and what `Optimizer` raises.

    >>> from engine import Tensor
    >>> p = Tensor(1.0, requires_grad=True)
    >>> (2 * p).backward()
    >>> Adam([p], lr=0.1).step()
    >>> round(p.item(), 10)
    0.9000000005
    """

    guarded = False
    late: ClassVar[Group] = {"amsgrad": False, "maximize": False, "decoupled_weight_decay": False}
    state_names = ("step", "exp_avg", "exp_avg_sq")
    optional_state = ("max_exp_avg_sq",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
        **how: Any,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
                "amsgrad": amsgrad, "maximize": maximize,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
            how,
        )  # fmt: skip

    def check(self, group: Group) -> None:
        check_numbers(group, "lr", "eps", "weight_decay")
        check_flags(group, "amsgrad", "maximize", "decoupled_weight_decay")
        check_betas(group)

    def update(self, p: ndarray, g: ndarray, state: State, group: Group) -> ndarray:
        p, g = with_decay(p, g, group)
        beta1, beta2 = betas = group["betas"]
        m, v, new = moments(g, state, betas, self.room(p))
        t = state["step"]
        if group["amsgrad"]:
            largest = buffer(state, "max_exp_avg_sq", g)
            v = np.maximum(largest, v, out=largest)
        root(v, 1 - beta2**t, group["eps"], new)
        np.divide(m, new, out=new)
        new *= group["lr"] / (1 - beta1**t)
        return np.subtract(p, new, out=new)


class AdamW(Adam):
    """Adam with the weight decay outside: p ← (1 − lr · weight_decay) p − lr · m̂ / (√v̂ + eps).

    Loshchilov and Hutter, 2019.

    Args:
        params, lr, betas, eps, amsgrad, maximize, how: as for `Adam`.
        weight_decay: default 0.01.

    Raises:
        ValueError: as for `Adam`.

    >>> from engine import Tensor
    >>> w = Tensor(1.0, requires_grad=True)
    >>> (0 * w).backward()
    >>> AdamW([w], lr=0.1, weight_decay=0.5).step()
    >>> w.item()
    0.95
    """

    late: ClassVar[Group] = {**Adam.late, "decoupled_weight_decay": True}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        **how: Any,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad,
            maximize=maximize, decoupled_weight_decay=True, **how,
        )  # fmt: skip


def moments(
    g: ndarray, state: State, betas: tuple[float, float], out: ndarray
) -> tuple[ndarray, ndarray, ndarray]:
    """One step more of the running means m and v; and `out`, to be written in."""
    beta1, beta2 = betas
    if not state:
        state |= {"step": 0, "exp_avg": np.zeros_like(out), "exp_avg_sq": np.zeros_like(out)}
    state["step"] += 1
    m, v = state["exp_avg"], state["exp_avg_sq"]
    new = np.multiply(g, 1 - beta1, out=out)
    m *= beta1
    m += new
    np.multiply(g, 1 - beta2, out=new)  # first: g² alone may overflow
    new *= g
    v *= beta2
    v += new
    return m, v, new


def root(v: ndarray, seen: float, eps: float, out: ndarray) -> None:
    """√v̂ + eps with v̂ = v / seen, where seen is 1 − β₂ᵗ; written in `out`."""
    np.sqrt(v, out=out)
    out *= 1 / math.sqrt(seen)
    out += eps
