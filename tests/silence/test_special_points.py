"""Derivatives of third order at points where rules tend to be wrong, and where `std` is 0."""

import itertools

import numpy as np
import pytest
from strategies import CONDITIONS, case_id, far_from_kinks, float_positions, rows_of_engine

import engine as E
from engine import Tensor, Value, ValueArray, compare, grad, gradcheck, hessian, to_numpy

GRID = [0.0, 1.0, -1.0, 2.0, -2.0, 1e-3, 30.0]
FINER = [*GRID, 0.5, -0.5, 0.75, 1.5, 2.5]


def special_points(op):
    """Combinations of special numbers in the domain: ties among them."""
    columns = [
        [True, False]
        if (op.name, i) in CONDITIONS
        else [x for x in (FINER if op.n_inputs == 1 else GRID) if interval.contains(x)]
        for i, interval in enumerate(op.domain)
    ]
    if op.n_inputs == 3:
        columns[1:] = [[0.0, 1.0, -2.0]] * 2
    return itertools.product(*columns)


@pytest.mark.parametrize("case", rows_of_engine(), ids=case_id)
def test_third_derivatives_of_every_row_at_special_points(case):
    op, params = case
    checked = 0
    for args in special_points(op):
        if not far_from_kinks(op, args, params):
            continue
        floats = tuple(args[i] for i in float_positions(op))

        def f(*nodes, args=args):
            given = iter(nodes)
            places = float_positions(op)
            return op(*(next(given) if i in places else x for i, x in enumerate(args)), **params)

        assert gradcheck(f, floats, order=3)
        assert gradcheck(f, tuple(np.array([x]) for x in floats), order=3)
        checked += 1
    assert checked >= 3


@pytest.mark.parametrize("p", [0, 1, 2, 3, 4, -1, -2])
@pytest.mark.parametrize("x", [0.0, 1.0, -1.0, 2.0, -2.0])
def test_third_derivatives_of_integer_powers(p, x):
    if x or p >= 0:
        assert gradcheck(lambda t: t**p, x, order=3)
        assert gradcheck(lambda t: t**p, np.array([x]), order=3)


# --- a**b where b is 0 or 1, by closed form; PyTorch is wrong there ---


@pytest.mark.parametrize("a", [2.0, 0.5, 1.0, 1e-3, 1e100])
@pytest.mark.parametrize("b", [0.0, 1.0, 2.0, -1.0])
def test_derivatives_of_a_power_along_base_and_exponent(a, b):
    """d/da d/db a**b = a**(b - 1) (1 + b log a), and once more along a."""
    mixed = a ** (b - 1) * (1 + b * np.log(a))
    third = a ** (b - 2) * (2 * b - 1 + b * (b - 1) * np.log(a))
    for point in ((a, b), (np.array([a]), np.array([b]))):

        def summed(x):
            return E.sum(x) if np.ndim(to_numpy(x)) else x

        def along(index, f):
            return lambda s, t: summed(grad(f, index)(s, t))

        def power(s, t):
            return summed(E.pow(s, t))

        for f, expected in (
            (along(0, along(1, power)), mixed),
            (along(1, along(0, power)), mixed),
            (along(1, along(0, along(0, power))), third),
            (along(0, along(1, along(0, power))), third),
            (along(0, along(0, along(1, power))), third),
        ):
            got = to_numpy(f(*point))
            np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-290)


def test_the_hessian_of_a_power_is_symmetric_at_exponent_zero():
    expected = [[0.0, 0.5], [0.5, np.log(2) ** 2]]
    got = hessian(lambda v: v[0] ** v[1])(np.array([2.0, 0.0]))
    np.testing.assert_allclose(got, expected, rtol=1e-15)


@pytest.mark.parametrize("a", [0.0, 2.0, -2.0, np.inf, 1e-310])
def test_a_constant_exponent_of_zero_has_derivative_zero_at_every_base(a):
    assert grad(lambda x: x**0)(a) == 0.0
    assert grad(lambda x: (x**0).sum())(np.array([a])) == [0.0]
    x = Value(a)
    (x ** Value(0.0)).backward()
    assert x.grad == 0.0


# --- kinks ---


def test_the_tip_of_a_cone_is_a_kink():
    assert E.hypot.kinks(0.0, 0.0) == 0.0
    assert E.hypot.kinks(3.0, -4.0) == 5.0
    shown = compare(E.hypot, np.array([0.0, 3.0]), np.array([0.0, 4.0]))
    assert "at a kink" in str(shown)


# --- norm and std ---


@pytest.mark.parametrize("x", [[0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [1e-3, -1e-3, 0.0]])
def test_a_norm_is_smooth_at_a_zero_among_other_numbers_on_both_tiers(x):
    """The Hessian is (1 - x x^T / y^2) / y: not 0 for an element that is 0."""
    y = np.linalg.norm(x)
    expected = (np.eye(3) - np.outer(x, x) / y**2) / y
    np.testing.assert_allclose(hessian(E.norm)(np.array(x)), expected, rtol=1e-9, atol=1e-9)
    v = ValueArray.of(x)
    first = grad(lambda *numbers: E.norm(np.array(numbers, object).view(ValueArray)), (0, 1, 2))
    for i in range(3):
        row = grad(lambda *numbers, i=i: first(*numbers)[i], (0, 1, 2))(*v)
        np.testing.assert_allclose([float(to_numpy(h)) for h in row], expected[i], atol=1e-9)


CONSTANTS = [0.1, -0.7, 1 / 3, 1e-3, 12345.678, 1e200, 1e-200, 5e-324, 0.0, 2.0]


@pytest.mark.parametrize("tier", ["tensor", "value"])
@pytest.mark.parametrize("c", CONSTANTS)
def test_std_of_equal_numbers_is_0_and_so_is_its_derivative(c, tier):
    """Their mean may be rounded: 3 times 0.1, divided by 3, is not 0.1."""
    for n, ddof in itertools.product((2, 3, 5, 6, 7, 10, 49, 103), (0, 1)):
        x = np.full(n, c)
        leaf = Tensor(x, requires_grad=True) if tier == "tensor" else ValueArray.of(x)
        y = E.std(leaf, ddof=ddof)
        y.backward()
        assert to_numpy(y) == 0.0
        np.testing.assert_array_equal(leaf.grad, np.zeros(n))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_std_along_axes_finds_the_constant_columns_and_only_those(dtype):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(103, 6)).astype(dtype)
    x[:, 1], x[:, 4] = 0.1, 0.7
    x[:, 5] = np.where(np.arange(103) == 50, np.nextafter(dtype(0.7), dtype(1)), dtype(0.7))
    leaf = Tensor(x, requires_grad=True)
    y = E.std(leaf, axis=0)
    y.backward(np.ones(6))
    assert list(np.flatnonzero(y.data == 0)) == [1, 4]
    np.testing.assert_array_equal(leaf.grad[:, [1, 4]], 0.0)
    assert (np.abs(leaf.grad[:, [0, 2, 3]]).max(axis=0) > 0).all()
    np.testing.assert_array_equal(E.std(x, axis=0, keepdims=True), y.data.reshape(1, 6))
    np.testing.assert_array_equal(E.std(np.full((3, 4), 0.1, dtype), axis=(0, 1)), 0.0)


def test_the_tiers_agree_on_arrays_of_equal_numbers():
    for n, c in itertools.product((3, 6, 7), CONSTANTS[:5]):
        for f in (E.std, E.var, lambda x: E.std(x, axis=0, ddof=1)):
            compare(f, np.full(n, c)).raise_if_different()


def test_integers_and_bools_have_a_spread_too():
    for x in ([1, 2, 4], [5, 5, 5], [True, False, True], [10**9, 10**9 + 1]):
        np.testing.assert_allclose(E.var(np.array(x)), np.var(x), rtol=1e-14)
        np.testing.assert_allclose(E.std(np.array(x), axis=0), np.std(x), rtol=1e-14)


def test_one_number_has_no_spread_and_without_freedom_there_is_none():
    assert E.std(np.array([0.1])) == 0.0
    assert np.isnan(E.std(np.array([0.1]), ddof=1))
    assert np.isnan(E.std(np.zeros(0)))
    assert np.isnan(to_numpy(E.std(ValueArray.of([0.1]), ddof=1)))


# --- products ---


@pytest.mark.parametrize(
    "x", [[0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [1.0, 1.0, 1.0], [0.0], [2.0], [[0.0, 2.0], [3.0, 4.0]]]
)
def test_third_derivatives_of_products_with_zeros(x):
    assert gradcheck(E.prod, np.array(x), order=3)
    assert gradcheck(lambda t: E.prod(t, axis=0), np.array(x), order=3)
    assert gradcheck(lambda t: E.cumprod(t, axis=0), np.array(x), order=3)


@pytest.mark.parametrize(
    ("x", "slopes"),
    [
        ([1e-30, 1e-30, 1e10], [1e-20, 1e-20, 0.0]),
        ([1e-15, 1e-15, 1e-15], [1e-30, 1e-30, 1e-30]),
        ([2.0, 1e30, 1e30], [np.inf, 2e30, 2e30]),
    ],
)
def test_the_slopes_of_a_product_that_leaves_the_range_are_products_of_the_others(x, slopes):
    leaf = Tensor(x, requires_grad=True, dtype=np.float32)
    with np.errstate(over="ignore"):
        E.prod(leaf).backward()
    np.testing.assert_allclose(leaf.grad, np.float32(slopes), rtol=1e-6)
