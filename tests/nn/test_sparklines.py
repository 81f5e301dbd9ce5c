"""Histories as a notebook shows them: a table with a small curve of each series."""

import math
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

import nn
import viz
from nn.callbacks import EpochHistory, series_table
from nn.callbacks.sparklines import HEIGHT, WIDTH, sparkline

NAN, INF = math.nan, math.inf


def svg_of(numbers, name="loss"):
    text = sparkline(name, numbers)
    return ElementTree.fromstring(text[: text.index("</svg>") + 6])


def strokes_of(numbers):
    """The strokes of a curve, each as its places."""
    path = svg_of(numbers).find("path").get("d")
    return [
        [tuple(map(float, place.split())) for place in stroke.split("L")]
        for stroke in path.split("M")[1:]
    ]


def cells_of(page):
    """The table as rows of text."""
    rows = re.findall("<tr.*?>(.*?)</tr>", page)
    return [
        [re.sub("<title>.*?</title>|<.*?>", "", cell).strip()
         for cell in re.findall("<t[hd] .*?>(.*?)</t[hd]>", row)]
        for row in rows
    ]  # fmt: skip


# --- the curve ---


def test_a_curve_goes_from_the_left_to_the_right_and_higher_is_above():
    ((first, middle, last),) = strokes_of([1.0, 2.0, 3.0])
    assert first[0] < middle[0] < last[0]
    assert first[1] > middle[1] > last[1]
    assert middle == ((first[0] + last[0]) / 2, (first[1] + last[1]) / 2)


def test_nan_and_inf_are_gaps():
    strokes = strokes_of([1.0, 2.0, NAN, 3.0, INF, 1.0, 1.0])
    assert [len(set(stroke)) for stroke in strokes] == [2, 1, 2]
    assert len(strokes[1]) == 2  # one alone is a dot: a stroke without length


def test_the_dot_is_at_the_last_number_that_is_finite():
    circle = svg_of([1.0, 2.0, NAN]).find("circle")
    assert (float(circle.get("cx")), float(circle.get("cy"))) == strokes_of([1.0, 2.0, NAN])[0][-1]


def test_a_constant_is_a_line_in_the_middle():
    ((first, last),) = strokes_of([5.0, 5.0])
    assert first[1] == last[1] == HEIGHT / 2


@pytest.mark.parametrize(
    "numbers",
    [[1.0], [NAN, 1.0], [1e308, -1e308], [5e-324, 1e-320], [0.0, 1e308], [-1e-320, 1.0], [1, 2]],
)
def test_extreme_numbers_stay_inside(numbers):
    for stroke in strokes_of(numbers):
        for x, y in stroke:
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT


def test_without_a_finite_number_there_is_no_curve():
    assert sparkline("loss", [NAN, INF]) == ""


def test_a_spike_does_not_flatten_the_curve():
    """It is logarithmic then, and says so."""
    ((*calm, _),) = strokes_of([2.0, 1.0] * 10 + [1e4])
    heights = [y for _, y in calm]
    assert max(heights) - min(heights) > 1
    assert svg_of([2.0, 1.0] * 10 + [1e4]).get("aria-label").endswith(", log scale")
    _, row = cells_of(series_table("", {"loss": [2.0, 1.0] * 10 + [1e4, NAN]}))
    assert row[1] == "log scale, 1 nan or inf"
    assert "log" not in sparkline("loss", [2.0, 1.0] * 10)


def test_a_long_series_keeps_its_extremes_and_is_small():
    numbers = np.sin(np.arange(100_000.0) / 300)
    numbers[54_321] = 3.0
    numbers[77_777] = NAN
    text = sparkline("loss", numbers.tolist())
    assert len(text) < 6_000
    first, second = strokes_of(numbers.tolist())
    assert min(y for _, y in first + second) == 3.0  # the top of the curve: ROOM
    assert first[0][0] == 3.0
    assert second[-1][0] == WIDTH - 3.0


def test_a_curve_says_what_it_is():
    svg = svg_of([2.0, 0.5], name="a & <b>")
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == svg.find("title").text == "a & <b>: from 2 to 0.5"


# --- the table ---


def test_the_table_has_the_first_lowest_highest_and_last_number():
    head, row = cells_of(series_table("3 steps", {"loss": [2.0, 3.0, 0.5, 1.0]}))
    assert head == ["series", "curve", "first", "lowest", "highest", "last"]
    assert row == ["loss", "", "2", "0.5", "3", "1"]


def test_what_is_not_finite_is_counted():
    _, row, lost = cells_of(series_table("", {"loss": [2.0, NAN, -INF], "lr": [NAN]}))
    assert row == ["loss", "2 nan or inf", "2", "2", "2", "-inf"]
    assert lost == ["lr", "1 nan or inf", "nan", "nan", "nan", "nan"]


def test_names_and_captions_are_escaped():
    page = series_table("<i>3</i>", {"<script>alert(1)</script>": [1.0, 2.0]})
    assert "<script>" not in page
    assert "<i>" not in page
    assert "&lt;script&gt;" in page


def test_the_table_takes_the_colours_of_its_page():
    assert 'stroke="currentColor"' in series_table("", {"loss": [1.0, 2.0]})
    assert "color:" not in series_table("", {"loss": [1.0, 2.0]})


class Balance(HTMLParser):
    """Whether each tag is closed by its own end."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_history_of_fit_is_such_a_table():
    history = EpochHistory()
    assert ">0 epochs</div>" in history._repr_html_()
    for loss in (1.0, NAN, 0.5):
        history.start_epoch()
        history.end_epoch({"loss": loss, "accuracy": np.float32(0.5)}, lr=0.1)
    history.rows[0]["note"] = "words have no curve"
    history.stopped = "<early>"
    page = history._repr_html_()
    assert [row[0] for row in cells_of(page)] == ["series", "loss", "accuracy", "lr", "seconds"]
    assert ">3 epochs; stopped: &lt;early&gt;</div>" in page
    balance = Balance()
    balance.feed(page)
    assert balance.open == []


def test_a_history_is_such_a_table():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Tanh())
    history = viz.History(model, every=1)
    assert ">0 steps</div>" in history._repr_html_()
    for step in range(3):
        model(np.ones((1, 2))).sum().backward()
        history.step(1 / (step + 1), accuracy=0.5)
    page = history._repr_html_()
    assert [row[0] for row in cells_of(page)] == ["series", "loss", "accuracy", "norm"]
    assert ">3 steps; 2 parameters and 1 layers measured</div>" in page
    assert repr(history).startswith("<History of 3 steps: loss, accuracy, norm")
