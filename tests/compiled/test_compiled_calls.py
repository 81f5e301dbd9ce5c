"""Calls of compiled functions: results, nodes, gradients as whole programs, and forms of calls."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest

import engine
import nn
from engine import (
    Tensor,
    Value,
    ValueArray,
    compile,
    grad,
    hessian,
    hvp,
    jacobian,
    no_grad,
    value_and_grad,
    vjp,
)
from engine.looking import expand

X = np.random.default_rng(0).normal(size=(4, 3))
W = np.random.default_rng(1).normal(size=(3, 2))


def gradients_of(leaves, loss):
    """The gradients that a backward pass leaves, which are taken away again."""
    loss.backward()
    found = [np.array(leaf.grad) for leaf in leaves]
    for leaf in leaves:
        leaf.grad = None
    return found


# --- results ---


def test_a_function_of_floats_gives_a_float():
    f = compile(lambda a, b: engine.tanh(a * b) + b)
    assert f(0.5, 2.0) == engine.tanh(1.0) + 2.0
    assert type(f(0.5, 2.0)) is float
    assert len(f.traces) == 1


def test_a_function_of_arrays_gives_what_numpy_gives():
    f = compile(lambda x: (x * 2 + 1, x.sum(), np.sum(x, 0)))
    whole, total, columns = f(X)
    assert type(whole) is np.ndarray
    assert type(total) is np.float64
    np.testing.assert_allclose(whole, X * 2 + 1)
    np.testing.assert_allclose(total, X.sum())
    np.testing.assert_allclose(columns, X.sum(0))


def test_containers_of_results_come_back_as_the_function_made_them():
    pair = namedtuple("pair", "a b")

    @dataclass
    class Both:
        a: float
        b: float

    @compile
    def f(a, b):
        return {"p": pair(a * b, a), "d": Both(a + b, 2.0), "n": 3, "s": "text", "none": None}

    found = f(2.0, 3.0)
    assert found["p"] == pair(6.0, 2.0)
    assert found["d"] == Both(5.0, 2.0)
    assert (found["n"], found["s"], found["none"]) == (3, "text", None)


def test_a_constant_result_is_the_callers_own():
    f = compile(lambda x: (x, np.ones(2)))
    f(X)[1][0] = 7.0
    assert f(X)[1].tolist() == [1.0, 1.0]


def test_results_are_new_arrays_even_where_they_are_arguments():
    f = compile(lambda x: x)
    y = f(X)
    assert not np.shares_memory(y, X)


def test_arguments_by_name_are_as_those_by_place():
    f = compile(lambda x, *, scale=2.0, flip=False: -x * scale if flip else x * scale)
    assert f(X, scale=3.0)[0, 0] == X[0, 0] * 3
    assert f(X, flip=True)[0, 0] == -X[0, 0] * 2
    assert f(X)[0, 0] == X[0, 0] * 2
    assert len(f.traces) == 3


def test_more_arguments_than_names_are_numbered():
    f = compile(lambda *xs: xs[0] + xs[-1])
    assert f(*[float(i) for i in range(20)]) == 19.0


# --- nodes ---


def test_where_a_gradient_flows_a_call_is_one_node():
    w = Tensor(W, requires_grad=True, label="w")

    @compile
    def loss(x):
        return ((x @ w).tanh() ** 2).sum()

    y = loss(X)
    assert (y.op.name, len([x for x in y.inputs if isinstance(x, Tensor)])) == ("loss", 1)
    (found,) = gradients_of([w], y)
    (expected,) = gradients_of([w], loss.function(Tensor(X)))
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_backward_twice_adds_the_gradient_twice():
    w = Tensor(W, requires_grad=True)
    loss = compile(lambda x: ((x @ w) ** 2).sum())
    y = loss(X)
    y.backward()
    once = np.array(w.grad)
    y.backward()
    np.testing.assert_array_equal(np.array(w.grad), 2 * once)


def test_calls_may_wait_for_one_another_before_backward():
    w = Tensor(W, requires_grad=True)
    loss = compile(lambda x: ((x @ w) ** 2).sum())
    found = gradients_of([w], loss(X) + loss(2 * X))
    expected = gradients_of([w], ((Tensor(X) @ w) ** 2).sum() + ((Tensor(2 * X) @ w) ** 2).sum())
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-13)


def test_several_results_are_a_node_each():
    w = Tensor(W, requires_grad=True)

    def f(x):
        h = (x @ w).tanh()
        return h, (h * h).sum(), h.detach()

    h, total, apart = compile(f)(X)
    assert h.requires_grad
    assert total.requires_grad
    assert not apart.requires_grad
    found = gradients_of([w], total + h.sum())
    h, total, _ = f(Tensor(X))
    np.testing.assert_allclose(found[0], gradients_of([w], total + h.sum())[0], rtol=1e-13)


def test_the_gradient_of_a_call_can_be_differentiated_again():
    w, x = Tensor(W, requires_grad=True), Tensor(X, requires_grad=True)

    def second(f):
        y = f(x)
        y.backward(create_graph=True)
        slope = x.grad
        x.zero_grad(), w.zero_grad()
        return gradients_of([x, w], (slope * slope).sum())

    f = compile(lambda x: ((x @ w) ** 3).sum())
    for found, expected in zip(second(f), second(f.function), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_in_no_grad_nothing_is_recorded():
    w = Tensor(W, requires_grad=True)
    f = compile(lambda x: (x @ w).sum())
    with no_grad():
        assert not f(X).requires_grad
    assert f(X).requires_grad
    assert len(f.traces) == 1


def test_of_values_the_gradients_are_the_same_to_the_bit():
    def f(a, b):
        return [engine.exp(a * b) / b, a + b, a]

    a, b = Value(0.3), Value(1.7)
    y, z, _ = compile(f)(a, b)
    found = [y.data, *gradients_of([a, b], y * z)]
    y, z, _ = f(a, b)
    assert found == [y.data, *gradients_of([a, b], y * z)]


def test_of_values_without_a_gradient_come_constants():
    f = compile(lambda a: a * 2)
    y = f(Value(3.0, requires_grad=False))
    assert (y.data, y.requires_grad) == (6.0, False)


def test_of_tensors_without_a_gradient_come_constants():
    f = compile(lambda a: a * 2)
    y = f(Tensor([3.0]))
    assert (y.tolist(), y.requires_grad, type(y)) == ([6.0], False, Tensor)


def test_a_model_on_the_scalar_tier_is_a_program_of_numbers():
    model = nn.MLP([2, 3, 1], rng=0).scalar()
    x, classes = np.array([[0.1, 0.2]]), np.array([0])

    def loss(x, classes):
        return (model(x)[classes] ** 2).sum()

    f = compile(loss)
    found = []
    for function in (f, loss):
        model.zero_grad()
        y = function(x, classes)
        y.backward()
        found.append([y.data, *(g for p in model.parameters() for g in p.grad.flat)])
    assert found[0] == found[1]
    f(x, np.array([[0]]))
    f(x, classes)
    assert len(f.traces) == 2


def test_an_array_of_values_is_an_argument():
    q = ValueArray.of([1.0, 2.0])
    f = compile(lambda parts: (parts["q"] * parts["x"]).sum())
    f({"q": q, "x": np.array([3.0, 4.0])}).backward()
    assert [x.grad for x in q.flat] == [3.0, 4.0]


def test_a_compiled_node_is_opened_op_by_op():
    w = Tensor(W[:1, :1], requires_grad=True)
    y = compile(lambda x: (x * w).tanh().sum())(X[:1, :1])
    opened = expand(y)
    assert opened.op.name != "lambda"
    assert abs(opened.data - y.item()) < 1e-15


def test_leaves_are_read_at_each_call():
    w = Tensor([1.0], requires_grad=True)
    f = compile(lambda x: (x * w).sum())
    f(X)
    w.data = [2.0]
    assert f(np.array([3.0])).item() == 6.0
    f(X)
    w.requires_grad = False
    assert not f(X).requires_grad


# --- value and gradient as one program ---


@pytest.mark.parametrize(
    ("f", "args", "argnums"),
    [
        (lambda a, b: engine.tanh(a * b) + b, (0.5, 2.0), (1, 0)),
        (lambda a, b: a * b, (2, 3.0), 0),
        (lambda w, x: ((x @ w) ** 2).sum(), (W, X), 0),
        (lambda c, x: (c * x).sum(), (2.0, X), 0),
        (lambda c, x: (c * x).sum(), (2.0, X.astype(np.float32)), (0, 1)),
        (lambda w: (w * w).sum(), ([1.0, 2.0],), 0),
        (lambda w: w[0] * w[1] + w[-1], ([1.0, 2, 3.0],), 0),
        (lambda w: sum(x * y for x, y in zip(w[:2], w[2:])), ([1.0, 2.0, 3.0, 4.0],), 0),  # noqa: B905
        (lambda p: (p["w"] ** 2).sum() * p["b"], ({"w": W, "b": 2.0, "n": None},), 0),
        (lambda p, x: sum((q * q).sum() for q in p) + x.sum(), ([W, X], X), (0,)),
        (lambda p: (p[0] * p[0]).sum(), ((W, 1.0),), 0),
        (lambda p: (p * p).sum(), ([[1.0, 2.0], [3.0, 4.0]],), 0),
    ],
)
def test_value_and_grad_is_what_it_is_of_the_function(f, args, argnums):
    compiled = value_and_grad(compile(f), argnums)
    for _ in range(2):
        found, expected = compiled(*args), value_and_grad(f, argnums)(*args)
        flat = _flat(found), _flat(expected)
        assert [type(x) for x in flat[0]] == [type(x) for x in flat[1]]
        for x, y in zip(*flat, strict=True):
            assert np.shape(x) == np.shape(y)
            np.testing.assert_allclose(x, y, rtol=1e-12)


def _flat(x):
    if isinstance(x, dict):
        x = list(x.values())
    if isinstance(x, list | tuple):
        return [one for part in x for one in _flat(part)]
    return [] if x is None else [x]


def test_grad_of_a_compiled_function_is_the_gradient_alone():
    f = compile(lambda x: x**3)
    assert grad(f)(2.0) == 12.0
    assert grad(grad(f))(2.0) == 12.0
    assert grad(f) is grad(f)
    assert grad(f, [0])(2.0) == (12.0,)


def test_value_and_grad_of_what_reads_a_parameter_is_a_node():
    w = Tensor(2.0, requires_grad=True)
    y, slope = value_and_grad(compile(lambda x: (x * x * w).sum()))(np.array([3.0]))
    assert y.requires_grad
    assert slope.requires_grad
    slope.sum().backward()
    assert w.grad == 6.0


def test_value_and_grad_with_more_to_give_back():
    f = compile(lambda x: (x * x, {"twice": 2 * x}))
    assert value_and_grad(f, has_aux=True)(3.0) == ((9.0, {"twice": 6.0}), 6.0)


def test_value_and_grad_says_what_is_wrong_as_of_the_function():
    with pytest.raises(ValueError, match="single number"):
        grad(compile(lambda x: x * 2))(X)
    with pytest.raises(ValueError, match="does not fit a call"):
        grad(compile(lambda x: x * 2), 3)(2.0)
    with pytest.warns(UserWarning, match="does not depend on argument 1"):
        assert grad(compile(lambda x, y: x * 2), (0, 1))(2.0, 3.0) == (2.0, 0.0)


def test_nodes_and_names_among_the_arguments_take_the_way_of_the_function():
    f = compile(lambda x, scale: x * x * scale)
    assert grad(f)(3.0, scale=2.0) == 12.0
    assert grad(f)(Value(3.0), 2.0).data == 12.0


def test_a_list_is_an_array_where_the_function_takes_it_as_one():
    f = compile(lambda w: (w[1:] * w[:-1]).sum() + w[np.array([0])].sum())
    found = value_and_grad(f)([1.0, 2.0, 3.0])
    assert (found[0], found[1].tolist()) == (9.0, [3.0, 4.0, 2.0])


def test_second_derivatives_are_programs_too():
    f = compile(lambda x: (x**3).sum())
    np.testing.assert_allclose(hessian(f)(np.array([1.0, 2.0])), [[6.0, 0.0], [0.0, 12.0]])
    np.testing.assert_allclose(hvp(f, np.array([1.0, 2.0]), np.array([1.0, 1.0])), [6.0, 12.0])
    np.testing.assert_allclose(jacobian(compile(lambda x: x * x))(np.array([1.0, 2.0])),
                               [[2.0, 0.0], [0.0, 4.0]])  # fmt: skip
    y, pullback = vjp(compile(lambda x: x * x), np.array([1.0, 2.0]))
    assert (y.tolist(), pullback(np.array([1.0, 10.0]))[0].tolist()) == ([1.0, 4.0], [2.0, 40.0])


def test_derivatives_are_compiled_with_what_they_are_of():
    assert compile(grad(lambda x: x**4))(2.0) == 32.0
    assert compile(grad(grad(lambda x: x**4)))(2.0) == 48.0
    assert compile(jacobian(lambda x: x * x))(np.array([1.0, 2.0])).tolist() == [[2, 0], [0, 4]]


# --- by IEEE 754 where Python raises ---


def test_where_python_would_raise_the_call_is_repeated_op_by_op():
    f = compile(lambda a, b: a / b)
    assert f(1.0, 0.0) == np.inf
    assert np.isnan(f(0.0, 0.0))
    assert value_and_grad(f, (0, 1))(1.0, 0.0) == (np.inf, (np.inf, -np.inf))
    assert value_and_grad(compile(lambda w: w[0] / w[1] * w[2]))([1.0, 0.0, 2.0])[0] == np.inf
    assert np.isnan(compile(lambda x: x**0.5)(-1.0))


# --- the function itself ---


def test_a_compiled_function_shows_its_text_once_it_was_called():
    f = compile(lambda a, b: a * b)
    with pytest.raises(RuntimeError, match="was not called yet"):
        f.source  # noqa: B018
    f(1.0, 2.0)
    assert "a * b" in f.source


def test_a_function_that_was_differentiated_only_says_where_the_text_is():
    f = compile(lambda a: a * a)
    g = grad(f)
    g(3.0)
    with pytest.raises(RuntimeError, match=r"grad\(f\) and its kin are programs of their own"):
        f.source  # noqa: B018
    assert "a + a" in g.source


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match="compile\\(\\) takes a function, got int"):
        compile(3)


def test_a_decorator_takes_settings():
    @compile(check=True, threads=1)
    def double(x):
        """Twice x."""
        return 2 * x

    assert double(X).tolist() == (2 * X).tolist()
    assert (double.__name__, double.__doc__) == ("double", "Twice x.")


def test_a_method_is_compiled_for_each_object():
    class Scale:
        def __init__(self, factor):
            self.factor = factor

        @compile
        def of(self, x):
            return x * self.factor

    assert Scale(2.0).of(3.0) == 6.0
    assert Scale(3.0).of(3.0) == 9.0
    assert Scale.of(Scale(4.0), 1.0) == 4.0


def test_a_compiled_model_has_what_the_model_has():
    model = nn.Linear(3, 2, rng=0)
    f = compile(model)
    np.testing.assert_allclose(f(X).data, model(X).data)
    assert [p is q for p, q in zip(f.parameters(), model.parameters(), strict=True)] == [True] * 2


def test_inside_another_program_it_is_part_of_that():
    square = compile(lambda y: y * y)
    assert compile(lambda z: square(z) * z)(3.0) == 27.0
    assert grad(lambda z: square(z) * z)(3.0) == 27.0
    assert len(square.traces) == 1


def test_many_traces_are_worth_a_warning():
    f = compile(lambda x, n: x * n)
    for n in range(31):
        f(1.0, n)
    with pytest.warns(UserWarning, match="compiled 32 times"):
        f(1.0, 31)


# --- check ---


def test_check_finds_what_is_another_by_itself():
    calls = []

    def f(x):
        calls.append(0)
        calls.pop()
        return x * (2.0 if engine.has_numbers(x) else 3.0)

    with pytest.raises(ArithmeticError, match=r"the result is .*6.* compiled, and .*4"):
        compile(f, check=True)(2.0)


def test_check_finds_another_gradient():
    w = Tensor([1.0], requires_grad=True)

    def f(x):
        y = x * w
        return (y if engine.has_numbers(x) else y.detach() + 0 * y).sum()

    with pytest.raises(ArithmeticError, match="the gradient of the result, leaf 0"):
        compile(f, check=True)(np.array([2.0]))


def test_check_finds_another_form_of_result():
    f = compile(lambda x: x if engine.has_numbers(x) else [x], check=True)
    with pytest.raises(ArithmeticError, match="compiled it gives"):
        f(2.0)


def test_check_draws_the_same_and_moves_statistics_once():
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.BatchNorm1d(4), nn.Dropout(0.5))
    other = nn.Sequential(nn.Linear(3, 4, rng=0), nn.BatchNorm1d(4), nn.Dropout(0.5))
    engine.manual_seed(0)
    found = compile(lambda x: model(x).sum(), check=True)(X)
    engine.manual_seed(0)
    np.testing.assert_allclose(found.item(), other(X).sum().item())
    np.testing.assert_allclose(model[1].running_mean, other[1].running_mean)


def test_check_refuses_a_step():
    w = Tensor([1.0], requires_grad=True)
    optimizer = nn.optim.SGD([w], lr=0.1)

    @compile(check=True)
    def step(x):
        loss = (x * w).sum()
        loss.backward()
        optimizer.step()
        return loss

    with pytest.raises(ValueError, match="check the function of the loss alone"):
        step(np.array([1.0]))


def test_check_compares_value_and_gradient():
    f = compile(lambda x: x * x if engine.has_numbers(x) else x * x * x, check=True)
    with pytest.raises(ArithmeticError):
        value_and_grad(f)(2.0)
    assert value_and_grad(compile(lambda x: x * x, check=True))(2.0) == (4.0, 4.0)


def test_a_row_that_is_written_anew_is_traced_anew():
    op = engine.elementwise("twofold", lambda x: 2 * x, lambda g, y, x: 2 * g, doc="2 x")
    try:
        f = compile(lambda x: op(x).sum())
        assert f(np.ones(2)) == 4.0
        op.forward = lambda x: 3 * x
        assert f(np.ones(2)) == 6.0
        assert len(f.traces) == 2
    finally:
        engine.unregister("twofold")


def test_the_numbers_of_the_first_call_are_not_kept():
    f = compile(lambda x: (x * 2 + 1).sum())
    f(np.ones(100_000))
    kept = [x._held for x in f.traces[0].run.arguments]
    assert [x.strides for x in kept] == [(0,)]
    assert f(np.full(100_000, 3.0)) == 700_000.0


def test_the_text_of_a_node_is_of_both_halves():
    w = Tensor(W, requires_grad=True)
    f = compile(lambda x: (x @ w).sum())
    f(X)
    assert "_forward(" in f.source
    assert "_backward(" in f.source


def test_lines_of_long_names_are_broken_inside_brackets():
    name = "a_name_that_is_longer_than_any_line_has_room_for_beside_what_it_stands_for_in_it"
    w = Value(2.0, label=name)
    y = compile(lambda x: engine.tanh(w * x) * w + w * w * x * w + x * w)(3.0)
    y.backward()
    found = w.grad
    w.zero_grad()
    (engine.tanh(w * 3.0) * w + w * w * 3.0 * w + 3.0 * w).backward()
    assert found == w.grad
