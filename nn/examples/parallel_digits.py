"""The conv net of `digits_conv`, trained in shards: by whom they are computed changes no bit.

    python -m nn.examples.parallel_digits                      # two processes
    python -m nn.examples.parallel_digits --dask               # Dask, on this machine
    python -m nn.examples.parallel_digits --dask tcp://a:8786  # Dask, on workers that run already

Trained twice, by workers and in this process, and the weights are compared.  With workers a step of
this net, 1 to 3 ms, is slower than without: the example shows how it is done, not that it pays.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np

import nn

from . import digits_conv


def main(
    executor: Any = None,
    shards: int = 4,
    epochs: int = 3,
    seed: int = 0,
    examples: int | None = None,
    progress: bool = True,
) -> dict[str, float | str]:
    """Train the conv net, each batch of 32 in shards that `executor` computes.

    Args:
        executor: as for `nn.Parallel`; None for this process.
        shards: how many parts a batch has; with the seed they decide the bits.
        epochs, seed, examples, progress: as for `digits_conv.train`.

    Returns:
        Of the last epoch: "loss" and "validation_accuracy"; "weights", a digest of all their bits.
    """
    parallel = nn.Parallel(executor, shards, seed)
    model, history = digits_conv.train(epochs, seed, examples, progress, parallel)
    last = history.rows[-1]
    found = {name: float(last[name]) for name in ("loss", "validation_accuracy")}
    return {**found, "weights": digest(model)}


def digest(model: nn.Module) -> str:
    """A name of a model's parameters and buffers, another one if a single bit differs.

    >>> digest(nn.Linear(2, 3, rng=0)) == digest(nn.Linear(2, 3, rng=0))
    True
    """
    bits = hashlib.sha256()
    for name, array in sorted(model.state_dict().items()):
        bits.update(name.encode() + np.asarray(array).tobytes())
    return bits.hexdigest()[:16]


def client(address: str) -> Any:
    """A client of Dask's: of two workers on this machine, or of those at an address."""
    distributed = importlib.import_module("distributed")  # only who asks for Dask needs it
    if address:
        return distributed.Client(address)
    return distributed.Client(n_workers=2, threads_per_worker=1, dashboard_address=":0")


def workers(arguments: list[str] | None = None) -> Any:
    """What the command line asks for: a process pool, or a client of Dask's."""
    parser = argparse.ArgumentParser(prog="python -m nn.examples.parallel_digits")
    parser.add_argument(
        "--dask",
        nargs="?",
        const="",
        metavar="ADDRESS",
        help="let Dask compute the shards, on this machine or on the workers at this address",
    )
    address = parser.parse_args(arguments).dask
    if address is None:
        return ProcessPoolExecutor(2, get_context("spawn"))
    return client(address)


if __name__ == "__main__":
    with workers() as executor:
        by_workers = main(executor)
    here = main(progress=False)
    for place, found in {"by workers": by_workers, "in this process": here}.items():
        accuracy = f"{100 * float(found['validation_accuracy']):.2f} % of the held-out digits right"
        print(f"{place + ':':16} {accuracy}, weights {found['weights']}")
    print("the same bits" if here == by_workers else "not the same bits")
