"""Of a call with keywords of one library the axis may stand by position; what is said twice is not.

Numbers are NumPy's, or PyTorch's 2.13.
"""

import numpy as np
import pytest

import engine
from engine import Tensor, ValueArray, to_numpy

X = np.array([[1.0, 3.0, 3.0], [2.0, -5.0, 5.0]])
BOTH = pytest.mark.parametrize("box", [Tensor, ValueArray.of], ids=["Tensor", "ValueArray"])


@BOTH
def test_keepdim_and_keepdims_say_whose_an_axis_by_position_is(box):
    """Both were refused, as `x.max(1)` is, though `keepdim=` is PyTorch's alone."""
    x = box(X)
    values, indices = x.max(1, keepdim=True)
    assert (to_numpy(values).tolist(), to_numpy(indices).tolist()) == ([[3], [5]], [[1], [2]])
    assert to_numpy(x.min(0, keepdim=False).indices).tolist() == [0, 1, 0]
    assert to_numpy(x.max(1, keepdims=True)).tolist() == [[3], [5]]
    assert to_numpy(x.min(1, keepdims=False)).tolist() == [1, -5]
    np.testing.assert_allclose(to_numpy(x.std(1, keepdims=True)), X.std(1, keepdims=True))
    np.testing.assert_allclose(to_numpy(x.var(0, keepdims=False)), X.var(0))
    np.testing.assert_allclose(to_numpy(x.var(0, keepdim=True)), X.var(0, keepdims=True, ddof=1))
    values, indices = x.sort(1, descending=True)
    assert to_numpy(values).tolist() == [[3, 3, 1], [5, 2, -5]]
    assert to_numpy(indices).tolist() == [[1, 2, 0], [2, 0, 1]]


@BOTH
@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.max(1), lambda x: x.max(1, True), lambda x: x.min(1, True, axis=0),
        lambda x: x.std(1), lambda x: x.std(True, keepdims=True), lambda x: x.var(1, False),
        lambda x: x.sort(1), lambda x: x.sort(1, True, descending=True),
    ],
)  # fmt: skip
def test_what_stands_by_position_alone_is_refused(call, box):
    with pytest.raises(ValueError, match="two meanings"):
        call(box(X))


@BOTH
@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.mean(axis=0, dim=1), lambda x: x.sum(0, dim=1), lambda x: x.prod(0, dim=1),
        lambda x: x.sum(keepdims=True, keepdim=False), lambda x: engine.sum(x, dim=1, axis=0),
        lambda x: x.cumsum(0, dim=1), lambda x: x.softmax(axis=0, dim=1),
        lambda x: x.logsumexp(0, dim=1), lambda x: x.argmax(0, dim=1), lambda x: x.any(0, dim=1),
        lambda x: x.amax(0, dim=1), lambda x: x.argsort(0, dim=1), lambda x: x.max(0, dim=1),
        lambda x: x.max(0, axis=1), lambda x: x.std(0, dim=1), lambda x: x.sort(0, dim=1),
        lambda x: x.sort(0, axis=1), lambda x: x.flip(0, dims=1), lambda x: x.flip(dim=0, dims=1),
        lambda x: x.roll(1, 0, dims=1), lambda x: x.roll(1, shifts=2),
        lambda x: x.take([0], 0, dim=1), lambda x: x.take_along_axis([[0], [0]], 0, dim=1),
        lambda x: x.repeat_interleave(2, 0, dim=1), lambda x: x.expand_dims(0, dim=1),
        lambda x: x.chunk(2, 1, dim=0), lambda x: x.unbind(1, dim=0),
        lambda x: engine.stack([x, x], 1, dim=0), lambda x: engine.concatenate([x, x], 1, dim=0),
        lambda x: engine.cat([x, x], 1, axis=0), lambda x: x.tril(1, diagonal=-1),
        lambda x: x.triu(1, diagonal=-1), lambda x: engine.tensordot(x, x, 1, dims=2),
    ],
)  # fmt: skip
def test_an_axis_that_is_named_twice_is_refused(call, box):
    """One of the two was passed over, or, of a diagonal, the sum was taken."""
    with pytest.raises(TypeError, match="twice"):
        call(box(X))


@BOTH
@pytest.mark.parametrize("name", ["sum", "mean", "prod", "amax", "any", "argmax", "logsumexp"])
def test_a_second_axis_by_position_is_no_keepdims(name, box):
    """`x.sum(0, 1)` was read as `x.sum(axis=0, keepdims=True)`."""
    for call in (getattr(box(X), name), lambda *axes: getattr(engine, name)(X, *axes)):
        with pytest.raises(
            TypeError, match=r"keepdims .* True or False, got 1.*x\.sum\(\(0, 1\)\)"
        ):
            call(0, 1)
        assert np.shape(call(0, True)) == (1, 3)


def test_one_axis_by_two_names_of_the_same_default_is_no_error():
    assert Tensor(X).sum(axis=None, dim=1).tolist() == [7.0, 2.0]
    assert Tensor(X).softmax(dim=-1).shape == (2, 3)
