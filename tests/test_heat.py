"""Heat strips: small arrays cell by cell, large ones by how their numbers are spread."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as npst

from engine import Tensor
from engine.showing import Heat, heat_of, norm, percent
from engine.showing.strips import BINS
from viz import to_dot
from viz.drawing.heat import heat_cells
from viz.drawing.renderer import render
from viz.drawing.style import DARK, LIGHT, mix


@given(npst.arrays(np.float64, npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=20)))
def test_any_array_gives_cells_in_range_or_none(array):
    heat = heat_of(array)
    if heat is not None:
        cells = [c for row in heat.cells for c in row if c is not None]
        assert all(-1 <= c <= 1 for c in cells)
        assert len({len(row) for row in heat.cells}) == 1
        for theme in (LIGHT, DARK):
            assert ET.fromstring(heat_cells(heat, theme)).tag == "TABLE"


@pytest.mark.parametrize("array", [np.ones(4), np.float64(3), np.array([]), np.full(9, np.nan)])
def test_few_numbers_and_no_numbers_have_no_strip(array):
    assert heat_of(array) is None


def test_the_largest_size_is_1_and_the_sign_stays():
    assert heat_of(np.array([0.0, -4.0, 1.0, 2.0, -2.0])).cells == ((0.0, -1.0, 0.25, 0.5, -0.5),)


def test_equal_numbers_are_said_in_words_not_drawn():
    assert heat_of(np.zeros(5)) is None
    assert heat_of(np.ones((2, 3))) is None
    assert heat_of(np.array([1.0, 1.0, 1.0, 1.0, np.nan])).cells == ((1.0,) * 4 + (None,),)


def test_a_spread_counts_every_finite_number():
    array = np.concatenate([np.zeros(300), np.ones(100), [np.nan, np.inf]])
    assert heat_of(array) == Heat(((1.0, *[0.0] * (BINS - 2), 0.333),), spread=True)


def test_a_spread_reaches_over_all_floats():
    heat = heat_of(np.linspace(-8.5e307, 8.5e307, 1000) * 2)
    assert min(heat.cells[0]) > 0.9


def test_many_equal_numbers_have_no_spread():
    assert heat_of(np.ones(1000)) is None


def test_numbers_too_near_to_be_halved_apart_have_no_spread():
    assert heat_of(np.array([0.0, 5e-324] * 500)) is None


def test_cells_stand_in_the_picture_and_it_renders():
    x = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    y = (x * x).sum()
    y.backward()
    dot = to_dot(y)
    key = 5
    assert len(re.findall("<TD BGCOLOR", dot)) == 6 * 3 + key  # x: data, gradient; x * x: data
    assert ET.fromstring(render(dot)).tag.endswith("svg")


def test_steps_of_a_spread_are_shaded_by_the_root_of_how_many_there_are():
    """One hundredth of the fullest step is a tenth of its shade: else nobody would see it."""
    for theme in (LIGHT, DARK):
        cells = heat_cells(Heat(((0.0, 0.01, 0.25, 1.0),), spread=True), theme)
        shades = [mix(theme.quiet, theme.background, x) for x in (0.06, 0.19, 0.55, 1.0)]
        assert re.findall('BGCOLOR="(.*?)"', cells) == shades


def test_nan_has_the_colour_of_ink():
    cells = heat_cells(heat_of(np.array([1.0, np.nan, 1.0, 1.0, 1.0])), DARK)
    assert cells.count(f'BGCOLOR="{DARK.foreground}"') == 1


@given(st.integers(0, 1000), st.integers(1, 1000))
def test_per_cent_is_0_or_100_only_where_it_is_so(part, whole):
    part = min(part, whole)
    text = percent(part, whole)
    assert (text == "0 %") == (part == 0)
    assert (text == "100 %") == (part == whole)


@given(npst.arrays(np.float64, 5, elements=st.floats(-1e300, 1e300)))
def test_the_norm_does_not_overflow_on_the_way(array):
    largest = float(np.abs(array).max())
    assert largest * (1 - 1e-15) <= norm(array) <= largest * np.sqrt(5) * (1 + 1e-15)


def test_numbers_that_differ_by_less_than_halves_can_tell_have_no_strip():
    assert heat_of(np.array([0.0] * 200 + [5e-324])) is None
