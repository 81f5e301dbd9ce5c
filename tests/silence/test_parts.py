"""Updates through a part of a leaf, `p[0] -= …` kept in a name: they reach the leaf, or say so."""

import copy
import pickle

import numpy as np
import pytest

from engine import Tensor, ValueArray, grad, no_grad

START = [[1.0, 2.0], [3.0, 4.0]]


def tensor():
    return Tensor(START, requires_grad=True)


def chained(p):
    p[0][1] = 9.0


def chained_update(p):
    p[0][1] -= 9.0


def row_after_row(p):
    for row in p:
        row -= 1.0


def number_after_number(p):
    for row in p:
        for x in row:
            x *= 10.0


def column(p):
    part = p[:, 1]
    part[...] = 7.0
    part[0] += 1.0


def with_a_new_axis(p):
    part = p[None, ..., 0]
    part += 1.0


def after_the_leaf_has_changed(p):
    row = p[0]
    row -= 1.0
    p *= 2.0
    row -= 1.0


def product(p):
    row = p[1]
    row @= np.array([[0.0, 1.0], [1.0, 0.0]])


def pieces(p):
    first, _ = p.chunk(2)
    first[0] = 5.0


def through_data(p):
    p[0].data -= 1.0


@pytest.mark.parametrize("make", [tensor, lambda: ValueArray.of(START)], ids=["Tensor", "Values"])
@pytest.mark.parametrize(
    ("update", "expected"),
    [
        (chained, [[1, 9], [3, 4]]), (chained_update, [[1, -7], [3, 4]]),
        (row_after_row, [[0, 1], [2, 3]]), (number_after_number, [[10, 20], [30, 40]]),
        (column, [[1, 8], [3, 7]]), (with_a_new_axis, [[2, 2], [4, 4]]),
        (after_the_leaf_has_changed, [[-1, 1], [6, 8]]), (product, [[1, 2], [4, 3]]),
        (pieces, [[5, 5], [3, 4]]), (through_data, [[0, 1], [3, 4]]),
    ],
)  # fmt: skip
def test_a_part_takes_its_leaf_along(update, expected, make):
    """On Tensors each of these left the leaf as it was, without a word."""
    p = make()
    with no_grad():
        if update is number_after_number and isinstance(p, ValueArray):
            p *= 10.0  # its numbers are leaves of their own, and `x *= …` is for them to judge
        else:
            update(p)
    assert p.data.tolist() == expected


@pytest.mark.parametrize(
    "take",
    [
        lambda p: p.T, lambda p: p.reshape(-1), lambda p: p.view(4), lambda p: p.ravel(),
        lambda p: p[None].squeeze(0), lambda p: p.T[0], lambda p: p.detach(),
        lambda p: p.detach()[0],
    ],
)  # fmt: skip
def test_what_shows_a_leaf_in_another_form_is_not_changed_alone(take):
    p = tensor()
    with no_grad():
        part = take(p)
        with pytest.raises(RuntimeError, match=r"would not change with them.*\.clone\(\)"):
            part -= 1.0
        with pytest.raises(RuntimeError, match="numbers are another Tensor's"):
            part[0] = 1.0
    assert p.tolist() == START
    assert part.tolist() == take(p).tolist()


def test_a_part_is_not_changed_while_operations_are_recorded():
    p = tensor()
    with no_grad():
        row = p[0]
    for part in (row, p.detach()):
        with pytest.raises(RuntimeError, match=r"with no_grad\(\): p\[k\] -="):
            part -= 1.0
    assert p.tolist() == START


def test_what_is_no_part_is_changed_alone():
    p = tensor()
    with no_grad():
        for own in (p.clone(), p[0].clone(), p[[0]], p[p.data > 2], p.T + 1.0, p.max(axis=0)):
            own -= 1.0
            own[0] = 5.0
    assert p.tolist() == START


def test_a_detached_leaf_of_its_own_is_changed_alone():
    """As in an attack on an input, step by step."""
    x = first = Tensor([1.0, 2.0], requires_grad=True)
    for _ in range(2):
        x = x.detach().requires_grad_()
        (x * x).sum().backward()
        with no_grad():
            x += 0.5 * x.grad
    assert x.tolist() == [4.0, 8.0]
    assert first.tolist() == [1.0, 2.0]


def test_of_a_leaf_that_is_gone_its_numbers_are_nobody_else_s():
    d = Tensor([1.0], requires_grad=True).detach()
    d += 1.0
    assert d.tolist() == [2.0]


def test_inside_a_derivative_a_detached_argument_is_a_number():
    def f(x):
        d = x.detach()
        d += 1.0
        return (x * d).sum()

    assert grad(f)(np.array([1.0, 2.0])).tolist() == [2.0, 3.0]


def test_a_graph_keeps_the_numbers_it_was_made_with_when_a_part_changes():
    p = tensor()
    y = (p * p).sum()
    with no_grad():
        p[0][0] = 5.0
    with pytest.raises(RuntimeError, match="was changed after the graph was made"):
        y.backward()


def test_a_copy_of_a_part_is_no_part():
    p = tensor()
    with no_grad():
        row = p[0]
        assert dict(row.params) == {}
        for own in (copy.copy(row), copy.deepcopy(row), pickle.loads(pickle.dumps(row))):
            own -= 1.0
    assert p.tolist() == START


def test_an_update_of_the_wrong_shape_leaves_part_and_leaf():
    p = tensor()
    with no_grad():
        row = p[0]
        with pytest.raises(ValueError, match="shapes"):
            row -= np.ones(3)
        with pytest.raises(ValueError, match="broadcast"):
            row[:] = np.ones(3)
    assert (row.tolist(), p.tolist()) == (START[0], START)


def test_a_product_with_a_matrix_changes_a_leaf_outside_recording():
    """`p @= m` made a new Tensor of the loop's name, and left the parameter."""
    swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    for p in (tensor(), ValueArray.of(START)):
        kept = p
        with no_grad():
            p @= swap
        assert p is kept
        assert p.data.tolist() == [[2.0, 1.0], [4.0, 3.0]]
    p = tensor()
    with pytest.raises(RuntimeError, match=r"@= on a leaf"):
        p @= swap


def test_a_product_that_goes_on_is_a_new_node():
    swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    w = tensor()
    y = first = w * 1.0
    y @= swap
    y.sum().backward()
    assert first.tolist() == START
    assert w.grad.tolist() == [[1.0, 1.0], [1.0, 1.0]]
