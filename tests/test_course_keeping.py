"""Notebook 15: bytes that are counted, and bytes that are measured."""

import copy
import gc
import tracemalloc
import weakref

import numpy as np
import pytest

from engine import Tensor, grad_of, is_grad_enabled, no_grad, toposort
from notebooks.checks_15 import Steps, check_one_at_a_time, check_same_mask
from notebooks.lesson_15 import (
    moons_losses,
    seconds,
    show_groups,
    show_kept,
    show_lines,
    show_ratios,
    used,
)

MB = 1_000_000


def ones(megabytes):
    return np.ones(megabytes * MB // 8)


# --- measuring ---


def test_what_is_kept_is_counted_and_what_has_gone_is_in_the_peak():
    def keeps_one_of_three():
        first, second = ones(1), ones(2)
        return first + second[: first.size]

    result, took = used(keeps_one_of_three)
    assert result[0] == 2
    assert MB <= took.kept < 1.01 * MB
    assert 4 * MB <= took.peak < 4.01 * MB


def test_what_was_there_before_is_not_counted():
    before = ones(3)
    _, took = used(lambda: before.sum())
    assert took.peak < 0.01 * MB


def test_measuring_ends_where_the_function_fails():
    def fails():
        raise KeyError("x")

    with pytest.raises(KeyError):
        used(fails)
    assert not tracemalloc.is_tracing()


def test_a_time_is_never_nothing():
    assert seconds(lambda: None, 2) > 0


# --- three engines ---


def test_both_tiers_have_the_same_loss_and_gradients_are_found_by_all():
    tensor, value, neuron = moons_losses().values()
    assert np.isclose(tensor().item(), value().item(), rtol=1e-13)
    for loss in (tensor, value, neuron):
        root = loss()
        root.backward()
        leaves = [x for x in toposort(root) if x.op is None and x.requires_grad]
        assert all(np.isfinite(x.grad).all() for x in leaves)
        assert len(leaves) > 5


# --- pictures ---


def test_bars_are_as_long_as_the_bytes_and_hatched_where_none_are_read():
    ax = show_kept({"tanh": 2 * MB, "add": 3 * MB}, {"tanh": 2 * MB})
    widths = [(bar.get_width(), bool(bar.get_hatch())) for bar in ax.patches]
    assert widths[:4] == [(2, True), (2, False), (3, True), (0, False)]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["tanh", "add"]


def test_lines_of_bytes_are_told_apart_by_their_marks():
    ax = show_lines({"grows": [2 * MB, 4 * MB], "stays": [0, 0]}, "step")
    assert [line.get_ydata().tolist() for line in ax.lines] == [[2, 4], [0, 0]]
    assert len({line.get_marker() for line in ax.lines}) == 2
    assert ax.get_ylim()[0] < 0  # a line at 0 is seen


def test_the_curve_of_groups_has_its_lowest_point_at_the_root():
    ax = show_groups(36, {6: 15.0}, plain=39.0, more=3)
    (curve,) = [line for line in ax.lines if "36/k" in line.get_label()]
    k, arrays = curve.get_data()
    assert abs(k[arrays.argmin()] - 6) < 0.1
    assert abs(arrays.min() - 15) < 0.01


def test_ratios_are_written_beside_their_bars():
    figure = show_ratios({"one": (2.0, 4.0, 1.0), "other": (3848.0, 8.0, 290.0)})
    nodes, size, time = ([text.get_text() for text in ax.texts] for ax in figure.axes)
    assert nodes == ["1", "1,900"]
    assert size == ["1", "2"]
    assert time == ["1", "300"]


# --- checks ---


def test_the_steps_of_the_check_tell_which_graphs_are_alive():
    step = Steps()
    first = step(1.0)
    step(2.0)
    del first
    step(3.0)
    gc.collect()
    assert step.alive == [0, 1, 0]


def test_another_right_way_to_train():
    def one(step, batch):
        loss = step(batch)
        loss.backward()
        return loss.item()

    def train(step, batches):
        return np.mean([one(step, batch) for batch in batches])

    assert check_one_at_a_time(train).ok


def test_another_right_way_to_checkpoint():
    def checkpointed(f, x, rng):
        again = copy.deepcopy(rng)
        with no_grad():
            y = f(x, rng)

        def back(g):
            leaf = Tensor(x, requires_grad=True)
            return grad_of((f(leaf, again) * g).sum(), leaf)[0]

        return y, back

    assert check_same_mask(checkpointed).ok


def test_an_answer_that_leaves_recording_off_does_not_leave_it_off_for_others():
    def checkpointed(f, x, rng):
        no_grad().__enter__()
        return f(x, rng), lambda g: g

    assert not check_same_mask(checkpointed).ok
    assert is_grad_enabled()


def test_a_graph_goes_with_its_root_and_without_the_collector():
    gc.disable()
    try:
        x = Tensor(ones(1), requires_grad=True)
        loss = (x * 2.0).tanh().sum()
        inside = weakref.ref(loss.inputs[0])
        loss.backward()
        del loss
        assert inside() is None
    finally:
        gc.enable()
