"""Callbacks that keep an eye on one number: the best model is saved, or the run ends early."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from engine.files import PathLike

from ..checkpoint import save
from ..checks import at_least, number, one_of
from .callback import Callback, Run


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

    >>> import nn
    >>> import numpy as np
    >>> import tempfile
    >>> best = nn.SaveBest(tempfile.mkdtemp() + "/best.npz")
    >>> model, data = nn.Linear(1, 1), nn.DataLoader((np.zeros((3, 1)), np.ones((3, 1))))
    >>> optimizer = nn.SGD(model.parameters(), lr=0.1)
    >>> run = nn.fit(model, nn.MSELoss(), optimizer, data, 3, callbacks=[best], progress=False)
    >>> best.best_epoch, nn.load(model, best.path)
    (3, IncompatibleKeys(missing_keys=[], unexpected_keys=[]))
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

    >>> import nn
    >>> import numpy as np
    >>> model, data = nn.Linear(1, 1), nn.DataLoader((np.zeros((3, 1)), np.ones((3, 1))))
    >>> optimizer, stop = nn.SGD(model.parameters(), lr=0.0), nn.EarlyStopping(patience=2)
    >>> run = nn.fit(model, nn.MSELoss(), optimizer, data, 50, callbacks=[stop], progress=False)
    >>> run.stopped
    'no better for 2 epochs than in epoch 1'
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
