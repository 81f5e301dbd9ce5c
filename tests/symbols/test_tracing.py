"""Functions and graphs written down: their inputs, their names, what is met inside."""

import operator
import sys

import numpy as np
import pytest
from test_symbol import written

import engine
import nn
from engine import Tensor, Value, toposort
from engine.symbols import Trace, program, program_of
from engine.symbols.tracing import _look

W = Tensor([[1.0], [2.0]], requires_grad=True)


def labels(p):
    return [node.label for node in toposort(p.result) if node.label]


def test_a_function_of_numbers_is_written_down_with_its_variables_names():
    def f(a, b):
        c = a * b
        d = c + 1
        return d * d

    p = program(f, 2.0, 3)
    assert written(p.result) == "mul(add(mul(a, b), 1), add(mul(a, b), 1))"
    assert labels(p) == ["a", "b", "c", "d"]
    assert p.name == "f"


def test_a_variable_that_is_used_again_names_each_of_its_results():
    def f(x):
        h = x + 1
        h = h * 2
        y = h
        return y.tanh()

    assert labels(program(f, 1.0)) == ["x", "h", "h"]


def test_only_the_functions_own_variables_give_names():
    def inner(t):
        hidden = t * 2
        return hidden + 1

    def f(x):
        y = inner(x)
        return y * y

    assert labels(program(f, 1.0)) == ["x", "y"]


def test_numbers_are_arrays_beside_arrays_and_arrays_of_integers_stay_what_they_are():
    places = np.array([0, 1])
    p = program(lambda x, k, i: (x * k)[i].sum() + k, np.ones(3), 2, places)
    x, k = p.arguments.values()
    assert (x.shape, k.shape, k.dtype) == ((3,), (), np.float64)
    assert p.trace.names[id(places)] == "i"


def test_what_is_not_numeric_is_handed_on():
    p = program(lambda x, flag, name: x.exp() if flag and name == "e" else x, 1.0, True, "e")
    assert written(p.result) == "exp(x)"
    assert list(p.arguments) == ["x"]


def test_nodes_as_arguments_keep_their_labels():
    p = program(lambda a, b: a * b, Value(1.0, label="price"), Value(2.0))
    assert [x.label for x in p.trace.inputs] == ["price", "b"]


def test_lists_are_arrays_and_a_list_may_be_returned():
    p = program(lambda x: [x.sum(), x[0]], [1.0, 2.0])
    assert p.arguments["x"].shape == p.result.shape == (2,)


def test_parameters_of_a_model_are_inputs_by_their_names():
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())

    def f(x):
        out = model(x)
        return out.mean()

    p = program(f, np.ones((4, 2)))
    assert [x.label for x in p.trace.inputs] == ["x", "0.weight", "0.bias"]
    assert written(p.result) == "mean(tanh(linear(x, 0.weight, 0.bias)))"
    assert "out" in labels(p)


def test_a_models_own_forward_gives_names():
    class Net(nn.Module):
        def __init__(self):
            self.w = nn.Parameter([1.0, 2.0])

        def forward(self, x):
            scaled = x * self.w
            return scaled.sum()

    p = program(Net(), np.ones(2))
    assert labels(p) == ["x", "w", "scaled"]
    assert p.name == "Net"


def test_nodes_outside_are_named_as_the_variable_that_holds_them():
    b = Value(3.0)
    c = Tensor([2.0, 3.0])

    p = program(lambda x: x @ W, np.ones((2, 2)))
    assert [x.label for x in p.trace.inputs] == ["x", "W"]
    assert [x.label for x in program(lambda x: x * b, 1.0).trace.inputs] == ["x", "b"]
    assert [x.label for x in program(lambda x: x * c, np.ones(2)).trace.inputs] == ["x", "c"]


def test_a_result_of_nodes_outside_alone_is_lifted():
    b = Value(3.0, label="b")
    assert written(program(lambda x: b * 2, 1.0).result) == "mul(b, 2.0)"


def test_a_recorded_graph_is_the_program_of_its_leaves():
    a, b = Value(2.0, label="a"), Value(3.0)
    y = (a * b).tanh()
    y.label = "y"
    p = program_of(y)
    assert written(p.result).startswith("tanh(mul(a, ")
    assert [x._held for x in p.trace.inputs] == [2.0, 3.0]
    assert p.result.label == "y"
    assert p.result._held == y.data


def test_arguments_without_names_are_numbered():
    assert list(program(max_of, 1.0, 2.0).arguments) == ["x1", "x2"]
    assert list(program(np.add, 1.0, 2.0).arguments)[:1] == ["x1"]


def max_of(*numbers):
    return numbers[0].maximum(numbers[1])


def test_the_profiler_is_as_it_was():
    calls = []

    def watch(*event):
        calls.append(event)

    sys.setprofile(watch)
    try:
        program(lambda x: x * x, 1.0)
        assert sys.getprofile() is watch
        with pytest.raises(TypeError):
            program(lambda x: float(x), 1.0)
        assert sys.getprofile() is watch
    finally:
        sys.setprofile(None)


def test_mistakes_are_errors():
    with pytest.raises(TypeError, match="must be a function"):
        program(3.0)
    with pytest.raises(TypeError, match="returned float"):
        program(lambda x: 1.0, 2.0)
    with pytest.raises(TypeError, match=r"truth of a Symbol .*test_tracing.py"):
        program(lambda x: x if x > 0 else -x, 2.0)


def test_variables_are_looked_at_when_their_function_calls_or_returns():
    code = test_variables_are_looked_at_when_their_function_calls_or_returns.__code__
    trace = Trace()
    first, constant = trace.input(1.0) + 1, trace.constant(2.0)
    node, names = Value(2.0) * 2, {}
    _look(sys._getframe(), "c_call", code, {})
    _look(None, "call", code, {})
    _look(sys._getframe(), "return", None, {})
    assert first.label == ""
    _look(sys._getframe(), "return", code, names)
    assert names == {id(node): "node"}
    assert (first.label, constant.label) == ("first", "")
    second = first * first

    def called():
        _look(sys._getframe(), "call", code, {})

    called()
    assert second.label == "second"


def test_a_function_without_a_signature_is_called_all_the_same():
    with pytest.raises(TypeError, match="truth of a Symbol"):
        program(max, 1.0, 2.0)


V = Value(2.0, label="v")
M = Tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True, label="m")


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: V * x, "mul(v, x)"),
        (lambda x: V - x, "sub(v, x)"),
        (lambda x: V.maximum(x), "maximum(v, x)"),
        (lambda x: engine.where(operator.gt(V, x), V, x), "where(less(x, v), v, x)"),
        (lambda x: engine.where(True, V, x), "where(1.0, v, x)"),
        (lambda x: engine.clip(V * x, 0.0, 1.0), "clip(mul(v, x))"),
        (lambda x: sum([V * x]), "add(0, mul(v, x))"),
        (lambda x: engine.registry["relu_neuron"](V, x, 1.0), "relu_neuron(v, x, 1.0)"),
    ],
)
def test_a_value_first_and_a_name_second_is_a_name(f, expected):
    assert written(program(f, 1.0).result) == expected


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: M @ x, "matmul(m, x)"),
        (lambda x: M * x, "mul(m, x)"),
        (lambda x: M - [x[0], 1.0], "sub(m, concatenate(reshape(getitem(x)), array([1.])))"),
        (lambda x: engine.maximum(M, x), "maximum(m, x)"),
        (lambda x: engine.where(operator.gt(M, x), M, x), "where(less(x, m), m, x)"),
        (lambda x: engine.concatenate([M, x.reshape(1, 2)]), "concatenate(m, reshape(x))"),
    ],
)
def test_a_tensor_first_and_a_name_second_is_a_name(f, expected):
    assert written(program(f, np.ones(2)).result) == expected
