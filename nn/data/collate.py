"""Samples into batches: stacked where they are numbers, in the form the samples have."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from engine import Tensor, ValueArray, array_of, stack, to_numpy
from engine.arrays import friendly

from ..checks import is_tracked

_NUMBERS = int | float | np.number


def gather(dataset: Any, indices: ndarray) -> Any:
    """The samples at `indices` as one batch: at once where the dataset can, else one by one."""
    if hasattr(dataset, "batch"):
        return dataset.batch(indices)
    return default_collate([dataset[int(i)] for i in indices])


def is_chunked(x: Any) -> bool:
    """Whether x is an array that is kept in chunks somewhere, and read when it is asked for."""
    return hasattr(x, "chunks") and hasattr(x, "shape") and hasattr(x, "dtype")


def default_collate(samples: list[Any]) -> Any:
    """A batch of the same form as its samples.

    Tuples and lists become a tuple of batches, named tuples one of their kind, dicts a dict of
    batches; numbers, arrays and Tensors are stacked (Tensors and floating-point numbers into a
    Tensor); anything else stays a list.

    Raises:
        ValueError: samples of different lengths, keys or shapes; a list of numbers inside of a
            sample, which may be a row of the batch or several columns.

    >>> features, labels = default_collate([(np.zeros(2), 0), (np.ones(2), 1)])
    >>> features.tolist(), labels.tolist()
    ([[0.0, 0.0], [1.0, 1.0]], [0, 1])
    """
    first = samples[0]
    if isinstance(first, dict):
        if any(sample.keys() != first.keys() for sample in samples):
            raise ValueError("samples of one batch must have the same keys")
        return {key: _part([sample[key] for sample in samples]) for key in first}
    if isinstance(first, tuple | list):
        if not all(isinstance(sample, tuple | list) for sample in samples):
            raise ValueError(
                "samples of one batch must have the same form, got "
                f"{sorted({type(sample).__name__ for sample in samples})}"
            )
        if any(len(sample) != len(first) for sample in samples):
            raise ValueError(
                f"samples of one batch must have the same length, got "
                f"{sorted({len(sample) for sample in samples})}; pad them, or give a collate"
            )
        parts = [_part(list(part)) for part in zip(*samples, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else tuple(parts)
    if isinstance(first, int | float | np.generic | ndarray | Tensor) or is_chunked(first):
        arrays = [tracked_or_plain(sample) for sample in samples]
        if len({x.shape for x in arrays}) > 1:
            raise ValueError(
                f"samples of one batch must have the same shape, got "
                f"{sorted({x.shape for x in arrays})}; pad them, or give a collate"
            )
        tracked = any(isinstance(x, Tensor | ValueArray) for x in arrays)
        if tracked:
            return stack(arrays)
        stacked = np.stack(arrays)
        return Tensor.wrap(stacked) if isinstance(first, Tensor) else as_batch(stacked)
    return samples


def _part(parts: list[Any]) -> Any:
    """A batch of what stands at one place in each sample.

    Raises:
        ValueError: a list of numbers.  PyTorch makes a column of each, and a model would stack
            these: the transpose of a batch of rows.
    """
    first = parts[0]
    named = hasattr(first, "_fields")  # columns with a name each are no row
    row = isinstance(first, tuple | list) and first and not named
    if row and all(isinstance(x, _NUMBERS) for x in first):
        raise ValueError(
            f"a sample has a {type(first).__name__} of {len(first)} numbers in it: make it an "
            "array, np.array(…), for rows of a batch; for a column of each number, put them into "
            "the sample one by one"
        )
    return default_collate(parts)


def tracked_or_plain(x: Any) -> Any:
    """What requires a gradient as it is, lists stacked; the plain numbers of anything else."""
    x = array_of(x) if isinstance(x, list | tuple) else x
    return x if is_tracked(x) else to_numpy(x)


def as_batch(array: Any) -> Any:
    """Floating-point numbers as a Tensor (not copied); labels, which index, as a friendly array."""
    if isinstance(array, Tensor):
        return array
    return Tensor.wrap(array) if array.dtype.kind == "f" else friendly(array)
