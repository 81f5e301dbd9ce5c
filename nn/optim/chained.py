"""Several schedules as one: `ChainedScheduler` steps them together, `SequentialLR` in turn."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..postponed import is_postponed
from .optimizer import Optimizer
from .schedule import Schedule, check_schedulers, rising


class ChainedScheduler:
    """Steps several schedules together; what they multiply the rate by is multiplied.

    Args:
        schedulers: over one optimizer, and of those that multiply; not ReduceLROnPlateau, whose
            step takes a number.
        optimizer: theirs, if it is given.

    Raises:
        TypeError: something that is not a schedule of that optimizer.
        ValueError: no schedules; in `step`, one that does not multiply.  Nothing was stepped.

    >>> from engine import Tensor
    >>> from nn import SGD, ConstantLR, ExponentialLR
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], lr=0.8)
    >>> both = [ConstantLR(optimizer, 0.5, total_iters=2), ExponentialLR(optimizer, 0.5)]
    >>> schedule = ChainedScheduler(both)
    >>> for _ in range(2):
    ...     schedule.step()
    >>> schedule.get_last_lr()
    [0.2]
    """

    def __init__(self, schedulers: Sequence[Schedule], optimizer: Optimizer | None = None) -> None:
        self.schedules = list(schedulers)
        if not self.schedules:
            raise ValueError("schedulers is empty: there is nothing to step")
        self.optimizer = getattr(self.schedules[0], "optimizer", None) or optimizer
        check_schedulers(self.schedules, optimizer or self.optimizer)

    def step(self) -> None:
        """One epoch (or batch) further."""
        if is_postponed(self.step):
            return
        before = self.state_dict()
        try:
            for schedule in self.schedules:
                schedule.step()
        except BaseException:
            self._give(before)
            raise

    def get_last_lr(self) -> list[float]:
        """The rates that were set last, by group."""
        return self.schedules[-1].get_last_lr()

    def state_dict(self) -> dict[str, Any]:
        """Where each of the schedules stands."""
        return {"schedules": [schedule.state_dict() for schedule in self.schedules]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict()`: the optimizer has the rates it had then.

        Raises:
            ValueError: not the state of such schedules; nothing was loaded.
        """
        parts = state.get("schedules") if isinstance(state, Mapping) else None
        if not isinstance(parts, Sequence) or len(parts) != len(self.schedules):
            raise ValueError(f"not the state of a chain of {len(self.schedules)} schedules")
        before = self.state_dict()
        try:
            self._give(state)
        except BaseException:
            self._give(before)
            raise

    def _give(self, state: Mapping[str, Any]) -> None:
        for schedule, part in zip(self.schedules, state["schedules"], strict=True):
            schedule.load_state_dict(part)

    def __repr__(self) -> str:
        return f"ChainedScheduler({self.schedules})"


class SequentialLR(Schedule):
    """One schedule after another; each counts from 0 when its turn comes.

    Args:
        schedulers: over the same optimizer; not ReduceLROnPlateau, which follows no formula.
        milestones: after how many steps each but the first begins, rising.

    Raises:
        ValueError: there must be one milestone fewer than schedules.
        TypeError: something that is not a schedule of this optimizer.

    >>> import nn
    >>> optimizer = nn.SGD(nn.Linear(1, 1).parameters(), lr=0.8)
    >>> parts = [nn.ConstantLR(optimizer, 0.5, 2), nn.ExponentialLR(optimizer, gamma=0.5)]
    >>> schedule = nn.SequentialLR(optimizer, parts, milestones=[2])
    >>> [schedule.settings(t, group=0)["lr"] for t in range(5)]
    [0.4, 0.4, 0.8, 0.4, 0.2]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[Schedule],
        milestones: Iterable[int],
        last_epoch: int = -1,
    ) -> None:
        self.schedules = list(schedulers)
        self.milestones = rising(milestones)
        check_schedulers(self.schedules, optimizer)
        if len(self.schedules) != len(self.milestones) + 1:
            raise ValueError(
                f"{len(self.schedules)} schedules need {len(self.schedules) - 1} milestones, "
                f"got {self.milestones}"
            )
        super().__init__(optimizer, last_epoch)

    def settings(self, t: int, group: int) -> dict[str, Any]:
        """What the schedule whose turn it is sets."""
        turn = bisect.bisect_right(self.milestones, t)
        began = self.milestones[turn - 1] if turn else 0
        return self.schedules[turn].settings(t - began, group)

    def state_dict(self) -> dict[str, Any]:
        """Where this stands, and the schedules in it."""
        return {**super().state_dict(), "schedules": [s.state_dict() for s in self.schedules]}

    def meet_groups(self) -> None:
        """Take in the groups that the optimizer has got since, here and in each schedule."""
        super().meet_groups()
        for schedule in self.schedules:
            schedule.meet_groups()

    def _load(self, state: Mapping[str, Any]) -> list[float]:
        if not isinstance(state, Mapping) or len(state.get("schedules", ())) != len(self.schedules):
            raise ValueError(f"not the state of a sequence of {len(self.schedules)} schedules")
        rates = super()._load(state)
        for schedule, part in zip(self.schedules, state["schedules"], strict=True):
            schedule._load(part)
        return rates
