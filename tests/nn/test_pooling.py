"""Pooling: PyTorch's numbers, ties, both tiers, what it refuses."""

import numpy as np
import pytest
from helpers import LEAVES
from hypothesis import given, strategies as st
from layer_cases import cases, check_all, wave

import nn
from engine import Tensor, grad
from nn import functional as F


@cases("MaxPool1d", "MaxPool2d", "AvgPool1d", "AvgPool2d", "AdaptiveAvgPool2d")
def test_everything_is_pytorch_s_on_both_tiers(case):
    check_all(case)


@pytest.mark.parametrize("leaf", LEAVES.values(), ids=LEAVES)
def test_of_equal_numbers_the_first_row_by_row_gets_the_gradient(leaf):
    x = leaf([[[0.0, 5.0, 2.0, 2.0], [5.0, 5.0, 2.0, 2.0]]])
    F.max_pool2d(x, 2).sum().backward()
    assert x.grad.tolist() == [[[0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]]]


@pytest.mark.parametrize("leaf", LEAVES.values(), ids=LEAVES)
def test_nan_is_passed_on_and_takes_the_gradient(leaf):
    x = leaf([[[1.0, np.nan], [7.0, 2.0]]])
    y = F.max_pool2d(x, 2)
    y.sum().backward()
    assert np.isnan(float(y[0, 0, 0].data))
    assert x.grad.tolist() == [[[0.0, 1.0], [0.0, 0.0]]]


def test_an_infinite_gradient_does_not_leak_to_the_losers():
    x = Tensor([[[1.0, 2.0, 3.0, 4.0]]], requires_grad=True)
    F.max_pool2d(x, (1, 2)).backward([[[np.inf, 1.0]]])
    assert x.grad.tolist() == [[[0.0, np.inf, 0.0, 1.0]]]


@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 1), st.integers(1, 2), st.booleans())
def test_max_pool_is_a_loop_over_windows(kernel, stride, padding, dilation, ceil_mode):
    """On numbers full of ties, so that the gradient's first-winner rule is tried as well."""
    padding = min(padding, kernel // 2)
    x = np.round(2 * wave(2, 2, 5, 6))
    leaf = Tensor(x, requires_grad=True)
    y = F.max_pool2d(leaf, kernel, stride, padding, dilation, ceil_mode)
    g = wave(*y.shape, start=1.0)
    y.backward(g)
    big = np.pad(x, ((0, 0), (0, 0), (padding, padding + 9), (padding, padding + 9)),
                 constant_values=-np.inf)  # fmt: skip
    expected = np.zeros(big.shape)
    for n, c, i, j in np.ndindex(*y.shape):
        places = [
            (i * stride + a * dilation, j * stride + b * dilation)
            for a in range(kernel)
            for b in range(kernel)
        ]
        winner = max(places, key=lambda place: big[n, c, *place])
        assert y.data[n, c, i, j] == big[n, c, *winner]
        expected[n, c, *winner] += g[n, c, i, j]
    inside = expected[:, :, padding : padding + 5, padding : padding + 6]
    np.testing.assert_allclose(leaf.grad, inside, atol=1e-12)


def test_second_derivatives_of_max_pool_are_those_of_the_winners():
    def cubes(x):
        return (F.max_pool2d(x, 2) ** 3).sum()

    x = np.array([[[1.0, 2.0], [4.0, 3.0]]])
    second = grad(lambda x: grad(cubes)(x).sum())(Tensor(x))
    assert second.data.tolist() == [[[0.0, 0.0], [24.0, 0.0]]]


def test_a_mean_keeps_inf_to_its_own_window():
    x = np.array([[[np.inf, 1.0, 2.0, 3.0]]])
    assert F.avg_pool2d(x, (1, 2)).tolist() == [[[np.inf, 2.5]]]
    assert F.adaptive_avg_pool2d(x, (1, 3)).tolist() == [[[np.inf, 1.5, 2.5]]]


def test_sizes_are_shown():
    assert repr(nn.MaxPool2d(2)) == (
        "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)"
    )
    assert repr(nn.AvgPool2d(3, 1)) == "AvgPool2d(kernel_size=3, stride=1, padding=0)"
    assert repr(nn.AdaptiveAvgPool2d((1, None))) == "AdaptiveAvgPool2d(output_size=(1, None))"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.MaxPool2d(0), ValueError, "kernel_size must be at least 1, got 0"),
        (lambda: nn.MaxPool2d(2, stride=0), ValueError, "stride must be at least 1, got 0"),
        (lambda: nn.MaxPool2d(2, padding=2), ValueError,
         "padding must be at most half of kernel_size"),
        (lambda: nn.MaxPool1d((2, 2)), ValueError, "kernel_size must be an int or 1 ints"),
        (lambda: nn.AvgPool2d(2, padding=2), ValueError, "padding must be at most half"),
        (lambda: nn.AvgPool2d(2, divisor_override=0), ValueError,
         "divisor_override must not be 0"),
        (lambda: nn.AvgPool2d(2, divisor_override=0.5), TypeError, "divisor_override must be"),
        (lambda: nn.AdaptiveAvgPool2d(0), ValueError, "output_size must be at least 1, got 0"),
        (lambda: nn.AdaptiveAvgPool2d((1, 2, 3)), ValueError, "output_size must be an int or 2"),
        (lambda: nn.AdaptiveAvgPool2d("large"), TypeError, "output_size must be an int, got str"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_refused_when_the_layer_is_made(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    "layer", [nn.MaxPool2d(2), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(1), nn.MaxPool2d((2, 1))]
)
def test_a_wrong_number_of_axes_is_refused(layer):
    with pytest.raises(ValueError, match=r"takes inputs of shape \(batch, channels, height"):
        layer(np.zeros((4, 4)))


@pytest.mark.parametrize("layer", [nn.MaxPool2d(3), nn.AvgPool2d(3), nn.MaxPool2d((3, 1), 1)])
def test_a_window_larger_than_the_image_is_refused(layer):
    with pytest.raises(ValueError, match=r"spans \(3, [13]\), larger than the padded input"):
        layer(np.zeros((1, 1, 2, 4)))


def test_integers_are_refused():
    with pytest.raises(TypeError, match=r"max_pool2d\(\) takes floating-point numbers, got dtype"):
        nn.MaxPool2d(2)(np.zeros((1, 1, 2, 2), int))
