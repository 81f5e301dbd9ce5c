"""Every elementwise row at the numbers floats are made of, and over wide ranges, on both tiers."""

import itertools

import numpy as np
import pytest
from helpers import op_on_tensors, op_on_values
from strategies import CONDITIONS, case_id, elementwise_ops, float_positions

import engine as E
from engine import Tensor, Value, compare

each_op = pytest.mark.parametrize("case", elementwise_ops(), ids=case_id)

#: nan, infinities, both zeros, the largest, the smallest normal and the smallest of all numbers.
SPECIAL = [
    np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, 1000.0, -1000.0,
    np.finfo(float).max, -np.finfo(float).max, np.finfo(float).tiny, 5e-324,
]  # fmt: skip

EXACT = ["add", "sub", "mul", "div", "sqrt", "neg", "abs"]


def columns(op, rows):
    """The inputs of an op, one array each, conditions as bools."""
    return [
        np.array(c, dtype=bool if (op.name, i) in CONDITIONS else float)
        for i, c in enumerate(zip(*rows, strict=True))
    ]


def rows_of(data, gradients):
    """A row of value and gradients for each number."""
    return np.array([data, *gradients]).T


@each_op
def test_both_tiers_give_the_same_at_special_numbers(case):
    """Value and every gradient, in every combination; nan and inf have no tolerance."""
    op, params = case
    choices = [[True, False] if (op.name, i) in CONDITIONS else SPECIAL for i in range(op.n_inputs)]
    rows = list(itertools.product(*choices))
    with np.errstate(all="ignore"):
        on_arrays = rows_of(*op_on_tensors(op, params, columns(op, rows)))
        for args, expected in zip(rows, on_arrays, strict=True):
            got = rows_of(*op_on_values(op, params, args))
            np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-300, err_msg=str(args))


def wide(op, count, rng):
    """Random inputs of an op over its whole domain, of every size from 1e-12 to 30."""
    made = []
    for i, interval in enumerate(op.domain):
        if (op.name, i) in CONDITIONS:
            made.append(rng.random(count) < 0.5)
            continue
        x = rng.choice([-1.0, 1.0], count) * np.where(
            rng.random(count) < 0.5, 10 ** rng.uniform(-12, 0, count), rng.uniform(0, 30, count)
        )
        lo, hi = interval.lo, interval.hi
        if lo == 0:
            x = np.abs(x)
        elif np.isfinite(lo) and np.isfinite(hi):
            x = rng.uniform(lo, hi, count)
        elif np.isfinite(lo):
            x = lo + np.abs(x)
        made.append(x)
    return made


@each_op
def test_values_differ_by_no_more_than_the_stated_ulp_over_wide_ranges(case):
    op, params = case
    arrays = wide(op, 3000, np.random.default_rng(0))
    with np.errstate(all="ignore"):
        y = op(*arrays, **params)
        on_numbers = np.array(
            [op(*(x.item() for x in args), **params) for args in zip(*arrays, strict=True)]
        )
        apart = np.abs(on_numbers - y) / np.spacing(np.abs(y))
    apart = apart[np.isfinite(y)]
    assert len(apart) > 1000
    assert apart.max() <= op.ulp


@pytest.mark.parametrize("name", EXACT)
def test_arithmetic_agrees_bit_for_bit(name):
    """Random bit patterns: every exponent, subnormals, both zeros; and the sign of each result."""
    op = E.registry[name]
    assert op.ulp == 0
    rng = np.random.default_rng(1)
    bits = rng.integers(0, 2**64, size=(op.n_inputs, 4000), dtype=np.uint64)
    arrays = list(bits.view(np.float64))
    special = np.array(list(itertools.product(SPECIAL, repeat=op.n_inputs))).T
    arrays = [np.concatenate(pair) for pair in zip(arrays, special, strict=True)]
    with np.errstate(all="ignore"):
        on_arrays = op(*arrays)
        on_numbers = np.array([op(*(x.item() for x in args)) for args in zip(*arrays, strict=True)])
        on_nodes = np.array([op(*map(Value, args)).data for args in zip(*arrays, strict=True)])
    for got in (on_numbers, on_nodes):
        nan = np.isnan(on_arrays)
        np.testing.assert_array_equal(np.isnan(got), nan)
        np.testing.assert_array_equal(
            got[~nan].view(np.int64), np.asarray(on_arrays)[~nan].view(np.int64)
        )


@each_op
def test_compare_agrees_on_every_row(case):
    """On arrays inside the domain: values, every gradient on both tiers, finite differences."""
    op, params = case
    rng = np.random.default_rng(2)
    arrays = []
    for i, interval in enumerate(op.domain):
        lo, hi = max(interval.lo, -2.0), min(interval.hi, max(interval.lo, 0.0) + 2.0)
        arrays.append(rng.uniform(lo + 0.1 * (hi - lo), hi - 0.1 * (hi - lo), (2, 3)))
        if (op.name, i) in CONDITIONS:
            arrays[-1] = arrays[-1] > 0
    floats = [arrays[i] for i in float_positions(op)]

    def f(*nodes):
        given = iter(nodes)
        return op(
            *(next(given) if i in float_positions(op) else x for i, x in enumerate(arrays)),
            **params,
        )

    compare(f, *floats).raise_if_different()


@each_op
def test_layout_and_byte_order_of_an_input_do_not_matter(case):
    op, params = case
    arrays = wide(op, 24, np.random.default_rng(3))
    arrays = [x.reshape(2, 3, 4) for x in arrays]
    layouts = [
        lambda x: np.asfortranarray(x),
        lambda x: np.ascontiguousarray(x[::-1, :, ::-1])[::-1, :, ::-1],
        lambda x: np.repeat(x, 2, axis=1)[:, ::2],
        lambda x: x.astype(x.dtype.newbyteorder(">")),
    ]
    with np.errstate(all="ignore"):
        expected = rows_of(*op_on_tensors(op, params, arrays))
        for layout in layouts:
            got = rows_of(*op_on_tensors(op, params, [layout(x) for x in arrays]))
            np.testing.assert_allclose(got, expected, rtol=1e-14, atol=1e-300)
        y = op(*(Tensor(x, requires_grad=x.dtype == float) for x in arrays), **params)
        g = np.cos(np.arange(24.0)).reshape(2, 3, 4)
        results = []
        for upstream in (g, layouts[0](g), layouts[1](g), layouts[2](g), layouts[3](g)):
            for x in y.inputs:
                if isinstance(x, Tensor):
                    x.zero_grad()
            y.backward(upstream)
            results.append([x.grad for x in y.inputs if isinstance(x, Tensor) and x.requires_grad])
        for other in results[1:]:
            np.testing.assert_array_equal(other, results[0])


@each_op
def test_empty_and_0d_arrays_keep_their_shape(case):
    op, params = case
    for shape in ((0,), (0, 3), (3, 0), (), (1,)):
        nodes = [
            Tensor(np.full(shape, 1.25), requires_grad=True)
            if i in float_positions(op)
            else np.ones(shape, bool)
            for i in range(op.n_inputs)
        ]
        with np.errstate(all="ignore"):
            y = op(*nodes, **params)
            y.backward(np.ones(shape))
        assert y.shape == shape
        assert type(y._held) is np.ndarray
        for i in float_positions(op):
            assert isinstance(nodes[i].grad, np.ndarray)
            assert nodes[i].grad.shape == shape
