"""Layers, losses and optimizers whose answer is representable give it, however long the way there.

float16 ends at 65504, float32 at 3e38: squares and sums leave these ranges before means and roots.
"""

import numpy as np
import pytest
from helpers import LEAVES, leaf

import nn
from engine import Tensor, Value, hvp, to_numpy
from nn import functional as F

HALF = np.float16


def half(x, requires_grad=True):
    """A float16 leaf."""
    return Tensor(x, dtype=HALF, requires_grad=requires_grad)


# --- losses and layers, by hand ---


def test_mse_of_a_single_300_among_zeros_is_900():
    x = half([300.0] + [0.0] * 99)
    y = F.mse_loss(x, np.zeros(100))
    y.backward()
    assert (y.item(), y.dtype) == (900.0, HALF)
    assert x.grad.dtype == HALF
    np.testing.assert_array_equal(x.grad, [6.0] + [0.0] * 99)


MANY = 70_000
ONES = np.ones(MANY)


@pytest.mark.parametrize(
    ("loss", "x", "target", "expected"),
    [
        (F.l1_loss, 3.0, 1.0, 2.0),
        (F.mse_loss, 3.0, 1.0, 4.0),
        (F.huber_loss, 3.0, 1.0, 1.5),
        (F.smooth_l1_loss, 3.0, 1.0, 1.5),
        (F.binary_cross_entropy, 0.5, 1.0, np.log(2)),
        (F.binary_cross_entropy_with_logits, 0.0, 1.0, np.log(2)),
        (F.hinge_loss, -1.0, 1.0, 2.0),
        (F.kl_div, -1.0, 1.0, 1.0),
    ],
)
def test_a_loss_of_70_000_numbers_in_float16_is_their_mean(loss, x, target, expected):
    x = half(x * ONES)
    y = loss(x, target * ONES)
    y.backward()
    assert y.dtype == x.grad.dtype == HALF
    np.testing.assert_allclose(y.item(), expected, rtol=1e-3)
    exact = leaf(to_numpy(x).astype(float))
    loss(exact, target * ONES).backward()
    np.testing.assert_allclose(x.grad, exact.grad, rtol=1e-3, atol=2**-24)


@pytest.mark.parametrize("weight", [None, np.array([0.5, 1.0])])
@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_a_loss_of_70_000_labels_in_float16_is_their_mean(loss, weight):
    labels = np.arange(MANY) % 2
    x = half(np.tile([-3.0, -1.0], (MANY, 1)))
    y = loss(x, labels, weight)
    exact = loss(to_numpy(x).astype(float), labels, weight)
    assert y.dtype == HALF
    np.testing.assert_allclose(y.item(), exact, rtol=1e-3)


def test_cross_entropy_of_70_000_classes_in_float16():
    """exp of the logits adds up to 70,000, beyond float16."""
    x = half(np.zeros((1, MANY)))
    y = F.cross_entropy(x, [3])
    y.backward()
    np.testing.assert_allclose(y.item(), np.log(MANY), rtol=1e-3)
    assert x.grad[0, 3] == -1.0


def test_layer_norm_of_eights_at_width_1280_in_float16_is_ones():
    """Their squares add up to 81,920."""
    x = half(np.tile([8.0, -8.0], (1, 640)))
    y = nn.LayerNorm(1280).to(HALF)(x)
    assert y.dtype == HALF
    np.testing.assert_array_equal(y.data, np.tile([1.0, -1.0], (1, 640)))
    (y * np.arange(1280, dtype=HALF)).sum().backward()
    assert np.isfinite(x.grad).all()
    assert (x.grad != 0).all()


NORMS = {
    "layer_norm": lambda x: F.layer_norm(x, x.shape[1:]),
    "rms_norm": lambda x: F.rms_norm(x, x.shape[1:], eps=1e-5),
    "group_norm": lambda x: F.group_norm(x, 2),
    "batch_norm": lambda x: F.batch_norm(x, None, None, training=True),
}


def far(dtype):
    """Sizes whose squares leave the range of the dtype."""
    top = float(np.finfo(dtype).max)
    return [top / 4, top**0.5 * 2, top**0.75]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", NORMS)
def test_a_norm_does_not_depend_on_how_large_the_numbers_are(name, dtype):
    """f(c x) = f(x), and the derivative is 1/c of it, as long as eps is of no account."""
    pattern = np.cos(3.0 * np.arange(24)).reshape(2, 4, 3)
    pattern = np.round(pattern * 64) / 64
    weights = np.sin(1.0 + np.arange(24)).reshape(2, 4, 3)
    expected = leaf(1e3 * pattern)
    y = NORMS[name](expected)
    (y * weights).sum().backward()
    for size in far(dtype):
        size = 2.0 ** np.floor(np.log2(size))
        x = leaf(size * pattern, dtype)
        found = NORMS[name](x)
        assert found.dtype == dtype
        tolerance = 8 * float(np.finfo(dtype).eps)
        np.testing.assert_allclose(found.data, y.data, rtol=1e-6 + tolerance, atol=tolerance)
        (found * weights.astype(dtype)).sum().backward()
        if size * np.finfo(dtype).tiny < 1e-3:
            np.testing.assert_allclose(
                x.grad * size, expected.grad * 1e3, rtol=1e-2, atol=50 * tolerance
            )


@pytest.mark.parametrize("tier", LEAVES)
@pytest.mark.parametrize("center", [True, False])
def test_without_eps_a_norm_of_1e200_and_of_1e_minus_200_is_right(center, tier):
    norm = (
        (lambda x: F.layer_norm(x, 2, eps=0.0)) if center else lambda x: F.rms_norm(x, 2, eps=0.0)
    )
    for size in (1e200, 1e-200, 1.0):
        x = LEAVES[tier](size * np.array([[1.0, -1.0], [3.0, -3.0]]))
        np.testing.assert_array_equal(to_numpy(norm(x)), [[1.0, -1.0], [1.0, -1.0]])


@pytest.mark.parametrize("norm", [F.layer_norm, F.rms_norm])
def test_the_second_derivative_of_a_norm_does_not_depend_on_the_size_either(norm):
    """f(c x) = f(x), so c² f″(c x) = f″(x)."""
    x, v, weights = np.cos(np.arange(18.0)).reshape(3, 2, 3)
    c = 2.0**511  # its square, three times, is beyond float64

    def curvature(size, eps):
        return hvp(lambda x: size * (norm(x, 3, eps=eps) * weights).sum(), size * x, size * v)

    np.testing.assert_allclose(curvature(c, 1e-5), curvature(1.0, 0.0), rtol=1e-12)


def test_a_row_of_zeros_beside_one_that_overflows_is_zeros():
    x = leaf([[1e20, -1e20], [0.0, 0.0], [1.0, -1.0], [1e20, 1e20]], np.float32)
    y = F.layer_norm(x, 2)
    np.testing.assert_allclose(y.data, [[1, -1], [0, 0], [1, -1], [0, 0]], rtol=1e-5)
    (y * np.float32([1.0, 2.0])).sum().backward()
    assert np.isfinite(x.grad).all()


def test_one_running_statistic_may_be_left_out():
    x = np.array([[1.0], [3.0]])
    mean, var = np.zeros(1), np.ones(1)
    F.batch_norm(x, mean, None, training=True, momentum=1.0)
    F.batch_norm(x, None, var, training=True, momentum=1.0)
    assert (mean.tolist(), var.tolist()) == ([2.0], [2.0])


def test_the_mean_of_300s_over_16_by_16_in_float16_is_300():
    x = half(np.full((1, 1, 16, 16), 300.0))
    for pool in (lambda x: F.avg_pool2d(x, 16), lambda x: F.adaptive_avg_pool2d(x, 1)):
        y = pool(x)
        assert y.dtype == HALF
        assert y.item() == 300.0


def test_attention_in_float16_is_right_where_its_scores_are_not_representable():
    """Scores of 300 · 300 · 4: the larger one wins, and nothing is nan."""
    q = half(np.full((1, 4), 300.0))
    k = half(np.array([[300.0] * 4, [-300.0] * 4]))
    v = half([[1.0], [2.0]])
    y = F.scaled_dot_product_attention(q, k, v)
    assert y.dtype == HALF
    assert y.item() == 1.0
    layer = nn.MultiHeadAttention(4, 1, bias=False, batch_first=True, rng=0).to(HALF)
    layer.in_proj_weight.data = np.tile(np.eye(4), (3, 1))
    x = half(np.stack([to_numpy(k)]))
    _, weights = layer(x)
    np.testing.assert_array_equal(weights.data, [[[1.0, 0.0], [0.0, 1.0]]])


def test_gradients_of_a_convolution_add_up_in_float32():
    """A bias of float16, added to 4096 times, stops at 2048 if it is added to one by one."""
    layer = nn.Conv1d(1, 1, 1, rng=0).to(HALF)
    layer(half(np.ones((4096, 1, 2)))).sum().backward()
    assert layer.bias.grad.dtype == HALF
    np.testing.assert_array_equal(layer.bias.grad, [8192.0])
    np.testing.assert_array_equal(layer.weight.grad, [[[8192.0]]])


@pytest.mark.parametrize("layer", [nn.RNN, nn.LSTM, nn.GRU])
def test_gradients_of_a_recurrent_bias_add_up_in_float32(layer):
    """Every sample's is the same: 4096 of them are 4096 times one."""
    layers = [layer(1, 1, rng=0).to(dtype) for dtype in (HALF, np.float64)]
    for one, dtype in zip(layers, (HALF, np.float64), strict=True):
        y, _ = one(Tensor(np.ones((1, 4096, 1)), dtype=dtype))
        y.sum().backward()
    for found, exact in zip(*(one.parameters() for one in layers), strict=True):
        np.testing.assert_allclose(found.grad, exact.grad, rtol=2e-2)


def test_smooth_l1_with_a_large_beta_squares_nothing():
    x = leaf([1e30], np.float32)
    y = F.smooth_l1_loss(x, np.zeros(1), beta=1e35)
    y.backward()
    np.testing.assert_allclose([y.item(), x.grad[0]], [0.5e25, 1e-5], rtol=1e-6)


# --- in_float32 ---


def test_a_parameter_of_a_longer_dtype_makes_the_result_longer():
    x = half([[1.0, 3.0]])
    assert nn.LayerNorm(2).float()(x).dtype == np.float32
    assert nn.LayerNorm(2)(x).dtype == np.float64
    assert F.mse_loss(half([1.0]), leaf([2.0], np.float32)).dtype == np.float32
    assert F.mse_loss(half([1.0]), np.array([2.0])).dtype == HALF


def test_inputs_by_name_and_lists_are_taken_in_float32_too():
    x = half([300.0, 0.0])
    assert F.mse_loss(input=x, target=np.zeros(2)).item() == HALF(45000.0)
    assert F.mse_loss([HALF(300.0), HALF(0.0)], np.zeros(2)) == HALF(45000.0)
    with pytest.raises(TypeError, match="input"):
        F.mse_loss(target=np.zeros(2))


# --- clipping ---


@pytest.mark.parametrize(
    ("dtype", "size"), [(np.float16, 300.0), (np.float32, 3e19), (np.float64, 3e200)]
)
def test_clipping_halves_four_gradients_of_one_size_to_a_norm_of_1(dtype, size):
    params = [leaf([0.0], dtype) for _ in range(4)]
    for p in params:
        p.grad = [size]
    np.testing.assert_allclose(nn.clip_grad_norm_(params, 1.0), 2 * size, rtol=1e-6)
    np.testing.assert_allclose([p.grad[0] for p in params], [0.5] * 4, rtol=1e-5)


def test_clipping_values_of_1e200_to_a_norm_of_1():
    params = [Value(0.0) for _ in range(4)]
    for p in params:
        p.grad = 1e200
    assert nn.clip_grad_norm_(params, 1.0) == 2e200
    assert [p.grad for p in params] == [0.5] * 4


@pytest.mark.parametrize("p", [0.5, 1, 2, 3, np.inf])
@pytest.mark.parametrize("size", [1e-300, 1e-170, 1.0, 1e170, 1e300])
def test_a_norm_of_any_order_is_in_proportion_to_the_gradients(p, size):
    one, other = leaf([0.0, 0.0]), leaf([0.0])
    one.grad, other.grad = [3 * size, -size], [2 * size]
    expected = 3.0 if p == np.inf else (3**p + 1 + 2**p) ** (1 / p)
    np.testing.assert_allclose(
        nn.clip_grad_norm_([one, other], 1e308, p), expected * size, rtol=1e-12
    )


def test_no_gradient_and_gradients_of_zero_or_no_numbers_have_norm_0():
    nothing, empty, zero = leaf([1.0]), leaf(np.zeros((0, 3))), leaf([1.0, 2.0])
    empty.grad, zero.grad = np.zeros((0, 3)), np.zeros(2)
    for p in (1, 2, np.inf):
        for params in ([], [nothing], [empty], [zero], [nothing, empty, zero]):
            assert nn.clip_grad_norm_(params, 1.0, p) == 0.0
    np.testing.assert_array_equal(zero.grad, [0.0, 0.0])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_nan_and_inf_among_the_gradients_are_in_the_norm(dtype):
    """As in PyTorch: nan makes all nan, inf makes finite ones 0; or it is refused."""
    for wrong, found in ((np.nan, np.nan), (np.inf, 0.0)):
        one, other = leaf([0.0], dtype), leaf([0.0], dtype)
        one.grad, other.grad = [wrong], [1.0]
        with pytest.raises(RuntimeError, match="nothing was clipped"):
            nn.clip_grad_norm_([one, other], 1.0, error_if_nonfinite=True)
        assert other.grad[0] == 1.0
        np.testing.assert_equal(nn.clip_grad_norm_([one, other], 1.0), abs(wrong))
        np.testing.assert_equal(float(other.grad[0]), found)
        assert np.isnan(one.grad[0])


def test_a_bound_beyond_float16_clips_to_the_largest_float16():
    p = half([0.0, 0.0])
    p.grad = [np.inf, -1.0]
    nn.clip_grad_value_([p], 1e5)
    np.testing.assert_array_equal(p.grad, [65504.0, -1.0])
