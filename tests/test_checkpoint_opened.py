"""Checkpointed calls looked into: pictures, steps, source, expand, forward mode, compile."""

import numpy as np
import pytest

import engine
import nn
import viz
from engine import NonFiniteError, Tensor, Value, checkpoint, toposort


def ops_of(y):
    return [node.op.name for node in toposort(y) if node.op]


def curve(x, w):
    return (x * w).tanh() * w


@pytest.fixture
def call():
    """A checkpointed call between two ops, its leaves, and the same without."""
    w, x = (
        Tensor([a, b], requires_grad=True, label=n)
        for a, b, n in [(0.1, 0.2, "w"), (0.3, 0.4, "x")]
    )
    y = checkpoint(curve, x.exp(), w).sum()
    return w, x, y, curve(x.exp(), w).sum()


@pytest.fixture(params=["Tensor", "Value"])
def either(request):
    """The same of either tier: leaves, result, and the same without."""
    make = Value if request.param == "Value" else lambda x, label: Tensor([x], True, label=label)
    w, x = make(0.5, label="w"), make(0.25, label="x")
    y = checkpoint(curve, x.exp(), w)
    return w, x, y * 2.0, curve(x.exp(), w) * 2.0


def test_opened_it_is_the_plain_graph_of_the_same_leaves(either):
    _, _, y, plain = either
    assert ops_of(y) == ["exp", "curve", "mul"]
    inside = engine.opened(y)
    assert ops_of(inside) == ops_of(plain)
    assert float(inside.data) == float(plain.data)
    assert [n for n in toposort(inside) if not n.op] == [n for n in toposort(plain) if not n.op]
    assert ops_of(y) == ["exp", "curve", "mul"]


def test_what_has_nothing_to_open_is_the_same_graph():
    y = Value(2.0) * 3.0
    assert engine.opened(y) is y


def test_a_call_inside_a_call_is_opened_too():
    x = Tensor([0.5], requires_grad=True, label="x")
    y = checkpoint(lambda x: checkpoint(curve, x.sin(), x) * 2.0, x.cos()) + 1.0
    assert ops_of(y) == ["cos", "checkpoint", "add"]
    assert ops_of(engine.opened(y)) == ["cos", "sin", "mul", "tanh", "mul", "mul", "add"]


def test_a_compiled_call_is_opened_as_well():
    f = engine.compile(lambda x: (x * 2.0).tanh())
    y = f(Tensor([0.5], requires_grad=True))
    assert len(ops_of(y)) == 1
    assert ops_of(engine.opened(y)) == ["mul", "tanh"]


def test_a_picture_has_one_node_for_it_and_opened_what_is_inside(call):
    y = call[2]
    closed, inside = viz.draw(y).dot, viz.draw(y, opened=True).dot
    assert "result of curve<" in closed
    assert "run again in backward" in closed
    assert "tanh" not in closed
    assert "result of tanh<" in inside


def test_a_model_is_drawn_by_groups_or_opened_in_frames():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh(), nn.Linear(3, 1, rng=1), checkpoint=2)
    closed = viz.draw(model, np.ones((4, 2))).dot
    assert "result of Sequential[0:2]<" in closed
    assert "output of Sequential[2:3]<" in closed
    assert "input, a plain array" in closed
    plain = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh(), nn.Linear(3, 1, rng=1))
    opened = viz.draw(model, np.ones((4, 2)), opened=True).dot
    assert opened == viz.draw(plain, np.ones((4, 2))).dot


def test_each_edge_of_a_call_is_a_step(call):
    w, _, y, plain = call
    steps = [step for step in viz.steps(y) if hasattr(step, "contribution")]
    plain.backward()
    mine = {step.input.label: step.contribution for step in steps if step.node.op.name == "curve"}
    np.testing.assert_array_equal(2 * mine["w"], w.grad)  # of both


def test_explain_says_what_the_rule_comes_down_to(call):
    w, _, y, _ = call
    y.backward()
    through = str(engine.explain(w)).splitlines()[1].strip()
    assert through.startswith(
        "through n3, input 1: ∂L/∂n3 × tanh(n1 × w) + "
        "∂L/∂n3 × w × (1 − tanh(n1 × w) × tanh(n1 × w)) × n1 ="
    )


def test_the_text_of_its_program_and_its_numbers_are_those_of_what_is_inside(either):
    _, _, y, plain = either
    assert engine.source(y) == engine.source(plain)
    if isinstance(y, Tensor):
        assert ops_of(engine.expand(y, 0)) == ops_of(engine.expand(plain, 0))


def test_forward_mode_goes_through():
    w = np.array([0.5, -1.0])

    def along(run, w, x, v):
        return engine.jvp(lambda x: run(lambda x: engine.sum(x.exp() * w * x), x.sin()), x, v)

    for case in [(w, np.array([0.1, 0.2]), np.array([1.0, 3.0])), (0.5, 0.5, 2.0)]:
        ours, theirs = along(checkpoint, *case), along(lambda f, x: f(x), *case)
        np.testing.assert_array_equal(ours[0], theirs[0])
        np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-15)


@pytest.mark.parametrize("how", [
    lambda f: engine.grad(lambda x: engine.jvp(f, x, np.ones(2))[1].sum()),
    lambda f: lambda x: engine.jvp(engine.grad(lambda x: f(x).sum()), x, np.ones(2))[1],
    lambda f: lambda x: engine.jvp(lambda x: engine.jvp(f, x, np.ones(2))[1], x, np.ones(2))[1],
    lambda f: engine.jacobian(f),
    lambda f: engine.hessian(lambda x: f(x).sum()),
], ids=["grad of jvp", "jvp of grad", "jvp of jvp", "jacobian", "hessian"])  # fmt: skip
def test_both_modes_go_through_in_any_order(how):
    w = Tensor([0.5, -1.0], requires_grad=True)

    def f(run):
        return lambda x: run(lambda x: x.exp() * w * x.sum(), x.sin())

    x = np.array([0.1, 0.2])
    ours, theirs = how(f(checkpoint))(x), how(f(lambda f, x: f(x)))(x)
    np.testing.assert_allclose(engine.to_numpy(ours), engine.to_numpy(theirs), rtol=1e-14)


def test_a_half_precision_tangent_is_of_half_precision():
    x = np.array([0.5, 0.25], np.float16)
    ours = engine.jvp(lambda x: checkpoint(lambda x: x.exp() * 3.0, x), x, x)[1]
    theirs = engine.jvp(lambda x: x.exp() * 3.0, x, x)[1]
    assert ours.dtype == np.float16
    np.testing.assert_array_equal(ours, theirs)


def test_the_op_inside_that_gave_nan_is_named():
    with pytest.raises(NonFiniteError, match=r"^log\(0"), engine.nan_trace():
        checkpoint(lambda x: engine.log(x) * 2.0, Value(0.0))
    y = checkpoint(lambda x: engine.log(x) * 2.0, Value(0.0))
    with pytest.raises(NonFiniteError, match=r"lambda|checkpoint"):
        engine.nan_trace(y)


def test_inside_a_compiled_function_it_is_a_part_of_the_program():
    w = Tensor([0.5, 0.25], requires_grad=True)
    f = engine.compile(lambda x: checkpoint(lambda x: (x * w).tanh(), x).sum())
    f(np.array([1.0, 2.0])).backward()
    assert "tanh" in f.source
    compiled, w.grad = w.grad, None
    (np.array([1.0, 2.0]) * w).tanh().sum().backward()
    np.testing.assert_allclose(compiled, w.grad, rtol=1e-15)


def test_a_compiled_function_may_be_checkpointed():
    w = Tensor([0.5, 0.25], requires_grad=True)
    f = engine.compile(lambda x: (x * w).tanh().sum())
    for _ in range(2):
        checkpoint(f, Tensor([1.0, 2.0])).backward()
    assert len(f.traces) == 1
    twice, w.grad = w.grad, None
    f(Tensor([1.0, 2.0])).backward()
    np.testing.assert_allclose(twice, 2 * w.grad, rtol=1e-15)


def test_calls_after_each_other_are_opened_with_the_constants_inside():
    w = Tensor([0.5, 0.25], requires_grad=True)
    scale = Tensor([2.0, 4.0])
    y = checkpoint(lambda x: x * w * scale, checkpoint(lambda x: x.exp() * scale, w * np.ones(2)))
    inside = engine.opened(y)
    assert ops_of(inside) == ["mul", "exp", "mul", "mul", "mul"]
    np.testing.assert_array_equal(inside.data, y.data)


def test_applied_to_other_tensors_the_op_is_what_it_is_made_of(call):
    y = call[2].inputs[0]
    other = [Tensor([1.0, 2.0], requires_grad=True), Tensor([0.5, 0.5], requires_grad=True)]
    again = y.op.apply(tuple(other), dict(y.params))
    assert ops_of(again) == ["mul", "tanh", "mul"]
    np.testing.assert_array_equal(again.data, curve(*other).data)


def test_a_call_that_differentiates_a_call_is_right():
    w = np.array([0.5, -1.0])

    def gradient(run):
        def slope(x):
            return engine.grad(lambda x: run(lambda x: (x.exp() * w).sin().sum(), x * x))(x)

        return engine.grad(lambda x: (run(slope, x) * w).sum())(np.array([0.1, 0.2]))

    np.testing.assert_array_equal(gradient(checkpoint), gradient(lambda f, x: f(x)))


def test_a_history_sees_each_layer_once():
    def seen(size):
        layers = [nn.Linear(2, 3, rng=0), nn.Tanh(), nn.Linear(3, 1, rng=1), nn.Tanh()]
        model = nn.Sequential(*layers, checkpoint=size)
        history = viz.History(model, every=1)
        x = np.random.default_rng(0).normal(size=(8, 2))
        for _ in range(3):
            loss = (model(x) ** 2).mean()
            loss.backward()
            history.step(loss)
        return [one["activations"] for one in history.records if "activations" in one]

    ours, plain = seen(2), seen(None)
    assert ours == plain
    assert [set(one) for one in ours[-1:]] == [{"1 Tanh", "3 Tanh"}]
