"""Ctrl-C while a row is being written down leaves nothing behind."""

import pytest
from interrupting import as_at_the_start, interrupted_at_every_line

from engine import Op, Value
from engine.symbols import Names, Term, followed


def _larger(x):
    return x if x > 0 else x * 0.5


def test_an_interrupt_while_a_function_is_followed_leaves_no_answers():
    names = Names()
    x = Term.named("x", names)

    def check(interrupt):
        as_at_the_start(interrupt)
        with pytest.raises(TypeError, match="truth of a Term outside a function"):
            bool(x > 0)

    assert interrupted_at_every_line(lambda: followed(_larger, x), check) > 10


def test_an_op_whose_writing_was_interrupted_is_written_the_next_time():
    ops = []

    def program():
        ops.append(Op("halved", _larger, (lambda g, y, x: g,), scalar=_larger))
        assert ops[-1](Value(-1.0)).data == -0.5

    def check(interrupt):
        as_at_the_start(interrupt)
        for op in ops:
            y = op(Value(-1.0))
            y.backward()
            assert (y.data, op(Value(2.0)).data, y.inputs[0].grad) == (-0.5, 2.0, 1.0)
        ops.clear()

    assert interrupted_at_every_line(program, check) > 100
