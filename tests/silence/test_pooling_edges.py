"""Pooling at its edges: images smaller than a window, borders beside -inf, empty images.

The numbers are PyTorch 2.13's, with 1, 2, 3, … as the gradient from above.
"""

import itertools

import numpy as np
import pytest
from helpers import LEAVES

import engine
from engine import to_numpy
from nn import functional as F

INF, NAN = np.inf, np.nan
SMALL = [[[2.0, 5.0], [1.0, 0.0]]]
ROW = [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]

CASES = [
    # an image smaller than the kernel: what is there is pooled
    (F.max_pool1d, [[2.0, 5.0]], {"kernel_size": 3, "ceil_mode": True}, [[5.0]], [[0.0, 1.0]]),
    (F.max_pool2d, SMALL, {"kernel_size": 3, "ceil_mode": True},
     [[[5.0]]], [[[0.0, 1.0], [0.0, 0.0]]]),
    (F.avg_pool2d, SMALL, {"kernel_size": 3, "ceil_mode": True},
     [[[2.0]]], [[[0.25, 0.25], [0.25, 0.25]]]),
    # padding counts if it is asked to, what ceil_mode adds never does
    (F.avg_pool2d, SMALL, {"kernel_size": 3, "ceil_mode": True, "padding": 1},
     [[[8 / 9]]], [[[1 / 9, 1 / 9], [1 / 9, 1 / 9]]]),
    (F.avg_pool2d, SMALL,
     {"kernel_size": 3, "ceil_mode": True, "padding": 1, "count_include_pad": False},
     [[[2.0]]], [[[0.25, 0.25], [0.25, 0.25]]]),
    (F.avg_pool1d, ROW, {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
     [[1.0, 3.0, 5.0, 3.0]], [[1 / 3, 1.0, 2 / 3, 5 / 3, 1.0, 3.0]]),
    (F.avg_pool1d, ROW,
     {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False},
     [[1.5, 3.0, 5.0, 6.0]], [[0.5, 7 / 6, 2 / 3, 5 / 3, 1.0, 5.0]]),
    # -inf of the image beside -inf of the border: the image's own number has the gradient
    (F.max_pool1d, [[-INF, -INF, -INF, -INF]], {"kernel_size": 2, "stride": 2, "padding": 1},
     [[-INF, -INF, -INF]], [[1.0, 2.0, 0.0, 3.0]]),
    (F.max_pool1d, [[-INF, 3.0, -INF, -INF]], {"kernel_size": 2, "stride": 2, "padding": 1},
     [[-INF, 3.0, -INF]], [[1.0, 2.0, 0.0, 3.0]]),
    (F.max_pool2d, [[[-INF, -INF], [-INF, 1.0]]], {"kernel_size": 2, "stride": 1, "padding": 1},
     [[[-INF, -INF, -INF], [-INF, 1.0, 1.0], [-INF, 1.0, 1.0]]], [[[7.0, 3.0], [7.0, 28.0]]]),
    (F.max_pool1d, [[NAN, 3.0, -INF, -INF]], {"kernel_size": 2, "stride": 2, "padding": 1},
     [[NAN, 3.0, -INF]], [[1.0, 2.0, 0.0, 3.0]]),
    # … and beside what ceil_mode adds
    (F.max_pool1d, [[1.0, 2.0, -INF]], {"kernel_size": 2, "ceil_mode": True},
     [[2.0, -INF]], [[0.0, 1.0, 2.0]]),
]  # fmt: skip


@pytest.mark.parametrize("tier", LEAVES)
@pytest.mark.parametrize("i", range(len(CASES)))
def test_pooling_at_the_edge_is_pytorchs(i, tier):
    pool, x, settings, expected, gradient = CASES[i]
    leaf = LEAVES[tier](np.array(x))
    y = pool(leaf, **settings)
    np.testing.assert_allclose(to_numpy(y), expected, rtol=1e-15)
    engine.sum(y * np.arange(1.0, np.size(expected) + 1).reshape(np.shape(expected))).backward()
    np.testing.assert_allclose(leaf.grad, gradient, rtol=1e-14)


def spans(size, kernel, stride, padding, dilation):
    """By PyTorch's rule for ceil_mode, the positions in x of every window along an axis."""
    start, found = -padding, []
    reach = dilation * (kernel - 1)
    while start + reach < size + padding + stride - 1 and start < size:
        here = range(start, start + reach + 1, dilation)
        found.append([i for i in here if 0 <= i < size])
        start += stride
    return found


def test_every_window_of_ceil_mode_is_of_what_is_there():
    """All settings with small numbers, window by window."""
    checked = 0
    for size, kernel, stride, dilation in itertools.product(
        range(1, 7), (1, 2, 3), (1, 2, 3), (1, 2)
    ):
        for padding in range(kernel // 2 + 1):
            windows = spans(size, kernel, stride, padding, dilation)
            if not windows or not all(windows):
                continue
            x = np.cos(3.0 * np.arange(size))[None]
            found = F.max_pool1d(x, kernel, stride, padding, dilation, ceil_mode=True)
            np.testing.assert_array_equal(found[0], [x[0, w].max() for w in windows])
            if dilation == 1:
                found = F.avg_pool1d(x, kernel, stride, padding, True, count_include_pad=False)
                np.testing.assert_allclose(found[0], [x[0, w].mean() for w in windows], rtol=1e-14)
            checked += 1
    assert checked > 100


def test_a_window_that_stride_cannot_make_up_for_is_refused():
    for pool in (F.max_pool1d, F.avg_pool1d):
        with pytest.raises(ValueError, match=r"kernel_size of .*_pool1d\(\) spans .*3.*, larger"):
            pool(np.ones((1, 1)), 3, stride=1, ceil_mode=True)


def test_a_second_derivative_flows_through_a_maximum_of_minus_infinity():
    """The winner is found the same way when the gradient is recorded."""
    x = engine.Tensor([[[-INF, 3.0, -INF, -INF]]], requires_grad=True)
    y = F.max_pool1d(x, 2, 2, 1)
    upstream = engine.Tensor([[[1.0, 2.0, 3.0]]], requires_grad=True)
    y.backward(upstream, create_graph=True)
    (x.grad * [[[1.0, 10.0, 100.0, 1000.0]]]).sum().backward()
    np.testing.assert_array_equal(upstream.grad, [[[1.0, 10.0, 1000.0]]])


@pytest.mark.parametrize("shape", [(1, 1, 0, 4), (2, 4, 0)])
def test_an_image_of_padding_alone_is_refused(shape):
    """Its maximum was -inf, and its mean 0 or nan."""
    x = np.zeros(shape)
    for pool in (F.max_pool2d, F.avg_pool2d):
        with pytest.raises(ValueError, match="at least one number"):
            pool(x, 2, padding=1)
    with pytest.raises(ValueError, match="at least one number"):
        F.adaptive_avg_pool2d(x, 1)


def test_no_images_at_all_are_pooled_to_none():
    for pool in (F.max_pool2d, F.avg_pool2d):
        assert pool(np.zeros((0, 3, 4, 4)), 2).shape == (0, 3, 2, 2)
