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

from engine import jvp

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
