"""`Value` as micrograd's lecture walks it by hand, and classes that keep Values in lists."""

import math
import random

import pytest

import engine
import nn
from engine import Value
from nn import optim, scalar


def neuron():
    """The lecture's neuron, tanh written out in exponentials; every node by its label."""
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")
    n = x1 * w1 + x2 * w2 + b
    n.label = "n"
    e = (2 * n).exp()
    o = (e - 1) / (e + 1)
    o.label = "o"
    return o, {x.label: x for x in (x1, x2, w1, w2, b, n)}


def trace(root):
    """The nodes and the edges below root, as the lecture's draw_dot finds them."""
    nodes, edges = set(), set()

    def build(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes, edges


def test_backward_is_walked_by_hand_node_by_node():
    a, b, c = Value(2.0), Value(-3.0), Value(10.0)
    d = a * b
    total = d + c

    total.grad = 1.0
    total._backward()
    assert (d.grad, c.grad, a.grad) == (1.0, 1.0, 0.0)
    d._backward()
    assert (a.grad, b.grad) == (-3.0, 2.0)
    a._backward()  # a leaf has nothing to hand on
    assert (a.grad, b.grad) == (-3.0, 2.0)


def test_a_walk_in_reversed_topological_order_gives_the_lectures_gradients():
    o, by_label = neuron()
    topo, visited = [], set()

    def build_topo(v):
        if v not in visited:
            visited.add(v)
            for child in v._prev:
                build_topo(child)
            topo.append(v)

    build_topo(o)
    o.grad = 1.0
    for node in reversed(topo):
        node._backward()

    found = [by_label[name].grad for name in ("x1", "w1", "x2", "w2", "n")]
    assert found == pytest.approx([-1.5, 1.0, 0.5, 0.0, 0.5])
    o.backward()  # once more, and added
    assert by_label["x1"].grad == pytest.approx(-3.0)


def test_a_node_used_twice_gets_both_edges_and_a_constant_collects_nothing():
    a, k = Value(3.0), Value(2.0, requires_grad=False)
    b = a * a + k
    b.grad = 1.0
    b._backward()
    (square,) = (x for x in b._prev if x.op)
    square._backward()

    assert a.grad == 6.0
    assert not k.has_grad


def test_a_step_by_hand_can_be_differentiated_again():
    a = Value(3.0)
    y = a**3
    y.grad = Value(1.0)
    y._backward()
    slope = a.grad
    a.grad = 0.0
    slope.backward()

    assert (slope.data, a.grad) == (27.0, 18.0)


def test_the_lectures_picture_reads_every_node():
    o, _ = neuron()
    nodes, edges = trace(o)
    labels = {f"{{ {n.label} | data {n.data:.4f} | grad {n.grad:.4f} }}" for n in nodes}

    assert "{ n | data 0.8814 | grad 0.0000 }" in labels
    assert {n._op for n in nodes} >= {"", "+", "*", "exp", "/"}
    assert len(edges) == 14


def test_a_rule_put_on_a_result_is_refused_with_the_way_out():
    """In micrograd's own class each result has its rule; here the op has it."""

    class Own(Value):
        __slots__ = ()

        def cube(self):
            out = Own(self.data**3, (self,), "cube")

            def _backward():
                self.grad += 3 * self.data**2 * out.grad

            out._backward = _backward
            return out

    with pytest.raises(AttributeError, match=r"engine\.elementwise\("):
        Own(2.0).cube()


# --- classes that keep Values in lists ---


def mlp_of(base):
    """micrograd's classes over another base, without a parameters() of their own."""

    class Neuron(base):
        def __init__(self, nin):
            self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
            self.b = Value(0.0)

        def __call__(self, x):
            return sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b).tanh()

    class Layer(base):
        def __init__(self, nin, nout):
            self.neurons = [Neuron(nin) for _ in range(nout)]

        def __call__(self, x):
            outs = [n(x) for n in self.neurons]
            return outs[0] if len(outs) == 1 else outs

    class MLP(base):
        def __init__(self, nin, nouts):
            sizes = [nin, *nouts]
            self.layers = [Layer(*sizes[i : i + 2]) for i in range(len(nouts))]

        def __call__(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    random.seed(3)
    return MLP(3, [4, 4, 1])


XS = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
YS = [1.0, -1.0, -1.0, 1.0]


@pytest.mark.parametrize("base", [nn.Module, scalar.Module])
def test_the_lectures_network_has_41_parameters_and_learns(base):
    model = mlp_of(base)
    assert len(list(model.parameters())) == 41
    for _ in range(30):
        loss = sum((model(x) - y) ** 2 for x, y in zip(XS, YS, strict=True))
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data += -0.1 * p.grad

    assert loss.data < 0.05


def test_a_module_of_values_is_named_saved_put_in_eval_mode_and_trained_by_optimizers(tmp_path):
    model = mlp_of(nn.Module)
    names = [name for name, _ in model.named_parameters()]
    assert names[:5] == [f"layers.0.neurons.0.{p}" for p in ("w.0", "w.1", "w.2", "b")] + [
        "layers.0.neurons.1.w.0"
    ]
    assert list(model.state_dict()) == names
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    for _ in range(3):
        optimizer.zero_grad()
        sum((model(x) - y) ** 2 for x, y in zip(XS, YS, strict=True)).backward()
        optimizer.step()
    assert not model.eval().layers[1].neurons[0].training
    nn.save(model, tmp_path / "m.npz")
    again = mlp_of(nn.Module)
    assert again(XS[0]).data != model(XS[0]).data
    nn.load(again, tmp_path / "m.npz")
    assert again(XS[0]).data == model(XS[0]).data
    with pytest.raises(ValueError, match=r"layers\.0\.neurons\.0\.b: expected shape"):
        again.load_state_dict({**model.state_dict(), "layers.0.neurons.0.b": [1.0]})


@pytest.mark.parametrize(
    ("held", "names"),
    [
        (lambda: [[Value(1.0), 2.0], (Value(3.0),)], ["w.0.0", "w.1.0"]),
        (lambda: {"slope": Value(1.0), "note": "x", "height": Value(2.0)}, ["w.slope", "w.height"]),
        (lambda: engine.ValueArray.of([1.0, 2.0]), ["w.0", "w.1"]),
        (lambda: ["a", *[Value(2.0) for _ in range(70)]],
         [f"w.{i}" for i in range(1, 71)]),
        (lambda: [Value(1.0, requires_grad=False), Value(1.0) * 2.0], []),
        (lambda: {**{str(i): i for i in range(64)}, "late": Value(1.0)}, []),  # a vocabulary
    ],
)  # fmt: skip
def test_values_are_found_in_lists_tuples_dicts_and_arrays(held, names):
    model = nn.Module()
    model.w = held()

    assert [name for name, _ in model.named_parameters()] == names


def test_a_value_that_comes_later_is_found_and_one_in_two_lists_counts_once():
    model = nn.Module()
    model.first, model.second = [], []
    assert list(model.parameters()) == []
    shared = Value(1.0)
    model.first.append(shared)
    model.second += [shared, nn.ReLU()]

    assert [name for name, _ in model.named_parameters()] == ["first.0"]
    assert [name for name, _ in model.named_modules()] == ["", "second.1"]


def test_modules_that_hold_one_another_in_lists_are_walked_once():
    one, two, plain = nn.Module(), nn.Module(), nn.Module()
    one.others, two.others, plain.others = [two], [one], [plain]
    with pytest.warns(UserWarning, match="holds a Module in a list"):
        assert list(one.parameters()) == []
    two.w = [Value(1.0)]

    assert [name for name, _ in one.named_parameters()] == ["others.0.w.0"]


def test_a_class_of_scalar_modules_names_its_values_in_order_and_once():
    class Own(scalar.Module):
        def __init__(self):
            self.pair = {"a": Value(1.0), "b": (Value(2.0), "text")}
            self.neuron = scalar.Neuron(1)
            self.again = [self.neuron, Value(1.0) * 2.0]

    own = Own()
    assert [p.data for p in own.parameters()[:2]] == [1.0, 2.0]
    assert own.parameters()[2:] == own.neuron.parameters()


# --- a cell that is run twice ---

CELL = """
import numpy as np
from engine import elementwise
softsign2 = elementwise(
    "softsign2", lambda x: x / (1 + np.abs(x)), lambda g, y, x: g * (1 - abs(y)) ** 2
)
"""


@pytest.fixture
def cleaned():
    yield
    engine.unregister("softsign2")


def run_cell(cell, name, module="elsewhere"):
    exec(compile(cell, name, "exec"), {"__name__": module})


@pytest.mark.usefixtures("cleaned")
def test_a_cell_that_is_run_twice_redefines_its_row():
    run_cell(CELL, "<cell 1>")
    first = engine.softsign2
    run_cell(CELL, "<cell 1>")

    assert engine.softsign2 is not first
    assert engine.grad(engine.softsign2)(1.0) == 0.25


@pytest.mark.usefixtures("cleaned")
def test_a_row_of_another_place_is_not_redefined():
    run_cell(CELL, "<cell 1>")
    for cell, name in ((CELL, "<cell 2>"), ("\n" + CELL, "<cell 1>")):
        with pytest.raises(ValueError, match="'softsign2' exists already; pass replace=True"):
            run_cell(cell, name)


@pytest.mark.usefixtures("cleaned")
def test_a_notebook_redefines_its_own_rows_as_it_does_functions_but_none_of_the_table():
    """Cells are named anew when they are edited, or each time they run."""
    run_cell(CELL, "<ipython-input-1>", "__main__")
    run_cell(CELL.replace("** 2", "** 3"), "<ipython-input-2>", "__main__")
    assert engine.grad(engine.softsign2)(1.0) == 0.125
    with pytest.raises(ValueError, match="'tanh' exists already"):
        run_cell(CELL.replace("softsign2", "tanh"), "<ipython-input-3>", "__main__")


def test_a_row_without_code_of_its_own_is_told_by_its_functions():
    for _ in range(2):
        row = engine.elementwise("own_floor", math.floor, None)
    with pytest.raises(ValueError, match="'own_floor' exists already"):
        engine.elementwise("own_floor", math.ceil, None)
    engine.unregister("own_floor")
    assert row(1.5) == 1.0
