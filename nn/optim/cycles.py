"""Schedules that come back: `CyclicLR` up and down, `CosineAnnealingWarmRestarts` down and anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..checks import at_least, instance_of, number, one_of
from ..postponed import is_postponed
from .groups import check_count, per_group
from .one_cycle import momentum_of, momentum_setting
from .optimizer import Optimizer
from .schedule import Schedule
from .schedules import half_cosine


class CyclicLR(Schedule):
    """Up from base_lr to max_lr and down again in straight lines, over and over.

    Made for a step after every batch.  Momentum (β₁ in Adam and its kin) goes the other way
    (Smith, 2017; as in PyTorch).

    Args:
        base_lr, max_lr: the ends; a number, or one for each group.
        step_size_up, step_size_down: how many steps a way takes; default 2000, and as many down.
        mode: "triangular"; "triangular2", each cycle half as high as the last; or "exp_range",
            gammaᵗ times as high.
        gamma: for "exp_range"; default 1.
        scale_fn: a function of your own for how high, in place of a mode.
        scale_mode: whether scale_fn takes the number of the "cycle", from 1 up, or of steps
            ("iterations").
        cycle_momentum: False leaves momentum alone.
        base_momentum, max_momentum: momentum at max_lr, and at base_lr; a number, or one for each
            group.
        last_epoch: see `Schedule`.

    Raises:
        ValueError: a number or a mode out of range, an optimizer without momentum.

    >>> import nn
    >>> optimizer = nn.SGD(nn.Linear(1, 1).parameters(), lr=0.8, momentum=0.9)
    >>> schedule = nn.CyclicLR(optimizer, base_lr=0.25, max_lr=0.75, step_size_up=2)
    >>> [schedule.rate(t, group=0) for t in range(5)]
    [0.25, 0.5, 0.75, 0.5, 0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | Sequence[float],
        max_lr: float | Sequence[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[int], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.8,
        max_momentum: float | Sequence[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        instance_of(Optimizer, optimizer=optimizer)
        count = len(optimizer.param_groups)
        low = per_group("base_lr", base_lr, count)
        self.max_lrs = per_group("max_lr", max_lr, count)
        self.up = step_size_up
        self.down = step_size_up if step_size_down is None else step_size_down
        at_least(1, step_size_up=self.up, step_size_down=self.down)
        one_of("mode", mode, "triangular", "triangular2", "exp_range")
        one_of("scale_mode", scale_mode, "cycle", "iterations")
        self.mode = mode
        self.gamma = number("gamma", gamma, least=0)
        self.scale_fn = scale_fn
        self.scale_mode = scale_mode
        self.cycled = momentum_of(optimizer) if cycle_momentum else None
        self.momenta = list(
            zip(
                per_group("base_momentum", base_momentum, count),
                per_group("max_momentum", max_momentum, count),
                strict=True,
            )
        )
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, low, strict=True):
                group["initial_lr"] = rate
        super().__init__(optimizer, last_epoch)

    def rate(self, t: int, group: int) -> float:
        check_count("CyclicLR", "max_lr", self.max_lrs, self.groups)
        base = self.base_lrs[group]
        return base + (self.max_lrs[group] - base) * self._height(t)

    def settings(self, t: int, group: int) -> dict[str, Any]:
        """The rate, and the momentum that goes with it."""
        found: dict[str, Any] = {"lr": self.rate(t, group)}
        if self.cycled is not None:
            at_peak, at_base = self.momenta[group]
            momentum = at_base - (at_base - at_peak) * self._height(t)
            found |= momentum_setting(self.groups[group], self.cycled, momentum)
        return found

    def _height(self, t: int) -> float:
        """Which part of the way up step t is."""
        cycles, place = divmod(t, self.up + self.down)
        part = place / self.up if place <= self.up else (self.up + self.down - place) / self.down
        if self.scale_fn is not None:
            return part * self.scale_fn(cycles + 1 if self.scale_mode == "cycle" else t)
        if self.mode == "triangular2":
            return part * 0.5**cycles
        return part * self.gamma**t if self.mode == "exp_range" else part


class CosineAnnealingWarmRestarts(Schedule):
    """Half a cosine from base to eta_min in T_0 steps, then anew; each T_mult times as long.

    Within one of T steps: eta_min + (base − eta_min) · (1 + cos(π t / T)) / 2 (Loshchilov and
    Hutter, 2017).

    Args:
        T_0: at least 1.
        T_mult: at least 1; default 1.
        eta_min: default 0.
        last_epoch: see `Schedule`.

    >>> from engine import Tensor
    >>> from nn import SGD
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], lr=0.8)
    >>> schedule = CosineAnnealingWarmRestarts(optimizer, T_0=2)
    >>> schedule.step()
    >>> round(schedule.get_last_lr()[0], 6)
    0.4
    >>> schedule.step(1.5)  # within an epoch: after half its batches
    >>> round(schedule.get_last_lr()[0], 6)
    0.117157
    """

    part = 0.0  # of an epoch, beyond last_epoch

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        at_least(1, T_0=T_0, T_mult=T_mult)
        self.T_0, self.T_mult = T_0, T_mult
        self.eta_min = number("eta_min", eta_min, least=0)
        super().__init__(optimizer, last_epoch)

    def rate(self, t: int, group: int) -> float:
        place, length = t + self.part, self.T_0
        if self.T_mult == 1:
            place %= length
        while place >= length:
            place, length = place - length, length * self.T_mult
        return self.eta_min + (self.base_lrs[group] - self.eta_min) * half_cosine(place, length)

    def step(self, epoch: float | None = None) -> None:
        """One epoch further; or to this epoch, of which a part may be over."""
        if epoch is None:
            super().step()
            return
        if is_postponed(self.step, epoch):
            return
        whole, part = divmod(number("epoch", epoch, least=0), 1)
        before = self.last_epoch, self.part
        self.last_epoch, self.part = int(whole) - 1, part
        try:
            super().step()
        except BaseException:
            self.last_epoch, self.part = before
            raise

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule stands."""
        return {**super().state_dict(), "part": self.part}

    def _load(self, state: Mapping[str, Any]) -> list[float]:
        rates = super()._load(state)
        self.part = number("part", state["part"], least=0, below=1)
        return rates
