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
    """

    multiplies = True

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        at_least(1, step_size=step_size)
        self.step_size = step_size
        self.gamma = number("gamma", gamma, least=0)
        super().__init__(optimizer)

    def rate(self, t: int, group: int) -> float:
        return self.base_lrs[group] * self.gamma ** (t // self.step_size)


class MultiStepLR(Schedule):
    """Times gamma at each milestone: base · gamma^(how many milestones are ≤ t).

    Args:
        milestones: numbers of steps, rising.
        gamma: default 0.1.
    """

    multiplies = True

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1) -> None:
        self.milestones = rising(milestones)
        self.gamma = number("gamma", gamma, least=0)
        super().__init__(optimizer)

    def rate(self, t: int, group: int) -> float:
        return self.base_lrs[group] * self.gamma ** bisect.bisect_right(self.milestones, t)


class ExponentialLR(Schedule):
    """Times gamma at every step: base · gammaᵗ."""

    multiplies = True

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        self.gamma = number("gamma", gamma, least=0)
        super().__init__(optimizer)

    def rate(self, t: int, group: int) -> float:
        return self.base_lrs[group] * self.gamma**t


class LambdaLR(Schedule):
    """A formula of your own: base · factor(t).

    Args:
        factor: a function of the number of steps, or a list of one for each group.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        factor: Callable[[int], float] | Sequence[Callable[[int], float]],
    ) -> None:
        count = len(optimizer.param_groups) if isinstance(optimizer, Optimizer) else 1
        self.factors = list(factor) if isinstance(factor, Sequence) else [factor]
        fits = len(self.factors) == count or not isinstance(factor, Sequence)
        if not fits or not all(callable(f) for f in self.factors):
            raise ValueError(f"factor must be a function, or a list of {count} functions")
        super().__init__(optimizer)

    def rate(self, t: int, group: int) -> float:
        if len(self.factors) not in (1, len(self.groups)):
            raise ValueError(
                f"factor has {len(self.factors)} functions, there are {len(self.groups)} groups "
                "now: give one function for all, or make the LambdaLR after the last group"
            )
        return float(self.base_lrs[group] * self.factors[group % len(self.factors)](t))


class CosineAnnealingLR(Schedule):
    """Half a cosine from base to eta_min in T_max steps (and back up, if it goes on).

    eta_min + (base − eta_min) · (1 + cos(π t / T_max)) / 2 (Loshchilov and Hutter, 2017).

    Args:
        T_max: at least 1.
        eta_min: default 0.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        at_least(1, T_max=T_max)
        self.T_max = T_max
        self.eta_min = number("eta_min", eta_min, least=0)
        super().__init__(optimizer)

    @property
    def multiplies(self) -> bool:  # type: ignore[override]  # a constant of the other classes
        """Whether the rate is the base times a factor: not with an eta_min."""
        return self.eta_min == 0

    def rate(self, t: int, group: int) -> float:
        return self.eta_min + (self.base_lrs[group] - self.eta_min) * self._half(t)

    def base_of(self, lr: float) -> float:
        half = self._half(self.last_epoch)
        return self.eta_min + (lr - self.eta_min) / half if half else lr

    def _half(self, t: int) -> float:
        return (1 + math.cos(math.pi * t / self.T_max)) / 2


class LinearWarmup(Schedule):
    """From start_factor · base up to base in equal parts, total_iters steps long; base after that.

    PyTorch's LinearLR.  To go on with another schedule, put both into a `SequentialLR`:

        warmup = LinearWarmup(optimizer, 5)
        schedule = SequentialLR(optimizer, [warmup, CosineAnnealingLR(optimizer, 95)], [5])

    Args:
        total_iters: at least 1; default 5.
        start_factor: from above 0 to 1; default 1/3.
    """

    multiplies = True

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, start_factor: float = 1 / 3
    ) -> None:
        at_least(1, total_iters=total_iters)
        self.total_iters = total_iters
        self.start_factor = number("start_factor", start_factor, least=0)
        if not 0 < self.start_factor <= 1:
            raise ValueError(f"start_factor must be above 0 and at most 1, got {start_factor}")
        super().__init__(optimizer)

    def rate(self, t: int, group: int) -> float:
        part = min(t / self.total_iters, 1.0)
        return self.base_lrs[group] * (self.start_factor + (1 - self.start_factor) * part)
