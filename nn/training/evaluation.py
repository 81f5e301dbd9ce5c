"""What a model is worth: the mean loss and metrics over a loader, without training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine import Tensor, ValueArray, no_grad, to_numpy

from ..blocks import EvalMode
from ..measured import Metrics, number_of, numbers_of, samples_in
from ..module import Module


def evaluate(
    model: Module, loss: Callable[[Any, Any], Any], loader: Any, metrics: Metrics | None = None
) -> dict[str, float]:
    """The mean loss and metrics over the samples of a loader: {"loss": …, metric: …}.

    In eval mode and without recording; each module is left in the mode it was in.

    Args:
        model, loss, loader, metrics: as for `fit`.

    Raises:
        ValueError, TypeError: as for `fit`.

    >>> import nn
    >>> x = np.array([[1.0], [2.0]])
    >>> evaluate(nn.Identity(), nn.MSELoss(), nn.DataLoader((x, x + 1), batch_size=2))
    {'loss': 1.0}
    """
    metrics = dict(metrics or {})
    means = Means()
    with EvalMode(model), no_grad():
        for batch in loader:
            *inputs, target = parts_of(model, batch)
            output = model(*inputs)
            total = number_of(loss(output, target))
            means.add(samples_in(target), numbers_of(total, output, target, metrics))
    return means.result(loader)


def accuracy(output: Any, target: Any) -> float:
    """The fraction of samples whose highest score is that of their class.

    Args:
        output: scores of shape (…, classes), of either tier.
        target: class indices of shape (…).

    Raises:
        ValueError: the shapes do not fit.

    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    """
    scores, labels = to_numpy(output), to_numpy(target)
    if not scores.ndim or scores.shape[:-1] != labels.shape or not labels.size:
        raise ValueError(
            f"accuracy takes scores of shape (…, classes) and classes of shape (…), not empty; "
            f"got {scores.shape} and {labels.shape}"
        )
    return float(np.mean(scores.argmax(axis=-1) == labels))


class Means:
    """Running means over samples, of numbers that are means over batches."""

    def __init__(self, count: int = 0, sums: Mapping[str, float] | None = None) -> None:
        self.count = count
        self.sums = dict(sums or {})

    def add(self, samples: int, numbers: Mapping[str, float]) -> None:
        """Take in a batch."""
        self.count += samples
        for name, x in numbers.items():
            self.sums[name] = self.sums.get(name, 0.0) + samples * x

    def result(self, loader: Any) -> dict[str, float]:
        """The means; ValueError if there was nothing."""
        if not self.count:
            raise ValueError(f"the loader {loader!r:.60} gave no samples")
        return {name: x / self.count for name, x in self.sums.items()}


def parts_of(model: Module, batch: Any) -> Sequence[Any]:
    """A batch, the model's inputs and last the target, in the form the model's tier takes."""
    if not isinstance(batch, tuple | list) or len(batch) < 2:
        raise TypeError(
            f"a batch must be a tuple of inputs and a target, got {type(batch).__name__} "
            "(a loader over a tuple of arrays gives such batches)"
        )
    if any(isinstance(p, ValueArray) for p in model.parameters()):
        return [to_numpy(x) if isinstance(x, Tensor) else x for x in batch]
    return batch
