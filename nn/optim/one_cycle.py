"""`OneCycleLR`: the learning rate up and down again once, momentum the other way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..checks import at_least, instance_of, number, one_of
from .groups import Group, check_count, per_group
from .optimizer import Optimizer
from .schedule import Schedule


class OneCycleLR(Schedule):
    """From max_lr / div_factor up to max_lr, then down to the start / final_div_factor.

    Made for a step after every batch.  Momentum (β₁ in Adam and its kin) goes the other way
    (Smith and Topin, 2018; as in PyTorch).

    Args:
        max_lr: the peak; a number, or one for each group.
        total_steps: how many steps there will be; or give epochs and steps_per_epoch.
        pct_start: which part of the steps goes up; default 0.3.
        anneal_strategy: "cos" or "linear".
        cycle_momentum: False leaves momentum alone.
        base_momentum, max_momentum: momentum at the peak, and at both ends.
        div_factor, final_div_factor: default 25 and 10,000.
        three_phase: down as it came up, and then further down.

    Raises:
        ValueError: a number out of range, an optimizer without momentum; in `step`, more steps
            than total_steps.

    >>> import nn
    >>> optimizer = nn.SGD(nn.Linear(1, 1).parameters(), lr=0.8, momentum=0.9)
    >>> schedule = nn.OneCycleLR(optimizer, max_lr=1.0, total_steps=5)
    >>> [round(schedule.rate(t, group=0), 3) for t in range(5)]
    [0.04, 0.95, 0.611, 0.188, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        instance_of(Optimizer, optimizer=optimizer)
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        self.max_lrs = per_group("max_lr", max_lr, len(optimizer.param_groups))
        part = number("pct_start", pct_start, least=0)
        if part > 1:
            raise ValueError(f"pct_start must lie in [0, 1], got {pct_start}")
        one_of("anneal_strategy", anneal_strategy, "cos", "linear")
        self.anneal = _cosine if anneal_strategy == "cos" else _linear
        self.momenta = (
            number("base_momentum", base_momentum, least=0, below=1),
            number("max_momentum", max_momentum, least=0, below=1),
        )
        self.cycled = momentum_of(optimizer) if cycle_momentum else None
        for name, divisor in (("div_factor", div_factor), ("final_div_factor", final_div_factor)):
            if number(name, divisor, least=0) == 0:
                raise ValueError(f"{name} must be above 0, got 0")
        self.final_div_factor = final_div_factor
        # where each phase ends, and between which of start, peak and end the rate goes
        up = part * self.total_steps - 1
        last = self.total_steps - 1
        self.phases = (
            [(up, "start", "peak"), (2 * up, "peak", "start"), (last, "start", "end")]
            if three_phase
            else [(up, "start", "peak"), (last, "peak", "end")]
        )
        if last_epoch == -1:
            for group, peak in zip(optimizer.param_groups, self.max_lrs, strict=True):
                group["initial_lr"] = peak / div_factor
        super().__init__(optimizer, last_epoch)

    def rate(self, t: int, group: int) -> float:
        check_count("OneCycleLR", "max_lr", self.max_lrs, self.groups)
        before, after, part = self._place(t)
        base = self.base_lrs[group]
        rates = {"start": base, "peak": self.max_lrs[group], "end": base / self.final_div_factor}
        return self.anneal(rates[before], rates[after], part)

    def settings(self, t: int, group: int) -> dict[str, Any]:
        """The rate, and the momentum that goes with it."""
        found: dict[str, Any] = {"lr": self.rate(t, group)}
        if self.cycled is not None:
            before, after, part = self._place(t)
            at_peak, at_ends = self.momenta
            momenta = {"start": at_ends, "peak": at_peak, "end": at_ends}
            momentum = self.anneal(momenta[before], momenta[after], part)
            found |= momentum_setting(self.groups[group], self.cycled, momentum)
        return found

    def _place(self, t: int) -> tuple[str, str, float]:
        """The phase that step t is in, and which part of it is over."""
        if t > self.total_steps:
            raise ValueError(f"OneCycleLR was made for {self.total_steps} steps, this is one more")
        began = 0.0
        for end, before, after in self.phases[:-1]:
            if t <= end:
                return before, after, (t - began) / (end - began) if end > began else 1.0
            began = end
        end, before, after = self.phases[-1]
        return before, after, min((t - began) / (end - began), 1.0) if end > began else 1.0


def _cosine(a: float, b: float, part: float) -> float:
    return b + (a - b) / 2 * (1 + math.cos(math.pi * part))


def _linear(a: float, b: float, part: float) -> float:
    return (b - a) * part + a


def _total(total_steps: Any, epochs: Any, steps_per_epoch: Any) -> int:
    if total_steps is not None:
        at_least(1, total_steps=total_steps)
        return int(total_steps)
    if epochs is None or steps_per_epoch is None:
        raise ValueError("OneCycleLR needs total_steps, or both epochs and steps_per_epoch")
    at_least(1, epochs=epochs, steps_per_epoch=steps_per_epoch)
    return int(epochs) * int(steps_per_epoch)


def momentum_of(optimizer: Optimizer) -> str:
    """The setting that holds an optimizer's momentum."""
    for name in ("betas", "momentum"):
        if name in optimizer.defaults:
            return name
    raise ValueError(
        f"{type(optimizer).__name__} has neither momentum nor betas: pass cycle_momentum=False"
    )


def momentum_setting(group: Group, name: str, momentum: float) -> Group:
    """That setting of a group, with another momentum."""
    return {name: momentum if name == "momentum" else (momentum, group["betas"][1])}
