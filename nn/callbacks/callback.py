"""What can happen around the steps of `fit`: schedules, clipping.

A callback of your own inherits `Callback` and defines the moments it cares about:

    class Norms(Callback):
        def after_epoch(self, run):
            run.history.rows[-1]["norm"] = float(np.linalg.norm(run.model.weight.numpy()))

One that remembers something from epoch to epoch starts anew in `begin`, so that it can be used for
a second model; `run.continues(before)` says whether a run goes on with the one before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ..checks import number, one_of
from ..module import Module
from ..optim import Optimizer, clip_grad_norm_, clip_grad_value_
from .epoch_history import EpochHistory


class Run:
    """What a callback is given: the model, the optimizer, and the history with its last row.

    `batch` is the last one, inputs and target, `loss` its loss, a number; `loss_of(output, target)`
    is what computes it; `parts` is all else that may have a state: loader, callbacks, parallel.

    >>> import nn
    >>> run = Run(nn.Linear(1, 1), None, nn.EpochHistory())
    >>> run.stop("enough")
    >>> run.stopped
    'enough'
    """

    batch: Sequence[Any] | None = None
    loss_of: Callable[[Any, Any], Any] | None = None
    parts: Sequence[Any] = ()

    def __init__(self, model: Module, optimizer: Optimizer, history: EpochHistory) -> None:
        self.model = model
        self.optimizer = optimizer
        self.history = history
        self.loss = math.nan
        self.whole = True  # whether the epoch came to its end
        self.stopped: str | None = None

    def continues(self, before: Run | None) -> bool:
        """Whether this run goes on with that one: the same model, and `history=` that run's."""
        return before is not None and before.model is self.model and before.history is self.history

    def stop(self, reason: str) -> None:
        """End the run after this epoch."""
        self.stopped = reason

    def number(self, monitor: str | None) -> float:
        """A number of the last row; None stands for the validation loss, or the loss without one.

        Raises:
            KeyError: the row has no such number.
        """
        row = self.history.rows[-1]
        if monitor is None:
            monitor = "validation_loss" if "validation_loss" in row else "loss"
        if monitor not in row:
            raise KeyError(f"an epoch has no {monitor!r} to monitor; it has {sorted(row)}")
        return float(row[monitor])


class Callback:
    """Base of the callbacks: each method is a moment of the run, and does nothing here.

    >>> import nn
    >>> import numpy as np
    >>> class Losses(nn.Callback):
    ...     seen = ()
    ...     def after_step(self, run):
    ...         self.seen = (*self.seen, run.loss)
    >>> data = nn.DataLoader((np.zeros((3, 1)), np.ones((3, 1))), batch_size=1)
    >>> model, losses = nn.Linear(1, 1), Losses()
    >>> optimizer = nn.SGD(model.parameters(), lr=0.1)
    >>> run = nn.fit(model, nn.MSELoss(), optimizer, data, 2, callbacks=[losses], progress=False)
    >>> len(losses.seen)
    6
    """

    #: Whether hooks of this one are to see the next step, which is not run compiled then.
    looks_at_layers = False

    def begin(self, run: Run) -> None:
        """Before the first epoch; a callback that was used before starts anew here, or refuses."""

    def before_batch(self, run: Run) -> None:
        """`run.batch` is there, and nothing is computed of it yet."""

    def before_step(self, run: Run) -> None:
        """After backward, before the optimizer's step."""

    def after_step(self, run: Run) -> None:
        """After the optimizer's step."""

    def after_epoch(self, run: Run) -> None:
        """After an epoch and its validation; `run.history.rows[-1]` has its numbers."""

    def end(self, run: Run) -> None:
        """After the last epoch, early or not."""

    def cleanup(self, run: Run) -> None:
        """When the run is over, by an error or Ctrl-C too: take away what should not stay."""


class ClipGradNorm(Callback):
    """`nn.clip_grad_norm_` on the model's parameters before each step.

    >>> import nn
    >>> import numpy as np
    >>> data = nn.DataLoader((np.ones((1, 1)), np.zeros((1, 1))))
    >>> model = nn.Linear(1, 1, bias=False)
    >>> before, optimizer = model.weight.item(), nn.SGD(model.parameters(), lr=1.0)
    >>> clip = nn.ClipGradNorm(1e-3)
    >>> run = nn.fit(model, nn.MSELoss(), optimizer, data, 1, callbacks=[clip], progress=False)
    >>> round(abs(model.weight.item() - before), 6)
    0.001
    """

    def __init__(self, max_norm: float, norm_type: float = 2.0) -> None:
        self.max_norm = number("max_norm", max_norm, least=0)
        self.norm_type = norm_type

    def before_step(self, run: Run) -> None:
        clip_grad_norm_(run.model.parameters(), self.max_norm, self.norm_type)


class ClipGradValue(Callback):
    """`nn.clip_grad_value_` on the model's parameters before each step.

    >>> import nn
    >>> import numpy as np
    >>> data = nn.DataLoader((np.ones((1, 1)), np.zeros((1, 1))))
    >>> model = nn.Linear(1, 1, bias=False)
    >>> before, optimizer = model.weight.item(), nn.SGD(model.parameters(), lr=1.0)
    >>> clip = nn.ClipGradValue(1e-3)
    >>> run = nn.fit(model, nn.MSELoss(), optimizer, data, 1, callbacks=[clip], progress=False)
    >>> round(abs(model.weight.item() - before), 6)
    0.001
    """

    def __init__(self, clip_value: float) -> None:
        self.clip_value = number("clip_value", clip_value, least=0)

    def before_step(self, run: Run) -> None:
        clip_grad_value_(run.model.parameters(), self.clip_value)


class StepSchedule(Callback):
    """Steps a learning rate schedule after each epoch, or after each batch.

    Args:
        schedule: one of the schedules of `nn.optim`.
        every: "epoch" or "batch".
        monitor: what a ReduceLROnPlateau looks at; default as for `SaveBest`.  By batches it looks
            at the loss of the batch.

    Raises:
        TypeError: schedule has no `step()`.
        ValueError: a monitor by batches; in `fit`, a schedule of another optimizer.

    >>> import nn
    >>> import numpy as np
    >>> model, data = nn.Linear(1, 1), nn.DataLoader((np.zeros((3, 1)), np.ones((3, 1))))
    >>> optimizer = nn.SGD(model.parameters(), lr=0.8)
    >>> halve = nn.StepSchedule(nn.ExponentialLR(optimizer, gamma=0.5))
    >>> run = nn.fit(model, nn.MSELoss(), optimizer, data, 2, callbacks=[halve], progress=False)
    >>> optimizer.param_groups[0]["lr"]
    0.2
    """

    def __init__(self, schedule: Any, every: str = "epoch", monitor: str | None = None) -> None:
        one_of("every", every, "epoch", "batch")
        if not callable(getattr(schedule, "step", None)):
            raise TypeError(f"schedule must have a step(), got {type(schedule).__name__}")
        if every == "batch" and monitor is not None:
            raise ValueError(
                f"monitor={monitor!r} is a number of an epoch: with every='batch' a schedule is "
                "given the loss of the batch"
            )
        self.schedule = schedule
        self.every = every
        self.monitor = monitor

    def begin(self, run: Run) -> None:
        other = getattr(self.schedule, "optimizer", run.optimizer)
        if other is not run.optimizer:
            raise ValueError(
                f"the {type(self.schedule).__name__} sets the rates of another optimizer than the "
                "one of this run: make a schedule for each optimizer"
            )

    @property
    def needs_metric(self) -> bool:
        """Whether the schedule looks at a number."""
        return getattr(self.schedule, "needs_metric", False)

    def after_step(self, run: Run) -> None:
        """Step, if it is to be by batches."""
        if self.every == "batch" and self.needs_metric:
            self.schedule.step(run.loss)
        elif self.every == "batch":
            self.schedule.step()

    def after_epoch(self, run: Run) -> None:
        """Step, if it is to be by epochs."""
        if self.every == "epoch" and self.needs_metric:
            self.schedule.step(run.number(self.monitor))
        elif self.every == "epoch":
            self.schedule.step()
