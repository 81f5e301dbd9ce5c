"""Samplers: in which order, and how often, a loader takes the samples of a dataset."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy import ndarray

from engine import to_numpy

from ..checks import as_array, at_least, instance_of
from ..random import Rng, generator as generator_of
from .dataset import IterableDataset

#: How many indices are drawn at a time where a pass may be very long.
AT_ONCE = 1024


class Sampler:
    """What a sampler of your own inherits: write `__iter__`, which yields indices, and `__len__`.

    Any iterable of indices with a length will do for a loader, a list for one.

    >>> class Backwards(Sampler):
    ...     def __init__(self, data):
    ...         self.data = data
    ...     def __iter__(self):
    ...         return reversed(range(len(self.data)))
    ...     def __len__(self):
    ...         return len(self.data)
    >>> list(Backwards("abc"))
    [2, 1, 0]
    """

    def __iter__(self) -> Iterator[int]:
        raise NotImplementedError(f"{type(self).__name__} needs an __iter__")


class SequentialSampler(Sampler):
    """0, 1, 2, … to the dataset's length.

    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self)))

    def __len__(self) -> int:
        return len(self.data_source)


class _Random(Sampler):
    """What the samplers share that draw from a generator of their own, or from the shared one."""

    def __init__(self, generator: Rng) -> None:
        self._rng = None if generator is None else generator_of(generator, "generator")

    @property
    def generator(self) -> np.random.Generator:
        """What the orders are drawn from."""
        return generator_of(self._rng)


class RandomSampler(_Random):
    """All indices of a dataset in an order drawn anew for each pass; or some of them.

    Args:
        data_source: the dataset.
        replacement: draw each index from all, so that one can come twice.
        num_samples: how many there are in a pass; default the dataset's length.
        generator: a Generator or a seed; default the shared generator.

    Raises:
        ValueError: num_samples below 1, or without replacement more than the dataset has.

    >>> sorted(RandomSampler("abcd", generator=0))
    [0, 1, 2, 3]
    """

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Rng = None,
    ) -> None:
        super().__init__(generator)
        instance_of(bool, replacement=replacement)
        self.data_source = data_source
        self.replacement = replacement
        self.num_samples = len(data_source) if num_samples is None else num_samples
        at_least(1, num_samples=self.num_samples)
        if not replacement and self.num_samples > len(data_source):
            raise ValueError(
                f"num_samples must be at most {len(data_source)}, the length of the dataset, "
                f"without replacement, got {self.num_samples}"
            )

    def __iter__(self) -> Iterator[int]:
        n = len(self.data_source)
        if not self.replacement:  # as a loader with shuffle draws
            yield from self.generator.permutation(n)[: self.num_samples].tolist()
            return
        for first in range(0, self.num_samples, AT_ONCE):  # a pass may be without an end in sight
            count = min(AT_ONCE, self.num_samples - first)
            yield from self.generator.integers(n, size=count).tolist()

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(_Random):
    """Given indices, in an order drawn anew for each pass.

    Args:
        indices: integers.
        generator: a Generator or a seed; default the shared generator.

    >>> sorted(SubsetRandomSampler([3, 5], generator=0))
    [3, 5]
    """

    def __init__(self, indices: Any, generator: Rng = None) -> None:
        super().__init__(generator)
        self.indices = indices

    def __iter__(self) -> Iterator[int]:
        return iter(self.generator.permutation(np.asarray(self.indices, np.intp)).tolist())

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(_Random):
    """Indices drawn in proportion to weights: rare classes more often, for one.

    Args:
        weights: a number from 0 up for each index; they need not add up to 1.
        num_samples: how many are drawn in a pass.
        replacement: whether one can come twice.
        generator: a Generator or a seed; default the shared generator.

    Raises:
        ValueError: weights that are negative, not finite or all 0, num_samples below 1, or without
            replacement more than there are weights above 0.

    >>> list(WeightedRandomSampler([0.0, 1.0, 0.0], 4, generator=0))
    [1, 1, 1, 1]
    """

    def __init__(
        self, weights: Any, num_samples: int, replacement: bool = True, generator: Rng = None
    ) -> None:
        super().__init__(generator)
        at_least(1, num_samples=num_samples)
        instance_of(bool, replacement=replacement)
        numbers = np.array(to_numpy(as_array(weights)), np.float64)
        if numbers.ndim != 1 or not ((numbers >= 0) & np.isfinite(numbers)).all():
            raise ValueError(
                f"weights must be finite numbers from 0 up in a row, got {weights!r:.60}"
            )
        most = int(np.count_nonzero(numbers))
        if most == 0 or (not replacement and num_samples > most):
            raise ValueError(f"num_samples is {num_samples}, and {most} weights are above 0")
        self.weights = numbers
        self.num_samples = num_samples
        self.replacement = replacement

    def __iter__(self) -> Iterator[int]:
        chances = self.weights / self.weights.sum()
        drawn = self.generator.choice(len(chances), self.num_samples, self.replacement, chances)
        return iter(drawn.tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """The indices of a sampler, in lists of batch_size: what a loader's `batch_sampler` yields.

    Args:
        sampler: an iterable of indices, with a length.
        batch_size: how many there are in a list; the last one has what is left.
        drop_last: leave out a last list that is shorter.

    >>> list(BatchSampler([4, 0, 2], 2)), len(BatchSampler([4, 0, 2], 2, drop_last=True))
    ([[4, 0], [2]], 1)
    """

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool = False) -> None:
        at_least(1, batch_size=batch_size)
        self.sampler = sampler
        self.batch_size = int(batch_size)
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[Any]:
        return in_parts(self.sampler, self.batch_size, self.drop_last)

    def __len__(self) -> int:
        return count_of_parts(len(self.sampler), self.batch_size, self.drop_last)


def in_parts(items: Iterable[Any], size: int, drop_last: bool) -> Iterator[list[Any]]:
    """The items in lists of `size`; a shorter one at the end unless drop_last."""
    items = iter(items)
    while part := list(itertools.islice(items, size)):
        if len(part) == size or not drop_last:
            yield part


def count_of_parts(items: int, size: int, drop_last: bool) -> int:
    """How many lists `in_parts` makes of so many items."""
    whole, rest = divmod(items, size)
    return whole + (rest > 0 and not drop_last)


def checked(indices: Any, count: int) -> ndarray:
    """Indices that a sampler yielded for one batch, as an array.

    Raises:
        TypeError: one is not an int.
        IndexError: one lies outside a dataset of `count` samples.
    """
    array = np.asarray(indices)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise TypeError(f"a sampler yields indices, this one gave {indices!r:.60}")
    outside = array[(array < -count) | (array >= count)]
    if outside.size:
        raise IndexError(f"a sampler gave index {outside[0]}, outside a dataset of {count} samples")
    return array


def check_samplers(
    dataset: Any, batch_size: int, shuffle: bool, drop_last: bool, sampler: Any, batches: Any
) -> None:
    """Check that one thing alone says what the order is, and can say so in each pass."""
    for given in (sampler, batches):
        if isinstance(given, Iterator):
            raise TypeError(
                f"a sampler is walked in each pass, a {type(given).__name__} only once: make it a "
                "list, list(…)"
            )
    if sampler is not None and shuffle:
        raise ValueError("a sampler says what the order is: leave shuffle out")
    if batches is not None and (batch_size != 1 or shuffle or drop_last or sampler is not None):
        raise ValueError(
            "batch_sampler says what the batches are: leave batch_size, shuffle, sampler and "
            "drop_last out"
        )
    if isinstance(dataset, IterableDataset) and not (sampler is batches is None and not shuffle):
        raise ValueError("a stream comes in its own order: leave shuffle and samplers out")
