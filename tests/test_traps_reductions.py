"""Literal numbers at the places where sums, extremes, products, norms and softmax go wrong.

Every case runs on Tensors and on arrays of Values; NumPy's conventions for shapes and axes,
PyTorch's for gradients, but that equal extremes share a gradient along axes too.
"""

import math

import numpy as np
import pytest

import engine as E
from engine import Tensor, ValueArray

INF, NAN = math.inf, math.nan


def on_tensors(f, x):
    leaf = Tensor(x, requires_grad=True)
    with np.errstate(all="ignore"):
        y = f(leaf)
        E.sum(y).backward()
    return y.data, leaf.grad


def on_values(f, x):
    boxed = ValueArray.of(x)
    with np.errstate(all="ignore"):
        y = f(boxed)
        total = E.sum(y)
        if isinstance(total, E.Value):  # a sum of nothing is a plain number
            total.backward()
    numbers = y.values if isinstance(y, ValueArray) else y.data if isinstance(y, E.Value) else y
    return numbers, boxed.grad


# (what holds, function, input, value, gradient of the sum of the value)
CASES = [
    ("equal largest numbers share", lambda x: x.max(), [1.0, 3.0, 3.0], 3.0, [0.0, 0.5, 0.5]),
    ("and so along an axis", lambda x: x.max(axis=1), [[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]],
     [3.0, 2.0], [[0.0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]]),
    ("amax over two axes", lambda x: x.amax((0, 1)), [[1.0, 3.0], [3.0, 0.0]], 3.0,
     [[0.0, 0.5], [0.5, 0.0]]),
    ("equal smallest numbers share", lambda x: x.min(), [1.0, 3.0, 1.0], 1.0, [0.5, 0.0, 0.5]),
    ("0 and -0 are equal", lambda x: x.max(), [0.0, -0.0], 0.0, [0.5, 0.5]),
    ("nan wins a maximum and the nans share", lambda x: x.max(), [NAN, 1.0, NAN], NAN,
     [0.5, 0.0, 0.5]),
    ("nan wins a minimum in its row only", lambda x: x.min(axis=1), [[NAN, 1.0], [2.0, 3.0]],
     [NAN, 2.0], [[1.0, 0.0], [1.0, 0.0]]),
    ("infinities share", lambda x: x.max(), [INF, 1.0, INF], INF, [0.5, 0.0, 0.5]),
    ("a maximum over a non-empty axis of nothing", lambda x: x.max(axis=1), np.zeros((0, 3)),
     np.zeros(0), np.zeros((0, 3))),
    ("sum of nothing", lambda x: x.sum(), np.zeros(0), 0.0, np.zeros(0)),
    ("mean of nothing", lambda x: x.mean(), np.zeros(0), NAN, np.zeros(0)),
    ("prod of nothing", lambda x: x.prod(), np.zeros(0), 1.0, np.zeros(0)),
    ("logsumexp of nothing", lambda x: x.logsumexp(), np.zeros(0), -INF, np.zeros(0)),
    ("norm of nothing", lambda x: x.norm(), np.zeros(0), 0.0, np.zeros(0)),
    ("sum along an empty axis", lambda x: x.sum(axis=0), np.zeros((0, 2)), [0.0, 0.0],
     np.zeros((0, 2))),
    ("cumsum of nothing", lambda x: x.cumsum(0), np.zeros((0, 3)), np.zeros((0, 3)),
     np.zeros((0, 3))),
    ("softmax of nothing", lambda x: x.softmax(), np.zeros((2, 0)), np.zeros((2, 0)),
     np.zeros((2, 0))),
    ("prod with a zero", lambda x: x.prod(), [0.0, 2.0, 3.0], 0.0, [6.0, 0.0, 0.0]),
    ("prod with two zeros", lambda x: x.prod(), [0.0, 0.0, 3.0], 0.0, [0.0, 0.0, 0.0]),
    ("prod along an axis, one row with a zero", lambda x: x.prod(1), [[0.0, 2.0], [3.0, 4.0]],
     [0.0, 12.0], [[2.0, 0.0], [4.0, 3.0]]),
    ("cumprod with a zero", lambda x: x.cumprod(), [2.0, 0.0, 3.0], [2.0, 0.0, 0.0],
     [1.0, 8.0, 0.0]),
    ("cumprod without", lambda x: x.cumprod(), [2.0, 3.0, 4.0], [2.0, 6.0, 24.0],
     [16.0, 10.0, 6.0]),
    ("cumsum", lambda x: x.cumsum(), [1.0, 2.0, 3.0], [1.0, 3.0, 6.0], [3.0, 2.0, 1.0]),
    ("sum over no axes is the array itself", lambda x: x.sum(axis=()), [1.0, 2.0], [1.0, 2.0],
     [1.0, 1.0]),
    ("mean over no axes too", lambda x: x.mean(axis=()), [1.0, 2.0], [1.0, 2.0], [1.0, 1.0]),
    ("max over no axes too", lambda x: x.max(axis=()), [1.0, 2.0], [1.0, 2.0], [1.0, 1.0]),
    ("mean divides by the product of its axes", lambda x: x.mean((-1, 0)),
     [[1.0, 2.0], [3.0, 6.0]], 3.0, [[0.25, 0.25], [0.25, 0.25]]),
    ("keepdims keeps", lambda x: x.sum((0, -1), keepdims=True), np.ones((2, 3, 4)),
     [[[8.0], [8.0], [8.0]]], np.ones((2, 3, 4))),
    ("keepdim, PyTorch's word", lambda x: x.mean(dim=1, keepdim=True), [[1.0, 3.0]], [[2.0]],
     [[0.5, 0.5]]),
    ("norm at 0", lambda x: x.norm(), [0.0, 0.0], 0.0, [0.0, 0.0]),
    ("norm composed of ops has no slope there", lambda x: E.sqrt((x * x).sum()), [0.0, 0.0], 0.0,
     [NAN, NAN]),
    ("norm", lambda x: x.norm(), [3.0, -4.0], 5.0, [0.6, -0.8]),
    ("norm does not overflow", lambda x: x.norm(), [3e200, -4e200], 5e200, [0.6, -0.8]),
    ("nor underflow", lambda x: x.norm(), [3e-200, -4e-200], 5e-200, [0.6, -0.8]),
    ("norm along an axis with a row of zeros", lambda x: x.norm(axis=1),
     [[3.0, 4.0], [0.0, 0.0]], [5.0, 0.0], [[0.6, 0.8], [0.0, 0.0]]),
    ("1-norm with a 0", lambda x: x.norm(1), [0.0, -2.0], 2.0, [0.0, -1.0]),
    ("inf-norm: ties split, with their signs", lambda x: x.norm(INF), [-2.0, 1.0, 2.0], 2.0,
     [-0.5, 0.0, 0.5]),
    ("-inf-norm", lambda x: x.norm(-INF), [-2.0, 1.0, 3.0], 1.0, [0.0, 1.0, 0.0]),
    ("3-norm", lambda x: x.norm(3), [1.0, -2.0], 2.080083823051904,
     [0.23112042478354488, -0.9244816991341796]),
    ("3-norm at 0", lambda x: x.norm(p=3), [0.0, 0.0], 0.0, [0.0, 0.0]),
    ("half-norm with a 0", lambda x: x.norm(0.5), [4.0, 0.0], 4.0, [1.0, 0.0]),
    ("0-norm counts", lambda x: x.norm(0), [4.0, 0.0, -1.0], 2.0, [0.0, 0.0, 0.0]),
    ("-2-norm with a 0", lambda x: x.norm(-2), [4.0, 0.0], 0.0, [0.0, 0.0]),
    ("std of equal numbers", lambda x: x.std(), [2.0, 2.0, 2.0], 0.0, [0.0, 0.0, 0.0]),
    ("var of equal numbers", lambda x: x.var(), [2.0, 2.0, 2.0], 0.0, [0.0, 0.0, 0.0]),
    ("unbiased var of one number", lambda x: x.var(ddof=1), [2.0], NAN, [NAN]),
    ("unbiased std of one number", lambda x: x.std(correction=1), [2.0], NAN, [NAN]),
    ("var, NumPy's", lambda x: x.var(), [1.0, 2.0, 6.0], 14 / 3, [-4 / 3, -2 / 3, 2.0]),
    ("var, PyTorch's", lambda x: x.var(unbiased=True), [1.0, 2.0, 6.0], 7.0, [-2.0, -1.0, 3.0]),
    ("var dividing by n - ddof between 0 and 1", lambda x: x.var(ddof=2.5), [1.0, 2.0, 6.0], 28.0,
     [-8.0, -4.0, 12.0]),
    ("std dividing by n - ddof between 0 and 1", lambda x: x.std(ddof=2.25), [0.0, 3.0, 6.0],
     24.0**0.5, [-0.816496580927726, 0.0, 0.816496580927726]),
    ("var with n - ddof below 0", lambda x: x.var(ddof=3.5), [1.0, 2.0, 6.0], NAN, [NAN] * 3),
    ("std with n - ddof below 0", lambda x: x.std(ddof=3.5), [1.0, 2.0, 6.0], NAN, [NAN] * 3),
    ("logsumexp of large numbers", lambda x: x.logsumexp(), [1000.0, 1000.0], 1000.6931471805599,
     [0.5, 0.5]),
    ("logsumexp with -inf", lambda x: x.logsumexp(), [-INF, 0.0], 0.0, [0.0, 1.0]),
    ("logsumexp of -inf only", lambda x: x.logsumexp(), [-INF, -INF], -INF, [NAN, NAN]),
    ("logsumexp with inf", lambda x: x.logsumexp(), [INF, 0.0], INF, [NAN, 0.0]),
    ("softmax of large numbers", lambda x: x.softmax(), [1000.0, 1000.0], [0.5, 0.5], [0.0, 0.0]),
    ("softmax with -inf", lambda x: x.softmax(), [-INF, 0.0], [0.0, 1.0], [0.0, 0.0]),
    ("softmax of -inf only", lambda x: x.softmax(), [-INF, -INF], [NAN, NAN], [NAN, NAN]),
    ("log_softmax far below", lambda x: x.log_softmax()[1], [1000.0, 0.0], -1000.0, [-1.0, 1.0]),
    ("log_softmax along the first axis", lambda x: x.log_softmax(dim=0)[0],
     [[0.0, 0.0], [0.0, 0.0]], [-0.6931471805599453, -0.6931471805599453],
     [[0.5, 0.5], [-0.5, -0.5]]),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_value_and_gradient(case):
    _, f, x, value, gradient = case
    for run in (on_tensors, on_values):
        got, slope = run(f, np.asarray(x))
        np.testing.assert_allclose(got, value, rtol=3e-15, atol=0)
        assert np.shape(got) == np.shape(value)
        np.testing.assert_allclose(slope, gradient, rtol=1e-12, atol=1e-15)
        assert np.shape(slope) == np.shape(gradient)


REDUCTIONS = ["sum", "mean", "prod", "max", "min", "var", "std", "logsumexp", "norm"]


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("axis", [None, 0, -1, (), (0,), (-1,)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_a_0d_tensor_may_be_reduced_over_its_only_place(name, axis, keepdims):
    """sum(axis=0) and sum(axis=-1) of one number: accepted by NumPy and PyTorch."""
    x = Tensor(3.0, requires_grad=True)
    y = getattr(E, name)(x, axis=axis, keepdims=keepdims)
    assert y.shape == ()
    assert y.item() == (0.0 if name in ("var", "std") else 3.0)
    y.backward()
    assert x.grad.shape == ()
    assert x.grad == (0.0 if name in ("var", "std") else 1.0)


@pytest.mark.parametrize("name", ["cumsum", "cumprod", "softmax", "log_softmax"])
def test_a_0d_tensor_runs_along_its_only_place(name):
    x = Tensor(3.0, requires_grad=True)
    y = getattr(E, name)(x, axis=0)
    assert y.size == 1
    E.sum(y).backward()
    assert x.grad.shape == ()


@pytest.mark.parametrize("name", [*REDUCTIONS, "any", "all"])
@pytest.mark.parametrize("shape", [(2, 3, 4), (1, 3, 1)])
@pytest.mark.parametrize(
    "axis", [None, 0, 1, 2, -1, -2, -3, (0,), (0, 1), (-1, 0), (2, 0, 1), (-1, -2, -3)]
)
@pytest.mark.parametrize("keepdims", [False, True])
def test_every_form_of_axis_gives_numpys_shape(name, shape, axis, keepdims):
    x = np.random.default_rng(0).normal(size=shape)
    y = getattr(E, name)(Tensor(x, requires_grad=True), axis=axis, keepdims=keepdims)
    assert y.shape == np.sum(x, axis=axis, keepdims=keepdims).shape
    if y.requires_grad:
        leaf = Tensor(x, requires_grad=True)
        getattr(E, name)(leaf, axis=axis, keepdims=keepdims).sum().backward()
        assert leaf.grad.shape == shape


@pytest.mark.parametrize("name", [*REDUCTIONS, "any", "all"])
@pytest.mark.parametrize("axis", [(0, 0), (0, -2), (1, -1)])
def test_an_axis_named_twice_is_an_error(name, axis):
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    with pytest.raises(ValueError, match=rf"axis of {name}\(\) names an axis twice"):
        getattr(E, name)(x, axis=axis)


@pytest.mark.parametrize(
    "name", [*REDUCTIONS, "any", "all", "argmax", "argmin", "cumsum", "cumprod", "softmax",
             "log_softmax", "sort", "argsort"],
)  # fmt: skip
def test_an_axis_that_is_not_there_is_an_error(name):
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    for axis in (2, -3):
        with pytest.raises(ValueError, match=rf"axis {axis} is out of bounds .* of dimension 2"):
            getattr(E, name)(x, axis=axis)
    with pytest.raises(TypeError, match=rf"axis of {name}\(\) must be"):
        getattr(E, name)(x, axis="rows")
    assert x.grad is None


@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin"])
def test_an_extreme_of_nothing_is_an_error(name):
    with pytest.raises(ValueError, match=name):
        getattr(E, name)(Tensor(np.zeros((0,))))


def test_a_norm_must_be_a_number():
    for bad in ("nuc", [1, 2]):
        with pytest.raises(ValueError, match=r"ord of norm\(\) must be a number"):
            E.norm(Tensor([1.0, 2.0]), bad)


def test_softmax_does_not_change_with_a_shift():
    x = np.array([0.5, -1.0, 2.0])
    np.testing.assert_allclose(E.softmax(x + 512.0), E.softmax(x), rtol=1e-13)
    np.testing.assert_allclose(E.log_softmax(x + 512.0), E.log_softmax(x), rtol=1e-13)


def test_the_gradient_of_a_sum_of_softmax_is_0():
    x = Tensor([0.5, -1.0, 2.0], requires_grad=True)
    x.softmax().sum().backward()
    np.testing.assert_allclose(x.grad, [0.0, 0.0, 0.0], atol=1e-16)


def test_ties_are_counted_beyond_what_float16_holds():
    x = Tensor(np.ones(70000, np.float16), requires_grad=True)
    x.max().backward()
    assert x.grad.dtype == np.float16
    assert 0 < x.grad[0] < 1e-4
    np.testing.assert_array_equal(x.grad, x.grad[0])


def test_integers_and_bools_are_reduced_as_numpy_does():
    """Where exp or a root is taken they count as float64."""
    x = np.array([[1, 2], [3, 4]])
    for given in (x, Tensor(x)):
        assert E.sum(given) == 10
        assert E.mean(given) == 2.5
        assert E.norm(given, p=1) == 10
        np.testing.assert_allclose(
            E.logsumexp(given, axis=1), [2.313261687518223, 4.313261687518223]
        )
        np.testing.assert_allclose(E.softmax(given)[0], [0.2689414213699951, 0.7310585786300049])
        np.testing.assert_allclose(
            E.log_softmax(given)[0], [-1.3132616875182228, -0.3132616875182228]
        )
    assert E.sum(np.array([True, True])) == 2
    assert E.mean(Tensor([True, False])).item() == 0.5


def test_the_smallest_steps_of_a_maximum_are_differentiated_twice():
    """max(x)**2 at [1, 3]: the second derivative of the winner is 2."""
    hessian = E.hessian(lambda x: x.max() ** 2)(np.array([1.0, 3.0]))
    np.testing.assert_array_equal(hessian, [[0.0, 0.0], [0.0, 2.0]])


def test_a_product_with_zeros_is_differentiated_twice():
    """d2/dx0 dx1 of x0 x1 x2 is x2, zeros or not."""
    hessian = E.hessian(lambda x: x.prod())(np.array([0.0, 0.0, 3.0]))
    np.testing.assert_array_equal(hessian, [[0, 3, 0], [3, 0, 0], [0, 0, 0]])
