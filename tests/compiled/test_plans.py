"""The plan of a program: what it writes where, for how long, and what it costs op by op."""

import gc
import tracemalloc

import numpy as np
import pytest
from program_checks import drawn, traced

import engine
from engine.array_programs import ArrayHalves, ArrayProgram


def program_of(f, *shapes):
    """A program with the gradients."""
    inputs, seed, y, found = traced(f, [drawn(shape, 0) for shape in shapes])
    return ArrayProgram("f", [*inputs, seed], [y, *found])


def net(x, w, v):
    """Two layers."""
    return engine.tanh(engine.relu(x @ w) @ v).sum()


SHAPES = ((20, 30), (30, 30), (30, 30))
LARGE = ((1000, 300),)


def test_the_lines_of_a_plan_are_the_program_s():
    program = program_of(net, *SHAPES)
    plan = program.plan()
    assert len(plan.lines) > 10
    assert all(f"\n    {line.text}\n" in program.source for line in plan.lines)


def test_a_buffer_holds_one_thing_at_a_time():
    for plan in (program_of(net, *SHAPES).plan(), program_of(engine.tanh, *LARGE).plan()):
        assert {name for line in plan.lines for name in line.writes} <= {
            b.name for b in plan.buffers
        }
        for buffer in plan.buffers:
            assert all(1 <= first <= last <= len(plan.lines) for first, last in buffer.lives)
            assert all(a[1] <= b[0] for a, b in zip(buffer.lives, buffer.lives[1:], strict=False))


def test_sizes_are_added_up():
    plan = program_of(net, *SHAPES).plan()
    assert plan.fresh == 2 * 8 * 30 * 30 + 8 * 20 * 30
    assert plan.kept == sum(buffer.size for buffer in plan.buffers) - plan.fresh
    assert plan.kept < plan.eager


def test_op_by_op_what_forward_makes_stays_until_the_end():
    inputs, _, y, _ = traced(lambda x: engine.tanh(x * 2).sum(), [np.ones(1000)])
    assert ArrayProgram("f", inputs, [y]).plan().eager == 2 * 8000 + 8


def test_op_by_op_what_backward_makes_is_given_up():
    inputs, seed, y, found = traced(lambda x: x * 2 * 3 * 4, [np.ones(1000)])
    plan = ArrayHalves("f", inputs, [y], [seed], found).plan()
    assert plan.eager == 3 * 8000 + 2 * 8000


def test_views_cost_nothing_op_by_op():
    inputs, _, y, _ = traced(lambda x: (x * 2).T.reshape(-1)[:10], [np.ones((1000, 1))])
    assert ArrayProgram("f", inputs, [y]).plan().eager == 8000


@pytest.mark.parametrize("large", [False, True])
def test_a_plan_is_printed_as_a_table(large):
    plan = program_of(engine.tanh, *LARGE).plan() if large else program_of(net, *SHAPES).plan()
    text = str(plan)
    assert max(map(len, text.split("\n"))) <= 100
    assert f"f: {len(plan.lines)} lines, {len(plan.buffers)} buffers" in text
    assert all(buffer.name in text for buffer in plan.buffers)
    assert ("2.3 MiB" in text) == large


def test_a_program_without_lines_has_a_plan():
    inputs, _, _, _ = traced(lambda x: x * 2, [np.ones(3)])
    assert str(ArrayProgram("f", inputs, [inputs[0]]).plan()).startswith("f: 0 lines, 0 buffers")


def test_memory_is_used_again_for_arrays_of_other_shapes():
    def f(x, u, v, w):
        return engine.tanh(engine.tanh(engine.tanh(x @ u) @ v) @ w).sum()

    shapes = (20, 30), (30, 31), (31, 32), (32, 33)
    inputs, _, y, _ = traced(f, [drawn(shape, 0) for shape in shapes])
    program = ArrayProgram("f", inputs, [y])
    plan = program.plan()
    assert len(plan.buffers) == 3 > len({buffer.memory for buffer in plan.buffers})
    assert plan.kept == 8 * 20 * (32 + 33)
    numbers = [drawn(shape, i) for i, shape in enumerate(shapes)]
    (found,) = program.run(numbers)
    x, *weights = numbers
    for weight in weights:
        x = np.tanh(x @ weight)
    np.testing.assert_allclose(found, x.sum(), rtol=1e-12)


def test_memory_much_larger_than_needed_is_left_alone():
    inputs, _, y, _ = traced(lambda x: engine.tanh(x @ x * 2).sum(0) * 2, [np.ones((30, 30))])
    plan = ArrayProgram("f", inputs, [y, y.sum()]).plan()
    assert len({buffer.memory for buffer in plan.buffers}) == len(plan.buffers)


@pytest.mark.parametrize("f", [
    net,
    lambda x, w, v: engine.softmax(engine.relu(x @ w) + v.sum(0), axis=1) * 2,
    lambda x, w, v: (x.T.reshape(-1, 30) * engine.where(x > 0, x, 0.0)).mean(0) @ w @ v,
    lambda x, w, v: engine.concatenate([x[1:], engine.exp(x[:5])], axis=0) @ w @ v,
])  # fmt: skip
def test_a_call_allocates_what_it_hands_to_the_caller(f):
    shapes = (900, 30), (30, 30), (30, 30)
    inputs, seed, y, found = traced(f, [drawn(shape, 0) for shape in shapes])
    program = ArrayProgram("f", [*inputs, seed], [y, *found])
    halves = ArrayHalves("f", inputs, [y], [seed], found)
    numbers, g = [drawn(shape, 1) for shape in shapes], np.ones(y.shape)

    def in_halves():
        outputs, kept = halves.forward(numbers)
        return [*outputs, *halves.backward(kept, [g])]

    for call in (lambda: program.run([*numbers, g]), in_halves):
        call()
        gc.collect()
        tracemalloc.start()
        results = call()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < sum(x.nbytes for x in results) + 64 * 1024
