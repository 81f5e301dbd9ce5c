"""Steps of rows that compiled programs call: what they do where numbers leave the usual range."""

import numpy as np
import pytest
from helpers import own_ops

import engine as E
from engine.arrays import scattering
from nn.layers import im2col, max_pool, standardize

RNG = np.random.default_rng(6)
NONE, ONE = ((0, 0), (0, 0)), ((1, 0), (0, 2))


@pytest.mark.parametrize("padding", [NONE, ONE])
def test_windows_are_added_up_in_a_given_array(padding):
    x = RNG.normal(size=(2, 3, 2, 2, 3, 4))
    rest = sum(padding[0]), sum(padding[1])
    params = {"shape": (2, 3, 4 - rest[0], 5 - rest[1]), "stride": (1, 1), "dilation": (1, 1)}
    expected = im2col.col2im(x, padding=padding, **params)
    out = np.full(expected.shape, np.nan)
    assert im2col._added(x, padding=padding, out=out, **params) is out
    assert np.array_equal(out, expected)


@pytest.mark.parametrize("padding", [NONE, ((1, 1), (1, 1))])
@pytest.mark.parametrize("number", [1.0, np.nan])
def test_a_pool_passes_a_gradient_on_in_a_given_array(number, padding):
    x = RNG.normal(size=(2, 3, 4, 4))
    x[0, 0, 0, 0] = number
    settings = {"kernel": (2, 2), "stride": (2, 2), "padding": padding, "dilation": (1, 1)}
    y = max_pool.fused_max_pool2d(x, **settings)
    g = RNG.normal(size=y.shape)
    expected, out = max_pool._passed(g, y, x, **settings), np.full(x.shape, np.nan)
    assert max_pool._passed(g, y, x, out=out, **settings) is out
    assert np.array_equal(out, expected)
    assert expected.sum() == pytest.approx(g.sum())


def test_a_row_that_is_infinite_stays_where_it_belongs():
    one_hot = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    values = np.array([[np.inf, 1.0], [2.0, 3.0]])
    added = scattering._rows_added(one_hot, values, np.array([0, 1]))
    assert added.tolist() == [[np.inf, 1.0], [2.0, 3.0], [0.0, 0.0]]


def test_places_are_counted_from_the_start_and_checked():
    assert scattering._from_start(np.array([0, -1]), 3).tolist() == [0, 2]
    with pytest.raises(IndexError, match="an index is out of bounds for 3 rows: -4 to 0"):
        scattering._from_start(np.array([0, -4]), 3)


@pytest.mark.parametrize("size", [1.0, 1e-200, 1e200])
def test_one_over_a_root_of_squares_that_leave_the_range(size):
    y = size * np.array([[3.0, -4.0]])
    with np.errstate(all="ignore"):
        spread = (y * y).sum(axis=1, keepdims=True) / 2
    found = standardize._inverse_root(spread, y, (1,), 0.0)
    np.testing.assert_allclose(found, [[np.sqrt(2) / 5 / size]], rtol=1e-14)


def test_a_step_without_rules_has_no_derivative():
    def step(x):
        return 2.0 * x if (x > 0).all() else x

    with own_ops():
        row = E.shape_op(lambda g, y, x: E.called(step, g), name="stepped")(lambda x: x * 1.0)

        def f(x):
            return (row(x) * x).sum()

        x = np.ones(2)
        assert E.compile(E.grad(f))(x).tolist() == [3.0, 3.0]
        with pytest.raises(NotImplementedError, match=r"step\(\) of names has no rules: give vjps"):
            E.compile(lambda x: E.hvp(f, x, x))(x)


def test_a_row_of_ones_own_takes_places_that_are_arguments():
    with own_ops():
        picked = E.shape_op(lambda g, y, x, at: E.scatter_add(g, x.shape, at), name="picked_at")(
            lambda x, at=None: x[at]
        )
        compiled = E.compile(E.value_and_grad(lambda x, at: (picked(x, at) ** 2).sum(), 0))
        for at in ([0, 0], [1, 2]):
            value, gradient = compiled(np.array([1.0, 2.0, 3.0]), np.array(at))
            x = np.array([1.0, 2.0, 3.0])
            expected = np.zeros(3)
            np.add.at(expected, at, 2 * x[at])
            assert float(value) == (x[at] ** 2).sum()
            assert gradient.tolist() == expected.tolist()


def test_a_row_without_a_gradient_takes_places_too():
    with own_ops():
        picked = E.shape_op(None, name="picked_only")(lambda x, at=None: x[at])
        compiled = E.compile(lambda x, at: (picked(x, at) * x[:2]).sum())
        for at in ([0, 0], [1, 2]):
            x = np.array([1.0, 2.0, 3.0])
            assert float(compiled(x, np.array(at))) == (x[at] * x[:2]).sum()


def test_a_rule_that_may_take_names_for_numbers_gets_plain_parameters():
    def careful(g, y, x, at):
        try:
            return E.scatter_add(g, x.shape, at)
        except ValueError:
            return g

    with own_ops():
        picked = E.shape_op(careful, name="picked_carefully")(lambda x, at=None: x[at])
        with pytest.raises(TypeError, match="the rule of 'picked_carefully' may take names for nu"):
            E.compile(lambda x, at: picked(x, at).sum())(np.ones(3), np.array([1]))
