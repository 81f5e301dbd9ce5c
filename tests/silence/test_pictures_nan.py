"""Plots of hostile numbers: a picture that is true, or an error in words, and never a crash."""

import math

import numpy as np
import pytest
from figures import drawn, figures_are_closed, labels_of  # noqa: F401 - the fixture
from matplotlib import pyplot

import nn
from engine import Tensor
from viz import History, plots
from viz.monitoring.measure import Meter, activation_statistics
from viz.plots.axes import curve

NAN, INF = math.nan, math.inf

#: What a loss, a norm or a gradient may be, step by step.
HOSTILE = {
    "nan": [NAN] * 4,
    "inf": [INF] * 4,
    "zero": [0.0] * 4,
    "negative": [-1.0, -2.0, -3.0],
    "one": [1.0],
    "one nan": [NAN],
    "equal": [1.0, 1.0],
    "nearly equal": [1e17, 1e17 + 16],
    "from numbers to nan": [1.0, 0.5, NAN, NAN],
    "to inf, -inf, nan": [1.0, 0.5, INF, -INF, NAN],
    "huge": [1e300, 1e305, 1e308, 1e-300],
    "tiny": [5e-324, 1e-320, 1e-310, 1e-300],
    "from end to end": [-1e308, 1e308, 0.0],
    "half precision": [6e4, -6e4, 6e-8],
}
hostile = pytest.mark.parametrize("numbers", HOSTILE.values(), ids=HOSTILE.keys())


def a_history(numbers):
    """A history that holds these numbers wherever it holds any."""
    history = History()
    for step, x in enumerate(map(float, numbers), start=1):
        size = abs(x)
        row = {"norm": size, "mean": size, "max": size, "zeros": 0.0, "ratio": size}
        if not math.isfinite(x):
            row["nonfinite"] = 1.0
        part = NAN if math.isnan(x) else 0.5
        history.records.append(
            {
                "step": step,
                "loss": x,
                "lr": size,
                "norm": size,
                "parameters": {"weight": row, "bias": dict(row)},
                "activations": {
                    "1 ReLU": {"dead": part},
                    "2 Tanh": {"dead": 0.0, "saturated": part},
                },
                "validation_loss": x,
            }
        )
    return history


# --- curves ---


@hostile
def test_every_panel_of_the_dashboard_is_drawn(numbers):
    figure = plots.dashboard(a_history(numbers))
    figure.canvas.draw()
    constant = len(set(map(float, np.abs(numbers)))) == 1  # a learning rate that is said in words
    assert len(figure.axes) == 6 - constant


@hostile
@pytest.mark.parametrize("smoothing", [0.0, 0.9])
def test_the_loss_is_drawn_on_either_scale(numbers, smoothing):
    for log in (False, True):
        ax = drawn(plots.loss(a_history(numbers), smoothing=smoothing, log=log))
        positive = any(0 < x <= 1e300 for x in numbers)
        assert ax.get_yscale() == ("log" if log and positive else "linear")


def test_a_logarithmic_scale_of_nothing_says_so():
    ax = drawn(plots.gradient_norms(a_history([0.0, 0.0])))
    assert [text.get_text() for text in ax.texts] == ["nothing above 0:\nno logarithmic scale"]
    assert ax.get_xlim()[0] <= 1
    assert ax.get_xlim()[1] >= 2


def test_where_all_is_nan_the_axis_still_shows_the_steps():
    ax = drawn(plots.gradient_norms(a_history([NAN] * 30)))
    low, high = ax.get_xlim()
    assert low <= 1
    assert high >= 30
    assert "nan or inf from here" in labels_of(ax)


def test_what_is_too_large_to_draw_is_not_called_infinite():
    assert "beyond 1e+300 from here" in labels_of(plots.loss(a_history([1.0, 1e305])))


def test_a_curve_has_a_gap_where_there_is_nothing_and_a_dot_for_one_alone():
    ax = pyplot.subplots()[1]
    curve(ax, np.arange(6), np.array([1.0, 2.0, NAN, 3.0, INF, 4.0]))
    (line,) = ax.lines
    assert np.isnan(line.get_ydata()).tolist() == [False, False, True, False, True, False]
    assert line.get_marker() == "o"
    assert line.get_markevery() == [3, 5]


def test_gradient_norms_and_update_ratios_have_a_gap_where_they_were_nan():
    """A line from one number to the next would hide the nan between them."""
    for plot in (plots.gradient_norms, plots.update_ratio):
        line = plot(a_history([1.0, NAN, 1.0])).lines[0]
        assert np.isnan(line.get_ydata()).tolist() == [False, True, False]


def test_a_learning_rate_that_is_nan_is_marked():
    assert "nan or inf from here" in labels_of(drawn(plots.learning_rate(a_history([0.1, NAN]))))


def test_a_learning_rate_below_zero_is_seen():
    history = History()
    history.records = [{"step": 1, "lr": 0.1}, {"step": 2, "lr": -0.1}]
    assert plots.learning_rate(history).get_ylim()[0] < -0.1


def keyed(ax):
    """The words of a legend, as they are drawn."""
    return [text.get_text().strip() for text in drawn(ax).get_legend().get_texts()]


@pytest.mark.parametrize("name", ["_w", "a $", r"$\bad$", "_$x_1$"])
def test_names_that_matplotlib_hides_or_sets_as_formulas_stand_in_keys_as_they_are(name):
    shown = name.replace("$", r"\$")  # which matplotlib draws as "$"
    history = a_history([1.0, 2.0])
    for record in history.records:
        record["parameters"] = {name: record["parameters"]["weight"]}
    assert shown in keyed(plots.update_ratio(history))
    assert shown in keyed(plots.gradient_norms(history))
    assert shown in keyed(plots.compare_runs({name: history, "b": history}))
    assert shown in keyed(plots.by_layer({name: history, "b": history}, what="gradient"))
    drawn(plots.over_time(history, what="gradient"))
    drawn(plots.gradient_flow(history))
    history.log(**{name: 1.0})
    assert drawn(plots.metric(history, name)).get_title().strip() == shown
    model = {name: Tensor([1.0], requires_grad=True)}
    (model[name] * 2.0).sum().backward()
    assert keyed(plots.gradient_histogram(model))[0].startswith(shown)
    points = np.array([[0.0, 0.0], [1.0, 1.0]])
    assert shown in keyed(plots.decision_boundary(lambda x: x, points, [name, "b"]))


def test_a_curve_on_a_logarithm_does_not_cross_zeros():
    """It would say that a gradient was there all the time."""
    history = a_history([1.0, 0.0, 1.0])
    for ax in (plots.gradient_norms(history), plots.update_ratio(history)):
        assert np.isnan(ax.lines[0].get_ydata()).tolist() == [False, True, False]
        assert "gaps: 2 zeros" in keyed(ax)  # of two parameters


@pytest.mark.parametrize("count", [1, 2])
def test_no_step_and_no_layer_is_shown_that_is_not_there(count):
    history = a_history([1.0] * count)
    ax = drawn(plots.over_time(history, what="gradient"))
    assert ax.get_xlim() == (0.0, float(count))


def test_a_curve_of_many_points_has_few_markers_but_one_where_a_number_stands_alone():
    numbers = np.ones(400)
    numbers[[200, 202]] = NAN
    ax = pyplot.subplots()[1]
    curve(ax, np.arange(400), numbers, marker="s")
    places = ax.lines[0].get_markevery()
    assert len(places) == 41
    assert 201 in places


# --- dead units ---


def test_a_unit_that_puts_out_nan_is_not_alive():
    """Of 100 units 97 were dead; when all became nan, none was said to be."""
    output = np.zeros((5, 100))
    output[:, 97:] = 1.0
    assert activation_statistics(output, None)["dead"] == pytest.approx(0.97)
    with np.errstate(invalid="ignore"):
        unknown = activation_statistics(np.full((5, 100), NAN), (-1.0, 1.0))
    assert math.isnan(unknown["dead"])
    assert math.isnan(unknown["saturated"])


def test_a_unit_that_puts_out_inf_is_alive():
    with np.errstate(invalid="ignore"):
        assert activation_statistics(np.array([[0.0, INF], [0.0, 1.0]]), None)["dead"] == 0.5


def test_after_nan_the_curve_of_dead_units_ends_and_the_step_is_marked():
    ax = plots.dead_units(a_history([1.0, 1.0, NAN, NAN]))
    assert ax.lines[0].get_ydata().tolist()[:2] == [0.5, 0.5]
    assert np.isnan(ax.lines[0].get_ydata()[2:]).all()
    mark = ax.lines[labels_of(ax).index("nan or inf from here")]
    assert mark.get_xdata()[0] == 3


def test_where_no_layer_is_known_none_is_not_said():
    history = History()
    history.records = [{"step": 1, "activations": {"1 ReLU": {"dead": NAN}}}]
    assert labels_of(plots.dead_units(history))[0] == "not known in any layer"


def test_a_training_that_becomes_nan_has_no_dead_units_it_does_not_know_of():
    model = nn.Sequential(nn.Linear(2, 8, rng=0), nn.ReLU(), nn.Linear(8, 1, rng=1))
    history = History(model, every=1)
    for x in (1.0, NAN):
        model.zero_grad()
        model(np.full((3, 2), x)).sum().backward()
        history.step(x)
    assert np.isnan(history.activation("1 ReLU", "dead")[1]).tolist() == [False, True]
    history.close()


# --- measurements ---


@pytest.mark.parametrize("scale", [1e200, 1e-200, 5e-324])
def test_norms_neither_overflow_nor_vanish(scale):
    with np.errstate(over="ignore"):
        (found,) = Meter([(4,)]).gradients([np.full(4, scale)])
    assert found["norm"] == pytest.approx(2 * scale)
    assert found["mean"] == found["max"] == scale


def test_a_mean_whose_sum_overflows_is_right():
    with np.errstate(over="ignore"):
        (found,) = Meter([(4,)]).gradients([np.full(4, 1e308)])
    assert found["mean"] == 1e308


@pytest.mark.parametrize("scale", [1e200, 1e-200])
def test_update_ratios_neither_overflow_nor_vanish(scale):
    before = np.full(4, scale)
    with np.errstate(over="ignore"):
        found = Meter([(4,)]).updates([before], [1.5 * before])
    assert found == [pytest.approx(0.5)]


@pytest.mark.parametrize(
    ("output", "deviation"),
    [
        (np.tile(np.array([300, -300], np.float16), 40_000), 300.0),
        (np.tile(np.array([1e38, -1e38], np.float32), 50), 1e38),
        (np.full(100, 1e38, np.float32), 0.0),
    ],
)
def test_activations_of_short_floats_are_measured_in_longer_ones(output, deviation):
    with np.errstate(over="ignore", invalid="ignore"):
        found = activation_statistics(output.reshape(-1, 2), None)
    assert found["std"] == pytest.approx(deviation, rel=1e-6)
    assert found["mean"] == pytest.approx(float(output[0]) if deviation == 0 else 0.0)


# --- histograms, scatter, flow ---


def a_model(numbers, dtype=np.float64):
    return {"weight": as_leaf(np.array(numbers, dtype))}


def as_leaf(gradient):
    x = Tensor(np.zeros(gradient.shape, gradient.dtype), requires_grad=True)
    x.grad = gradient
    return x


@hostile
def test_gradients_of_any_size_have_a_histogram_and_a_flow(numbers):
    ax = drawn(plots.gradient_histogram(a_model(numbers), bins=7))
    heights, edges, _ = ax.patches[0].get_data()
    there = [x for x in numbers if abs(x) <= 1e300]
    assert heights.sum() == pytest.approx(len(there) / len(numbers))
    assert np.isfinite(edges).all()
    assert (np.diff(edges) >= 0).all()
    drawn(plots.gradient_flow(a_model(numbers)))


@hostile
def test_activations_of_any_size_have_a_histogram(numbers):
    drawn(plots.activation_histogram(nn.Identity(), Tensor(np.array(numbers))))


@hostile
def test_gradients_of_any_size_can_be_compared(numbers):
    drawn(plots.gradient_scatter(np.array(numbers, float), np.array(numbers, float)))


def test_gradients_in_half_precision_are_as_wide_as_they_are():
    """The distance from the lowest to the highest is no float16."""
    ax = drawn(plots.gradient_histogram(a_model([6e4, -6e4, 1.0], np.float16), bins=3))
    assert ax.patches[0].get_data().values == pytest.approx([1 / 3, 1 / 3, 1 / 3])


def test_histograms_of_no_bins_and_of_many_layers():
    with pytest.raises(ValueError, match="bins must be at least 1, got 0"):
        plots.gradient_histogram(a_model([1.0]), bins=0)
    many = {f"w{i}": as_leaf(np.array([1e300, -1e300, NAN])) for i in range(9)}
    drawn(plots.gradient_histogram(many))


def test_what_no_histogram_shows_is_counted_by_kind():
    ax = plots.gradient_histogram(a_model([NAN, INF, 1e305, 1.0]))
    assert labels_of(ax) == ["weight (2 nan or inf, 1 beyond 1e+300)"]


# --- images ---


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("bad", [NAN, INF, -INF, 1e308])
def test_pixels_that_are_no_numbers_are_green_and_leave_the_others_their_scale(bad, shared):
    ax = drawn(plots.image_grid([[[1.0, bad], [-4.0, 2.0]]], shared=shared))
    largest = 4.0 if shared else 1.0
    assert ax.images[0].get_clim() == (-largest, largest)
    assert np.argwhere(~np.ma.getmaskarray(ax.images[1].get_array())).tolist() == [[0, 1]]


def test_samples_with_nan_are_drawn_too():
    ax = drawn(plots.sample_grid([[[1.0, NAN], [0.0, 2.0]]], [3]))
    assert np.ma.count(ax.images[1].get_array()) == 1
    drawn(plots.sample_grid([[[NAN, NAN]]], [3]))
    drawn(plots.image_grid([[[INF, NAN]]], shared=False))


def test_a_grid_of_no_columns_is_refused():
    for room in ({"columns": 0}, {"most": 0}):
        with pytest.raises(ValueError, match="columns and most must be at least 1"):
            plots.sample_grid(np.ones((2, 2, 2)), [0, 1], **room)


def test_a_confusion_of_too_many_classes_is_refused_before_memory_is_full():
    with pytest.raises(ValueError, match=r"1,000,000,001 classes are more .* \(1,000\)"):
        plots.confusion_matrix([0, 10**9], [0, 1])
