"""Indexing in every form NumPy has, and the gradient that comes back through it."""

import numpy as np
import pytest

import engine as E
from engine import Tensor, ValueArray


def leaf(x):
    return Tensor(x, requires_grad=True)


def test_an_index_named_twice_gets_both_gradients():
    x = leaf([1.0, 2.0, 3.0])
    x[[0, 0, 2]].backward([1.0, 10.0, 100.0])
    np.testing.assert_array_equal(x.grad, [11.0, 0.0, 100.0])
    x.zero_grad()
    x[np.array([-1, 2, 0])].backward([1.0, 10.0, 100.0])
    np.testing.assert_array_equal(x.grad, [100.0, 0.0, 11.0])


def test_a_column_named_twice_too():
    x = leaf(np.zeros((2, 2)))
    x[:, [0, 0]].backward([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(x.grad, [[3.0, 0.0], [7.0, 0.0]])


def test_a_mask_that_holds_nowhere_gives_zeros():
    x = leaf([1.0, 2.0])
    y = x[np.array([False, False])]
    assert y.shape == (0,)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, 0.0])


def test_arrays_apart_from_each_other_move_their_axis_to_the_front():
    """x[[0], :, [1]] has shape (1, 3): NumPy puts the axis of the arrays first."""
    x = leaf(np.arange(24.0).reshape(2, 3, 4))
    y = x[[0, 1], :, [1, 1]]
    assert y.shape == (2, 3)
    y.backward([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    expected = np.zeros((2, 3, 4))
    expected[0, :, 1] = [1.0, 2.0, 3.0]
    expected[1, :, 1] = [4.0, 5.0, 6.0]
    np.testing.assert_array_equal(x.grad, expected)


A3 = np.arange(60.0).reshape(3, 4, 5)
FORMS = [
    0, -1, (), (1, -2), (1, 2, 3), slice(None), slice(None, None, -1), slice(2, 0, -1),
    slice(-2, None), slice(5, 9), (slice(None), slice(None, None, -2)),
    (slice(None, None, -1), 1, slice(3, None, -2)), None, (None, 1), (..., None), (None, ..., 0),
    ..., (..., 2), (0, ..., 2), (..., slice(1, 3)), (slice(None), None, 2, None),
    True, False, np.True_, np.int64(1), (np.int32(1), slice(None)),
    [0], [0, 0, 2], [-1, 2], [], [[0, 1], [2, 2]], np.array(1), np.array([1, 1], np.uint8),
    [True, False, True], A3 > 30, A3[:, :, 0] > 20, (slice(None), [True, False, True, True]),
    (A3 > 100), ([True, False, True], [1, 3]), ([True, False, False], [1, 1, 2]),
    ([0, 2], [1, 1]), ([0, 0], [1, 1], [2, 2]), ([[0], [2]], [1, 3]),
    (slice(None), [0, 0, 3]), (slice(None), slice(None), [4, 4, 0]), ([1, 1], slice(None), 2),
    ([0, 2], slice(None), [1, 1]), (1, slice(None), [3, 3, 0]), ([1], ..., [2, 2]),
    (slice(None), [1, 1], [2, 2]), (..., [1, 1], [0, 4]), (None, [0, 0], slice(1, 3)),
    ([0, 1], None, [1, 2]), (slice(None, None, -1), [3, 0, 3], None, slice(0, 4, 2)),
    (0, [1, 2], slice(None)), ([2], [0, 1, 1]),
]  # fmt: skip


@pytest.mark.parametrize("i", range(len(FORMS)))
def test_every_form_of_index_is_numpys_and_its_gradient_counts(i):
    """The gradient of x[index] by np.add.at, the slow way NumPy documents."""
    index = FORMS[i]
    x = leaf(A3)
    y = x[index]
    expected = A3[tuple(index) if isinstance(index, tuple) else index]
    assert y.shape == expected.shape
    np.testing.assert_array_equal(y.data, expected)
    g = np.cos(np.arange(y.size)).reshape(y.shape)
    y.backward(g)
    by_hand = np.zeros_like(A3)
    np.add.at(by_hand, index, g)
    np.testing.assert_allclose(x.grad, by_hand, rtol=1e-15, atol=1e-15)
    on_values = ValueArray.of(A3)[index]
    assert np.shape(on_values) == expected.shape


@pytest.mark.parametrize("rows", [5, 41, 1000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_of_small_and_large_tables_add_up(rows, dtype):
    rng = np.random.default_rng(0)
    index = rng.integers(-rows, rows, size=(30, 20))
    g = rng.normal(size=(30, 20, 3)).astype(dtype)
    table = leaf(np.zeros((rows, 3), dtype))
    table[index].backward(g)
    expected = np.zeros((rows, 3))
    np.add.at(expected, index, g)
    assert table.grad.dtype == dtype
    np.testing.assert_allclose(table.grad, expected, atol=1e-4 if dtype == np.float32 else 1e-12)


def test_an_infinite_gradient_of_one_row_does_not_reach_another():
    table = leaf(np.zeros((3, 2)))
    table[[0, 1, 1]].backward([[np.inf, 1.0], [2.0, np.nan], [3.0, 4.0]])
    np.testing.assert_array_equal(table.grad, [[np.inf, 1.0], [5.0, np.nan], [0.0, 0.0]])


@pytest.mark.parametrize("rows", [3, 40, 41, 1000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_minus_one_is_the_last_row_where_no_other_index_is_negative(rows, dtype):
    x = np.array([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0], [0.5, 0.25]], dtype)
    expected = np.zeros((rows, 2), dtype)
    np.add.at(expected, [0, rows - 1, 2, rows - 1], x)

    for given in (x, Tensor(x)):
        got = E.scatter_add(given, (rows, 2), [0, -1, 2, -1])

        assert got.dtype == dtype
        np.testing.assert_array_equal(got.data if isinstance(got, Tensor) else got, expected)


@pytest.mark.parametrize("rows", [40, 41])
def test_an_index_just_out_of_bounds_is_refused_whatever_the_size(rows):
    for index in ([0, rows], [0, -rows - 1]):
        with pytest.raises(IndexError, match=f"out of bounds for {rows} rows"):
            E.scatter_add(np.ones((2, 2)), (rows, 2), index)
    got = E.scatter_add(np.ones((2, 2)), (rows, 2), [rows - 1, -rows])
    np.testing.assert_array_equal(got.sum(1), [2.0, *[0.0] * (rows - 2), 2.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_columns_that_repeat_add_up_in_the_dtype_of_the_input(dtype):
    got = E.scatter_add(np.ones((2, 3), dtype), (2, 3), (slice(None), [0, -1, 0]))

    assert got.dtype == dtype
    np.testing.assert_array_equal(got, [[2.0, 0.0, 1.0], [2.0, 0.0, 1.0]])


def test_scatter_add_of_integers_keeps_them():
    got = E.scatter_add(np.array([2**60, 1, 1]), (2,), np.array([0, 1, 1]))
    np.testing.assert_array_equal(got, [2**60, 2])
    assert got.dtype == np.int64


@pytest.mark.parametrize("in_a_tuple", [False, True])
@pytest.mark.parametrize("kind", [np.array, list])
@pytest.mark.parametrize("read", [lambda x, i: x[i], E.getitem])
def test_changing_the_index_afterwards_does_not_reach_backward(read, kind, in_a_tuple):
    rows = kind([0, 0, 2])
    x = leaf(np.zeros((3, 2)))
    y = read(x, (rows, 1) if in_a_tuple else rows)
    rows[0] = 1
    y.backward(np.ones(y.shape))
    np.testing.assert_array_equal(x.grad[:, 1], [2.0, 0.0, 1.0])


def test_changing_indices_of_take_afterwards_does_not_reach_backward():
    for f in (
        lambda x, i: x.take(i, 0),
        lambda x, i: x.take_along_axis(i[:, None], 0),
        lambda x, i: x.gather(0, i[:, None]),
    ):
        rows = np.array([0, 0, 2])
        x = leaf(np.zeros((3, 1)))
        y = f(x, rows)
        rows[0] = 1
        y.backward(np.ones(y.shape))
        np.testing.assert_array_equal(x.grad[:, 0], [2.0, 0.0, 1.0])
