"""Adagrad: step sizes from the sum of all squared gradients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from numpy import ndarray

from .groups import Group, check_flags, check_numbers, decayed
from .optimizer import Optimizer
from .slots import State


class Adagrad(Optimizer):
    """p ← p − lr′ · g / (√s + eps), with s the sum of all g² so far.

    lr′ = lr / (1 + (t − 1) · lr_decay) at step t.

    Args:
        params: parameters of either tier, or groups; see `Optimizer`.
        lr: default 0.01.
        lr_decay, weight_decay, initial_accumulator_value: default 0.
        eps: default 1e-10.
        maximize: default False.
        how: see `Optimizer`.

    Raises:
        ValueError: a negative number; and what `Optimizer` raises.

    >>> from engine import Tensor
    >>> w = Tensor([1.0, -2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> Adagrad([w], lr=0.5).step()
    >>> w.numpy().round(6).tolist()
    [0.5, -1.5]
    """

    guarded = False
    late: ClassVar[Group] = {"maximize": False}
    state_names = ("step", "sum")
    least_step = 0  # PyTorch's has its state from the start

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
        **how: Any,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value, "maximize": maximize,
            },
            how,
        )  # fmt: skip

    def check(self, group: Group) -> None:
        check_numbers(group, "lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps")
        check_flags(group, "maximize")

    def update(self, p: ndarray, g: ndarray, state: State, group: Group) -> ndarray:
        state["step"] = state.get("step", 0) + 1
        if "sum" not in state:
            state["sum"] = np.full(p.shape, group["initial_accumulator_value"], p.dtype)
        s = state["sum"]
        g = decayed(g, p, group["weight_decay"])
        new = np.multiply(g, g, out=self.room(p))
        s += new
        np.sqrt(s, out=new)
        new += group["eps"]
        np.divide(g, new, out=new)
        new *= group["lr"] / (1 + (state["step"] - 1) * group["lr_decay"])
        return np.subtract(p, new, out=new)
