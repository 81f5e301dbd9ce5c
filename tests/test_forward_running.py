"""jvp of arrays, which keeps no graph: what f may do inside, and that nothing is lost."""

import copy
import gc
import math
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import engine as E
import nn
from engine import Tensor, grad, hessian, hvp, jacobian, jacrev, jvp, linearize, no_grad, vjp
from engine.custom import Function
from engine.recording import ATTENTION, OPENED, RECORDING

X = np.array([1.0, 2.0, 3.0])
V = np.array([1.0, 0.5, -1.0])


class Cubed(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3 * x**2


@E.compile
def compiled(x):
    return E.tanh(x) * x


def fills_a_buffer(x):
    out = E.zeros(3)
    out[0] = x[1] * 2
    out[1:] = x[:2] * x[1:]
    return out * out


def fills_it_in_a_loop(x):
    out = E.zeros(3)
    for i in range(3):
        out[i] += x[i] * x[0]
    return out * 1.0


def assigns_to_a_result(x):
    y = x * 2
    y[0] = x[1] ** 2
    z = y * y
    y[1] = 5.0
    return y * z


def assigns_to_a_part_of_nobody_else(x):
    row = (x * 2)[0:2]
    row[0] = x[2]
    return row


def updates_results(x):
    y = x * 2
    y += x
    y *= y
    return y


def updates_its_argument(x):
    x += 1
    return x * x


def updates_rows(x):
    y = E.outer(x, x)
    for row in y:
        row += 1.0
    return y


def updates_a_result_unrecorded(x):
    y = x * 2
    with no_grad():
        y += 1
    return y * x


def computes_unrecorded(x):
    with no_grad():
        c = x * x
    return x * c


def runs_backward(x):
    w = Tensor([2.0, 3.0, 4.0], requires_grad=True)
    (w * x).sum().backward()
    return x * w.grad


def runs_backward_recorded(x):
    w = Tensor([2.0, 3.0, 4.0], requires_grad=True)
    (w * x * x).sum().backward(create_graph=True)
    return x * w.grad


def asks_for_gradients(x):
    w = Tensor(X, requires_grad=True)
    return E.grad_of((x**3 * w).sum(), w, create_graph=True)[0]


def works_in_threads(x):
    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(lambda i: E.sin(x[i]) * x[(i + 1) % 3], range(3)))
    return E.stack(parts)


def returns_what_a_thread_made(x):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: E.sin(x) * x).result()


PROGRAMS = {
    f.__name__: f
    for f in [
        fills_a_buffer, fills_it_in_a_loop, assigns_to_a_result, assigns_to_a_part_of_nobody_else,
        updates_results, updates_its_argument, updates_rows, updates_a_result_unrecorded,
        computes_unrecorded, runs_backward, runs_backward_recorded, asks_for_gradients,
        works_in_threads, returns_what_a_thread_made,
    ]
} | {
    "item": lambda x: x * x[0].item(),
    "numpy": lambda x: (x * 2).numpy() * x,
    "detach": lambda x: x.detach() * x,
    "a copy": lambda x: copy.copy(x * 2) * x,
    "NumPy's functions": lambda x: np.sin(x) * x,
    "compiled inside": lambda x: compiled(x * 2) * x,
    "a Function": lambda x: Cubed.apply(x) * x,
    "checkpoint": lambda x: E.checkpoint(lambda y: E.sin(y) * y, x * 2) * x,
    "grad": lambda x: grad(lambda y: (y**3 * x).sum())(x) * x,
    "grad of a closure": lambda x: grad(lambda y: (y * x).sum())(X) * x,
    "grad of what only the graph holds": lambda x: grad(lambda y: (x * 2 * y).sum())(X) * x,
    "vjp": lambda x: vjp(lambda y: y * y * x, x)[1](x * 3)[0],
    "jvp": lambda x: jvp(lambda y: y * y * x, x, x)[1],
    "jvp of a closure": lambda x: jvp(lambda y: y * x, X, V)[1],
    "jacobian": lambda x: jacobian(lambda y: y * y * x)(x).sum(0),
    "hessian": lambda x: hessian(lambda y: (y**3 * x).sum())(x).sum(0),
    "hvp": lambda x: hvp(lambda y: (y**4 * x).sum(), x, x),
    "linearize": lambda x: linearize(lambda y: y * y * x, x)[1](x),
    "indices": lambda x: x[np.array([0, 0, 2])] * x[int(x.argmax())],
    "where": lambda x: E.where(x > 1.5, x * x, 0.0),
    "rows": lambda x: E.stack([row * row for row in x]),
    "the argument": lambda x: x,
    "a constant": lambda x: X * 2,
    "a container": lambda x: {"a": x * x, "b": [x[0], E.sin(x)]},
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.filterwarnings("ignore:.*does not depend on argument")
def test_what_f_does_is_pushed_along_as_reverse_mode_says(name):
    f = PROGRAMS[name]
    y, t = jvp(f, X, V)

    leaves = (lambda c: [c["a"], *c["b"]]) if name == "a container" else lambda c: [c]
    for value, pushed, rows in zip(leaves(y), leaves(t), leaves(jacrev(f)(X)), strict=True):
        np.testing.assert_allclose(pushed, rows @ V, rtol=1e-12)
        assert (type(value), np.shape(value)) == (type(pushed), np.shape(pushed))


def assigns_to_its_argument(x):
    x[0] = 1.0
    return x


def assigns_to_a_part_of_a_result(x):
    y = x * 2
    row = y[0:2]
    row[0] = 7.0
    return y * 1.0


def assigns_to_a_part_of_a_buffer(x):
    out = E.zeros(3)
    row = out[0:2]
    row[0] = x[0]
    return out


def assigns_unrecorded(x):
    y = x * 2
    with no_grad():
        y[0] = 3.0
    return y


def assigns_data(x):
    y = x * 2
    y.data = np.zeros(3)
    return y


def clears_requires_grad(x):
    y = x * 2
    y.requires_grad = False
    return y


def assigns_a_wrong_shape(x):
    y = x * 2
    y[:2] = x
    return y


def fills_numpy(x):
    out = np.zeros(3)
    out[0] = x[0]
    return out


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: x * float(x[0]), "being differentiated would lose its gradient"),
        (lambda x: x * math.sin(x[0]), "being differentiated would lose its gradient"),
        (lambda x: Tensor(x * 2) * x, "being differentiated would lose its gradient"),
        (lambda x: copy.deepcopy(x * 2) * x, "being differentiated would lose its gradient"),
        (fills_numpy, "setting an array element with a sequence"),
        (assigns_to_its_argument, r"assign to a copy, x = x.clone\(\)"),
        (assigns_to_a_part_of_a_result, "these numbers are another Tensor's"),
        (assigns_to_a_part_of_a_buffer, "these numbers are another Tensor's"),
        (assigns_unrecorded, "this result.* takes part in a graph"),
        (assigns_data, "data can be assigned on a leaf only; this is the result"),
        (clears_requires_grad, "requires_grad can be cleared on a leaf only; this is a result"),
        (assigns_a_wrong_shape, r"setitem\(\) of shapes \(3,\), \(3,\)"),
    ],
)
def test_what_would_be_lost_is_refused_as_in_reverse_mode(f, message):
    for derivative in (lambda: jvp(f, X, V), lambda: jacrev(f)(X)):
        with pytest.raises((RuntimeError, ValueError, TypeError), match=message):
            derivative()


@pytest.mark.parametrize(
    "f", [lambda x: (x * 2).backward(X), lambda x: E.grad_of((x * 2).sum(), x)]
)
def test_backward_of_what_keeps_no_graph_says_what_to_do(f):
    with pytest.raises(RuntimeError, match="keeps no graph: take the derivative"):
        jvp(f, X, V)

    jvp(
        lambda x: E.grad_of((x**3).sum(), x, create_graph=True)[0], Tensor(X, requires_grad=True), V
    )


def test_a_parameter_that_f_holds_keeps_its_gradient():
    """As of the other derivatives: value and tangent are nodes then, to be differentiated by it."""
    p = Tensor(X, requires_grad=True)

    def f(x):
        out = E.zeros(3)
        out[0] = p[0]
        out[1] = x[1] * p[1]
        out[2] = E.sin(x[0]) * p[2]
        return out * x

    def g(x):
        y = x * p
        y[0] = y[1] * x[2]
        z = y * 2
        y[1] = p[2]
        y[2] = x[0]
        x = x * 1.0
        x[0] = p[0] * x[1]
        return y * z * x

    for each in (g, f):
        _, t = jvp(each, X, V)
        E.sum(t * X).backward()
        pushed, p.grad = np.array(p.grad), None
        E.sum(jacrev(each)(X) @ V * X).backward()
        np.testing.assert_allclose(pushed, p.grad)
        p.grad = None

    with no_grad():
        plain = jvp(f, X, V)
    assert [type(part) for part in plain] == [np.ndarray, np.ndarray]
    np.testing.assert_allclose(plain[1], t.data)


def test_a_tensor_made_with_a_gradient_inside_is_nobody_s():
    _, t = jvp(lambda x: x * Tensor(X, requires_grad=True), X, V)

    assert type(t) is np.ndarray
    assert t.tolist() == (V * X).tolist()


def test_what_f_keeps_does_not_make_its_result_a_node():
    kept = []

    def f(x):
        kept.append(E.sin(x))
        return kept[0] * Tensor(X, requires_grad=True)

    y, t = jvp(f, X, V)

    assert (type(y), type(t)) == (np.ndarray, np.ndarray)


def test_nothing_is_seen_any_more_when_f_is_over():
    def fails(x):
        jvp(lambda y: y * x, x, x)
        raise KeyError(x.shape)

    for f in (E.sin, compiled, fails):
        before = RECORDING.forward, set(ATTENTION.threads), set(OPENED)
        try:
            jvp(f, X, V)
        except KeyError:
            assert f is fails
        assert (RECORDING.forward, ATTENTION.threads, OPENED) == before


def test_threads_do_not_see_each_other_s_tangents():
    def third(k):
        return jvp(lambda x: jvp(lambda y: E.sin(y * k), x, V)[1], X, V)[1]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(third, range(1, 9)))

    for k, t in enumerate(found, 1):
        np.testing.assert_allclose(t, -k * k * np.sin(X * k) * V * V)


def test_a_tangent_ends_with_its_node():
    def sixty(x):
        for _ in range(20):
            x = x.sin()
            x = x * 1.01
            x = x.tanh()
        return x

    x, v = np.linspace(0.1, 1.0, 50_000), np.ones(50_000)
    jvp(sixty, x[:9], v[:9])
    gc.collect()
    tracemalloc.start()
    try:
        jvp(sixty, x, v)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak <= 5 * x.nbytes + 100_000  # as by hand: two numbers, two tangents, one in between


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_tangent_has_its_primal_s_dtype(dtype):
    x = X.astype(dtype)
    y, t = jvp(lambda x: E.softmax(E.tanh(x) * 2 + x @ x), x, V)
    _, second = jvp(lambda x: jvp(lambda x: E.tanh(x) * x, x, V)[1], x, V)

    assert y.dtype == t.dtype == second.dtype == dtype
    _, exact = jvp(lambda x: E.softmax(E.tanh(x) * 2 + x @ x), X, V)
    np.testing.assert_allclose(t, exact, rtol=0.02, atol=1e-3)


def test_integers_and_bools_take_part_as_constants():
    n, mask = Tensor([1, 2, 3]), Tensor([True, False, True])

    _, t = jvp(lambda x: E.where(mask, x * n, x // 2) + E.concatenate([x, n])[3:], X, V)

    assert t.tolist() == [1.0, 0.0, -3.0]


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1, 1)])
def test_any_shape_has_a_tangent_of_that_shape(shape):
    x, v = np.full(shape, 3.0), np.full(shape, 2.0)

    y, t = jvp(lambda x: x * x, x, v)

    assert np.shape(t) == np.shape(y) == shape
    assert np.all(np.asarray(t) == 12.0)


def test_a_model_with_dropout_and_batch_norm_runs_once():
    model = nn.Sequential(
        nn.Linear(3, 4, rng=0), nn.BatchNorm1d(4), nn.Tanh(), nn.Dropout(0.5, rng=0)
    )
    x, v = np.random.default_rng(0).normal(size=(2, 5, 3))
    before = copy.deepcopy(model)

    y, t = jvp(model, x, v)
    E.sum(t).backward()

    again = copy.deepcopy(before)
    expected, pull = vjp(again, x)
    np.testing.assert_array_equal(y.data, expected.data)
    np.testing.assert_array_equal(model[1].running_mean, again[1].running_mean)
    back = pull(np.ones((5, 4)))[0]
    np.testing.assert_allclose(float(t.sum().item()), (back.data * v).sum())
    assert all(p.grad is not None for p in model[0].parameters() if p.label == "weight")


def test_without_a_graph_a_detached_result_is_a_tensor_of_its_own():
    def f(x):
        y = x * 2
        d = y.detach()
        d[0] = 9.0
        return y * d

    y, t = jvp(f, X, V)

    assert (y.tolist(), t.tolist()) == ([18.0, 16.0, 36.0], [18.0, 4.0, -12.0])


def test_an_argument_f_does_not_depend_on_is_spoken_of():
    with pytest.warns(UserWarning, match="does not depend on argument 1"):
        jvp(lambda a, b: a * 2, (X, X), (V, V))


def test_a_program_that_is_written_down_has_forward_mode_in_it():
    """Of its arguments, of a closure's, and where a compiled function is differentiated itself."""
    by_argument = lambda x: jvp(lambda y: E.tanh(y) * y, x, V)[1]  # noqa: E731
    by_closure = lambda a: jvp(lambda x: E.sin(x) * a, X, V)[1]  # noqa: E731
    for f in (by_argument, by_closure):
        np.testing.assert_allclose(E.to_numpy(E.compile(f)(X)), f(X))
    for x, v in ((X, V), (2.0, 1.0)):
        found, expected = jvp(compiled, x, v), jvp(lambda x: E.tanh(x) * x, x, v)
        np.testing.assert_allclose(found[1], expected[1])
        np.testing.assert_allclose(
            jvp(grad(E.compile(lambda x: E.sum(E.sin(x)))), x, v)[1], -np.sin(x) * v
        )


def test_jvp_and_vmap_go_into_each_other():
    rows, vs = np.stack([X, X + 1]), np.stack([V, V])
    f = lambda y: E.sin(y).sum() * y  # noqa: E731
    expected = [jvp(f, x, V)[1] for x in rows]

    np.testing.assert_allclose(E.vmap(lambda x: jvp(f, x, V)[1])(rows), expected)
    np.testing.assert_allclose(jvp(E.vmap(f), rows, vs)[1], expected)


def test_nan_trace_sees_ops_inside_and_around():
    def watched(x):
        with E.nan_trace():
            return E.log(x) * x

    with E.nan_trace():
        around = jvp(lambda x: E.log(x) * x, X, V)[1]
    inside = jvp(watched, X, V)[1]

    np.testing.assert_allclose(inside, around)
    with pytest.raises(E.NonFiniteError, match="log"):
        jvp(lambda x: watched(x - x), X, V)


def test_hooks_change_gradients_not_tangents():
    def f(x):
        x.register_hook(lambda g: g * 100)
        return x * x

    assert jvp(f, X, V)[1].tolist() == (2 * X * V).tolist()
    assert jvp(f, Tensor(X, requires_grad=True), V)[1].tolist() == (2 * X * V).tolist()
