"""Reductions at the ends of their range: subnormal lengths, sums whose log is rounded away."""

import numpy as np
import pytest

import engine as E
import nn
from engine import Tensor, grad, hessian

F32, F64 = np.float32, np.float64


@pytest.mark.parametrize(
    ("size", "dtype"), [(1e-310, F64), (1e-320, F64), (1e-40, F32), (0.0, F64)]
)
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_length_that_is_subnormal_has_slopes(size, dtype, create_graph):
    """1 / length is too large."""
    x = np.array([[size, 3 * size], [1.0, 2.0]], dtype)
    for f, first in ((E.norm, [0.1**0.5, 0.9**0.5]), (E.std, [-0.5, 0.5])):
        leaf = Tensor(x, requires_grad=True)
        f(leaf, axis=1).sum().backward(create_graph=create_graph)
        expected = np.zeros(2) if size == 0 else first
        np.testing.assert_allclose(E.to_numpy(leaf.grad)[0], expected, rtol=1e-3)
        np.testing.assert_allclose(
            E.to_numpy(leaf.grad)[1], grad(f)(x[1]), rtol=1e-6, err_msg=f.__name__
        )


@pytest.mark.parametrize(
    ("size", "dtype"),
    [(1e8, F32), (-1e8, F32), (1e30, F32), (1e17, F64), (1e200, F64), (1e308, F64)],
)
def test_the_slopes_of_logsumexp_add_up_to_1_beside_numbers_of_any_size(size, dtype):
    """log(2) is less than half a unit in the last place of such a sum's logarithm."""
    x = np.array([[size, size], [1.0, 2.0]], dtype)
    slopes = grad(lambda x: E.logsumexp(x, axis=1).sum())(x)
    assert slopes.dtype == dtype
    np.testing.assert_allclose(slopes, [[0.5, 0.5], [0.26894142, 0.73105858]], rtol=1e-6)
    curvature = hessian(E.logsumexp)(x[0])
    np.testing.assert_allclose(curvature, [[0.25, -0.25], [-0.25, 0.25]], rtol=1e-6)


def test_beside_an_infinite_row_the_slopes_of_logsumexp_are_right():
    x = np.array([[np.inf, 0.0], [1e17, 1e17]])
    with np.errstate(invalid="ignore"):
        slopes = grad(lambda x: E.logsumexp(x, axis=1).sum())(x)
    np.testing.assert_array_equal(slopes, [[np.nan, 0.0], [0.5, 0.5]])


def test_logsumexp_of_nothing_has_no_slopes_and_warns_of_nothing():
    for axis, shape in ((0, (0, 3)), (1, (3, 0))):
        assert grad(lambda x, axis=axis: E.logsumexp(x, axis=axis).sum())(np.zeros(shape)).size == 0


@pytest.mark.parametrize("size", [1e17, 1e160, 1e300])
@pytest.mark.parametrize(
    "f",
    [
        E.log_softmax,
        E.softmax,
        E.logsumexp,
        E.mean,
        lambda x: nn.functional.cross_entropy(x.reshape(1, -1), np.array([0])),
        lambda x: nn.functional.nll_loss(E.log_softmax(x.reshape(1, -1), -1), np.array([0])),
    ],
    ids=["log_softmax", "softmax", "logsumexp", "mean", "cross_entropy", "nll_loss"],
)
def test_the_tiers_agree_on_large_numbers(f, size):
    x = np.array([size, size, size])
    leaf, values = Tensor(x, requires_grad=True), E.stack([E.Value(size) for _ in x])
    weights = np.array([1.0, 2.0, 4.0])
    results = []
    for node in (leaf, values):
        y = f(node)
        y = (y * weights).sum() if y.ndim else y
        results.append((y.item(), grad(lambda x: (f(x) * weights[: f(x).size]).sum())(node)))
    (a, slopes_a), (b, slopes_b) = results
    np.testing.assert_allclose(a, b, rtol=1e-12)
    np.testing.assert_allclose(E.to_numpy(slopes_a), E.to_numpy(slopes_b), rtol=1e-12, atol=1e-15)


@pytest.mark.filterwarnings("ignore:overflow encountered in reduce")
def test_a_mean_of_values_whose_sum_is_too_large_is_their_mean():
    mean = E.stack([E.Value(1e308), E.Value(1.5e308)]).mean()
    assert mean.item() == 1.25e308
