"""Plans of memory as pictures: rows, bars, sizes."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import engine
import viz
from engine.array_programs import Plan, PlannedBuffer, PlannedLine
from viz.graphs.memory_plan import CHART, LEAST

SIZED = re.compile(r'FIXEDSIZE="TRUE" WIDTH="(\d+)" HEIGHT="12" ALIGN="LEFT"( BGCOLOR="#\w+")?>')
STRIP = re.compile(r'WIDTH="440" HEIGHT="12"><TR>(.*?)</TR></TABLE>')


def plan_of(lives, lines=10, fresh=False, count=1):
    """A plan with buffers that are all in use when `lives` says."""
    buffers = [
        PlannedBuffer(f"b{i + 1}", (2, 3), "float64", 48 + i, fresh, lives, i) for i in range(count)
    ]
    each = [PlannedLine("pass", ()) for _ in range(lines)]
    return Plan("f", tuple(each), tuple(buffers), 1000)


def bars(dot, row):
    """The widths of the cells in a row below that of the lines' numbers, and whether coloured."""
    strips = STRIP.findall(dot)
    return [(int(width), bool(colour)) for width, colour in SIZED.findall(strips[row + 1])]


def texts(dot):
    """What can be read in a picture's svg, text by text."""
    tree = ET.fromstring(viz.Picture(dot).svg())
    return [one.text.strip() for one in tree.iter("{http://www.w3.org/2000/svg}text")]


@pytest.fixture(scope="module")
def slope():
    """A compiled gradient that was called."""
    f = engine.value_and_grad(engine.compile(lambda x, w: (engine.tanh(x @ w) ** 2).sum()))
    f(np.ones((20, 30)), np.ones((30, 40)))
    return f


def test_the_plan_of_a_compiled_function_is_drawn(slope):
    plan, picture = slope.plan(), viz.draw(slope.plan())
    said = texts(picture.dot)
    assert f"{plan.name}: {len(plan.lines)} lines, {len(plan.buffers)} buffers" in said
    assert {buffer.name for buffer in plan.buffers} == {
        name for one in said for name in one.split(", ") if name.startswith("b")
    }
    assert said.count("for the caller") == sum(buffer.fresh for buffer in plan.buffers) >= 1
    assert "op by op, the most at a time" in said


def test_a_plan_shows_itself_in_a_notebook(slope):
    assert viz.draw(slope.plan())._repr_svg_().startswith("<svg")


def test_a_bar_goes_from_the_line_that_writes_to_the_one_that_reads_last():
    dot = viz.draw(plan_of(((3, 5),))).dot
    assert bars(dot, 0) == [(88, False), (132, True), (220, False)]


def test_each_result_in_a_buffer_has_a_bar_that_says_its_line():
    dot = viz.draw(plan_of(((1, 3), (3, 6), (8, 10)))).dot
    assert bars(dot, 0) == [(88, True), (176, True), (44, False), (132, True)]
    strip = STRIP.findall(dot)[1]
    assert re.findall(r"&#160;(\d+)<", strip) == ["1", "3", "8"]


def test_bars_that_touch_have_two_tints():
    strip = STRIP.findall(viz.draw(plan_of(((1, 3), (3, 6)))).dot)[1]
    assert len(set(re.findall(r"BGCOLOR=\"(#\w+)\"", strip))) == 2


@pytest.mark.parametrize("fresh", [False, True])
def test_what_the_caller_gets_is_named_and_coloured(fresh):
    dot = viz.draw(plan_of(((1, 10),), fresh=fresh)).dot
    assert ("for the caller<" in dot) == fresh
    assert len(set(re.findall(r"BGCOLOR=\"(#\w+)\"", dot))) == 2  # its own, and op by op's


@pytest.mark.parametrize("lines", [1, 7, 441, 5000])
def test_bars_never_leave_the_chart(lines):
    """Each line has a result of its own, however little room there is for it."""
    every = tuple((i, min(i + 1, lines)) for i in range(1, lines + 1))
    dot = viz.draw(plan_of(every, lines)).dot
    for row in (-1, 0):
        assert sum(width for width, _ in bars(dot, row)) == CHART
    assert all(width >= LEAST for width, coloured in bars(dot, 0) if coloured)


def test_of_many_buffers_the_largest_have_rows():
    said = texts(viz.draw(plan_of(((1, 2),), count=50)).dot)
    assert "b50" in said
    assert "b11" in said
    assert "b10" not in said
    assert "10 smaller ones" in said


def test_buffers_in_one_piece_of_memory_have_one_row():
    buffers = (
        PlannedBuffer("b1", (4,), "float64", 32, False, ((1, 2),), 1),
        PlannedBuffer("b2", (9,), "float64", 72, False, ((2, 4),), 2),
        PlannedBuffer("b3", (2,), "float64", 16, False, ((3, 4),), 1),
    )
    dot = viz.draw(Plan("f", (PlannedLine("pass", ()),) * 4, buffers, 200)).dot
    said = texts(dot)
    assert "b1, b3" in said
    assert "2 buffers" in said
    assert "(9,) float64" in said
    assert bars(dot, 0) == [(220, True), (220, True)]
    assert said.count("32 B") == 1
    assert "104 B" in said


def test_bytes_are_drawn_to_one_scale():
    lines = (PlannedLine("pass", ()),)
    plan = Plan("f", lines, (PlannedBuffer("b1", (5,), "float64", 250, False, (), 1),), 1000)
    kept, fresh, eager = (bars(viz.draw(plan).dot, row) for row in (1, 2, 3))
    assert kept == [(110, True), (330, False)]
    assert fresh == [(440, False)]
    assert eager == [(440, True)]


def test_a_program_without_buffers_is_drawn():
    said = texts(viz.draw(Plan("f", (), (), 0)).dot)
    assert said[0] == "f: 0 lines, 0 buffers"
    assert "line" not in said


def test_a_plan_is_drawn_on_dark_ground():
    dot = viz.draw(plan_of(((1, 2),)), dark=True).dot
    assert 'bgcolor="#16181d"' in dot


def test_a_plan_takes_no_options_of_graphs():
    with pytest.raises(TypeError, match="fold"):
        viz.draw(plan_of(((1, 2),)), fold=False)


def test_a_program_of_numbers_has_lines_and_no_buffers():
    f = engine.compile(lambda a, b: engine.tanh(a * b) + a)
    f(0.5, 2.0)
    plan = f.plan()
    assert [line.text for line in plan.lines if "tanh" in line.text]
    assert (plan.buffers, plan.kept, plan.fresh) == ((), 0, 0)
    assert plan.eager > 3 * 100  # three Values
    assert "op by op, the most at a time" in texts(viz.draw(plan).dot)
    assert str(plan).startswith(f"f: {len(plan.lines)} lines, 0 buffers")


def test_a_node_of_numbers_has_a_plan():
    f = engine.compile(lambda a: a * a)
    f(engine.Value(3.0)).backward()
    assert f.plan().eager > 100
