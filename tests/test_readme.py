"""README is short, its rows are the table's, its picture is today's.

Its code, commands and links are run with those of all pages, in test_pages.py.
"""

import re

from pages import ROOT, blocks, text_of

from viz import to_dot
from viz.command import table
from viz.command.demo_pictures import expression

README = text_of("README.md")
LIMIT = 9_000  # bytes


def test_it_is_read_in_minutes():
    assert len(README.encode()) <= LIMIT


def test_its_parts_come_in_the_order_of_a_visitor_s_questions():
    assert re.findall(r"^## (.*)$", README, re.MULTILINE) == [
        "Run it",
        "A tour in ten lines",
        "How fast it is",
        "What others have",
        "The course",
        "One row per op",
        "Citing, licence, changes",
    ]


def test_the_tour_has_about_ten_lines():
    (tour,) = blocks("README.md")
    lines = [line for line in tour.splitlines() if line and "import" not in line]
    assert len(lines) <= 12


def test_five_rows_of_the_op_table_are_shown_as_they_are():
    shown = re.findall(r"^\| `\w+\(.*$", README, re.MULTILINE)
    assert len(shown) == 5
    assert set(shown) <= set(table.markdown().splitlines()), "copy them from docs/op_table.md"


def test_the_picture_is_what_is_drawn_today():
    y = expression()
    y.backward()

    stored = (ROOT / ".github" / "expression.dot").read_text(encoding="utf-8")
    assert to_dot(y) == stored, "run: twingrad demo --out .github, and keep expression.dot and .svg"
