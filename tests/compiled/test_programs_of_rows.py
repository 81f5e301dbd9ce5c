"""Every row and function of the table as a program that runs: equal to eager, order by order."""

import numpy as np
import pytest
from fused_cases import CASES as FUSED
from program_checks import assert_equal, assert_no_aliases, eager, traced
from shape_cases import CASES
from strategies import case_id, rows_of_engine

import engine
import nn  # noqa: F401  # its rows join the table
from engine.array_programs import ArrayHalves, ArrayProgram

SHAPED = {f"{name}-{i}": case[:2] for name, cases in CASES.items() for i, case in enumerate(cases)}


def is_float(x):
    """Whether an input of a fused op is differentiated."""
    return isinstance(x, float | np.ndarray) and np.asarray(x).dtype.kind == "f"


def fused(name, inputs, params):
    """The floats among a case's inputs, and the op as a function of these."""
    op = engine.registry[name]

    def f(*given):
        rest = iter(given)
        filled = [next(rest) if is_float(x) else x for x in inputs]
        return op.apply(tuple(filled), {**op.defaults, **params})

    return [x for x in inputs if is_float(x)], f


FUSED_CASES = {
    f"{name}-{i}": fused(name, *case)
    for name, cases in FUSED.items()
    for i, case in enumerate(cases)
}


def elementwise(op, params):
    """Numbers in the op's domain, nearly, and the op as a function of these alone."""
    arrays = [np.linspace(0.15, 0.85, 6) + i / 16 for i in range(op.n_inputs)]
    return arrays, lambda *given: op.apply(given, {**op.defaults, **params})


ELEMENTWISE = {case_id(case): elementwise(*case) for case in rows_of_engine()}
ROWS = {**SHAPED, **FUSED_CASES, **ELEMENTWISE}


@pytest.mark.parametrize("name", ROWS)
@np.errstate(all="ignore")
def test_a_row_s_program_and_its_halves_equal_eager(name):
    arrays, f = ROWS[name]
    arrays = [np.asarray(x) for x in arrays]
    inputs, seed, y, found = traced(f, arrays)
    if y.dtype.kind != "f":
        assert_equal(ArrayProgram("f", inputs, [y]).run(arrays), [np.asarray(f(*arrays))], 0)
        return
    g = np.asarray(np.random.default_rng(0).normal(size=y.shape))
    expected = eager(f, arrays, g)
    whole = ArrayProgram("f", [*inputs, seed], [y, *found])
    halves = ArrayHalves("f", inputs, [y], [seed], found)
    for _ in range(2):
        results = whole.run([*arrays, g])
        outputs, kept = halves.forward(arrays)
        parts = [*outputs, *halves.backward(kept, [g])]
        assert_equal(results, expected, 1e-11)
        assert_equal(parts, expected, 1e-11)
        assert_no_aliases(results, [*arrays, g])
        assert_no_aliases(parts, [*arrays, g])
