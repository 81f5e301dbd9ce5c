"""Compiled functions looked into: nan_trace, pictures, steps, explain, expand, summaries."""

import numpy as np
import pytest
from packed_pages import program_of

import engine
import nn
import viz
from engine import NonFiniteError, Tensor, Value, nan_trace


def logs(x):
    y = x * 2
    return engine.log(y).sum()  # this line


@pytest.fixture
def product():
    """A compiled function of two numbers, its arguments, and its result."""
    f = engine.compile(lambda a, b: engine.tanh(a * b) + a)
    f.__name__ = "curve"
    a, b = Value(0.5, label="a"), Value(2.0, label="b")
    return a, b, f(a, b)


# --- nan_trace ---


@pytest.mark.parametrize("make", [Value, lambda x: Tensor([x, 1.0])], ids=["Value", "Tensor"])
def test_the_op_inside_is_named_with_its_line(make):
    f = engine.compile(logs)
    f(make(1.0))
    with pytest.raises(NonFiniteError) as caught, nan_trace():
        f(make(0.0))
    assert str(caught.value).startswith("log(0")
    assert str(caught.value).endswith("return engine.log(y).sum()  # this line")


def test_gradients_inside_are_searched_too():
    slope = engine.value_and_grad(engine.compile(lambda x: engine.sqrt(x) * 2))
    slope(1.0)
    with pytest.raises(NonFiniteError, match=r"^sqrt\(0\): gradient of input"), nan_trace():
        slope(0.0)


def test_a_node_that_was_made_before_is_one_op():
    y = engine.compile(lambda x: engine.sqrt(x) * 2)(Value(0.0))
    y.op.name = "root"
    with pytest.raises(NonFiniteError, match=r"^root\(0\): gradient of input 0 is inf"):
        nan_trace(y)


def test_after_nan_trace_programs_run_again():
    f = engine.compile(lambda x: x * 2)
    with nan_trace():
        assert f(2.0) == 4.0
        assert not f.traces
    assert f(2.0) == 4.0
    assert len(f.traces) == 1


# --- pictures, steps ---


def test_a_call_is_drawn_as_one_node_named_as_the_function(product):
    _, _, y = product
    dot = viz.draw(y).dot
    assert dot.count(">L: output of curve<") == 1
    assert dot.count("[shape=") == 3


def test_a_compiled_layer_is_drawn_in_its_frame():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh())
    model[0].forward = engine.compile(model[0].forward)
    dot = viz.draw(model, np.ones((4, 2))).dot
    frame = dot[dot.index("subgraph") :].partition("\n  n")[0]
    assert "result of forward" in frame


def test_each_edge_of_a_call_is_a_step(product):
    a, b, y = product
    plain = y.op.program.carefully([a, b])[0]
    steps = [step for step in viz.steps(y) if hasattr(step, "contribution")]
    plain.backward()
    assert [step.input for step in steps] == [a, b]
    assert [2 * step.contribution for step in steps] == [a.grad, b.grad]


def test_the_rule_of_a_step_is_the_program_of_the_gradients(product):
    _, _, y = product
    last = [*viz.steps(y)][-1]
    assert "def curve_backward(a, b, d_y):" in last.rule
    space = {}
    exec(last.rule, space)
    assert space["curve_backward"](0.5, 2.0, 1.0) == (y.inputs[0].grad, y.inputs[1].grad)


def test_the_stepper_shows_no_address_in_memory(product, tmp_path):
    page = viz.step_through(product[2]).save(tmp_path / "steps.html").read_text()
    script = program_of(page)
    assert "curve_backward(a, b, d_y)" in script
    assert " at 0x" not in page + script


def test_a_long_program_is_cut_in_a_step():
    def f(x):
        for _ in range(40):
            x = engine.tanh(x)
        return x.sum()

    w = Tensor(np.ones(3), requires_grad=True)
    last = [*viz.steps(engine.compile(f)(w))][-1]
    assert last.rule.endswith("…")


def test_explain_names_the_function(product):
    a, _, y = product
    y.backward()
    assert "∂L/∂L · ∂curve(a, b)/∂a" in str(engine.explain(a))


def test_a_compiled_tensor_expands_into_numbers():
    w = Tensor(np.full((3, 2), 0.5), requires_grad=True, label="w")
    y = engine.compile(lambda x, w: (engine.tanh(x @ w) ** 2).sum())(np.ones((4, 3)), w)
    numbers = engine.expand(y)
    assert {"w[0,0]", "w[2,1]"} <= {x.label for x in engine.toposort(numbers)}
    assert abs(numbers.data - y.item()) < 1e-12


def test_a_model_with_a_compiled_layer_is_summed_up():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh())
    before = str(nn.summary(model, np.ones((4, 2))))
    model[0].forward = engine.compile(model[0].forward)
    assert str(nn.summary(model, np.ones((4, 2)))) == before


@pytest.mark.parametrize("inputs", [(), (np.ones((4, 2)),)])
def test_a_function_is_not_drawn_itself(inputs):
    model = nn.Linear(2, 3, rng=0)
    with pytest.raises(TypeError, match=r"draw what it returns, one node, or its memory"):
        viz.draw(engine.compile(model), *inputs)


def test_a_compiled_model_is_summed_up_as_the_model():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh())
    x = np.ones((4, 2))
    assert str(nn.summary(engine.compile(model), x)) == str(nn.summary(model, x))
    with pytest.raises(TypeError, match="model must be a Module, got function"):
        nn.summary(engine.compile(lambda x: x), x)
