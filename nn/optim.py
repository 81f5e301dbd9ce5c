"""Optimizers: SGD, RMSprop, Adagrad, Adam, AdamW, Lion.

Formulas, defaults and names of the state are PyTorch's (Lion's are its paper's).  Every rule takes
a parameter's numbers `p` and gradient `g` and returns the next numbers in the one array it makes
anew: an older graph may still need the old one.  The state is changed in place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy import ndarray

from .checks import number
from .optimizer import Optimizer
from .slots import State

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Lion", "Optimizer", "RMSprop"]

Group = dict[str, Any]


def _check_numbers(group: Group, *names: str, below: float = math.inf) -> None:
    """Check that these settings are numbers from 0 up, and make them floats.

    Python's floats, because a NumPy float64 would turn float32 parameters into float64.
    """
    for name in names:
        group[name] = number(name, group[name], least=0, below=below)


def _check_betas(group: Group) -> None:
    betas = group["betas"]
    if not isinstance(betas, tuple | list) or len(betas) != 2:
        raise ValueError(f"betas must be two numbers, got {betas!r:.60}")
    group["betas"] = tuple(
        number(f"betas[{i}]", beta, least=0, below=1) for i, beta in enumerate(betas)
    )


def _check_flag(group: Group, name: str) -> None:
    if not isinstance(group[name], bool):
        raise TypeError(f"{name} must be a bool, got {group[name]!r:.60}")


def _buffer(state: State, name: str, like: ndarray) -> ndarray:
    """An array of the state; zeros where it is not there yet."""
    found = state.get(name)
    if found is None:
        found = state[name] = np.zeros(like.shape, like.dtype)
    return found


def _decayed(g: ndarray, p: ndarray, weight_decay: float) -> ndarray:
    """The gradient with that of weight_decay/2 · ‖p‖² added: L2 regularization."""
    return g + weight_decay * p if weight_decay else g


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
        _check_numbers(group, "lr", "momentum", "weight_decay")
        group["dampening"] = number("dampening", group["dampening"])
        _check_flag(group, "nesterov")
        if group["nesterov"] and (not group["momentum"] or group["dampening"]):
            raise ValueError(
                "nesterov needs a momentum and no dampening, got "
                f"momentum={group['momentum']}, dampening={group['dampening']}"
            )

    def update(self, p: ndarray, g: ndarray, state: State, group: Group) -> ndarray:
        """p − lr · d."""
        momentum = group["momentum"]
        if group["weight_decay"]:
            g = _decayed(g, p, group["weight_decay"])
        if momentum:
            b = state.get("momentum_buffer")
            if b is None:
                b = state["momentum_buffer"] = np.array(g)
            else:
                b *= momentum
                b += (1 - group["dampening"]) * g
            g = g + momentum * b if group["nesterov"] else b
        new = g * group["lr"]
        return np.subtract(p, new, out=new) if new.ndim else p - new


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
        _check_numbers(group, "lr", "eps", "weight_decay", "momentum")
        _check_numbers(group, "alpha", below=1)
        _check_flag(group, "centered")

    def update(self, p: ndarray, g: ndarray, state: State, group: Group) -> ndarray:
        """p − lr · g / (√v + eps)."""
        state["step"] = state.get("step", 0) + 1
        alpha = group["alpha"]
        g = _decayed(g, p, group["weight_decay"])
        v = _buffer(state, "square_avg", p)
        new = np.multiply(g, g, out=np.empty(p.shape, p.dtype))
        new *= 1 - alpha
        v *= alpha
        v += new
        if group["centered"]:
            mean = _buffer(state, "grad_avg", p)
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
            b = _buffer(state, "momentum_buffer", p)
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
        _check_numbers(group, "lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps")

    def update(self, p: ndarray, g: ndarray, state: State, group: Group) -> ndarray:
        """p − lr′ · g / (√s + eps)."""
        state["step"] = state.get("step", 0) + 1
        if "sum" not in state:
            state["sum"] = np.full(p.shape, group["initial_accumulator_value"], p.dtype)
        s = state["sum"]
        g = _decayed(g, p, group["weight_decay"])
        new = np.multiply(g, g, out=np.empty(p.shape, p.dtype))
        s += new
        np.sqrt(s, out=new)
        new += group["eps"]
        np.divide(g, new, out=new)
        new *= group["lr"] / (1 + (state["step"] - 1) * group["lr_decay"])
        return np.subtract(p, new, out=new)


class Adam(Optimizer):
    """p ← p − lr · m̂ / (√v̂ + eps), with running means m of g and v of g².

    m ← β₁ m + (1 − β₁) g and v ← β₂ v + (1 − β₂) g², both from 0, so at step t they are made up
    for that: m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ).  weight_decay · p is added to g (Kingma and
    Ba, 2015).

    Args:
        params: parameters of either tier, or groups; see `Optimizer`.
        lr: default 0.001.
        betas: β₁ and β₂; default (0.9, 0.999).
        eps: default 1e-8.
        weight_decay: default 0.

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
    state_names = ("step", "exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        """Numbers from 0 up, betas below 1."""
        _check_numbers(group, "lr", "eps", "weight_decay")
        _check_betas(group)

    def update(self, p: ndarray, g: ndarray, state: State, group: Group) -> ndarray:
        """p − lr · m̂ / (√v̂ + eps)."""
        step = adam_step(_decayed(g, p, group["weight_decay"]), state, group)
        return np.subtract(p, step, out=step)


class AdamW(Adam):
    """Adam with the weight decay outside: p ← (1 − lr · weight_decay) p − lr · m̂ / (√v̂ + eps).

    Loshchilov and Hutter, 2019.

    Args:
        params, lr, betas, eps: as for `Adam`.
        weight_decay: default 0.01.

    Raises:
        ValueError: as for `Adam`.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)

    def update(self, p: ndarray, g: ndarray, state: State, group: Group) -> ndarray:
        """(1 − lr · weight_decay) p − lr · m̂ / (√v̂ + eps)."""
        step = adam_step(g, state, group)
        return np.subtract(p * (1 - group["lr"] * group["weight_decay"]), step, out=step)


def adam_step(g: ndarray, state: State, group: Group) -> ndarray:
    """lr · m̂ / (√v̂ + eps), as a new array."""
    beta1, beta2 = group["betas"]
    t = state["step"] = state.get("step", 0) + 1
    m, v = _buffer(state, "exp_avg", g), _buffer(state, "exp_avg_sq", g)
    new = np.multiply(g, 1 - beta1, out=np.empty(g.shape, g.dtype))
    m *= beta1
    m += new
    np.multiply(g, g, out=new)
    new *= 1 - beta2
    v *= beta2
    v += new
    np.sqrt(v, out=new)
    new *= 1 / math.sqrt(1 - beta2**t)
    new += group["eps"]
    np.divide(m, new, out=new)
    new *= group["lr"] / (1 - beta1**t)
    return new


class Lion(Optimizer):
    """p ← p − lr · (sign(β₁ m + (1 − β₁) g) + weight_decay · p), then m ← β₂ m + (1 − β₂) g.

    Chen et al., "Symbolic discovery of optimization algorithms", 2023.  Steps all have the same
    size, so lr is 3 to 10 times smaller than Adam's, and weight_decay as much larger.

    Args:
        params: parameters of either tier, or groups; see `Optimizer`.
        lr: default 0.0001.
        betas: β₁ and β₂; default (0.9, 0.99).
        weight_decay: default 0.

    Raises:
        ValueError: a negative number, betas outside [0, 1); and what `Optimizer` raises.
    """

    guarded = False
    state_names = ("exp_avg",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    def check(self, group: Group) -> None:
        """Numbers from 0 up, betas below 1."""
        _check_numbers(group, "lr", "weight_decay")
        _check_betas(group)

    def update(self, p: ndarray, g: ndarray, state: State, group: Group) -> ndarray:
        """p − lr · (sign(…) + weight_decay · p)."""
        beta1, beta2 = group["betas"]
        m = _buffer(state, "exp_avg", p)
        new = np.multiply(m, beta1, out=np.empty(p.shape, p.dtype))
        new += (1 - beta1) * g
        np.sign(new, out=new)
        if group["weight_decay"]:
            new += group["weight_decay"] * p
        new *= group["lr"]
        m *= beta2
        m += (1 - beta2) * g
        return np.subtract(p, new, out=new)
