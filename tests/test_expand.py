"""expand: the Value graph behind one element of a Tensor."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import engine
from engine import Tensor, Value, expand, toposort


def leaves(y):
    """The labels of the leaves a Value depends on, in the order of use."""
    return [node.label for node in toposort(y) if node.op is None]


def test_one_element_of_a_product_of_matrices():
    a = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, label="a")
    b = Tensor([[5.0, 6.0], [7.0, 8.0]], requires_grad=True, label="b")

    y = expand(a @ b, (1, 0))

    assert isinstance(y, Value)
    assert y.data == 3 * 5 + 4 * 7
    assert sorted(leaves(y)) == ["a[1,0]", "a[1,1]", "b[0,0]", "b[1,0]"]


def test_it_is_differentiated_as_the_tensor_is():
    rng = np.random.default_rng(1)
    w = Tensor(rng.normal(size=(3, 2)), requires_grad=True, label="w")
    x = rng.normal(size=(4, 3))
    loss = engine.log_softmax(engine.tanh(x @ w) * 2, axis=1)[:, 0].sum()

    y = expand(loss)
    y.backward()
    loss.backward()

    assert y.data == pytest.approx(loss.item(), rel=1e-14)
    found = {node.label: node.grad for node in toposort(y) if node.label.startswith("w")}
    assert len(found) == 6
    for (i, j), g in np.ndenumerate(w.grad):
        assert found[f"w[{i},{j}]"] == pytest.approx(g, rel=1e-12)


@given(st.data())
def test_every_element_of_every_kind_of_program_is_its_value(data):
    shape = data.draw(st.sampled_from([(), (3,), (2, 3)]))
    x = Tensor(np.arange(1.0, 1 + np.prod(shape, dtype=int)).reshape(shape), requires_grad=True)
    f = data.draw(
        st.sampled_from(
            [
                lambda x: x * x + 1,
                lambda x: engine.softmax(x, axis=-1) if x.ndim else x,
                lambda x: x.reshape(-1)[::-1],
                lambda x: x.sum(),
                lambda x: x.T,
                lambda x: engine.where(x > 2, x, 0.0),
                lambda x: engine.concatenate([x, x]) if x.ndim else x,
            ]
        )
    )
    y = f(x)
    for index in np.ndindex(y.shape):
        assert expand(y, index).data == pytest.approx(float(y.numpy()[index]), rel=1e-14)


def test_leaves_without_a_label_are_numbered_in_the_order_of_use():
    a, b = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0], requires_grad=True)

    assert leaves(expand(b * a, 1)) == ["x0[1]", "x1[1]"]


def test_a_single_number_needs_no_index_and_a_row_takes_an_int():
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True, label="x")

    assert expand((x * x).sum()).data == 14.0
    assert expand(x * x, 2).data == 9.0
    assert expand(x * x, -1).data == 9.0
    assert expand(x * x, np.int64(0)).data == 1.0
    assert expand(x, 1).label == "x[1]"


def test_both_edges_of_a_square_are_kept():
    x = Tensor([3.0], requires_grad=True, label="x")

    y = expand(x * x, 0)

    assert y.inputs[0] is y.inputs[1]


def test_what_requires_no_gradient_is_a_constant():
    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    c = Tensor([5.0, 6.0], label="c")

    y = expand(x * c, 0)
    y.backward()

    assert {n.label: n.requires_grad for n in toposort(y) if n.op is None} == {
        "x[0]": True,
        "c[0]": False,
    }


def test_an_element_that_is_a_constant_is_a_value_without_gradient():
    x = Tensor([1.0, 2.0], requires_grad=True)

    y = expand(engine.pad(x, 1), 0)

    assert (y.data, y.requires_grad) == (0.0, False)


def test_the_tensor_is_left_alone():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).sum()

    expand(y).backward()

    assert x.grad is None


def test_it_records_under_no_grad_too():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).sum()

    with engine.no_grad():
        assert expand(y).op is not None


@pytest.mark.parametrize("index", [(), 0, (0, 0, 0), (0.0, 0), ("a", 0), slice(None), None])
def test_an_index_that_names_no_single_element_is_refused(index):
    with pytest.raises(IndexError, match=r"does not name one element of shape \(2, 2\)"):
        expand(Tensor(np.ones((2, 2)), requires_grad=True) * 2, index)


def test_an_index_out_of_range_is_refused():
    with pytest.raises(IndexError, match=r"index \(0, 2\) is out of range for shape \(2, 2\)"):
        expand(Tensor(np.ones((2, 2)), requires_grad=True) * 2, (0, 2))


def test_what_is_no_tensor_is_refused():
    with pytest.raises(TypeError, match="expand\\(\\) takes a Tensor, got Value"):
        expand(Value(1.0))


def test_too_many_numbers_are_refused_before_any_work():
    x = Tensor(np.ones(1000), requires_grad=True)

    with pytest.raises(ValueError, match=r"holds 2,001 numbers, more than the limit of 2,000"):
        expand((x * 2).sum(), limit=2000)
