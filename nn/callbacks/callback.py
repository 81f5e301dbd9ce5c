"""What can happen around the steps of `fit`: schedules, clipping, saving the best, stopping early.

A callback of your own inherits `Callback` and defines the moments it cares about:

    class Norms(Callback):
        def after_epoch(self, run):
            run.history.rows[-1]["norm"] = float(np.linalg.norm(run.model.weight.numpy()))

One that remembers something from epoch to epoch starts anew in `begin`, so that it can be used for
a second model; `run.continues(before)` says whether a run goes on with the one before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.files import PathLike

from ..checkpoint import save
from ..checks import at_least, number, one_of
from ..module import Module
from ..optim import Optimizer, clip_grad_norm_, clip_grad_value_
from .epoch_history import EpochHistory


class Run:
    """What a callback is given: the model, the optimizer, and the history with its last row.

    `batch` is the last one, inputs and target, `loss` its loss, a number; `loss_of(output, target)`
    is what computes it; `parts` is all else that may have a state: loader, callbacks, parallel.
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
    """Base of the callbacks: each method is a moment of the run, and does nothing here."""

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
    """`nn.clip_grad_norm_` on the model's parameters before each step."""

    def __init__(self, max_norm: float, norm_type: float = 2.0) -> None:
        self.max_norm = number("max_norm", max_norm, least=0)
        self.norm_type = norm_type

    def before_step(self, run: Run) -> None:
        clip_grad_norm_(run.model.parameters(), self.max_norm, self.norm_type)


class ClipGradValue(Callback):
    """`nn.clip_grad_value_` on the model's parameters before each step."""

    def __init__(self, clip_value: float) -> None:
        self.clip_value = number("clip_value", clip_value, least=0)

    def before_step(self, run: Run) -> None:
        clip_grad_value_(run.model.parameters(), self.clip_value)


class _Best(Callback):
    """Keeps an eye on one number, and knows whether it got better.

    It goes on counting where a run goes on, or where its state was loaded; another run starts anew.
    """

    _run: Run | None = None  # the last one this was used in
    _loaded = False  # whether the next run goes on from a state

    def __init__(self, monitor: str | None, mode: str, min_delta: float) -> None:
        one_of("mode", mode, "min", "max")
        self.monitor = monitor
        self.mode = mode
        self.min_delta = number("min_delta", min_delta, least=0)
        self.start_anew()

    def start_anew(self) -> None:
        """Forget what was seen."""
        self.best: float | None = None
        self.best_epoch = 0

    def begin(self, run: Run) -> None:
        if not self._loaded and not run.continues(self._run):
            self.start_anew()
        self._run, self._loaded = run, False

    def improved(self, run: Run) -> bool:
        """Whether the last epoch was the best by more than min_delta; nan never is."""
        x = run.number(self.monitor)
        sign = 1 if self.mode == "min" else -1
        if math.isnan(x) or (self.best is not None and sign * (self.best - x) <= self.min_delta):
            return False
        self.best = x
        self.best_epoch = run.history.rows[-1]["epoch"]
        return True

    def state_dict(self) -> dict[str, Any]:
        """What is known so far, for `save_training`."""
        return {"best": self.best, "best_epoch": self.best_epoch}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict()`.

        Raises:
            ValueError: not the state of a callback of this kind.
        """
        own = self.state_dict()
        if not isinstance(state, Mapping) or set(state) != set(own):
            raise ValueError(f"the state of a {type(self).__name__} is a dict with {sorted(own)}")
        for name, x in state.items():
            setattr(self, name, x)
        self._loaded = True


class SaveBest(_Best):
    """Saves the model (`nn.save`) after each epoch that is the best so far.

    Used for a second model it writes that one's best to the same file.

    Args:
        path: ends in `.npz` or `.safetensors`.
        monitor: a name in the history; default the validation loss, without one the loss.
        mode: "min", or "max" for numbers such as an accuracy.
        min_delta: how much better counts as better.
    """

    def __init__(
        self, path: PathLike, monitor: str | None = None, mode: str = "min", min_delta: float = 0.0
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.path = path

    def after_epoch(self, run: Run) -> None:
        """Save if this was the best."""
        if self.improved(run):
            save(run.model, self.path)


class EarlyStopping(_Best):
    """Ends the run when `patience` epochs in a row were not better than the best before.

    Args:
        patience: at least 1.
        monitor, mode, min_delta: as for `SaveBest`.
        restore_best: give the model back the weights of the best epoch at the end of the run.
    """

    def __init__(
        self,
        patience: int = 5,
        monitor: str | None = None,
        mode: str = "min",
        min_delta: float = 0.0,
        restore_best: bool = False,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        at_least(1, patience=patience)
        self.patience = patience
        self.restore_best = restore_best

    def start_anew(self) -> None:
        super().start_anew()
        self.waited = 0
        self.weights: dict[str, Any] | None = None

    def after_epoch(self, run: Run) -> None:
        """Count, and stop when it is enough."""
        if self.improved(run):
            self.waited = 0
            self.weights = run.model.state_dict() if self.restore_best else None
            return
        self.waited += 1
        if self.waited >= self.patience:
            run.stop(f"no better for {self.waited} epochs than in epoch {self.best_epoch}")

    def end(self, run: Run) -> None:
        if self.restore_best and self.weights is not None:
            run.model.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        """What is known so far, for `save_training`."""
        return {**super().state_dict(), "waited": self.waited, "weights": self.weights}


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
