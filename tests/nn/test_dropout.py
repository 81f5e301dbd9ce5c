"""Dropout: what is kept, what it is scaled by, the generator, both tiers, what it refuses."""

import numpy as np
import pytest
from layer_cases import cases, check_all

import nn
from engine import Tensor, ValueArray
from nn import functional as F


@cases("Dropout")
def test_of_nothing_and_of_everything_it_is_pytorch_s(case):
    check_all(case)


def test_what_is_kept_is_scaled_so_that_the_mean_stays():
    y = F.dropout(np.ones(100_000), 0.3, rng=0)
    np.testing.assert_allclose(np.unique(y), [0.0, 1 / 0.7])
    assert np.mean(y == 0) == pytest.approx(0.3, abs=0.005)


def test_the_gradient_goes_where_the_numbers_went():
    x = Tensor(np.ones(50), requires_grad=True)
    y = F.dropout(x, 0.5, rng=1)
    y.sum().backward()
    assert x.grad.tolist() == y.data.tolist()


def test_p_of_1_gives_zeros_even_for_inf_and_nan():
    x = Tensor([1.0, np.inf, np.nan], requires_grad=True)
    y = F.dropout(x, 1.0)
    y.sum().backward()
    assert y.data.tolist() == [0.0, 0.0, 0.0]
    assert x.grad.tolist() == [0.0, 0.0, 0.0]


def test_eval_mode_and_p_of_0_return_the_input_itself():
    x = Tensor([1.0, 2.0])
    assert nn.Dropout(0.0)(x) is x
    assert nn.Dropout(0.9).eval()(x) is x
    assert F.dropout(x, 0.9, training=False) is x


def test_a_seed_decides_what_is_dropped_and_each_call_drops_anew():
    one, other = nn.Dropout(0.5, rng=3), nn.Dropout(0.5, rng=3)
    first, second = one(np.ones(40)), one(np.ones(40))
    assert np.array_equal(first, other(np.ones(40)))
    assert not np.array_equal(first, second)


def test_without_a_generator_the_shared_one_decides():
    layer = nn.Dropout(0.5)
    nn.manual_seed(5)
    first = layer(np.ones(40))
    nn.manual_seed(5)
    assert np.array_equal(first, layer(np.ones(40)))


def test_the_scalar_copy_drops_the_same():
    layer = nn.Dropout(0.5, rng=3)
    scalar = layer.scalar()
    x = np.arange(1.0, 21.0)
    y = scalar(ValueArray.of(x))
    assert [v.data for v in y] == layer(x).tolist()


def test_float32_stays_float32():
    x = Tensor(np.ones(4, np.float32), requires_grad=True)
    for p in (0.5, 1.0):
        y = F.dropout(x, p, rng=0)
        y.sum().backward()
        assert y.dtype == x.grad.dtype == np.float32


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_a_p_outside_0_to_1_is_refused(p):
    with pytest.raises(ValueError, match=r"p must lie in \[0, 1\], got"):
        nn.Dropout(p)
    with pytest.raises(ValueError, match=r"p must lie in \[0, 1\], got"):
        F.dropout(np.ones(2), p)


def test_a_p_that_is_no_number_is_refused():
    with pytest.raises(TypeError, match="p must be a number, got str"):
        nn.Dropout("half")


def test_the_repr_says_p():
    assert repr(nn.Dropout(0.25)) == "Dropout(p=0.25)"
