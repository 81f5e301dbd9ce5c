"""`SaveTraining`: a run that was killed can go on from what this callback wrote."""

from __future__ import annotations

from typing import Any

from engine.files import PathLike

from ..checkpoint import save_training
from ..checks import at_least
from ..module import Module
from .callback import Callback, Run


class SaveTraining(Callback):
    """Writes the whole run to a file, again and again, so that one that was killed can go on.

    A run that is loaded and goes on ends with the bits of one that was never stopped, wherever it
    was killed: weights, optimizer, schedules, order of the data, and history (but for seconds).
    Without `every` it writes after each epoch.  It writes at the end of the run, too, unless
    Ctrl-C or an error cut an epoch short: then the file is the last that was written, and what
    came after it is done again.  It is the last of the callbacks, so that it sees what the others
    did.

    Args:
        path: ends in `.npz` or `.safetensors`; a new file replaces the old one when it is complete.
        every: how many steps lie between two saves, also in the middle of an epoch; the last save
            of an epoch waits for its validation.
        parts: as for `nn.save_training`: all in the run that has a state, so model, optimizer,
            loader, history, what a StepSchedule steps, EarlyStopping and SaveBest, parallel.

    Raises:
        ValueError: every below 1; in `fit`: it is not the last callback, a part of the run that
            has a state is missing, or every is given with a loader that cannot go on in the
            middle of a pass (one with a sampler, a stream, no DataLoader).

    >>> import os, tempfile, nn, numpy as np
    >>> def run(path, epochs):
    ...     model = nn.Linear(1, 1, rng=0)
    ...     optimizer, history = nn.SGD(model.parameters(), lr=0.1), nn.EpochHistory()
    ...     loader = nn.DataLoader((np.eye(6)[:, :1], np.eye(6)[:, 1:2]), 2, shuffle=True, rng=0)
    ...     parts = dict(model=model, optimizer=optimizer, loader=loader, history=history)
    ...     if os.path.exists(path):
    ...         nn.load_training(path, **parts)
    ...     left = epochs - len(history)  # the first of them may be the rest of one
    ...     if left > 0 and history.stopped in (None, "interrupted"):
    ...         nn.fit(model, nn.MSELoss(), optimizer, loader, left, history=history,
    ...                callbacks=[nn.SaveTraining(path, 2, **parts)], progress=False)
    ...     return model.bias.data.item(), len(history)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     first = run(folder + "/a.npz", 2)
    ...     run(folder + "/a.npz", 3) == run(folder + "/b.npz", 3), first[1]
    (True, 2)
    """

    def __init__(self, path: PathLike, every: int | None = None, **parts: Any) -> None:
        if every is not None:
            at_least(1, every=every)
        self.path = path
        self.every = every
        self.parts = parts
        self.steps = 0  # since the last save

    def begin(self, run: Run) -> None:
        loader = run.parts[0]
        if run.parts[-1] is not self:
            raise ValueError(
                "SaveTraining must be the last of the callbacks: what others change after a step "
                "would not be in the file"
            )
        for part in (run.model, run.optimizer, run.history, *run.parts):
            part = getattr(part, "schedule", part)  # of a StepSchedule
            if _has_state(part) and not any(part is x for x in self.parts.values()):
                raise ValueError(
                    f"the run has a {type(part).__name__}, which SaveTraining was not given, so "
                    "that a run could not go on from its file: SaveTraining(path, …, name=it)"
                )
        if self.every is not None and not getattr(loader, "goes_on", False):
            raise ValueError(
                f"every={self.every}: this loader cannot go on in the middle of a pass, as a "
                "DataLoader without sampler or stream can; leave out every, to save after each "
                "epoch"
            )
        self.steps = 0

    def after_step(self, run: Run) -> None:
        """Save if it is time; what ends the pass is saved when the epoch has its row."""
        self.steps += 1
        if self._due() and run.parts[0].in_pass:
            self._save()

    def after_epoch(self, run: Run) -> None:
        """Save if it is time; a run that is stopped is saved at its end."""
        if (self.every is None or self._due()) and not run.stopped:
            self._save()

    def end(self, run: Run) -> None:
        """Save, unless the last epoch was cut short: its row is no epoch's."""
        if run.whole:
            self._save()

    def _due(self) -> bool:
        return self.every is not None and self.steps >= self.every

    def _save(self) -> None:
        save_training(self.path, **self.parts)
        self.steps = 0


def _has_state(part: Any) -> bool:
    if isinstance(part, Module):
        return len(list(part.parameters())) > 0  # a loss may have some
    return hasattr(part, "state_dict") and hasattr(part, "load_state_dict")
