"""The forward and backward passes of a step of `fit`, in shards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from engine import Tensor, hooked_in

from ..measured import Metrics
from ..module import Module
from ..optim import Optimizer
from .as_module import as_module
from .data_parallel import Parallel, submit_of
from .failures import Failure, asked
from .replica import InPlace, Replica, Share, each_once
from .sending import dumps, loads
from .shards import Shard, rows_that_count, shards_of
from .sums import added
from .worker import Packed, Task, pack, run_shard


class ShardedStep:
    """The forward and backward passes of a step of `fit`, in shards: gradients in the parameters.

    Args:
        parallel: how.
        model, loss, optimizer, metrics, compile: as for `fit`.
    """

    def __init__(
        self,
        parallel: Parallel,
        model: Module,
        loss: Callable[[Any, Any], Any],
        optimizer: Optimizer,
        metrics: Metrics,
        compile: bool,
    ) -> None:
        self.parallel, self.optimizer = parallel, optimizer
        self._learned: Callable[[], list[Tensor]] = partial(_learned, model, loss, optimizer)
        self.weight = _weight(parallel, as_module(loss))
        self.submit = submit_of(parallel.executor)
        self.replica = Replica(model, loss, metrics, compile, self._learned())
        _check_reduction(as_module(loss), parallel.reduction)

    def gradients(self, batch: Sequence[Any]) -> dict[str, float]:
        """The loss and the metrics of a batch; its gradients are in the parameters afterwards.

        Raises:
            ParallelError: a worker was lost.
            ValueError: the batch cannot be cut, or model or parameters have hooks.
        """
        own, replica = self.parallel, self.replica
        replica.look()
        replica.parameters = self._learned()
        refuse_hooks(replica)
        shards = shards_of(batch, own.shards, self.weight, own.reduction)
        before = replica.numbers_of_buffers()
        if self.submit is None:
            parameters, shares = replica.parameters, self._here(shards, before)
        else:
            packed, parameters = pack(replica)
            numbers = dumps(([np.asarray(p.data) for p in parameters], before))
            shares = self._by_workers(shards, packed, numbers)
        found = added(shards, shares, before)
        self.optimizer.zero_grad()
        for p, gradient in zip(parameters, found.gradients, strict=True):
            if gradient is not None:
                p.grad = gradient if p.grad is None else np.asarray(p.grad) + gradient
        replica.put_buffers(found.buffers)
        return found.numbers

    def again(self, batch: Sequence[Any]) -> float:
        """The loss of a batch and its gradients once more, for an optimizer that moved on."""
        return self.gradients(batch)["loss"]

    def done(self) -> None:
        """The optimizer has made its step."""
        self.parallel.step += 1

    def _seed(self, shard: Shard) -> tuple[int, ...]:
        return self.parallel.seed, self.parallel.step, shard.number

    def _here(self, shards: list[Shard], buffers: list[np.ndarray]) -> Iterator[Share]:
        """The shares, computed on the model itself, which is as before afterwards."""
        with InPlace(self.replica):
            for shard in shards:
                self.replica.put_buffers(buffers)
                try:
                    share = self.replica.share(shard, self._seed(shard))
                except Exception as error:
                    error.add_note(f"raised in {self._name(shard)}")
                    raise
                yield share

    def _by_workers(self, shards: list[Shard], packed: Packed, numbers: bytes) -> Iterator[Share]:
        """The shares in the order of the shards, whenever they come."""
        assert self.submit is not None
        futures: list[Any] = []
        try:
            for shard in shards:
                task = Task(packed, numbers, shard, self._seed(shard))
                futures.append(self._asked(shard, self.submit, run_shard, dumps(task)))
            for shard, future in zip(shards, futures, strict=True):
                share = loads(self._asked(shard, future.result))
                if isinstance(share, Failure):
                    raise share.exception(self._name(shard))
                yield share
        finally:
            for future in futures:
                future.cancel()  # of one that is done: nothing

    def _asked(self, shard: Shard, ask: Callable[..., Any], *args: Any) -> Any:
        """What the engine that runs workers answers about a shard."""
        kept = (
            f" Model, optimizer and loader are as they were after {self.parallel.step} steps: a "
            "further fit goes on from there, with these workers or others."
        )
        return asked(self._name(shard), kept, ask, *args)

    def _name(self, shard: Shard) -> str:
        return f"shard {shard.number} of {self.parallel.shards}, step {self.parallel.step + 1}"


def refuse_hooks(replica: Replica) -> None:
    """Refuse hooks: workers do not have them, and what they would see is not here.

    Raises:
        ValueError: a module or a parameter has some.
    """
    for part in replica.modules:
        if part._hooks:
            raise ValueError(
                f"a {type(part).__name__} has hooks, which see nothing where a step is computed in "
                "shards: remove them, or fit without parallel; viz.History(activations=False) "
                "needs none"
            )
    for p in replica.parameters:
        if hooked_in([p]):
            raise ValueError(
                f"{p!r:.60} has a hook on its gradient, which here comes in parts: remove it, and "
                "change gradients in a Callback's before_step, as ClipGradNorm does"
            )


def _learned(model: Module, loss: Any, optimizer: Optimizer) -> list[Tensor]:
    """What gradients are wanted of: the parameters of model, loss and optimizer.

    Raises:
        TypeError: they are Values.
    """
    found = each_once(
        [
            *model.parameters(),
            *(loss.parameters() if isinstance(loss, Module) else ()),
            *(p for group in optimizer.param_groups for p in group["params"]),
        ]
    )
    if not all(isinstance(p, Tensor) for p in found):
        raise TypeError(
            "parallel takes a model of Tensors; a scalar model has a node for each number, and is "
            "trained in one process: leave out parallel"
        )
    return found


def _weight(parallel: Parallel, loss: Any) -> Callable[[Any], float]:
    """What a shard's mean was divided by: as the user says, or else as the loss does."""
    chosen: Any = parallel.weight
    if chosen is not len:
        return parallel.weight
    own: Callable[[Any], float] | None = getattr(loss, "weight_of", None)
    if own is None and isinstance(loss, Module):
        _refuse_inside(loss)
    return own or rows_that_count


def _refuse_inside(loss: Module) -> None:
    """Refuse a Module that holds a loss of nn whose mean is not over all rows, and says nothing."""
    for part in loss.modules():
        # -100 itself is looked for in the targets, by `rows_that_count`
        leaves_out = getattr(part, "ignore_index", -100) != -100
        if hasattr(part, "weight_of") and (leaves_out or getattr(part, "weight", None) is not None):
            raise ValueError(
                f"the loss holds {part!r:.80}, whose mean is not over all rows, and does not say "
                "what its own mean runs over: nn.Parallel(…, weight=…) says it, or a method "
                "weight_of(target) of the loss"
            )


def _check_reduction(loss: Any, reduction: str) -> None:
    """Refuse a loss that is known to be the other of mean and sum."""
    own = getattr(loss, "reduction", None)
    own = "mean" if own == "batchmean" else own
    if own in ("mean", "sum") and own != reduction:
        raise ValueError(
            f"the loss is a {own} over its rows, this Parallel takes it as a {reduction}: "
            f"nn.Parallel(…, reduction={own!r})"
        )
