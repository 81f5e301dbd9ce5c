"""NumPy's everyday functions of Tensors: by name, through NumPy, and at ties, nan and edges."""

import numpy as np
import pytest

import engine as E
from engine import Tensor, Value, ValueArray

NAN, INF = float("nan"), float("inf")


def leaf(*numbers):
    return Tensor(list(numbers), requires_grad=True)


# --- median and quantile ---


def test_the_median_of_an_even_number_is_numpys_mean_of_the_two_middle_ones():
    x = leaf(4.0, 1.0, 3.0, 9.0)
    y = np.median(x)
    y.backward()
    assert (y.item(), x.grad.tolist()) == (3.5, [0.5, 0.0, 0.5, 0.0])


def test_the_median_along_a_dim_is_pytorchs_lower_one_with_its_index():
    x = leaf(3.0, 1.0, 3.0, 2.0)
    values, indices = x.median(dim=0)
    values.backward()
    assert (values.item(), indices, x.grad.tolist()) == (2.0, 3, [0.0, 0.0, 0.0, 1.0])


@pytest.mark.parametrize(
    ("numbers", "index"),
    [([2.0] * 4, 1), ([5.0, 2.0, 2.0, 1.0, 2.0], 2), ([1.0, NAN, 2.0, NAN], 1)],
)
def test_equal_numbers_and_nan_have_pytorchs_median_index(numbers, index):
    assert E.median(np.array(numbers), dim=0).indices == index


def test_a_median_whose_axis_is_named_by_position_is_refused_with_both_readings():
    with pytest.raises(ValueError, match=r"median\(axis=0\) gives the mean .*median\(dim=0\) the"):
        leaf(1.0, 2.0).median(0)
    with pytest.raises(TypeError, match="needs a dim"):
        leaf(1.0, 2.0).median(keepdim=True)


@pytest.mark.parametrize("q", [0.0, 0.3, 0.5, 1.0])
def test_a_quantile_is_nan_where_a_number_is(q):
    x = leaf(1.0, NAN, 5.0)
    y = E.quantile(x, q)
    y.backward()
    assert np.isnan(y.item())
    assert x.grad.tolist() == [0.0, 1.0, 0.0]
    assert np.isnan(E.median(x).item())


def test_quantiles_by_every_method_are_numpys():
    numbers = [1.0, 2.0, 3.0, 4.0]
    for method, expected in {
        "lower": [2.0, 2.0, 1.0], "higher": [3.0, 3.0, 2.0], "nearest": [2.0, 3.0, 1.0],
        "midpoint": [2.5, 2.5, 1.5],
    }.items():  # fmt: skip
        got = np.quantile(leaf(*numbers), [0.4, 0.5, 1 / 6], method=method)
        assert got.tolist() == expected
        assert E.quantile(numbers, [0.4, 0.5, 1 / 6], interpolation=method).tolist() == expected


def test_a_quantile_beside_infinite_numbers_is_that_number():
    assert E.quantile([1.0, INF], [0.0, 1.0]).tolist() == [1.0, INF]
    x = leaf(INF, -INF, 1.0, INF)
    for method in ("higher", "nearest"):
        y = E.quantile(x, [0.25, 0.0], method=method)
        assert y.tolist() == [1.0, -INF]
        assert E.quantile(x, 0.25, method=method).item() == 1.0
    y[0].backward()
    assert x.grad.tolist() == [0.0, 0.0, 1.0, 0.0]
    assert E.median([1.0, INF, INF, INF]) == INF
    assert E.median([-1e308, -1.2e308]) == -1.1e308


def test_a_quantile_of_integers_is_a_float_and_of_float32_a_float32():
    assert E.quantile(np.array([1, 2, 4]), 0.75) == 3.0
    assert E.quantile(Tensor([1, 2, 4]), 0.5).dtype == np.float64
    assert E.quantile(np.float32([1, 2, 4]), [0.3, 0.5]).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: E.quantile([1.0], 1.5), "from 0 to 1"),
        (lambda: E.quantile([1.0], NAN), "from 0 to 1"),
        (lambda: E.quantile([1.0], 0.5, method="weibull"), "must be one of .'linear'"),
        (lambda: E.quantile([], 0.5), "at least one number"),
        (lambda: E.median(np.zeros((2, 0)), dim=1), "at least one number"),
        (lambda: E.cummax([1.0]), "needs a dim"),
        (lambda: E.diff([1.0], -1), "must not be negative"),
        (lambda: E.diag(np.zeros((1, 1, 1))), "one axis or two"),
        (lambda: E.fliplr([1.0]), "at least 2 axes"),
        (lambda: E.cross(np.zeros(2), np.zeros(2)), "of 3 numbers"),
        (lambda: E.cross(np.eye(3), np.eye(3)), r"axis=-1 is the last.*dim=0 the first"),
    ],
)
def test_what_cannot_be_is_an_error_that_says_why(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


@pytest.mark.parametrize("cross", [np.cross, np.linalg.cross])
@pytest.mark.parametrize("of", [lambda x: leaf(*x), ValueArray.of])
def test_numpys_cross_is_along_the_last_axis_as_numpys_where_pytorchs_is_not(cross, of):
    a, b = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 5.0], [2.0, 0.0, 1.0]]), np.eye(3)

    assert E.to_numpy(cross(of(a), b)).tolist() == cross(a, b).tolist()
    assert E.to_numpy(cross(b, of(a), axis=0)).tolist() == cross(b, a, axis=0).tolist()


@pytest.mark.parametrize("q", [leaf(0.5), [Value(0.5)], ValueArray.of([0.5])])
def test_a_gradient_to_q_is_refused_not_lost(q):
    with pytest.raises(TypeError, match="no gradient flows to it"):
        E.quantile([1.0, 2.0], q)


def test_a_tensor_that_requires_no_gradient_may_say_which_quantiles():
    assert E.quantile(leaf(1.0, 2.0, 4.0), Tensor([0.5, 0.75])).tolist() == [2.0, 3.0]


# --- running extremes ---


def test_a_running_maximum_names_the_last_of_equal_ones_and_keeps_nan():
    values, indices = E.cummax(np.array([1.0, 3.0, 3.0, 2.0, NAN, 5.0]), 0)
    np.testing.assert_array_equal(values, [1.0, 3.0, 3.0, 3.0, NAN, NAN])
    assert indices.tolist() == [0, 1, 2, 2, 4, 4]
    assert E.cummin(np.array([2.0, 1.0, 1.0, 3.0]), dim=0).indices.tolist() == [0, 1, 2, 2]


def test_the_gradient_of_a_running_maximum_goes_to_the_number_it_is():
    x = leaf(1.0, 3.0, 3.0, 2.0)
    np.maximum.accumulate(x).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 2.0, 0.0]


# --- numbers beside nan ---


def test_fmax_and_fmin_take_the_number_beside_nan_and_the_first_at_a_tie():
    for f, y, to_a, to_b in (
        (np.fmax, [1.0, 3.0, 3.0, 1.0, NAN], [1.0, 0.0, 1.0, 0.0, 1.0], [0.0, 1.0, 0.0, 1.0, 0.0]),
        (np.fmin, [1.0, 2.0, 2.0, 1.0, NAN], [1.0, 1.0, 0.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0, 0.0]),
    ):
        a, b = leaf(1.0, 2.0, 3.0, NAN, NAN), leaf(1.0, 3.0, 2.0, 1.0, NAN)
        got = f(a, b)
        got.sum().backward()
        np.testing.assert_array_equal(got.data, y)
        assert a.grad.tolist() == to_a
        assert b.grad.tolist() == to_b


# --- questions ---


def test_questions_are_answered_as_comparisons_are():
    x = leaf(1.0, NAN, -INF)
    assert E.isnan(x).tolist() == np.isnan(x).tolist() == [False, True, False]
    assert x.isinf().tolist() == [False, False, True]
    assert x.isfinite().tolist() == [True, False, False]
    assert E.isclose(x, [1.0 + 1e-6, NAN, 0.0], equal_nan=True).tolist() == [True, True, False]
    assert E.isnan(Value(NAN)) is True
    assert E.isfinite(Value(1.0)) is True
    assert E.isfinite(ValueArray.of([1.0, INF])).tolist() == [True, False]
    assert E.isclose(Value(1.0), 1.0) is True
    assert type(E.isclose(x, x)) is type(x == x)
    assert E.isclose(Tensor(1.0), 1.0).item() is True
    assert E.allclose(x, x) is False
    assert E.array_equal(x[:1], [1.0]) is True


# --- forms ---


def test_einsum_takes_numbered_axes_as_numpy_does():
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    expected = (a @ b).T
    for f in (np.einsum, E.einsum):
        np.testing.assert_array_equal(f(Tensor(a), [0, 1], b, [1, 2], [2, 0]).data, expected)
    np.testing.assert_array_equal(E.einsum(a, [0, 1], b, [1, 2]), a @ b)


def test_a_function_of_several_arrays_gives_a_tuple():
    one, two = np.atleast_2d(leaf(1.0), 3.0)
    assert (one.shape, two.shape) == ((1, 1), (1, 1))
    assert E.atleast_1d([1.0]).tolist() == [1.0]


def test_numpys_other_names_for_the_same():
    x = [1.0, 2.0]
    assert E.row_stack([x, x]).tolist() == [x, x]
    assert E.trapz(x) == 1.5


def test_diff_of_float32_stays_float32_beside_a_plain_number():
    assert E.diff(np.float32([1.0, 2.0]), prepend=0.0).dtype == np.float32
    assert E.diff(ValueArray.of([1.0, 4.0]), append=0.0)[1].item() == -4.0


def test_steps_of_a_trapezoid_are_given_once():
    with pytest.raises(TypeError, match="the steps twice"):
        E.trapezoid([1.0, 2.0], [0.0, 1.0], dx=0.5)
