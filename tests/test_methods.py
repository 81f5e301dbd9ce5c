"""Operators, methods and hand-tightened paths all say what the rows of the table say."""

import inspect
import itertools

import numpy as np
import pytest

import engine as E
from engine import Tensor, Value, ValueArray, elementwise_methods, no_grad, to_numpy
from engine.arrays import methods as array_methods

SPECIAL = [0.0, -0.0, 1.0, -1.5, 2.0, 1e308, 1e-320, np.inf, -np.inf, np.nan]

OPERATORS = {
    "__add__": "add", "__sub__": "sub", "__mul__": "mul", "__truediv__": "div", "__pow__": "pow",
    "__mod__": "remainder", "__floordiv__": "floor_divide", "__matmul__": "matmul",
    "__neg__": "neg", "__abs__": "abs",
}  # fmt: skip


def methods_of(mixin):
    """The public methods a mixin defines, with their functions."""
    return {name: f for name, f in vars(mixin).items() if callable(f) and not name.startswith("_")}


def row_of(name):
    """The row a method stands for: engine's function of that name, or of PyTorch's."""
    op = getattr(E, name)
    assert E.registry[op.name] is op
    return op


def same(a, b):
    """Equal to the last bit, nan and the sign of zero included."""
    return np.float64(a).tobytes() == np.float64(b).tobytes() or (np.isnan(a) and np.isnan(b))


# --- the mixins and the registry ---


def test_every_elementwise_method_is_a_row_of_the_table():
    for name in methods_of(elementwise_methods.ElementwiseMethods):
        op = row_of(name)
        assert op.kind == "elementwise", name


def test_methods_take_what_their_rows_take():
    """The same parameters, in the same order, with the same defaults."""
    for name, method in methods_of(elementwise_methods.ElementwiseMethods).items():
        op = row_of(name)
        given = list(inspect.signature(method).parameters.values())[op.n_inputs :]
        if name == "where":  # as PyTorch's method: x.where(condition, other)
            given = []
        assert [(p.name, p.default) for p in given] == list(op.defaults.items()), name


@pytest.mark.parametrize("name", sorted(methods_of(elementwise_methods.ElementwiseMethods)))
def test_a_method_is_its_row(name):
    op = row_of(name)
    number = 1.7 if op.domain[0].lo == 1.0 else 0.7
    a, b = Value(number), Value(0.4)
    t, u = Tensor([number]), Tensor([0.4])
    v, w = ValueArray.of([number]), ValueArray.of([0.4])
    for x, y in ((a, b), (t, u), (v, w)):
        if name == "where":
            got, expected = x.where(True, y), op(True, x, y)
        else:
            rest = [y] if op.n_inputs == 2 else []
            given = [0.1, 0.5] if op.name == "clip" else []
            got, expected = getattr(x, name)(*rest, *given), op(x, *rest, *given)
        assert type(got) is type(expected)
        assert same(float(np.ravel(to_numpy(got))[0]), float(np.ravel(to_numpy(expected))[0]))
        if x is a:
            assert got.inputs == expected.inputs  # in the same order: they show in pictures


@pytest.mark.parametrize(("method", "row"), OPERATORS.items())
def test_an_operator_is_its_row_on_either_side(method, row):
    op = E.registry[row]
    if op.n_inputs == 1:
        for x in (Value(-0.7), Tensor([-0.7], requires_grad=True)):
            assert getattr(x, method)().op is op
        return
    for x in (Value(0.7), Tensor([0.7], requires_grad=True)):
        if row == "matmul" and isinstance(x, Value):
            continue
        for other in (x, np.array([2.0]) if row == "matmul" else 2.0):
            y = getattr(x, method)(other)
            assert y.op is op
            assert y.inputs[0] is x
            y = getattr(x, method.replace("__", "__r", 1))(other)
            assert y.op is op
            assert y.inputs[1] is x


def test_every_array_method_is_a_function_of_engine_too():
    """But for these, which only read well after a dot."""
    only = {"view", "t", "numel", "dim", "contiguous", "clone", "copy", "index_select", "astype"}
    others = {name for name in methods_of(array_methods.ArrayMethods) if not hasattr(E, name)}
    assert others == only


@pytest.mark.parametrize("name", ["sum", "mean"])
def test_reductions_that_skip_the_sorting_of_arguments_are_the_function(name):
    x = np.arange(6.0).reshape(2, 3)
    function = getattr(E, name)
    for axis, keepdims in itertools.product([None, 0, -1, (0, 1)], [False, True]):
        for node in (Tensor(x, requires_grad=True), ValueArray.of(x)):
            got = getattr(node, name)(axis, keepdims)
            expected = function(node, axis=axis, keepdims=keepdims)
            aliased = getattr(node, name)(axis, keepdim=keepdims)
            np.testing.assert_array_equal(to_numpy(got), to_numpy(expected))
            np.testing.assert_array_equal(to_numpy(aliased), to_numpy(expected))
            if isinstance(node, Tensor):
                assert got.params == expected.params


# --- hand-tightened paths of the scalar tier ---

FAST = [
    (elementwise_methods.ElementwiseMethods.__add__, Value.__add__),
    (elementwise_methods.ElementwiseMethods.__radd__, Value.__radd__),
    (elementwise_methods.ElementwiseMethods.__mul__, Value.__mul__),
    (elementwise_methods.ElementwiseMethods.__rmul__, Value.__rmul__),
]


@pytest.mark.parametrize(("plain", "fast"), FAST, ids=lambda f: f.__qualname__)
def test_fast_operators_of_values_make_the_node_the_row_makes(plain, fast):
    for number, other in itertools.product(SPECIAL, SPECIAL):
        for operand in (Value(other), other, np.float64(other), Value(other, requires_grad=False)):
            x = Value(number)
            got, expected = fast(x, operand), plain(x, operand)
            assert same(got.data, expected.data)
            assert got.op is expected.op
            assert all(
                a is b or (type(a) is type(b) is float and same(a, b))
                for a, b in zip(got.inputs, expected.inputs, strict=True)
            )
            assert (got._grad, got._adjoint, got.label) == (None, None, "")
    for operand in (3, True, 10**20):
        assert same(fast(Value(2.0), operand).data, plain(Value(2.0), operand).data)
        assert type(fast(Value(2.0), operand).data) is float
    for x in (fast(Value(2.0), np.array([1.0])), plain(Value(2.0), np.array([1.0]))):
        assert isinstance(x, ValueArray)
    with no_grad():
        assert fast(Value(2.0), 3.0).op is None


@pytest.mark.parametrize("name", ["add", "mul"])
def test_rules_written_out_for_values_are_the_row_s(name):
    """`backward` adds and multiplies by itself; the row says the same, to the last bit."""
    op = E.registry[name]
    for a, b, g in itertools.product(SPECIAL, SPECIAL, [1.0, -2.5, 0.0, np.inf]):
        for x, z in ((Value(a), Value(b)), (Value(a), b), (a, Value(b))):
            op(x, z).backward(g)
            for i, node in enumerate((x, z)):
                if isinstance(node, Value):
                    expected = op.vjps[i](g, op.on_floats(a, b), a, b)
                    assert same(node.grad, expected), (a, b, g, i)


@pytest.mark.usefixtures("own_ops")
def test_only_rows_that_are_written_out_have_a_second_definition():
    """Anything else backward calls; a new rule for these shows here."""
    planted = E.elementwise(
        "planted", np.multiply, lambda g, y, a, b: g * 7, lambda g, y, a, b: g * 5
    )
    x, z = Value(2.0), Value(3.0)
    planted(x, z).backward()
    assert (x.grad, z.grad) == (7.0, 5.0)


# --- and of the tensor tier ---

FAST_TENSOR = ["__add__", "__sub__", "__mul__", "__truediv__", "__matmul__"]


@pytest.mark.parametrize("method", FAST_TENSOR)
def test_fast_operators_of_tensors_make_the_node_the_row_makes(method):
    mixins = (elementwise_methods.ElementwiseMethods, array_methods.ArrayMethods)
    plain = next(getattr(m, method) for m in mixins if hasattr(m, method))
    a = np.array([[1.0, -2.0], [0.5, 4.0]])
    for operand in (Tensor(a.T, requires_grad=True), Tensor(a), a.T, a.tolist(), np.float32(a)):
        x = Tensor(a, requires_grad=True)
        got, expected = getattr(x, method)(operand), plain(x, operand)
        np.testing.assert_array_equal(got.data, expected.data)
        assert got.op is expected.op is E.registry[OPERATORS[method]]
        got.sum().backward()
        first = x.grad
        x.zero_grad()
        expected.sum().backward()
        np.testing.assert_array_equal(first, x.grad)


@pytest.mark.usefixtures("own_ops")
def test_loops_written_out_for_tensors_are_the_general_one():
    """Ops of one and two inputs take a short way; the same rule as one of three gives the same."""
    one = E.elementwise("one", np.sin, lambda g, y, x: g * E.cos(x))
    two = E.elementwise(
        "two", lambda a, b: np.sin(a) * b,
        lambda g, y, a, b: g * b * E.cos(a), lambda g, y, a, b: g * E.sin(a),
    )  # fmt: skip
    three = E.elementwise(
        "three", lambda a, b, c: np.sin(a) * b + 0 * c,
        lambda g, y, a, b, c: g * b * E.cos(a), lambda g, y, a, b, c: g * E.sin(a),
        lambda g, y, a, b, c: 0.0,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    for shapes in itertools.product([(2, 3), (3,), (2, 1), ()], repeat=2):
        a, b = (rng.normal(size=s) for s in shapes)
        results = []
        for call in (two, lambda x, z: three(x, z, Tensor(1.0, requires_grad=True))):
            x, z = Tensor(a, requires_grad=True), Tensor(b, requires_grad=True)
            call(x, z).sum().backward()
            results.append((x.grad, z.grad))
        for got, expected in zip(*results, strict=True):
            np.testing.assert_array_equal(got, expected)
        x, frozen = Tensor(a, requires_grad=True), Tensor(b)
        two(x, frozen).sum().backward()
        np.testing.assert_array_equal(x.grad, results[0][0])
        x.zero_grad()
        two(frozen, x).sum().backward()
        one_of, scaled = Tensor(a, requires_grad=True), Tensor(a, requires_grad=True)
        one(one_of).sum().backward()
        two(scaled, 1.0).sum().backward()
        np.testing.assert_array_equal(one_of.grad, scaled.grad)


@pytest.mark.usefixtures("own_ops")
def test_a_binary_op_with_one_rule_left_out():
    half = E.elementwise("half", np.multiply, None, lambda g, y, a, b: g * a)
    other = E.elementwise("other", np.multiply, lambda g, y, a, b: g * b, None)
    for op, slopes in ((half, (None, [2.0])), (other, ([3.0], None))):
        for create_graph in (False, True):
            x, z = Tensor([2.0], requires_grad=True), Tensor([3.0], requires_grad=True)
            op(x, z).backward(create_graph=create_graph)
            for node, slope in zip((x, z), slopes, strict=True):
                got = None if node.grad is None else node.grad.tolist()
                assert got == slope
        a, b = Value(2.0), Value(3.0)
        op(a, b).backward()
        assert [a.grad, b.grad] == [0.0 if s is None else s[0] for s in slopes]


# --- the gate ---


def test_a_gate_is_a_choice_of_g_or_zero_at_any_size():
    rng = np.random.default_rng(0)
    for n in (1, 50, 100, 101, 5000):
        for special in (None, np.inf, -np.inf, np.nan, 1e200):
            g = rng.normal(size=n)
            if special is not None:
                g[n // 2] = special
            open_ = rng.normal(size=n) > 0
            open_[n // 2] = False
            got = E.gate(g, open_)
            np.testing.assert_array_equal(got, np.where(open_, g, 0.0))
    assert E.gate(2.0, True) == 2.0
    assert E.gate(np.inf, False) == 0.0
    assert E.gate(Value(2.0), False).data == 0.0
    assert E.gate(Tensor([2.0]), np.array([True])).data == 2.0
