"""`DataLoader`: the samples of a dataset in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from ..checks import at_least
from ..random import Rng, generator as generator_of, one_of_both, set_generator_state
from .chunked import by_rows
from .collate import default_collate, gather
from .dataset import IterableDataset, TensorDataset
from .samplers import BatchSampler, check_samplers, checked, count_of_parts, in_parts


class DataLoader:
    """Batches of a dataset, in order or shuffled anew in each pass.

    A batch has the form of a sample: a tuple of arrays for tuples, a dict for dicts.  Tensors and
    floating-point arrays come as Tensors, integer arrays (labels) as plain arrays.

    Args:
        dataset: anything with a length and an index, a list of samples for one; a tuple with an
            array in it counts as a dataset of rows: `(X, y)`, of arrays, Tensors and lists.  Or an
            IterableDataset, whose samples come in its own order, in each pass from the start.
        batch_size: samples in a batch; the last batch has what is left.
        shuffle: whether each pass has an order of its own.
        sampler: an iterable of indices, with a length, in place of shuffle.
        batch_sampler: an iterable of lists of indices, with a length, in place of batch_size,
            shuffle, sampler and drop_last.
        drop_last: leave out a last batch that is smaller than the others.
        collate_fn: `collate_fn(samples)` makes a batch of a list of samples; default
            `default_collate`.
        num_workers: taken as in PyTorch; samples are loaded where the loop runs, whatever the
            number, so that order and bits do not depend on it, not of samples drawn at random
            either.
        pin_memory, persistent_workers: taken as in PyTorch, and nothing changes.
        rng: a Generator or a seed to draw the orders from (the same seed gives the same passes);
            None for the shared one of `nn.random`.
        generator: PyTorch's name of rng.

    Raises:
        ValueError: an empty dataset, a batch size below 1, or drop_last with fewer samples than
            one batch; a dataset that could be meant in two ways; a sampler besides shuffle, or
            either of a stream.
        TypeError: a dataset without a length or an index (a generator, a dict of arrays), a batch
            size that is not an int; a sampler without ints, or that can be walked only once.
        IndexError: in a pass, a sampler that yields an index outside the dataset.

    >>> loader = DataLoader((np.arange(5.0), np.arange(5)), batch_size=2)
    >>> len(loader), [labels.tolist() for _, labels in loader]
    (3, [[0, 1], [2, 3], [4]])
    """

    # of loaders that were pickled before there were samplers
    sampler: Any = None
    batch_sampler: Any = None
    _given: tuple[ndarray, int] | None = None  # the order of the last batch, and its place in it

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        *,
        sampler: Any = None,
        batch_sampler: Any = None,
        drop_last: bool = False,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        num_workers: int = 0,
        pin_memory: bool = False,
        persistent_workers: bool = False,
        rng: Rng = None,
        generator: Rng = None,
    ) -> None:
        if isinstance(dataset, tuple):
            dataset = _rows(dataset)
        elif isinstance(dataset, list) and collate_fn is None:
            _check_list(dataset)
        dataset = by_rows(dataset)
        at_least(0, num_workers=num_workers)
        by_sampler = sampler is not None or batch_sampler is not None
        _check_loader(dataset, batch_size, drop_last and not by_sampler)
        check_samplers(dataset, batch_size, shuffle, drop_last, sampler, batch_sampler)
        self.dataset = dataset
        self.batch_size = int(batch_size)
        self.shuffle = shuffle
        self.sampler = sampler
        if sampler is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_sampler = batch_sampler
        self.drop_last = drop_last
        self.collate_fn = collate_fn
        rng = one_of_both(generator, rng)
        self._rng = None if rng is None else generator_of(rng)
        self._order: ndarray | None = None  # of the pass under way; None between passes
        self._served = 0  # batches of that pass that were given
        self._resumed = False

    @property
    def generator(self) -> np.random.Generator:
        """What the orders are drawn from: the sampler's own, if it has one."""
        return getattr(self.sampler, "generator", None) or generator_of(self._rng)

    def __len__(self) -> int:
        """How many batches a pass has."""
        if self.batch_sampler is not None:
            return len(self.batch_sampler)
        return count_of_parts(len(self.dataset), self.batch_size, self.drop_last)

    @property
    def goes_on(self) -> bool:
        """Whether the order is the loader's: then it is saved, and a pass can go on."""
        return self.batch_sampler is None and not isinstance(self.dataset, IterableDataset)

    def __iter__(self) -> Iterator[Any]:
        if isinstance(self.dataset, IterableDataset):
            parts = in_parts(self.dataset, self.batch_size, self.drop_last)
            return map(self.collate_fn or default_collate, parts)
        if self.batch_sampler is not None:
            return (self._batch(checked(part, len(self.dataset))) for part in self.batch_sampler)
        if not self._resumed:
            self._order, self._served = self._new_order(), 0
        self._resumed = False
        return self._batches(self._order, self._served)

    def _new_order(self) -> ndarray:
        n = len(self.dataset)
        return self.generator.permutation(n) if self.shuffle else np.arange(n)

    def _batches(self, order: ndarray | None, first: int) -> Iterator[Any]:
        assert order is not None
        for i in range(first, len(self)):
            indices = order[i * self.batch_size : (i + 1) * self.batch_size]
            batch = self._batch(indices)
            if order is self._order:  # else another pass has begun since: it is the one we save
                self._given = order, i
                if i + 1 == len(self):
                    self._order = None
                self._served = i + 1
            yield batch

    def _batch(self, indices: ndarray) -> Any:
        if self.collate_fn is None:
            return gather(self.dataset, indices)
        return self.collate_fn([self.dataset[int(i)] for i in indices])

    def state_dict(self) -> dict[str, Any]:
        """Where the loader stands: its generator, and the pass under way with its position."""
        return {
            "generator": self.generator.bit_generator.state,
            "order": None if self._order is None else self._order.copy(),
            "served": 0 if self._order is None else self._served,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where the loader stood when `state` was taken, batch for batch.

        A pass that was under way is finished by the next `for batch in loader`; one by a sampler
        or of a stream starts anew.

        Raises:
            KeyError, ValueError: not the state of a loader over a dataset of this length, or of
                another kind of generator; the loader is as it was.
        """
        if missing := {"generator", "order", "served"} - set(state):
            raise KeyError(f"the state of a loader lacks {sorted(missing)}")
        order, served = state["order"], state["served"]
        if order is not None and not self.goes_on:
            raise ValueError("the saved pass had an order of the loader's, this one has none")
        if order is not None:
            order = np.array(order)
            whole = order.dtype.kind in "iu" and order.ndim == 1
            if not whole or not np.array_equal(np.sort(order), np.arange(len(self.dataset))):
                raise ValueError(
                    f"the saved pass is no order of {len(self.dataset)} samples: it was saved "
                    "over another dataset"
                )
            if isinstance(served, bool) or not isinstance(served, int) or served < 0:
                raise ValueError(f"'served' must count batches, got {served!r}")
            if served >= len(self):
                raise ValueError(
                    f"the saved pass stood after batch {served}, this loader has {len(self)}: "
                    "it was saved with another batch size"
                )
        set_generator_state(self.generator, state["generator"])
        self._order, self._served = order, served
        self._resumed = order is not None

    @property
    def in_pass(self) -> bool:
        """Whether a pass is under way, with batches to come."""
        return self._order is not None

    @property
    def already(self) -> int:
        """How many batches of the next pass were given before, as it is the rest of one."""
        return self._served if self._resumed else 0

    def put_back(self) -> None:
        """Stand before the batch that was given last: nothing came of it."""
        if self._given is not None:
            self._order, self._served = self._given

    def go_on(self, order: ndarray | None, served: int) -> None:
        """Let the next pass be the rest of one that was broken off after `served` batches.

        A pass that `load_state_dict` put back goes first.
        """
        if not self._resumed and order is not None:
            self._order, self._served, self._resumed = order, served, True


def _has_rows(x: Any) -> bool:
    return getattr(x, "ndim", 0) > 0


def _rows(parts: tuple[Any, ...]) -> Any:
    """A tuple with an array in it as the dataset of rows; one of samples as it is.

    Raises:
        ValueError: a tuple of lists, which may be either; beside an array what has no rows, or a
            tuple of arrays.
    """
    if not any(_has_rows(x) for x in parts):
        if parts and all(isinstance(x, list) for x in parts):
            raise ValueError(
                f"a tuple of {len(parts)} lists may be {len(parts)} samples or {len(parts)} "
                "columns: make it a list of samples, or give the columns as arrays"
            )
        return parts
    for i, x in enumerate(parts):
        if not _has_rows(x) and (isinstance(x, str) or not isinstance(x, Sequence)):
            raise ValueError(
                f"element {i} of the dataset has no rows: {type(x).__name__} {x!r:.40}; each is to "
                "be an array, a Tensor or a list"
            )
        if isinstance(x, tuple) and any(_has_rows(y) for y in x):
            raise ValueError(
                f"element {i} of the dataset is a tuple of arrays itself: give all arrays in one "
                "tuple, the target last"
            )
    return TensorDataset(*parts)


def _check_list(samples: list[Any]) -> None:
    """Refuse `[X, y]`: two samples that no batch could hold, where two columns were meant."""
    if not 1 < len(samples) < 10 or not all(hasattr(x, "__len__") for x in samples):
        return
    if len({_axes(x) for x in samples}) > 1 and len({len(x) for x in samples}) == 1:
        raise ValueError(
            f"a list holds samples, and these {len(samples)} have shapes that differ but the "
            "same length: give columns as a tuple, (X, y), of arrays"
        )


def _axes(x: Any) -> int:
    """How many axes x has, of which a list shows two: rows, and numbers in a row."""
    if _has_rows(x):
        return int(x.ndim)
    return 2 if isinstance(x, list) and x and isinstance(x[0], tuple | list) else 1


def _check_loader(dataset: Any, batch_size: Any, drop_last: bool) -> None:
    at_least(1, batch_size=batch_size)
    if isinstance(dataset, IterableDataset):
        return
    sized = hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")
    if not sized or getattr(dataset, "ndim", 1) == 0:
        raise TypeError(
            f"a dataset has a length and an index, {type(dataset).__name__} has not both"
            + (
                ""
                if sized or not hasattr(dataset, "__iter__")
                else ": make it a list, list(…), or let its class inherit from IterableDataset"
            )
        )
    if isinstance(dataset, Mapping) and dataset and 0 not in dataset:
        keys = list(dataset)[:5]
        raise TypeError(
            f"a dataset has its samples by number, this {type(dataset).__name__} has {keys}: give "
            "the arrays as a tuple, (d['x'], d['y']), or a list of dicts, one for each sample"
        )
    if len(dataset) == 0:
        raise ValueError("the dataset is empty: a loader over it would give nothing")
    if drop_last and len(dataset) < batch_size:
        raise ValueError(
            f"drop_last leaves no batch: the dataset has {len(dataset)} samples, "
            f"batch_size is {batch_size}"
        )
