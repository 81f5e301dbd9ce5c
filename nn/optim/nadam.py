"""NAdam: Adam with Nesterov's momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from numpy import ndarray

from .adam import moments, root
from .groups import Group, check_betas, check_flags, check_numbers, with_decay
from .optimizer import Optimizer
from .slots import State


class NAdam(Optimizer):
    """p ← p − lr · m̂ / (√v̂ + eps), where m̂ looks one step ahead, as Nesterov's momentum does.

    m and v as in `Adam`.  With μₜ = β₁ (1 − 0.96^(t · momentum_decay) / 2) and Πₜ = μ₁ μ₂ … μₜ,
    m̂ = μₜ₊₁ m / (1 − Πₜ₊₁) + (1 − μₜ) g / (1 − Πₜ)  (Dozat, 2016; as in PyTorch).

    Args:
        params: parameters of either tier, or groups; see `Optimizer`.
        lr: default 0.002.
        betas: β₁ and β₂; default (0.9, 0.999).
        eps: default 1e-8.
        weight_decay: default 0; `Adam`'s, or with decoupled_weight_decay that of `AdamW`.
        momentum_decay: default 0.004.
        maximize: default False.
        how: see `Optimizer`.

    Raises:
        ValueError: a negative number, betas outside [0, 1); and what `Optimizer` raises.

    >>> from engine import Tensor
    >>> w = Tensor(1.0, requires_grad=True)
    >>> (w * w).backward()
    >>> NAdam([w], lr=0.1).step()
    >>> round(w.item(), 4)
    0.8944
    """

    guarded = False
    late: ClassVar[Group] = {"maximize": False, "decoupled_weight_decay": False}
    state_names = ("step", "mu_product", "exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        **how: Any,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
                "momentum_decay": momentum_decay,
                "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize,
            },
            how,
        )  # fmt: skip

    def check(self, group: Group) -> None:
        check_numbers(group, "lr", "eps", "weight_decay", "momentum_decay")
        check_flags(group, "decoupled_weight_decay", "maximize")
        check_betas(group)

    def update(self, p: ndarray, g: ndarray, state: State, group: Group) -> ndarray:
        p, g = with_decay(p, g, group)
        beta1, beta2 = betas = group["betas"]
        m, v, new = moments(g, state, betas, self.room(p))
        t, decay, lr = state["step"], group["momentum_decay"], group["lr"]
        now, ahead = (beta1 * (1 - 0.5 * 0.96 ** (s * decay)) for s in (t, t + 1))
        done = state["mu_product"] = state.get("mu_product", 1.0) * now
        root(v, 1 - beta2**t, group["eps"], new)
        step = m * (lr * ahead / (1 - done * ahead))
        step += g * (lr * (1 - now) / (1 - done))
        np.divide(step, new, out=new)
        return np.subtract(p, new, out=new)
