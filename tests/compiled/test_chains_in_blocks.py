"""Chains of elementwise steps over large arrays run block by block, and equal eager."""

import tracemalloc

import numpy as np
import pytest

import engine
from engine import Tensor
from engine.array_programs import ArrayHalves, ArrayProgram, chain_text, chains
from engine.array_programs.chains import LARGE
from engine.symbols import Trace
from engine.writing import gradients


def traced(f, examples):
    """The Symbols of f's arguments, of its result, of the seed and of the gradients."""
    trace = Trace()
    xs = [trace.input(x, f"x{i}", x.dtype.kind == "f") for i, x in enumerate(examples)]
    y = f(*xs)
    seed = trace.input(y.full(1.0), "g")
    found = gradients(y, seed)
    return xs, y, seed, [found.get(x, x.full(0.0)) for x in xs if x.requires_grad]


def eager(f, numbers, g):
    """Result and gradients op by op."""
    tensors = [Tensor(x, requires_grad=x.dtype.kind == "f") for x in numbers]
    y = f(*tensors)
    y.backward(g)
    return [y.numpy(), *(x.grad for x in tensors if x.requires_grad)]


def drawn(shape, seed, dtype=float):
    """Random numbers."""
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def assert_equal(found, expected, dtype):
    """The same numbers, beside the rounding of sums."""
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    for one, other in zip(found, expected, strict=True):
        assert (one.shape, one.dtype) == (np.shape(other), other.dtype)
        finite = np.abs(other[np.isfinite(other)])
        near = tolerance * (1 + finite.max(initial=0.0))  # of sums, by their terms
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=near)


def smooth(x, y):
    """Elementwise steps with a choice in them."""
    a = engine.tanh(x * y + 0.5)
    return engine.relu(a - y) * engine.exp(a * -0.5) / engine.sqrt(a * a + 1.0)


ROWS = LARGE // 64 + 5
PROGRAMS = {
    "numbers": (smooth, [(LARGE + 77,)] * 2),
    "whole blocks": (smooth, [(LARGE,)] * 2),
    "matrices": (smooth, [(400, 401)] * 2),
    "a row": (smooth, [(ROWS, 64), (64,)]),
    "a column": (smooth, [(ROWS, 64), (ROWS, 1)]),
    "planes": (smooth, [(71, 32, 64), (71, 1, 1)]),
    "a plane": (smooth, [(71, 32, 64), (32, 64)]),
    "an outer product": (smooth, [(ROWS, 1), (64,)]),
    "a number": (smooth, [(400, 401), ()]),
    "their sum": (lambda x, y: smooth(x, y).sum(), [(LARGE + 77,)] * 2),
    "its mean": (lambda x, y: smooth(x, y).mean() * 2, [(400, 401), (401,)]),
    "parts of their sum": (lambda x, y: smooth(x, y) * 2 / smooth(x, y).sum(), [(400, 401)] * 2),
    "parts of their sum, by a row": (
        lambda x, y: y * smooth(x, y).mean() + smooth(x * 2, y) * (x * x).mean(),
        [(400, 401), (401,)],
    ),
    "masked": (lambda x, y: engine.where(x > y, smooth(x, y), y * 2), [(400, 401)] * 2),
    "transposed": (lambda x, y: smooth(x.T, y) * 2, [(400, 401), (401, 400)]),
    "a product between": (lambda x, y: smooth(x @ y, x) + smooth(x, y), [(400, 400)] * 2),
    "long rows": (smooth, [(2, LARGE), (2, LARGE)]),
}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_in_blocks_equals_eager_in_one_piece_and_in_halves(name, dtype):
    f, shapes = PROGRAMS[name]
    xs, y, seed, found = traced(f, [drawn(s, i, dtype) for i, s in enumerate(shapes)])
    program = ArrayProgram("f", [*xs, seed], [y, *found])
    halves = ArrayHalves("f", xs, [y], [seed], found)
    assert "in_blocks(" in program.source
    for call in range(2):
        numbers = [drawn(s, 10 * call + i + 2, dtype) for i, s in enumerate(shapes)]
        g = drawn(y.shape, call, dtype)
        expected = eager(f, numbers, g)
        assert_equal(program.run([*numbers, g]), expected, dtype)
        outputs, kept = halves.forward(numbers)
        assert_equal([*outputs, *halves.backward(kept, [g])], expected, dtype)


def test_steps_over_small_arrays_are_left_in_one_piece():
    xs, y, seed, found = traced(smooth, [drawn((64, 256), i) for i in range(2)])
    assert "blocks" not in ArrayProgram("f", [*xs, seed], [y, *found]).source


def test_rows_that_are_longer_than_a_block_are_left_in_one_piece():
    xs, y, *_ = traced(smooth, [drawn((3, LARGE), 0), drawn(LARGE, 1)])
    assert "blocks" not in ArrayProgram("f", xs, [y]).source


def test_a_single_step_is_left_in_one_piece():
    xs, y, *_ = traced(lambda x: engine.exp(x), [drawn(LARGE, 0)])
    assert "blocks" not in ArrayProgram("f", xs, [y]).source


def test_a_choice_by_numbers_that_are_no_bools_is_right():
    numbers = [np.array([0.0, 2.0, np.nan, -1.0]), np.arange(4.0)]
    xs, y, *_ = traced(lambda c, x: engine.where(c, x * 2, x + 3).sum(), numbers)
    expected = np.where(numbers[0], numbers[1] * 2, numbers[1] + 3).sum()
    assert ArrayProgram("f", xs, [y]).run(numbers) == [expected]


def test_a_chain_says_what_the_function_calls_its_results():
    x = Trace().input(drawn(LARGE, 0), "x")
    hidden = engine.tanh(x)
    hidden.label = "hidden"
    program = ArrayProgram("f", [x], [(hidden * 2 + hidden / 3 - x).sum()])
    assert "np.tanh(x, t1)  # hidden" in program.source


#: Programs on a few numbers, whose chains are cut in blocks of three.
SMALL = {
    "rows": (lambda x, y: (smooth(x, y) - y).sum(0) @ smooth(x, y).T, [(7, 5), (5,)]),
    "columns": (
        lambda x, y: engine.softmax(smooth(x, y), axis=1) * smooth(x, y[:, :1]), [(7, 5)] * 2
    ),
    "totals": (lambda x, y: smooth(x / (x * x).sum(), y).mean() * y, [(11,), (11,)]),
    "two shapes": (
        lambda x, y: smooth(x @ y, x @ y + 1) + smooth(x, x)[:, :4].sum(), [(7, 5), (5, 4)]
    ),
    "in turns": (lambda x, y: smooth(smooth(x, y).T @ smooth(y, x), y) * x, [(5, 5)] * 2),
    "planes": (lambda x, y: smooth(x, y).sum((0, 2)) * smooth(x, y).mean(), [(3, 4, 5), (4, 1)]),
    "layer norm": (
        lambda x, y: (x - x.mean(1, keepdims=True)) / (x.var(1, keepdims=True) + 1) ** 0.5 * y,
        [(7, 5), (5,)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_what_is_put_together_from_afar_is_computed_in_the_right_order(name, monkeypatch):
    monkeypatch.setattr(chains, "LARGE", 2)
    monkeypatch.setattr(chains, "WORTHWHILE", 0)
    monkeypatch.setattr(chain_text, "BLOCK", 24)
    f, shapes = SMALL[name]
    xs, y, seed, found = traced(f, [drawn(s, i) for i, s in enumerate(shapes)])
    program = ArrayProgram("f", [*xs, seed], [y, *found])
    halves = ArrayHalves("f", xs, [y], [seed], found)
    assert program.source.count("in_blocks(") > 1
    for call in range(2):
        numbers = [drawn(s, 10 * call + i + 2) for i, s in enumerate(shapes)]
        g = drawn(y.shape, call)
        expected = eager(f, numbers, g)
        assert_equal(program.run([*numbers, g]), expected, np.float64)
        outputs, kept = halves.forward(numbers)
        assert_equal([*outputs, *halves.backward(kept, [g])], expected, np.float64)
        assert_equal(halves.backward(kept, [g]), expected[1:], np.float64)


def test_inputs_may_have_any_strides():
    numbers = [drawn((800, 802), i)[::2, ::-2] for i in range(2)]
    xs, y, _, _ = traced(smooth, numbers)
    numbers[1] = np.broadcast_to(drawn(401, 3), (400, 401))
    expected = smooth(*map(Tensor, numbers)).numpy()
    assert_equal(ArrayProgram("f", xs, [y]).run(numbers), [expected], np.float64)


def test_nan_and_infinity_pass_through_blocks():
    numbers = [drawn(LARGE + 3, i) for i in range(2)]
    for x in numbers:
        x[::1000], x[5::1000], x[LARGE:] = np.nan, np.inf, -np.inf
    xs, y, seed, found = traced(smooth, numbers)
    g = np.ones(LARGE + 3)
    with np.errstate(all="ignore"):
        assert_equal(
            ArrayProgram("f", [*xs, seed], [y, *found]).run([*numbers, g]),
            eager(smooth, numbers, g),
            np.float64,
        )


def test_what_only_a_chain_reads_takes_no_large_array():
    numbers = [drawn(1_000_000, i, np.float32) for i in range(2)]
    xs, y, seed, found = traced(lambda x, y: smooth(x, y).sum(), numbers)
    program = ArrayProgram("f", [*xs, seed], [y, *found])
    given = [*numbers, np.float32(1.0)]
    program.run(given)
    tracemalloc.start()
    results = program.run(given)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < sum(x.nbytes for x in results) + 64 * 1024
