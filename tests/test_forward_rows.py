"""Every row of the table in forward mode: as reverse mode, and as finite differences.

The tests run over the registry and the cases of shape_cases.py and fused_cases.py, of which every
row has one: a new row is tested the moment it exists.
"""

import fused_cases
import numpy as np
import pytest
from forward_checks import along, check_first_order, check_second_order
from hypothesis import assume, given, settings, strategies as st
from shape_cases import CASES
from strategies import case_id, elementwise_ops, far_from_kinks, float_positions, inputs

from engine import Tensor, compile, jvp, registry, shape_op, to_numpy, toposort
from engine.forward import pushed

pytestmark = pytest.mark.filterwarnings("ignore:.*does not depend on argument")  # as of argmax

each_op = pytest.mark.parametrize("case", elementwise_ops(), ids=case_id)
few = settings(max_examples=15)

ON_ARRAYS = [
    (name, i, tier)
    for name, cases in CASES.items()
    if name != "as_integers"  # whose integers have no derivative
    for i in range(len(cases))
    for tier in ("tensor", "value")
]
each_case = pytest.mark.parametrize(("name", "i", "tier"), ON_ARRAYS)

FUSED = [
    (name, i, tier)
    for name, cases in fused_cases.CASES.items()
    for i in range(len(cases))
    for tier in fused_cases.tiers(name)
]
each_fused_case = pytest.mark.parametrize(("name", "i", "tier"), FUSED)


def of_case(name, i):
    """The arrays of a case, and the row as a function of them."""
    return CASES[name][i][:2] if name in CASES else fused_cases.of_floats(name, i)[:2]


def of_numbers(case, args):
    """An elementwise row as a function of the inputs a gradient flows to; and those inputs."""
    op, params = case
    places = float_positions(op)

    def function(*given):
        full = list(args)
        for k, x in zip(places, given, strict=True):
            full[k] = x
        return op(*full, **params)

    return function, [args[k] for k in places]


@each_op
@few
@given(data=st.data())
def test_elementwise_rows_push_what_they_pull(case, data):
    """On a kink too: both modes go by the one rule there is."""
    args = data.draw(inputs(case[0]))
    check_first_order(*of_numbers(case, args), "value")


@each_op
@few
@given(data=st.data())
def test_elementwise_rows_broadcast_tangents(case, data):
    rows = data.draw(st.lists(inputs(case[0]), min_size=3, max_size=3))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    shaped = [c[:, None] if i % 2 else c for i, c in enumerate(columns)]  # (3,) with (3, 1)
    check_first_order(*of_numbers(case, shaped), "tensor")


@each_op
@few
@given(data=st.data())
def test_second_derivatives_of_elementwise_rows_are_the_same_by_every_way(case, data):
    op, params = case
    args = data.draw(inputs(op, kinked=False))
    assume(far_from_kinks(op, args, params))
    check_second_order(*of_numbers(case, args), "value")
    check_second_order(*of_numbers(case, [np.array([x]) for x in args]), "tensor")


@each_case
def test_rows_on_arrays_push_what_they_pull(name, i, tier):
    arrays, f, _ = CASES[name][i]
    check_first_order(f, arrays, tier)


@each_case
def test_second_derivatives_of_rows_on_arrays_are_the_same_by_every_way(name, i, tier):
    arrays, f, _ = CASES[name][i]
    check_second_order(f, arrays, tier)


@each_fused_case
def test_fused_rows_push_what_they_pull(name, i, tier):
    arrays, f, _ = fused_cases.of_floats(name, i)
    check_first_order(f, arrays, tier)


@each_fused_case
def test_second_derivatives_of_fused_rows_are_the_same_by_every_way(name, i, tier):
    arrays, f, _ = fused_cases.of_floats(name, i)
    check_second_order(f, arrays, tier)


@pytest.mark.parametrize(
    ("name", "i"), [(name, i) for name, i, tier in ON_ARRAYS if tier == "tensor"]
)
def test_tangents_of_float32_stay_float32(name, i):
    arrays, f, _ = CASES[name][i]
    single = tuple(x.astype(np.float32) for x in arrays)
    y, pushed = jvp(f, single, tuple(v.astype(np.float32) for v in along(arrays, 1)))
    assert np.asarray(pushed).dtype == np.asarray(y).dtype  # single numbers come as floats


@pytest.mark.parametrize(
    ("name", "i"), [(name, i) for name, i, tier in [*ON_ARRAYS, *FUSED] if tier == "tensor"]
)
def test_a_compiled_function_pushes_the_same(name, i):
    arrays, f = of_case(name, i)
    inputs, v = tuple(map(np.asarray, arrays)), along(arrays, 8)
    pushes = compile(lambda *given: jvp(f, given[: len(inputs)], given[len(inputs) :])[1])
    for _ in range(2):  # traced, then run
        got = pushes(*inputs, *v)
        np.testing.assert_allclose(got, jvp(f, inputs, v)[1], rtol=1e-11, atol=1e-12)


# --- the checks themselves ---


@pytest.mark.usefixtures("own_ops")
def test_a_planted_wrong_jvp_is_found_at_the_first_order():
    @shape_op(lambda g, y, x: g * 2 * x, jvp=lambda tangents, y, x: tangents[0] * x)
    def squares(x):
        return x * x

    with pytest.raises(AssertionError):
        check_first_order(squares, [np.array([1.0, 2.0])], "tensor")


@pytest.mark.usefixtures("own_ops")
def test_a_planted_jvp_that_leaves_the_graph_is_found_at_the_second_order():
    @shape_op(lambda g, y, x: g * 2 * x, jvp=lambda tangents, y, x: tangents[0] * 2 * to_numpy(x))
    def squares(x):
        return x * x

    check_first_order(squares, [np.array([1.0, 2.0])], "tensor")
    with pytest.raises(AssertionError):
        check_second_order(squares, [np.array([1.0, 2.0])], "tensor")


# --- row by row: what a row says of forward mode against its vjps, also where an input has none ---


def inner_nodes(name, i):
    """The nodes of a case's graph that rows on arrays made."""
    arrays, f = of_case(name, i)
    y = f(*[Tensor(x, requires_grad=True) for x in arrays])
    order = toposort(y) if isinstance(y, Tensor) else []
    return [node for node in order if node.op and node.op.kind != "elementwise"]


def directions(node, seed):
    """Tangents for all inputs of a node that a gradient flows to, then for one at a time."""
    arrays = [x.data if isinstance(x, Tensor) else x for x in node.inputs]
    inputs = enumerate(node.inputs)
    flows = [k for k, x in inputs if isinstance(x, Tensor) and node.op.rule(k) is not None]
    tangents = along([arrays[k] for k in flows], seed)
    every = [None] * len(arrays)
    for k, t in zip(flows, tangents, strict=True):
        every[k] = t
    alone = [[t if k == one else None for k, t in enumerate(every)] for one in flows]
    return arrays, ([every, *alone] if len(flows) > 1 else [every] * len(flows))


@pytest.mark.parametrize(
    ("name", "i"), [(name, i) for name, i, tier in [*ON_ARRAYS, *FUSED] if tier == "tensor"]
)
def test_a_row_pushes_the_tangents_of_any_of_its_inputs(name, i):
    for node in inner_nodes(name, i):
        arrays, given = directions(node, 6)
        w = along([node.data], 7)[0]
        for tangents in given:
            got = pushed(node.op, tangents, node.data, arrays, node.params)
            again = pushed(node.op, tangents, node, node.inputs, node.params)
            assert (got.shape, got.dtype) == (node.shape, node.dtype)
            np.testing.assert_allclose(again.data, got, rtol=1e-12, atol=1e-13)
            parts = [
                node.op.rule(k)(w, node.data, *arrays, **node.params) * t
                for k, t in enumerate(tangents)
                if t is not None
            ]
            size = sum(float(np.abs(part).sum()) for part in parts)
            back = sum(float(part.sum()) for part in parts)
            assert abs(float((w * got).sum()) - back) <= 1e-11 * size + 1e-12, node.op


def test_rows_that_need_no_rule_of_their_own_are_few():
    """A new row that is not linear: is its transposed vjp as quick, and linear in g?"""
    silent = {
        name for name, op in registry.items()
        if op.kind != "elementwise" and not op.linear and not op.jvp
        and any(op.rule(k) is not None for k in range(op.n_inputs))
    }  # fmt: skip
    single = {"linear_neuron", "relu_neuron"}  # of single numbers the rule gives the one row
    assert silent == {*single, "cross_entropy"}  # whose rows are as quick transposed
