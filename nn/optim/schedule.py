"""`Schedule`, the base of the learning rate schedules, and one schedule after another."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from typing import Any

from ..checks import at_least, instance_of, number
from ..postponed import is_postponed
from .optimizer import Optimizer


class Share:
    """What a schedule multiplies the rate of each group by; the optimizer has those of all.

    So schedules that are stepped together multiply, as PyTorch's do:

    >>> from engine import Tensor
    >>> from nn import SGD, ExponentialLR, StepLR
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], lr=0.8)
    >>> for schedule in (ExponentialLR(optimizer, 0.5), StepLR(optimizer, 1, gamma=0.25)):
    ...     schedule.step()
    >>> optimizer.param_groups[0]["lr"], [share.of(0) for share in optimizer.shares]
    (0.1, [0.5, 0.25])
    """

    def __init__(self, for_all: bool = False) -> None:
        self.rates: list[float] = []
        self.bases: list[float] = []
        self.for_all = for_all  # whether groups that are added later have the factor of the others
        self.stepped = False

    def of(self, group: int) -> float:
        """The factor of that group."""
        if group < len(self.rates):
            return self.rates[group] / self.bases[group] if self.bases[group] else 1.0
        return self.of(0) if self.for_all and self.rates else 1.0


def product(shares: Iterable[Share], group: int) -> float:
    """What these multiply the rate of a group by."""
    return math.prod(share.of(group) for share in shares)


class Schedule:
    """Base of the schedules; one of your own needs `rate`.

    Making one sets the rates for t = 0; a rate that you assign to a group holds until the next
    step.  A group that is added to the optimizer later goes on from the rate it has then.

    Args:
        optimizer: whose groups' "lr" is set.
        last_epoch: -1 to begin; else how many steps were made less one, of an optimizer whose state
            was loaded (`load_state_dict` of the schedule does without it).

    Raises:
        TypeError: optimizer is not an Optimizer.
        ValueError: in `step`, another schedule has changed the rates, and this one does not
            multiply.

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

    #: Whether the rate is base · factor(t), the same factor for each group: then the schedule can
    #: be stepped together with others.
    multiplies: bool = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        instance_of(Optimizer, optimizer=optimizer)
        at_least(-1, last_epoch=last_epoch)
        if last_epoch >= 0 and any("initial_lr" not in g for g in optimizer.param_groups):
            raise ValueError(
                f"last_epoch={last_epoch} goes on from the 'initial_lr' of each group, which is "
                "not there: load the optimizer's state first, or leave last_epoch out"
            )
        self.optimizer = optimizer
        self.base_lrs: list[float] = []
        self.last_epoch = last_epoch + 1
        self.share = Share(self.multiplies)
        # schedules that were stepped have had their turn; one that does not multiply begins alone
        before = optimizer.shares
        optimizer.shares = tuple(x for x in before if self.multiplies and not x.stepped)
        try:
            self.meet_groups()
            self.apply()
        except BaseException:
            optimizer.shares = before
            raise

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The optimizer's parameter groups."""
        return self.optimizer.param_groups

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update({"share": Share(), **state})  # one of before had no share

    def rate(self, t: int, group: int) -> float:
        """The learning rate of a group after t steps."""
        raise NotImplementedError(f"{type(self).__name__} must define rate()")

    def settings(self, t: int, group: int) -> dict[str, Any]:
        """What a group is to hold after t steps: "lr", and what else the schedule sets."""
        return {"lr": self.rate(t, group)}

    def base_of(self, lr: float) -> float:
        """The base of a group that has this rate now."""
        return lr / (self.share.of(len(self.share.rates)) or 1.0)

    def meet_groups(self) -> None:
        """Take in the groups that the optimizer has got since."""
        others = [x for x in self.optimizer.shares if x is not self.share]
        for i, group in enumerate(self.groups[len(self.base_lrs) :], start=len(self.base_lrs)):
            # kept in the group, for the next schedule: this one changes "lr" at once
            if "initial_lr" not in group:
                group["initial_lr"] = self.base_of(group["lr"] / (product(others, i) or 1.0))
            self.base_lrs.append(group["initial_lr"])

    def apply(self) -> None:
        """Set the groups to what they are to hold now, times what other schedules multiply by."""
        found = [self.settings(self.last_epoch, i) for i in range(len(self.groups))]
        others = [x for x in self.optimizer.shares if x is not self.share]
        if not others:  # so that what is the usual case costs no more
            self._set(found, [settings["lr"] for settings in found])
            return
        factors = [product(others, i) for i in range(len(found))]
        if not self.multiplies and any(factor != 1 for factor in factors):
            raise ValueError(
                f"{type(self).__name__} sets the rates by itself, and another schedule of this "
                f"optimizer has multiplied them by {factors}: put one after the other into a "
                "SequentialLR, or step schedules that multiply (StepLR, MultiStepLR, "
                "ExponentialLR, ConstantLR, LinearLR, PolynomialLR, MultiplicativeLR, and "
                "CosineAnnealingLR with eta_min=0)"
            )
        self._set(found, [x["lr"] * factor for x, factor in zip(found, factors, strict=True)])

    def _set(self, found: list[dict[str, Any]], rates: list[float]) -> None:
        """Give the groups these settings, and rates that other schedules have part in."""
        self.share.rates, self.share.bases = [x["lr"] for x in found], self.base_lrs
        if self.share not in self.optimizer.shares:
            self.optimizer.shares += (self.share,)
        for group, settings, rate in zip(self.groups, found, rates, strict=True):
            group.update(settings)
            group["lr"] = rate
        self._last_lr = rates

    def step(self) -> None:
        """One epoch (or batch) further."""
        if is_postponed(self.step):
            return
        if len(self.base_lrs) < len(self.groups):
            self.meet_groups()
        self.last_epoch += 1
        try:
            self.apply()
        except BaseException:
            self.last_epoch -= 1
            raise
        self.share.stepped = True

    def get_last_lr(self) -> list[float]:
        """The rates that were set last, by group."""
        return list(self._last_lr)

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule stands.  What it is called with is yours to give again."""
        self.meet_groups()
        return {
            "last_epoch": self.last_epoch,
            "base_lrs": list(self.base_lrs),
            "last_lr": [group["lr"] for group in self.groups],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict()`: the optimizer has the rates it had then.

        It does not matter whether the optimizer's own state is loaded before or after.

        Raises:
            ValueError: not the state of such a schedule, or of one over another number of groups;
                nothing was loaded.
        """
        before = self.state_dict()
        try:
            rates = self._load(state)
            found = [self.settings(self.last_epoch, i) for i in range(len(self.groups))]
        except BaseException:
            self._load(before)
            raise
        self._set(found, rates)
        self.share.stepped = self.last_epoch > 0

    def _load(self, state: Mapping[str, Any]) -> list[float]:
        """Take over a state without a word to the optimizer; the rates it had then."""
        own = self.state_dict()
        if not isinstance(state, Mapping) or set(state) != set(own):
            raise ValueError(f"the state of a {type(self).__name__} is a dict with {sorted(own)}")
        at_least(0, last_epoch=state["last_epoch"])
        keys = ("base_lrs", "last_lr")
        rates = {key: rates_of(key, state[key], len(self.groups)) for key in keys}
        self.last_epoch = int(state["last_epoch"])
        self.base_lrs = rates["base_lrs"]
        return rates["last_lr"]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(last_epoch={self.last_epoch}, lr={self.get_last_lr()})"


def rates_of(key: str, rates: Iterable[Any], groups: int) -> list[float]:
    """The rates in a state, checked: one for each group."""
    found = [number(key, x, least=0) for x in rates]
    if len(found) != groups:
        raise ValueError(f"the state has {len(found)} {key}, there are {groups} groups")
    return found


def check_schedulers(schedules: list[Schedule], optimizer: Any) -> None:
    """Check that all are schedules of that optimizer; TypeError otherwise."""
    for i, schedule in enumerate(schedules):
        if not isinstance(schedule, Schedule) or schedule.optimizer is not optimizer:
            raise TypeError(
                f"schedulers[{i}] must be a schedule over the same optimizer, got a "
                f"{type(schedule).__name__}"
            )


def rising(milestones: Iterable[int]) -> list[int]:
    """Milestones as a list, checked: numbers of steps, each larger than the one before."""
    found = list(milestones)
    for i, milestone in enumerate(found):
        at_least(1, **{f"milestones[{i}]": milestone})
    if any(a >= b for a, b in itertools.pairwise(found)):
        raise ValueError(f"milestones must rise, got {found}")
    return found
