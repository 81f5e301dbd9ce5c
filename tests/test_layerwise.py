"""`plots.by_layer` and `plots.over_time`: what was measured, from the first layer to the last."""

import math

import numpy as np
import pytest
from figures import drawn, figures_are_closed, labels_of  # noqa: F401 - the fixture

from viz import History, plots


def a_history(stds, gradients=(), steps=(1,)):
    """Layers of these deviations at each step, and biases and weights of these gradients."""
    history = History()
    for step in steps:
        history.records.append({
            "step": step,
            "activations": {
                f"{i} Tanh": {"mean": 0.1 * i, "std": x * step, "dead": 0.0, "saturated": 0.25}
                for i, x in enumerate(stds)
            },
            "parameters": {
                f"{i}.{name}": {"mean": x, "ratio": 1e-3}
                for i, x in enumerate(gradients) for name in ("weight", "bias")
            },
        })  # fmt: skip
    return history


def cells_of(ax):
    """The colour mesh, as (layers, steps)."""
    return ax.collections[0].get_array()


def test_deviations_are_drawn_from_the_first_layer_to_the_last():
    runs = {"vanishes": a_history([1.0, 0.1, 0.01]), "keeps": a_history([1.0, 1.0, 1.0])}
    ax = drawn(plots.by_layer(runs))
    first, second = ax.lines
    assert first.get_xydata().tolist() == [[1, 1.0], [2, 0.1], [3, 0.01]]
    assert second.get_ydata().tolist() == [1.0, 1.0, 1.0]
    assert labels_of(ax) == ["vanishes", "keeps"]
    assert ax.get_yscale() == "log"
    assert ax.get_title() == "deviation of activations"


def test_of_parameters_only_those_that_are_asked_for():
    history = a_history([1.0], gradients=[0.5, 0.25])
    assert len(plots.by_layer(history, what="gradient").lines[0].get_ydata()) == 4
    ax = plots.by_layer(history, what="gradient", only="bias")
    assert ax.lines[0].get_ydata().tolist() == [0.5, 0.25]


def test_the_last_step_or_one_that_is_asked_for():
    history = a_history([1.0], steps=(1, 5))
    assert plots.by_layer(history).lines[0].get_ydata().tolist() == [5.0]
    assert plots.by_layer(history, step=1).lines[0].get_ydata().tolist() == [1.0]
    with pytest.raises(KeyError, match=r"step 3 was not measured; these were: \[1, 5\]"):
        plots.by_layer(history, step=3)


def test_fractions_have_a_linear_scale():
    ax = plots.by_layer(a_history([1.0, 1.0]), what="saturated")
    assert ax.get_yscale() == "linear"
    assert ax.lines[0].get_ydata().tolist() == [0.25, 0.25]


def test_what_cannot_be_drawn_is_counted_in_the_key():
    ax = drawn(plots.by_layer(a_history([1.0, 0.0, math.nan])))
    assert labels_of(ax) == ["run 1 (2 not drawn: 0, nan, inf or not measured)"]
    assert ax.get_legend() is not None


@pytest.mark.parametrize("plot", [plots.by_layer, plots.over_time])
def test_what_was_not_measured_is_refused(plot):
    history = a_history([1.0])
    with pytest.raises(ValueError, match=r"what must be one of std, mean, .*; got 'spread'"):
        plot(history, what="spread")
    with pytest.raises(KeyError, match="gradient of parameters was not measured; there is: noth"):
        plot(history, what="gradient")
    with pytest.raises(KeyError, match="std of ReLU was not measured; there is: 0 Tanh"):
        plot(history, only="ReLU")


def test_over_time_each_layer_is_a_row_and_each_measurement_a_column():
    ax = drawn(plots.over_time(a_history([1.0, 0.1], steps=(1, 5, 10))))
    assert np.allclose(10 ** cells_of(ax), [[1, 5, 10], [0.1, 0.5, 1.0]])
    assert [text.get_text() for text in ax.get_yticklabels()] == ["0 Tanh", "1 Tanh"]
    low, high = ax.get_ylim()
    assert low > high  # the first layer above
    assert ax.collections[0].get_coordinates()[0, :, 0].tolist() == [0, 1, 5, 10]


def test_over_time_what_cannot_be_drawn_is_grey_and_said():
    ax = drawn(plots.over_time(a_history([1.0, 0.0, math.inf])))
    assert cells_of(ax).mask.ravel().tolist() == [False, True, True]
    words = [other.get_ylabel() for other in ax.figure.axes]
    assert "log10; grey: 0, nan, inf or not measured" in words


def test_over_time_small_differences_do_not_shine():
    ax = plots.over_time(a_history([1.0, 1.01]))
    low, high = ax.collections[0].get_clim()
    assert high - low == pytest.approx(1)
    wide = plots.over_time(a_history([1e-6, 1.0]))
    assert wide.collections[0].get_clim() == (-6, 0)


@pytest.mark.parametrize(
    ("what", "limits"), [("saturated", (0, 1)), ("dead", (0, 1)), ("mean", (-0.1, 0.1))]
)
def test_over_time_colours_have_the_scale_of_what_they_show(what, limits):
    ax = drawn(plots.over_time(a_history([1.0, 1.0]), what=what))
    assert ax.collections[0].get_clim() == pytest.approx(limits)


@pytest.mark.parametrize("what", ["std", "mean", "dead", "saturated"])
@pytest.mark.parametrize("number", [math.nan, math.inf, 1e305, 5e-324, 0.0])
def test_hostile_numbers_are_drawn_or_left_out(what, number):
    history = a_history([1.0, 2.0], steps=(1, 2))
    for record in history.records:
        record["activations"]["0 Tanh"][what] = number
    drawn(plots.over_time(history, what=what))
    drawn(plots.by_layer(history, what=what))
    for record in history.records:
        record["activations"]["1 Tanh"][what] = number
    drawn(plots.over_time(history, what=what))
    drawn(plots.by_layer(history, what=what))
