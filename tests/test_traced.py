"""Which module made which node: as `trace` saw it, or by the labels of parameters."""

import numpy as np
import pytest

import engine
import nn
import nn.scalar
from engine import Tensor, Value
from viz import draw, to_dot, trace
from viz.graphs.traced import module_paths, split


class Twice(nn.Module):
    """An activation used twice, a shared layer, and an op of its own."""

    def __init__(self):
        self.layer = nn.Linear(2, 2, rng=0)
        self.activation = nn.ReLU()

    def forward(self, x):
        x = self.activation(self.layer(x))
        return self.activation(self.layer(x)) * 3.0


def ops_and_paths(root, seen=None):
    order = engine.toposort(root)
    paths = module_paths(order, seen)
    return [
        (node.op.name, ".".join(path))
        for node, path in zip(order, paths, strict=True)
        if node.op is not None
    ]


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("", ()),
        ("weight", ("weight",)),
        ("layers.0.weight", ("layers.0", "weight")),
        ("0.1.bias", ("0", "1", "bias")),
        ("blocks.0.1.norm", ("blocks.0", "1", "norm")),
        ("layers[0].neurons[3].w[1]", ("layers[0]", "neurons[3]", "w[1]")),
        ("a.b.weight[1,2]", ("a", "b", "weight[1,2]")),
    ],
)
def test_a_number_belongs_to_the_name_before_it(name, steps):
    assert split(name) == steps


# --- a trace ---


def test_each_op_is_in_the_module_whose_forward_made_it():
    model = Twice()
    with trace(model) as seen:
        loss = model([1.0, 2.0]).sum()
    assert ops_and_paths(loss, seen) == [
        ("linear", "Twice.layer"),
        ("relu", "Twice.activation"),
        ("linear", "Twice.layer, call 2"),
        ("relu", "Twice.activation, call 2"),
        ("mul", "Twice"),
        ("sum", ""),
    ]
    assert seen.path(model.layer.weight) == ("Twice", "layer")
    assert seen.kinds["Twice", "layer"] == "Linear"
    assert seen.kinds["Twice", "layer, call 2"] == "Linear"
    assert seen.kinds["Twice", "activation, call 2"] == "ReLU"


def test_the_same_on_the_scalar_tier():
    model = Twice().scalar()
    with trace(model) as seen:
        loss = model([1.0, 2.0]).sum()
    found = ops_and_paths(loss, seen)
    assert {path for op, path in found if op == "relu"} == {
        "Twice.activation", "Twice.activation, call 2",
    }  # fmt: skip
    assert all(path == "" for op, path in found[-1:])
    assert seen.path(model.layer.weight[0, 1]) == ("Twice", "layer")


def test_afterwards_the_model_is_as_it_was():
    model = Twice()
    before = {id(m): dict(vars(m)) for m in model.modules()}
    with trace(model):
        model([1.0, 2.0])
    assert {id(m): dict(vars(m)) for m in model.modules()} == before


def test_after_an_error_the_model_is_as_it_was():
    model = Twice()
    with pytest.raises(ValueError, match="takes inputs of shape"), trace(model) as seen:
        model([1.0, 2.0, 3.0])
    assert "forward" not in vars(model.layer)
    assert engine.recording.RECORDING.watcher is None
    with seen:
        outside = Tensor([1.0], requires_grad=True) * 2
    assert seen.path(outside) == ()


def test_an_error_inside_that_is_caught_leaves_the_right_place():
    class Careful(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(2, 1, rng=0)

        def forward(self, x):
            try:
                self.layer([1.0, 2.0, 3.0])
            except ValueError:
                x = x * 2.0
            return self.layer(x)

    model = Careful()
    with trace(model) as seen:
        y = model(Tensor([1.0, 2.0], requires_grad=True))
    assert ops_and_paths(y, seen) == [("mul", "Careful"), ("linear", "Careful.layer")]


def test_a_watcher_that_was_there_still_sees_everything():
    model, x = Twice(), Value(0.0)
    with engine.nan_trace(), trace(model), pytest.raises(engine.NonFiniteError):
        engine.log(x)


def test_a_watcher_that_was_there_sees_backward_too():
    with engine.nan_trace(), trace(Twice()):
        y = engine.sqrt(Value(0.0))
        with pytest.raises(engine.NonFiniteError, match="gradient of input 0 is inf"):
            y.backward()


def test_a_trace_inside_a_trace_hides_nothing_from_it():
    model = Twice()
    with trace(model) as outer, trace(nn.Linear(2, 1)):
        y = model([1.0, 2.0]).sum()
    assert len(outer.path(y.inputs[0])) > 0


def test_training_under_a_trace_is_training():
    model, other = Twice(), Twice()
    other.load_state_dict(model.state_dict())
    with trace(model):
        model([1.0, 2.0]).sum().backward()
    other([1.0, 2.0]).sum().backward()
    for p, q in zip(model.parameters(), other.parameters(), strict=True):
        assert np.array_equal(p.grad, q.grad)


@pytest.mark.parametrize("model", [None, 3, nn.scalar.MLP(2, [1]), nn.Linear])
def test_only_a_module_can_be_traced(model):
    with pytest.raises(TypeError, match=r"model must be an nn\.Module"):
        trace(model)


# --- drawing a model ---


def test_a_model_is_drawn_by_running_it():
    dot = draw(Twice(), [1.0, 2.0]).dot
    assert ">layer.weight<" in dot
    assert ">leaf, used by 2 calls<" in dot
    assert ">Twice<" in dot


def test_a_model_is_drawn_without_its_modules_where_that_is_asked_for():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.ReLU())
    assert "Linear" in draw(model, np.ones((1, 2))).dot
    assert "Linear" not in draw(model, np.ones((1, 2)), seen=None).dot


def test_a_scalar_model_is_drawn_as_the_sum_of_its_outputs():
    dot = draw(nn.Linear(2, 2, rng=0).scalar(), [1.0, 2.0]).dot
    assert "output of add" in dot


def test_inputs_are_for_models_only():
    with pytest.raises(TypeError, match=r"takes inputs only for an nn\.Module"):
        draw(Value(1.0), 2.0)


# --- labels ---


def test_without_a_trace_labels_tell_the_modules():
    y = (nn.MLP([2, 3, 1], rng=0)([[1.0, 2.0]]) ** 2).mean()
    assert ops_and_paths(y) == [
        ("linear", "model.layers.0"),
        ("relu", "model"),
        ("linear", "model.layers.1"),
        ("pow", ""),
        ("mean", ""),
    ]


def test_what_is_made_of_parameters_alone_is_in_their_module():
    layer = nn.Linear(2, 3, bias=False, rng=0)
    model = nn.Sequential(layer, nn.Linear(3, 1, rng=0))
    assert ops_and_paths(model(Tensor([[1.0, 2.0]])))[:2] == [
        ("transpose", "model.0"), ("matmul", "model.0"),
    ]  # fmt: skip


def test_labels_tell_of_a_transformer_what_a_trace_sees():
    model = nn.Sequential(*(nn.TransformerBlock(8, 2, causal=True, rng=0) for _ in range(3)))
    with trace(model) as seen:
        loss = model(Tensor(np.ones((2, 4, 8)))).mean()
    order = engine.toposort(loss)
    assert [p[1:] for p in module_paths(order)] == [p[1:] for p in module_paths(order, seen)]


def test_neurons_are_told_by_their_labels_also_when_expanded():
    root = nn.scalar.expand(nn.scalar.MLP(2, [2, 1])([1.0, -2.0]))
    paths = {path for op, path in ops_and_paths(root) if op == "relu"}
    assert paths == {"model.layers[0].neurons[0]", "model.layers[0].neurons[1]"}


@pytest.mark.parametrize(
    "label", ["x", "a b.c", "3.14", "x.", ".x", "loss (a.b)", "..", "x[0]", ""]
)
def test_a_label_that_is_no_place_makes_no_module(label):
    assert ops_and_paths(Value(1.0, label=label) * 2) == [("mul", "")]
    assert "subgraph" not in to_dot(Value(1.0, label=label) * 2)


def test_of_a_model_that_returns_several_results_one_is_to_be_chosen():
    model, x = nn.LSTM(2, 3, rng=0), np.ones((4, 1, 2))
    with pytest.raises(TypeError, match=r"LSTM returns a tuple.*draw\(y, seen=seen\)"):
        draw(model, x)
    with trace(model) as seen:
        y, _ = model(x)
    assert "LSTM" in draw(y, seen=seen).dot


def test_what_is_no_trace_is_refused():
    with pytest.raises(TypeError, match=r"seen must be a viz\.trace, got Linear"):
        draw(Value(1.0), seen=nn.Linear(1, 1, rng=0))
