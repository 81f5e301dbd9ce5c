"""What is written from a row for Values says what the row says: to the bit, for every operand."""

import itertools
import math
import struct

import pytest

import engine
import nn  # its rows too
from engine import Value, registry
from engine.values.backward import push_any

SPECIAL = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -2.0,
    3.0,
    1e-310,
    -40.0,
    1e200,
    math.inf,
    -math.inf,
    math.nan,
]
UPSTREAM = [1.0, -2.5, 0.0, math.inf]
#: Parameters of every kind: numbers, whole numbers, none, a name.
PARAMETERS = {
    "clip": [{}, {"min": -1.0}, {"max": 2}, {"min": -0.5, "max": 0.5}, {"min": 1, "max": -1.0}],
    "leaky_relu": [{}, {"negative_slope": 0.2}, {"negative_slope": 3}, {"negative_slope": -0.0}],
    "elu": [{}, {"alpha": 2.0}, {"alpha": 1}],
    "softplus": [{}, {"beta": 2.5}, {"beta": 1}, {"beta": -3}],
    "gelu": [{}, {"approximate": "tanh"}],
    "logit": [{}, {"eps": 0.1}, {"eps": 1e-6}],
    "nan_to_num": [{}, {"nan": 2.0, "posinf": 3.0}, {"neginf": -1}],
    "digamma": [{}, {"n": 1}, {"n": 2}],
}
ROWS = [op for op in registry.values() if op.kind == "elementwise"]
CASES = [(op, params) for op in ROWS for params in PARAMETERS.get(op.name, [{}])]


def bits(x):
    return "nan" if x != x else struct.pack("d", x)


def numbers_for(op):
    """Numbers for each input; a condition is one of few."""
    first = [0.0, 1.0, -0.0, math.nan] if op.vjps[0] is None else SPECIAL
    return itertools.product(first, *[SPECIAL] * (op.n_inputs - 1))


def operands(numbers):
    """The numbers, each as a Value or as what it is, at least one a Value."""
    for kinds in itertools.product([True, False], repeat=len(numbers)):
        if any(kinds):
            yield [Value(x) if node else x for x, node in zip(numbers, kinds, strict=True)]


def test_every_row_with_parameters_has_cases():
    assert {op.name for op in ROWS if op.defaults} == set(PARAMETERS)
    assert nn.functional is not None


@pytest.mark.parametrize(("op", "params"), CASES, ids=lambda x: getattr(x, "name", str(x)))
def test_a_value_is_what_the_row_gives_on_floats(op, params):
    for numbers in numbers_for(op):
        expected = op.on_floats(*numbers, **params)
        for inputs in operands(numbers):
            y = op(*inputs, **params)
            assert bits(y.data) == bits(expected), numbers
            assert y.op is op
            assert list(map(id, y.inputs)) == list(map(id, inputs)) or list(y.inputs) == inputs
            assert dict(y.params) == op.defaults | params


def added(push, inputs, y, g):
    """What a way of backward adds to the adjoint of each input."""
    nodes = [x for x in inputs if isinstance(x, Value)]
    for x in nodes:
        x._adjoint = -0.0
    push(y, g)
    found = [bits(x._adjoint) for x in nodes]
    for x in nodes:
        x._adjoint = None
    return found


@pytest.mark.parametrize(("op", "params"), CASES, ids=lambda x: getattr(x, "name", str(x)))
def test_backward_adds_what_the_rules_give(op, params):
    for numbers in numbers_for(op):
        for inputs in operands(numbers):
            y = op(*inputs, **params)
            for g in UPSTREAM:
                expected = added(push_any, inputs, y, g)
                assert added(op.push, inputs, y, g) == expected, (numbers, inputs, g)


@pytest.mark.parametrize("op", [op for op in ROWS if op.n_inputs == 2], ids=lambda op: op.name)
def test_one_node_on_both_sides_gets_both_parts(op):
    for number in SPECIAL:
        x = Value(number)
        y = op(x, x)
        x._adjoint = -0.0
        push_any(y, 1.0)
        expected, x._adjoint = x._adjoint, -0.0
        op.push(y, 1.0)
        assert bits(x._adjoint) == bits(expected)
        x._adjoint = None


IN_ARRAYS = {"round", "binary_cross_entropy"}  # rows that NumPy computes on Values, too


@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
def test_rows_of_the_table_are_written_out(op):
    """None of them has a rule that must be asked with numbers."""
    assert "def push(node, g):" in op.source
    assert "._adjoint += " in op.source
    assert op.scalar is not None or op.name in IN_ARRAYS
    inputs = [Value(0.5) for _ in range(op.n_inputs)]
    op(*inputs).backward()
    assert op.push is not push_any


def test_a_row_is_written_as_a_reader_would():
    assert engine.div.source.endswith(
        """\
        else:
            b = node_b._held
            y = node._held
            to_a = g / b
            to_b = -g * y / b
            node_a._adjoint += to_a
            node_b._adjoint += to_b
    except RAISES:
        push_any(node, g)
"""
    )


def test_where_adds_to_the_branch_that_was_taken():
    assert engine.where.source.endswith(
        """\
    if type(node_b) is not float:
        node_b._adjoint += g if a else 0.0
    if type(node_c) is not float:
        node_c._adjoint += 0.0 if a else g
"""
    )


def test_bounds_that_may_be_left_out_are_shown():
    assert "_held = (x if x < max or x != x else max) if x > min or x != x else min" in (
        engine.clip.source
    )
    assert "node_x._adjoint += g if (x >= min) & (x <= max) else 0.0" in engine.clip.source
