"""`plots.compare_runs`: several runs on one axes, told apart by colour, dash and name."""

import math

import numpy as np
import pytest
from figures import a_run, figures_are_closed, labels_of  # noqa: F401 - the fixture
from matplotlib.colors import to_hex

from nn import EpochHistory
from viz import History, plots


def named(ax, label):
    (found,) = [line for line in ax.lines if line.get_label() == label]
    return found


def test_runs_are_told_apart_by_colour_and_dash_and_name():
    ax = plots.compare_runs({f"run {i}": a_run([1.0, 1.0 / (i + 1)]) for i in range(30)})
    looks = {(to_hex(line.get_color()), str(line._dash_pattern)) for line in ax.lines}
    assert len(looks) == 30
    assert labels_of(ax) == [f"run {i}" for i in range(30)]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == labels_of(ax)
    few = plots.compare_runs({"a": a_run([1.0]), "b": a_run([1.0]), "c": a_run([1.0])}).lines
    assert len({to_hex(line.get_color()) for line in few}) == 3
    assert len({line.get_linestyle() for line in few}) == 3


def test_more_runs_than_can_be_told_apart_are_refused():
    with pytest.raises(ValueError, match="at most 30 curves"):
        plots.compare_runs([a_run([1.0])] * 31)


def test_a_list_is_numbered_and_files_go_by_their_stems(tmp_path):
    paths = [a_run([1.0]).save(tmp_path / name) for name in ("sgd.jsonl", "adam.jsonl")]
    (tmp_path / "again").mkdir()
    paths.append(a_run([1.0]).save(tmp_path / "again" / "sgd.jsonl"))
    ax = plots.compare_runs([a_run([2.0]), *paths[:2], str(paths[2])])
    assert labels_of(ax) == ["run 1", "sgd", "adam", str(paths[2])]
    assert labels_of(plots.compare_runs(paths[0])) == ["sgd"]


def test_runs_of_different_lengths_end_where_they_end():
    ax = plots.compare_runs({"long": a_run([3.0, 2.0, 1.0]), "short": a_run([3.0])}, smoothing=0)
    assert named(ax, "long").get_xdata().tolist() == [1, 2, 3]
    assert named(ax, "short").get_xdata().tolist() == [1]
    assert named(ax, "short").get_marker() == "o"  # one number alone would not be seen


def test_a_smoothed_run_has_its_losses_behind_it():
    losses = np.sin(np.arange(40.0)) + 2
    ax = plots.compare_runs([a_run(losses)])
    raw, average = ax.lines
    assert raw.get_ydata().tolist() == losses.tolist()
    assert average.get_ydata().std() < raw.get_ydata().std()


def test_a_run_that_went_nan_has_a_cross_at_its_last_number():
    ax = plots.compare_runs({"a": a_run([3.0, 2.0, math.nan]), "b": a_run([3.0, 2.0, 1.0])},
                            smoothing=0)  # fmt: skip
    (cross,) = [line for line in ax.lines if line.get_marker() == "x" and len(line.get_xdata())]
    assert cross.get_xydata().tolist() == [[2, 2.0]]
    assert cross.get_color() == named(ax, "a").get_color()
    assert "nan or inf from here" in labels_of(ax)


def test_a_run_without_a_finite_number_is_named():
    runs = {"lost": a_run([math.nan, math.inf]), "good": a_run([1.0, 2.0])}
    assert labels_of(plots.compare_runs(runs)) == ["lost (nothing finite)", "good"]


def test_a_run_that_noted_no_such_number_is_named():
    runs = {"with": a_run([1.0], accuracy=[0.5]), "without": a_run([1.0])}
    assert labels_of(plots.compare_runs(runs, what="accuracy")) == ["with", "without (not noted)"]


def test_validation_stands_there_as_dots():
    run = a_run([3.0, 2.0])
    run.log(validation_loss=1.5)
    ax = plots.compare_runs({"a": run, "b": a_run([1.0, 1.0])})
    dots = [line for line in ax.lines if line.get_xydata().tolist() == [[2, 1.5]]]
    assert [line.get_linestyle() for line in dots] == ["None"]
    assert labels_of(ax) == ["a", "b", "dots: validation"]


def test_a_metric_of_validation_alone_is_dots_alone():
    run = a_run([1.0])
    run.log(val_f1=0.5)
    assert labels_of(plots.compare_runs({"a": run}, what="f1")) == ["a", "dots: validation"]
    assert labels_of(plots.compare_runs({"a": run}, what="val_f1")) == ["a"]


def test_a_spike_of_one_run_does_not_erase_the_others():
    losses = [1.0, 0.9, 0.8] * 10
    runs = {"calm": a_run(losses), "wild": a_run([*losses[:-1], 1e6])}
    assert plots.compare_runs(runs).get_yscale() == "log"
    assert plots.compare_runs(runs, log=False).get_yscale() == "linear"


def test_a_number_nobody_noted_is_refused():
    with pytest.raises(KeyError, match="recall was never noted; there is: loss"):
        plots.compare_runs([a_run([1.0])], what="recall")
    with pytest.raises(KeyError, match="there is: nothing"):
        plots.compare_runs([History()])


@pytest.mark.parametrize(
    ("histories", "error", "message"),
    [
        ([], ValueError, "histories is empty"),
        ({}, ValueError, "histories is empty"),
        (3, TypeError, "several of History, got int"),
        ([EpochHistory()], TypeError, r"got EpochHistory .*callbacks=\[viz.History\(\)\]"),
    ],
)
def test_what_is_no_history_is_refused(histories, error, message):
    with pytest.raises(error, match=message):
        plots.compare_runs(histories)


def test_smoothing_outside_its_range_is_refused_for_runs_too():
    with pytest.raises(ValueError, match=r"smoothing must lie in \[0, 1\), got 1"):
        plots.compare_runs([a_run([1.0])], smoothing=1)


def test_the_learning_rate_has_its_name():
    run = a_run([1.0])
    run.records[0]["lr"] = 0.1
    assert plots.compare_runs([run], what="lr").get_title() == "learning rate"


@pytest.mark.parametrize("smoothing", [0.0, 0.9])
def test_a_loss_of_0_on_a_logarithmic_scale_is_a_gap_and_not_called_nan(smoothing):
    history = a_run([1.0, 0.5, 0.0, 0.5, 1.0])
    for ax in (
        plots.compare_runs([history], smoothing=smoothing, log=True),
        plots.loss(history, smoothing=smoothing, log=True),
    ):
        assert labels_of(ax)[1:] == ["1 not above 0, not drawn"]
        curves = [line.get_ydata() for line in ax.lines if len(line.get_ydata())]
        assert all(np.isnan(y).tolist() == [0, 0, 1, 0, 0] for y in curves)
