"""What a batch gives: its loss, to go backward from, and its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine import Tensor, Value, no_grad

from .module import Module

Metrics = Mapping[str, Callable[[Any, Any], float]]


def loss_of_batch(
    model: Module, loss: Callable[[Any, Any], Any], with_output: bool, *batch: Any
) -> tuple[Any, Any]:
    """The loss of a batch, and the model's output, if it is asked for."""
    *inputs, target = batch
    output = model(*inputs)
    return loss(output, target), output if with_output else None


def number_of(total: Any) -> float:
    """The loss of a batch as a number, if it is one that backward can start from.

    Raises:
        TypeError: it is neither a Tensor nor a Value.
        ValueError: it is more than one number.
    """
    if not isinstance(total, Tensor | Value):
        raise TypeError(
            f"loss must give a Tensor or a Value, got {type(total).__name__}: write it with the "
            "functions of engine and nn"
        )
    if total.shape not in ((), (1,)):
        raise ValueError(f"loss must give a single number, got shape {total.shape}: take its mean")
    return float(total.item())


def samples_in(target: Any) -> int:
    """How many samples a target has: its rows, or those of the first part of a dict or tuple."""
    while isinstance(target, dict | tuple):
        target = next(iter(target.values() if isinstance(target, dict) else target))
    return len(target)


def numbers_of(loss: float, output: Any, target: Any, metrics: Metrics) -> dict[str, float]:
    """The loss and the metrics of a batch, by name."""
    if not metrics:
        return {"loss": loss}
    with no_grad():
        return {"loss": loss} | {
            name: float(metric(output, target)) for name, metric in metrics.items()
        }
