"""`ReduceLROnPlateau`: a lower learning rate when a number stops getting better."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from engine import Tensor, Value

from ..checks import at_least, instance_of, number, one_of
from ..postponed import refuse_while_traced
from .optimizer import Optimizer
from .schedule import Share, rates_of


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
        least = list(min_lr) if isinstance(min_lr, Sequence) else [min_lr]
        count = len(optimizer.param_groups)
        if isinstance(min_lr, Sequence) and len(least) != count:
            raise ValueError(f"min_lr has {len(least)} numbers, there are {count} groups")
        self.min_lrs = [number("min_lr", x, least=0) for x in least]
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = 0
        self.cooldown_counter = 0
        self.last_epoch = 0
        self.share = Share()

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update({"share": Share(), **state})  # one of before had no share

    def step(self, metric: Any) -> None:
        """Take in the number of an epoch; a Tensor or Value of one element will do.

        Raises:
            ValueError: a group was added later, and min_lr has a number for each of the others.
        """
        refuse_while_traced(
            "ReduceLROnPlateau.step(metric)",
            "it looks at a number, which is there after the call: step it then",
        )
        x = float(metric.item() if isinstance(metric, Tensor | Value) else metric)
        least = self._least()
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
            self._cut(least)
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0

    def _least(self) -> list[float]:
        """The lowest rate of each group."""
        count = len(self.optimizer.param_groups)
        if len(self.min_lrs) not in (1, count):
            raise ValueError(f"min_lr has {len(self.min_lrs)} numbers, there are {count} groups")
        return self.min_lrs if len(self.min_lrs) == count else self.min_lrs * count

    def _cut(self, least: list[float]) -> None:
        """Lower the rates, also for the schedules that are stepped together with this one."""
        factors = self.factors
        for i, group in enumerate(self.optimizer.param_groups):
            lower = max(group["lr"] * self.factor, least[i])
            if group["lr"] - lower > self.eps:
                factors[i] *= lower / group["lr"]
                group["lr"] = lower
        self._keep(factors)

    @property
    def factors(self) -> list[float]:
        """What the cuts so far multiply the rates by; 1 after a schedule that begins alone."""
        known = self.share in self.optimizer.shares
        groups = range(len(self.optimizer.param_groups))
        return [self.share.of(i) if known else 1.0 for i in groups]

    def _keep(self, factors: list[float]) -> None:
        self.share.rates, self.share.bases = factors, [1.0] * len(factors)
        if self.share not in self.optimizer.shares:
            self.optimizer.shares += (self.share,)

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
            "last_lr": self.get_last_lr(),
            "factors": self.factors,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict()`: the optimizer has the rates it had then.

        Raises:
            ValueError, TypeError: not the state of a ReduceLROnPlateau; nothing was loaded.
        """
        own = self.state_dict()
        late = ("last_lr", "factors")  # which states of older versions have not
        if isinstance(state, Mapping) and set(own) - set(state) == set(late):
            state = {**state, **{key: own[key] for key in late}}
        if not isinstance(state, Mapping) or set(state) != set(own):
            raise ValueError(f"the state of a ReduceLROnPlateau is a dict with {sorted(own)}")
        rates, factors = (rates_of(key, state[key], len(own[key])) for key in late)
        counts = {key: x for key, x in state.items() if key not in ("best", *late)}
        at_least(0, **counts)
        if not isinstance(state["best"], int | float):  # inf before the first step
            raise TypeError(f"'best' must be a number, got {state['best']!r:.60}")
        for key, x in {**counts, "best": state["best"]}.items():
            setattr(self, key, x)
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self._keep(factors)

    def __repr__(self) -> str:
        return f"ReduceLROnPlateau(last_epoch={self.last_epoch}, lr={self.get_last_lr()})"
