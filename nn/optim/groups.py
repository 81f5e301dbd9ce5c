"""What the optimizers' rules share: checks of settings, arrays of state, weight decay."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from ..checks import instance_of, number
from .slots import State

Group = dict[str, Any]


def check_numbers(group: Group, *names: str, below: float = math.inf) -> None:
    """Check that these settings are numbers from 0 up, and make them floats.

    Python's floats, because a NumPy float64 would turn float32 parameters into float64.
    """
    for name in names:
        group[name] = number(name, group[name], least=0, below=below)


def check_flags(group: Group, *names: str) -> None:
    """Check that these settings are True or False."""
    for name in names:
        instance_of(bool, **{name: group[name]})


def per_group(name: str, x: Any, count: int) -> list[float]:
    """A number for each of `count` groups: one for all, or a list of them; none below 0."""
    found = list(x) if isinstance(x, Sequence) else [x] * count
    if len(found) != count:
        raise ValueError(f"{name} has {len(found)} numbers, there are {count} groups")
    return [number(name, item, least=0) for item in found]


def check_count(owner: str, name: str, numbers: list[float], groups: list[Group]) -> None:
    """Check that there is a number of `per_group` for each group still: one may have been added."""
    if len(numbers) != len(groups):
        raise ValueError(
            f"{owner} has {name} for {len(numbers)} groups, there are {len(groups)} now: make it "
            "after the last group"
        )


def check_betas(group: Group) -> None:
    """Check that "betas" are two numbers in [0, 1)."""
    betas = group["betas"]
    if not isinstance(betas, tuple | list) or len(betas) != 2:
        raise ValueError(f"betas must be two numbers, got {betas!r:.60}")
    group["betas"] = tuple(
        number(f"betas[{i}]", beta, least=0, below=1) for i, beta in enumerate(betas)
    )


def buffer(state: State, name: str, like: ndarray) -> ndarray:
    """An array of the state; zeros where it is not there yet."""
    found = state.get(name)
    if found is None:
        found = state[name] = np.zeros(like.shape, like.dtype)
    return found


def decayed(g: ndarray, p: ndarray, weight_decay: float) -> ndarray:
    """The gradient with that of weight_decay/2 · ‖p‖² added: L2 regularization."""
    return g + weight_decay * p if weight_decay else g


def with_decay(p: ndarray, g: ndarray, group: Group) -> tuple[ndarray, ndarray]:
    """Parameter and gradient after weight decay: p shrunk by itself if decoupled, else `decayed`.

    Decoupled, p ← (1 − lr · weight_decay) p (Loshchilov and Hutter, 2019).
    """
    weight_decay = group["weight_decay"]
    if weight_decay and group["decoupled_weight_decay"]:
        return p * float(1 - group["lr"] * weight_decay), g  # a NumPy float64 would promote
    return p, decayed(g, p, weight_decay)
