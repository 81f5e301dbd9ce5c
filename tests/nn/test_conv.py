"""Conv1d and Conv2d: PyTorch's numbers, padding, both tiers, second order, what they refuse."""

import numpy as np
import pytest
from layer_cases import cases, check_all, wave

import nn
from engine import Tensor, ValueArray, gradcheck
from nn import functional as F


@cases("Conv1d", "Conv2d")
def test_everything_is_pytorch_s_on_both_tiers(case):
    check_all(case)


def test_a_convolution_is_a_loop_over_windows():
    x, w, b = wave(2, 4, 5, 6), wave(6, 2, 2, 3, start=1.0), wave(6, start=2.0)
    y = F.conv2d(x, w, b, stride=(1, 2), padding=(0, 1), groups=2)
    padded = np.pad(x, ((0, 0), (0, 0), (0, 0), (1, 1)))
    for n, f, i, j in np.ndindex(2, 6, 4, 3):
        group = 0 if f < 3 else 2
        window = padded[n, group : group + 2, i : i + 2, 2 * j : 2 * j + 3]
        assert y[n, f, i, j] == pytest.approx((window * w[f]).sum() + b[f], abs=1e-12)


def test_a_filter_is_not_flipped():
    """What networks call a convolution is a cross-correlation."""
    assert F.conv1d([[1.0, 2.0, 4.0]], np.array([[[10.0, 1.0]]])).tolist() == [[12.0, 24.0]]


def test_same_padding_puts_the_odd_zero_behind():
    y = F.conv1d([[1.0, 2.0, 3.0]], np.array([[[1.0, 10.0]]]), padding="same")
    assert y.tolist() == [[21.0, 32.0, 3.0]]


def test_a_layer_starts_as_pytorch_s_does():
    layer = nn.Conv2d(4, 64, (3, 5), groups=2, rng=0)
    bound = 1 / np.sqrt(2 * 15)
    assert layer.weight.shape == (64, 2, 3, 5)
    assert 0.99 * bound < np.abs(layer.weight.data).max() <= bound
    assert 0.9 * bound < np.abs(layer.bias.data).max() <= bound
    assert layer.weight.data.std() == pytest.approx(bound / np.sqrt(3), rel=0.05)


def test_a_seed_decides_the_weights():
    one, other = (nn.Conv1d(2, 3, 2, rng=7).state_dict() for _ in range(2))
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_second_derivatives_of_the_layer_are_right():
    layer = nn.Conv2d(2, 2, 2, stride=2, padding=1, rng=0)

    def f(x, w, b):
        return F.conv2d(x, w, b, 2, 1).tanh().sum()

    assert gradcheck(f, (wave(1, 2, 3, 3), layer.weight.data, layer.bias.data), order=2)


def test_no_gradient_is_computed_for_a_constant_input():
    layer = nn.Conv2d(1, 1, 2, rng=0)
    x = Tensor(wave(1, 1, 3, 3))
    layer(x).sum().backward()
    assert x.grad is None
    assert layer.weight.grad is not None


def test_an_empty_batch_gives_an_empty_result_and_zero_gradients():
    layer = nn.Conv2d(1, 2, 2, rng=0)
    y = layer(np.zeros((0, 1, 3, 3)))
    assert y.shape == (0, 2, 2, 2)
    y.sum().backward()
    assert layer.weight.grad.tolist() == np.zeros((2, 1, 2, 2)).tolist()


def test_a_model_of_values_learns_from_plain_images():
    layer = nn.Conv2d(1, 1, 2, rng=0).scalar()
    y = layer(wave(1, 1, 3, 3))
    assert isinstance(y, ValueArray)
    assert layer.weight[0, 0, 0, 1].label == "weight[0,0,0,1]"


def test_the_repr_says_what_differs_from_the_defaults():
    assert repr(nn.Conv2d(1, 8, 3, padding=1, rng=0)) == (
        "Conv2d(1, 8, kernel_size=(3, 3), padding=1)  # weight 8×1×3×3, bias 8: 80 parameters"
    )


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((0, 1, 3), {}, "in_channels must be at least 1, got 0"),
        ((1, 1, 0), {}, "kernel_size must be at least 1, got 0"),
        ((1, 1, (3, 3, 3)), {}, r"kernel_size must be an int or 2 ints, got \(3, 3, 3\)"),
        ((1, 1, 3), {"stride": 0}, "stride must be at least 1, got 0"),
        ((1, 1, 3), {"dilation": 0}, "dilation must be at least 1, got 0"),
        ((1, 1, 3), {"padding": -1}, "padding must be at least 0, got -1"),
        ((1, 1, 3), {"padding": "full"}, "padding must be numbers, 'valid' or 'same', got 'full'"),
        ((1, 1, 3), {"padding": "same", "stride": 2}, "padding='same' needs stride 1"),
        ((3, 4, 3), {"groups": 2}, "groups must divide in_channels, got 2 and 3"),
        ((4, 3, 3), {"groups": 2}, "groups must divide out_channels, got 2 and 3"),
        ((4, 4, 3), {"groups": 0}, "groups must be at least 1, got 0"),
        ((1, 1, 3), {"padding_mode": "reflect"}, "padding_mode must be 'zeros', got 'reflect'"),
    ],
)
def test_a_wrong_setting_is_refused_when_the_layer_is_made(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        nn.Conv2d(*arguments, **options)


def test_a_setting_of_another_type_is_refused():
    with pytest.raises(TypeError, match=r"kernel_size must be an int, got float: 2\.5"):
        nn.Conv2d(1, 1, 2.5)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (nn.Conv2d(3, 2, 2, rng=0), (1, 4, 5, 5),
         r"\(batch, 3, height, width\) or \(3, height, width\), got \(1, 4, 5, 5\)"),
        (nn.Conv2d(3, 2, 2, rng=0), (3,), r"conv2d\(\) takes inputs of shape"),
        (nn.Conv1d(3, 2, 2, rng=0), (1, 2, 9),
         r"\(batch, 3, length\) or \(3, length\), got \(1, 2, 9\)"),
        (nn.Conv2d(1, 2, (3, 4), rng=0), (1, 1, 4, 3),
         r"kernel_size of conv2d\(\) spans \(3, 4\), larger than the padded input, \(4, 3\)"),
        (nn.Conv2d(1, 2, 2, dilation=3, padding=1, rng=0), (1, 1, 1, 1),
         r"spans \(4, 4\), larger than the padded input, \(3, 3\)"),
    ],
)  # fmt: skip
def test_a_wrong_input_is_refused(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer(np.zeros(shape))


def test_wrong_weights_are_refused():
    x = np.zeros((1, 2, 3, 3))
    with pytest.raises(ValueError, match=r"weight of conv2d\(\) must have shape"):
        F.conv2d(x, np.zeros((2, 3, 3)))
    with pytest.raises(ValueError, match="groups must divide the 3 filters"):
        F.conv2d(x, np.zeros((3, 1, 2, 2)), groups=2)
    with pytest.raises(ValueError, match=r"bias of conv2d\(\) must have shape \(4,\), got \(3,\)"):
        F.conv2d(x, np.zeros((4, 2, 2, 2)), np.zeros(3))
