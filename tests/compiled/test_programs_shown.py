"""What a reader sees of a compiled function: its name and forms, its plan, its text, its errors."""

import re
import sys

import numpy as np
import pytest

import engine
from engine import Tensor, Value

X = np.ones(1000)
LARGE = np.ones(1_000_000)


def thrice(x):
    return x * 2.0 * 3.0 * 4.0


def test_a_compiled_function_says_its_name_and_its_forms():
    @engine.compile
    def f(x, power, *more):
        return x**power

    assert repr(f) == "<compiled f, traces: 0>"
    for call in ((2.0, 2), (np.ones((2, 3)), 2), (Tensor(X), 3), (Value(1.0), "2", [1.0])):
        f(*call[:1], int(call[1]), *call[2:])
    assert repr(f) == "<compiled f, traces: 4>"
    assert [repr(trace) for trace in f.traces] == [
        "<trace of f(x: float, power: 2)>",
        "<trace of f(x: (2, 3) float64, power: 2)>",
        "<trace of f(x: (1000,) float64 Tensor, power: 3)>",
        "<trace of f(x: Value, power: 2, x3: list)>",
    ]


def test_a_form_shows_what_is_given_by_name_and_no_long_text():
    f = engine.compile(lambda x, mode="mean": x * len(mode))
    f(2.0, mode="sum")
    f(2.0, mode="a" * 30)
    forms = [trace.form for trace in f.traces]
    assert forms == ["x: float, mode: 'sum'", "x: float, mode: str"]


def test_without_a_gradient_results_are_given_up_op_by_op():
    f = engine.compile(thrice)
    f(X)
    assert f.plan().eager == 2 * X.nbytes
    f(Tensor(X, requires_grad=True))
    assert f.plan().eager >= 3 * X.nbytes


def test_a_bar_of_the_last_line_ends_where_the_table_ends():
    f = engine.compile(lambda x: (x @ x.T).sum(0).T * 2.0)
    f(np.ones((3, 3)))
    plan = f.plan()
    (last,) = [row for row in str(plan).splitlines() if row.endswith(" o")]
    assert len(plan.lines) < 40
    assert re.search(r"\.#+ o$", last)


def test_workspaces_of_blocks_are_there_at_the_call_once_for_each_thread():
    def waves(x):
        for _ in range(10):
            x = x * 0.9 + engine.sin(x)
        return x

    f, one = engine.compile(waves, threads=2), engine.compile(waves, threads=1)
    for program in (f, one):
        program(LARGE)
        plan = program.plan()
        (called,) = [i for i, line in enumerate(plan.lines, 1) if line.text.startswith("in_")]
        spaces = [buffer for buffer in plan.buffers if buffer.name.startswith("t")]
        assert spaces
        assert {buffer.lives[0][1] for buffer in spaces} == {called}
    assert f.plan().kept == 2 * one.plan().kept > 0


def test_places_are_written_as_a_range():
    f = engine.compile(lambda x, labels: x[np.arange(50), labels].sum())
    f(np.ones((50, 3)), np.zeros(50, dtype=int))
    assert "np.arange(50, dtype=" in f.source
    assert max(map(len, f.source.splitlines())) < 100


def _mask(x):
    return x[x > 0].sum()


def _put(x):
    y = Tensor(np.zeros(3))
    y[0] = x[0]
    return y


@pytest.mark.parametrize("f", [_mask, _put])
def test_what_has_no_program_is_refused_with_its_line(f):
    with pytest.raises(TypeError, match=r"test_programs_shown.py, line \d+") as caught:
        engine.compile(f)(np.ones(3))
    line = int(re.search(r"line (\d+)", str(caught.value))[1])
    first = f.__code__.co_firstlineno
    assert first < line <= first + 2
    assert sys.modules[f.__module__].__file__ in str(caught.value)
