"""`transpose` in NumPy's forms and PyTorch's, and `copy`, which NumPy's programs say for clone."""

import numpy as np
import pytest

import engine

X = np.arange(24.0).reshape(2, 3, 4)


def test_the_function_takes_a_tuple_as_in_numpy_or_two_axes_as_in_pytorch():
    x = engine.Tensor(X, requires_grad=True)

    for found in (engine.transpose(x, (1, 0, 2)), np.transpose(x, axes=(1, 0, 2)),
                  engine.transpose(x, 0, 1), engine.transpose(x, -2, -3)):  # fmt: skip
        assert found.tolist() == X.swapaxes(0, 1).tolist()
    assert engine.transpose(x).shape == np.transpose(x).shape == (4, 3, 2)
    matrix = engine.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert engine.transpose(matrix, 0, 1).tolist() == [[1.0, 3.0], [2.0, 4.0]]


def test_axes_are_named_once():
    for call in (
        lambda: engine.transpose(X, (0, 1, 2), axes=(0, 1, 2)),
        lambda: engine.transpose(X, 0, 1, axes=(0, 1, 2)),
        lambda: engine.transpose(X, 0, 1, 2),
    ):
        with pytest.raises(TypeError, match=r"transpose\(\) got axes twice"):
            call()


def test_a_copy_is_part_of_the_graph_and_may_be_filled():
    def f(x):
        y = x.copy()
        y[0] = 2.0 * x[1]
        return y.sum()

    assert engine.grad(f)(np.array([1.0, 5.0])).tolist() == [0.0, 3.0]
