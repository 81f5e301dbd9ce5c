"""What notebook 14 counts and measures, and its pictures."""

import itertools

import numpy as np
import pytest

import engine
from engine import Value
from notebooks import lesson_14
from notebooks.lesson_14 import (
    draw_both,
    operations,
    peak_in_arrays,
    place_of,
    show_crossing,
    show_errors,
    show_peaks,
    show_ratios,
    times_as_long,
)

pytestmark = pytest.mark.usefixtures("figures_closed")

TRIED = [op for op in engine.registry.values() if op.kind == "elementwise" and len(op.vjps) < 4]


@pytest.mark.parametrize("op", TRIED, ids=lambda op: op.name)
def test_the_place_where_a_row_is_tried_lies_inside_its_domain_away_from_kinks(op):
    at = place_of(op)
    assert len(at) == op.n_inputs
    assert all(interval.contains(x) for interval, x in zip(op.domain, at, strict=True))
    if op.kinks is not None and not op.defaults:
        assert op.kinks(*map(np.array, at)) > 0.01


# --- counted ---


def test_operations_and_calls_are_counted_names_and_numbers_are_not():
    assert operations("x = 2.0\ny = x") == 0
    assert operations("    y = -x * cos(x) + 1 / x\n") == 5
    assert operations("    d_a = d1 + d1  # mul\n") == 1


# --- measured ---


def test_a_ratio_is_that_of_the_best_rounds_of_calls_in_turns(monkeypatch):
    # each first called once; then rounds of 70 and 10, of 50 and 5 milliseconds
    taken = iter([2.0, 2.0, 70.0, 10.0, 50.0, 5.0])
    clock = itertools.chain.from_iterable((0, int(ms * 1e6)) for ms in taken)
    monkeypatch.setattr(lesson_14.time, "process_time_ns", lambda: next(clock))
    called = []
    ratio = times_as_long(lambda: called.append("this"), lambda: called.append("that"), rounds=2)
    assert ratio == 10.0
    assert called == ["this", "that"] * 3


def test_what_is_over_in_no_time_is_called_until_it_can_be_measured(monkeypatch):
    now = [0]
    monkeypatch.setattr(lesson_14.time, "process_time_ns", lambda: now[0])

    def tick(nanoseconds):
        now[0] += nanoseconds

    called = []
    ratio = times_as_long(lambda: tick(3000), lambda: called.append(tick(1000)), rounds=1)
    assert ratio == 3.0
    assert 900 < len(called) < 1100


def test_arrays_at_once_are_counted_not_arrays_made():
    x = np.ones(100_000)

    def one_after_the_other():
        for _ in range(10):
            x + 1.0

    assert peak_in_arrays(lambda: [x + i for i in range(7)], x) == 7
    assert peak_in_arrays(one_after_the_other, x) == 1


def test_memory_is_no_longer_traced_after_a_call_that_fails():
    def fails():
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        peak_in_arrays(fails, np.ones(10))
    assert not lesson_14.tracemalloc.is_tracing()


# --- pictures ---


def test_each_box_says_what_both_directions_found():
    a, b = Value(2.0, label="a"), Value(-3.0)
    y = a * b
    y.backward()
    dot = draw_both(y, {a: 1.0, b: 0.0, y: -3.0}, "a", "y").dot
    assert dot.count(">forward: ∂/∂a <") == dot.count(">reverse: ∂y/∂ <") == 3
    assert dot.count("n0 -> n2") == dot.count("n1 -> n2") == 1
    assert ">-3<" in dot


def test_an_error_of_0_is_drawn_and_what_has_no_step_is_a_line():
    steps = np.array([0.5, 0.25, 0.125])
    errors = {"nudged": np.array([0.1, 0.0, 0.2])}
    ax = show_errors(steps, errors, {"dual number": 0.0, "other": 1e-9})
    nudged, dual, other = ax.lines
    assert list(nudged.get_ydata()) == [0.1, lesson_14.LOWEST, 0.2]
    assert set(dual.get_ydata()) == {lesson_14.LOWEST}
    assert set(other.get_ydata()) == {1e-9}
    assert len({line.get_color() for line in ax.lines}) == 3


def test_both_costs_and_every_function_that_is_named_are_drawn():
    named = {"one": (1, 1), "many results": (1, 10_000), "image": (16, 784), "a loss": (50_000, 1)}
    figure = show_crossing([1, 10, 100], [5, 50, 500], [50, 50, 60], 10, named)
    left, right = figure.axes
    figure.canvas.draw()
    assert [list(line.get_ydata()) for line in left.lines[:2]] == [[5, 50, 500], [50, 50, 60]]
    assert set(left.lines[2].get_xdata()) == {10}
    texts = [text.get_text() for text in right.texts]
    assert texts == ["forward is cheaper", "reverse is cheaper", *named]
    box = right.get_window_extent()
    assert all(box.contains(*text.get_window_extent().get_points()[1]) for text in right.texts)


def test_the_words_of_the_map_stand_on_the_side_they_speak_of():
    right = show_crossing([1], [1], [1], 10, {}).axes[1]
    forward, reverse = right.texts
    assert forward.get_position()[1] > forward.get_position()[0]
    assert reverse.get_position()[1] < reverse.get_position()[0]


def test_peaks_begin_at_0_arrays():
    ax = show_peaks([2, 10], {"forward": [3, 3], "reverse": [5, 20]})
    assert ax.get_ylim()[0] == 0
    assert [list(line.get_ydata()) for line in ax.lines] == [[3, 3], [5, 20]]


def test_every_ratio_is_a_bar_and_a_number():
    ax = show_ratios({"jvp": [5.0, 2.0], "grad": [9.04, 3.0]}, ["small", "large"])
    assert [bar.get_width() for bar in ax.patches] == [5.0, 2.0, 9.04, 3.0]
    assert [text.get_text() for text in ax.texts] == ["5.0", "2.0", "9.0", "3.0"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["small", "large"]
    rows = [bar.get_y() for bar in ax.patches]
    assert len(set(rows)) == 4
