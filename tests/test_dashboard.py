"""`plots.dashboard` and its curves: what was noted is shown, on one range of steps, uncovered."""

import math
from itertools import combinations

import numpy as np
import pytest
from figures import a_run, figures_are_closed  # noqa: F401 - the fixture
from matplotlib import pyplot

import nn
from viz import History, plots
from viz.plots.curves import metric_of, scale_for, smoothed


def fitted(epochs=3, lr=0.05, callbacks=()):
    """A history of `nn.fit` with a validation set and a metric."""
    x, labels = nn.datasets.make_moons(60, noise=0.1, seed=0)
    model = nn.MLP([2, 8, 2], activation=nn.Tanh, rng=0)
    history = History(every=2)
    nn.fit(
        model, nn.CrossEntropyLoss(), nn.SGD(model.parameters(), lr=lr),
        nn.DataLoader((x[:40], labels[:40]), batch_size=10), epochs,
        validation=nn.DataLoader((x[40:], labels[40:]), batch_size=20),
        metrics={"accuracy": nn.accuracy}, callbacks=[history, *callbacks], progress=False,
    )  # fmt: skip
    return history


def by_title(figure):
    return {ax.get_title(): ax for ax in figure.axes}


def line(ax, label):
    (found,) = [one for one in ax.lines if one.get_label() == label]
    return found


def legends_cover(figure):
    """The panels whose legend lies over a curve, a bar, their own axes, other text, or the edge."""
    figure.canvas.draw()
    found = []
    for ax in figure.axes:
        legend = ax.get_legend()
        if legend is None:
            continue
        box = legend.get_window_extent()
        inside = (figure.bbox.x0 - 1 <= box.x0 and box.x1 <= figure.bbox.x1 + 1
                  and figure.bbox.y0 - 1 <= box.y0 and box.y1 <= figure.bbox.y1 + 1)  # fmt: skip
        others = [other.bbox for other in figure.axes]
        others += [ax.xaxis.label.get_window_extent(), ax.title.get_window_extent()]
        others += [t.get_window_extent() for t in ax.get_xticklabels() if t.get_text()]
        others += [other.title.get_window_extent() for other in figure.axes]
        if not inside or any(box.overlaps(one) for one in others if one.width):
            found.append(ax.get_title())
    return found


# --- what is shown ---


def test_a_metric_that_was_noted_has_a_panel():
    panels = by_title(plots.dashboard(fitted()))
    assert list(panels)[:2] == ["loss", "accuracy"]
    assert [one.get_label() for one in panels["accuracy"].lines] == [
        "training, means of epochs", "validation",
    ]  # fmt: skip


def test_a_metric_of_validation_alone_has_a_panel():
    history = a_run([2.0, 1.0])
    history.log(val_f1=0.5)
    panels = by_title(plots.dashboard(history))
    assert list(panels) == ["loss", "f1"]
    assert line(panels["f1"], "validation").get_xydata().tolist() == [[2, 0.5]]


def test_a_number_that_was_never_noted_is_named():
    with pytest.raises(KeyError, match="recall was never noted; there is: loss"):
        plots.metric(a_run([1.0]), "recall")


def test_several_validation_sets_go_by_their_names():
    history = a_run([2.0, 1.0])
    history.log(val_loss=0.5, validation_loss=0.4)
    labels = plots.loss(history).get_legend_handles_labels()[1]
    assert labels == ["training", "val_loss", "validation_loss"]


def test_a_constant_learning_rate_is_said_in_a_line_and_has_no_panel():
    figure = plots.dashboard(fitted(lr=0.05))
    assert "learning rate" not in by_title(figure)
    assert figure.get_suptitle() == "12 steps\nlearning rate 0.05 throughout"


def test_a_learning_rate_that_changes_has_a_panel():
    history = a_run([1.0, 1.0])
    for record, rate in zip(history.records, (0.1, 0.2), strict=True):
        record["lr"] = rate
    figure = plots.dashboard(history)
    assert list(by_title(figure)) == ["loss", "learning rate"]
    assert figure.get_suptitle() == "2 steps"


def test_a_learning_rate_that_is_all_there_is_has_a_panel():
    history = History()
    history.records.append({"step": 1, "lr": 0.1})
    assert list(by_title(plots.dashboard(history))) == ["learning rate"]


def test_panels_over_steps_show_the_same_steps():
    panels = by_title(plots.dashboard(fitted()))
    over_steps = [ax.get_xlim() for ax in panels.values() if ax.get_xlabel() == "step"]
    assert len(over_steps) == 5
    assert len(set(over_steps)) == 1
    low, high = over_steps[0]
    assert low < 1
    assert high > 12


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_no_legend_covers_anything(columns):
    assert legends_cover(plots.dashboard(fitted(), columns=columns)) == []


def test_no_legend_covers_anything_on_axes_of_ones_own():
    history = fitted()
    figure, axes = pyplot.subplots(2, 2)
    panels = [plots.loss, plots.gradient_flow, plots.gradient_norms, plots.update_ratio]
    for panel, ax in zip(panels, axes.flat, strict=True):
        panel(history, ax)
    assert legends_cover(figure) == []


def test_a_layout_that_is_there_stays():
    figure, ax = pyplot.subplots(layout="tight")
    engine = figure.get_layout_engine()
    plots.loss(a_run([1.0, 2.0]), ax)
    assert figure.get_layout_engine() is engine


def test_axes_without_a_name_and_ticks_have_their_legend_right_below():
    ax = pyplot.subplots(layout="constrained")[1]
    ax.xaxis.set_visible(False)
    plots.axes.axes_of(ax)
    ax.plot([1, 2], label="a curve")
    plots.axes.key(ax)
    ax.figure.canvas.draw()
    assert 0 <= ax.bbox.y0 - ax.get_legend().get_window_extent().y1 < 20


def test_a_long_name_has_a_row_of_its_own():
    history = a_run([1.0, 2.0])
    history.log(**{"val_" + "a" * 80: 1.0, "val_" + "a" * 80 + "_b": 1.0})
    ax = plots.metric(history, "a" * 80)
    plots.axes.key(ax, title="two names")
    ax.figure.canvas.draw()
    assert ax.get_legend()._ncols == 1


def test_bars_of_gradients_stand_on_a_power_of_ten_and_all_have_a_height():
    history = History()
    sizes = {"a": (2e-2, 4e-2), "b": (3e-2, 7e-2)}
    rows = {n: {"mean": mean, "max": most, "norm": 1.0} for n, (mean, most) in sizes.items()}
    history.records.append({"step": 1, "parameters": rows})
    ax = plots.gradient_flow(history)
    ax.figure.canvas.draw()
    assert ax.get_ylim() == pytest.approx((1e-2, 1e-1))
    assert min(bar.get_window_extent().y1 for bar in ax.patches) > ax.bbox.y0 + 20


def test_layers_are_told_apart_by_more_than_colour():
    history = History()
    layers = {f"{i} Tanh": {"dead": 0.5, "saturated": 0.25} for i in range(3)}
    history.records.append({"step": 1, "activations": layers})
    lines = plots.dead_units(history).lines
    assert len({(one.get_marker(), one.get_linestyle()) for one in lines}) == 6


# --- averages ---


def test_an_average_of_equal_numbers_is_that_number():
    assert smoothed(np.full(50, 2.0), 0.9) == pytest.approx(np.full(50, 2.0), rel=1e-9)


def test_an_average_does_not_lag():
    """It was an average of the past: 9 steps late, so that validation seemed ahead of training."""
    falling = 100.0 - np.arange(80.0)
    assert smoothed(falling, 0.9) == pytest.approx(falling, rel=1e-9)


def test_the_average_meets_a_validation_loss_that_is_equal():
    losses = np.exp(-np.arange(1, 101) / 40)
    history = a_run(losses)
    history.log(validation_loss=losses[-1])
    ax = plots.loss(history)
    (_, end) = line(ax, "validation").get_xydata()[0]
    assert line(ax, "training, smoothed").get_ydata()[-1] == pytest.approx(end, abs=0.01)


def test_an_average_skips_nan_and_leaves_a_gap():
    found = smoothed(np.array([np.nan, 4.0, np.nan, 2.0]), 0.5)
    assert np.isnan(found).tolist() == [True, False, True, False]
    assert found[[1, 3]] == pytest.approx([4.0, 2.0])


def test_an_average_is_calmer_than_the_numbers():
    noise = np.random.default_rng(0).normal(size=400)
    assert smoothed(noise, 0.9).std() < 0.3


def test_the_mean_of_an_epoch_stands_in_its_middle():
    ax = plots.metric(fitted(epochs=3), "accuracy")
    assert line(ax, "training, means of epochs").get_xdata().tolist() == [2.5, 6.5, 10.5]
    assert line(ax, "validation").get_xdata().tolist() == [4, 8, 12]


def test_a_metric_of_each_step_stands_at_the_step():
    history = a_run([1.0, 1.0, 1.0], accuracy=[0.1, 0.2, 0.3])
    ax = plots.metric(history, "accuracy", smoothing=0)
    assert line(ax, "accuracy").get_xydata().tolist() == [[1, 0.1], [2, 0.2], [3, 0.3]]


def test_a_metric_that_was_noted_now_and_then_is_drawn_as_it_is():
    """It is not said to be of training, and no average stands in place of a few numbers."""
    history = a_run([1.0] * 60)
    history.records += [{"step": step, "accuracy": step % 20 / 10} for step in range(10, 61, 10)]
    (only,) = plots.metric(history, "accuracy").lines
    assert only.get_ydata().tolist() == [1.0, 0.0] * 3
    assert only.get_label() == "accuracy"
    (only,) = plots.compare_runs([history], what="accuracy").lines
    assert only.get_ydata().tolist() == [1.0, 0.0] * 3


def test_names_of_validation_belong_to_their_metric():
    names = ["val_loss", "valid_loss", "validation_loss", "value", "validation_"]
    assert [metric_of(name) for name in names] == ["loss"] * 3 + ["value", "validation_"]


# --- scales ---


def test_a_spike_does_not_erase_the_run():
    losses = np.linspace(2.0, 0.5, 100)
    losses[50] = 1e4
    ax = plots.loss(a_run(losses))
    assert ax.get_yscale() == "log"
    assert ax.get_ylabel() == "log scale"
    ax.figure.canvas.draw()
    (low, high) = ax.transData.transform([(1, 0.5), (1, 2.0)])[:, 1]
    assert high - low > 0.1 * ax.bbox.height


def test_the_average_on_a_logarithmic_scale_is_that_of_heights():
    losses = np.full(101, 1.0)
    losses[50] = 1e4
    average = line(plots.loss(a_run(losses)), "training, smoothed").get_ydata()
    assert average.max() < 3


def test_a_spike_among_numbers_below_zero_does_not_erase_them_either():
    losses = np.sin(np.arange(60.0) / 5)
    losses[30] = 500.0
    ax = plots.loss(a_run(losses))
    assert ax.get_yscale() == "asinh"
    assert ax.get_ylabel() == "log scale beyond ±0.99"
    ax.figure.canvas.draw()
    boxes = [label.get_window_extent() for label in ax.get_yticklabels()]
    boxes = [box for box in boxes if ax.bbox.y0 <= (box.y0 + box.y1) / 2 <= ax.bbox.y1]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    (low, high) = ax.transData.transform([(1, -1.0), (1, 1.0)])[:, 1]
    assert high - low > 0.1 * ax.bbox.height
    assert np.abs(line(ax, "training, smoothed").get_ydata()).max() < 5


def test_a_run_without_a_spike_has_a_linear_scale():
    assert plots.loss(a_run(np.linspace(2.0, 0.5, 100))).get_yscale() == "linear"
    assert plots.loss(a_run([math.nan] * 5)).get_yscale() == "linear"


def test_a_scale_that_is_asked_for_is_taken():
    losses = [1.0] * 20 + [1e6]
    assert plots.loss(a_run(losses), log=False).get_yscale() == "linear"
    assert plots.loss(a_run([1.0, 2.0]), log=True).get_yscale() == "log"
    assert scale_for(np.array([0.0] * 20 + [50.0]), None) == (True, 5.0)
