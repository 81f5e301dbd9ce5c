"""Notebook 13: programs that are lists, as text, as functions and as pictures; its checks."""

import numpy as np
import pytest
from matplotlib import pyplot

from notebooks.checks_13 import _programs, fewest, overwritten
from notebooks.lesson_13 import (
    draw_blocks,
    draw_costs,
    function_of,
    given_to,
    printed,
    seconds,
)

LINES = [
    ("t1", "-", ("1", "x")),
    ("t2", "tanh", ("t1",)),
    ("t3", "*", ("t2", "w")),
    ("", "return", ("t2", "t3")),
]
X, W = np.array([0.5, 2.0]), np.array([3.0, -1.0])


@pytest.fixture
def ax():
    """The axes that were drawn last."""
    yield pyplot.gca
    pyplot.close()


def test_a_program_is_given_what_it_reads_and_does_not_make():
    assert given_to(LINES) == ["x", "w"]


@pytest.mark.parametrize("places", [None, {"t1": "b1", "t2": "b2", "t3": "b1"}])
def test_a_list_of_lines_runs_as_text(places):
    program = function_of(printed(LINES, places, size=2))
    t2, t3 = program(X, W)
    assert t2.tolist() == np.tanh(1 - X).tolist()
    assert t3.tolist() == (np.tanh(1 - X) * W).tolist()


def test_results_of_a_program_with_places_are_its_buffers():
    text = printed(LINES, {"t1": "b1", "t2": "b2", "t3": "b1"}, size=2)
    assert text.splitlines()[:2] == ["b1 = np.empty(2)", "b2 = np.empty(2)"]
    assert text.endswith("return b2, b1")


def test_arguments_may_be_named():
    program = function_of(printed(LINES, arguments=["w", "unused", "x"]))
    assert program(W, None, X)[0].tolist() == np.tanh(1 - X).tolist()


def test_the_fewest_buffers_are_those_alive_at_a_time():
    assert [fewest(lines) for lines in _programs()] == [3, 2, 3]


def test_a_buffer_that_is_written_too_early_is_found():
    assert overwritten(LINES, {"t1": "b1", "t2": "b2", "t3": "b1"}) == ""
    found = overwritten(LINES, {"t1": "b1", "t2": "b1", "t3": "b1"})
    assert found == "the return reads t2, but b1 holds t3 by then"


def test_a_call_is_timed_by_the_shortest():
    calls = []
    assert seconds(lambda: calls.append(1), times=3) >= 0
    assert len(calls) == 3


def test_times_of_blocks_are_drawn_beside_the_whole(ax):
    draw_blocks([1024, 2048], [1.5, 0.5], pyplot)
    _, line = ax().lines
    assert line.get_ydata().tolist() == [1.5, 0.5]
    assert ax().get_ylim() == (0, 1.5)


def test_compiling_pays_from_the_call_at_which_the_lines_cross(ax):
    assert draw_costs(once=10.0, usual=2.0, fast=1.0, pyplot=pyplot) == 11
    usual, fast, _ = (line.get_ydata() for line in ax().lines)
    after = [float(fast[n - 1]) < float(usual[n]) for n in (9, 10, 11)]
    assert after == [False, False, True]  # equal at 10


def test_where_nothing_is_gained_it_pays_late(ax):
    assert draw_costs(once=1.0, usual=1.0, fast=2.0, pyplot=pyplot) == 1001
    assert len(ax().lines) == 3
