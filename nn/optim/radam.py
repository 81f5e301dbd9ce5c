"""RAdam: Adam that takes plain steps until it knows how large gradients are."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from numpy import ndarray

from .adam import moments
from .groups import Group, check_betas, check_flags, check_numbers, with_decay
from .optimizer import Optimizer
from .slots import State


class RAdam(Optimizer):
    """p ← p − lr · r · m̂ / (√v̂ + eps) once the variance of 1/√v̂ is small enough, else p − lr · m̂.

    m̂ and v̂ as in `Adam` (where eps is beside √v).  With ρ = 2 / (1 − β₂) − 1 and
    ρₜ = ρ − 2t β₂ᵗ / (1 − β₂ᵗ), small enough is ρₜ > 5, and
    r² = (ρₜ − 4)(ρₜ − 2) ρ / ((ρ − 4)(ρ − 2) ρₜ)  (Liu et al., 2020; as in PyTorch).

    Args:
        params: parameters of either tier, or groups; see `Optimizer`.
        lr: default 0.001.
        betas: β₁ and β₂; default (0.9, 0.999).
        eps: default 1e-8.
        weight_decay: default 0; `Adam`'s, or with decoupled_weight_decay that of `AdamW`.
        maximize: default False.
        how: see `Optimizer`.

    Raises:
        ValueError: a negative number, betas outside [0, 1); and what `Optimizer` raises.

    >>> from engine import Tensor
    >>> w = Tensor(1.0, requires_grad=True)
    >>> (w * w).backward()
    >>> RAdam([w], lr=0.1).step()
    >>> round(w.item(), 4)
    0.8
    """

    guarded = False
    late: ClassVar[Group] = {"maximize": False, "decoupled_weight_decay": False}
    state_names = ("step", "exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        **how: Any,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
                "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize,
            },
            how,
        )  # fmt: skip

    def check(self, group: Group) -> None:
        check_numbers(group, "lr", "eps", "weight_decay")
        check_flags(group, "decoupled_weight_decay", "maximize")
        check_betas(group)

    def update(self, p: ndarray, g: ndarray, state: State, group: Group) -> ndarray:
        p, g = with_decay(p, g, group)
        beta1, beta2 = betas = group["betas"]
        m, v, new = moments(g, state, betas, self.room(p))
        t = state["step"]
        rate = group["lr"] / (1 - beta1**t)
        most = 2 / (1 - beta2) - 1
        length = most - 2 * t * beta2**t / (1 - beta2**t)
        if length <= 5:
            np.multiply(m, rate, out=new)
        else:
            np.sqrt(v, out=new)
            new += group["eps"]
            np.divide(m, new, out=new)
            r2 = (length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length)
            new *= rate * math.sqrt(r2 * (1 - beta2**t))
        return np.subtract(p, new, out=new)
