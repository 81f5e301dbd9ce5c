"""Edges drawn as a river: widths by the logarithm, signs by colour and by line style."""

import itertools

import numpy as np
import pytest

from viz.drawing.flow import NARROWEST, SIGNS, WIDEST, flow_of, flow_width


def test_each_power_of_ten_is_an_even_step_and_six_are_told_apart():
    widths = [flow_width(10.0**-k, 1.0) for k in range(9)]
    steps = [a - b for a, b in itertools.pairwise(widths)]
    assert widths[0] == WIDEST
    assert widths[6:] == [NARROWEST] * 3
    assert np.allclose(steps[:6], (WIDEST - NARROWEST) / 6)


@pytest.mark.parametrize("largest", [5e-324, 1.0, 1.7e308])
def test_the_widest_edge_is_the_largest_of_any_size(largest):
    assert flow_width(largest, largest) == WIDEST


@pytest.mark.parametrize(
    ("contribution", "sign"),
    [
        (2.0, "positive"),
        (-2.0, "negative"),
        (0.0, "zero"),
        (np.zeros(3), "zero"),
        (np.empty(0), "zero"),
        ([1.0, 2.0, -0.5], "positive"),
        ([-1.0, -2.0, 0.5], "negative"),
        ([1.0, -2.0, 1.0], "mixed"),
        ([1e308, 1e308], "positive"),
        (np.nan, "alarm"),
        ([1.0, np.inf], "alarm"),
    ],
)
def test_the_sign_of_what_an_edge_carries(contribution, sign):
    assert flow_of(contribution, 10.0).sign == sign


def test_signs_are_told_apart_without_colour():
    styles = [SIGNS[sign][1] for sign in ("positive", "negative", "zero")]
    assert styles == ["solid", "dashed", "dotted"]


@pytest.mark.parametrize("contribution", [0.0, np.nan])
def test_what_has_no_size_is_thin(contribution):
    assert flow_of(contribution, 1.0).width == NARROWEST


def test_an_array_is_as_wide_as_its_norm():
    assert flow_of([3.0, 4.0], 50.0).width == flow_width(5.0, 50.0)
