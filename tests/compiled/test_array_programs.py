"""Array programs that run: equal to eager, with results of their own, call after call."""

import gc
import subprocess
import sys
import weakref

import numpy as np
import pytest
from program_checks import assert_equal, assert_no_aliases, drawn, eager, traced

import engine
from engine.array_programs import ArrayHalves, ArrayProgram
from engine.symbols import Trace

PROGRAMS = {
    "mlp": (lambda x, w, b: engine.relu(x @ w + b).sum(0), ((5, 3), (3, 4), (4,))),
    "softmax": (lambda x: engine.softmax(x, axis=1), ((4, 3),)),
    "reshaped": (lambda x: (x * 2).T.reshape(-1) * 3, ((4, 3),)),
    "powers": (lambda x: (x**2 + abs(x) ** 0.5) / (x**-1 + 7) ** 3, ((6,),)),
    "numbers": (lambda x: 3 - -2 * x / 5, ((2, 2),)),
    "scalar": (lambda x: (x.sum() * 2).exp() / 100 + x.mean(), ((3,),)),
    "0-d": (lambda x, y: x * y + 1, ((), ())),
    "broadcast": (lambda x, y: x * y - y, ((4, 1, 3), (2, 1))),
    "max": (lambda x: x.max(axis=0) * x.min(axis=1, keepdims=True), ((3, 3),)),
    "index": (lambda x: x[1:, ::-1] * x[[0, 1]], ((3, 4),)),
    "where": (lambda x, y: engine.where(x > y, x * y, y), ((5,), (5,))),
    "batched": (lambda x, y: engine.tanh(x @ y).mT, ((2, 3, 4), (2, 4, 5))),
    "concatenated": (lambda x, y: engine.concatenate([x, y * 2], axis=0), ((2, 3), (1, 3))),
    "cumulated": (lambda x: x.cumsum(0), ((3, 3),)),
    "shared": (lambda x: (x * x).sum() + (x * x).sum(), ((3,),)),
    "itself": (lambda x: x.T, ((3, 2),)),
    "empty": (lambda x: (x + 1).sum(0), ((0, 3),)),
}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_and_its_halves_equal_eager_call_after_call(name, dtype):
    f, shapes = PROGRAMS[name]
    inputs, seed, y, found = traced(f, [drawn(shape, 9, dtype) for shape in shapes])
    whole = ArrayProgram("f", [*inputs, seed], [y, *found])
    halves = ArrayHalves("f", inputs, [y], [seed], found)
    for call in range(3):
        numbers = [drawn(shape, call, dtype) for shape in shapes]
        g = np.asarray(drawn(y.shape, 7, dtype))
        before = [x.copy() for x in (*numbers, g)]
        expected = eager(f, numbers, g)
        results = whole.run([*numbers, g])
        outputs, kept = halves.forward(numbers)
        parts = halves.backward(kept, [g])
        again = halves.backward(kept, [g])
        tolerance = 1e-12 if dtype is np.float64 else 1e-5
        assert_equal(results, expected, tolerance)
        assert_equal([*outputs, *parts], expected, tolerance)
        assert_equal(again, parts, 0)
        assert_no_aliases(results, [*numbers, g])
        assert_no_aliases([*outputs, *parts, *again], [*numbers, g, *results])
        assert_equal([*numbers, g], before, 0)


def test_results_of_an_earlier_call_keep_their_numbers():
    inputs, _, y, _ = traced(lambda x: engine.tanh(x * 2) + 1, [drawn(4, 0)])
    program = ArrayProgram("f", inputs, [y])
    (first,) = program.run([drawn(4, 1)])
    before = first.copy()
    program.run([drawn(4, 2)])
    assert_equal([first], [before], 0)


def test_forward_may_be_called_again_before_backward():
    inputs, seed, y, found = traced(lambda x: engine.tanh(x).exp(), [drawn(4, 0)])
    halves = ArrayHalves("f", inputs, [y], [seed], found)
    numbers, g = [drawn(4, call) for call in range(3)], np.ones(4)
    kept = [halves.forward([x])[1] for x in numbers]
    for i in (1, 0, 2):
        expected = eager(lambda x: engine.tanh(x).exp(), [numbers[i]], g)[1:]
        assert_equal(halves.backward(kept[i], [g]), expected)


def test_what_backward_reads_is_not_the_caller_s():
    inputs, seed, y, found = traced(engine.tanh, [drawn(4, 0)])
    halves = ArrayHalves("f", inputs, [y], [seed], found)
    outputs, kept = halves.forward([drawn(4, 1)])
    expected = halves.backward(kept, [np.ones(4)])
    outputs[0][:] = 100
    assert_equal(halves.backward(kept, [np.ones(4)]), expected, 0)


def test_a_workspace_is_used_again_once_nothing_is_kept():
    inputs, seed, y, found = traced(engine.tanh, [drawn(4, 0)])
    halves = ArrayHalves("f", inputs, [y], [seed], found)
    _, kept = halves.forward([drawn(4, 1)])
    space = kept.space
    _, other = halves.forward([drawn(4, 1)])
    assert other.space is not space
    del kept
    _, kept = halves.forward([drawn(4, 1)])
    assert kept.space is space


def test_of_many_graphs_that_are_gone_few_workspaces_stay():
    inputs, seed, y, found = traced(engine.tanh, [drawn(4, 0)])
    halves = ArrayHalves("f", inputs, [y], [seed], found)
    kept = [halves.forward([drawn(4, i)])[1] for i in range(10)]
    spaces = [weakref.ref(one.space["f_forward"]) for one in kept]
    kept.clear()
    gc.collect()
    assert sum(space() is not None for space in spaces) == 4


def test_results_may_be_inputs_constants_views_and_the_same_twice():
    trace = Trace()
    x, n = trace.input(np.ones((2, 3)), "x"), trace.input(2.0, "n")
    y = x * n
    constant = np.arange(3)
    program = ArrayProgram("f", [x, n], [x, n, y, y, y.T, x[0], constant, 5.0, trace.constant(1.5)])
    given = drawn((2, 3), 0)
    found = program.run([given, 3.0])
    y = given * 3
    expected = [given, np.array(3.0), y, y, y.T, given[0], constant, np.array(5.0), np.array(1.5)]
    assert_equal(found, expected, 0)
    assert_no_aliases(found, [given, constant])


@pytest.mark.parametrize("turned", [
    lambda x: x[::-1], lambda x: np.broadcast_to(x[:1], x.shape), np.asfortranarray,
    lambda x: np.repeat(x, 2, 1)[:, ::2],
])  # fmt: skip
def test_inputs_may_have_any_strides_and_be_read_only(turned):
    f = PROGRAMS["reshaped"][0]
    inputs, seed, y, found = traced(f, [drawn((4, 3), 0)])
    given, g = turned(drawn((4, 3), 1)), drawn(12, 2)
    given.flags.writeable = False
    results = ArrayProgram("f", [*inputs, seed], [y, *found]).run([given, g])
    assert_equal(results, eager(f, [given.copy()], g))


def test_nothing_is_decided_by_the_numbers_of_the_examples():
    def f(x):
        return 1 / (x + 0)  # x of no 0, or of -0.0, is not x + 0

    inputs, _, y, _ = traced(f, [np.ones(2)])
    with np.errstate(divide="ignore"):
        (found,) = ArrayProgram("f", inputs, [y]).run([np.array([-0.0, 2.0])])
    assert found.tolist() == [np.inf, 0.5]


def test_a_gate_is_zero_where_the_gradient_is_infinite():
    inputs, seed, _, found = traced(engine.relu, [np.ones(2)])
    numbers, g = [np.array([-1.0, 1.0])], np.array([np.inf, np.inf])
    (part,) = ArrayProgram("f", [*inputs, seed], found).run([*numbers, g])
    assert part.tolist() == [0.0, np.inf]


def test_integers_and_bools_keep_their_kinds():
    def f(i, b):
        return engine.where(b, i * 2 + 1, i) % 5

    examples = [np.arange(4), np.array([True, False, True, False])]
    trace = Trace()
    inputs = [trace.input(x, "", False) for x in examples]
    program = ArrayProgram("f", inputs, [f(*inputs), inputs[0] > 10**30])
    found = program.run(examples)
    assert_equal(found, [np.array([1, 1, 0, 3]), np.zeros(4, bool)], 0)


def test_python_s_numbers_do_not_promote():
    inputs, _, y, _ = traced(lambda x: x * 0.1 + 1 - (x > 0.5), [drawn(3, 0, np.float32)])
    x = drawn(3, 1, np.float32)
    assert_equal(ArrayProgram("f", inputs, [y]).run([x]), [x * 0.1 + 1 - (x > 0.5)], 0)


def test_an_input_that_is_not_given_is_named():
    trace = Trace()
    x, y = trace.input(np.ones(2), "x"), trace.input(np.ones(2), "y")
    with pytest.raises(ValueError, match=r"Symbol\(y\) is an input .* not given"):
        ArrayProgram("f", [x], [x * y])


def test_the_source_runs_alone():
    def f(x, table):
        return (x @ x.T * table[1] - x[np.array([0, 1])].sum()).cumsum(0)

    inputs, seed, y, found = traced(f, [drawn((2, 2), 0), drawn((2, 2), 0)])
    program = ArrayProgram("f", [*inputs, seed], [y, *found, np.arange(30.0).reshape(5, 6)])
    numbers = [drawn((2, 2), i).round(2) for i in range(3)]
    expected = [x.tolist() for x in program.run(numbers)]
    lists = ", ".join(f"np.array({x.tolist()})" for x in numbers)
    code = f"{program.source}\nprint([x.tolist() for x in f({lists})])"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=True)
    assert eval(done.stdout) == expected


def test_the_source_of_halves_is_of_both():
    inputs, seed, y, found = traced(lambda x: x * x, [np.ones(2)])
    space = {}
    exec(ArrayHalves("f", inputs, [y], [seed], found).source, space)
    outputs, kept = space["f_forward"](np.array([2.0, 3.0]))
    (part,) = space["f_backward"](*kept, np.ones(2))
    assert (outputs[0].tolist(), part.tolist()) == ([4.0, 9.0], [4.0, 6.0])


def test_a_mean_whose_sum_is_too_large_is_computed_the_careful_way():
    inputs, seed, y, found = traced(engine.mean, [np.ones(2)])
    halves = ArrayHalves("f", inputs, [y], [seed], found)
    program = ArrayProgram("f", [*inputs, seed], [y, *found])
    assert "def mean" not in program.source
    for numbers in (np.array([1.0, 3.0]), np.full(2, 1e308), np.array([2.0, 5.0])):
        with np.errstate(over="ignore"):
            expected = eager(engine.mean, [numbers], np.array(1.0))
            outputs, kept = halves.forward([numbers])
            assert_equal([*outputs, *halves.backward(kept, [np.array(1.0)])], expected)
            assert_equal(program.run([numbers, np.array(1.0)]), expected)


def test_backward_is_repeated_the_careful_way_alone():
    trace = Trace()
    x, g = trace.input(np.ones(2), "x"), trace.input(np.ones(2), "g")
    halves = ArrayHalves("f", [x], [x + 1], [g], [(x * g).mean()])
    _, kept = halves.forward([np.full(2, 2.0)])
    with np.errstate(over="ignore"):
        assert_equal(halves.backward(kept, [np.full(2, 5e307)]), [np.array(1e308)])
    assert_equal(halves.backward(kept, [np.ones(2)]), [np.array(2.0)])


def test_sums_of_every_form_equal_numpy_s():
    def f(x, y):
        parts = [x.sum(axis) for axis in (0, 1, 2, 3, (0, 1), (2, 3), (1, 2), (0, 3), None)]
        parts += [x.sum(axis, keepdims=True) for axis in (0, (0, 1), 3, (2, 3), None)]
        products = [x * x, x * y, x**2 * y]
        return parts + [(one**2).sum(axis) for one in products for axis in (0, 3, (2, 3), None)]

    numbers = [drawn((2, 3, 4, 40), 0), drawn((2, 3, 4, 1), 1)]
    trace = Trace()
    inputs = [trace.input(np.ones_like(x), "") for x in numbers]
    found = ArrayProgram("f", inputs, f(*inputs)).run(numbers)
    assert_equal(found, list(map(np.asarray, f(*numbers))))


def test_a_gate_passes_bits_or_zero():
    trace = Trace()
    x, g = trace.input(np.ones(4), "x"), trace.input(np.ones(4), "g")
    results = [
        engine.where(x > 0, g, 0.0),
        engine.where(x > 0, g * 2, 0.0),
        engine.where(x > 0, 3.0, 0.0),
    ]
    given = [np.array([1.0, -1.0, np.nan, 2.0]), np.array([-0.0, np.inf, np.nan, np.nan])]
    first, second, third = ArrayProgram("f", [x, g], results).run(given)
    assert_equal([first, second], [np.array([-0.0, 0, 0, np.nan])] * 2, 0)
    assert np.signbit(first).tolist() == [True, False, False, False]
    assert third.tolist() == [3.0, 0.0, 0.0, 3.0]


def test_a_large_example_is_not_computed_again():
    def f(x):
        return engine.tanh(x * 2 + 1) * (x > 0.5)

    inputs, seed, y, found = traced(f, [drawn((60, 60), 0)])
    numbers, g = [drawn((60, 60), 1)], drawn((60, 60), 2)
    results = ArrayProgram("f", [*inputs, seed], [y, *found]).run([*numbers, g])
    expected = eager(lambda x: engine.tanh(x * 2 + 1) * (x.data > 0.5), numbers, g)
    assert_equal(results, expected)


def test_parts_among_zeros_are_written_where_they_stand():
    def f(x):
        return x[1:] * x[:-1] + 2 * (x[:-1] - x[1:]) ** 2

    inputs, seed, y, found = traced(f, [drawn((5, 2), 0)])
    program = ArrayProgram("f", [*inputs, seed], [y, *found])
    assert "np.pad" not in program.source
    numbers, g = [drawn((5, 2), 1)], drawn((4, 2), 2)
    assert_equal(program.run([*numbers, g]), eager(f, numbers, g))


def test_parts_that_cover_an_array_need_no_zeros():
    def f(x):
        return engine.concatenate([engine.tanh(x[:2]), engine.exp(x[2:])])

    inputs, seed, y, found = traced(f, [drawn((5, 2), 0)])
    program = ArrayProgram("f", [*inputs, seed], [y, *found])
    assert ".fill(" not in program.source
    numbers, g = [drawn((5, 2), 1)], drawn((5, 2), 2)
    assert_equal(program.run([*numbers, g]), eager(f, numbers, g))


def test_a_function_that_writes_into_out_is_given_a_buffer():
    def tripled(x, out=None):
        return np.multiply(np.asarray(x), 3.0, out=out)  # which is not asked of a name

    x = Trace().input(np.ones(3), "x")
    y = engine.Op("tripled", tripled, (None,), kind="shape").apply((x,), {})
    program = ArrayProgram("f", [x], [y + 1])
    assert "tripled(x, out=b1)" in program.source
    assert_equal(program.run([np.arange(3.0)]), [np.arange(3.0) * 3 + 1])
