"""One source of randomness, seeded once, or a generator of one's own."""

import copy
import functools
import random

import numpy as np
import pytest

import nn
from nn.random import default_generator, generator, set_generator_state


def weights():
    """What two layers and a shuffled pass draw from the shared generator."""
    first, second = nn.Linear(3, 4), nn.Linear(4, 2)
    loader = nn.DataLoader((np.arange(10),), 10, shuffle=True)
    (order,) = next(iter(loader))
    return np.concatenate([*(p.numpy().ravel() for p in first.parameters()),
                           *(p.numpy().ravel() for p in second.parameters()), order])  # fmt: skip


def test_one_seed_is_for_everything():
    nn.manual_seed(3)
    first = weights()
    nn.manual_seed(3)
    assert weights().tolist() == first.tolist()
    assert weights().tolist() != first.tolist()
    nn.manual_seed(4)
    assert weights().tolist() != first.tolist()


def test_pythons_generator_is_seeded_too():
    nn.manual_seed(3)
    first = random.random()
    model = nn.scalar.Neuron(2)
    nn.manual_seed(3)
    assert random.random() == first
    assert [w.data for w in nn.scalar.Neuron(2).w] == [w.data for w in model.w]


def test_the_generator_that_comes_back_is_the_shared_one():
    assert nn.manual_seed(0) is default_generator()
    assert generator() is default_generator()
    assert generator(None) is default_generator()


def test_numpys_global_state_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - that it stays is the subject
    nn.manual_seed(0)
    weights()
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002 - see above


def test_a_layers_own_generator_does_not_touch_the_shared_one():
    nn.manual_seed(0)
    before = default_generator().bit_generator.state
    own = np.random.default_rng(5)
    a, b = nn.Linear(3, 4, rng=own), nn.Linear(3, 4, rng=own)
    assert default_generator().bit_generator.state == before
    assert a.weight.tolist() != b.weight.tolist()
    assert a.weight.tolist() == nn.Linear(3, 4, rng=5).weight.tolist()


def test_what_is_no_seed_is_named():
    for bad, error in [(-1, ValueError), (1.5, TypeError), (True, TypeError), ("1", TypeError)]:
        with pytest.raises(error, match="seed must"):
            nn.manual_seed(bad)
    for bad in (1.5, True, "1", np.random.RandomState(0)):
        with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator, a seed or"):
            generator(bad)


def test_a_numpy_integer_is_a_seed():
    assert nn.manual_seed(np.int64(3)).random() == nn.manual_seed(3).random()
    assert generator(np.int64(3)).random() == generator(3).random()


@pytest.mark.parametrize(
    ("kind", "lost"),
    [
        (np.random.PCG64, ["state"]),
        (np.random.MT19937, ["state", "pos"]),
        (np.random.Philox, ["buffer_pos"]),
        (np.random.SFC64, ["bit_generator"]),
    ],
)
def test_a_state_that_breaks_off_changes_nothing(kind, lost):
    """Of MT19937 and Philox, NumPy takes over what stands before the part that is missing."""
    state = copy.deepcopy(kind(1).state)
    *path, last = lost
    functools.reduce(dict.get, path, state).pop(last)
    rng = np.random.Generator(kind(2))
    before = repr(rng.bit_generator.state)

    with pytest.raises(ValueError, match="state"):
        set_generator_state(rng, state)

    assert repr(rng.bit_generator.state) == before
