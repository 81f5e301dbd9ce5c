"""A race of steps that agree: they take turns in one run, and a ratio is taken within a turn.

A step is a function without arguments that returns `(loss, gradients)`.
"""

import gc
import math
import statistics
import time
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

OURS, HAND, COMPILED = "twingrad", "by hand", "compiled"

Step = Callable[[], tuple]


class DisagreementError(Exception):
    """A contender computes something else, so that its time means nothing."""


@dataclass(frozen=True)
class Workload:
    """What is raced: a name, functions that make each contender's step, what is counted."""

    name: str
    makers: Mapping[str, Callable[[], Step]]
    tolerance: float = 1e-9
    units: int = 1  # ops or nodes of a step, where the time of one is of interest


@dataclass(frozen=True)
class Result:
    """What was measured of each contender.

    Attributes:
        cpu, wall: seconds of a step, a number a round.
        peak: bytes that a step allocates at most.
        first: CPU seconds of making a step and running it for the first time.
    """

    name: str
    cpu: dict[str, list[float]]
    wall: dict[str, list[float]]
    peak: dict[str, int] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    units: int = 1

    def seconds(self, contender=OURS):
        """The median CPU time of a step."""
        return statistics.median(self.cpu[contender])

    def wall_seconds(self, contender=OURS):
        """The median wall time of a step."""
        return statistics.median(self.wall[contender])

    def ratio(self, contender, to=OURS):
        """The median of the rounds' ratios of CPU time, contender / `to`."""
        return statistics.median(
            a / b for a, b in zip(self.cpu[contender], self.cpu[to], strict=True)
        )

    def compile_seconds(self, contender=COMPILED):
        """What the first step takes longer than a usual one."""
        return max(0.0, self.first[contender] - self.seconds(contender))

    def pays_from(self, contender=COMPILED):
        """How many steps until compiling takes less time in all than twingrad's eager step."""
        gained = self.seconds() - self.seconds(contender)
        return 1 + int(self.compile_seconds(contender) / gained) if gained > 0 else math.inf


def agree(name, answers, tolerance):
    """Raise where a contender's loss or gradient is not that of the first one.

    The difference is measured against the largest number in the array, or 1 if that is larger.
    """
    (reference, (expected_loss, expected)), *others = answers.items()
    for contender, (loss, gradients) in others:
        if len(gradients) != len(expected):
            raise DisagreementError(
                f"{name}: {contender} has {len(gradients)} gradients, {reference} {len(expected)}"
            )
        parts = [("loss", loss, expected_loss)]
        parts += [
            (f"gradient {i}", got, right)
            for i, (got, right) in enumerate(zip(gradients, expected, strict=True))
        ]
        for part, got, right in parts:
            got, right = np.asarray(got, float), np.asarray(right, float)
            close = got.shape == right.shape and np.all(
                np.abs(got - right) <= tolerance * max(1.0, np.abs(right).max(initial=0.0))
            )
            if not close:
                raise DisagreementError(
                    f"{name}: {part} of {contender} is not that of {reference}:\n{got}\n{right}"
                )


def made(workload):
    """A workload's steps by contender, which agreed; and CPU seconds until each first answered."""
    steps, answers, first = {}, {}, {}
    for name, make in workload.makers.items():
        start = time.process_time()
        steps[name] = make()
        answers[name] = steps[name]()
        first[name] = time.process_time() - start
    agree(workload.name, answers, workload.tolerance)
    return steps, first


def race(steps, rounds, turn):
    """CPU and wall seconds a step, by contender, a number for each round.

    A turn lasts about `turn` seconds, and at least one step.  It starts without the garbage of
    the others and with a step that is not timed, as the others left their numbers in the caches.
    Garbage is collected as in any program.
    """
    assert gc.isenabled()
    gc.collect()
    gc.freeze()  # what was imported is not walked again and again
    counts = {}
    for name, step in steps.items():
        start = time.perf_counter()
        step()
        counts[name] = max(1, round(turn / (time.perf_counter() - start)))
    cpu, wall = ({name: [] for name in steps} for _ in "12")
    for _ in range(rounds):
        for name, step in steps.items():
            gc.collect()
            if counts[name] > 1:
                step()
            start, cpu_start = time.perf_counter(), time.process_time()
            for _ in range(counts[name]):
                step()
            cpu[name].append((time.process_time() - cpu_start) / counts[name])
            wall[name].append((time.perf_counter() - start) / counts[name])
    gc.unfreeze()
    return cpu, wall


def peak_bytes(step):
    """What a step allocates at most, of what Python and NumPy allocate; not timed."""
    step()
    gc.collect()
    tracemalloc.start()
    step()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def measure(workload, rounds, turn, untraced=()):
    """The result of a workload; `untraced` contenders allocate where tracemalloc cannot see."""
    steps, first = made(workload)
    cpu, wall = race(steps, rounds, turn)
    peak = {name: peak_bytes(step) for name, step in steps.items() if name not in untraced}
    return Result(workload.name, cpu, wall, peak, first, workload.units)
