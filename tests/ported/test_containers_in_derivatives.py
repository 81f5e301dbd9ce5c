"""Dicts, lists, tuples and dataclasses of arrays, numbers and nodes in derivatives of functions."""

import copy
from collections import OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass, field
from typing import Any

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
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)

X = np.array([1.0, 2.0, 3.0])


@dataclass
class Layer:
    w: Any
    b: Any


@dataclass(frozen=True, slots=True)
class Frozen:
    w: Any
    scale: float


Point = namedtuple("Point", "x y")


def f(p):
    """Sum of w² x, times b: everything by hand below."""
    return (p["w"] ** 2 * X).sum() * p["b"]


P = {"w": np.array([1.0, 2.0, 3.0]), "b": 2.0}


# --- the gradient is built as the argument is ---


def test_the_gradient_of_a_dict_is_a_dict_with_its_keys_in_their_order():
    got = grad(f)(P)

    assert list(got) == ["w", "b"]
    assert type(got["w"]) is np.ndarray
    assert got["w"].tolist() == [4.0, 16.0, 36.0]
    assert got["b"] == 36.0
    assert type(got["b"]) is float
    assert P["w"].tolist() == [1.0, 2.0, 3.0]


def test_dicts_of_other_classes_stay_what_they_are():
    ordered = grad(f)(OrderedDict(b=2.0, w=X))
    default = grad(f)(defaultdict(list, P))

    assert type(ordered) is OrderedDict
    assert list(ordered) == ["b", "w"]
    assert type(default) is defaultdict
    assert default["new"] == []


def test_a_dataclass_gives_a_dataclass_frozen_or_not():
    got = grad(lambda p: (p.w * X).sum() + p.b)(Layer(X, 1.0))
    frozen = grad(lambda p: (p.w * p.scale).sum())(Frozen(X, 3.0))

    assert type(got) is Layer
    assert got.w.tolist() == [1.0, 2.0, 3.0]
    assert got.b == 1.0
    assert type(frozen) is Frozen
    assert (frozen.w.tolist(), frozen.scale) == ([3.0, 3.0, 3.0], 6.0)


def test_the_constructor_of_a_dataclass_is_not_run_again():
    @dataclass
    class Positive:
        x: float
        seen: Any = field(default=None, init=False)

        def __post_init__(self):
            if not self.x > 0:
                raise ValueError("x must be positive")

    assert grad(lambda p: -(p.x**2))(Positive(3.0)).x == -6.0


def test_a_namedtuple_gives_a_namedtuple():
    got = grad(lambda p: p.x * p.y)(Point(2.0, 3.0))

    assert got == Point(3.0, 2.0)
    assert type(got) is Point


def test_lists_and_tuples_of_arrays_are_containers():
    layers = [(X, 1.0), (np.ones((2, 3)), np.zeros(2))]

    got = grad(lambda p: (p[0][0] * p[0][1]).sum() + (p[1][0] @ X + p[1][1]).sum())(layers)

    assert type(got) is list
    assert type(got[0]) is tuple
    assert got[0][0].tolist() == [1.0, 1.0, 1.0]
    assert got[0][1] == 6.0
    assert got[1][0].tolist() == [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]
    assert got[1][1].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    "given",
    [
        [1.0, 2.0],
        (1.0, 2.0),
        [[1.0, 2.0], [3.0, 4.0]],
        [(1, 2), (3, 4)],
        [np.float64(1), np.array(2.0)],
        [],
    ],
)
def test_a_rectangle_of_single_numbers_is_one_array_as_before(given):
    got = grad(lambda x: (x * x).sum())(given)

    assert type(got) is np.ndarray
    assert got.tolist() == (2 * np.array(given, dtype=float)).tolist()


def test_a_list_of_values_is_one_array_of_values_as_before():
    got = grad(lambda x: (x * x).sum())([Value(1.0), Value(2.0)])

    assert isinstance(got, ValueArray)
    assert got.values.tolist() == [2.0, 4.0]


def test_rows_of_different_lengths_are_a_container_of_arrays():
    got = grad(lambda p: (p[0] ** 2).sum() + p[1].sum())([[1.0, 2.0], [3.0]])

    assert [g.tolist() for g in got] == [[2.0, 4.0], [1.0]]


def test_none_stays_and_what_is_no_number_is_named_by_its_path():
    assert grad(lambda p: p["w"] ** 2)({"w": 3.0, "b": None}) == {"w": 6.0, "b": None}
    assert grad(lambda p: p[0] ** 2)([3.0, None]) == [6.0, None]
    with pytest.raises(TypeError, match=r"argument 0\['layers'\]\[1\]\.w is 'tanh', a str"):
        grad(f)({"layers": [Layer(X, 1.0), Layer("tanh", 1.0)]})
    with pytest.raises(TypeError, match=r"argument 1\.y is True, a bool, which has no derivative"):
        grad(lambda a, p: a * p.x, 1)(1.0, Point(2.0, True))
    with pytest.raises(TypeError, match=r"argument 0\['n'\] must be floating-point .* int64"):
        grad(f)({"w": X, "n": np.array([1, 2])})
    with pytest.raises(TypeError, match=r"argument 0\['z'\] must be a real number, got complex"):
        grad(f)({"z": 1j})


def test_ints_are_numbers_as_they_are_outside_of_containers():
    assert grad(lambda p: p["x"] ** 2)({"x": 3}) == {"x": 6.0}


def test_what_is_not_used_has_zero_and_an_argument_that_is_not_used_at_all_warns():
    got = grad(lambda p: p["w"].sum())({"w": X, "b": np.ones(2), "c": 1.0})

    assert got["b"].tolist() == [0.0, 0.0]
    assert got["c"] == 0.0
    with pytest.warns(UserWarning, match="does not depend on argument 0: "):
        grad(lambda p, x: x * 1.0, (0, 1))({"w": 1.0, "b": 2.0}, 3.0)
    assert grad(lambda p, x: x * 1.0, (0, 1))({}, 3.0) == ({}, 1.0)


def test_a_function_may_change_the_dict_that_it_is_given():
    def greedy(p):
        return p.pop("w").sum() * p.pop("b")

    given = copy.deepcopy(P)
    assert list(grad(greedy)(given)) == ["w", "b"]
    assert list(given) == ["w", "b"]


def test_containers_stand_beside_other_arguments():
    by_p, by_x = grad(lambda p, x: (p["w"] * x).sum(), (0, 1))({"w": 2.0}, X)

    assert by_p == {"w": 6.0}
    assert by_x.tolist() == [2.0, 2.0, 2.0]
    data = [np.ones(3), np.ones(4)]
    assert grad(lambda x, d: (x * d[0]).sum() + d[1].sum())(X, data).tolist() == [1.0, 1.0, 1.0]


# --- both tiers ---


def test_numbers_alone_run_on_values():
    kinds = []
    grad(lambda p: kinds.append(type(p["a"])) or p["a"] * p["b"])({"a": 1.0, "b": 2.0})
    grad(lambda p: kinds.append(type(p["a"])) or (p["a"] * p["b"]).sum())({"a": 1.0, "b": X})

    assert kinds == [Value, Tensor]


def test_values_in_a_dict_give_values():
    p = {"w": Value(3.0), "b": Value(1.0), "c": 2.0}

    got = grad(lambda p: p["w"] ** 2 * p["c"] + p["b"])(p)

    assert isinstance(got["w"], Value)
    assert (got["w"].data, got["b"].data, got["c"]) == (12.0, 1.0, 9.0)
    assert not p["w"].has_grad
    got["w"].backward()
    assert p["w"].grad == 4.0


def test_tensors_in_a_list_give_tensors():
    p = [Tensor(X, requires_grad=True), Tensor(np.ones((2, 3)), requires_grad=True)]

    got = grad(lambda p: (p[1] @ p[0] ** 2).sum())(p)

    assert [type(g) for g in got] == [Tensor, Tensor]
    assert got[0].tolist() == [4.0, 8.0, 12.0]
    got[0].sum().backward()
    assert p[0].grad.tolist() == [4.0, 4.0, 4.0]


def test_one_node_in_two_places_is_two_leaves():
    x = Value(3.0)
    got = grad(lambda p: p["a"] ** 2 * p["b"])({"a": x, "b": x})

    assert (got["a"].data, got["b"].data) == (18.0, 9.0)


# --- value_and_grad, has_aux ---


def test_value_and_grad_of_a_container():
    value, got = value_and_grad(f)(P)

    assert value == 72.0
    assert type(value) is float
    assert got["b"] == 36.0


def test_what_else_f_returns_comes_back_plain():
    def with_aux(p):
        y = p["w"] * X
        return y.sum(), {"y": y, "name": "run", "steps": [1, y[0]], "none": None}

    got, aux = grad(with_aux, has_aux=True)(P)
    (value, again), same = value_and_grad(with_aux, has_aux=True)(P)

    assert got["w"].tolist() == same["w"].tolist() == [1.0, 2.0, 3.0]
    assert value == 14.0
    assert type(aux["y"]) is np.ndarray
    assert aux["y"].tolist() == again["y"].tolist() == [1.0, 4.0, 9.0]
    assert (aux["name"], aux["steps"], aux["none"]) == ("run", [1, 1.0], None)


def test_what_else_f_returns_stays_a_node_for_an_outer_derivative():
    def outer(x):
        slope, square = grad(lambda y: (y * x, y * x * x), has_aux=True)(2.0)
        return slope + square  # x + 2x²

    assert grad(outer)(3.0) == 13.0


def test_has_aux_of_jvp_and_hvp():
    pair = lambda x: ((x**3).sum(), {"squares": x * x})  # noqa: E731

    y, along, aux = jvp(pair, X, np.ones(3), has_aux=True)
    product, again = hvp(pair, X, np.ones(3), has_aux=True)
    products, last = hvp(lambda a, b: (a * a * b, "aux"), (2.0, 3.0), (1.0, 0.0), has_aux=True)

    assert (y, along) == ((X**3).sum(), (3 * X**2).sum())
    assert product.tolist() == (6 * X).tolist()
    assert aux["squares"].tolist() == again["squares"].tolist() == (X * X).tolist()
    assert type(aux["squares"]) is type(again["squares"])
    assert (products, last) == ((6.0, 4.0), "aux")


def test_has_aux_of_vjp_jacobian_and_hessian():
    y, pullback, aux = vjp(lambda x: (x * x, "aux"), X, has_aux=True)
    assert (y.tolist(), aux) == ([1.0, 4.0, 9.0], "aux")
    assert pullback(np.ones(3))[0].tolist() == [2.0, 4.0, 6.0]
    rows, aux = jacobian(lambda x: (x * x, x.sum()), has_aux=True)(X)
    assert (rows.tolist(), aux) == (np.diag(2 * X).tolist(), 6.0)
    curvature, aux = hessian(lambda x: ((x**3).sum(), "aux"), has_aux=True)(X)
    assert (curvature.tolist(), aux) == (np.diag(6 * X).tolist(), "aux")
    both, aux = hessian(lambda a, b: (a * b, "aux"), (0, 1), has_aux=True)(1.0, 2.0)
    assert (both, aux) == (((0.0, 1.0), (1.0, 0.0)), "aux")


def test_a_result_that_is_no_number_says_what_to_use():
    with pytest.raises(ValueError, match=r"returned a tuple: use jacobian or vjp, or has_aux"):
        grad(lambda x: (x * x, {"y": x}))(2.0)
    with pytest.raises(TypeError, match=r"with has_aux, square must return a pair .* got Value"):
        grad(E.square, has_aux=True)(2.0)


# --- containers as results ---


def test_vjp_of_a_container_takes_a_cotangent_like_the_result():
    def g(p):
        return {"prod": p["w"] * p["b"], "sum": p["w"].sum(), "none": None}

    y, pullback = vjp(g, P)

    assert y["prod"].tolist() == [2.0, 4.0, 6.0]
    assert (y["sum"], y["none"]) == (6.0, None)
    (got,) = pullback({"sum": 10.0, "prod": np.array([1.0, 0.0, 2.0]), "none": None})
    assert got["w"].tolist() == [12.0, 10.0, 14.0]
    assert got["b"] == 7.0


def test_jvp_takes_tangents_like_the_primals():
    y, along = jvp(
        lambda p: (p["w"] * p["b"], p["w"].sum()), P, {"w": np.array([1.0, 0.0, 0.0]), "b": 10.0}
    )

    assert y[0].tolist() == [2.0, 4.0, 6.0]
    assert along[0].tolist() == [12.0, 20.0, 30.0]
    assert along[1] == 1.0
    point, along = jvp(lambda p: p.x * p.y, Point(2.0, 3.0), Point(1.0, 0.0))
    assert (point, along) == (6.0, 3.0)


def test_a_constant_in_a_result_has_no_derivative_along_anything():
    y, along = jvp(lambda x: {"x": x, "one": 1.0}, 2.0, 3.0)

    assert (y, along) == ({"x": 2.0, "one": 1.0}, {"x": 3.0, "one": 0.0})
    assert jacobian(lambda x: {"x": x, "one": 1.0})(2.0) == {"x": 1.0, "one": 0.0}


def test_the_jacobian_of_a_dict_for_a_dict_is_a_dict_of_dicts():
    got = jacobian(lambda p: {"a": p["w"] * p["b"], "s": p["w"].sum()})(P)

    assert list(got) == ["a", "s"]
    assert list(got["a"]) == ["w", "b"]
    assert got["a"]["w"].tolist() == np.diag([2.0, 2.0, 2.0]).tolist()
    assert got["a"]["b"].tolist() == [1.0, 2.0, 3.0]
    assert got["s"]["w"].tolist() == [1.0, 1.0, 1.0]
    assert got["s"]["b"] == 0.0
    by_both = jacobian(lambda x, y: {"s": x * y, "t": [x * X, y]}, (0, 1))(2.0, 3.0)
    assert by_both["s"] == (3.0, 2.0)
    assert by_both["t"][0][0].tolist() == [1.0, 2.0, 3.0]


def test_the_hessian_of_a_dict_is_a_dict_of_dicts():
    """f = b Σ w² x: the second derivatives are 2 b x on the diagonal, 2 w x across, and 0."""
    for p in (P, {k: Tensor(v) for k, v in P.items()}):
        got = hessian(f)(p)
        rows = {a: {b: E.to_numpy(got[a][b]).tolist() for b in got[a]} for a in got}
        assert rows == {
            "w": {"w": np.diag(4.0 * X).tolist(), "b": [2.0, 8.0, 18.0]},
            "b": {"w": [2.0, 8.0, 18.0], "b": 0.0},
        }


def test_the_hessian_of_numbers_in_a_dataclass_is_one_of_dataclasses():
    got = hessian(lambda p: p.w**2 * p.b)(Layer(3.0, 2.0))

    assert got == Layer(Layer(4.0, 6.0), Layer(6.0, 0.0))


def test_hvp_of_containers_is_the_hessian_times_them():
    along = {"w": np.array([1.0, 0.0, 0.0]), "b": 10.0}

    got = hvp(f, P, along)
    several = hvp(lambda p, c: f(p) * c, (P, 2.0), (along, 0.0))

    assert got["w"].tolist() == [4.0 + 20.0, 80.0, 180.0]
    assert got["b"] == 2.0
    assert several[0]["w"].tolist() == [48.0, 160.0, 360.0]
    assert several[1] == 4.0 + 360.0


def test_grad_of_grad_runs_through_containers():
    def norm_of_gradient(p):
        g = grad(f)(p)
        return (g["w"] ** 2).sum() + g["b"] ** 2

    got = grad(norm_of_gradient)({"w": X, "b": 2.0})

    # with g_w = 2 b w x and g_b = Σ w² x
    assert got["b"] == 2 * sum(4 * 2.0 * w**2 * x**2 for w, x in zip(X, X, strict=True))
    assert got["w"][0] == 2 * (4.0 * 4.0) + 2 * 36.0 * 2.0


# --- what does not fit is named ---


def test_tangents_cotangents_and_vectors_built_in_another_way_are_named():
    with pytest.raises(ValueError, match=r"tangent 0 must be built as primal 0 is, a dict with"):
        jvp(f, P, {"w": X})
    with pytest.raises(ValueError, match=r"tangent 0\['w'\] must have shape \(3,\), got \(2,\)"):
        jvp(f, P, {"w": np.ones(2), "b": 1.0})
    with pytest.raises(ValueError, match=r"vector 0\['w'\] must have shape \(3,\), got \(\)"):
        hvp(f, P, {"w": 1.0, "b": 1.0})
    with pytest.raises(ValueError, match=r"vector 0 must be built as primal 0 is, a dict with"):
        hvp(f, P, X)
    _, pullback = vjp(lambda x: [x * X, {"s": x}], 2.0)
    with pytest.raises(ValueError, match=r"cotangent must be built as the result is, a list with"):
        pullback([X])
    with pytest.raises(ValueError, match=r"cotangent\[1\] must be built as .* \['s'\]; got Layer"):
        pullback([X, Layer(1.0, 2.0)])
    with pytest.raises(ValueError, match=r"a Point with \.x, \.y; got tuple"):
        jvp(lambda p: p.x, (Point(1.0, 2.0),), ((1.0, 2.0),))
    with pytest.raises(ValueError, match="got 2 primals but 1 tangents"):
        jvp(f, (P, P), (P,))


def test_a_result_with_something_else_in_it_is_named_by_its_path():
    def g(p):
        return {"loss": p, "rows": [p * X, "text"]}

    with pytest.raises(TypeError, match=r"g\(\)\['rows'\]\[1\] must return a number"):
        jacobian(g)(2.0)
    with pytest.raises(TypeError, match=r"\['ok'\] returned bool, which has no derivative"):
        vjp(lambda p: {"ok": p > 1.0}, 2.0)


def test_torch_func_has_its_names():
    assert E.func.grad(f, has_aux=False)(P)["b"] == 36.0
    assert (E.func.jacrev, E.func.jacfwd) == (E.jacrev, E.jacfwd)
