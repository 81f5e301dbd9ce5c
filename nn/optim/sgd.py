"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from numpy import ndarray

from ..checks import number
from .groups import Group, check_flags, check_numbers, decayed
from .optimizer import Optimizer
from .slots import LARGE, State


class SGD(Optimizer):
    """Stochastic gradient descent: p ← p − lr · d.

    d is g, or with momentum the buffer b ← momentum · b + (1 − dampening) · g (which starts as g),
    or with nesterov g + momentum · b; g is the gradient, plus weight_decay · p.

    Args:
        params: parameters of either tier, or groups; see `Optimizer`.
        lr: learning rate; default 0.001.
        momentum, dampening, weight_decay: default 0.
        nesterov: needs a momentum, and no dampening.
        maximize: default False.
        how: see `Optimizer`.

    Raises:
        ValueError: a negative number, or nesterov without momentum or with dampening; and what
            `Optimizer` raises.

    >>> from engine import Tensor
    >>> w = Tensor([1.0, -2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> SGD([w], lr=0.25).step()
    >>> w.tolist()
    [0.5, -1.0]
    """

    guarded = False
    late: ClassVar[Group] = {"maximize": False}
    optional_state = ("momentum_buffer",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        **how: Any,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr, "momentum": momentum, "dampening": dampening,
                "weight_decay": weight_decay, "nesterov": nesterov, "maximize": maximize,
            },
            how,
        )  # fmt: skip

    def check(self, group: Group) -> None:
        check_numbers(group, "lr", "momentum", "weight_decay")
        group["dampening"] = number("dampening", group["dampening"])
        check_flags(group, "nesterov", "maximize")
        if group["nesterov"] and (not group["momentum"] or group["dampening"]):
            raise ValueError(
                "nesterov needs a momentum and no dampening, got "
                f"momentum={group['momentum']}, dampening={group['dampening']}"
            )

    def update(self, p: ndarray, g: ndarray, state: State, group: Group) -> ndarray:
        momentum = group["momentum"]
        if group["weight_decay"]:
            g = decayed(g, p, group["weight_decay"])
        if momentum:
            b = state.get("momentum_buffer")
            if b is None:
                b = state["momentum_buffer"] = np.array(g)
            else:
                b *= momentum
                b += (1 - group["dampening"]) * g
            g = g + momentum * b if group["nesterov"] else b
        if p.size > LARGE:
            new = np.multiply(g, group["lr"], self.room(p))
            return np.subtract(p, new, new)
        new = g * group["lr"]
        return np.subtract(p, new, new) if new.ndim else p - new
