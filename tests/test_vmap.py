"""vmap: a loop over the examples is what it must equal, in numbers and in derivatives."""

from __future__ import annotations

import numpy as np
import pytest

import engine as E
from engine import (
    Tensor,
    Value,
    ValueArray,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    to_numpy,
    value_and_grad,
    vjp,
    vmap,
)

RNG = np.random.default_rng(3)
X = RNG.normal(size=(5, 3))
T = RNG.normal(size=(5, 2))
W = RNG.normal(size=(2, 3))
V = np.array([1.0, -2.0, 0.5])


def f(x):
    return E.tanh(W @ x) * x.sum()


def total(x):
    return (E.sin(x) * x[0]).sum()


def loss(w, x, t):
    return ((E.tanh(w @ x) - t) ** 2).sum()


def looped(g, *args):
    return np.stack([to_numpy(g(*row)) for row in zip(*args, strict=True)])


# --- composed with derivatives ---

OF_EXAMPLES = {
    "itself": f,
    "grad": grad(total),
    "hessian": hessian(total),
    "jacobian": jacobian(f),
    "jacfwd": jacfwd(f),
    "jacrev": jacrev(f),
    "hvp": lambda x: hvp(total, x, V),
    "jvp": lambda x: jvp(f, x, V)[1],
    "vjp": lambda x: vjp(f, x)[1](np.ones(2))[0],
    "linearize": lambda x: linearize(f, x)[1](V),
    "a third derivative": jacfwd(hessian(total)),
    "a plain function of NumPy": lambda x: np.sin(x) @ np.exp(x),
    "a choice": lambda x: E.where(x > 0, x, 0.1 * x),
    "what does not depend on it": lambda x: W @ V,
}


@pytest.mark.parametrize("g", OF_EXAMPLES.values(), ids=OF_EXAMPLES.keys())
def test_a_batch_is_what_a_loop_gives(g):
    found = vmap(g)(X)

    assert type(found) is np.ndarray
    np.testing.assert_allclose(found, looped(g, Tensor(X)), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("g", OF_EXAMPLES.values(), ids=OF_EXAMPLES.keys())
def test_vmap_inside_vmap_and_derivatives_of_it(g):
    batch = np.stack([X, 2 * X])
    np.testing.assert_allclose(
        vmap(vmap(g))(batch), np.stack([vmap(g)(X), vmap(g)(2 * X)]), rtol=1e-10, atol=1e-12
    )
    of_all = lambda x: (vmap(g)(x) ** 2).sum()  # noqa: E731 - a name for the formula
    by_loop = lambda x: sum((g(row) ** 2).sum() for row in x)  # noqa: E731
    if g is OF_EXAMPLES["what does not depend on it"]:
        return
    np.testing.assert_allclose(grad(of_all)(X), grad(by_loop)(X), rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(
        jvp(of_all, X, T @ W)[1], (grad(by_loop)(X) * (T @ W)).sum(), rtol=1e-9
    )


def test_gradients_of_each_example():
    found = vmap(grad(loss), (None, 0, 0))(W, X, T)
    both = vmap(value_and_grad(loss, (0, 1)), (None, 0, 0))(W, X, T)

    assert type(found) is np.ndarray
    np.testing.assert_allclose(found, [grad(loss)(W, x, t) for x, t in zip(X, T, strict=True)])
    np.testing.assert_allclose(both[0], [loss(W, x, t) for x, t in zip(X, T, strict=True)])
    np.testing.assert_allclose(both[1][0], found)
    np.testing.assert_allclose(
        found.sum(0), grad(lambda w: vmap(loss, (None, 0, 0))(w, X, T).sum())(W)
    )
    step = 1e-6 * W
    difference = vmap(loss, (None, 0, 0))(W + step, X, T) - vmap(loss, (None, 0, 0))(W - step, X, T)
    np.testing.assert_allclose((found * step).sum((1, 2)) * 2, difference, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("jac", [jacfwd, jacrev, jacobian])
@pytest.mark.parametrize("argnums", [0, 1, (0, 1)])
def test_jacobians_of_each_example_by_what_they_share(jac, argnums):
    g = lambda w, x: E.tanh(w @ x)  # noqa: E731 - a name for the formula
    found = vmap(jac(g, argnums), (None, 0))(W, X)
    expected = [jac(g, argnums)(W, x) for x in X]

    if isinstance(argnums, int):
        found, expected = [found], [[one] for one in expected]
    for one, each in zip(found, zip(*expected, strict=True), strict=True):
        np.testing.assert_allclose(one, np.stack(each), rtol=1e-12, atol=1e-14)


def test_a_number_that_all_share_is_differentiated():
    g = lambda a, x: E.sin(a * x.sum())  # noqa: E731 - a name for the formula
    found = vmap(grad(g), (None, 0))(2.0, X)

    assert type(found) is np.ndarray
    np.testing.assert_allclose(found, [grad(g)(2.0, x) for x in X])


def test_what_a_function_holds_is_recorded_and_learns():
    w = Tensor(W, requires_grad=True)
    vmap(lambda x: E.tanh((w * 2) @ x).sum())(X).sum().backward()
    by_vmap, w.grad = w.grad, None
    E.tanh(X @ (w * 2).T).sum().backward()

    np.testing.assert_allclose(by_vmap, w.grad)
    penalty = lambda w: (vmap(grad(loss), (None, 0, 0))(w, X, T) ** 2).sum()  # noqa: E731
    by_loop = lambda w: sum((grad(loss)(w, x, t) ** 2).sum() for x, t in zip(X, T, strict=True))  # noqa: E731
    np.testing.assert_allclose(grad(penalty)(W), grad(by_loop)(W))


def test_a_derivative_inside_by_what_is_outside():
    found = grad(lambda w: vmap(lambda x: grad(lambda v: (v * v) @ x)(w).sum())(X).sum())(V)
    np.testing.assert_allclose(found, 2 * X.sum(0))
    found = vmap(lambda a: vmap(grad(lambda b: (a * b).sum() ** 2))(X))(X)
    np.testing.assert_allclose(found, 2 * (X @ X.T)[..., None] * X[:, None])


def test_nodes_in_nodes_out():
    t = Tensor(X, requires_grad=True)
    y = vmap(f)(t)
    (y * T).sum().backward()

    assert isinstance(y, Tensor)
    np.testing.assert_allclose(t.grad, grad(lambda x: (vmap(f)(x) * T).sum())(X))
    with E.no_grad():
        assert not vmap(f)(t).requires_grad


# --- Values: one by one ---


def test_values_are_taken_one_by_one():
    boxed = ValueArray.of(X)
    found = vmap(lambda x: (x * x, x.sum() if x.sum() > 0 else -x.sum()))(boxed)

    assert isinstance(found[0], ValueArray)
    np.testing.assert_array_equal(to_numpy(found[0]), X * X)
    np.testing.assert_array_equal(to_numpy(found[1]), np.abs(to_numpy(boxed.sum(1))))
    slopes = vmap(grad(total), in_axes=1)(ValueArray.of(X.T))
    np.testing.assert_allclose(to_numpy(slopes), vmap(grad(total))(X))
    scaled = vmap(lambda x, a: x * a, (0, None))(X, Value(2.0))
    np.testing.assert_array_equal(to_numpy(scaled), 2 * X)
    assert vmap(lambda x: 1.0)(boxed).tolist() == [1.0] * 5
    with pytest.raises(ValueError, match="there is no example"):
        vmap(lambda x: x)(boxed[:0])


# --- axes ---


def test_axes_in_and_out_by_either_library_s_name():
    dot = lambda x, y: x @ y  # noqa: E731 - a name for the formula
    expected = (X * (X + 1)).sum(1)

    np.testing.assert_allclose(vmap(dot, in_axes=(0, 1))(X, (X + 1).T), expected)
    np.testing.assert_allclose(vmap(dot, in_dims=(0, -1))(X, (X + 1).T), expected)
    np.testing.assert_allclose(vmap(dot, (1, 1))(X.T, (X + 1).T), expected)
    np.testing.assert_allclose(vmap(dot, (0, None))(X, V), X @ V)
    np.testing.assert_allclose(vmap(f, out_axes=1)(X), vmap(f)(X).T)
    np.testing.assert_allclose(vmap(f, out_dims=-1)(X), vmap(f)(X).T)
    np.testing.assert_allclose(vmap(lambda x: x[0])(X), X[:, 0])
    assert vmap(dot)([[1.0, 2.0], [3.0, 4.0]], [[1.0, 1.0], [0.0, 1.0]]).tolist() == [3.0, 4.0]


def test_containers_in_and_out():
    both = lambda p, x: {"y": p["w"] @ x, "z": (x, p["b"])}  # noqa: E731
    found = vmap(both, ({"w": None, "b": 0}, 0))({"w": W, "b": T}, X)

    np.testing.assert_allclose(found["y"], X @ W.T)
    np.testing.assert_array_equal(found["z"][0], X)
    np.testing.assert_array_equal(found["z"][1], T)
    axes = {"y": 1, "z": (0, None)}
    found = vmap(both, (None, 0), axes)({"w": W, "b": V}, X)
    np.testing.assert_allclose(found["y"], W @ X.T)
    assert found["z"][1] is V
    pairs = vmap(lambda x: (x[0], [x.sum(), None]))(X)
    np.testing.assert_array_equal(pairs[0], X[:, 0])
    np.testing.assert_allclose(pairs[1][0], X.sum(1))
    assert pairs[1][1] is None
    assert vmap(lambda p, x: x * 2.0, (None, 0))({"n": None}, X).tolist() == (2 * X).tolist()


def test_what_is_no_array_is_shared():
    found = vmap(lambda x, how: x * (2.0 if how == "twice" else 1.0), (0, None))(X, "twice")
    np.testing.assert_array_equal(found, 2 * X)
    np.testing.assert_array_equal(vmap(lambda x, *, scale: x * scale)(X, scale=3.0), 3 * X)


def test_a_result_is_nobody_else_s():
    found = vmap(lambda x: x)(X)
    shared = vmap(lambda x: V)(X)

    assert not np.shares_memory(found, X)
    assert not np.shares_memory(shared, V)
    assert shared.flags.writeable


def test_an_empty_batch_gives_empty_results():
    assert vmap(f)(X[:0]).shape == (0, 2)
    assert vmap(grad(total))(X[:0]).shape == (0, 3)
    assert vmap(lambda x: E.flip(x[None]).sum(axis=None))(X[:0]).shape == (0,)
    assert vmap(lambda x: E.linalg.qr(E.outer(x, x))[0])(X[:0]).shape == (0, 3, 3)


def test_single_numbers_and_dtypes():
    single = X.astype(np.float32)

    assert vmap(lambda x: x * 2)(single).dtype == np.float32
    assert vmap(lambda x: x * x)([1.0, 2.0]).tolist() == [1.0, 4.0]
    assert vmap(grad(lambda x: x**3))(np.array([1.0, 2.0])).tolist() == [3.0, 12.0]
    assert vmap(lambda x: x > 0)(np.array([1.0, -2.0])).tolist() == [True, False]


# --- indices, drawing, compiled functions ---


def test_an_index_may_depend_on_the_example():
    table, at = RNG.normal(size=(4, 3)), np.array([0, 3, 1, 1, 2])
    many = np.stack([at, at[::-1]], 1)

    np.testing.assert_array_equal(vmap(lambda i: E.getitem(table, i))(at), table[at])
    np.testing.assert_array_equal(vmap(lambda i: E.getitem(table, i))(many), table[many])
    np.testing.assert_array_equal(
        vmap(lambda i: E.getitem(table, (i, slice(1, 3))))(at), table[at, 1:3]
    )
    np.testing.assert_array_equal(
        vmap(lambda i: E.getitem(table, (slice(None), i % 3)))(at), table[:, at % 3].T
    )
    np.testing.assert_array_equal(vmap(lambda x, i: x[i % 3])(X, at), X[range(5), at % 3])
    slopes = vmap(grad(lambda w, i: (w[i] ** 3).sum()), (None, 0))(table, many)
    np.testing.assert_allclose(
        slopes, looped(lambda i: grad(lambda w: (w[i] ** 3).sum())(table), many)
    )
    by_both = vmap(grad(lambda x, i: (x[i % 3] ** 2).sum()))(X, many)
    np.testing.assert_allclose(
        by_both, looped(lambda x, i: grad(lambda v: (v[i % 3] ** 2).sum())(x), X, many)
    )
    by_outer = vmap(lambda i: vmap(lambda x: x[i % 3])(X))(at)
    np.testing.assert_array_equal(by_outer, X[:, at % 3].T)
    by_outer = vmap(lambda i: vmap(lambda x: E.getitem(table, i) @ x)(X))(at)
    np.testing.assert_allclose(by_outer, table[at] @ X.T)
    nested = vmap(lambda row: vmap(lambda i: E.getitem(table, i))(row))(many)
    np.testing.assert_array_equal(nested, table[many])


def test_what_is_drawn_is_drawn_for_each_example():
    def noisy(x, rng):
        return x + E.rand(3, rng=rng) * E.randn(3, rng=rng)

    found = vmap(noisy, (0, None))(X, np.random.default_rng(1))
    source = np.random.default_rng(1)
    expected = [to_numpy(noisy(x, source)) for x in X]

    np.testing.assert_allclose(found, expected)
    assert vmap(noisy, (0, None))(X[:0], source).shape == (0, 3)
    program = E.compile(lambda x: vmap(lambda row: row + E.rand(3))(x))
    assert len(np.unique(program(X) - X)) == X.size


def test_compiled_functions_and_printed_programs():
    compiled = E.compile(f)

    np.testing.assert_allclose(vmap(compiled)(X), vmap(f)(X))
    np.testing.assert_allclose(E.compile(vmap(grad(total)))(X), vmap(grad(total))(X))
    program = E.compile(lambda w, x: grad(lambda v: vmap(lambda r: loss(v, r, T[0]))(x).sum())(w))
    np.testing.assert_allclose(
        program(W, X), grad(lambda v: vmap(lambda r: loss(v, r, T[0]))(X).sum())(W)
    )
    of_all = lambda x: vmap(lambda r: E.exp(r).sum() ** 2)(x).sum()  # noqa: E731
    assert str(E.source(of_all, X)).count("np.exp") == 1


def test_indices_and_sums_that_have_no_rule_are_taken_one_by_one():
    cubes = RNG.normal(size=(4, 2, 3, 2))
    apart = (np.array([0, 1]), slice(None), np.array([1, 0]))

    np.testing.assert_array_equal(vmap(lambda x: x[apart])(cubes), [x[apart] for x in cubes])
    found = vmap(lambda x: E.einsum("...ij->...", x))(cubes)
    np.testing.assert_allclose(found, cubes.sum((2, 3)))


def test_gradients_of_each_example_by_values_take_them_as_an_argument():
    boxed = ValueArray.of(V)
    g = lambda v, x: (v * x).sum() ** 2  # noqa: E731 - a name for the formula
    found = vmap(grad(g), (None, 0))(boxed, X)
    np.testing.assert_allclose(to_numpy(found), 2 * (X @ V)[:, None] * X)
    with pytest.raises(TypeError, match="of a batched number"):
        vmap(lambda x: grad(g)(boxed, x))(X)


def test_a_users_row_is_applied_one_by_one():
    double = E.shape_op(lambda g, y, x: 2 * g, name="double_of_vmap")(lambda x: 2.0 * x)
    try:
        np.testing.assert_array_equal(vmap(double)(X), 2 * X)
        np.testing.assert_array_equal(vmap(grad(lambda x: double(x).sum()))(X), np.full((5, 3), 2))
    finally:
        E.unregister("double_of_vmap")


# --- errors ---


@pytest.mark.parametrize(
    ("g", "message"),
    [
        (lambda x: x if x.sum() > 0 else -x, r"the truth of a batched number .*where\(condition"),
        (lambda x: x * float(x[0]), r"float\(\) of a batched number"),
        (lambda x: x * x[0].item(), r"\.item\(\) of a batched number"),
        (lambda x: V[x.argmax()], r"an index of a batched number .*engine.getitem\(array, i\)"),
        (lambda x: x[x > 0], r"x\[mask\] of a mask that depends"),
        (lambda x: "text", "the result is a str: f must return numbers and arrays"),
    ],
)
def test_what_needs_the_numbers_of_one_example_is_refused(g, message):
    with pytest.raises(TypeError, match=message):
        vmap(g)(X)


def test_a_refusal_that_f_hides_is_said():
    def hidden(x):
        try:
            return x * float(x[0])
        except TypeError:
            return x

    def another(x):
        try:
            return x * float(x[0])
        except TypeError:
            raise ValueError("something else") from None

    for g in (hidden, another):
        with pytest.raises(TypeError, match="float"):
            vmap(g)(X)
    with pytest.raises(ValueError, match="of f's own"):
        vmap(lambda x: (_ for _ in ()).throw(ValueError("of f's own")))(X)


def test_backward_inside_is_refused():
    w = Tensor(W, requires_grad=True)
    with pytest.raises(TypeError, match=r"backward\(\) under vmap .*vmap\(grad\(f\)\)"):
        vmap(lambda x: (w @ x).sum().backward())(X)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: vmap(3.0), TypeError, "f must be a function, got float"),
        (lambda: vmap(f, 1, in_dims=1), TypeError, "in_axes and in_dims are two names"),
        (lambda: vmap(f, None)(X), ValueError, "in_axes is None for all"),
        (lambda: vmap(f)(), ValueError, "needs an argument"),
        (lambda: vmap(f, 2)(X), ValueError, "argument 0 has 2 axes, and none of them is 2"),
        (lambda: vmap(f)(1.0), ValueError, "argument 0 has 0 axes"),
        (lambda: vmap(f, (0, 0))(X), ValueError, "one axis for each of 1 arguments"),
        (lambda: vmap(f, "x")(X), ValueError, r"in_axes\[0\] must be an axis or None"),
        (lambda: vmap(f, ({"w": 0},))(X), ValueError, r"in_axes\[0\] must be an axis"),
        (lambda: vmap(f, (True,))(X), ValueError, r"in_axes\[0\] must be an axis"),
        (
            lambda: vmap(lambda p: p["w"], ({"b": 0},))({"w": X}),
            ValueError,
            r"in_axes\[0\] must be an axis or None, or built as argument 0 is",
        ),
        (
            lambda: vmap(lambda x, y: x)(X, X[:3]),
            ValueError,
            r"argument 0 has 5 examples \(axis 0\), but argument 1 has 3 \(axis 0\)",
        ),
        (
            lambda: vmap(lambda p: p["w"])({"w": X, "b": X[:2]}),
            ValueError,
            r"argument 0\['w'\] has 5 examples .* argument 0\['b'\] has 2",
        ),
        (lambda: vmap(lambda x, how: x)(X, "text"), TypeError, "argument 1 is a str"),
        (lambda: vmap(f, out_axes=3)(X), ValueError, "the result has 2 axes, and none .* out_axes"),
        (lambda: vmap(f, out_axes=None)(X), ValueError, "out_axes cannot be None"),
        (lambda: vmap(f, out_axes=(0, 0))(X), ValueError, "out_axes must be an axis or None"),
        (lambda: vmap(lambda x, w=None: x)(X, w=W), TypeError, "w is given by name"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_examples_of_which_a_row_makes_other_shapes_are_refused():
    counted = E.shape_op(lambda g, y, x: g.sum() * x, name="counted_of_vmap")(
        lambda x: np.ones(int(x[0]))
    )
    try:
        with pytest.raises(ValueError, match=r"another shape for example 1, \(2,\), than for the"):
            vmap(counted)(np.array([[1.0], [2.0]]))
    finally:
        E.unregister("counted_of_vmap")


def test_symbols_of_unrelated_programs_do_not_mix():
    from engine.symbols import Trace

    with pytest.raises(ValueError, match="two programs do not mix"):
        Trace().input(1.0) + Trace().input(2.0)
