"""`Schedule`, the base of the learning rate schedules, and one schedule after another."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..checks import at_least, instance_of, number
from .optimizer import Optimizer


class Schedule:
    """Base of the schedules; one of your own needs `rate`.

    Making one sets the rates for t = 0.

    Args:
        optimizer: whose groups' "lr" is set.

    Raises:
        TypeError: optimizer is not an Optimizer.

    >>> from engine import Tensor
    >>> from nn import SGD
    >>> class Halving(Schedule):
    ...     def rate(self, t, group):
    ...         return self.base_lrs[group] / 2**t
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], lr=0.8)
    >>> schedule = Halving(optimizer)
    >>> schedule.step()
    >>> optimizer.param_groups[0]["lr"], schedule.get_last_lr()
    (0.4, [0.4])
    """

    def __init__(self, optimizer: Optimizer) -> None:
        instance_of(Optimizer, optimizer=optimizer)
        self.optimizer = optimizer
        # kept in the group, for the next schedule of a sequence: this one changes "lr" at once
        self.base_lrs = [group.setdefault("initial_lr", group["lr"]) for group in self.groups]
        self.last_epoch = 0
        self.apply()

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The optimizer's parameter groups."""
        return self.optimizer.param_groups

    def rate(self, t: int, group: int) -> float:
        """The learning rate of a group after t steps."""
        raise NotImplementedError(f"{type(self).__name__} must define rate()")

    def settings(self, t: int, group: int) -> dict[str, Any]:
        """What a group is to hold after t steps: "lr", and what else the schedule sets."""
        return {"lr": self.rate(t, group)}

    def apply(self) -> None:
        """Set the groups to what they are to hold now."""
        found = [self.settings(self.last_epoch, i) for i in range(len(self.groups))]
        for group, settings in zip(self.groups, found, strict=True):
            group.update(settings)
        self._last_lr = [settings["lr"] for settings in found]

    def step(self) -> None:
        """One epoch (or batch) further."""
        self.last_epoch += 1
        try:
            self.apply()
        except BaseException:
            self.last_epoch -= 1
            raise

    def get_last_lr(self) -> list[float]:
        """The rates that were set last, by group."""
        return list(self._last_lr)

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule stands.  What it is called with is yours to give again."""
        return {
            "last_epoch": self.last_epoch,
            "base_lrs": list(self.base_lrs),
            "last_lr": list(self._last_lr),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict()`; the optimizer has the rates in a state of its own.

        Raises:
            ValueError: not the state of such a schedule, or of one over another number of groups.
        """
        own = self.state_dict()
        if not isinstance(state, Mapping) or set(state) != set(own):
            raise ValueError(f"the state of a {type(self).__name__} is a dict with {sorted(own)}")
        at_least(0, last_epoch=state["last_epoch"])
        rates = {}
        for key in ("base_lrs", "last_lr"):
            rates[key] = [number(key, x, least=0) for x in state[key]]
            if len(rates[key]) != len(self.groups):
                raise ValueError(
                    f"the state has {len(rates[key])} {key}, there are {len(self.groups)} groups"
                )
        self.last_epoch = int(state["last_epoch"])
        self.base_lrs = rates["base_lrs"]
        self._last_lr = rates["last_lr"]


class SequentialLR(Schedule):
    """One schedule after another; each counts from 0 when its turn comes.

    Args:
        schedules: over the same optimizer; not ReduceLROnPlateau, which follows no formula.
        milestones: after how many steps each but the first begins, rising.

    Raises:
        ValueError: there must be one milestone fewer than schedules.
        TypeError: something that is not a schedule of this optimizer.
    """

    def __init__(
        self, optimizer: Optimizer, schedules: Sequence[Schedule], milestones: Iterable[int]
    ) -> None:
        self.schedules = list(schedules)
        self.milestones = rising(milestones)
        for i, schedule in enumerate(self.schedules):
            if not isinstance(schedule, Schedule) or schedule.optimizer is not optimizer:
                raise TypeError(
                    f"schedules[{i}] must be a schedule over the same optimizer, got a "
                    f"{type(schedule).__name__}"
                )
        if len(self.schedules) != len(self.milestones) + 1:
            raise ValueError(
                f"{len(self.schedules)} schedules need {len(self.schedules) - 1} milestones, "
                f"got {self.milestones}"
            )
        super().__init__(optimizer)

    def settings(self, t: int, group: int) -> dict[str, Any]:
        """What the schedule whose turn it is sets."""
        turn = bisect.bisect_right(self.milestones, t)
        began = self.milestones[turn - 1] if turn else 0
        return self.schedules[turn].settings(t - began, group)

    def state_dict(self) -> dict[str, Any]:
        """Where this stands, and the schedules in it."""
        return {**super().state_dict(), "schedules": [s.state_dict() for s in self.schedules]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict()`.

        Raises:
            ValueError: not the state of such a sequence; nothing was loaded.
        """
        if not isinstance(state, Mapping) or len(state.get("schedules", ())) != len(self.schedules):
            raise ValueError(f"not the state of a sequence of {len(self.schedules)} schedules")
        before = [schedule.state_dict() for schedule in self.schedules]
        try:
            for schedule, part in zip(self.schedules, state["schedules"], strict=True):
                schedule.load_state_dict(part)
            super().load_state_dict(state)
        except BaseException:
            for schedule, part in zip(self.schedules, before, strict=True):
                schedule.load_state_dict(part)
            raise


def rising(milestones: Iterable[int]) -> list[int]:
    """Milestones as a list, checked: numbers of steps, each larger than the one before."""
    found = list(milestones)
    for i, milestone in enumerate(found):
        at_least(1, **{f"milestones[{i}]": milestone})
    if any(a >= b for a, b in itertools.pairwise(found)):
        raise ValueError(f"milestones must rise, got {found}")
    return found
