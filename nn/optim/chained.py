"""`ChainedScheduler`: several schedules stepped as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..postponed import is_postponed
from .optimizer import Optimizer
from .schedule import Schedule, check_schedulers


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
