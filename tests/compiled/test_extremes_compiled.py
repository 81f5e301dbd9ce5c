"""Numbers far from 1 in compiled functions that were traced with usual ones: equal to eager's.

Warnings are errors here: a compiled function warns of nothing that eager does not warn of.
"""

import numpy as np
import pytest

import engine
from engine import Tensor


def after_usual_numbers(f, x):
    """f, compiled for arrays like x by a call with ones."""
    compiled = engine.compile(f)
    compiled(np.ones_like(x))
    return compiled


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (x * 1e200) * 1e-100,
        lambda x: (x * 1e200) / 1e100,
        lambda x: (x * 1e-200) * 1e100,
        lambda x: (x * 1e-200) / 1e-100,
        lambda x: (x * 3.0) * 2.0,
        lambda x: (x * 0.5) / 4.0,
    ],
)
@np.errstate(over="ignore", under="ignore")
def test_a_product_by_two_constants_leaves_the_range_where_eager_s_does(f):
    x = np.array([1e200, 1e-200, 1.5])
    np.testing.assert_array_equal(after_usual_numbers(f, x)(x), f(x))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ["sigmoid", "silu", "softplus", "logsigmoid", "gelu"])
def test_activations_of_large_numbers_do_not_overflow(name, dtype):
    settings = {"approximate": "tanh"} if name == "gelu" else {}

    def f(x):
        return getattr(engine, name)(x, **settings)

    x = np.array([-2000.0, -740.0, -95.0, 0.0, 800.0, np.inf, np.nan], dtype)
    if name in ("silu", "gelu"):  # -inf * 0 is nan, of which NumPy warns
        x = np.delete(x, 5)
    compiled = after_usual_numbers(f, x)
    np.testing.assert_allclose(compiled(x), f(x), rtol=8 * np.finfo(dtype).eps)
    leaves = [Tensor(x, requires_grad=True) for _ in range(2)]
    for g, leaf in zip((compiled, f), leaves, strict=True):
        g(leaf).sum().backward()
    one, two = (leaf.grad for leaf in leaves)
    np.testing.assert_allclose(one, two, rtol=8 * np.finfo(dtype).eps, atol=np.finfo(dtype).tiny)


def test_the_logarithm_of_a_small_sigmoid_is_eager_s():
    x = np.array([-95.0, -742.0])
    f = after_usual_numbers(lambda x: engine.log(engine.sigmoid(x)), x)
    np.testing.assert_allclose(f(x), [-95.0, -742.0], rtol=1e-3)


@pytest.mark.parametrize("size", [1.0, 1e4, 1e8, 1e17, 1e200])
def test_the_gradient_of_logsumexp_sums_to_1_whatever_the_first_call_was_of(size):
    x = size + np.linspace(0.0, 1.0, 12).reshape(3, 4)
    f = engine.compile(lambda x: engine.logsumexp(x, axis=1))
    for numbers in (np.ones((3, 4)), x):
        leaves = [Tensor(numbers, requires_grad=True) for _ in range(2)]
        f(leaves[0]).sum().backward()
        engine.logsumexp(leaves[1], axis=1).sum().backward()
        np.testing.assert_allclose(leaves[0].grad.sum(1), 1.0, rtol=1e-12)
        np.testing.assert_allclose(leaves[0].grad, leaves[1].grad, rtol=1e-7)
    assert len(f.traces) == 1


def test_std_of_numbers_whose_squares_are_too_large_does_not_warn():
    x = np.array([1e170, -1e170, 1.0, 2.0])
    assert engine.compile(engine.std)(x) == pytest.approx(engine.std(x), rel=1e-12)
