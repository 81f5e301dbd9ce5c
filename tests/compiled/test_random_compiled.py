"""Random programs of arrays, compiled: three calls with other numbers, equal to eager's.

    PROGRAMS=10000 python -m pytest tests/compiled/test_random_compiled.py

runs as many of them.
"""

import os

import numpy as np
import pytest
from hypothesis import Phase, given, settings, strategies as st
from test_random_programs import programs

import engine
from engine import Tensor

PHASES = (Phase.explicit, Phase.generate)
MANY = settings(max_examples=int(os.environ.get("PROGRAMS", "15")), phases=PHASES, deadline=None)
NEAR = {np.float64: 1e-12, np.float32: 1e-5}


class Numbers:
    """Inputs for a program: those that it was drawn with, then others."""

    def __init__(self, inputs, dtype, seed):
        self.shapes = [np.shape(x) for x in inputs]
        self.inputs, self.dtype = inputs, dtype
        self.rng = np.random.default_rng(seed)

    def __iter__(self):
        yield [np.array(x, self.dtype) for x in self.inputs]
        for _ in range(2):
            yield [np.array(self.rng.uniform(-2, 2, s), self.dtype) for s in self.shapes]


def flat(x):
    """All arrays in a result."""
    if isinstance(x, tuple | list):
        return [one for part in x for one in flat(part)]
    return [None if x is None else np.asarray(engine.to_numpy(x))]


def close(found, compute, numbers, near):
    """As eager's, up to what rounding the inputs makes of the result."""
    expected = flat(compute(numbers))
    assert len(found) == len(expected)
    shifted = None
    for i, (x, y) in enumerate(zip(found, expected, strict=True)):
        if x is None or y is None:  # nothing depends on this input
            assert not np.any([x is not None and x.any(), y is not None and y.any()])
            continue
        assert x.shape == y.shape
        assert x.dtype == y.dtype or not x.ndim
        finite = y[np.isfinite(y)]
        size = np.abs(finite).max(initial=1.0)
        if not np.allclose(x, y, rtol=0, atol=near * size, equal_nan=True):
            shifted = shifted or [
                flat(compute([(n * (1 + s * near)).astype(n.dtype) for n in numbers]))
                for s in (-1, 1)
            ]
            spread = sum(np.abs(s[i] - y).max() for s in shifted)
            np.testing.assert_allclose(x, y, rtol=0, atol=near * size + 10 * spread)


def with_gradients(f, numbers):
    """f's result as a node, its gradients, and the gradients of the sum of their squares."""
    leaves = [Tensor(x, requires_grad=True) for x in numbers]
    y = f(*leaves)
    if not y.requires_grad:
        return [y], leaves
    found = engine.grad_of(y, leaves, create_graph=True, allow_unused=True)
    squares = sum((g * g).sum() for g in found if g is not None)
    second = [None] * len(leaves)
    if getattr(squares, "requires_grad", False):
        second = engine.grad_of(squares, leaves, allow_unused=True)
    y.backward()
    return [y, *found, *second, *(x.grad for x in leaves)], leaves


@MANY
@given(programs(), st.sampled_from(list(NEAR)), st.integers(0, 2**32))
def test_a_call_is_a_node_with_the_gradients_of_eager(drawn, dtype, seed):
    program, inputs = drawn
    compiled = engine.compile(program.run)
    for numbers in Numbers(inputs, dtype, seed):
        before = [x.tobytes() for x in numbers]
        with np.errstate(all="ignore"):
            found, leaves = with_gradients(compiled, numbers)
            close(flat(found), lambda n: with_gradients(program.run, n)[0], numbers, NEAR[dtype])
        assert [x.tobytes() for x in numbers] == before
        assert [x.data.tobytes() for x in leaves] == before
    assert len(compiled.traces) == 1


@pytest.mark.filterwarnings("ignore:.*does not depend on argument")  # nor do some programs
@MANY
@given(programs(), st.sampled_from(list(NEAR)), st.integers(0, 2**32))
def test_derivatives_of_a_compiled_function_are_those_of_eager(drawn, dtype, seed):
    program, inputs = drawn
    wrt = tuple(range(len(inputs)))
    f = engine.compile(program.run)
    for numbers in Numbers(inputs, dtype, seed):
        along = [np.cos(np.arange(x.size)).reshape(x.shape).astype(dtype) for x in numbers]

        def derivatives(g, n, along=along):
            both = engine.value_and_grad(g, wrt)(*n)
            return both, engine.grad(g, wrt)(*n), engine.hvp(g, tuple(n), tuple(along))

        before = [x.tobytes() for x in (*numbers, *along)]
        with np.errstate(all="ignore"):
            found = flat(derivatives(f, numbers))
            close(found, lambda n: derivatives(program.run, n), numbers, NEAR[dtype])
        assert [x.tobytes() for x in (*numbers, *along)] == before


@MANY
@given(programs(), st.integers(0, 2**32))
def test_results_are_arrays_of_their_own(drawn, seed):
    program, inputs = drawn

    def several(*given):
        found = list(given)
        for function, operands in program.steps:
            found.append(function(*(found[i] for i in operands)))
        return [*given, *found[-4:], found[-1]]

    compiled = engine.compile(several)
    kept = []
    for numbers in Numbers(inputs, np.float64, seed):
        before = [x.tobytes() for x in numbers]
        with np.errstate(all="ignore"):
            found = flat(compiled(*numbers))
            close(found, lambda n: several(*n), numbers, 1e-12)
        kept += [(x, x.tobytes()) for x in found]
        assert [x.tobytes() for x in numbers] == before
        owned = [*numbers, *(x for x, _ in kept)]
        for i, x in enumerate(owned):
            assert not any(np.shares_memory(x, y) for y in owned[:i])
    for x, content in kept:
        assert x.tobytes() == content


def test_the_backward_half_asks_what_the_first_half_has_found_finite():
    numbers = [np.random.default_rng(0).uniform(-2, 2, (2, 3))]

    def f(x):
        return (engine.var(x * x, axis=0) ** 2).sum()

    found, _ = with_gradients(engine.compile(f), numbers)
    close(flat(found), lambda n: with_gradients(f, n)[0], numbers, 1e-12)
