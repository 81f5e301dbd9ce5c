"""nn.init: the distributions, PyTorch's gains and fans, both tiers, what it refuses."""

import numpy as np
import pytest

import nn
from engine import Tensor, ValueArray
from nn import init

WEIGHT = (300, 200)


def weight(shape=WEIGHT):
    """A parameter to be filled."""
    return nn.Parameter(np.full(shape, np.nan))


def filled(function, *args, shape=WEIGHT, **kwargs):
    """What a function makes of a parameter."""
    w = weight(shape)
    assert function(w, *args, **kwargs, rng=0) is w
    return w.data


@pytest.mark.parametrize(
    ("nonlinearity", "param", "gain"),
    [
        ("linear", None, 1.0),
        ("conv2d", None, 1.0),
        ("sigmoid", None, 1.0),
        ("tanh", None, 1.6666666666666667),
        ("relu", None, 1.4142135623730951),
        ("leaky_relu", None, 1.4141428569978354),
        ("leaky_relu", 0.2, 1.3867504905630728),
        ("selu", None, 0.75),
    ],
)
def test_gains_are_pytorch_s(nonlinearity, param, gain):
    assert init.calculate_gain(nonlinearity, param) == pytest.approx(gain, rel=1e-15)


# fan_in 200, fan_out 300; the bounds and deviations are PyTorch's formulas worked out
@pytest.mark.parametrize(
    ("function", "options", "bound"),
    [
        (init.xavier_uniform_, {}, 0.10954451150103323),
        (init.xavier_uniform_, {"gain": 2.0}, 0.21908902300206645),
        (init.kaiming_uniform_, {}, 0.17320508075688773),
        (init.kaiming_uniform_, {"mode": "fan_out"}, 0.1414213562373095),
        (init.kaiming_uniform_, {"a": 5**0.5}, 0.07071067811865475),
        (init.kaiming_uniform_, {"nonlinearity": "linear"}, 0.12247448713915889),
        (init.uniform_, {"a": -0.5, "b": 0.5}, 0.5),
    ],
)
def test_uniform_ones_fill_their_interval(function, options, bound):
    w = filled(function, **options)
    assert 0.999 * bound < w.max() <= bound
    assert -bound <= w.min() < -0.999 * bound
    assert w.std() == pytest.approx(bound / np.sqrt(3), rel=0.01)


@pytest.mark.parametrize(
    ("function", "options", "std"),
    [
        (init.xavier_normal_, {}, 0.06324555320336758),
        (init.kaiming_normal_, {}, 0.1),
        (init.kaiming_normal_, {"mode": "fan_out"}, 0.08164965809277261),
        (init.kaiming_normal_, {"nonlinearity": "tanh"}, 0.11785113019775793),
        (init.normal_, {"std": 3.0}, 3.0),
    ],
)
def test_normal_ones_have_their_deviation(function, options, std):
    w = filled(function, **options)
    assert w.mean() == pytest.approx(0.0, abs=0.02 * std)
    assert w.std() == pytest.approx(std, rel=0.01)
    assert np.mean(np.abs(w) > 2 * std) == pytest.approx(0.0455, abs=0.005)


def test_fans_count_the_window_of_a_convolution():
    w = filled(init.kaiming_uniform_, shape=(40, 10, 3, 5))
    assert np.abs(w).max() == pytest.approx(np.sqrt(6 / 150), rel=1e-3)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (6, 2, 3), (2, 3, 2)])
def test_orthogonal_rows_or_columns(shape):
    w = filled(init.orthogonal_, 2.0, shape=shape).reshape(shape[0], -1)
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)


def test_every_orthogonal_matrix_is_as_likely():
    """Without the sign of R's diagonal, QR would give one corner a sign."""
    rng = np.random.default_rng(0)
    corners = [init.orthogonal_(weight((2, 2)), rng=rng).data[0, 0] for _ in range(400)]
    assert np.mean(np.array(corners) > 0) == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize(
    ("mean", "std", "a", "b"),
    [(0.0, 1.0, -2.0, 2.0), (1.0, 0.5, 0.0, 1.25), (0.0, 1.0, 3.0, 9.0), (0.0, 1.0, -40.0, -7.0)],
)
def test_truncated_normal_stays_inside_with_the_right_mean(mean, std, a, b):
    w = filled(init.trunc_normal_, mean, std, a, b)
    assert a <= w.min()
    assert w.max() <= b
    x = np.linspace(max(a, mean - 12 * std), min(b, mean + 12 * std), 400_001)
    density = np.exp(-0.5 * ((x - mean) / std) ** 2)
    expected = (x * density).sum() / density.sum()
    assert w.mean() == pytest.approx(expected, abs=0.01 * std)


def test_constants():
    assert init.constant_(weight((2,)), 2.5).data.tolist() == [2.5, 2.5]
    assert init.zeros_(weight((2,))).data.tolist() == [0.0, 0.0]
    assert init.ones_(weight((2,))).data.tolist() == [1.0, 1.0]


RANDOM = [
    init.uniform_, init.normal_, init.trunc_normal_, init.xavier_uniform_, init.xavier_normal_,
    init.kaiming_uniform_, init.kaiming_normal_, init.orthogonal_,
]  # fmt: skip


@pytest.mark.parametrize("function", RANDOM)
def test_one_seed_fills_both_tiers_alike(function):
    values = ValueArray.of(np.zeros((3, 4)))
    nodes = list(values.flat)
    assert function(values, rng=5) is values
    tensor = function(weight((3, 4)), rng=5)
    assert values.values.tolist() == tensor.data.tolist()
    assert all(x is y for x, y in zip(values.flat, nodes, strict=True))


@pytest.mark.parametrize("function", RANDOM)
def test_the_shared_generator_is_the_default(function):
    nn.manual_seed(9)
    first = function(weight((3, 4))).data.tolist()
    nn.manual_seed(9)
    assert function(weight((3, 4))).data.tolist() == first


@pytest.mark.parametrize("function", RANDOM)
def test_float32_stays_float32(function):
    w = nn.Parameter(np.zeros((3, 4)), dtype=np.float32)
    assert function(w, rng=0).dtype == np.float32


@pytest.mark.parametrize("function", RANDOM[3:])
def test_fans_need_two_axes(function):
    w = weight((3,))
    with pytest.raises(ValueError, match=r"tensor must have at least 2 axes, got shape \(3,\)"):
        function(w)
    assert np.isnan(w.data).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda w: init.calculate_gain("swish"), "nonlinearity must be one of linear, conv1d"),
        (
            lambda w: init.calculate_gain("leaky_relu", "0.1"),
            "the negative slope, must be a number",
        ),
        (lambda w: init.calculate_gain("leaky_relu", True), "must be a number, got True"),
        (lambda w: init.kaiming_normal_(w, mode="fan"), "mode must be 'fan_in' or 'fan_out'"),
        (lambda w: init.uniform_(w, 2.0, 1.0), r"a must not be above b, got 2\.0 and 1\.0"),
        (lambda w: init.normal_(w, std=-1.0), r"std must not be negative, got -1\.0"),
        (lambda w: init.trunc_normal_(w, a=1.0, b=1.0), r"a must be below b, got 1\.0 and 1\.0"),
        (lambda w: init.trunc_normal_(w, std=0.0), "std must be positive"),
        (lambda w: init.trunc_normal_(w, a=90.0, b=91.0), "lies too far from mean"),
        (lambda w: init.zeros_(w * 2), r"tensor must be a leaf, this is the result of mul\(\)"),
    ],
)
def test_a_wrong_argument_is_refused(call, message):
    w = weight((3, 4))
    with pytest.raises(ValueError, match=message):
        call(w)
    assert np.isnan(w.data).all()


def test_a_single_number_is_filled():
    w = nn.Parameter(0.0)
    assert init.constant_(w, 3.0).data == 3.0
    assert 1.0 <= init.uniform_(w, 1.0, 2.0).data <= 2.0
    assert w.shape == ()


def test_only_nodes_are_filled():
    with pytest.raises(TypeError, match="must be a Tensor, its data, or a ValueArray, got ndarray"):
        init.zeros_(np.zeros(3))
    assert init.zeros_(Tensor([1.0])).data.tolist() == [0.0]


@pytest.mark.parametrize("side", [1, -1])
def test_far_out_in_either_tail_the_numbers_are_still_drawn_apart(side):
    """Between 8 and 9 deviations the cdf has three or four floats in the upper tail."""
    low, high = sorted((8.0 * side, 9.0 * side))
    w = nn.init.trunc_normal_(Tensor(np.zeros(1000)), a=low, b=high, rng=0).data
    assert len(np.unique(w)) > 990
    assert abs(w.mean()) == pytest.approx(8.12, abs=0.02)
