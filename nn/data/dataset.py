"""Sets of samples: arrays, parts of a set, random splits.

A dataset is anything with `len(dataset)` and `dataset[i]`: a list will do.  One that can also
give many samples at once has `batch(indices)`, which saves the loader the work of gathering them
one by one.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from engine import Tensor, to_numpy

from ..random import Rng, generator as generator_of, one_of_both
from .chunked import Chunked, by_rows
from .collate import as_batch, gather, tracked_or_plain


class Dataset:
    """What a dataset of your own inherits: write `__len__` and `__getitem__`.

    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 3
    ...     def __getitem__(self, i):
    ...         return float(i), i * i
    >>> Squares()[2]
    (2.0, 4)
    """

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} needs a __len__")

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} needs a __getitem__")

    def __add__(self, other: Any) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset):
    """What a stream of samples inherits, one without a length or an index: write `__iter__`.

    >>> class Lines(IterableDataset):
    ...     def __iter__(self):
    ...         return iter(["a", "b", "c"])
    >>> from nn.data import DataLoader
    >>> list(DataLoader(Lines(), batch_size=2))
    [['a', 'b'], ['c']]
    """

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} needs an __iter__")

    def __len__(self) -> int:
        raise TypeError(f"{type(self).__name__} is a stream, of which nobody knows the length")


class TensorDataset(Dataset):
    """Arrays of the same length: sample i holds row i of each.

    Rows of a Tensor are Tensors; those of an array are arrays, and in a batch Tensors where they
    hold floating-point numbers.  Of an array that is larger than memory, an `np.memmap` or one of
    Dask, zarr or h5py, the rows of a batch are read when it is their turn.

    Args:
        arrays: arrays, Tensors or lists, of shape (samples, …).  Held, not copied; what is drawn
            from a Tensor that requires a gradient stays in its graph.

    Raises:
        ValueError: no array, a 0-d one, or lengths that differ; one of Dask that knows no length.

    >>> pairs = TensorDataset(np.eye(3), np.array([0, 1, 2]))
    >>> len(pairs), pairs[1]
    (3, (array([0., 1., 0.]), np.int64(1)))
    """

    def __init__(self, *arrays: Any) -> None:
        self.arrays: tuple[Any, ...] = tuple(map(_held, arrays))
        if not arrays:
            raise ValueError("a TensorDataset needs at least one array")
        shapes = [x.shape for x in self.arrays]
        if () in shapes or len({shape[0] for shape in shapes}) > 1:
            raise ValueError(
                f"the arrays of a TensorDataset must have the same length, got shapes {shapes}"
            )

    def __len__(self) -> int:
        return len(self.arrays[0])

    @property
    def tensors(self) -> tuple[Any, ...]:
        """The arrays, under PyTorch's name."""
        return self.arrays

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(x[index] for x in self.arrays)

    def batch(self, indices: ndarray) -> tuple[Any, ...]:
        """The samples at `indices`, together: one array for each of the dataset's."""
        return tuple(_rows_at(x, indices) for x in self.arrays)


def _held(x: Any) -> Any:
    """An array as a dataset keeps it."""
    x = by_rows(x)
    return x if isinstance(x, Tensor | Chunked) else tracked_or_plain(x)


def _rows_at(x: Any, indices: ndarray) -> Any:
    """Rows of such an array, for a batch."""
    if isinstance(x, Tensor) and not x.requires_grad:
        return Tensor.wrap(to_numpy(x)[indices])  # as x[indices], without an op
    return x.batch(indices) if isinstance(x, Chunked) else as_batch(x[indices])


class Subset(Dataset):
    """The samples of a dataset at some indices.

    Raises:
        IndexError: an index lies outside the dataset.
        TypeError: indices are not integers.

    >>> Subset(["a", "b", "c"], [2, 0])[0]
    'c'
    """

    def __init__(self, dataset: Any, indices: Any) -> None:
        dataset = by_rows(dataset)
        chosen = np.asarray(indices)
        if chosen.size == 0:
            chosen = chosen.astype(np.int64)
        if chosen.dtype.kind not in "iu" or chosen.ndim != 1:
            raise TypeError(
                f"indices of a Subset must be a list of integers, got {chosen.dtype} of shape "
                f"{chosen.shape}"
            )
        outside = chosen[(chosen < -len(dataset)) | (chosen >= len(dataset))]
        if outside.size:
            raise IndexError(f"index {outside[0]} lies outside a dataset of {len(dataset)} samples")
        self.dataset = dataset
        self.indices = chosen

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Any:
        return self.dataset[int(self.indices[index])]

    def batch(self, indices: ndarray) -> Any:
        """The samples at `indices`, counted within this subset."""
        return gather(self.dataset, self.indices[indices])


class ConcatDataset(Dataset):
    """The samples of several datasets, one after another; `a + b` of two datasets is one, too.

    Raises:
        ValueError: no dataset.
        TypeError: one has no length.

    >>> both = ConcatDataset([["a", "b"], ["c"]])
    >>> len(both), both[2], both.cumulative_sizes
    (3, 'c', [2, 3])
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(map(by_rows, datasets))
        if not self.datasets:
            raise ValueError("a ConcatDataset needs at least one dataset")
        for i, dataset in enumerate(self.datasets):
            if not hasattr(dataset, "__len__"):
                raise TypeError(f"dataset {i} of a ConcatDataset has no length: {dataset!r:.60}")
        self.cumulative_sizes = list(itertools.accumulate(map(len, self.datasets)))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> Any:
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} lies outside datasets of {len(self)} samples together")
        index = index % len(self)
        which = bisect.bisect_right(self.cumulative_sizes, index)
        before = self.cumulative_sizes[which - 1] if which else 0
        return self.datasets[which][index - before]


def random_split(
    dataset: Any, lengths: Sequence[float], rng: Rng = None, generator: Rng = None
) -> list[Subset]:
    """Cut a dataset into parts that share no sample, chosen at random.

    Args:
        dataset: anything with a length and an index.
        lengths: how many samples each part gets (whole numbers that add up to the dataset's
            length), or what fraction of it (numbers that add up to 1; samples left over by
            rounding down go to the first parts, one each, as in PyTorch).
        rng: a Generator or a seed; None for the shared one of `nn.random`.
        generator: PyTorch's name of rng.

    Raises:
        TypeError: generator and rng are both given.
        ValueError: negative lengths, or a sum that is neither the dataset's length nor 1.

    >>> [len(part) for part in random_split(range(10), [0.75, 0.25], rng=0)]
    [8, 2]
    """
    dataset = by_rows(dataset)
    counts = _counts(len(dataset), lengths)
    order = generator_of(one_of_both(generator, rng)).permutation(len(dataset))
    return [Subset(dataset, part) for part in np.split(order, np.cumsum(counts)[:-1])]


def _counts(total: int, lengths: Sequence[float]) -> list[int]:
    """Lengths or fractions as lengths."""
    if not len(lengths) or not all(n >= 0 for n in lengths):
        raise ValueError(f"lengths must be numbers from 0 up, at least one, got {lengths!r:.80}")
    if all(isinstance(n, int | np.integer) for n in lengths) and sum(lengths) == total:
        return [int(n) for n in lengths]
    if not math.isclose(sum(lengths), 1.0):
        raise ValueError(
            f"lengths must add up to the dataset's {total} samples, or fractions to 1; "
            f"{lengths!r:.80} adds up to {sum(lengths):g}"
        )
    counts = [math.floor(total * n) for n in lengths]
    for i in range(total - sum(counts)):
        counts[i % len(counts)] += 1
    return counts
