"""The shares of a step, added up in the order of their shards: so they give the same bits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from .replica import Share
from .shards import Shard


class Sums(NamedTuple):
    """What a step's shares are together."""

    numbers: dict[str, float]
    gradients: list[np.ndarray | None]
    buffers: list[np.ndarray | None]


def added(shards: list[Shard], shares: Iterator[Share], before: list[np.ndarray]) -> Sums:
    """Shares added up in the order of the shards: gradients summed, numbers and buffers averaged.

    Raises:
        ValueError: a buffer of whole numbers is another one after each shard.
    """
    rows = sum(shard.fraction for shard in shards)
    numbers: dict[str, float] = {}
    gradients: list[np.ndarray | None] = []
    changed: list[list[np.ndarray | None]] = []
    for shard, share in zip(shards, shares, strict=True):
        for name, x in share.numbers.items():
            part = shard.factor if name == "loss" else shard.fraction / rows
            numbers[name] = numbers.get(name, 0.0) + part * x
        gradients = gradients or [None] * len(share.gradients)
        gradients = [_plus(a, b) for a, b in zip(gradients, share.gradients, strict=True)]
        changed.append(share.buffers)
    parts = [shard.fraction / rows for shard in shards]
    columns = zip(*changed, strict=True)
    buffers = [_mean(x, column, parts) for x, column in zip(before, columns, strict=True)]
    return Sums(numbers, gradients, buffers)


def _plus(a: np.ndarray | None, b: np.ndarray | None) -> np.ndarray | None:
    if a is None or b is None:
        return b if a is None else a
    return a + b


def _mean(
    before: np.ndarray, after: Sequence[np.ndarray | None], parts: list[float]
) -> np.ndarray | None:
    """What a buffer becomes, of what each shard made of it; None if none changed it."""
    if all(x is None for x in after):
        return None
    found = [before if x is None else x for x in after]
    if before.dtype.kind == "f":
        total = found[0] * before.dtype.type(parts[0])
        for x, part in zip(found[1:], parts[1:], strict=True):
            total = total + x * before.dtype.type(part)
        return np.asarray(total)
    if any(not np.array_equal(x, found[0]) for x in found):
        raise ValueError(
            "a buffer of whole numbers is another one after each shard, and has no mean: keep "
            "what is counted as floating-point numbers"
        )
    return found[0]
