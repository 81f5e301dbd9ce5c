"""`ReduceLROnPlateau`: a lower learning rate when a number stops getting better."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..checks import at_least, instance_of, number, one_of
from .optimizer import Optimizer


class ReduceLROnPlateau:
    """Times factor when more than `patience` steps in a row were no better; `step(number)`.

    PyTorch's defaults and counting.  Better means below best · (1 − threshold), or below
    best − threshold with threshold_mode "abs"; for mode "max" the other way round.

    Args:
        mode: "min" or "max".
        factor: below 1; default 0.1.
        patience: default 10.
        threshold: default 0.0001.
        threshold_mode: "rel" or "abs".
        cooldown: how many steps after a cut are not counted; default 0.
        min_lr: a number, or one for each group; default 0.
        eps: a cut of the rate by less than this is not made; default 1e-8.

    Raises:
        ValueError: a number or a mode out of range.
        TypeError: optimizer is not an Optimizer.

    >>> from engine import Tensor
    >>> from nn import SGD
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], lr=0.5)
    >>> schedule = ReduceLROnPlateau(optimizer, patience=1)
    >>> for loss in (1.0, 1.0, 1.0):
    ...     schedule.step(loss)
    >>> schedule.get_last_lr()
    [0.05]
    """

    needs_metric = True

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        instance_of(Optimizer, optimizer=optimizer)
        one_of("mode", mode, "min", "max")
        one_of("threshold_mode", threshold_mode, "rel", "abs")
        at_least(0, patience=patience, cooldown=cooldown)
        self.optimizer = optimizer
        self.mode = mode
        self.factor = number("factor", factor, least=0, below=1)
        self.patience = patience
        self.threshold = number("threshold", threshold, least=0)
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.eps = number("eps", eps, least=0)
        count = len(optimizer.param_groups)
        least = list(min_lr) if isinstance(min_lr, Sequence) else [min_lr] * count
        if len(least) != count:
            raise ValueError(f"min_lr has {len(least)} numbers, there are {count} groups")
        self.min_lrs = [number("min_lr", x, least=0) for x in least]
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = 0
        self.cooldown_counter = 0
        self.last_epoch = 0

    def step(self, metric: Any) -> None:
        """Take in the number of an epoch; a Tensor or Value of one element will do."""
        x = float(metric)
        self.last_epoch += 1
        if self.better(x):
            self.best = x
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            for group, least in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
                lower = max(group["lr"] * self.factor, least)
                if group["lr"] - lower > self.eps:
                    group["lr"] = lower
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0

    def better(self, x: float) -> bool:
        """Whether x is better than the best so far, by the threshold."""
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            return sign * x > sign * self.best * (1 + sign * self.threshold)
        return sign * x > sign * self.best + self.threshold

    def get_last_lr(self) -> list[float]:
        """The rates, by group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """The best number, and the counts."""
        return {
            "best": self.best,
            "num_bad_epochs": self.num_bad_epochs,
            "cooldown_counter": self.cooldown_counter,
            "last_epoch": self.last_epoch,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict()`.

        Raises:
            ValueError, TypeError: not the state of a ReduceLROnPlateau; nothing was loaded.
        """
        own = self.state_dict()
        if not isinstance(state, Mapping) or set(state) != set(own):
            raise ValueError(f"the state of a ReduceLROnPlateau is a dict with {sorted(own)}")
        counts = {key: x for key, x in state.items() if key != "best"}
        at_least(0, **counts)
        if not isinstance(state["best"], int | float):  # inf before the first step
            raise TypeError(f"'best' must be a number, got {state['best']!r:.60}")
        for key, x in state.items():
            setattr(self, key, x)
