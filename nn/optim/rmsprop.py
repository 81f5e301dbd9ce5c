"""RMSprop: step sizes from a running mean of the squared gradient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from numpy import ndarray

from .groups import Group, buffer, check_flags, check_numbers, decayed
from .optimizer import Optimizer
from .slots import State


class RMSprop(Optimizer):
    """p ← p − lr · g / (√v + eps), with v a running mean of g².

    v ← alpha · v + (1 − alpha) · g².  With centered, the square of g's running mean is taken from
    v.  With momentum, b ← momentum · b + g / (√v + eps) and p ← p − lr · b.

    Args:
        params: parameters of either tier, or groups; see `Optimizer`.
        lr: default 0.01.
        alpha: default 0.99.
        eps: default 1e-8.
        weight_decay, momentum: default 0.
        centered, maximize: default False.
        how: see `Optimizer`.

    Raises:
        ValueError: a negative number, alpha of 1 or more; and what `Optimizer` raises.

    >>> from engine import Tensor
    >>> w = Tensor([1.0, -2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> RMSprop([w], lr=0.01).step()
    >>> w.numpy().round(4).tolist()
    [0.9, -1.9]
    """

    guarded = False
    late: ClassVar[Group] = {"maximize": False}
    state_names = ("step", "square_avg")
    optional_state = ("momentum_buffer", "grad_avg")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
        **how: Any,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay,
                "momentum": momentum, "centered": centered, "maximize": maximize,
            },
            how,
        )  # fmt: skip

    def check(self, group: Group) -> None:
        check_numbers(group, "lr", "eps", "weight_decay", "momentum")
        check_numbers(group, "alpha", below=1)
        check_flags(group, "centered", "maximize")

    def update(self, p: ndarray, g: ndarray, state: State, group: Group) -> ndarray:
        state["step"] = state.get("step", 0) + 1
        alpha = group["alpha"]
        g = decayed(g, p, group["weight_decay"])
        v = buffer(state, "square_avg", p)
        new = np.multiply(g, 1 - alpha, out=self.room(p))
        if group["centered"]:
            mean = buffer(state, "grad_avg", p)
            mean *= alpha
            mean += new
        new *= g  # last: g² alone may overflow
        v *= alpha
        v += new
        if group["centered"]:
            np.multiply(mean, mean, out=new)
            np.minimum(new, v, out=new)  # rounded, it may be more: a variance is not below 0
            np.subtract(v, new, out=new)
            np.sqrt(new, out=new)
        else:
            np.sqrt(v, out=new)
        new += group["eps"]
        np.divide(g, new, out=new)
        if group["momentum"]:
            b = buffer(state, "momentum_buffer", p)
            b *= group["momentum"]
            b += new
            np.multiply(b, group["lr"], out=new)
        else:
            new *= group["lr"]
        return np.subtract(p, new, out=new)
