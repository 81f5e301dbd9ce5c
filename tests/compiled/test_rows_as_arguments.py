"""Lists of points and examples as arguments of compiled functions: one list of floats."""

import pytest

import engine

ROWS = [([0.5, 1.0], 2.0), ([0.25, -1.0], 1.0), ([1.5, 0.0], -1.0)]


def residuals(w, rows):
    """The sum of squares of a linear model's errors."""
    total = 0.0
    for x, t in rows:
        total = total + (sum(a * b for a, b in zip(w, x, strict=True)) - t) ** 2
    return total


def test_rows_are_one_argument_of_the_program():
    f = engine.value_and_grad(engine.compile(residuals))
    for rows in (ROWS, [([x[0] + 1.0, x[1]], t - 0.5) for x, t in ROWS], ROWS[::-1]):
        for _ in "ab":  # the long way, and the short one
            value, slopes = f([0.75, -0.25], rows)
            expected, by_op = engine.value_and_grad(residuals)([0.75, -0.25], rows)
            assert (value, [*slopes]) == (expected, [*by_op])
    assert len(f.traces) == 1
    assert "(w, rows)" in f.source


@pytest.mark.parametrize(
    "rows",
    [
        ROWS[:2],
        [*ROWS[:2], [[1.5, 0.0], -1.0]],
        [*ROWS[:2], ((1.5, 0.0), -1.0)],
        [*ROWS[:2], ([1.5, 0.0], -1)],
        [*ROWS[:2], ([1.5, 0.0], engine.Value(-1.0))],
        tuple(ROWS),
    ],
)
def test_rows_of_another_form_are_traced_anew(rows):
    f = engine.compile(residuals)
    for _ in "ab":
        assert f([0.75, -0.25], ROWS) == residuals([0.75, -0.25], ROWS)
    found, expected = f([0.75, -0.25], rows), residuals([0.75, -0.25], rows)
    assert getattr(found, "data", found) == getattr(expected, "data", expected)
    assert len(f.traces) == 2


def test_rows_beside_arrays_are_numbers_of_their_own():
    f = engine.compile(lambda a, rows: a * rows[0][0] + rows[1][1])
    a = engine.ones(3).numpy()
    for rows in ([(2.0, 3.0), (4.0, 5.0)], [(6.0, 7.0), (8.0, 9.0)]):
        assert [*f(a, rows)] == [rows[0][0] + rows[1][1]] * 3
    assert len(f.traces) == 1


def test_each_element_of_a_long_list_is_looked_at():
    f = engine.compile(lambda w: w[0] * w[9] + w[5])
    w = [float(i) for i in range(10)]
    for _ in "ab":
        assert f(w) == 5.0
    assert f([*w[:5], 7, *w[6:]]) == 7.0
    assert len(f.traces) == 2


def test_a_call_with_too_much_to_look_at_goes_the_long_way_and_is_right():
    f = engine.compile(lambda x, places: x * places[0] + places[-1])
    places = [*range(1, 2500)]
    for x in (1.0, 2.0):
        assert f(x, places) == x + 2499
    assert f(1.0, [*places[:-1], 7]) == 8.0
    assert len(f.traces) == 2


def test_what_two_orders_share_is_found_in_each():
    f = engine.compile(lambda x: (x * x, x * x + 1.0, 2.0))
    for x in (1.0, 2.0, 3.0):
        assert f(x) == (x * x, x * x + 1.0, 2.0)
