"""The pictures of notebook 05 show the numbers that the engine gives."""

import matplotlib
import numpy as np
import pytest

from engine import Tensor
from notebooks.checks_05 import check_layer_backward, check_matmul_backward, check_summed_axes
from notebooks.lesson_05 import Grid, draw_grids, draw_one_element, draw_there_and_back
from viz.drawing.style import OKABE_ITO, mix

matplotlib.use("Agg")
MARKED = matplotlib.colors.to_rgba(mix(OKABE_ITO["orange"], "#ffffff", 0.45))


pytestmark = pytest.mark.usefixtures("figures_closed")


def texts(ax):
    return [text.get_text() for text in ax.texts]


def marked(ax):
    return sum(patch.get_facecolor() == MARKED for patch in ax.patches)


def test_a_grid_shows_every_number_and_its_title():
    ax = draw_grids([Grid("x", [[1.0, -2.5]], marked=[[True, False]]), "+", Grid("y", [3.0])])
    assert texts(ax) == ["1", "−2.5", "x", "+", "3", "y"]
    assert marked(ax) == 1


@pytest.mark.parametrize("w", [[0.5, 1.0, 2.0], [[0.5], [2.0]], 3.0])
def test_there_and_back_ends_in_the_gradient_of_the_engine(w):
    x, leaf = np.arange(6.0).reshape(2, 3), Tensor(w, requires_grad=True)
    (x * leaf).sum().backward()
    ax = draw_there_and_back(x, w, np.ones((2, 3)))
    found = texts(ax)
    assert found[-1] == "gradient of w"
    assert [float(t) for t in found[-1 - leaf.size : -1]] == leaf.grad.ravel().tolist()
    copies = sum(patch.get_linestyle() in (":", "dotted") for patch in ax.patches)
    assert copies == 6 - leaf.size


def test_one_element_of_a_product_marks_its_row_its_factors_and_its_sum():
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    ax = draw_one_element(a, b, np.ones((2, 4)), 1, 0)
    assert marked(ax) == (1 + 4 + 4) + (4 + 4 + 1)


def test_axes_may_be_written_in_many_ways():
    assert check_summed_axes([], range(3), np.array([0, 1, 3]), {-2, 0}, tuple(np.arange(4))).ok


def test_gradients_may_be_lists_and_tensors():
    assert check_matmul_backward(lambda g, a, b: [(g @ b.T).tolist(), Tensor(a.T) @ Tensor(g)]).ok


def test_a_layer_may_be_taken_back_without_matrices():
    def backward(g, x, w, b):
        inner = g / np.cosh(x @ w + b) ** 2
        axes = tuple(range(x.ndim - 1))
        return inner @ w.T, np.tensordot(x, inner, (axes, axes)), inner.sum(axis=axes)

    assert check_layer_backward(backward).ok
