"""A step of `fit` up to the optimizer: the loss of a batch, and its gradients in the parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import engine

from ..callbacks import Callback
from ..measured import Metrics, loss_of_batch, number_of, numbers_of
from ..module import Module
from ..optim import Optimizer


class Step:
    """Forward and backward of a batch as a whole, in this process.

    Args:
        model, loss, optimizer, metrics, callbacks, compile: as for `fit`.
    """

    def __init__(
        self,
        model: Module,
        loss: Callable[[Any, Any], Any],
        optimizer: Optimizer,
        metrics: Metrics,
        callbacks: Sequence[Callback],
        compile: bool,
    ) -> None:
        self.optimizer, self.metrics, self.callbacks = optimizer, metrics, callbacks
        self._plain = self._loss_of = partial(loss_of_batch, model, loss, bool(metrics))
        if compile:
            self._loss_of = engine.compile(self._plain)

    def gradients(self, batch: Sequence[Any]) -> dict[str, float]:
        """The loss and the metrics of a batch; its gradients are in the parameters afterwards."""
        looked_at = any(one.looks_at_layers for one in self.callbacks)  # nothing to see in compiled
        total, output = (self._plain if looked_at else self._loss_of)(*batch)
        loss = number_of(total)
        self.optimizer.zero_grad()
        total.backward()
        return numbers_of(loss, output, batch[-1], self.metrics)

    def again(self, batch: Sequence[Any]) -> float:
        """The loss of a batch and its gradients once more, for an optimizer that moved on."""
        return self.gradients(batch)["loss"]

    def done(self) -> None:
        """The optimizer has made its step."""
