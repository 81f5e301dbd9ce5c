"""Learning rates that follow a line or a power: constant for a while, linear, polynomial."""

from __future__ import annotations

from ..checks import at_least, number, probability
from .optimizer import Optimizer
from .schedule import Schedule


class ConstantLR(Schedule):
    """Times factor for total_iters steps; base after that.

    Args:
        factor: from 0 to 1; default 1/3.
        total_iters: default 5.

    >>> import nn
    >>> optimizer = nn.SGD(nn.Linear(1, 1).parameters(), lr=0.8)
    >>> schedule = nn.ConstantLR(optimizer, factor=0.25, total_iters=2)
    >>> [schedule.rate(t, group=0) for t in range(4)]
    [0.2, 0.2, 0.8, 0.8]
    """

    multiplies = True

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        at_least(0, total_iters=total_iters)
        self.factor = probability("factor", factor)
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def rate(self, t: int, group: int) -> float:
        return self.base_lrs[group] * (self.factor if t < self.total_iters else 1.0)


class LinearLR(Schedule):
    """From start_factor · base to end_factor · base in equal parts, total_iters steps long.

    As a warm-up before another schedule, in a `SequentialLR`:

        warmup = LinearLR(optimizer, total_iters=5)
        schedule = SequentialLR(optimizer, [warmup, CosineAnnealingLR(optimizer, 95)], [5])

    Args:
        start_factor: from above 0 to 1; default 1/3.
        end_factor: from 0 to 1; default 1.
        total_iters: at least 1; default 5.

    Raises:
        ValueError: an argument outside what is said above.

    >>> import nn
    >>> optimizer = nn.SGD(nn.Linear(1, 1).parameters(), lr=0.8)
    >>> schedule = nn.LinearLR(optimizer, start_factor=0.5, total_iters=4)
    >>> [round(schedule.rate(t, group=0), 3) for t in range(6)]
    [0.4, 0.5, 0.6, 0.7, 0.8, 0.8]
    """

    multiplies = True
    end_factor = 1.0  # of a LinearWarmup that was pickled before there was another

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        at_least(1, total_iters=total_iters)
        self.start_factor = number("start_factor", start_factor, least=0)
        if not 0 < self.start_factor <= 1:
            raise ValueError(f"start_factor must be above 0 and at most 1, got {start_factor}")
        self.end_factor = probability("end_factor", end_factor)
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def rate(self, t: int, group: int) -> float:
        part = min(t / self.total_iters, 1.0)
        factor = self.start_factor + (self.end_factor - self.start_factor) * part
        return self.base_lrs[group] * factor


class LinearWarmup(LinearLR):
    """`LinearLR` up to base, the number of steps first.

    Args:
        total_iters: at least 1; default 5.
        start_factor: from above 0 to 1; default 1/3.

    >>> import nn
    >>> optimizer = nn.SGD(nn.Linear(1, 1).parameters(), lr=0.9)
    >>> schedule = nn.LinearWarmup(optimizer, 4)
    >>> [round(schedule.rate(t, group=0), 3) for t in range(6)]
    [0.3, 0.45, 0.6, 0.75, 0.9, 0.9]
    """

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, start_factor: float = 1 / 3
    ) -> None:
        super().__init__(optimizer, start_factor, total_iters=total_iters)


class PolynomialLR(Schedule):
    """Down to 0 in total_iters steps: base · (1 − t / total_iters)^power; 0 after that.

    Args:
        total_iters: at least 1; default 5.
        power: default 1, a straight line.

    >>> import nn
    >>> optimizer = nn.SGD(nn.Linear(1, 1).parameters(), lr=0.8)
    >>> schedule = nn.PolynomialLR(optimizer, total_iters=4, power=2)
    >>> [schedule.rate(t, group=0) for t in range(5)]
    [0.8, 0.45, 0.2, 0.05, 0.0]
    """

    multiplies = True

    def __init__(
        self,
        optimizer: Optimizer,
        total_iters: int = 5,
        power: float = 1.0,
        last_epoch: int = -1,
    ) -> None:
        at_least(1, total_iters=total_iters)
        self.total_iters = total_iters
        self.power = number("power", power, least=0)
        super().__init__(optimizer, last_epoch)

    def rate(self, t: int, group: int) -> float:
        return self.base_lrs[group] * (1 - min(t / self.total_iters, 1.0)) ** self.power
