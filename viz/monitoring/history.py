"""`History`: what happened while a model was trained, step by step, in memory and in a file."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any, Self

import numpy as np

from engine import Restoring
from nn.callbacks import Callback, Run

from .as_it_was import arrays_of
from .caught import Caught
from .keeper import Keeper
from .live import Live, live_of
from .measure import Meter, gradient_of, named_parameters
from .outputs import Outputs, _Hook as _Hook  # the hook for pickles of before, which ask here
from .records import Records, single_number, single_numbers

CLOSED = "this history is closed: close it when nothing more is to be noted, or make another"


class History(Records, Callback, Restoring):
    """A record of training: numbers of every step, and how the model was every few steps.

    Call `step` once after each optimizer step (the gradients must still be there).  Every step
    notes the loss and what else it is given; step 1 and every `every`-th step also measures each
    parameter (norm, mean and max of |gradient|, fraction of zeros, update:data ratio), the norm
    of all gradients together, and what each layer put out (mean, deviation, zeros, dead and
    saturated units).  Gradients are measured as they are at `step`: after clipping, if there was
    any.

    With `nn.fit` it is a callback, which finds the model and the optimizer by itself and notes
    what is measured on the validation set: `nn.fit(…, callbacks=[viz.History(every=10)])`.  In a
    further `fit` of that model it goes on; another model needs a History of its own.

    What it costs at `every=10`, by `tests/bench/bench_history.py`: 4 to 5 % of a step of an MLP on
    the digits (64-128-64-10, batches of 64: 237 µs), 6 to 7 % if it also writes a file; about 2 %
    of a convolutional network's step (800 µs), and 6 % of that of the smallest network (64-128-10,
    batches of 32: 130 µs).  `keep` takes about 5 µs a step more.

    Args:
        model: an `nn.Module`, of either tier; an `nn.scalar` model; parameters by name; or None
            to record only what `step` and `log` are told (or, in `nn.fit`, to find it there).  Its
            parameters are those it has now: of others that take their places nothing is measured.
        every: how many steps from one measurement to the next.
        optimizer: whose learning rate (`param_groups[0]["lr"]`) is noted at every step.
        path: a file of JSON lines, brought up to date at step 1 and every `every`-th step, with a
            model or without.  What a file holds is never changed: a run that is resumed goes on
            below, and counts on.
        activations: whether to look at what layers put out (by forward hooks, in training mode
            and not under `no_grad`): the layers without parameters (relu, dropout, pooling …), or
            all if each has some.  If a layer runs several times in a step, each is measured, the
            second as "1 ReLU (2)".
        keep: whether to keep, in `caught`, the batch and the parameters of the first step whose
            loss or gradient is nan or infinite, of the first spike of the loss, and of the first
            in which a measured layer is dead (all its units 0 for the whole batch), to be looked
            at again: `history.caught[0].stepper()`.  In a loop of your own, give `step` the loss
            itself and `batch=`.  With a path a page of it is written beside the file.  It holds
            the parameters of before the step: as much memory as the model.
        live: whether to show the run as it goes, and `keep`: in a notebook as a figure in the cell
            that is drawn anew at most once a second, else as a page like `twingrad watch`'s, whose
            address is printed.  It ends with `fit`, or with `close`.

    Attributes:
        caught: what was kept, at most one of each kind.

    Raises:
        ValueError: every is below 1; path holds something else than a history.
        TypeError: model has no parameters to look at.

    >>> import nn
    >>> model = nn.Linear(2, 1, rng=0)
    >>> history = History(model, every=5)
    >>> for _ in range(10):
    ...     model.zero_grad()
    ...     loss = (model([[1.0, 2.0]]) ** 2).sum()
    ...     loss.backward()
    ...     for p in model.parameters():
    ...         p.data = p.data - 0.01 * p.grad
    ...     history.step(loss)
    >>> history.series("loss")[0].tolist() == list(range(1, 11))
    True
    >>> history.parameter("weight", "norm")[0]
    array([ 1,  5, 10])
    """

    _run: Run | None = None  # the last one this was used in
    _given_model = _given_optimizer = False
    _keeper: Keeper | None = None
    _live: Live | None = None

    def __init__(
        self,
        model: Any = None,
        *,
        every: int = 10,
        optimizer: Any = None,
        path: str | Path | None = None,
        activations: bool = True,
        keep: bool = False,
        live: bool = False,
    ) -> None:
        if isinstance(every, bool) or not isinstance(every, int | np.integer):
            raise TypeError(f"every must be an int, got {type(every).__name__}: {every!r}")
        if every < 1:
            raise ValueError(f"every must be at least 1, got {every}")
        self.every = int(every)
        self.optimizer = optimizer
        super().__init__()
        self._armed = self._closed = False
        self._before: list[np.ndarray] = []
        self._look_at_layers = activations
        path = None if path is None else Path(path)
        pages: dict[str, str] = {}
        self._live = live_of("this run" if path is None else path.name, pages) if live else None
        self._keeper = Keeper(path, pages if live else None) if keep or live else None
        self._given_model = model is not None
        self._given_optimizer = optimizer is not None
        self._parameters: dict[str, Any] = {}
        self._outputs = Outputs()
        self._meter = Meter([])
        self._started = time.perf_counter()
        if path is not None:
            self._open(path)
        self._count = self.last_step
        if model is not None:
            self._attach(model)

    def _attach(self, model: Any) -> None:
        """Measure this model from the next step on."""
        self._parameters = named_parameters(model)
        if self._look_at_layers:
            self._outputs = Outputs(model)
        if self._keeper is not None:
            self._keeper.attach(model, self._parameters)
        self._arm_if_due()

    def _arm_if_due(self) -> None:
        """Prepare to measure the next step, if it is one of those."""
        if self._due(self._count + 1):
            self._arm()

    def _due(self, step: int) -> bool:
        return step == 1 or step % self.every == 0

    # --- recording -------------------------------------------------------------------------------

    def step(self, loss: Any = None, *, batch: Any = None, **metrics: Any) -> None:
        """Note one optimizer step: its loss, whatever else is given by name, and measurements.

        Args:
            loss: a number, or a Tensor or Value of one element.
            batch: what the step was computed from, a tuple of inputs and target, to be kept if
                something goes wrong (with `keep` or `live`).
            metrics: more numbers, `validation_loss=0.3`; each becomes a series.

        Raises:
            TypeError, ValueError: something is not a single number, or its name is taken.
            ValueError: the history is closed.
        """
        self._note(loss, batch, metrics, None)

    def _note(self, loss: Any, batch: Any, metrics: dict[str, Any], loss_of: Any) -> None:
        """A step; `loss_of` is what `nn.fit` computes the loss by."""
        if self._closed:
            raise ValueError(CLOSED)
        if batch is not None and not isinstance(batch, tuple | list):
            raise TypeError(
                f"batch must be a tuple of inputs and target, got {type(batch).__name__}; a number "
                "to be noted needs another name"
            )
        step = self._count + 1
        record: dict[str, Any] = {"step": step}
        if loss is not None:
            record["loss"] = loss if type(loss) is float else single_number("loss", loss)
        if self.optimizer is not None:
            record["lr"] = float(self.optimizer.param_groups[0]["lr"])
        if metrics:
            record.update(single_numbers(metrics))
        self._count = step
        self.records.append(record)
        if self._armed:
            record.update(self._measurements())
            self._disarm()
        if (step + 1) % self.every == 0 and self._parameters:
            self._arm()
        if self._keeper is not None:
            self._keeper.end(record, loss, batch, loss_of)
        if self._due(step):  # last, as the disk may be full
            self._show()

    def _show(self) -> None:
        """Bring the file and what is live up to date."""
        if self._keeper is not None:
            self._keeper.refresh()
        self._write()
        if self._live is not None:
            self._live.update(self)

    @property
    def caught(self) -> list[Caught]:
        """The steps at which the first nan, the first spike and the first dead layer came."""
        return [] if self._keeper is None else self._keeper.caught

    def log(self, **metrics: Any) -> None:
        """Note numbers that belong to no step of their own, such as a validation loss.

        They stand at the step that was last taken (0 before the first).

        Raises:
            TypeError, ValueError: as `step`.
        """
        if self._closed:
            raise ValueError(CLOSED)
        self.records.append({"step": self._count, **single_numbers(metrics)})
        self._show()

    # --- as a callback of nn.fit

    def begin(self, run: Run) -> None:
        """Before the first epoch: look at the run's model and optimizer, unless given others.

        Raises:
            ValueError: there are numbers of another model here, from a run before; or it is closed.
        """
        if self._closed:
            raise ValueError(CLOSED)
        if self._run is not None and self._run.model is not run.model:
            raise ValueError(
                f"this History holds {self._count:,} steps of another model: make one for each"
            )
        self._run = run
        if not self._given_optimizer:
            self.optimizer = run.optimizer
        self._disarm()
        if self._given_model:
            self._arm_if_due()
        else:
            self._attach(run.model)
        if self._keeper is not None:
            self._keeper.attach(run.model, dict(run.model.named_parameters()))

    def before_batch(self, run: Run) -> None:
        """Note what the step begins with, if it is to be kept."""
        if self._keeper is not None:
            self._keeper.begin()

    @property
    def looks_at_layers(self) -> bool:  # type: ignore[override]
        """Whether the next step is one in which layers are measured."""
        return self._armed and self._look_at_layers

    def cleanup(self, run: Run) -> None:
        """When the run is over: leave no hook on the model, and nothing unwritten."""
        self._disarm()
        try:
            self._write()
        finally:
            self._end_live()

    def _end_live(self) -> None:
        if self._live is not None:
            self._live.stop(self)

    def after_step(self, run: Run) -> None:
        """Note the step and its loss."""
        self._note(run.loss, run.batch, {}, run.loss_of)

    def after_epoch(self, run: Run) -> None:
        """Note the epoch, what was measured on the validation set, and the metrics."""
        row = run.history.rows[-1]
        self.log(**{name: x for name, x in row.items() if name not in ("loss", "lr", "seconds")})

    def _arm(self) -> None:
        """Before a step that measures: note where the parameters are, look at what layers put out.

        The hooks are there for that step only, so that the others cost nothing.
        """
        self._before = arrays_of(self._parameters.values())
        self._outputs.look()
        self._armed = True  # last, as Ctrl-C may come before

    @np.errstate(all="ignore")  # nan and inf are what this is to report
    def _measurements(self) -> dict[str, Any]:
        parameters = self._of_parameters()
        return {
            "norm": math.hypot(*[row["norm"] for row in parameters.values()]),
            "parameters": parameters,
            "activations": self._outputs.statistics(),
            "seconds": round(time.perf_counter() - self._started, 6),
        }

    def _of_parameters(self) -> dict[str, dict[str, float]]:
        names, gradients, before, after = [], [], [], []
        pairs = zip(self._before, arrays_of(self._parameters.values()), strict=True)
        for (name, p), (was, now) in zip(self._parameters.items(), pairs, strict=True):
            gradient = gradient_of(p)
            if gradient is not None:  # else nothing flowed here; the optimizer passed over it too
                names.append(name)
                gradients.append(gradient)
                before.append(was)
                after.append(now)
        shapes = [g.shape for g in gradients]
        if shapes != self._meter.shapes:
            self._meter = Meter(shapes)
        found = self._meter.gradients(gradients)
        for row, ratio in zip(found, self._meter.updates(before, after), strict=True):
            row["ratio"] = ratio
        return dict(zip(names, found, strict=True))

    def _disarm(self) -> None:
        self._armed = False
        self._before = []  # hold no array longer than need be
        self._outputs.forget()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """From a copy or a pickle, also of when a history had its hooks by itself."""
        self.__dict__.update(state)
        if "_hooked" in state:
            self.__dict__.pop("_hooked").restore(None)
            self._outputs = Outputs()

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """A history that was saved, or written as training went; a torn last line is left out.

        Raises:
            OSError: the file cannot be read.
            ValueError: it holds something else than a history.
        """
        history = cls()
        history._read(Path(path))
        history._count = history.last_step
        return history

    def close(self) -> None:
        """Take the hooks off the model, and close the file; nothing can be noted after that."""
        self._closed = True
        self._disarm()
        try:
            self._close_file()
        finally:
            self._end_live()

    def restore(self, saved: Any) -> None:
        """The end of a `with` block: close."""
        self.close()

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return self._count

    def __repr__(self) -> str:
        wrong = "".join(f"; {one}" for one in self.went_wrong())
        return (
            f"<History of {self._count:,} steps: {', '.join(self.names) or 'nothing noted yet'}; "
            f"{len(self.parameters())} parameters and {len(self.activations())} layers "
            f"measured{wrong}>"
        )
