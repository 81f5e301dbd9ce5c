"""`steps`: the records of a backward pass, and that they are the pass itself."""

import re
import struct

import numpy as np
import pytest
from graphs import tensor_graphs, value_graphs
from hypothesis import given, strategies as st

import engine
import nn
from engine import Tensor, Value, toposort
from engine.showing import formula
from nn.scalar.neuron import relu_neuron
from viz import BackwardStep, ForwardStep, steps
from viz.stepping.elements import Elements
from viz.stepping.rule_source import rule_source


def bits(x):
    """A number or an array, to the last bit: -0.0 is not 0.0, nan is nan."""
    if x is None:
        return None
    if type(x) is float:
        return struct.pack("d", x)
    return (np.asarray(x).dtype.str, np.shape(x), np.asarray(x).tobytes())


def gradients(root):
    return [bits(node.grad) for node in toposort(root)]


def cleared(root):
    for node in toposort(root):
        node.zero_grad()


def by_backward(root, passes=1, **options):
    cleared(root)
    for _ in range(passes):
        root.backward(**options)
    found = gradients(root)
    cleared(root)
    return found


def expression():
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(10.0, label="c")
    d = a * b
    d.label = "d"
    y = engine.tanh(d + c) ** 2 - a
    y.label = "y"
    return y


# --- it is what backward does ---


@given(value_graphs())
def test_running_to_the_end_leaves_the_gradients_of_backward_on_values(root):
    expected = by_backward(root)
    list(steps(root))
    assert gradients(root) == expected


@given(tensor_graphs())
def test_running_to_the_end_leaves_the_gradients_of_backward_on_tensors(root):
    expected = by_backward(root)
    list(steps(root))
    assert gradients(root) == expected


@given(value_graphs() | tensor_graphs())
def test_a_second_pass_adds_to_what_is_there_as_backward_does(root):
    expected = by_backward(root, passes=2)
    list(steps(root))
    list(steps(root))
    assert gradients(root) == expected


@given(value_graphs() | tensor_graphs(), st.booleans(), st.sampled_from([0.25, -3.0, 0.0]))
def test_the_options_of_backward_are_taken(root, retain_grads, gradient):
    expected = by_backward(root, retain_grads=retain_grads, gradient=gradient)
    list(steps(root, gradient, retain_grads))
    assert gradients(root) == expected


@given(value_graphs() | tensor_graphs())
def test_the_records_replayed_are_the_gradients(root):
    """Nothing but the records' contributions, added up in their order."""
    records = [step for step in steps(root) if isinstance(step, BackwardStep)]
    replayed = {}
    for step in records:
        before = replayed.get(id(step.input))
        if before is None and isinstance(root, Value):
            assert bits(step.before) == bits(0.0)  # shown; the sum starts with its first part
        else:
            assert bits(step.before) == bits(before)
        after = step.contribution if before is None else before + step.contribution
        assert bits(step.after) == bits(after)
        replayed[id(step.input)] = after
    for node in toposort(root):
        if node is not root and id(node) in replayed and node.has_grad:
            assert bits(node.grad) == bits(replayed[id(node)])
        elif node is not root and node.op is None and node.requires_grad and node.has_grad:
            assert not np.any(node.grad)  # reached by nothing: what backward leaves there is zero


@given(value_graphs() | tensor_graphs())
def test_there_is_a_record_for_each_op_and_each_edge_in_backwards_order(root):
    order = toposort(root)
    records = list(steps(root))
    forward = [step for step in records if isinstance(step, ForwardStep)]
    backward = [step for step in records if isinstance(step, BackwardStep)]
    assert records == forward + backward
    assert [step.node for step in forward] == [node for node in order if node.op is not None]
    places = [(-step.place, step.index) for step in backward]
    assert places == sorted(places)
    assert len(set(places)) == len(places)
    for step in records:
        assert order[step.place] is step.node
    for step in backward:
        assert step.node.inputs[step.index] is step.input
        assert order[step.input_place] is step.input


@given(value_graphs() | tensor_graphs())
def test_the_upstream_gradient_of_a_record_is_complete(root):
    """No edge is walked before everything above it has arrived."""
    running = {id(root): 1.0 if isinstance(root, Value) else np.ones_like(root.numpy())}
    for step in steps(root):
        if isinstance(step, BackwardStep):
            assert bits(step.upstream) == bits(running[id(step.node)])
            running[id(step.input)] = step.after


@given(value_graphs())
def test_contribution_is_upstream_times_local(root):
    for step in steps(root):
        if isinstance(step, BackwardStep):
            np.testing.assert_allclose(step.contribution, step.upstream * step.local, rtol=1e-12)


@pytest.mark.parametrize("tier", ["value", "tensor"])
def test_an_iterator_left_early_changes_nothing(tier):
    root = expression() if tier == "value" else (Tensor([1.0, 2.0], requires_grad=True) ** 2).sum()
    total = sum(1 for _ in steps(root))
    cleared(root)
    for many in range(total):
        iterator = steps(root)
        for _ in range(many):
            next(iterator)
        del iterator
        assert not any(node.has_grad for node in toposort(root))
    expected = by_backward(root)
    root.backward()
    assert gradients(root) == expected


def test_other_passes_may_run_while_one_rests():
    root = expression()
    expected = by_backward(root, passes=3)
    first, second = steps(root), steps(root)
    for a, b in zip(first, second, strict=True):
        assert a.equation == b.equation
        if isinstance(a, BackwardStep) and a.place == 5:
            root.backward()
    assert gradients(root) == expected


def test_a_tensor_changed_on_the_way_is_an_error():
    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    iterator = steps((x * x).sum())
    next(iterator)
    x.data = [3.0, 4.0]
    with pytest.raises(RuntimeError, match="changed after the graph was made"):
        list(iterator)
    assert x.grad is None


def test_explain_knows_the_root_afterwards():
    a = Value(2.0)
    y = a * a
    list(steps(y))
    assert [c.amount for c in engine.explain(a)] == [2.0, 2.0]


# --- literal records ---


def test_the_records_of_an_expression():
    forward = [s.equation for s in steps(expression()) if isinstance(s, ForwardStep)]
    assert forward == [
        "d = a × b = 2 × −3 = −6",
        "n4 = d + c = −6 + 10 = 4",
        "n5 = tanh(n4) = tanh(4) = 0.999329",
        "n6 = n5² = 0.999329² = 0.998659",
        "y = n6 − a = 0.998659 − 2 = −1.00134",
    ]
    backward = [s for s in steps(expression()) if isinstance(s, BackwardStep)]
    assert [s.equation for s in backward] == [
        "∂y/∂n6 += ∂y/∂y · ∂(n6 − a)/∂n6 = 1 × 1 = 1",
        "∂y/∂a += ∂y/∂y · ∂(n6 − a)/∂a = 1 × −1 = −1",
        "∂y/∂n5 += ∂y/∂n6 · ∂(n5²)/∂n5 = 1 × 1.99866 = 1.99866",
        "∂y/∂n4 += ∂y/∂n5 · ∂tanh(n4)/∂n4 = 1.99866 × 0.00134095 = 0.0026801",
        "∂y/∂d += ∂y/∂n4 · ∂(d + c)/∂d = 0.0026801 × 1 = 0.0026801",
        "∂y/∂c += ∂y/∂n4 · ∂(d + c)/∂c = 0.0026801 × 1 = 0.0026801",
        "∂y/∂a += ∂y/∂d · ∂(a × b)/∂a = 0.0026801 × −3 = −0.00804031",
        "∂y/∂b += ∂y/∂d · ∂(a × b)/∂b = 0.0026801 × 2 = 0.00536021",
    ]
    assert [s.rule for s in backward] == [
        "g", "-g", rule_source(engine.pow, 0), "g * (1 - y * y)",
        "g", "g", "g * b", "g * a",
    ]  # fmt: skip
    assert backward[3].formula == "∂y/∂n5 × (1 − n5 × n5)"
    assert (backward[6].before, backward[6].after) == (-1.0, -1.0080403078423172)


X = Value(2.0, label="x")
T = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True, label="t")
B = Tensor(np.zeros((2, 3, 4)), requires_grad=True, label="b")


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (engine.abs(X), "|x|"),
        (X**-3, "x ** −3"),
        ((X - 1) - (X - 1), "x − 1 − (x − 1)"),
        (engine.floor_divide(X, 2.0), "x // 2"),
        (engine.floor_divide(X * X, X * X), "x × x // (x × x)"),
        (engine.remainder(X, 2.0), "x % 2"),
        (-X * 1.0, "−x"),
        (T.T, "t.T"),
        (engine.transpose(T, (1, 0)), "t.T"),
        (engine.transpose(B, (0, 2, 1)), "b.mT"),
        (engine.transpose(B, (2, 0, 1)), "transpose(b, axes=(2, 0, 1))"),
        (T[0], "t[0]"),
        (T[0, 1:], "t[0, 1:]"),
        (engine.where(np.array([True, False, True]), T, 0.0), "where(mask(3,), t, 0)"),
        (T + np.ones(3), "t + array(3,)"),
    ],
)
def test_a_graph_is_written_as_one_would_by_hand(node, text):
    assert formula(node, lambda x: x.label or None) == text


def test_a_long_formula_ends_in_an_ellipsis():
    y = X
    for _ in range(30):
        y = engine.sin(y)
    assert formula(y, lambda x: x.label or None) == "sin(" * 24 + "…" + ")" * 24


def test_a_step_says_what_was_there_before_and_what_after():
    x = Value(3.0, label="x")
    forward, first, second = steps(x * x)
    assert str(forward) == "y = x × x = 3 × 3 = 9".replace("y", forward.names(forward.node))
    assert str(first).endswith("= 3   (0 → 3)")
    assert str(second).endswith("= 3   (3 → 6)")
    t, mask = Tensor(np.arange(10.0), requires_grad=True, label="t"), np.array([True] * 10)
    chosen = engine.where(mask, t, 0.0)
    first, *_ = steps(chosen.sum())
    assert "(10,) of bool" in str(first)


def test_a_square_written_as_a_product_has_two_edges():
    x = Value(3.0, label="x")
    records = [s for s in steps(x * x) if isinstance(s, BackwardStep)]
    assert [(s.index, s.before, s.contribution, s.after) for s in records] == [
        (0, 0.0, 3.0, 3.0),
        (1, 3.0, 3.0, 6.0),
    ]


def test_a_fused_neuron_is_stepped_edge_by_edge():
    x = [Value(float(i), label=f"x{i}") for i in range(3)]
    w = [Value(float(i) - 0.5, label=f"w{i}") for i in range(3)]
    b = Value(0.25, label="b")
    y = relu_neuron(*x, *w, b)
    records = [s for s in steps(y) if isinstance(s, BackwardStep)]
    assert [s.names(s.input) for s in records] == ["x0", "x1", "x2", "w0", "w1", "w2", "b"]
    assert [s.contribution for s in records] == [-0.5, 0.5, 1.5, 0.0, 1.0, 2.0, 1.0]
    assert b.grad == 1.0


@pytest.mark.usefixtures("own_ops")
def test_an_op_with_one_rule_for_all_inputs_is_stepped_edge_by_edge():
    @engine.fused(elements=lambda a, b: a * b + b, vjp_all=lambda g, y, a, b: (g * b, g * (a + 1)))
    def times_next(a, b):
        "b times the number after a."
        return (a + 1) * b

    a, b = (Tensor(x, requires_grad=True, label=n) for n, x in {"a": [2.0], "b": [5.0]}.items())
    records = [s for s in steps(times_next(a, b)) if isinstance(s, BackwardStep)]
    assert [(s.names(s.input), s.contribution.tolist()) for s in records] == [
        ("a", [5.0]), ("b", [3.0])
    ]  # fmt: skip
    assert (a.grad.tolist(), b.grad.tolist()) == ([5.0], [3.0])


def test_no_record_for_a_leaf_without_gradient_and_one_for_a_condition():
    frozen = Value(2.0, label="k", requires_grad=False)
    x, c = Value(3.0, label="x"), Value(1.0, label="c")
    records = [s for s in steps(engine.where(c, x, 0.0) * frozen) if isinstance(s, BackwardStep)]
    assert [(s.names(s.input), s.contribution) for s in records] == [
        ("n2", 2.0), ("c", 0.0), ("x", 2.0),
    ]  # fmt: skip
    assert records[1].rule == "no gradient flows here"


def test_records_of_tensors_hold_arrays_of_their_own():
    x = Tensor([[1.0, 2.0]], requires_grad=True, label="x")
    w = Tensor([[3.0], [4.0]], requires_grad=True, label="w")
    _, total, to_product, to_x, to_w = steps((x @ w).sum())
    assert total.equation == "L = sum(n2) = 11"
    assert to_product.contribution.tolist() == [[1.0]]
    assert to_x.equation == "∂L/∂x += ∂L/∂n2 @ w.T = [[3, 4]]"
    assert to_w.equation == "∂L/∂w += x.T @ ∂L/∂n2 = [[1], [2]]"
    assert to_x.local is None
    assert to_x.before is None
    with pytest.raises(ValueError, match="read-only"):
        to_x.after[0, 0] = 9.0


def test_the_equation_of_a_broadcast_input_shows_the_sum_back():
    """Otherwise it would set arrays of different shapes equal."""
    x, b = Tensor(np.ones((3, 2)), label="x"), Tensor(np.ones(2), requires_grad=True, label="b")
    (step,) = [s for s in steps((x + b).sum()) if isinstance(s, BackwardStep) and s.input is b]
    assert step.equation == "∂L/∂b += sum_to(∂L/∂n2, shape=(2,)) = [3, 3]"


def test_array_statistics_stand_for_large_arrays():
    x = Tensor(np.ones((40, 50)), requires_grad=True, label="x")
    last = list(steps(x.mean()))[-1]
    assert last.parts[1] == "(40, 50) of norm 0.0223607"


def test_names_are_unique():
    a, b = Value(1.0, label="a"), Value(2.0, label="a")
    c = Value(3.0, label="x\n y")
    y = a * b + c
    y.label = "L"
    records = list(steps(y))
    assert [records[0].names(x) for x in toposort(y)] == ["a (n0)", "a (n1)", "n2", "x y", "L"]


def test_every_op_has_a_rule_to_show():
    """Word for word from the source; so it holds the rule's own arguments, not a placeholder."""
    for op in engine.registry.values():
        for i in range(op.n_inputs):
            text = rule_source(op, i)
            if op.variadic or op.vjp_all is not None or op.vjps[i] is not None:
                assert "(g, y, …)" not in text
                assert re.search(r"\bg\b", text), (op.name, text)
            else:
                assert text == "no gradient flows here"


def test_the_rule_is_the_right_one_of_several_lambdas_on_a_line():
    assert [rule_source(engine.div, i) for i in (0, 1)] == ["g / b", "-g * y / b"]
    assert [rule_source(engine.sub, i) for i in (0, 1)] == ["g", "-g"]
    assert [rule_source(engine.add, i) for i in (0, 1)] == ["g", "g"]
    assert [rule_source(engine.mul, i) for i in (0, 1)] == ["g * b", "g * a"]


@pytest.mark.usefixtures("own_ops")
def test_a_rule_without_source_is_named():
    made = eval("lambda g, y, x: g")  # as typed at a prompt
    engine.elementwise("nowhere", lambda x: x + 0, made)
    assert rule_source(engine.registry["nowhere"], 0) == "<lambda>(g, y, …)"


# --- arguments ---


@pytest.mark.parametrize(
    ("root", "options", "error", "message"),
    [
        (3.0, {}, TypeError, "root must be a Value or a Tensor, got float"),
        (Value(1.0, requires_grad=False) * 2, {}, RuntimeError, "depends on nothing"),
        (Tensor([1.0]) * 2, {}, RuntimeError, "does not require a gradient"),
        (Tensor([1.0, 2.0], requires_grad=True) * 2, {}, RuntimeError, "needs a gradient"),
        (Value(1.0) * 2, {"gradient": "x"}, TypeError, "gradient must be a real number"),
        (
            Tensor([1.0, 2.0], requires_grad=True) * 2, {"gradient": [1.0]},
            ValueError, r"gradient must have shape \(2,\)",
        ),
    ],
)  # fmt: skip
def test_bad_arguments_are_refused_at_the_call(root, options, error, message):
    with pytest.raises(error, match=message):
        steps(root, **options)


def test_a_model_of_arrays_and_its_scalar_copy_step_to_the_same_gradients():
    model = nn.MLP([2, 3, 1], rng=0)
    scalar = model.scalar()
    x = [[0.5, -1.0]]
    list(steps((model(x) ** 2).sum()))
    list(steps(engine.sum(scalar(x) ** 2)))
    for p, q in zip(model.parameters(), scalar.parameters(), strict=True):
        np.testing.assert_allclose(p.grad, q.grad, rtol=1e-12)


def test_a_step_printed_says_what_was_added_to_what():
    a, x = Value(2.0, label="a"), Tensor([1.0, 2.0], requires_grad=True, label="x")
    assert [str(step) for step in steps(a * 3.0)] == [
        "L = a × 3 = 2 × 3 = 6",
        "∂L/∂a += ∂L/∂L · ∂(a × 3)/∂a = 1 × 3 = 3   (0 → 3)",
    ]
    assert [str(step) for step in steps(x.sum())] == [
        "L = sum(x) = 3",
        "∂L/∂x += broadcast_to(∂L/∂L, shape=(2,)) = [1, 1]   (nothing → [1, 1])",
    ]


def test_a_mask_is_told_by_its_shape():
    x = Tensor(np.ones((3, 3)), requires_grad=True, label="x")
    forward = next(iter(steps(engine.where(np.eye(3) > 0, x, 0.0).sum())))
    assert forward.equation.startswith("n1 = where((3, 3) of bool, x, 0) = ")


@pytest.mark.parametrize("layer", [nn.LayerNorm(4), nn.BatchNorm1d(4), nn.Linear(4, 2, rng=0)])
def test_what_a_layer_does_to_plain_data_can_be_printed(layer):
    y = (layer(np.sin(np.arange(8.0)).reshape(2, 4)) ** 2).sum()
    for step in steps(y):
        assert " = " in str(step)


def test_arrays_of_a_step_are_nobody_else_s():
    x = Tensor([1.0, 2.0], requires_grad=True)
    found = list(steps((x * x).sum()))
    for step in found:
        if isinstance(step, ForwardStep):
            assert not np.shares_memory(step.result, step.node.data)
            assert not any(np.shares_memory(a, x.data) for a in step.inputs)
        else:
            assert not np.shares_memory(step.contribution, x.grad)
            assert not np.shares_memory(step.after, x.grad)


def test_the_formula_of_an_edge_beside_an_array_of_integers():
    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    k = Tensor(np.array([2, 3]), label="k")
    (edge,) = (s for s in steps((x * k).sum()) if getattr(s, "input", None) is x)
    assert edge.formula.endswith("× k")


def test_an_element_that_nothing_changes_with_is_said_to_add_nothing():
    """The slope of relu below 0 is there, and is 0: it is not written as a term."""
    x = Tensor([-1.0, 2.0], requires_grad=True, label="x")
    (edge,) = (s for s in steps(engine.relu(x).sum()) if getattr(s, "input", None) is x)
    assert "no element of" in Elements(edge).equation((0,))
    assert "× 1 = 1" in Elements(edge).equation((1,))
