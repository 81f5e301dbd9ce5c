"""The pictures of notebook 07."""

import numpy as np
import pytest

import nn
from engine import relu
from notebooks import lesson_07 as network
from notebooks.checks_07 import check_layer

pyplot = pytest.importorskip("matplotlib.pyplot")


def test_folds_run_where_the_weighted_sum_is_zero():
    layer = nn.Linear(2, 5, rng=0)
    figure, ax = pyplot.subplots()
    ax.set(xlim=(-2, 1), ylim=(-1, 3))
    assert network.draw_folds(layer, ax) is ax
    assert len(ax.lines) == 5
    for i, line in enumerate(ax.lines):
        sums = layer(line.get_xydata()).numpy()[:, i]
        np.testing.assert_allclose(sums, 0, atol=1e-12)
    assert (ax.get_xlim(), ax.get_ylim()) == ((-2, 1), (-1, 3))
    pyplot.close(figure)


def test_a_neuron_that_is_the_same_everywhere_has_no_fold():
    layer = nn.Linear(2, 1)
    layer.weight.data = np.zeros((1, 2))
    figure, ax = pyplot.subplots()
    assert not network.draw_folds(layer, ax).lines
    pyplot.close(figure)


def test_folds_are_drawn_of_two_inputs_only():
    figure, ax = pyplot.subplots()
    with pytest.raises(ValueError, match="the layer takes 3"):
        network.draw_folds(nn.Linear(3, 1), ax)
    pyplot.close(figure)


@pytest.mark.parametrize("seed", range(5))
def test_a_layer_is_right_whatever_its_weights_start_as(seed):
    """With these the sums can all be positive, and then relu does not show."""

    class Layer(nn.Module):
        def __init__(self, in_features, out_features):
            rng = np.random.default_rng(seed)
            self.weight = nn.Parameter(rng.uniform(0, 1, (out_features, in_features)))
            self.bias = nn.Parameter(np.zeros(out_features))

        def forward(self, x):
            return relu(x @ self.weight.T + self.bias)

    assert check_layer(Layer).ok
