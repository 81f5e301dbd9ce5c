"""Nodes drawn together make no cycle: for any graph, however they were put together."""

from hypothesis import given, strategies as st

from viz.graphs.knots import knots, quotient, untangled
from viz.graphs.rounds import repeating


@st.composite
def grouped_graphs(draw):
    """Inputs that come before, and a unit for each place."""
    count = draw(st.integers(1, 24))
    inputs = [
        sorted(set(draw(st.lists(st.integers(0, i - 1), max_size=3)))) if i else []
        for i in range(count)
    ]
    return inputs, draw(st.lists(st.integers(0, 5), min_size=count, max_size=count))


def reaches(below, start, end):
    """Whether `end` can be reached from `start` by at least one edge."""
    seen, stack = set(), [start]
    while stack:
        for v in below[stack.pop()] - seen:
            seen.add(v)
            stack.append(v)
    return end in seen


@given(grouped_graphs())
def test_untangled_units_make_no_cycle(case):
    inputs, unit = case
    below = quotient(inputs, untangled(inputs, unit))
    assert not any(reaches(below, u, u) for u in below)


@given(grouped_graphs())
def test_what_is_in_no_knot_stays_whole(case):
    inputs, unit = case
    tangled = {u for knot in knots(inputs, unit) for u in knot}
    assert all(part == 0 for u, part in untangled(inputs, unit) if u not in tangled)


@given(grouped_graphs())
def test_a_knot_is_what_reaches_each_other(case):
    inputs, unit = case
    below = quotient(inputs, unit)
    expected = {
        frozenset({u, *(v for v in below if reaches(below, u, v) and reaches(below, v, u))})
        for u in below
        if reaches(below, u, u)
    }
    assert {frozenset(knot) for knot in knots(inputs, unit)} == expected


def test_what_is_computed_once_for_a_round_stands_in_that_round():
    """Two rounds of a cell h ← cell(h, x): the part of each that depends on x alone."""
    x1, x2, h1, out1, h2 = 0, 1, 2, 3, 4
    inputs = [[], [], [x1], [h1], [out1, x2]]
    unit = ["cell", "cell", "cell", "out", "cell"]
    parts = [part for _, part in untangled(inputs, unit)]
    assert (parts[x1], parts[h1]) == (0, 0)
    assert (parts[x2], parts[h2]) == (1, 1)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), st.integers(2, 9))
def test_a_sequence_of_rounds_is_found_whole(one, times):
    first, last, period = repeating(one * times)
    assert (first, last) == (0, len(one) * times)
    assert len(one) % period == 0


def test_a_sequence_that_does_not_repeat_is_one_round():
    assert repeating(list("abcbacca")) == (0, 8, 8)
