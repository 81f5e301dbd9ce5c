"""`nn.scalar`: micrograd's numbers from micrograd's seed, one node a neuron, expanded on demand.

The literals are micrograd 0.1.0's.
"""

import copy
import random

import numpy as np
import pytest

import nn
import viz
from engine import Value, relu, toposort
from nn import scalar

XS = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
YS = [1.0, -1.0, -1.0, 1.0]


def lesson():
    """The model of micrograd's first lesson, from the seed its demo uses."""
    random.seed(1337)
    return scalar.MLP(3, [4, 4, 1])


# --- a drop-in ---


def test_twenty_steps_are_micrograds():
    model = lesson()
    losses = []
    for _ in range(20):
        scores = [model(x) for x in XS]
        loss = sum((a - b) ** 2 for a, b in zip(scores, YS, strict=True))
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= 0.01 * p.grad
        losses.append(loss.data)
    assert losses[0] == pytest.approx(18.432196474034008, rel=1e-13)
    assert losses[9] == pytest.approx(1.1018498891724589, rel=1e-12)
    assert losses[19] == pytest.approx(0.567829849871796, rel=1e-12)
    assert model.parameters()[0].data == pytest.approx(0.06723600508725641, rel=1e-11)
    assert model.parameters()[-1].data == pytest.approx(-0.4413508261032624, rel=1e-11)


def test_the_reprs_are_micrograds():
    assert repr(lesson()) == (
        "MLP of [Layer of [ReLUNeuron(3), ReLUNeuron(3), ReLUNeuron(3), ReLUNeuron(3)], "
        "Layer of [ReLUNeuron(4), ReLUNeuron(4), ReLUNeuron(4), ReLUNeuron(4)], "
        "Layer of [LinearNeuron(4)]]"
    )


def test_layers_give_lists_and_a_single_neuron_its_value():
    assert len(scalar.Layer(2, 3)([1.0, 2.0])) == 3
    assert isinstance(scalar.Layer(2, 1)([1.0, 2.0]), Value)
    assert len(scalar.MLP(2, [3, 2])([1.0, 2.0])) == 2
    # micrograd fails there: the one neuron's Value is no list for the layer above
    assert isinstance(scalar.MLP(2, [1, 1])([1.0, 2.0]), Value)


def test_parameters_come_neuron_by_neuron_weights_before_the_bias():
    model = lesson()
    assert len(model.parameters()) == 41
    assert [p.label for p in model.parameters()[:5]] == [
        "layers[0].neurons[0].w[0]", "layers[0].neurons[0].w[1]", "layers[0].neurons[0].w[2]",
        "layers[0].neurons[0].b", "layers[0].neurons[1].w[0]",
    ]  # fmt: skip
    assert scalar.Module().parameters() == []


def test_weights_come_from_pythons_random_or_a_generator():
    assert [w.data for w in lesson().layers[0].neurons[0].w] == [
        w.data for w in lesson().layers[0].neurons[0].w
    ]
    for make in (np.random.default_rng, random.Random):
        first, second = (scalar.MLP(2, [3, 1], rng=make(4)) for _ in range(2))
        numbers = [p.data for p in first.parameters()]
        assert numbers == [p.data for p in second.parameters()]
        assert all(-1 <= x <= 1 for x in numbers)
        assert all(n.b.data == 0.0 for layer in first.layers for n in layer.neurons)


def test_inputs_may_be_values_numbers_and_arrays():
    model = lesson()
    numbers = model(XS[0]).data
    assert model([Value(x) for x in XS[0]]).data == numbers
    assert model(np.array(XS[0])).data == numbers
    assert model((2, 3, -1)).data == numbers


def test_gradients_reach_the_inputs():
    n = scalar.Neuron(2, nonlin=False)
    n.w[0].data, n.w[1].data, n.b.data = 1.0, -2.0, 0.5
    x = [Value(3.0), Value(1.0)]
    y = n(x)
    (y * 2).backward()
    assert y.data == 1.5
    assert [v.grad for v in (*x, *n.w, n.b)] == [2.0, -4.0, 6.0, 2.0, 2.0]


def test_the_optimizers_take_its_parameters():
    model, by_hand = lesson(), lesson()
    optimizer = nn.SGD(model.parameters(), lr=0.01)
    for one in (model, by_hand):
        one.zero_grad()
        sum((one(x) - y) ** 2 for x, y in zip(XS, YS, strict=True)).backward()
    optimizer.step()
    for p, q in zip(model.parameters(), by_hand.parameters(), strict=True):
        assert p.data == q.data - 0.01 * q.grad


def test_copies_share_nothing():
    model = lesson()
    other = copy.deepcopy(model)
    other.parameters()[0].data = 9.0
    assert model.parameters()[0].data != 9.0


# --- one node a neuron ---


def test_a_neuron_is_one_node():
    model = lesson()
    x = [Value(v, label=f"x{i}") for i, v in enumerate(XS[0])]
    order = toposort(model(x))
    assert len(order) == 3 + 41 + 9
    assert [node.label for node in order if not node.is_leaf][-1] == "layers[2].neurons[0]"
    assert {node.op.name for node in order if node.op} == {"relu_neuron", "linear_neuron"}


def test_a_neuron_has_the_derivatives_of_its_composed_form_to_the_second_order():
    rng = np.random.default_rng(0)
    for nonlin, sign in ((True, 1), (True, -1), (False, 1)):
        n = scalar.Neuron(3, nonlin, rng=rng)
        x = [Value(v) for v in rng.normal(size=3)]
        total = sum((w.data * v.data for w, v in zip(n.w, x, strict=True)), n.b.data)
        n.b.data = sign * abs(n.b.data - total) + 0.1 * sign - total  # clear of the kink
        leaves = [*x, *n.parameters()]

        def gradients(y, leaves=leaves):
            """First derivatives of y², and those of the sum of their squares."""
            for leaf in leaves:
                leaf.zero_grad()
            (y * y).backward(create_graph=True)
            first = [leaf.grad for leaf in leaves]
            for leaf in leaves:
                leaf.zero_grad()
            sum(g * g for g in first).backward()
            return [g.item() for g in first], [leaf.grad for leaf in leaves]

        fused, expanded = gradients(n(x)), gradients(scalar.expand(n(x)))
        np.testing.assert_allclose(fused, expanded, rtol=1e-12, atol=1e-12)
        assert (np.any(fused[0]), np.any(fused[1])) == ((sign > 0,) * 2)


def test_at_its_kink_a_neuron_is_flat_as_relu_is():
    n = scalar.Neuron(1)
    n.w[0].data = 1.0
    x = Value(0.0)
    n([x]).backward()
    assert (x.grad, n.b.grad) == (0.0, 0.0)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])  # one closes the gate
def test_what_is_no_number_goes_through_as_through_the_composed_form(bad):
    n = scalar.Neuron(2, rng=random.Random(0))
    x = [Value(bad), Value(1.0)]
    fused, expanded = n(x), scalar.expand(n(x))
    np.testing.assert_array_equal(fused.data, expanded.data)  # nan is nan
    fused.backward()
    first = [v.grad for v in (*x, *n.parameters())]
    for v in (*x, *n.parameters()):
        v.zero_grad()
    expanded.backward()
    np.testing.assert_array_equal([v.grad for v in (*x, *n.parameters())], first)


# --- pictures, steps, expanding ---


def test_the_whole_model_can_be_drawn():
    model = lesson()
    y = model([Value(v, label=f"x{i}") for i, v in enumerate(XS[0])])
    y.backward()
    text = viz.to_dot(y, max_nodes=100)
    for i, layer in enumerate(model.layers):
        for j in range(len(layer.neurons)):
            assert f"layers[{i}].neurons[{j}]" in text
    # an edge for each input, weight and bias of a neuron
    assert text.count("->") == 4 * 7 + 5 * 9
    folded = viz.to_dot(y, depth=1)
    assert folded.count("->") < 10


def test_backward_can_be_stepped_neuron_by_neuron():
    model = lesson()
    x = [Value(v, label=f"x{i}") for i, v in enumerate(XS[0])]
    y = model(x)
    seen = list(viz.steps(y))
    forward = [step for step in seen if isinstance(step, viz.ForwardStep)]
    backward = [step for step in seen if isinstance(step, viz.BackwardStep)]
    assert len(forward) == 9
    assert len(backward) == 9 + 4 * 9 + 4 * 7  # each neuron: its inputs, weights and bias
    stepped = [p.grad for p in model.parameters()]
    model.zero_grad()
    model(x).backward()
    assert [p.grad for p in model.parameters()] == stepped


def test_a_neuron_is_expanded_on_demand():
    n = scalar.Neuron(2)
    n.w[0].data, n.w[1].data, n.b.data = 1.0, -2.0, 0.5
    x = [Value(3.0, label="x"), Value(1.0, label="y")]
    y = scalar.expand(n(x))
    assert [node.op.name for node in toposort(y) if node.op] == ["mul", "add", "mul", "add", "relu"]
    assert y.label == "neuron"
    assert y.data == 1.5
    assert {id(node) for node in toposort(y) if node.is_leaf} == {
        id(v) for v in (*x, *n.parameters())
    }


def test_expanding_a_model_changes_no_number():
    model = lesson()
    loss = sum((model(x) - y) ** 2 for x, y in zip(XS, YS, strict=True))
    expanded = scalar.expand(loss)
    assert len(toposort(expanded)) > 4 * len(toposort(loss)) / 2
    loss.backward()
    first = [p.grad for p in model.parameters()]
    model.zero_grad()
    expanded.backward()
    assert expanded.data == pytest.approx(loss.data, rel=1e-14)
    np.testing.assert_allclose([p.grad for p in model.parameters()], first, rtol=1e-12, atol=1e-13)


def test_what_depends_on_no_neuron_is_shared():
    a = Value(2.0)
    y = a * a
    assert scalar.expand(y) is y
    n = scalar.Neuron(1)
    z = scalar.expand(n([y]) + y)
    assert any(node is y for node in toposort(z))
    with pytest.raises(TypeError, match="root must be a Value, got float"):
        scalar.expand(1.0)


def test_a_deep_model_is_no_problem():
    model = scalar.MLP(1, [1] * 3000, rng=random.Random(0))
    for p in model.parameters():
        p.data = 1.0 if p.label.endswith("w[0]") else 0.0
    x = Value(0.5)
    y = model([x])
    y.backward()
    assert (y.data, x.grad) == (0.5, 1.0)
    assert len(toposort(scalar.expand(y))) > 9000


# --- bad input ---


def test_what_does_not_fit_is_named():
    model = lesson()
    with pytest.raises(ValueError, match=r"ReLUNeuron\(3\) takes 3 inputs, got 2"):
        model([1.0, 2.0])
    with pytest.raises(ValueError, match="nin must be at least 1, got 0"):
        scalar.Neuron(0)
    with pytest.raises(ValueError, match="nout must be at least 1, got 0"):
        scalar.Layer(2, 0)
    with pytest.raises(ValueError, match="nouts must name at least one layer"):
        scalar.MLP(2, [])
    with pytest.raises(TypeError, match="must be a real number, got str"):
        scalar.Neuron(1)(["1"])


def test_a_relu_by_hand_agrees():
    n = scalar.Neuron(2)
    x = [Value(0.3), Value(-0.7)]
    by_hand = relu(n.w[0] * x[0] + n.w[1] * x[1] + n.b)
    assert n(x).data == pytest.approx(by_hand.data, abs=1e-15)


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_relu_neuron_at_its_corner_has_slope_0(create_graph):
    neuron = nn.scalar.Neuron(2)
    neuron.w[0].data, neuron.w[1].data, neuron.b.data = 1.0, -2.0, 0.0
    y = neuron([2.0, 1.0])
    y.backward(create_graph=create_graph)
    assert float(y.data) == 0.0
    assert [float(getattr(p.grad, "data", p.grad)) for p in neuron.parameters()] == [0.0] * 3
