"""One model on both engines: every weight's gradient on real digits, compared number by number.

    python -m nn.examples.both_tiers

The array model runs on whole batches; its scalar copy builds one node for every product and sum.
Nothing is shared between the two but the layers' code and the table of derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import nn
from engine import to_numpy


def compare(
    model: nn.Module, loss: Callable[[Any, Any], Any], inputs: Any, target: Any
) -> dict[str, float]:
    """Forward and backward on both tiers; the largest difference of each parameter's gradient.

    Differences are relative to the largest gradient of that parameter.  "loss" is among them.

    Raises:
        ValueError: a parameter got no gradient, so there is nothing to compare.
    """
    twin = model.scalar()
    totals = []
    for one in (model, twin):
        one.zero_grad()
        total = loss(one(inputs), target)
        total.backward()
        totals.append(total.item())
    found = {"loss": abs(totals[0] - totals[1]) / max(abs(totals[0]), 1e-300)}
    for (name, p), q in zip(model.named_parameters(), twin.parameters(), strict=True):
        if p.grad is None or not np.any(p.grad):
            raise ValueError(f"{name} got no gradient: choose a batch that reaches it")
        difference = np.abs(p.grad - to_numpy(q.grad)).max()
        found[name] = float(difference / np.abs(p.grad).max())
    return found


def main(batch: int = 10, hidden: int = 16, seed: int = 0) -> dict[str, float]:
    """An MLP with cross entropy on the first digits."""
    x, y = nn.data.load_digits()
    model = nn.MLP([64, hidden, 10], rng=seed)
    return compare(model, nn.CrossEntropyLoss(), x[:batch], y[:batch])


if __name__ == "__main__":
    for name, difference in main().items():
        print(f"{name:20} {difference:.1e}")
