"""A sweep of learning rate by width: the network of `digits_mlp`, for each pair of them.

    python -m nn.examples.sweep_digits [FILE]

The settings run side by side in two processes.  With a file a sweep that was stopped goes on where
it was; `viz.plots.sweep(rows, "validation_loss")` draws what is found.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from os import PathLike
from typing import Any

import nn

from . import digits_mlp

RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
WIDTHS = (4, 8, 16, 32, 64)


def main(
    executor: Any = None,
    path: str | PathLike[str] | None = None,
    rates: tuple[float, ...] = RATES,
    widths: tuple[int, ...] = WIDTHS,
    epochs: int = 5,
    progress: bool = True,
) -> nn.Sweep:
    """Train a network for each width and learning rate.

    Args:
        executor, path, progress: as for `nn.sweep`.
        rates: learning rates of AdamW.
        widths: of the hidden layer.
        epochs: passes over the digits.

    Returns:
        The rows: "hidden", "lr", "epochs", and what `digits_mlp.main` returns.
    """
    settings = {"hidden": widths, "lr": rates, "epochs": [epochs]}
    train = partial(digits_mlp.main, progress=False)
    return nn.sweep(train, settings, executor, path=path, progress=progress)


if __name__ == "__main__":
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        rows = main(pool, sys.argv[1] if len(sys.argv) > 1 else None)
    print(rows)
    best = rows.best("validation_loss")
    print(f"least loss: {best['hidden']} hidden units, learning rate {best['lr']}")
