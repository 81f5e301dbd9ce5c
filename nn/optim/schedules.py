"""Learning rates that change as training goes: call `schedule.step()` after each epoch, or batch.

Every schedule (but ReduceLROnPlateau, which looks at a number) is a formula: the rate after t
steps, from the rate the optimizer's group had when its first schedule was made.  Names, defaults
and rates are PyTorch's.  Those that multiply the base by a factor can be stepped together.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Iterable, Sequence

from ..checks import at_least, number
from .optimizer import Optimizer
from .schedule import Schedule, rising


class StepLR(Schedule):
    """Times gamma after every step_size steps: base · gamma^⌊t / step_size⌋.

    Args:
        step_size: at least 1.
        gamma: default 0.1.

    >>> import nn
    >>> optimizer = nn.SGD(nn.Linear(1, 1).parameters(), lr=0.8)
    >>> schedule = nn.StepLR(optimizer, step_size=2, gamma=0.5)
    >>> [schedule.rate(t, group=0) for t in range(6)]
    [0.8, 0.8, 0.4, 0.4, 0.2, 0.2]
    """

    multiplies = True

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        at_least(1, step_size=step_size)
        self.step_size = step_size
        self.gamma = number("gamma", gamma, least=0)
        super().__init__(optimizer, last_epoch)

    def rate(self, t: int, group: int) -> float:
        return self.base_lrs[group] * self.gamma ** (t // self.step_size)


class MultiStepLR(Schedule):
    """Times gamma at each milestone: base · gamma^(how many milestones are ≤ t).

    Args:
        milestones: numbers of steps, rising.
        gamma: default 0.1.

    >>> import nn
    >>> optimizer = nn.SGD(nn.Linear(1, 1).parameters(), lr=0.8)
    >>> schedule = nn.MultiStepLR(optimizer, milestones=[1, 4], gamma=0.5)
    >>> [schedule.rate(t, group=0) for t in range(6)]
    [0.8, 0.4, 0.4, 0.4, 0.2, 0.2]
    """

    multiplies = True

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones = rising(milestones)
        self.gamma = number("gamma", gamma, least=0)
        super().__init__(optimizer, last_epoch)

    def rate(self, t: int, group: int) -> float:
        return self.base_lrs[group] * self.gamma ** bisect.bisect_right(self.milestones, t)


class ExponentialLR(Schedule):
    """Times gamma at every step: base · gammaᵗ.

    >>> import nn
    >>> optimizer = nn.SGD(nn.Linear(1, 1).parameters(), lr=0.8)
    >>> schedule = nn.ExponentialLR(optimizer, gamma=0.5)
    >>> [schedule.rate(t, group=0) for t in range(4)]
    [0.8, 0.4, 0.2, 0.1]
    """

    multiplies = True

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = number("gamma", gamma, least=0)
        super().__init__(optimizer, last_epoch)

    def rate(self, t: int, group: int) -> float:
        return self.base_lrs[group] * self.gamma**t


class LambdaLR(Schedule):
    """A formula of your own: base · lr_lambda(t).

    Args:
        lr_lambda: a function of the number of steps, or a list of one for each group.

    Raises:
        ValueError: it is neither, or the list has another length.

    >>> import nn
    >>> optimizer = nn.SGD(nn.Linear(1, 1).parameters(), lr=0.8)
    >>> schedule = nn.LambdaLR(optimizer, lambda t: 1 / (1 + t))
    >>> [schedule.rate(t, group=0) for t in range(2)]
    [0.8, 0.4]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        count = len(optimizer.param_groups) if isinstance(optimizer, Optimizer) else 1
        several = isinstance(lr_lambda, Sequence)
        self.factors = list(lr_lambda) if isinstance(lr_lambda, Sequence) else [lr_lambda]
        if (several and len(self.factors) != count) or not all(callable(f) for f in self.factors):
            raise ValueError(f"lr_lambda must be a function, or a list of {count} functions")
        super().__init__(optimizer, last_epoch)

    def rate(self, t: int, group: int) -> float:
        if len(self.factors) not in (1, len(self.groups)):
            raise ValueError(
                f"lr_lambda has {len(self.factors)} functions, there are {len(self.groups)} groups "
                "now: give one function for all, or make the LambdaLR after the last group"
            )
        return float(self.base_lrs[group] * self._factor(t, group % len(self.factors)))

    def _factor(self, t: int, which: int) -> float:
        """What the base is multiplied by after t steps."""
        return self.factors[which](t)


class MultiplicativeLR(LambdaLR):
    """Times lr_lambda(t) at each step t: base · lr_lambda(1) · lr_lambda(2) · … · lr_lambda(t).

    Args:
        lr_lambda: a function of the number of steps, or a list of one for each group.

    >>> import nn
    >>> optimizer = nn.SGD(nn.Linear(1, 1).parameters(), lr=0.8)
    >>> schedule = nn.MultiplicativeLR(optimizer, lambda t: 1 if t < 2 else 0.5)
    >>> [schedule.rate(t, group=0) for t in range(4)]
    [0.8, 0.8, 0.4, 0.2]
    """

    multiplies = True

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        self.products: dict[int, list[float]] = {}
        super().__init__(optimizer, lr_lambda, last_epoch)

    def _factor(self, t: int, which: int) -> float:
        """The product so far; a function is called once for each step."""
        products = self.products.setdefault(which, [1.0])
        while len(products) <= t:
            products.append(products[-1] * self.factors[which](len(products)))
        return products[t]


class CosineAnnealingLR(Schedule):
    """Half a cosine from base to eta_min in T_max steps (and back up, if it goes on).

    eta_min + (base − eta_min) · (1 + cos(π t / T_max)) / 2 (Loshchilov and Hutter, 2017).

    Args:
        T_max: at least 1.
        eta_min: default 0.

    >>> import nn
    >>> optimizer = nn.SGD(nn.Linear(1, 1).parameters(), lr=0.8)
    >>> schedule = nn.CosineAnnealingLR(optimizer, T_max=4)
    >>> [round(schedule.rate(t, group=0), 3) for t in range(5)]
    [0.8, 0.683, 0.4, 0.117, 0.0]
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        at_least(1, T_max=T_max)
        self.T_max = T_max
        self.eta_min = number("eta_min", eta_min, least=0)
        super().__init__(optimizer, last_epoch)

    @property
    def multiplies(self) -> bool:  # type: ignore[override]  # a constant of the other classes
        """Whether the rate is the base times a factor: not with an eta_min."""
        return self.eta_min == 0

    def rate(self, t: int, group: int) -> float:
        return self.eta_min + (self.base_lrs[group] - self.eta_min) * half_cosine(t, self.T_max)

    def base_of(self, lr: float) -> float:
        half = half_cosine(self.last_epoch, self.T_max)
        return self.eta_min + (lr - self.eta_min) / half if half else lr


def half_cosine(t: float, steps: int) -> float:
    """Where half a cosine is after t steps, that takes `steps` from 1 to 0."""
    return (1 + math.cos(math.pi * t / steps)) / 2
