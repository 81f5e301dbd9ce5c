"""Lion: steps of one size, by the sign of a running mean of the gradient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from numpy import ndarray

from .groups import Group, buffer, check_betas, check_flags, check_numbers
from .optimizer import Optimizer
from .slots import State


class Lion(Optimizer):
    """p ← p − lr · (sign(β₁ m + (1 − β₁) g) + weight_decay · p), then m ← β₂ m + (1 − β₂) g.

    Chen et al., "Symbolic discovery of optimization algorithms", 2023.  Steps all have the same
    size, so lr is 3 to 10 times smaller than Adam's, and weight_decay as much larger.

    Args:
        params: parameters of either tier, or groups; see `Optimizer`.
        lr: default 0.0001.
        betas: β₁ and β₂; default (0.9, 0.99).
        weight_decay: default 0.
        maximize: default False.
        how: see `Optimizer`.

    Raises:
        ValueError: a negative number, betas outside [0, 1); and what `Optimizer` raises.

    >>> from engine import Tensor
    >>> w = Tensor([1.0, -2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> Lion([w], lr=0.5).step()
    >>> w.tolist()
    [0.5, -1.5]
    """

    guarded = False
    late: ClassVar[Group] = {"maximize": False}
    state_names = ("exp_avg",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
        **how: Any,
    ) -> None:
        defaults = {"lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, defaults, how)

    def check(self, group: Group) -> None:
        check_numbers(group, "lr", "weight_decay")
        check_betas(group)
        check_flags(group, "maximize")

    def update(self, p: ndarray, g: ndarray, state: State, group: Group) -> ndarray:
        beta1, beta2 = group["betas"]
        m = buffer(state, "exp_avg", p)
        new = np.multiply(m, beta1, out=self.room(p))
        new += (1 - beta1) * g
        np.sign(new, out=new)
        if group["weight_decay"]:
            new += group["weight_decay"] * p
        new *= group["lr"]
        m *= beta2
        m += (1 - beta2) * g
        return np.subtract(p, new, out=new)
