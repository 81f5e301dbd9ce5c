"""Helpers of notebook 04: they show what a rule says, and leave the table as it was."""

import numpy as np
import pytest
from matplotlib import pyplot

import engine
from engine import elementwise, registry
from notebooks.checks_04 import check_bump, check_cube, check_share
from notebooks.lesson_04 import forget, rules, tangents


def cube_row():
    return elementwise("my_cube", lambda x: x * x * x, lambda g, y, x: g * 3 * x * x)


@pytest.fixture(autouse=True)
def _table_as_it_was():
    before = list(registry)
    yield
    assert list(registry) == before


def test_forget_takes_out_what_is_there():
    cube_row()
    forget("my_cube", "never_there")

    assert "my_cube" not in registry


def test_rules_stand_as_in_the_source_one_for_each_input():
    lines = [" ".join(line.split()) for line in rules("sub", "tanh").splitlines()]

    assert lines == ["sub(a, b) to a g", "to b -g", "tanh(x) to x g * (1 - y * y)"]


def test_tangents_have_the_slope_of_the_rule():
    _, ax = pyplot.subplots()
    tangents(engine.square, [-1.0, 2.0], ax)
    curve, *lines = (line.get_xydata() for line in ax.lines)
    pyplot.close("all")

    np.testing.assert_allclose(curve[:, 1], curve[:, 0] ** 2)
    slopes = [np.ptp(line, axis=0) for line in lines if len(line) == 2]
    np.testing.assert_allclose([rise / run for run, rise in slopes], [2.0, 4.0])


def test_a_check_can_be_repeated_even_where_the_row_is_there_already():
    cube_row()

    assert check_cube(cube_row).ok
    assert check_cube(cube_row).ok


def test_a_check_that_fails_leaves_nothing_in_the_table():
    def row_and_then_an_error():
        cube_row()
        raise RuntimeError("on purpose")

    def raises(*_, **__):
        raise RuntimeError("on purpose")

    for verdict in (
        check_cube(row_and_then_an_error),
        check_share(raises, raises),
        check_bump(raises),
    ):
        assert verdict.kind == "wrong"
        assert "on purpose" in verdict.text


def test_rows_may_use_other_names_and_other_formulas():
    assert check_cube(
        lambda: elementwise("my_cube", lambda t: t**3, lambda u, v, t: 3 * u * v / t)
    ).ok
    assert check_share(
        lambda g, y, a, b: g * (1 - y) / (a + b), lambda g, y, a, b: -g * y**2 / a
    ).ok
    assert check_bump(lambda g, y, x, k=1.0: g * -2 * k * x * engine.exp(-k * engine.square(x))).ok
