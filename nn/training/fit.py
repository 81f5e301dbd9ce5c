"""`fit`: the training loop, on either tier.  `train_epoch` is all of it that matters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

from ..callbacks import Callback, EpochHistory, Progress, Run
from ..checks import at_least, instance_of
from ..measured import Metrics, samples_in
from ..module import Module
from ..optim import Optimizer
from ..parallel import Parallel, ShardedStep
from .evaluation import Means, evaluate, parts_of
from .interrupts import Interrupts
from .left_off import Pass, go_on
from .step import Step


def fit(
    model: Module,
    loss: Callable[[Any, Any], Any],
    optimizer: Optimizer,
    loader: Any,
    epochs: int = 1,
    *,
    validation: Any = None,
    metrics: Metrics | None = None,
    callbacks: Sequence[Callback] = (),
    history: EpochHistory | None = None,
    progress: bool = True,
    compile: bool = False,
    parallel: Parallel | None = None,
) -> EpochHistory:
    """Train a model: passes over a loader, one optimizer step for each batch.

    A batch is a tuple: the model's inputs, and last the target that `loss(output, target)`
    compares its output with.  After an epoch the validation set is looked at, in eval mode and
    without recording.  Ctrl-C ends the run after the batch under way; model, optimizer and loader
    are whole then, and a further `fit` of the same model goes on: its first epoch is the rest of
    the pass, if the loader is a DataLoader.  So it is after an error, and with `history=` given
    both times, too, the epoch's row is as if nothing had happened; the batch that failed comes
    again (what layers drew or averaged of it stays, but for a step in shards).

    Args:
        model: a Module of either tier (a scalar model is given plain arrays).
        loss: a function or Module whose result is a single number.
        optimizer: over the model's parameters.  LBFGS computes loss and gradients of a batch anew
            wherever it looks; what callbacks make of a gradient is lost on it.
        loader: a DataLoader, or anything that yields batches each time it is walked.
        epochs: how many passes.
        validation: a second loader, to be looked at only.
        metrics: functions `metric(output, target)` by name; the mean over the samples is noted.
        callbacks: what else is to happen, see `nn.callbacks`: StepSchedule, ClipGradNorm,
            SaveBest, EarlyStopping, `viz.History`, or your own.
        history: that of an earlier call, to be continued (callbacks that were used there go on
            counting); default a new one, with which they start anew.
        progress: show how far it is, and the means of the epoch: a bar on a terminal or in a
            notebook, drawn in place; in a file or a pipe a line for each epoch.
        compile: run the loss of a batch and its gradients as a compiled function (see
            `engine.compile`), one for each shape of batch: the same numbers, sooner.  A step in
            which a callback looks at layers, as `viz.History` does every few steps, is run as
            without it.
        parallel: cut each batch into shards, for other processes and machines: an `nn.Parallel`.
            What looks at layers is an error then.  Validation is computed here.

    Returns:
        The history: a row for each epoch with "epoch", "loss", "lr", "seconds", each metric, and
        with a validation set "validation_loss" and "validation_" + metric.

    Raises:
        TypeError: model, optimizer, parallel or a callback is not one, a batch is not a tuple, or a
            loss is neither a Tensor nor a Value.
        ValueError: epochs below 1, a loader without batches, a loss of several numbers, an
            optimizer over another model's parameters, or a callback that is given twice or
            belongs to another model or optimizer.

    >>> import numpy as np
    >>> from nn import SGD, DataLoader, Linear
    >>> model = Linear(1, 1, rng=0)
    >>> data = DataLoader((np.array([[0.0], [1.0]]), np.array([[1.0], [3.0]])), batch_size=2)
    >>> loss = lambda y, t: ((y - t) ** 2).mean()
    >>> history = fit(model, loss, SGD(model.parameters(), lr=0.4), data, 200, progress=False)
    >>> model.weight.data.round(3).tolist(), model.bias.data.round(3).tolist()
    ([[2.0]], [1.0])
    """
    callbacks = list(callbacks)
    _check(model, loss, optimizer, epochs, callbacks)
    if parallel is not None:
        instance_of(Parallel, parallel=parallel)
    metrics = dict(metrics or {})
    history = EpochHistory() if history is None else history
    step: Step | ShardedStep
    if parallel is None:
        step = Step(model, loss, optimizer, metrics, callbacks, compile)
    else:
        step = ShardedStep(parallel, model, loss, optimizer, metrics, compile)
    run = Run(model, optimizer, history)
    run.loss_of, run.parts = loss, (loader, loss, parallel, *callbacks)
    bar = Progress(progress, epochs, loader, throughput=parallel is not None)
    with Interrupts() as interrupts, bar as show, ExitStack() as afterwards:
        for callback in callbacks:
            afterwards.callback(callback.cleanup, run)
            callback.begin(run)
        go_on(model, loader)
        history.stopped = None
        for _ in range(epochs):
            history.start_epoch()
            row = train_epoch(run, step, loader, callbacks, show, interrupts)
            if validation is not None and run.whole:
                found = evaluate(model, loss, validation, metrics)
                row |= {f"validation_{name}": number for name, number in found.items()}
            history.end_epoch(row, optimizer.param_groups[0]["lr"])
            show.end_epoch(history.rows[-1])
            if run.whole:
                _call(callbacks, "after_epoch", run)
            if interrupts.came:
                run.stop("interrupted")
            if run.stopped:
                break
        history.stopped = run.stopped
        _call(callbacks, "end", run)
    return history


def train_epoch(
    run: Run,
    step: Step | ShardedStep,
    loader: Iterable[Any],
    callbacks: Sequence[Callback],
    show: Progress,
    interrupts: Interrupts,
) -> dict[str, float]:
    """One pass with steps; the mean loss and metrics over its samples.

    Afterwards `run.whole` says whether it came to its end.
    """
    model, optimizer, history = run.model, run.optimizer, run.history
    model.train()
    with Pass(model, loader) as here:
        means = Means(*history.under_way) if here.already else Means()
        show.start_epoch(history.epoch, here.already, means.count)
        for done, batch in enumerate(loader, start=here.already + 1):
            here.used = False
            run.batch = batch = parts_of(model, batch)
            _call(callbacks, "before_batch", run)
            numbers = step.gradients(batch)
            run.loss = numbers["loss"]
            _call(callbacks, "before_step", run)
            if optimizer.needs_closure:  # LBFGS looks again, from where it has moved parameters to
                optimizer.step(partial(step.again, batch))
            else:
                optimizer.step()
            here.used = True
            step.done()
            means.add(samples_in(batch[-1]), numbers)
            history.under_way = means.count, means.sums
            _call(callbacks, "after_step", run)
            show.step(means)
            run.whole = not interrupts.came or done == show.batches
            if not run.whole:
                break
        here.over = run.whole
    return means.result(loader)


def _call(callbacks: Sequence[Callback], name: str, run: Run) -> None:
    for callback in callbacks:
        getattr(callback, name)(run)


def _check(
    model: Any, loss: Any, optimizer: Any, epochs: Any, callbacks: Sequence[Callback]
) -> None:
    at_least(1, epochs=epochs)
    instance_of(Module, model=model)
    if not callable(loss):
        raise TypeError(f"loss must be a function or a Module, got {type(loss).__name__}")
    instance_of(Optimizer, optimizer=optimizer)
    learned = {id(p) for group in optimizer.param_groups for p in group["params"]}
    if not any(id(p) in learned for p in model.parameters()):
        raise ValueError(
            "optimizer holds no parameter of this model: make it from model.parameters() "
            "(a copy, as scalar() makes one, has parameters of its own)"
        )
    for i, callback in enumerate(callbacks):
        if not isinstance(callback, Callback):
            raise TypeError(f"callbacks must be Callbacks, got {type(callback).__name__}")
        if any(callback is other for other in callbacks[:i]):
            raise ValueError(f"callbacks holds one {type(callback).__name__} twice")
