"""Rows gathered from a small table: their gradients are added up block by block."""

import numpy as np
import pytest

from engine import Tensor, scatter_add


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("count", [0, 1, 1000, 4096, 4097, 5121])
def test_the_gradient_of_a_small_table_is_the_sum_of_the_rows_taken(count, dtype):
    rng = np.random.default_rng(count)
    index = rng.integers(-7, 7, count)
    upstream = rng.normal(size=(count, 3)).astype(dtype)
    table = Tensor(np.zeros((7, 3), dtype), requires_grad=True)
    table[index].backward(upstream)
    expected = np.zeros((7, 3))
    np.add.at(expected, index, upstream.astype(np.float64))
    assert table.grad.dtype == dtype
    np.testing.assert_allclose(table.grad, expected, rtol=1e-4, atol=200 * np.finfo(dtype).eps)
    np.testing.assert_array_equal(scatter_add(upstream, (7, 3), index), table.grad)


def test_an_infinite_row_reaches_the_row_it_was_taken_from_alone():
    index = np.arange(6000) % 5
    upstream = np.ones((6000, 2))
    upstream[5999] = np.inf
    table = Tensor(np.zeros((7, 2)), requires_grad=True)
    table[index].backward(upstream)
    np.testing.assert_array_equal(table.grad[:4], np.full((4, 2), 1200.0))
    np.testing.assert_array_equal(table.grad[4:], [[np.inf] * 2, [0.0] * 2, [0.0] * 2])


@pytest.mark.parametrize("index", [[0, 3], [-4, 0]])
def test_a_row_that_the_result_has_not_is_refused(index):
    with pytest.raises(IndexError, match="an index is out of bounds for 3 rows"):
        scatter_add(np.ones((2, 2)), (3, 2), index)
