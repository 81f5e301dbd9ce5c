"""Gradients, comparisons and `.data` are arrays with PyTorch's methods, and ndarrays to NumPy.

They were plain: "numpy.ndarray has no attribute 'abs'", or a memoryview.  Numbers are PyTorch's.
"""

import copy
import json
import math
import pickle

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, Value, ValueArray, no_grad
from engine.arrays import Array

X = np.array([[3.0, -4.0], [0.0, 12.0]])
BOTH = pytest.mark.parametrize("box", [lambda x: Tensor(x, requires_grad=True), ValueArray.of])


def with_grad(box=lambda x: Tensor(x, requires_grad=True)):
    """A leaf whose gradient is X."""
    w = box(np.ones((2, 2)))
    (w * X).sum().backward()
    return w


@BOTH
def test_a_gradient_has_the_methods_of_a_tensor(box):
    g = with_grad(box).grad
    assert isinstance(g, np.ndarray)
    assert isinstance(g, Array)
    assert g.abs().tolist() == [[3.0, 4.0], [0.0, 12.0]]
    assert g.norm().item() == 13.0
    assert g.abs().mean().item() == 4.75
    assert (g**2).mean().sqrt().item() == 6.5
    assert g.numel() == g.nelement() == g.size == 4
    assert g.size() == (2, 2)
    assert (g.size(0), g.size(-1), g.dim()) == (2, 2, 2)
    assert g.data.detach().cpu().contiguous().numpy().tolist() == X.tolist()
    assert type(g.numpy()) is np.ndarray
    assert g.view(-1).tolist() == g.view(4).tolist() == g.view((4,)).tolist() == X.ravel().tolist()
    assert g.view(1, 4).unsqueeze(-1).shape == (1, 4, 1)
    assert g.view(np.ndarray).tolist() == X.tolist()
    assert g.view(dtype=np.int64).dtype == np.int64
    assert g.t().tolist() == g.T.tolist() == X.T.tolist()
    assert g.sign().tolist() == [[1, -1], [0, 1]]
    assert not g.requires_grad


def test_ratios_of_spreads_are_logged_as_in_the_lectures():
    w = with_grad()
    ratio = (0.1 * w.grad).std() / (w.data * X).std()
    assert isinstance(ratio, Array)
    assert ratio.log10().item() == pytest.approx(-1.0)
    assert w.grad.data.std().log10().data.item() == pytest.approx(math.log10(5.889609494695))


def test_counts_of_right_answers_are_means_of_comparisons():
    logits, y = Tensor([[1.0, 2.0], [4.0, 3.0], [0.0, 5.0]]), Tensor([1, 1, 1])
    preds = logits.argmax(1)
    for right in (preds == y, y == preds, preds == y.numpy(), y.numpy() == preds):
        assert right.tolist() == [True, False, True]
        assert right.float().mean().item() == pytest.approx(2 / 3, abs=1e-7)
        assert right.float().dtype == np.float32
        assert right.sum().item() == right.long().sum() == 2
    assert (logits > 2).double().mean().item() == 0.5
    assert (logits.sum() > 3.0).float().item() == 1.0
    assert repr(preds == y) == "array([ True, False,  True])"
    values = ValueArray.of([1.0, -2.0])
    assert (values > 0).float().mean().item() == 0.5
    assert np.greater(values, 0).float().tolist() == [1.0, 0.0]


def test_a_single_number_behaves_as_one():
    g = with_grad().grad
    mean = g.mean()
    assert isinstance(mean, Array)
    assert f"{mean:.3f}" == "2.750"
    assert str(mean) == "2.75"
    assert float(mean) == mean == 2.75
    assert math.sqrt(mean) == math.sqrt(2.75)
    assert {mean: 1}[2.75] == 1
    assert "abc"[g.argmax() - 2] == "abc"[(g > 100).sum() + 1] == "b"
    assert round(mean.item(), 1) == 2.8
    assert max(mean, 3.0) == 3.0
    assert bool(mean)
    assert json.dumps(mean.item()) == "2.75"
    assert (Value(2.0) * mean).data == (mean * Value(2.0)).data == 5.5
    assert (Tensor([2.0]) * mean).tolist() == (mean * Tensor([2.0])).tolist() == [5.5]
    with pytest.raises(TypeError, match="no hash"):
        hash(g)


def test_a_keyword_of_pytorch_makes_a_method_pytorchs():
    g = with_grad().grad
    assert g.max(dim=1).values.tolist() == [3.0, 12.0]
    assert g.max(dim=1).indices.tolist() == [0, 1]
    assert g.max(1, keepdim=True).values.tolist() == [[3.0], [12.0]]
    assert g.min(axis=1).tolist() == np.min(g, 1).tolist() == [-4.0, 0.0]
    assert g.mean(dim=0, keepdim=True).tolist() == g.mean(0, True).tolist() == [[1.5, 4.0]]
    assert g.sum(dim=1).tolist() == g.sum(1).tolist() == g.sum(-1).tolist() == [-1.0, 12.0]
    assert g.argmax(dim=1).tolist() == g.argmax(1).tolist() == [0, 1]
    assert g.sort(dim=1, descending=True).indices.tolist() == [[0, 1], [1, 0]]
    assert g.squeeze(dim=0).shape == (2, 2)
    assert g.std().item() == g.std(unbiased=False).item() == Tensor(X).std().item()
    assert g.std(unbiased=True).item() == pytest.approx(6.800735254367722)
    assert g.var(dim=1).tolist() == [24.5, 72.0]
    assert g.std(axis=0, ddof=1).tolist() == g.std(dim=0).tolist()
    assert g.softmax(dim=1).sum(dim=1).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("name", ["max", "min", "std", "var"])
def test_what_means_two_things_by_position_is_refused_as_of_tensors(name):
    w = with_grad()
    for x in (w, w.grad, w.data, w > 0):
        with pytest.raises(ValueError, match="two meanings"):
            getattr(x, name)(1)


def test_every_method_of_tensors_gives_an_array_to_go_on_with():
    g = np.array([[0.5, 0.25], [0.75, 0.125]]).view(Array)
    for name in (
        "abs", "exp", "log", "log10", "log2", "sqrt", "tanh", "sigmoid", "relu", "leaky_relu",
        "elu", "softplus", "gelu", "silu", "erf", "square", "sin", "neg", "floor", "clone", "norm",
        "logsumexp", "softmax", "log_softmax", "prod", "cumsum", "mean", "std", "amax", "t", "sum",
        "unsqueeze", "double", "long", "half", "int", "bool", "any", "all", "triu", "flip",
    ):  # fmt: skip
        given = {"cumsum": (0,), "unsqueeze": (0,), "flip": (0,)}.get(name, ())
        assert isinstance(getattr(g, name)(*given), Array), name
    assert isinstance(g.where(g > 0.3, 0.0), Array)
    assert isinstance(g.masked_fill(g > 0.3, 1.0), Array)
    assert isinstance(g.pow(2).clamp(0.1, 0.2), Array)
    assert g.pow(2).clamp(min=0.1).tolist() == [[0.25, 0.1], [0.5625, 0.1]]


def test_functions_of_engine_give_arrays_too():
    g = with_grad().grad
    assert engine.cat([g.view(-1), g.view(-1)]).norm().item() == pytest.approx(13.0 * 2**0.5)
    assert engine.stack([g, np.ones((2, 2))]).abs().mean().item() == 2.875
    assert engine.where(g > 0, g, 0.0).norm().item() == pytest.approx(153**0.5)
    assert engine.any(g > 3).float().item() == 1.0
    assert engine.sqrt(engine.sum(g**2)).item() == 13.0
    assert type(engine.cat([X, X])) is np.ndarray
    assert engine.cat([g, Tensor(X)]).shape == (4, 2)


def test_a_norm_after_a_dot_is_pytorchs():
    """It was refused, though NumPy's arrays have no method of that name."""
    w = with_grad()
    for x in (w, w.grad * 1.0, ValueArray.of(X), Tensor(X)):
        x = x.grad if x is w else x
        assert float(engine.to_numpy(x.norm(2))) == float(engine.to_numpy(x.norm())) == 13.0
        assert float(engine.to_numpy(x.norm(1))) == 19.0
        assert float(engine.to_numpy(x.norm(float("inf")))) == 12.0
        assert engine.to_numpy(x.norm(2, 1)).tolist() == [5.0, 12.0]
        assert engine.to_numpy(x.norm(1, dim=0, keepdim=True)).tolist() == [[3.0, 16.0]]
        assert float(engine.to_numpy(x.norm(ord=1))) == 16.0  # NumPy's, of a matrix
    total = sum(p.grad.data.norm(2).item() ** 2 for p in [w, w]) ** 0.5
    assert total == pytest.approx(338**0.5)
    with pytest.raises(ValueError, match="two meanings"):
        engine.norm(w, 2)


def test_axes_by_position_are_those_of_pytorch_where_numpy_has_none():
    g = np.arange(6.0).reshape(1, 2, 3).view(Array)
    assert g.flatten(1).shape == (1, 6)
    assert g.flatten().shape == g.flatten("F").shape == (6,)
    assert g.transpose(1, 2).shape == g.transpose(0, 2, 1).shape == (1, 3, 2)
    assert g[0].transpose(1, 0).shape == g.transpose((2, 1, 0))[:, :, 0].shape == (3, 2)
    with pytest.raises(ValueError, match="keeps it in NumPy and exchanges its axes in PyTorch"):
        g[0].transpose(0, 1)


def test_an_array_is_not_repeated_by_position():
    g = X.view(Array)
    with pytest.raises(ValueError, match="repeats each number"):
        g.repeat(2, 1)
    assert g.repeat(2, 1, 1).shape == (2, 2, 2)
    assert g.repeat(2, axis=1).tolist() == np.repeat(g, 2, 1).tolist()


def test_one_number_in_any_shape_is_a_float_and_an_int():
    g = np.array([[3.0]]).view(Array)
    assert (float(g), int(g), int(Tensor([3]) == 3)) == (3.0, 3, 1)
    with pytest.raises(ValueError, match="size 1"):
        float(X.view(Array))


def test_a_gradient_changes_in_place_and_is_nobody_elses():
    w = with_grad()
    other = with_grad()
    w.grad *= 2
    w.grad[0] = 0
    w.grad.add_(1.0).mul_(0.5)
    assert w.grad.tolist() == [[0.5, 0.5], [0.5, 12.5]]
    assert w.grad.data.zero_() is not None
    assert w.grad.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    w.grad.data += 1.0
    w.grad.data = w.grad * 2 + 1
    assert w.grad.tolist() == [[3.0, 3.0], [3.0, 3.0]]
    w.grad.fill_(3.0)
    w.grad[...] = w.grad + 1
    assert w.grad.tolist() == [[4.0, 4.0], [4.0, 4.0]]
    assert other.grad.tolist() == X.tolist()
    other.grad = w.grad
    w.grad.zero_()
    assert other.grad.tolist() == [[4.0, 4.0], [4.0, 4.0]]
    kept = other.grad.clone()
    other.grad.zero_()
    assert kept.tolist() == [[4.0, 4.0], [4.0, 4.0]]
    other.grad = None
    assert other.grad is None


def test_gradients_of_values_change_in_place_together():
    w = with_grad(ValueArray.of)
    w.grad *= 2.0
    w.grad.div_(2.0)
    assert w.grad.tolist() == X.tolist()
    w.grad.zero_()
    assert w.grad.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert w[0, 0].grad == 0.0


@BOTH
def test_the_update_loop_of_the_lectures(box):
    w = with_grad(box)
    for p in [w]:
        p.data += -0.1 * p.grad
    np.testing.assert_allclose(engine.to_numpy(w), 1 - 0.1 * X)
    with no_grad():
        w -= 0.1 * w.grad
    np.testing.assert_allclose(engine.to_numpy(w), 1 - 0.2 * X)
    w.data.add_(w.grad, alpha=0.2)
    np.testing.assert_allclose(engine.to_numpy(w), np.ones((2, 2)))
    w.data.copy_(X).clamp_(-1.0, 1.0)
    assert engine.to_numpy(w).tolist() == [[1.0, -1.0], [0.0, 1.0]]
    w.data.mul_(2.0).sub_(1.0)
    assert engine.to_numpy(w).tolist() == [[1.0, -3.0], [-1.0, 1.0]]
    w.data.zero_()
    assert engine.to_numpy(w).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    w.grad = None
    assert not np.any(w.grad)


def test_numpy_sees_an_array():
    g = with_grad().grad
    assert repr(g) == "array([[ 3., -4.],\n       [ 0., 12.]])"
    assert np.asarray(g).tolist() == X.tolist()
    assert type(np.asarray(g)) is np.ndarray
    assert np.array_equal(np.sort(g, axis=0), np.sort(X, axis=0))
    assert np.unique(g).tolist() == [-4.0, 0.0, 3.0, 12.0]
    assert np.tile(g, 2).shape == (2, 4)
    assert np.std(g, axis=0, ddof=1).tolist() == np.std(X, axis=0, ddof=1).tolist()
    assert np.median(g) == 1.5
    assert np.quantile(g, 0.5) == 1.5
    assert np.linalg.norm(g) == 13.0
    assert np.squeeze(g[None]).shape == (2, 2)
    assert memoryview(g).tolist() == X.tolist()
    for again in (pickle.loads(pickle.dumps(g)), copy.deepcopy(g), copy.copy(g)):
        assert again.tolist() == X.tolist()
    assert type(pickle.loads(pickle.dumps(g))) is np.ndarray
    assert pickle.loads(pickle.dumps(g.size)) == 4
    out = np.zeros((2, 2))
    np.multiply(g, 2.0, out=out)
    assert out.tolist() == (2 * X).tolist()


def test_masks_go_where_arrays_go():
    x = Tensor(X, requires_grad=True)
    (x * (x > 0)).sum().backward()
    assert x.grad.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    mask = x > 0
    y = x[mask].sum() + engine.where(mask, x, 0.0).sum()
    mask[...] = False  # a graph has its own copy
    x.zero_grad()
    y.backward()
    assert x.grad.tolist() == [[2.0, 0.0], [0.0, 2.0]]


def test_parts_of_data_are_read_only_and_copies_are_not():
    x = Tensor(X)
    for change in (lambda d: d.zero_(), lambda d: d.add_(1.0), lambda d: d.data.fill_(2.0)):
        with pytest.raises(ValueError, match="cannot be changed in place"):
            change(x.data[0])
    assert x.data.clone().zero_().add_(1.0).tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert x.tolist() == X.tolist()
    d = x.data
    x.data.mul_(2.0)
    with pytest.raises(RuntimeError, match=r"take \.data anew"):
        d.zero_()
    assert x.tolist() == (2 * X).tolist()


def test_a_second_derivative_without_ties_is_one_choice_as_before():
    """A comparison's answer is an Array, which a rule takes for the numbers that it holds."""
    w = Tensor([1.0, 3.0], requires_grad=True)
    (engine.maximum(w * w, 2.5) ** 2).sum().backward(create_graph=True)
    names = [node.op.name for node in engine.toposort(w.grad) if node.op]
    assert names.count("where") == 1
    assert w.grad.tolist() == [0.0, 108.0]


def test_a_single_number_goes_where_numpys_went():
    """Reductions of `.data` were NumPy's numbers, which every argument took."""
    w = with_grad()
    rate, count = 0.1 / abs(w.grad).max(), (w.grad > 0).sum()
    assert isinstance(rate, Array)
    assert nn.SGD([w], lr=rate).param_groups[0]["lr"] == pytest.approx(0.1 / 12)
    assert nn.Linear(count, count).weight.shape == (2, 2)
    assert nn.Dropout(rate).p == pytest.approx(0.1 / 12)
    assert len(nn.DataLoader(nn.TensorDataset(X), batch_size=count)) == 1
    assert len(w.chunk(count)) == 2
    assert engine.generator(count).random() == np.random.default_rng(2).random()
    assert engine.zeros(count, 3).reshape(count, 3).shape == (2, 3)
    for wrong in (w.grad, w.grad.sum(), w > 0, (w > 0).all()):
        with pytest.raises(TypeError, match="in_features must be an int"):
            nn.Linear(wrong, 2)
    with pytest.raises(TypeError, match="lr must be a number"):
        nn.SGD([w], lr=(w > 0).all())
