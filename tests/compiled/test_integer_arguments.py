"""Arrays of integers as arguments of a compiled function: places and classes, new in each call."""

import numpy as np
import pytest

import engine as E
from engine import Tensor

RNG = np.random.default_rng(3)
TABLE = RNG.normal(size=(5, 3))
LONG = RNG.normal(size=(60, 3))
ROWS = [np.array([0, 4, 4, 1]), np.array([-1, 0, 2, 2]), np.array([3, 3, 3, -5])]
COLUMNS = [np.array([2, 0, 1, 1]), np.array([0, -3, 2, 0]), np.array([1, 1, 1, 1])]
GRIDS = [np.array([[0, 2, 1], [2, 2, 0]]), np.array([[1, 1, 1], [0, -1, 2]])]

#: What is done with an array x, and integers.
PROGRAMS = {
    "rows": (lambda x, i: x[i], [(i,) for i in ROWS]),
    "rows, by two axes": (lambda x, i: x[i], [(i,) for i in GRIDS]),
    "columns": (lambda x, i: x[:, i], [(i,) for i in COLUMNS]),
    "elements": (lambda x, i, k: x[i, k], [*zip(ROWS, COLUMNS, strict=True)]),
    "elements of each row": (lambda x, k: x[np.arange(4), k], [(k,) for k in COLUMNS]),
    "a place without axes": (lambda x, i: x[i], [(np.array(1),), (np.array(-1),)]),
    "of a new axis": (lambda x, i: x[None, i, 1:], [(i,) for i in ROWS]),
    "getitem": (E.getitem, [(i,) for i in ROWS]),
    "take": (lambda x, i: E.take(x, i, axis=1), [(i,) for i in COLUMNS]),
    "take of all": (lambda x, i: E.take(x, i), [(i + 7,) for i in ROWS]),
    "take_along_axis": (lambda x, i: E.take_along_axis(x[:2], i, 1), [(i,) for i in GRIDS]),
    "take_along_axis of all": (lambda x, i: E.take_along_axis(x, i, None), [(i,) for i in ROWS]),
    "gather": (lambda x, i: E.gather(x, 0, i), [(i,) for i in GRIDS]),
    "scatter_add": (lambda x, i: E.scatter_add(x[:4], (6, 3), i), [(i,) for i in ROWS]),
    "scatter_add of elements": (
        lambda x, i, k: E.scatter_add(x[:4, 0], (5, 3), (i, k)), [*zip(ROWS, COLUMNS, strict=True)]
    ),
    "where": (lambda x, i: E.where(i[:, None] > 1, x[:4], 0.0), [(i,) for i in ROWS]),
}  # fmt: skip


def contracted(y):
    """A single number that depends on every element, not linearly."""
    weights = np.cos(np.arange(y.size)).reshape(y.shape)
    return (y * y * weights).sum() + (y * weights).sum()


def found(f, x, places):
    """Value and gradient."""
    x = Tensor(x, requires_grad=True)
    y = f(x, *places)
    y.backward()
    return y.item(), x.grad.numpy()


@pytest.mark.parametrize("table", [TABLE, LONG], ids=["few rows", "many rows"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_places_are_new_in_each_call(name, table):
    f, calls = PROGRAMS[name]

    def program(x, *places):
        return contracted(f(x, *places))

    compiled = E.compile(program)
    for k, places in enumerate(calls):
        x = table + k
        before = [i.copy() for i in places]
        expected, got = found(program, x, places), found(compiled, x, places)
        np.testing.assert_allclose(got[0], expected[0], rtol=1e-12)
        np.testing.assert_allclose(got[1], expected[1], rtol=1e-12, atol=1e-13)
        assert all(np.array_equal(a, b) for a, b in zip(before, places, strict=True))
    assert len(compiled.traces) == 1


@pytest.mark.parametrize("name", PROGRAMS)
def test_second_derivatives_at_places(name):
    f, calls = PROGRAMS[name]

    def program(x):
        return contracted(f(x, *calls[0]))

    def at(x, *places):
        return E.hvp(lambda x: contracted(f(x, *places)), x, TABLE + 1)

    compiled = E.compile(at)
    for places in calls:
        expected, got = at(TABLE, *places), compiled(TABLE, *places)
        np.testing.assert_allclose(E.to_numpy(got), E.to_numpy(expected), rtol=1e-12, atol=1e-13)


def test_an_infinite_row_is_added_to_its_own_place_only():
    compiled = E.compile(lambda x, i: E.scatter_add(x, (3, 1), i))
    compiled(np.ones((2, 1)), np.array([0, 1]))
    got = compiled(np.array([[np.inf], [2.0]]), np.array([2, 0]))
    assert np.asarray(got).tolist() == [[2.0], [0.0], [np.inf]]


@pytest.mark.parametrize("name", ["rows", "columns", "elements", "take", "gather", "scatter_add"])
def test_a_place_that_is_not_there_is_an_error_in_any_call(name):
    f, calls = PROGRAMS[name]
    compiled = E.compile(lambda x, *places: f(x, *places).sum())
    compiled(TABLE, *calls[0])
    with pytest.raises(IndexError):
        compiled(TABLE, *[i + 9 for i in calls[0]])


def test_a_mask_that_is_an_argument_picks_as_many_as_it_likes():
    with pytest.raises(TypeError, match=r"x\[mask\] of a mask that depends on arguments.*where"):
        E.compile(lambda x, mask: x[mask].sum())(TABLE, TABLE > 0)
    with pytest.raises(TypeError, match=r"x\[mask\] of a mask that depends on arguments.*where"):
        E.compile(lambda x: x[x > 0].sum())(TABLE)


def test_a_place_is_an_integer():
    with pytest.raises(IndexError, match="must hold integers or bools, got dtype float64"):
        E.compile(lambda x, i: x[i].sum())(TABLE, np.array([1.0]))
    with pytest.raises(IndexError, match=r"indices of take\(\) must be integers, got bools"):
        E.compile(lambda x, i: E.take(x, i).sum())(TABLE, np.array([True]))


def test_a_setting_is_no_argument():
    with pytest.raises(TypeError, match=r"sum\(\) looks at the numbers of a parameter that dep"):
        E.compile(lambda x, axis: x.sum(axis=axis))(TABLE, np.array(0))
    with pytest.raises(TypeError, match=r"negative_slope of leaky_relu\(\) is a plain value"):
        E.compile(lambda x: E.leaky_relu(x, negative_slope=x[0, 0]))(Tensor(TABLE, True))
