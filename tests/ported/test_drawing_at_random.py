"""Random Tensors under PyTorch's names, and generators that are PyTorch's and NumPy's at once."""

import copy
import pickle

import numpy as np
import pytest

import engine as torch
import nn
from engine import Tensor

DRAWS = {
    "rand": lambda **g: torch.rand(3, **g),
    "randn": lambda **g: torch.randn(3, **g),
    "rand_like": lambda **g: torch.rand_like(torch.ones(3), **g),
    "randn_like": lambda **g: torch.randn_like(torch.ones(3), **g),
    "randint": lambda **g: torch.randint(0, 1000, (3,), **g),
    "randperm": lambda **g: torch.randperm(100, **g),
    "bernoulli": lambda **g: torch.bernoulli(torch.full((64,), 0.5), **g),
    "normal": lambda **g: torch.normal(0.0, 1.0, (3,), **g),
    "multinomial": lambda **g: torch.multinomial(torch.ones(1000), 3, **g),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_numbers_come_from_the_generator_that_is_given(draw):
    torch.manual_seed(7)
    first = draw().tolist()
    assert draw().tolist() != first
    for given in (
        {"generator": torch.Generator().manual_seed(7)},
        {"generator": np.random.default_rng(7)},
        {"rng": np.random.default_rng(7)},
        {"rng": 7},
    ):
        assert draw(**given).tolist() == first
    nn.manual_seed(7)
    assert draw().tolist() == first
    with pytest.raises(TypeError, match=r"generator and rng are two names of one argument"):
        draw(generator=0, rng=0)
    with pytest.raises(TypeError, match=r"generator must be a numpy\.random\.Generator, a seed or"):
        draw(generator="7")


# --- Generator ---


def test_a_generator_is_numpys_with_pytorchs_methods():
    g = torch.Generator(device="cpu")
    assert isinstance(g, np.random.Generator)
    assert g.initial_seed() == torch.Generator().initial_seed() == 67280421310721  # PyTorch's
    assert g.random() == torch.Generator().random()
    assert g.manual_seed(2147483647) is g
    assert (g.initial_seed(), g.device) == (2147483647, "cpu")
    assert g.random() == np.random.default_rng(2147483647).random()
    seed = g.seed()
    assert g.random() == torch.Generator().manual_seed(seed).random()
    assert torch.manual_seed(5).initial_seed() == 5


def test_a_generator_refuses_what_is_no_seed_and_stays_as_it_was():
    g = torch.Generator().manual_seed(3)
    for bad, error in [(-1, ValueError), (1.5, TypeError), (True, TypeError)]:
        with pytest.raises(error, match="seed must"):
            g.manual_seed(bad)
    assert (g.initial_seed(), g.random()) == (3, np.random.default_rng(3).random())
    with pytest.raises(ValueError, match="there is only the CPU"):
        torch.Generator("cuda")


def test_copies_of_a_generator_go_on_where_it_is():
    g = torch.Generator().manual_seed(3)
    g.random()
    copies = [copy.deepcopy(g), pickle.loads(pickle.dumps(g))]
    expected = g.random()
    for other in copies:
        assert (type(other), other.initial_seed()) == (torch.Generator, 3)
        assert other.random() == expected


def test_a_generator_goes_back_to_a_state_that_it_had(tmp_path):
    g = torch.Generator().manual_seed(3)
    torch.rand(5, generator=g)
    torch.save({"generator": g.get_state()}, tmp_path / "state.pt")
    numbers = torch.rand(4, generator=g)

    other = torch.Generator().set_state(torch.load(tmp_path / "state.pt")["generator"])

    assert torch.rand(4, generator=other).tolist() == numbers.tolist()
    with pytest.raises(ValueError, match="not the state of a PCG64 generator"):
        other.set_state({"state": 3})


def test_generators_of_a_generator_are_numpys():
    own, numpys = torch.Generator().manual_seed(3), np.random.default_rng(3)
    assert [g.random() for g in own.spawn(2)] == [g.random() for g in numpys.spawn(2)]


def test_nn_draws_from_a_generator():
    g = torch.Generator().manual_seed(3)
    assert nn.Linear(2, 3, rng=g).weight.tolist() == nn.Linear(2, 3, rng=3).weight.tolist()
    assert g.random() != np.random.default_rng(3).random()  # it has moved on


# --- distributions ---


def test_uniform_numbers_are_below_1_in_every_dtype():
    for dtype in (torch.half, torch.float32, torch.float64):
        x = torch.rand(100_000, dtype=dtype, rng=0)
        assert x.dtype == dtype
        assert x.data.min() >= 0
        assert x.data.max() < 1
        assert float(x.data.mean(dtype=float)) == pytest.approx(0.5, abs=0.005)


def test_normal_numbers_are_numpys():
    assert (
        torch.randn(2, 3, rng=4).tolist() == np.random.default_rng(4).normal(size=(2, 3)).tolist()
    )
    x = torch.randn(2, dtype=torch.float32, requires_grad=True)
    assert (x.dtype, x.requires_grad) == (np.float32, True)
    for bad in (torch.long, "bool"):
        with pytest.raises(TypeError, match=r"dtype must be a floating-point one, got .* randint"):
            torch.randn(2, dtype=bad)


def test_a_tensor_is_filled_at_random_in_place():
    x = torch.empty(20_000, dtype=torch.float32)
    assert x.normal_(3.0, 2.0, generator=torch.Generator().manual_seed(1)) is x
    assert x.dtype == np.float32
    assert (x.data.mean(), x.data.std()) == (
        pytest.approx(3.0, abs=0.05),
        pytest.approx(2, abs=0.05),
    )
    x.uniform_(-1, 1, generator=0)
    expected = np.random.default_rng(0).uniform(-1, 1, 20_000).astype(np.float32)
    assert x.tolist() == expected.tolist()
    layer = nn.Linear(2, 3)
    layer.weight.data.normal_(0.0, 0.02, generator=3)
    expected = np.random.default_rng(3).normal(0.0, 0.02, (3, 2))
    assert layer.weight.tolist() == expected.tolist()
    with pytest.raises(TypeError, match="an array of int64 cannot hold in place what is float64"):
        torch.arange(3).normal_()


def test_random_integers_take_pytorchs_forms():
    for x in (
        torch.randint(3, 10, (1000,)), torch.randint(3, 10, size=(1000,)),
        torch.randint(low=3, high=10, size=[1000]), torch.randint(3, high=10, size=(1000,)),
        torch.randint(torch.tensor(3), np.int64(10), (1000,)),
    ):  # fmt: skip
        assert (x.dtype, x.shape) == (np.int64, (1000,))
        assert set(x.tolist()) == set(range(3, 10))
    for x in (torch.randint(5, (1000,)), torch.randint(high=5, size=(1000,))):
        assert set(x.tolist()) == set(range(5))
    assert torch.randint(2, (2, 0)).shape == (2, 0)
    assert torch.randint(2, (4,), dtype=torch.float32, requires_grad=True).dtype == np.float32
    assert torch.randint(100, (4,), dtype=torch.int8).dtype == np.int8


@pytest.mark.parametrize(
    ("given", "named"),
    [((), {}), ((5,), {}), ((5, 10), {}), ((0, 10, 3), {}), ((1, 2, 3, (4,)), {}),
     ((0.5, 10, (3,)), {}), ((), {"high": 3}), ((3,), {"low": 0, "high": 4, "size": (2,)})],
)  # fmt: skip
def test_another_form_of_randint_is_refused(given, named):
    with pytest.raises(TypeError, match=r"randint\(\) takes \(low, high, size\) or \(high, size\)"):
        torch.randint(*given, **named)


def test_random_integers_need_room():
    with pytest.raises(ValueError, match="low >= high"):
        torch.randint(3, 3, (2,))
    with pytest.raises(ValueError, match="high is out of bounds for int8"):
        torch.randint(1000, (2,), dtype=torch.int8)


def test_a_permutation_has_each_number_once():
    x = torch.randperm(50, rng=0)
    assert x.dtype == np.int64
    assert x.tolist() != list(range(50))
    assert sorted(x.tolist()) == list(range(50))
    assert torch.randperm(0).tolist() == []
    assert torch.randperm(3, dtype=torch.int32).dtype == np.int32
    with pytest.raises(ValueError, match=r"n must be at least 0, got -1"):
        torch.randperm(-1)


def test_zeros_and_ones_at_random_follow_their_probabilities():
    p = Tensor([0.0, 1.0, 0.25], dtype=np.float32)
    x = torch.bernoulli(torch.stack([p] * 20_000), rng=1)
    assert (x.dtype, x.shape) == (np.float32, (20_000, 3))
    means = x.data.mean(0, dtype=float)
    assert (means[0], means[1]) == (0.0, 1.0)
    assert means[2] == pytest.approx(0.25, abs=0.01)
    for bad in (1.5, -0.1, float("nan")):
        with pytest.raises(ValueError, match=r"bernoulli\(\) takes probabilities in \[0, 1\]"):
            torch.bernoulli([0.5, bad])
    with pytest.raises(TypeError, match="dtype must be a floating-point one"):
        torch.bernoulli([0, 1])


def test_normal_numbers_have_their_mean_and_deviation():
    x = torch.normal(torch.tensor([0.0, 100.0]), torch.tensor([[1.0], [0.0]]))
    assert x.shape == (2, 2)
    assert x[1].tolist() == [0.0, 100.0]
    x = torch.normal(3.0, 2.0, size=(20_000,), rng=0)
    assert x.data.mean() == pytest.approx(3.0, abs=0.05)
    assert x.data.std() == pytest.approx(2.0, abs=0.05)
    assert torch.normal(torch.zeros(2, dtype=torch.float32), 1.0).dtype == np.float32
    assert torch.normal(0, 1, (2,), dtype=torch.float32, requires_grad=True).requires_grad
    assert torch.normal(mean=torch.arange(1.0, 3.0)).shape == (2,)


def test_normal_says_what_it_cannot_take():
    for given in [(0.0, 1.0), (torch.zeros(2), 1.0, (2,))]:
        with pytest.raises(TypeError, match=r"takes arrays, or numbers and a size: normal\(0\.0"):
            torch.normal(*given)
    with pytest.raises(ValueError, match=r"std of normal\(\) must not be negative"):
        torch.normal(0.0, -1.0, (2,))
    for mean, std in [
        (torch.zeros(2, requires_grad=True), 1.0),
        (0.0, torch.ones(2, requires_grad=True)),
    ]:
        with pytest.raises(TypeError, match=r"no gradient on to mean and std: use mean \+ std \*"):
            torch.normal(mean, std)


@pytest.mark.parametrize("replacement", [False, True])
def test_indices_are_as_likely_as_their_weights(replacement):
    weights = torch.tensor([1.0, 0.0, 3.0, 4.0], dtype=torch.float32)
    x = torch.multinomial(torch.stack([weights] * 20_000), 1, replacement, rng=0)
    assert (x.dtype, x.shape) == (np.int64, (20_000, 1))
    counts = np.bincount(x.data.ravel(), minlength=4) / 20_000
    np.testing.assert_allclose(counts, [0.125, 0.0, 0.375, 0.5], atol=0.01)


def test_without_replacement_each_index_comes_once():
    x = torch.multinomial(torch.tensor([[1.0, 0.0, 3.0], [1e-300, 1e300, 1e-300]]), 2)
    assert sorted(x[0].tolist()) == [0, 2]
    assert x[1, 0].item() == 1
    assert x[1, 1].item() in (0, 2)
    # the second of two draws from 3 : 1 : 1, when the first was not the heavy one, mostly is
    pairs = torch.multinomial(torch.stack([torch.tensor([3.0, 1.0, 1.0])] * 20_000), 2, rng=0).data
    light_first = pairs[pairs[:, 0] != 0]
    assert (light_first[:, 1] == 0).mean() == pytest.approx(0.75, abs=0.02)


def test_with_replacement_there_may_be_more_samples_than_weights():
    x = torch.multinomial(np.array([0.0, 1e308, 1e308]), num_samples=500, replacement=True, rng=0)
    assert x.shape == (500,)
    assert set(x.tolist()) == {1, 2}
    assert torch.multinomial(torch.ones(0, 3), 2, replacement=True).shape == (0, 2)
    assert torch.multinomial(torch.ones(27) / 27, 1, True).item() in range(27)


@pytest.mark.parametrize(
    ("weights", "samples", "replacement", "error", "match"),
    [
        (np.ones((2, 2, 2)), 1, True, ValueError, r"have shape \(classes,\) or \(rows, classes\)"),
        (1.0, 1, True, ValueError, r"weights must have shape \(classes,\)"),
        ([], 1, True, ValueError, r"weights must have shape \(classes,\)"),
        ([1.0, -1.0], 1, True, ValueError, "finite and not negative"),
        ([1.0, np.nan], 1, True, ValueError, "finite and not negative"),
        ([1.0, np.inf], 1, True, ValueError, "finite and not negative"),
        ([[1.0], [0.0]], 1, True, ValueError, r"cannot draw 1 of 0 weights above 0$"),
        ([1.0, 1.0, 0.0], 3, False, ValueError, r"draw 3 of 2 weights above 0 without replacement"),
        ([1.0], 0, True, ValueError, r"num_samples must be at least 1, got 0"),
        ([1.0], 1.0, True, TypeError, r"num_samples must be an int, got float"),
    ],
)  # fmt: skip
def test_weights_from_which_nothing_can_be_drawn_are_an_error(
    weights, samples, replacement, error, match
):
    with pytest.raises(error, match=match):
        torch.multinomial(weights, samples, replacement)
