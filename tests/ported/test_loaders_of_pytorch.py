"""Loaders as PyTorch's programs write them: samplers, generators, streams, pairs of Tensors."""

import threading
from collections import OrderedDict, namedtuple

import numpy as np
import pytest

import engine
import nn
from engine import Tensor
from nn.utils.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    random_split,
)

Point = namedtuple("Point", "x y")


def walked(loader):
    """The numbers of a pass over a dataset of single numbers, batch by batch."""
    return [batch.tolist() for batch in loader]


class Count(IterableDataset):
    """0 to n - 1, as a stream."""

    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter(range(self.n))


class Noisy(Dataset):
    """Samples that are drawn when they are asked for."""

    def __len__(self):
        return 7

    def __getitem__(self, index):
        return index + nn.random.default_generator().random()


# --- what a batch is ---


def test_a_pair_of_tensors_gives_tensors_for_both():
    x, y = Tensor(np.arange(6.0).reshape(3, 2)), Tensor(np.array([0, 1, 0]))
    for dataset in (TensorDataset(x, y), [(x[i], y[i]) for i in range(3)], (x, y)):
        features, labels = next(iter(DataLoader(dataset, batch_size=2)))
        assert type(features) is type(labels) is Tensor
        assert (features.tolist(), labels.tolist()) == ([[0.0, 1.0], [2.0, 3.0]], [0, 1])
        assert labels.dtype == np.int64
        loss = nn.functional.cross_entropy(features, labels)
        np.testing.assert_allclose(loss.item(), 0.8132616875182228, atol=1e-12)


def test_a_tensor_dataset_gives_rows_of_what_it_was_given():
    x, y = Tensor(np.eye(3)), np.array([4, 5, 6])
    dataset = TensorDataset(x, y)
    row, label = dataset[1]
    assert type(row) is Tensor
    assert (row.tolist(), label) == ([0.0, 1.0, 0.0], 5)
    assert dataset.tensors[0] is x


def test_a_batch_of_tensors_is_not_a_window_on_them():
    x = Tensor(np.zeros(3))
    (batch,) = next(iter(DataLoader(TensorDataset(x), batch_size=3)))
    x.data = np.ones(3)
    assert batch.tolist() == [0.0, 0.0, 0.0]


def test_named_tuples_and_dicts_stay_what_they_are():
    batch = default_collate([Point(np.zeros(2), 0), Point(np.ones(2), 1)])
    assert type(batch) is Point
    assert (batch.x.tolist(), batch.y.tolist()) == ([[0.0, 0.0], [1.0, 1.0]], [0, 1])
    nested = default_collate([{"p": Point(1.0, i), "n": {"k": i}} for i in (3, 4)])
    assert type(nested["p"]) is Point
    assert (nested["p"].y.tolist(), nested["n"]["k"].tolist()) == ([3, 4], [3, 4])
    assert list(default_collate([OrderedDict(b=1, a=2)])) == ["b", "a"]


# --- samplers ---


def test_a_sampler_says_which_samples_come_and_in_which_order():
    numbers = np.arange(10, 16)
    assert walked(DataLoader(numbers, 2, sampler=[5, 0, 0])) == [[15, 10], [10]]
    assert walked(DataLoader(numbers, 4, sampler=SequentialSampler(numbers))) == [
        [10, 11, 12, 13], [14, 15],
    ]  # fmt: skip
    assert len(DataLoader(numbers, 2, sampler=[5, 0, 0])) == 2
    assert len(DataLoader(numbers, 2, sampler=[5, 0, 0], drop_last=True)) == 1
    assert walked(DataLoader(numbers, 9, sampler=[1, 2], drop_last=True)) == []


def test_a_random_sampler_is_what_shuffle_is():
    numbers = np.arange(20)
    loaders = (
        DataLoader(numbers, 6, shuffle=True, generator=3),
        DataLoader(numbers, 6, sampler=RandomSampler(numbers, generator=3)),
        DataLoader(numbers, 6, shuffle=True, rng=np.random.default_rng(3)),
        DataLoader(numbers, 6, shuffle=True, generator=engine.Generator().manual_seed(3)),
    )
    passes = [[walked(loader), walked(loader)] for loader in loaders]
    assert passes[0] == passes[1] == passes[2] == passes[3]
    assert passes[0][0] != passes[0][1]


def test_random_samplers_draw_with_and_without_replacement():
    few = RandomSampler(range(100), num_samples=30, generator=0)
    assert len(set(few)) == len(few) == 30
    often = list(RandomSampler(range(3), replacement=True, num_samples=50, generator=0))
    assert (len(often), set(often)) == (50, {0, 1, 2})
    subset = SubsetRandomSampler([4, 7, 9], generator=0)
    orders = {tuple(subset) for _ in range(40)}
    assert (len(subset), len(orders)) == (3, 6)
    assert all(sorted(order) == [4, 7, 9] for order in orders)
    assert list(SubsetRandomSampler([])) == []


def test_a_weighted_sampler_draws_in_proportion():
    sampler = WeightedRandomSampler(Tensor([1.0, 0.0, 3.0]), 4000, generator=0)
    counts = np.bincount(list(sampler), minlength=3)
    assert counts[1] == 0
    assert abs(counts[0] - 1000) < 4 * np.sqrt(4000 * 0.25 * 0.75)
    assert sorted(WeightedRandomSampler([1.0, 2.0], 2, replacement=False, generator=0)) == [0, 1]
    assert len(sampler) == 4000


def test_a_sampler_of_ones_own_yields_indices():
    class Evens(Sampler):
        def __iter__(self):
            return iter(range(0, 6, 2))

        def __len__(self):
            return 3

    assert walked(DataLoader(np.arange(6), 2, sampler=Evens())) == [[0, 2], [4]]
    with pytest.raises(NotImplementedError, match="Sampler needs an __iter__"):
        iter(Sampler())


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: DataLoader([1, 2], shuffle=True, sampler=[0]), ValueError, "leave shuffle out"),
        (lambda: DataLoader([1, 2], sampler=iter([0])), TypeError, "is walked in each pass"),
        (lambda: DataLoader(Count(3), shuffle=True), ValueError, "comes in its own order"),
        (lambda: DataLoader(Count(3), sampler=[0]), ValueError, "comes in its own order"),
        (lambda: DataLoader([1], rng=0, generator=0), TypeError, "two names of one argument"),
        (lambda: DataLoader([1], num_workers=-1), ValueError, "num_workers must be at least 0"),
        (lambda: DataLoader([1], generator="cpu"), TypeError, "numpy.random.Generator, a seed or"),
        (lambda: list(DataLoader([1], sampler=[1])), IndexError, "sampler gave index 1, outside"),
        (
            lambda: list(DataLoader([1], sampler=[0.5])),
            TypeError,
            r"yields indices, this one gave \[0",
        ),
        (lambda: RandomSampler([1, 2], num_samples=3), ValueError, "num_samples must be at most 2"),
        (lambda: RandomSampler([1, 2], num_samples=0), ValueError, "num_samples must be at least"),
        (lambda: RandomSampler([1, 2], 1), TypeError, "replacement must be a bool, got int: 1"),
        (lambda: WeightedRandomSampler([1, -1], 2), ValueError, "finite numbers from 0 up in a r"),
        (lambda: WeightedRandomSampler([0, 0], 2), ValueError, "and 0 weights are above 0"),
        (lambda: WeightedRandomSampler([0, 1], 2, False), ValueError, "and 1 weights are above 0"),
    ],
)
def test_what_cannot_be_a_pass_is_refused(make, error, said):
    with pytest.raises(error, match=said):
        make()


def test_the_generator_of_a_sampler_is_part_of_its_loaders_state():
    numbers = np.arange(10)

    def made(seed):
        return DataLoader(numbers, 3, sampler=WeightedRandomSampler(numbers, 8, generator=seed))

    loader, other = made(0), made(1)
    walked(loader)
    other.load_state_dict(loader.state_dict())
    assert walked(other) == walked(loader)
    assert walked(other) == walked(loader)
    foreign = DataLoader(numbers, 3, shuffle=True)
    iter(foreign)
    with pytest.raises(ValueError, match="had an order of the loader's, this one has none"):
        other.load_state_dict(foreign.state_dict())


def test_a_pass_may_be_longer_than_memory_as_makemores_is():
    dataset = TensorDataset(Tensor(np.arange(4.0)), Tensor(np.arange(4)))
    sampler = RandomSampler(dataset, replacement=True, num_samples=int(1e10), generator=0)
    loader = DataLoader(dataset, sampler=sampler, batch_size=3, pin_memory=True, num_workers=4)
    batches = iter(loader)
    for _ in range(1000):
        x, y = next(batches)
        assert x.tolist() == y.tolist()
    assert len(loader) == 3_333_333_334


def test_a_batch_sampler_says_what_the_batches_are():
    numbers = np.arange(10, 16)
    assert walked(DataLoader(numbers, batch_sampler=[[5], [0, 1, 2]])) == [[15], [10, 11, 12]]
    pairs = BatchSampler(SequentialSampler(range(5)), 2, drop_last=True)
    assert walked(DataLoader(numbers, batch_sampler=pairs)) == [[10, 11], [12, 13]]
    assert len(DataLoader(numbers, batch_sampler=pairs)) == 2
    for more in ({"batch_size": 2}, {"shuffle": True}, {"sampler": [0]}, {"drop_last": True}):
        with pytest.raises(ValueError, match="leave batch_size, shuffle, sampler and drop"):
            DataLoader(numbers, batch_sampler=pairs, **more)


# --- workers ---


@pytest.mark.parametrize("workers", [1, 4])
def test_workers_change_neither_order_nor_bits_not_of_what_is_drawn_either(workers):
    found = []
    for count in (0, workers):
        nn.manual_seed(0)
        loader = DataLoader(
            Noisy(), 2, shuffle=True, num_workers=count, persistent_workers=count > 0
        )
        found.append([(walked(loader), nn.random.default_generator().random()) for _ in range(2)])
    assert found[0] == found[1]


def test_what_a_dataset_raises_reaches_the_loop_and_nothing_runs_on():
    class Broken(Noisy):
        def __getitem__(self, index):
            raise LookupError("sample 3 is missing")

    before = threading.active_count()
    with pytest.raises(LookupError, match="sample 3 is missing"):
        next(iter(DataLoader(Broken(), num_workers=2)))
    for _ in DataLoader(Noisy(), num_workers=2):
        break
    assert threading.active_count() == before


# --- more datasets ---


def test_a_stream_comes_in_batches_from_the_start_in_each_pass():
    loader = DataLoader(Count(5), batch_size=2)
    assert walked(loader) == walked(loader) == [[0, 1], [2, 3], [4]]
    assert walked(DataLoader(Count(5), 2, drop_last=True)) == [[0, 1], [2, 3]]
    assert list(DataLoader(Count(3), 2, collate_fn=sum)) == [1, 2]
    with pytest.raises(TypeError, match="Count is a stream, of which nobody knows the length"):
        len(loader)
    with pytest.raises(NotImplementedError, match="IterableDataset needs an __iter__"):
        iter(IterableDataset())
    assert loader.state_dict()["order"] is None


def test_a_stream_that_knows_its_length_gives_its_loader_one():
    class Known(Count):
        def __len__(self):
            return self.n

    assert len(DataLoader(Known(5), batch_size=2)) == 3


def test_a_model_is_fitted_to_a_stream(capsys):
    class Line(IterableDataset):
        def __iter__(self):
            return iter([(np.array([x]), np.array([2 * x + 1])) for x in (-1.0, 0.0, 1.0)])

    loader = DataLoader(Line(), 3)
    loader.go_on(None, 0)  # what `fit` says after Ctrl-C: a stream starts anew
    model = nn.Linear(1, 1, rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.3)
    nn.fit(model, nn.MSELoss(), optimizer, loader, epochs=60)
    np.testing.assert_allclose([model.weight.item(), model.bias.item()], [2.0, 1.0], atol=1e-4)
    assert "epoch 60" in capsys.readouterr().out


def test_datasets_are_joined_one_after_another():
    joined = TensorDataset(Tensor([1.0, 2.0])) + TensorDataset(Tensor([3.0])) + [(4.0,)]
    assert isinstance(joined, ConcatDataset)
    assert [float(joined[i][0]) for i in range(4)] == [1.0, 2.0, 3.0, 4.0]
    assert float(joined[-2][0]) == 3.0
    assert [batch.tolist() for (batch,) in DataLoader(joined, 3)] == [[1.0, 2.0, 3.0], [4.0]]
    with pytest.raises(IndexError, match="index 4 lies outside datasets of 4 samples together"):
        joined[4]
    with pytest.raises(ValueError, match="needs at least one dataset"):
        ConcatDataset([])
    with pytest.raises(TypeError, match="dataset 1 of a ConcatDataset has no length"):
        ConcatDataset([[1], iter([2])])


def test_a_split_takes_pytorchs_generator():
    parts = random_split(range(10), [7, 3], generator=engine.Generator().manual_seed(42))
    again = random_split(range(10), [7, 3], rng=42)
    assert [list(p) for p in parts] == [list(p) for p in again]
    assert all(isinstance(part, Subset) for part in parts)
    with pytest.raises(TypeError, match="generator and rng are two names of one argument"):
        random_split(range(10), [7, 3], rng=1, generator=2)


def test_labels_have_the_methods_of_tensors():
    """A dataset that gives a Tensor and an int: its labels were an ndarray, without `to`."""
    samples = [(Tensor([float(i), 1.0]), i % 2) for i in range(5)]
    right, total = 0, 0
    for x, y in DataLoader(samples, batch_size=2):
        x, y = x.to("cpu"), y.to("cpu")
        total += y.size(0)
        right += (x.argmax(1) == y).sum().item()
        assert y.float().unsqueeze(1).shape == (len(x), 1)
    assert (right, total, int(y)) == (2, 5, 0)
