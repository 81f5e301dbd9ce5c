"""Optimizers: SGD, RMSprop, Adagrad; Adam, AdamW and Lion from `nn.adam`.

Formulas, defaults and names of the state are PyTorch's (Lion's are its paper's).  Every rule takes
a parameter's numbers `p` and gradient `g` and returns the next numbers in the one array it makes
anew: an older graph may still need the old one.  The state is changed in place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy import ndarray

from ..checks import number
from .adam import Adam, AdamW, Lion
from .groups import Group, buffer, check_flag, check_numbers, decayed
from .optimizer import Optimizer
from .slots import LARGE, State

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Lion", "Optimizer", "RMSprop"]


class SGD(Optimizer):
    """Stochastic gradient descent: p ← p − lr · d.

    d is g, or with momentum the buffer b ← momentum · b + (1 − dampening) · g (which starts as g),
    or with nesterov g + momentum · b; g is the gradient, plus weight_decay · p.

    Args:
        params: parameters of either tier, or groups; see `Optimizer`.
        lr: learning rate; default 0.001.
        momentum, dampening, weight_decay: default 0.
        nesterov: needs a momentum, and no dampening.

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
    optional_state = ("momentum_buffer",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr, "momentum": momentum, "dampening": dampening,
                "weight_decay": weight_decay, "nesterov": nesterov,
            },
        )  # fmt: skip

    def check(self, group: Group) -> None:
        """Numbers from 0 up; nesterov with momentum and without dampening."""
        check_numbers(group, "lr", "momentum", "weight_decay")
        group["dampening"] = number("dampening", group["dampening"])
        check_flag(group, "nesterov")
        if group["nesterov"] and (not group["momentum"] or group["dampening"]):
            raise ValueError(
                "nesterov needs a momentum and no dampening, got "
                f"momentum={group['momentum']}, dampening={group['dampening']}"
            )

    def update(self, p: ndarray, g: ndarray, state: State, group: Group) -> ndarray:
        """p − lr · d."""
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
        centered: default False.

    Raises:
        ValueError: a negative number, alpha of 1 or more; and what `Optimizer` raises.
    """

    guarded = False
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
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay,
                "momentum": momentum, "centered": centered,
            },
        )  # fmt: skip

    def check(self, group: Group) -> None:
        """Numbers from 0 up, alpha below 1."""
        check_numbers(group, "lr", "eps", "weight_decay", "momentum")
        check_numbers(group, "alpha", below=1)
        check_flag(group, "centered")

    def update(self, p: ndarray, g: ndarray, state: State, group: Group) -> ndarray:
        """p − lr · g / (√v + eps)."""
        state["step"] = state.get("step", 0) + 1
        alpha = group["alpha"]
        g = decayed(g, p, group["weight_decay"])
        v = buffer(state, "square_avg", p)
        new = np.multiply(g, g, out=self.room(p))
        new *= 1 - alpha
        v *= alpha
        v += new
        if group["centered"]:
            mean = buffer(state, "grad_avg", p)
            np.multiply(g, 1 - alpha, out=new)
            mean *= alpha
            mean += new
            np.multiply(mean, mean, out=new)
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


class Adagrad(Optimizer):
    """p ← p − lr′ · g / (√s + eps), with s the sum of all g² so far.

    lr′ = lr / (1 + (t − 1) · lr_decay) at step t.

    Args:
        params: parameters of either tier, or groups; see `Optimizer`.
        lr: default 0.01.
        lr_decay, weight_decay, initial_accumulator_value: default 0.
        eps: default 1e-10.

    Raises:
        ValueError: a negative number; and what `Optimizer` raises.
    """

    guarded = False
    state_names = ("step", "sum")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
            },
        )  # fmt: skip

    def check(self, group: Group) -> None:
        """Numbers from 0 up."""
        check_numbers(group, "lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps")

    def update(self, p: ndarray, g: ndarray, state: State, group: Group) -> ndarray:
        """p − lr′ · g / (√s + eps)."""
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
