"""Values and slopes that fit into their dtype, though a step on the way to them did not."""

import numpy as np
import pytest

import engine as E
from engine import Tensor, Value, ValueArray, compare, grad, to_numpy

F16, F32, F64 = np.float16, np.float32, np.float64


def value_and_slope(f, x, dtype):
    """f and its gradient on the tensor tier; neither leaves the dtype."""
    leaf = Tensor(x, requires_grad=True, dtype=dtype)
    y = f(leaf)
    y.backward(np.ones(y.shape))
    assert y.dtype == leaf.grad.dtype == dtype
    return y.data, leaf.grad


#: op, input, dtype, value, slope
ELEMENTWISE = [
    (E.arcsinh, 1e20, F32, 46.744849, 1e-20),
    (E.arcsinh, 1e160, F64, 369.1067620957, 1e-160),
    (E.arcsinh, 300.0, F16, 6.3969, 3.3333e-3),
    (E.arccosh, 1e20, F32, 46.744849, 1e-20),
    (E.arccosh, 1e160, F64, 369.1067620957, 1e-160),
    (E.arccosh, 300.0, F16, 6.3969, 3.3333e-3),
    (E.arctan, 300.0, F16, 1.567463, 1.1111e-5),
    (E.log10, 60000.0, F16, 4.778151, 7.2382e-6),
    (E.log2, 60000.0, F16, 15.872675, 2.4045e-5),
    (E.log10, 3e38, F32, 38.477121, 1.4476483e-39),
    (lambda x: E.gelu(x, approximate="tanh"), 300.0, F16, 300.0, 1.0),
    (lambda x: E.gelu(x, approximate="tanh"), -300.0, F16, 0.0, 0.0),
    (lambda x: E.gelu(x, approximate="tanh"), 1e20, F32, 1e20, 1.0),
    (lambda x: E.gelu(x, approximate="tanh"), -1e200, F64, 0.0, 0.0),
    (E.gelu, 300.0, F16, 300.0, 1.0),
    (E.gelu, 1e-6, F16, 5e-7, 0.5),
    (E.gelu, 1e-40, F32, 5e-41, 0.5),
    (E.gelu, 1e30, F32, 1e30, 1.0),
    (E.erf, 300.0, F16, 1.0, 0.0),
    (lambda x: E.softplus(x, beta=3), 30_000.0, F16, 30_000.0, 1.0),
    (lambda x: E.softplus(x, beta=3), -30_000.0, F16, 0.0, 0.0),
    (lambda x: E.softplus(x, beta=3), 1e308, F64, 1e308, 1.0),
    (lambda x: E.softplus(x, beta=-2), 1e308, F64, 0.0, 0.0),
    (lambda x: E.softplus(x, beta=-2), -1e308, F64, -1e308, 1.0),
    (E.sigmoid, -11.8125, F16, 7.4112799e-6, 7.4112799e-6),
    (E.sigmoid, -100.0, F32, 3.7200760e-44, 3.7200760e-44),
    (E.silu, -90.0, F32, -7.3746114e-38, -7.2926712e-38),
    (E.sigmoid, 8.328125, F16, 0.9997585, 2.4150794e-4),
    (E.tanh, 5.0, F16, 0.9999092, 1.8158323e-4),
]


@pytest.mark.parametrize(("f", "x", "dtype", "value", "slope"), ELEMENTWISE)
def test_a_slope_that_fits_is_right_though_a_step_on_the_way_would_not_fit(
    f, x, dtype, value, slope
):
    got, got_slope = value_and_slope(f, [x], dtype)
    close = {"rtol": 4e-3 if dtype == F16 else 2e-6, "atol": np.finfo(dtype).smallest_subnormal}
    np.testing.assert_allclose(got, [value], **close)
    np.testing.assert_allclose(got_slope, [slope], **close)


@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (E.arcsinh, 1e160, 1e-160),
        (E.arcsinh, -1e300, 1e-300),
        (E.arccosh, 1e160, 1e-160),
        (E.sigmoid, -740.0, 4.2e-322),
        (lambda x: E.gelu(x, approximate="tanh"), 1e160, 1.0),
        (lambda x: E.gelu(x, approximate="tanh"), -1e300, 0.0),
        (E.gelu, 1e300, 1.0),
        (lambda x: E.softplus(x, beta=3.0), 1e308, 1.0),
        (lambda x: E.hypot(x, 1e200), 1e200, 0.5**0.5),
        (lambda x: E.arctan2(x, 1e200), 1e200, 5e-201),
        (lambda x: E.arctan2(x, 1e-200), 1e-200, 5e199),
    ],
)
def test_values_have_the_whole_range_too(f, x, slope):
    node = Value(x)
    f(node).backward()
    np.testing.assert_allclose(node.grad, slope, rtol=1e-14)
    assert grad(f)(x) == node.grad
    if slope < 1e100:
        assert abs(grad(grad(f))(x)) < 1e-99


@pytest.mark.parametrize(
    ("a", "dtype", "slope"),
    [(1e-4, F16, 5000.0), (300.0, F16, 1.6667e-3), (1e200, F64, 5e-201), (1e-30, F32, 5e29)],
)
def test_arctan2_where_squares_leave_the_range(a, dtype, slope):
    y, x = (Tensor([a], requires_grad=True, dtype=dtype) for _ in "ab")
    E.arctan2(y, x).backward()
    np.testing.assert_allclose(y.grad, [slope], rtol=2e-3)
    np.testing.assert_allclose(x.grad, [-slope], rtol=2e-3)


@pytest.mark.parametrize("odd", [1.0, 1e200, 1e-200, 0.0])
def test_one_odd_point_changes_no_other_angle(odd):
    a, b = np.append(np.linspace(-3, 3, 200), odd), np.append(np.linspace(-1, 2, 200), odd)
    y, x = Tensor(a, requires_grad=True), Tensor(b, requires_grad=True)
    E.arctan2(y, x).sum().backward()
    square = a[:-1] ** 2 + b[:-1] ** 2
    np.testing.assert_allclose(y.grad, np.append(b[:-1] / square, odd and 0.5 / odd), rtol=1e-14)
    np.testing.assert_allclose(x.grad, np.append(-a[:-1] / square, odd and -0.5 / odd), rtol=1e-14)


def test_arctan2_of_a_constant_can_be_differentiated_twice():
    f = grad(lambda x: E.arctan2(np.array([1.0]), x).sum())
    np.testing.assert_allclose(grad(lambda x: f(x).sum())(np.array([2.0])), [4 / 25], rtol=1e-14)


def test_arctan2_at_the_origin_and_on_the_axis():
    y, x = Tensor([0.0, 1e200], requires_grad=True), Tensor([0.0, 0.0], requires_grad=True)
    E.arctan2(y, x).sum().backward()
    np.testing.assert_array_equal(y.grad, [0.0, 0.0])
    np.testing.assert_array_equal(x.grad, [0.0, -1e-200])


@pytest.mark.parametrize("f", [E.arcsinh, E.gelu, E.arccosh])
def test_one_huge_number_in_an_array_changes_nothing_for_the_others(f):
    x = np.append(np.linspace(1.1 if f is E.arccosh else -3, 3, 1000), 1e200)
    alone = value_and_slope(f, x[:-1], F64)
    among = value_and_slope(f, x, F64)
    for one, other in zip(alone, among, strict=True):
        np.testing.assert_allclose(other[:-1], one, rtol=1e-14)


# --- float16 is reduced in float32 ---

MANY = 70_000
THREE = np.array([[2.0, -1.0, 4.0]])


def _columns(number):
    return np.full((MANY, 2), number)


#: function, input, value, what the gradient of its sum is everywhere
REDUCED = {
    "mean": (E.mean, np.ones(MANY), 1.0, 1 / MANY),
    "mean along an axis": (lambda x: x.mean(0), _columns(1.0), [1.0, 1.0], 1 / MANY),
    "mean of large numbers": (E.mean, np.full(MANY, 6e4), 6e4, 1 / MANY),
    "sum along an axis": (lambda x: x.sum(0), _columns(0.5), [35_000.0] * 2, 1.0),
    "softmax": (E.softmax, np.zeros(MANY), 1 / MANY, 0.0),
    "log_softmax": (E.log_softmax, np.zeros(MANY), -np.log(MANY), None),
    "logsumexp": (E.logsumexp, np.zeros(MANY), np.log(MANY), 1 / MANY),
    "logsumexp of large numbers": (E.logsumexp, np.full(2, 1000.0), 1000.6931, 0.5),
    "norm": (E.norm, np.full(10_000, 300.0), 30_000.0, 0.01),
    "norm, ord 1": (lambda x: E.norm(x, 1, 0), _columns(0.5), [35_000.0] * 2, 1.0),
    "norm, ord 0": (lambda x: E.norm(x, 0, 0), np.full((10_000, 1), 0.5), [10_000.0], 0.0),
    "norm, ord 3": (lambda x: E.norm(x, 3), np.full(1000, 300.0), 3000.0, 0.01),
    "cumsum": (lambda x: E.cumsum(x)[-1], np.full(10_000, 1.0), 10_000.0, 1.0),
    "cumprod": (lambda x: E.cumprod(x)[-1], np.full(1000, 1 + 2.0**-10), 2.654337, 2.651748),
    "prod": (E.prod, np.array([300.0, 300.0, 0.01, 0.01]), 9.0, None),
    "trace": (E.trace, np.eye(2100), 2100.0, None),
    "sum_to": (lambda x: E.sum_to(x, (1,)), np.ones(10_000), [10_000.0], 1.0),
    "matmul": (lambda x: x @ np.ones((10_000, 1), F16), np.ones((1, 10_000)), [[10_000.0]], 1.0),
    "einsum": (lambda x: E.einsum("ij->j", x), np.ones((10_000, 2)), [10_000.0] * 2, 1.0),
}


@pytest.mark.parametrize("name", REDUCED)
def test_float16_is_reduced_in_float32(name):
    f, x, value, slope = REDUCED[name]
    got, got_slope = value_and_slope(f, x, F16)
    np.testing.assert_allclose(got, np.broadcast_to(value, got.shape), rtol=2e-3)
    if slope is not None:
        want = np.full(x.shape, slope)
        np.testing.assert_allclose(got_slope, want, rtol=2e-3, atol=6e-8)


@pytest.mark.parametrize("f", [E.var, E.std])
def test_spread_in_float16(f):
    """Deviations of 1 around 1000: their squares fit, the squares of the numbers do not."""
    x = np.tile([999.0, 1001.0], 35_000)
    got, slope = value_and_slope(f, x, F16)
    np.testing.assert_allclose(got, 1.0, rtol=1e-3)
    np.testing.assert_allclose(
        slope, np.sign(x - 1000) / MANY * (2 if f is E.var else 1), rtol=0.01
    )


def test_the_gradient_of_what_is_broadcast_is_summed_in_float32():
    bias = Tensor(np.zeros(2), requires_grad=True, dtype=F16)
    (bias + np.ones((10_000, 2), F16)).backward(np.ones((10_000, 2)))
    np.testing.assert_array_equal(bias.grad, [10_000.0, 10_000.0])


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_rule_of_float16_computes_in_float32_when_it_is_recorded_too(create_graph):
    x = Tensor(np.tile([999.0, 1001.0], 35_000), requires_grad=True, dtype=F16)
    E.std(x).backward(create_graph=create_graph)
    assert x.grad.dtype == F16
    np.testing.assert_allclose(to_numpy(x.grad)[:2], [-1 / MANY, 1 / MANY], rtol=0.01)


def test_second_derivatives_in_float16():
    x = Tensor([300.0, 0.5], requires_grad=True, dtype=F16)
    E.arctan(x).sum().backward(create_graph=True)
    first = x.grad
    x.zero_grad()
    first.sum().backward()
    np.testing.assert_allclose(x.grad, [-7.4e-8, -0.64], rtol=2e-3, atol=6e-8)


# --- float32 and float64 near the ends of their range ---


@pytest.mark.parametrize("tier", ["tensor", "value"])
@pytest.mark.parametrize("size", [1e-200, 1e200, 1e-160, 1e160, 3.0])
def test_std_of_tiny_and_of_huge_numbers(size, tier):
    leaf = Tensor([-size, size], requires_grad=True)
    if tier == "value":
        leaf = ValueArray.of([-size, size])
    y = E.std(leaf)
    y.backward()
    np.testing.assert_allclose(to_numpy(y), size, rtol=1e-15)
    np.testing.assert_allclose(leaf.grad, [-0.5, 0.5], rtol=1e-15)


@pytest.mark.parametrize("size", [1e-30, 1e30, 1e-37])
def test_std_of_tiny_and_of_huge_numbers_in_float32(size):
    got, slope = value_and_slope(lambda x: E.std(x, axis=0), [[-size, 1.0], [size, 3.0]], F32)
    np.testing.assert_allclose(got, np.float32([size, 1.0]), rtol=1e-6)
    np.testing.assert_allclose(slope, [[-0.5, -0.5], [0.5, 0.5]], rtol=1e-6)


def test_std_and_norm_keep_their_axes_where_they_scale():
    x = np.array([[1e-200, -1e-200], [2.0, 4.0], [0.0, 0.0], [1e200, 3e200]])
    for keepdims in (False, True):
        shape = (4, 1) if keepdims else (4,)
        want = np.reshape([1e-200, 1.0, 0.0, 1e200], shape)
        np.testing.assert_allclose(E.std(x, axis=1, keepdims=keepdims), want, rtol=1e-15)
        want = np.reshape([2**0.5 * 1e-200, 20**0.5, 0.0, 10**0.5 * 1e200], shape)
        np.testing.assert_allclose(E.norm(x, axis=1, keepdims=keepdims), want, rtol=1e-15)


def test_the_mean_of_numbers_whose_sum_is_too_large():
    with np.errstate(over="ignore"):
        assert E.mean(np.array([1.5e308, 1.7e308])) == 1.6e308
        x = np.float32([[3e38, 1.0], [2e38, 3.0]])
        np.testing.assert_allclose(E.mean(x, axis=0), np.float32([2.5e38, 2.0]), rtol=1e-6)
    np.testing.assert_array_equal(E.mean(np.array([[np.inf, 1.0]]), axis=0), [np.inf, 1.0])


@pytest.mark.parametrize(("p", "want"), [(-1, 1e-200), (-2, 1e-200), (-0.5, 1e-200), (3, 1.0)])
def test_a_norm_of_negative_order_of_tiny_numbers(p, want):
    np.testing.assert_allclose(E.norm(np.array([1e-200, 1.0]), p), want, rtol=1e-12)
    compare(lambda x: E.norm(x, p), np.array([1e-200, 1.0]), samples=0).raise_if_different()
