"""A minus waits until something is added, and no bit of a result is another."""

import numpy as np
import pytest

from engine.array_programs import ArrayProgram
from engine.symbols import Trace

NUMBERS = np.array([0.0, -0.0, 1.5, -2.5, 1e300, -1e-310, np.inf, -np.inf, np.nan])
A, B = (x.ravel() for x in np.meshgrid(NUMBERS, NUMBERS))

#: f, how many negatives its program needs.
PROGRAMS = {
    "a + -b": (lambda a, b: a + -b, 0),
    "-a + b": (lambda a, b: -a + b, 0),
    "-a + -b": (lambda a, b: -a + -b, 1),
    "a - -b": (lambda a, b: a - -b, 0),
    "-a - b": (lambda a, b: -a - b, 1),
    "-a - -b": (lambda a, b: -a - -b, 0),
    "-a * b + a": (lambda a, b: -a * b + a, 0),
    "a / -b - a": (lambda a, b: a / -b - a, 1),
    "b - a / -b": (lambda a, b: b - a / -b, 0),
    "-a * -b": (lambda a, b: -a * -b, 0),
    "-a * (-b + a) - b": (lambda a, b: -a * (-b + a) - b, 1),
    "-(-a - b)": (lambda a, b: -(-a - b) * a, 2),
    "exp(-a) + b": (lambda a, b: np.exp(-a) + b, 1),
    "exp(-a) - -a": (lambda a, b: np.exp(-a) - -a, 1),
    "negative with many readers": (lambda a, b: (lambda n: n * a + n * b + n / b)(-a), 1),
    "-(a * b)": (lambda a, b: -(a * b), 1),
    "a row": (lambda a, b: (-a[:9]) * b.reshape(9, 9) + 1.5, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_results_are_the_same_to_the_bit_with_fewer_negatives(name):
    f, count = PROGRAMS[name]
    trace = Trace()
    a, b = trace.input(A, "a"), trace.input(B, "b")
    program = ArrayProgram("f", [a, b], [f(a, b)])
    assert program.source.count("np.negative(") + program.source.count("= -") == count
    with np.errstate(all="ignore"):
        (found,), expected = program.run([A, B]), f(A, B)
    missing = np.isnan(expected)
    assert np.array_equal(missing, np.isnan(found))
    assert found[~missing].tobytes() == expected[~missing].tobytes()


def test_a_negative_that_the_caller_and_the_second_half_read_is_made():
    trace = Trace()
    a, b = trace.input(A[:9], "a"), trace.input(NUMBERS, "b")
    n = -a
    found = ArrayProgram("f", [a, b], [n, b - n, n * b]).run([np.arange(9.0), np.ones(9)])
    for one, other in zip(
        found, [-np.arange(9.0), 1 + np.arange(9.0), -np.arange(9.0)], strict=True
    ):
        assert np.array_equal(one, other)
