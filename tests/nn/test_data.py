"""Datasets and loaders: every sample once in a pass, batches by seed, passes that go on."""

import numpy as np
import pytest

from engine import Tensor
from nn.data import (
    DataLoader,
    Dataset,
    Subset,
    TensorDataset,
    default_collate,
    digits_split,
    load_digits,
    load_names,
    make_moons,
    make_spirals,
    random_split,
)
from nn.random import manual_seed


class Squares(Dataset):
    """Sample i is (float(i), i * i)."""

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        return float(index), index * index


def numbers(loader):
    """The samples of one pass over a loader of a single integer array, batch by batch."""
    return [batch.tolist() for (batch,) in loader]


# --- datasets ---


def test_the_bundled_sets_are_at_hand():
    assert len(load_digits()[0]) == 1797
    assert len(load_names()) == 5163
    assert len(digits_split()) == 4
    assert len(make_moons(10)[0]) == len(make_spirals(5, classes=2)[0]) == 10


def test_a_sample_of_a_tensor_dataset_holds_a_row_of_each():
    pairs = TensorDataset(Tensor([[1.0, 2.0], [3.0, 4.0]]), np.array([7, 8]))

    features, label = pairs[1]

    assert features.tolist() == [3.0, 4.0]
    assert label == 8
    assert len(pairs) == 2


def test_arrays_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match=r"same length, got shapes \[\(3,\), \(2, 2\)\]"):
        TensorDataset(np.zeros(3), np.zeros((2, 2)))
    with pytest.raises(ValueError, match="at least one array"):
        TensorDataset()
    with pytest.raises(ValueError, match="same length"):
        TensorDataset(np.float64(3))


def test_a_dataset_without_its_methods_says_which():
    with pytest.raises(NotImplementedError, match="Dataset needs a __len__"):
        len(Dataset())
    with pytest.raises(NotImplementedError, match="Dataset needs a __getitem__"):
        Dataset()[0]


def test_a_subset_refuses_indices_outside_and_ones_that_are_not_whole():
    with pytest.raises(IndexError, match="index 3 lies outside a dataset of 3"):
        Subset("abc", [0, 3])
    with pytest.raises(TypeError, match="list of integers, got float64"):
        Subset("abc", [0.0])
    with pytest.raises(IndexError, match="index -4 lies outside a dataset of 3"):
        Subset("abc", [-3, -4])
    assert list(Subset("abc", [-3, -1, 2])) == ["a", "c", "c"]
    assert len(Subset("abc", [])) == 0


# --- random_split ---


def test_parts_share_no_sample_and_lose_none():
    a, b, c = random_split(range(10), [5, 3, 2], rng=1)

    assert [len(a), len(b), len(c)] == [5, 3, 2]
    assert sorted([*a, *b, *c]) == list(range(10))


def test_fractions_give_what_is_left_over_to_the_first_parts():
    """As PyTorch: 10 / 3 rounds down to 3, 3, 3; the one left goes to the first."""
    assert [len(part) for part in random_split(range(10), [1 / 3, 1 / 3, 1 / 3])] == [4, 3, 3]
    assert [len(part) for part in random_split(range(10), [1.0])] == [10]
    assert [len(part) for part in random_split(range(1), [1])] == [1]
    assert [len(part) for part in random_split(range(10), [0.0, 1.0])] == [0, 10]


def test_a_part_may_be_empty():
    assert [len(part) for part in random_split(range(3), [0, 3])] == [0, 3]
    assert [len(part) for part in random_split([], [0, 0])] == [0, 0]


def test_a_split_follows_its_seed():
    first, again, other = (random_split(range(50), [40, 10], rng=s)[1] for s in (1, 1, 2))

    assert list(first) == list(again) != list(other)


@pytest.mark.parametrize("lengths", [[5, 4], [0.5, 0.4], [11, -1], [], [float("nan"), 1.0]])
def test_lengths_that_do_not_add_up_are_refused(lengths):
    with pytest.raises(ValueError, match="lengths must"):
        random_split(range(10), lengths)


def test_a_part_of_a_tensor_dataset_is_loaded_at_once():
    class Counted(TensorDataset):
        def __getitem__(self, index):
            raise AssertionError("one by one")

    part = random_split(Counted(np.arange(10)), [6, 4], rng=0)[0]

    batches = numbers(DataLoader(part, batch_size=4))

    assert [*batches[0], *batches[1]] == part.indices.tolist()


# --- loaders ---


def test_without_shuffling_batches_come_in_order():
    assert numbers(DataLoader((np.arange(5),), batch_size=2)) == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize(
    ("n", "drop_last", "sizes"),
    [(5, False, [2, 2, 1]), (5, True, [2, 2]), (4, False, [2, 2]), (4, True, [2, 2])],
)
def test_length_is_the_number_of_batches(n, drop_last, sizes):
    loader = DataLoader((np.arange(n),), batch_size=2, drop_last=drop_last)

    assert [len(batch) for (batch,) in loader] == sizes
    assert len(loader) == len(sizes)


def test_floats_come_as_tensors_without_gradient_and_labels_as_arrays():
    x, y, m = next(
        iter(DataLoader((np.ones((3, 2), np.float32), np.arange(3), np.ones(3, bool)), 2))
    )

    assert isinstance(x, Tensor)
    assert x.dtype == np.float32
    assert not x.requires_grad
    assert isinstance(y, np.ndarray)
    assert y.size(0) == 2  # with the methods of a Tensor
    assert (y.dtype, m.dtype) == (np.int64, np.bool_)


def test_a_batch_is_not_a_window_on_the_dataset():
    """A Tensor's numbers never change under it, even if the dataset's do."""
    source = np.zeros(4)
    (batch,) = next(iter(DataLoader((source,), 4)))

    source[:] = 9

    assert batch.tolist() == [0, 0, 0, 0]


def test_each_pass_has_its_own_order_and_the_seed_fixes_them_all():
    first, again, other = (DataLoader((np.arange(20),), 20, shuffle=True, rng=s) for s in (0, 0, 1))
    passes = [numbers(first) for _ in range(3)]

    assert all(sorted(p[0]) == list(range(20)) for p in passes)
    assert passes[0] != passes[1] != passes[2] != passes[0]
    assert passes == [numbers(again) for _ in range(3)]
    assert passes[0] != numbers(other)


def test_a_generator_serves_as_seed():
    a = DataLoader((np.arange(20),), 20, shuffle=True, rng=np.random.default_rng(3))
    b = DataLoader((np.arange(20),), 20, shuffle=True, rng=3)

    assert numbers(a) == numbers(b)


def test_without_a_seed_the_shared_generator_serves():
    loader = DataLoader((np.arange(20),), 20, shuffle=True)
    manual_seed(3)  # after the loader was made: it holds no generator of its own

    assert numbers(loader) == numbers(DataLoader((np.arange(20),), 20, shuffle=True, rng=3))


def test_samples_of_any_dataset_are_gathered():
    x, y = next(iter(DataLoader(Squares(5), batch_size=4)))

    assert x.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert isinstance(x, Tensor)
    assert y.tolist() == [0, 1, 4, 9]


def test_a_list_is_a_dataset():
    assert list(DataLoader(["ann", "bo", "cy"], batch_size=2)) == [["ann", "bo"], ["cy"]]


def test_a_collate_of_ones_own_gets_the_samples():
    loader = DataLoader(Squares(3), batch_size=2, collate_fn=lambda samples: samples)

    assert list(loader) == [[(0.0, 0), (1.0, 1)], [(2.0, 4)]]


def test_dicts_are_collated_by_key():
    batch = default_collate([{"x": 1.0, "name": "a"}, {"x": 2.0, "name": "b"}])

    assert batch["x"].tolist() == [1.0, 2.0]
    assert batch["name"] == ["a", "b"]


def test_samples_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match=r"same shape, got \[\(2,\), \(3,\)\]"):
        default_collate([np.zeros(2), np.zeros(3)])
    with pytest.raises(ValueError, match=r"same length, got \[1, 2\]"):
        default_collate([(1,), (1, 2)])
    with pytest.raises(ValueError, match="same keys"):
        default_collate([{"a": 1}, {"b": 1}])


def test_an_empty_dataset_is_refused():
    with pytest.raises(ValueError, match="dataset is empty"):
        DataLoader([])
    with pytest.raises(ValueError, match="dataset is empty"):
        DataLoader((np.zeros((0, 3)),))


def test_drop_last_that_leaves_nothing_is_refused():
    with pytest.raises(ValueError, match="3 samples, batch_size is 4"):
        DataLoader((np.zeros(3),), batch_size=4, drop_last=True)


@pytest.mark.parametrize(
    ("size", "error"), [(0, ValueError), (-1, ValueError), (2.0, TypeError), (True, TypeError)]
)
def test_bad_batch_sizes_are_refused(size, error):
    with pytest.raises(error, match="batch_size must be"):
        DataLoader((np.zeros(3),), batch_size=size)


def test_what_has_no_length_is_no_dataset():
    with pytest.raises(TypeError, match="generator has not both"):
        DataLoader(x for x in range(3))


# --- state ---


def test_passes_go_on_from_a_saved_state():
    loader = DataLoader((np.arange(9),), 4, shuffle=True, rng=0)
    numbers(loader)
    state = loader.state_dict()
    later = [numbers(loader), numbers(loader)]

    other = DataLoader((np.arange(9),), 4, shuffle=True, rng=77)
    other.load_state_dict(state)

    assert [numbers(other), numbers(other)] == later


def test_a_pass_that_was_under_way_is_finished():
    loader = DataLoader((np.arange(9),), 2, shuffle=True, rng=0)
    batches = iter(loader)
    next(batches), next(batches)
    state = loader.state_dict()
    rest = [batch.tolist() for (batch,) in batches]
    following = numbers(loader)

    other = DataLoader((np.arange(9),), 2, shuffle=True, rng=5)
    other.load_state_dict(state)

    assert len(rest) == 3
    assert numbers(other) == rest
    assert numbers(other) == following


def test_a_saved_state_is_nobody_else_s():
    loader = DataLoader((np.arange(6),), 2, shuffle=True, rng=0)
    batches = iter(loader)
    next(batches)
    state = loader.state_dict()
    before = state["order"].copy()
    state["order"][:] = 0
    assert loader.state_dict()["order"].tolist() == before.tolist()
    assert sorted(np.concatenate([batch for (batch,) in batches])) == sorted(before[2:])


def test_after_the_last_batch_the_next_pass_is_a_new_one():
    loader = DataLoader((np.arange(4),), 2, shuffle=True, rng=0)
    batches = iter(loader)
    next(batches), next(batches)

    assert loader.state_dict()["order"] is None


def test_a_pass_begun_anew_leaves_the_old_one_alone():
    loader = DataLoader((np.arange(4),), 2)
    old, new = iter(loader), iter(loader)
    next(new)
    next(old), next(old)

    assert loader.state_dict()["served"] == 1


def test_a_state_does_not_change_with_its_loader():
    loader = DataLoader((np.arange(4),), 2, shuffle=True, rng=0)
    state = loader.state_dict()
    before = repr(state)

    numbers(loader)

    assert repr(state) == before


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"order": np.arange(5)}, ValueError, "no order of 9 samples"),
        ({"order": np.arange(9) / 1.0}, ValueError, "no order of 9 samples"),
        ({"order": np.arange(9), "served": 5}, ValueError, "after batch 5, this loader has 5"),
        ({"order": np.arange(9), "served": -1}, ValueError, "'served' must count batches"),
        ({"generator": {"bit_generator": "MT19937"}}, ValueError, "not the state of a PCG64"),
        ({"generator": {"bit_generator": "PCG64", "state": 3}}, ValueError, "state of a PCG64"),
        ({"generator": None}, ValueError, "not the state of a PCG64"),
    ],
)
def test_a_foreign_state_is_refused_and_changes_nothing(change, error, message):
    loader = DataLoader((np.arange(9),), 2, shuffle=True, rng=0)
    before = loader.state_dict()

    with pytest.raises(error, match=message):
        loader.load_state_dict({**before, **change})

    assert loader.state_dict() == before


def test_a_state_with_missing_keys_is_refused():
    loader = DataLoader((np.arange(9),), 2)

    with pytest.raises(KeyError, match=r"lacks \['generator', 'order'\]"):
        loader.load_state_dict({"served": 0})


def test_a_pass_of_which_no_batch_was_taken_is_saved_with_its_order():
    loader, again = (DataLoader(range(9), 2, shuffle=True, rng=seed) for seed in (0, 1))
    under_way = iter(loader)

    again.load_state_dict(loader.state_dict())

    assert loader.state_dict()["served"] == 0
    assert [b.tolist() for b in again] == [b.tolist() for b in under_way]


@pytest.mark.parametrize("half", ["__len__", "__getitem__"])
def test_half_a_dataset_is_none(half):
    dataset = type("Half", (), {half: lambda self, *_: 1})()
    with pytest.raises(TypeError, match="a dataset has a length and an index, Half has not both"):
        DataLoader(dataset)


@pytest.mark.parametrize("kind", [tuple, list])
def test_samples_of_several_parts_make_a_tuple_of_batches(kind):
    assert type(default_collate([kind([1, 2]), kind([3, 4])])) is tuple
