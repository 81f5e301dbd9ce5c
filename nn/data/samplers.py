"""Samplers: in which order, and how often, a loader takes the samples of a dataset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy import ndarray

from engine import to_numpy

from ..checks import as_array, at_least, instance_of
from ..random import Rng, generator as generator_of


class Sampler:
    """What a sampler of your own inherits: write `__iter__`, which yields indices, and `__len__`.

    Any iterable of indices with a length will do for a loader, a list for one.
    """

    def __iter__(self) -> Iterator[int]:
        raise NotImplementedError(f"{type(self).__name__} needs an __iter__")


class _AtOnce(Sampler):
    """Base of those that know all their indices at once: `order()`, which is all they write."""

    def order(self) -> ndarray:
        """The indices of one pass."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[int]:
        return iter(self.order().tolist())


class SequentialSampler(_AtOnce):
    """0, 1, 2, … to the dataset's length.

    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def order(self) -> ndarray:
        """All indices, in order."""
        return np.arange(len(self))

    def __len__(self) -> int:
        return len(self.data_source)


class _Random(_AtOnce):
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

    def order(self) -> ndarray:
        """Indices drawn at random; a loader with shuffle draws the same."""
        n = len(self.data_source)
        if self.replacement:
            return self.generator.integers(n, size=self.num_samples)
        return self.generator.permutation(n)[: self.num_samples]

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

    def order(self) -> ndarray:
        """The indices, shuffled."""
        return self.generator.permutation(np.asarray(self.indices, np.intp))

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

    def order(self) -> ndarray:
        """Indices drawn at random."""
        return self.generator.choice(
            len(self.weights), self.num_samples, self.replacement, self.weights / self.weights.sum()
        )

    def __len__(self) -> int:
        return self.num_samples


def indices_of(sampler: Any, count: int) -> ndarray:
    """The indices of one pass of a sampler over `count` samples, checked.

    Raises:
        TypeError: one is not an int.
        IndexError: one lies outside the dataset.
    """
    order = np.asarray(sampler.order() if isinstance(sampler, _AtOnce) else list(sampler))
    if order.size == 0:
        return np.zeros(0, np.intp)
    if order.dtype.kind not in "iu" or order.ndim != 1:
        raise TypeError(
            f"a sampler yields indices, {type(sampler).__name__} gave {order.dtype} of shape "
            f"{order.shape}"
        )
    outside = order[(order < -count) | (order >= count)]
    if outside.size:
        name = type(sampler).__name__
        raise IndexError(f"{name} gave index {outside[0]}, outside a dataset of {count} samples")
    return order
