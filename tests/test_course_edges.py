"""The engines of notebook 03: one is right, four are wrong each in its own way, and it shows."""

import pytest
from matplotlib import pyplot
from matplotlib.text import Annotation

from engine import Value, toposort
from notebooks.checks_03 import mystery
from notebooks.lesson_03 import (
    MISTAKES,
    Engine,
    NoOrder,
    Overwrite,
    ParentSet,
    Stale,
    arrows,
    derivative,
    doubled,
    expressions,
    smallest,
)

EVERYTHING = [f for count in (1, 2, 3) for f in expressions(count)]


@pytest.mark.parametrize("passes", [1, 2])
def test_the_right_engine_agrees_with_value_on_every_small_expression(passes):
    for f in EVERYTHING:
        a = Value(3.0)
        y = f(a)
        for _ in range(passes):
            y.backward()

        assert derivative(Engine, f, passes=passes) == a.grad, f


def test_the_right_engine_leaves_constants_alone_and_takes_the_rule_of_the_right_input():
    assert derivative(Engine, lambda a: 4.0 - a / 2.0) == -0.5


@pytest.mark.parametrize(
    ("kind", "f", "passes", "right", "wrong"),
    [
        (Overwrite, "y = a + a", 1, 2.0, 1.0),
        (ParentSet, "y = a + a", 1, 2.0, 1.0),
        (NoOrder, "b = a + a, c = a + b, y = b + c", 1, 5.0, 3.0),
        (Stale, "b = a + a, y = a + b", 2, 6.0, 8.0),
    ],
)
def test_the_smallest_counterexample_of_each_mistake(kind, f, passes, right, wrong):
    case = smallest(kind)

    assert (str(case.f), case.passes, case.right, case.wrong) == (f, passes, right, wrong)


def test_nothing_tells_an_engine_from_itself():
    with pytest.raises(LookupError, match="Engine is right"):
        smallest(Engine, most=2)


def test_any_two_engines_can_be_told_apart():
    kinds = (Engine, *MISTAKES)
    for one in kinds:
        for other in kinds:
            if one is not other:
                assert smallest(one, other).wrong != smallest(one, other).right


def test_the_engine_of_the_riddle_makes_one_of_the_four_mistakes_only():
    alike = [m for m in MISTAKES if all(mystery(f) == derivative(m, f) for f in EVERYTHING)]

    assert alike == [ParentSet]


def test_a_counterexample_is_drawn_with_both_gradients():
    dot = smallest(Stale).draw().dot

    assert dot.count("<B>gradient differs</B>") == 2  # a and b


def test_doubling_doubles_the_paths():
    x, y = doubled(5)
    y.backward()

    assert x.grad == 32
    assert sum(len(node.inputs) for node in toposort(y)) == 10


def test_an_arrow_that_points_back_is_dashed():
    y = smallest(NoOrder).f(Value(3.0, label="a"))
    _, axes = pyplot.subplots(1, 2)
    for kind, ax in zip((Engine, NoOrder), axes, strict=True):
        arrows(kind().order(y), ax)
    drawn = [[t.arrow_patch for t in ax.texts if isinstance(t, Annotation)] for ax in axes]
    pyplot.close("all")

    assert [len(ones) for ones in drawn] == [6, 6]  # an arrow for each edge
    assert [[one.get_linestyle() for one in ones].count("--") for ones in drawn] == [0, 1]
