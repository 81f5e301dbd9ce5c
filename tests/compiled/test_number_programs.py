"""A graph of numbers run as plain floats gives what Values give, to the last bit."""

import math
import subprocess
import sys
from unittest import mock

import pytest
from random_numbers import bits, drawn, drawn_program, eager, number_program, rng_of

import engine
from engine import Value, grad, registry
from engine.core import PYTHON_RAISES
from engine.number_programs import NumberProgram, float_loops
from engine.symbols import Symbol, Trace, order_of, program
from nn.scalar import MLP
from nn.scalar.neuron import relu_neuron

#: Ops that keep numbers small.
TAME = [registry[name] for name in ("tanh", "sin", "maximum", "minimum", "relu", "neg", "sigmoid")]


@pytest.mark.parametrize("seed", range(120))
def test_a_drawn_program_is_what_values_give_or_raises(seed):
    rng = rng_of(seed)
    leaves = rng.randint(1, 4)
    f = drawn_program(rng, leaves, rng.choice([rng.randint(1, 12), rng.randint(30, 80)]))
    args = [drawn(rng) for _ in range(leaves)]
    compiled = number_program(f, *args)
    for _ in range(3):
        try:
            found = compiled.run(args)
        except PYTHON_RAISES:  # as where IEEE 754 answers inf or nan
            found = None
        assert found is None or bits(found) == bits(eager(f, *args))
        args = [drawn(rng) for _ in range(leaves)]


TIES = [
    lambda a, b: engine.maximum(a, b) * engine.relu(a),
    lambda a, b: engine.minimum(a, b) + abs(a) * engine.sign(b),
    lambda a, b: engine.where(a > b, a * a, b * 3),
    lambda a, b: engine.clip(a, -1.0, 1.0) * (1.0 * b),
    lambda a, b: (a - b) ** 2 + (b + 0.0) * (-a),
    lambda a, b: engine.where((a > 0) & ~(b > 0) | (a == b), a, -b),
    lambda a, b: engine.where(a != 0, a, 1) * b,
]


# A comparison of Values is a bool of Python's, of which `~` is on its way out.
@pytest.mark.filterwarnings("ignore:Bitwise inversion '~' on bool:DeprecationWarning")
@pytest.mark.parametrize("f", TIES)
def test_ties_signed_zeros_and_what_is_not_finite_are_as_on_values(f):
    special = [0.0, -0.0, 1.0, -1.0, 2.5, math.inf, -math.inf, math.nan]
    compiled = number_program(f, 1.5, -0.5)
    for a in special:
        for b in special:
            assert bits(compiled.run([a, b])) == bits(eager(f, a, b))


@pytest.mark.parametrize(
    ("f", "good", "bad"),
    [
        (lambda x: 1 / x, 2.0, 0.0),
        (engine.exp, 1.0, 1000.0),
        (engine.log, 2.0, 0.0),
        (engine.sqrt, 4.0, -1.0),
        (lambda x: x**0.5, 4.0, -2.0),
        (lambda x: 2 * x**0.5 * x, 4.0, -2.0),
        (lambda x: x**-1, 4.0, 0.0),
        (lambda x: x**x, 4.0, -0.5),
    ],
)
def test_where_python_raises_or_answers_with_a_complex_number_the_program_raises(f, good, bad):
    compiled = number_program(f, good)
    assert bits(compiled.run([good])) == bits(eager(f, good))
    with pytest.raises(PYTHON_RAISES):
        compiled.run([bad])
    assert bits(compiled.run([good])) == bits(eager(f, good))


def test_a_whole_exponent_needs_no_look_at_the_result():
    assert "float" not in number_program(lambda x: x**2 + x**-1, 2.0).source


def test_arguments_and_results_are_floats_or_lists_of_them():
    traced = program(lambda w, x: w[0] * x + w[1], [2.0, 3.0], 4.0)
    w, x = traced.arguments.values()
    y = traced.result
    compiled = NumberProgram("f", [w, x], [y, [y, x, 7], 5], y, [x, w])
    assert compiled.run([[2.0, 3.0], 4.0]) == [11.0, [11.0, 4.0, 7.0], 5.0, 2.0, [4.0, 1.0]]


def test_without_a_root_there_are_no_gradients():
    traced = program(lambda x: x * x, 3.0)
    compiled = NumberProgram("f", [*traced.arguments.values()], [traced.result])
    assert compiled.run([4.0]) == [16.0]
    assert compiled.function(4.0) == (16.0,)


def test_what_root_does_not_depend_on_has_the_gradient_zero():
    traced = program(lambda x, y: x * x, 3.0, 1.0)
    x, y = traced.arguments.values()
    compiled = NumberProgram("f", [x, y], [], traced.result, [y, x])
    assert compiled.run([4.0, 2.0]) == [0.0, 8.0]


def test_no_two_results_are_one_list_nor_an_argument():
    traced = program(lambda w: w[0] * w[1], [2.0, 3.0])
    (w,) = traced.arguments.values()
    ys = [one * one for one in w]
    compiled = NumberProgram("f", [w], [w, w, ys, ys])
    given = [2.0, 3.0]
    results = compiled.run([given])
    assert results == [[2.0, 3.0], [2.0, 3.0], [4.0, 9.0], [4.0, 9.0]]
    assert len({id(one) for one in [given, *results]}) == 5


def test_gradients_that_are_graphs_come_as_outputs():
    f = grad(lambda x: engine.tanh(x) * x * x)
    traced = program(f, 0.5)
    arguments = [*traced.arguments.values()]
    compiled = NumberProgram("f", arguments, [traced.result], traced.result, arguments)
    for x in (0.5, -1.25, 3.0):
        assert [f(x), grad(f)(x)] == pytest.approx(compiled.run([x]), rel=1e-14)


def test_what_is_only_called_is_printed_above_and_says_what_values_say():
    def f(x):
        return engine.digamma(x) * x

    compiled = number_program(f, 2.0)
    for x in (2.211, 0.3, -1.5, 30.0):
        assert bits(compiled.run([x])) == bits(eager(f, x))


def test_the_text_runs_alone():
    def f(x, y):
        return engine.digamma(x) * y + engine.erf(y)

    compiled = number_program(f, 2.0, 0.5)
    text = f"{compiled.source}\nprint(f(2.5, 0.25))"
    run = subprocess.run([sys.executable, "-I", "-c", text], capture_output=True, text=True)
    assert f"{compiled.function(2.5, 0.25)}\n" == run.stdout


@pytest.mark.parametrize("label", ["f", "float", "for", "exp", "np", "i", "v1", "d_x", "a b"])
def test_a_name_that_the_text_needs_otherwise_is_no_argument(label):
    traced = program(lambda x: engine.exp(x) * x, 1.0)
    (x,) = traced.arguments.values()
    x.label = label
    compiled = NumberProgram("f", [x], [traced.result], traced.result, [x])
    assert bits(compiled.run([0.5])) == bits(eager(lambda x: engine.exp(x) * x, 0.5))


# --- long programs ---


def moons_like(lib, data, leaves):
    """A layer of three neurons and one behind it, for some points: the sum of their losses."""
    total = 0.0
    for x, target in data:
        hidden = [engine.relu(leaves[2 * j] * x + leaves[2 * j + 1] * (x - 1.0)) for j in range(3)]
        score = sum(w * h for w, h in zip(leaves[6:], hidden, strict=True))
        total = total + engine.relu(1 - target * score)
    return total * (1.0 / len(data)) + 1e-4 * sum(w * w for w in leaves)


def test_a_long_program_has_loops_over_slices_and_is_what_values_give():
    data = [(0.1 * k - 2, 1.0 if k % 3 else -1.0) for k in range(150)]

    def f(leaves):
        return moons_like(None, data, leaves)

    rng = rng_of(0)
    w = [rng.uniform(-1, 1) for _ in range(9)]
    compiled = number_program(f, w)
    assert compiled.source.count("\n    for ") == 2
    assert "zip(" in compiled.source
    for _ in range(3):
        assert bits(compiled.run([w])) == bits(eager(f, w))
        w = [drawn(rng) for _ in range(9)]


def test_a_program_of_scalar_neurons_is_what_values_give():
    model = MLP(2, [5, 5, 1])
    points = [(rng_of(k).uniform(-1, 1), rng_of(k).uniform(-2, 2)) for k in range(40)]
    parameters = model.parameters()

    def f(leaves):
        for p, x in zip(parameters, leaves, strict=True):
            p.data = x
        return sum(model(point) ** 2 for point in points)

    trace = Trace()
    xs = [trace.input(p.data, f"w[{i}]") for i, p in enumerate(parameters)]
    at = dict(zip(parameters, xs, strict=True))
    for layer in model.layers:
        for neuron in layer.neurons:
            neuron.w, neuron.b = [at[w] for w in neuron.w], at[neuron.b]
    y = sum(model(point) ** 2 for point in points)
    compiled = NumberProgram("f", [xs], [y], y, [xs])
    for layer in model.layers:
        for neuron in layer.neurons:
            back = {x: p for p, x in at.items()}
            neuron.w, neuron.b = [back[w] for w in neuron.w], back[neuron.b]
    for seed in range(3):
        numbers = [rng_of(seed).uniform(-1, 1) for _ in parameters]
        for p, x in zip(parameters, numbers, strict=True):
            p.data, p.grad = x, None
        loss = sum(model(point) ** 2 for point in points)
        loss.backward()
        assert bits(compiled.run([numbers])) == bits([loss.data, [p.grad for p in parameters]])


def test_a_neuron_of_a_thousand_inputs_is_written_down():
    trace = Trace()
    xs = [trace.input(0.5, f"x[{i}]") for i in range(1001)]
    y = Symbol.record_wide(relu_neuron, (*[0.25] * 500, *xs[:500], xs[500]))
    y = y * xs[600]
    compiled = NumberProgram("f", [xs], [y], y, [xs])
    assert "def relu_neuron" not in compiled.source
    for seed in range(3):
        numbers = [rng_of(seed + i).uniform(-1, 1) for i in range(1001)]
        nodes = [*map(Value, numbers)]
        z = Value.record_wide(relu_neuron, (*[0.25] * 500, *nodes[:500], nodes[500])) * nodes[600]
        z.backward()
        slopes = [x.grad or 0.0 for x in nodes]
        assert bits(compiled.run([numbers])) == bits([z.data, slopes])


def test_a_chain_of_200_000_ops_is_a_loop():
    trace = Trace()
    x = y = trace.input(1.5, "x")
    for _ in range(100_000):
        y = y * 0.5 + x
    compiled = NumberProgram("f", [x], [y], y, [x])
    assert len(compiled.source.splitlines()) < 12
    z = 0.25
    for _ in range(100_000):
        z = z * 0.5 + 0.25
    assert compiled.run([0.25]) == [z, 2.0]


def test_many_steps_that_do_not_repeat_are_lines():
    f = drawn_program(rng_of(5), 3, 3_000, TAME)
    args = [0.5, -0.25, 0.125]
    compiled = number_program(f, *args)
    assert "    for " not in compiled.source
    assert bits(compiled.run(args)) == bits(eager(f, *args))


def test_gradients_may_start_with_a_seed():
    traced = program(lambda x: x * x * x, 2.0)
    (x,) = traced.arguments.values()
    seed = traced.trace.input(1.0, "d_y", requires=False)
    compiled = NumberProgram("f", [x, seed], [], traced.result, [x], seed)
    assert compiled.run([2.0, 10.0]) == [120.0]


def test_what_requires_no_gradient_is_passed_over():
    trace = Trace()
    x, y = trace.input(2.0, "x"), trace.input(3.0, "y", requires=False)
    z = engine.where(x > y, x * y, x)
    compiled = NumberProgram("f", [x, y], [z], z, [x, y])
    assert compiled.run([4.0, 3.0]) == [12.0, 3.0, 0.0]
    assert compiled.run([2.0, 3.0]) == [2.0, 1.0, 0.0]


def test_a_constant_alone_and_an_empty_list_are_results():
    x = Trace().input(2.0, "x")
    compiled = NumberProgram("f", [x, []], [7, []], x, [x])
    assert compiled.run([2.0, []]) == [7.0, [], 1.0]


def test_what_is_made_of_constants_is_a_constant():
    trace = Trace()
    x, c = trace.input(2.0, "x"), trace.constant(3.0)
    y = x * (c * c) + engine.clip(c, 0.0, 1.0) * engine.identity(x)
    assert "9.0 * x" in NumberProgram("f", [x], [y]).source.replace("x * 9.0", "9.0 * x")
    assert NumberProgram("f", [x], [y], y, [x]).run([2.0]) == [20.0, 10.0]


@pytest.mark.parametrize("base", [2.0, 1.0, 0.5])
def test_powers_of_a_constant_are_arithmetic(base):
    compiled = number_program(lambda x: base**x * x, 1.5)
    assert "def pow" not in compiled.source
    assert bits(compiled.run([2.5])) == bits(eager(lambda x: base**x * x, 2.5))


def test_constants_of_which_python_makes_no_float_are_left_to_the_run():
    compiled = number_program(lambda x: x / 0.0, 2.0)
    with pytest.raises(ZeroDivisionError):
        compiled.run([2.0])
    op = engine.elementwise(
        "root_times",
        lambda a, b: a**0.5 * b,
        lambda g, y, a, b: g * b,
        lambda g, y, a, b: g * a**0.5,
    )
    try:
        compiled = number_program(lambda x: op(-2.0, x) + x, 2.0)
        with pytest.raises(TypeError):
            compiled.run([2.0])
        compiled = number_program(lambda x: op(4.0, x) + x, 2.0)
        assert compiled.run([3.0]) == [9.0, 3.0]
    finally:
        engine.unregister("root_times")


def test_a_rule_that_answers_with_the_other_input_is_followed():
    op = engine.elementwise("other", lambda a, b: a + b, lambda g, y, a, b: b, lambda g, y, a, b: y)
    try:
        f = lambda a, b: op(a * 2, b)  # noqa: E731
        assert bits(number_program(f, 2.0, 3.0).run([5.0, 7.0])) == bits(eager(f, 5.0, 7.0))
    finally:
        engine.unregister("other")


def test_long_results_are_lists_of_their_own():
    traced = program(lambda w: w[0] * w[1], [0.5] * 700)
    (w,) = traced.arguments.values()
    ys = [x * x for x in w]
    compiled = NumberProgram("f", [w], [ys, ys, w])
    one, two, three = compiled.run([[2.0] * 700])
    assert one == two == [4.0] * 700
    assert three == [2.0] * 700
    assert one is not two


def backwards(w, x):
    """Dot products of rows of w with x, from the end of each row."""
    total = x[0]
    for j in range(30):
        row = 0.0
        for i in reversed(range(7)):
            row = row + w[7 * j + i] * x[i]
        total = total * 0.5 + engine.tanh(row)
    return total


def places(w, x):
    """Sums of numbers that stand in no order, and of the sums before."""
    order = [k * k % 11 for k in range(11)]
    found = [w[0]] * 11
    for j in range(30):
        found = [w[order[k] + j] * x[order[k] % 7] + found[order[k]] for k in range(11)]
    return sum(found)


@pytest.mark.parametrize("f", [backwards, places])
@pytest.mark.parametrize("most", [0, 4_000])
def test_loops_in_loops_are_what_values_give(f, most):
    rng = rng_of(1)
    with mock.patch.multiple(float_loops, MOST=most, SHORT=0):
        args = [[rng.uniform(-1, 1) for _ in range(210)], [rng.uniform(-1, 1) for _ in range(7)]]
        compiled = number_program(f, *args)
    assert most or "        for" in compiled.source or f is places
    for _ in range(2):
        assert bits(compiled.run(args)) == bits(eager(f, *args))
        args = [[rng.uniform(-1, 1) for _ in x] for x in args]


@pytest.mark.parametrize("c", [math.inf, -math.inf, math.nan])
def test_constants_that_are_not_finite_are_names_that_the_text_imports(c):
    compiled = number_program(lambda x: engine.maximum(x, c) * x, 2.0)
    assert bits(compiled.run([3.0])) == bits(eager(lambda x: engine.maximum(x, c) * x, 3.0))


def test_a_graph_that_was_there_before_comes_first():
    trace, a, b = Trace(), Value(2.0, label="a"), Value(3.0, requires_grad=False)
    x = trace.input(5.0, "x")
    y = trace.lift(a * b + a) * x
    order = order_of([y, x])
    made = {z: i for i, z in enumerate(order)}
    assert all(made[z] < made[of] for of in order for z in of.inputs if isinstance(z, Symbol))
    inputs = [trace.lifted[a], x]
    assert NumberProgram("f", inputs, [y], y, inputs).run([2.0, 5.0]) == [40.0, 20.0, 8.0]


def test_a_neuron_takes_whole_numbers_too():
    trace = Trace()
    x, w = trace.input(2.0, "x"), trace.input(3.0, "w")
    y = Symbol.record_wide(relu_neuron, (x, w, 1))
    assert NumberProgram("f", [x, w], [y], y, [x, w]).run([2.0, 3.0]) == [7.0, 3.0, 2.0]
