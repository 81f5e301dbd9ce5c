"""Loops of floats compute what their steps do, to the last bit, however they are written."""

import math
from unittest import mock

import pytest
from hypothesis import given, strategies as st
from symbols.scalar_programs import Planted, arguments_for, bits, unrolled

from engine.number_programs import float_loops
from engine.number_programs.float_lines import LineWriter
from engine.number_programs.float_steps import LEAF, Steps
from engine.number_programs.float_text import FloatWriter
from engine.writing import FUNCTIONS, Helpers, Names, StraightLine, constant_text

SPECIALS = (0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 1e308)
#: Steps of a body, and of a loop, that are written out at most: both, bodies only, and neither.
BOUNDS = [{}, {"SHORT": 0}, {"SHORT": 0, "MOST": 0}]


def steps_of(program):
    """The steps of a straight line as `Steps`, and the numbers of its results there."""
    steps = Steps([], Helpers(Names()), True)
    leaves = len(program.leaves)
    constants = [steps.constant(float(eval(c, dict(vars(math))))) for c in program.constants]

    def number(v):
        if v < leaves:
            return LEAF - v
        v -= leaves
        return constants[v] if v < len(constants) else v - len(constants)

    for step in program.steps:
        if step.name:
            steps.names[len(steps.forms)] = step.name
        steps.forms.append(step.form)
        steps.reads.append(tuple(map(number, step.reads)))
        steps.ops.append(step.comment)
    steps.half = sum(step.part != "backward" for step in program.steps)
    results = [
        number(r.values) if isinstance(r.values, int) else [*map(number, r.values)]
        for r in program.results
    ]
    return steps, results


def text_of(program):
    """The text of a straight line as a function of its leaves."""
    names = Names(FUNCTIONS)
    words = [names.taken(word) for word in dict.fromkeys(leaf.name for leaf in program.leaves)]
    steps, results = steps_of(program)
    row = float_loops.row_of(steps, results)
    looped = float_loops.with_loops(row)
    texts = [constant_text(x, numbers=True) for x in steps.constants]
    outside = StraightLine(program.leaves, texts, (), ())
    wanted = [r.name for r in program.results]
    if looped:
        writer = FloatWriter(*looped, outside, wanted, names)
    else:
        writer = LineWriter(row, outside, wanted, names)
    above, body = writer.text()
    lines = [*above, f"def f({', '.join(words)}):", *(f"    {line}" for line in body)]
    return "\n".join(lines) + "\n"


def checked(program, seed, bounds, specials=()):
    """Run the text, and compare every bit with the steps one by one."""
    with mock.patch.dict(vars(float_loops), bounds):
        text = text_of(program)
    space = dict(vars(math))
    exec(text, space)
    given = arguments_for(program, seed, specials)
    found = space["f"](**given)
    found = [found] if len(program.results) == 1 else list(found)
    assert bits(found) == bits(unrolled(program)(**given)), text
    return text


@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.02, 0.1]), st.sampled_from(BOUNDS))
def test_planted_repeats_and_near_repeats_change_no_bit(seed, faults, bounds):
    checked(Planted(seed, faults).program(), seed, bounds)


@given(st.integers(0, 2**32), st.sampled_from(BOUNDS))
def test_special_values_come_through_loops_bit_for_bit(seed, bounds):
    checked(Planted(seed, 0.02).program(), seed, bounds, SPECIALS)


@pytest.mark.parametrize("bounds", BOUNDS, ids=["short", "bodies", "nested"])
def test_the_same_programs_each_time_change_no_bit(bounds):
    for seed in range(120):
        checked(Planted(seed, 0.02 * (seed % 2)).program(), seed, bounds, SPECIALS[: seed % 3])
