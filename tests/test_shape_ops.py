"""Every op and function on whole arrays against a reference: the same program on Values.

Each case is a function of arrays; it is run on Tensors, on arrays of Values (where every sum,
product or choice is made number by number) and on plain arrays, where NumPy's own result is
pinned as well.  The second order is checked by differentiating the gradient.
"""

import numpy as np
import pytest

import engine as E
from engine import Tensor, ValueArray, core, gradcheck

RNG = np.random.default_rng(0)
A = RNG.normal(size=(3, 4))
B = RNG.normal(size=(4, 2))
C = RNG.normal(size=(2, 3, 4))
V = RNG.normal(size=4)
W = RNG.normal(size=4)
S = np.array(1.5)
POSITIVE = np.abs(A) + 0.5
TIES = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
ZEROS = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 5.0]])
SQUARE = RNG.normal(size=(4, 4))
IMAGE = RNG.normal(size=(2, 5, 6))
MASK = A > 0

#: name of the op or function: (inputs, our function, NumPy's)
CASES = {
    "sum": [
        ((A,), lambda x: E.sum(x), lambda x: x.sum()),
        ((C,), lambda x: x.sum(axis=(0, -1)), lambda x: x.sum(axis=(0, -1))),
        ((C,), lambda x: x.sum(1, keepdims=True), lambda x: x.sum(1, keepdims=True)),
        ((C,), lambda x: x.sum(dim=-1, keepdim=True), lambda x: x.sum(-1, keepdims=True)),
        ((A,), lambda x: x.sum(axis=()), lambda x: x.sum(axis=())),
    ],
    "mean": [
        ((A,), lambda x: x.mean(), lambda x: x.mean()),
        ((C,), lambda x: E.mean(x, (-1, 0)), lambda x: x.mean((-1, 0))),
        ((C,), lambda x: E.mean(x, dim=1, keepdim=True), lambda x: x.mean(1, keepdims=True)),
    ],
    "var": [
        ((A,), lambda x: x.var(), lambda x: x.var()),
        ((A,), lambda x: x.var(axis=0, ddof=1), lambda x: x.var(axis=0, ddof=1)),
        ((A,), lambda x: E.var(x, dim=1, correction=1, keepdim=True),
         lambda x: x.var(axis=1, ddof=1, keepdims=True)),
    ],
    "std": [
        ((A,), lambda x: x.std(), lambda x: x.std()),
        ((C,), lambda x: E.std(x, axis=(0, 2), ddof=1), lambda x: x.std(axis=(0, 2), ddof=1)),
        ((A,), lambda x: x.std(dim=0, keepdim=True, correction=1),
         lambda x: x.std(axis=0, ddof=1, keepdims=True)),
    ],
    "prod": [
        ((A,), lambda x: x.prod(), lambda x: x.prod()),
        ((C,), lambda x: E.prod(x, axis=1), lambda x: x.prod(axis=1)),
        ((ZEROS,), lambda x: x.prod(axis=-1), lambda x: x.prod(axis=-1)),
        ((ZEROS,), lambda x: x.prod(axis=0, keepdims=True), lambda x: x.prod(0, keepdims=True)),
        ((ZEROS,), lambda x: x.prod(), lambda x: x.prod()),
        ((ZEROS[:, :1],), lambda x: x.prod(axis=(0, 1)), lambda x: x.prod()),
    ],
    "max": [
        ((A,), lambda x: x.max(), lambda x: x.max()),
        ((TIES,), lambda x: E.max(x, axis=1), lambda x: x.max(axis=1)),
        ((TIES,), lambda x: x.amax(axis=(0, 1), keepdims=True), lambda x: x.max(keepdims=True)),
    ],
    "min": [
        ((A,), lambda x: x.min(), lambda x: x.min()),
        ((TIES,), lambda x: E.min(x, dim=0, keepdim=True), lambda x: x.min(0, keepdims=True)),
        ((TIES,), lambda x: x.amin(1), lambda x: x.min(1)),
    ],
    "argmax": [((A,), lambda x: x * 0.0 + E.argmax(x, axis=1, keepdims=True),
                lambda x: x * 0 + x.argmax(1, keepdims=True))],
    "argmin": [((A,), lambda x: x * x.argmin(), lambda x: x * x.argmin())],
    "cumsum": [
        ((A,), lambda x: x.cumsum(), lambda x: x.cumsum()),
        ((A,), lambda x: E.cumsum(x, axis=0), lambda x: x.cumsum(axis=0)),
        ((C,), lambda x: E.cumsum(x, dim=-2), lambda x: x.cumsum(axis=-2)),
    ],
    "cumprod": [
        ((A,), lambda x: x.cumprod(), lambda x: x.cumprod()),
        ((A,), lambda x: E.cumprod(x, axis=0), lambda x: x.cumprod(axis=0)),
        ((ZEROS,), lambda x: x.cumprod(axis=1), lambda x: x.cumprod(axis=1)),
        ((ZEROS,), lambda x: x.cumprod(axis=0), lambda x: x.cumprod(axis=0)),
        ((ZEROS,), lambda x: x.cumprod(), lambda x: x.cumprod()),
    ],
    "logsumexp": [
        ((A,), lambda x: x.logsumexp(), lambda x: np.log(np.exp(x).sum())),
        ((C,), lambda x: E.logsumexp(x, axis=(0, 2)), lambda x: np.log(np.exp(x).sum((0, 2)))),
        ((A,), lambda x: E.logsumexp(x, dim=0, keepdim=True),
         lambda x: np.log(np.exp(x).sum(0, keepdims=True))),
    ],
    "softmax": [
        ((A,), lambda x: x.softmax(), lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True)),
        ((A,), lambda x: E.softmax(x, dim=0), lambda x: np.exp(x) / np.exp(x).sum(0)),
    ],
    "log_softmax": [
        ((A,), lambda x: x.log_softmax(), lambda x: x - np.log(np.exp(x).sum(-1, keepdims=True))),
        ((A,), lambda x: E.log_softmax(x, axis=0), lambda x: x - np.log(np.exp(x).sum(0))),
    ],
    "norm": [
        ((A,), lambda x: x.norm(), lambda x: np.linalg.norm(x)),
        ((A,), lambda x: E.norm(x, 1, axis=0), lambda x: np.linalg.norm(x, 1, axis=0)),
        ((A,), lambda x: E.norm(x, np.inf, axis=1, keepdims=True),
         lambda x: np.linalg.norm(x, np.inf, axis=1, keepdims=True)),
        ((A,), lambda x: E.norm(x, -np.inf, axis=1), lambda x: np.linalg.norm(x, -np.inf, axis=1)),
        ((A,), lambda x: E.norm(x, p=3, dim=1, keepdim=True),
         lambda x: np.linalg.norm(x, 3, axis=1, keepdims=True)),
        ((POSITIVE,), lambda x: E.norm(x, -1.5, axis=0), lambda x: np.linalg.norm(x, -1.5, axis=0)),
        ((A,), lambda x: E.norm(x, 0, axis=0) * x, lambda x: x * np.linalg.norm(x, 0, axis=0)),
        ((C,), lambda x: E.norm(x, axis=(0, 2)), lambda x: np.linalg.norm(x, axis=(0, 2))),
    ],
    "sort": [
        ((A,), lambda x: x.sort(), lambda x: np.sort(x)),
        ((A,), lambda x: E.sort(x, axis=0), lambda x: np.sort(x, axis=0)),
        ((TIES,), lambda x: E.sort(x, axis=None), lambda x: np.sort(x, axis=None)),
    ],
    "reshape": [
        ((A,), lambda x: x.reshape(2, -1), lambda x: x.reshape(2, -1)),
        ((A,), lambda x: E.reshape(x, (4, 3)), lambda x: x.reshape(4, 3)),
        ((S,), lambda x: E.reshape(x, (1, 1)), lambda x: x.reshape(1, 1)),
        ((A,), lambda x: x.view(12), lambda x: x.reshape(12)),
    ],
    "ravel": [((C,), lambda x: x.ravel(), lambda x: x.ravel())],
    "flatten": [
        ((C,), lambda x: x.flatten(), lambda x: x.ravel()),
        ((C,), lambda x: E.flatten(x, 1), lambda x: x.reshape(2, 12)),
        ((S,), lambda x: E.flatten(x), lambda x: x.reshape(1)),
    ],
    "squeeze": [
        ((A[:, :1],), lambda x: x.squeeze(), lambda x: x.squeeze()),
        ((A[:1, :1],), lambda x: E.squeeze(x, axis=-1), lambda x: x.squeeze(-1)),
        ((A[:1, :1],), lambda x: E.squeeze(x, dim=(0, 1)), lambda x: x.squeeze()),
    ],
    "expand_dims": [
        ((A,), lambda x: E.expand_dims(x, (0, -1)), lambda x: np.expand_dims(x, (0, -1))),
        ((A,), lambda x: x.unsqueeze(1), lambda x: x[:, None]),
        ((A,), lambda x: E.unsqueeze(x, dim=0), lambda x: x[None]),
    ],
    "transpose": [
        ((C,), lambda x: x.T, lambda x: x.T),
        ((C,), lambda x: x.transpose(1, 2, 0), lambda x: x.transpose(1, 2, 0)),
        ((C,), lambda x: x.transpose((-1, 0, 1)), lambda x: x.transpose(2, 0, 1)),
        ((C,), lambda x: x.transpose(), lambda x: x.T),
    ],
    "permute": [
        ((C,), lambda x: x.permute(2, 0, 1), lambda x: x.transpose(2, 0, 1)),
        ((C,), lambda x: E.permute(x, (1, 2, 0)), lambda x: x.transpose(1, 2, 0)),
    ],
    "matrix_transpose": [((C,), lambda x: x.mT, lambda x: x.transpose(0, 2, 1))],
    "swapaxes": [((C,), lambda x: x.swapaxes(0, -1), lambda x: x.swapaxes(0, -1))],
    "moveaxis": [
        ((C,), lambda x: x.moveaxis(0, -1), lambda x: np.moveaxis(x, 0, -1)),
        ((C,), lambda x: x.movedim((0, 1), (2, 0)), lambda x: np.moveaxis(x, (0, 1), (2, 0))),
    ],
    "broadcast_to": [
        ((V,), lambda x: x.broadcast_to((3, 4)), lambda x: np.broadcast_to(x, (3, 4))),
        ((A[:, :1],), lambda x: E.broadcast_to(x, (2, 3, 5)),
         lambda x: np.broadcast_to(x, (2, 3, 5))),
        ((S,), lambda x: E.broadcast_to(x, (2,)), lambda x: np.broadcast_to(x, (2,))),
    ],
    "sum_to": [((C,), lambda x: E.sum_to(x, (3, 1)), lambda x: x.sum((0, 2))[:, None])],
    "cast": [((A,), lambda x: E.cast(x, np.float64), lambda x: x)],
    "concatenate": [
        ((A, A), lambda x, y: E.concatenate([x, y]), lambda x, y: np.concatenate([x, y])),
        ((A, C[0]), lambda x, y: E.cat((x, y, x), dim=-1),
         lambda x, y: np.concatenate([x, y, x], -1)),
        ((A, V), lambda x, y: E.concatenate([x, y], axis=None),
         lambda x, y: np.concatenate([x, y], None)),
        ((A,), lambda x: E.concatenate([x[:0], x]), lambda x: x),
    ],
    "stack": [
        ((V, W), lambda x, y: E.stack([x, y]), lambda x, y: np.stack([x, y])),
        ((V, W), lambda x, y: E.stack([x, y, x], dim=-1), lambda x, y: np.stack([x, y, x], -1)),
    ],
    "tile": [
        ((A,), lambda x: x.tile(2), lambda x: np.tile(x, 2)),
        ((A,), lambda x: E.tile(x, (2, 1, 3)), lambda x: np.tile(x, (2, 1, 3))),
        ((A,), lambda x: E.tile(x, (2, 0)), lambda x: np.tile(x, (2, 0))),
    ],
    "pad": [
        ((A,), lambda x: x.pad(1), lambda x: np.pad(x, 1)),
        ((A,), lambda x: E.pad(x, ((1, 0), (0, 2)), constant_values=3.0),
         lambda x: np.pad(x, ((1, 0), (0, 2)), constant_values=3.0)),
        ((A,), lambda x: E.pad(x, (2, 1), mode="reflect"), lambda x: np.pad(x, (2, 1), "reflect")),
        ((A,), lambda x: E.pad(x, 5, mode="wrap"), lambda x: np.pad(x, 5, "wrap")),
        ((A,), lambda x: E.pad(x, 2, mode="edge"), lambda x: np.pad(x, 2, "edge")),
        ((A,), lambda x: E.pad(x, 2, mode="symmetric"), lambda x: np.pad(x, 2, "symmetric")),
    ],
    "getitem": [
        ((A,), lambda x: x[1], lambda x: x[1]),
        ((A,), lambda x: x[1, -2], lambda x: x[1, -2]),
        ((A,), lambda x: x[::-1, 1:3], lambda x: x[::-1, 1:3]),
        ((A,), lambda x: x[..., None, ::-2], lambda x: x[..., None, ::-2]),
        ((A,), lambda x: x[()], lambda x: x[()]),
        ((A,), lambda x: x[MASK], lambda x: x[MASK]),
        ((A,), lambda x: x[MASK[:, 0]], lambda x: x[MASK[:, 0]]),
        ((A,), lambda x: x[np.zeros((3, 4), bool)], lambda x: x[np.zeros((3, 4), bool)]),
        ((A,), lambda x: x[[0, 0, 2]], lambda x: x[[0, 0, 2]]),
        ((A,), lambda x: x[:, [0, 0, -1]], lambda x: x[:, [0, 0, -1]]),
        ((C,), lambda x: x[[0], :, [1, 1]], lambda x: x[[0], :, [1, 1]]),
        ((C,), lambda x: x[1, :, [3, 3]], lambda x: x[1, :, [3, 3]]),
        ((A,), lambda x: x[np.array([[0, 1], [1, 1]])], lambda x: x[np.array([[0, 1], [1, 1]])]),
        ((A,), lambda x: x[[]], lambda x: x[[]]),
        ((V,), lambda x: x[Tensor([3, 3, 1])], lambda x: x[[3, 3, 1]]),
        ((V,), lambda x: x[V > 0], lambda x: x[V > 0]),
        ((S,), lambda x: E.getitem(x, None), lambda x: x[None]),
        ((A,), lambda x: x[True], lambda x: x[True]),
    ],
    "scatter_add": [
        ((A,), lambda x: E.scatter_add(x, (5, 4), np.array([0, 0, 3])),
         lambda x: np.stack([x[0] + x[1], 0 * V, 0 * V, x[2], 0 * V])),
    ],
    "take": [
        ((A,), lambda x: x.take([0, 5, 5]), lambda x: x.take([0, 5, 5])),
        ((A,), lambda x: E.take(x, [[0, 1], [1, 1]], axis=1),
         lambda x: x.take([[0, 1], [1, 1]], axis=1)),
        ((A,), lambda x: E.take(x, -1, dim=0), lambda x: x.take(-1, axis=0)),
    ],
    "take_along_axis": [
        ((A,), lambda x: x.take_along_axis(np.argsort(A, 1), axis=1), lambda x: np.sort(x, 1)),
        ((A,), lambda x: E.take_along_axis(x, np.zeros((1, 4), int), dim=0), lambda x: x[:1]),
        ((A,), lambda x: E.take_along_axis(x, np.array([3, 3]), None), lambda x: x.take([3, 3])),
    ],
    "flip": [
        ((A,), lambda x: x.flip(), lambda x: np.flip(x)),
        ((A,), lambda x: E.flip(x, axis=-1), lambda x: np.flip(x, -1)),
        ((C,), lambda x: E.flip(x, dim=(0, 2)), lambda x: np.flip(x, (0, 2))),
    ],
    "roll": [
        ((A,), lambda x: x.roll(2), lambda x: np.roll(x, 2)),
        ((A,), lambda x: E.roll(x, -1, axis=1), lambda x: np.roll(x, -1, 1)),
        ((A,), lambda x: E.roll(x, (1, 2), dim=(0, 1)), lambda x: np.roll(x, (1, 2), (0, 1))),
    ],
    "repeat": [
        ((A,), lambda x: x.repeat(2), lambda x: x.repeat(2)),
        ((A,), lambda x: E.repeat(x, [1, 0, 3], axis=0), lambda x: x.repeat([1, 0, 3], axis=0)),
        ((A,), lambda x: E.repeat(x, 2, dim=-1), lambda x: x.repeat(2, axis=-1)),
    ],
    "split": [
        ((A,), lambda x: x.split(3)[1], lambda x: np.split(x, 3)[1]),
        ((A,), lambda x: E.split(x, [1, 3], axis=1)[2], lambda x: np.split(x, [1, 3], 1)[2]),
        ((A,), lambda x: E.cat(E.split(x, 2, dim=1)[::-1], 1), lambda x: np.roll(x, 2, 1)),
        ((A[:0],), lambda x: E.concatenate(E.split(x, 2)), lambda x: x),
    ],
    "diagonal": [
        ((A,), lambda x: x.diagonal(), lambda x: x.diagonal()),
        ((C,), lambda x: E.diagonal(x, 1, 1, 2), lambda x: x.diagonal(1, 1, 2)),
        ((A,), lambda x: E.diagonal(x, -2), lambda x: x.diagonal(-2)),
        ((A,), lambda x: E.diagonal(x, 9), lambda x: x.diagonal(9)),
    ],
    "trace": [
        ((A,), lambda x: x.trace(), lambda x: x.trace()),
        ((C,), lambda x: E.trace(x, -1, 1, 2), lambda x: x.trace(-1, 1, 2)),
    ],
    "tril": [
        ((C,), lambda x: x.tril(), lambda x: np.tril(x)),
        ((A,), lambda x: E.tril(x, diagonal=1), lambda x: np.tril(x, 1)),
    ],
    "triu": [
        ((C,), lambda x: x.triu(-1), lambda x: np.triu(x, -1)),
        ((A,), lambda x: E.triu(x, diagonal=1), lambda x: np.triu(x, 1)),
    ],
    "sliding_window_view": [
        ((V,), lambda x: E.sliding_window_view(x, 2),
         lambda x: np.lib.stride_tricks.sliding_window_view(x, 2)),
        ((IMAGE,), lambda x: E.sliding_window_view(x, (2, 3), axis=(1, 2)),
         lambda x: np.lib.stride_tricks.sliding_window_view(x, (2, 3), (1, 2))),
    ],
    "sum_windows": [
        ((A,), lambda x: E.sum_windows(x, (6,), 4), lambda x: np.convolve(
            np.r_[x[0], 0, 0], [1]) + np.r_[0, x[1], 0] + np.r_[0, 0, x[2]]),
    ],
    "matmul": [
        ((A, B), lambda x, y: x @ y, lambda x, y: x @ y),
        ((V, W), lambda x, y: x @ y, lambda x, y: x @ y),
        ((A, V), lambda x, y: x @ y, lambda x, y: x @ y),
        ((V, B), lambda x, y: x @ y, lambda x, y: x @ y),
        ((C, B), lambda x, y: E.matmul(x, y), lambda x, y: x @ y),
        ((C, V), lambda x, y: x.matmul(y), lambda x, y: x @ y),
        ((V, C.transpose(0, 2, 1)), lambda x, y: x @ y, lambda x, y: x @ y),
        ((C[:, None], RNG.normal(size=(5, 4, 2))), lambda x, y: x @ y, lambda x, y: x @ y),
        ((C[:1], RNG.normal(size=(2, 4, 2))), lambda x, y: x @ y, lambda x, y: x @ y),
        ((RNG.normal(size=(2, 5, 4)), C.transpose(0, 2, 1)), lambda x, y: x @ y,
         lambda x, y: x @ y),
        ((SQUARE,), lambda x: x @ x, lambda x: x @ x),
        ((V,), lambda x: x @ x, lambda x: x @ x),
        ((A[:, :0], B[:0]), lambda x, y: x @ y, lambda x, y: x @ y),
    ],
    "dot": [
        ((A, B), lambda x, y: x.dot(y), lambda x, y: x.dot(y)),
        ((A, S), lambda x, y: E.dot(x, y), lambda x, y: x * y),
    ],
    "outer": [((A, V), lambda x, y: x.outer(y), lambda x, y: np.outer(x, y))],
    "tensordot": [
        ((C, C), lambda x, y: E.tensordot(x, y, axes=([0, 2], [0, 2])),
         lambda x, y: np.tensordot(x, y, axes=([0, 2], [0, 2]))),
        ((C, A), lambda x, y: E.tensordot(x, y), lambda x, y: np.tensordot(x, y)),
        ((V, W), lambda x, y: E.tensordot(x, y, axes=0), lambda x, y: np.tensordot(x, y, 0)),
        ((A, A), lambda x, y: E.tensordot(x, y, axes=(1, -1)), lambda x, y: x @ y.T),
    ],
    "einsum": [
        ((A, B), lambda x, y: E.einsum("ij,jk->ik", x, y), lambda x, y: x @ y),
        ((A, B), lambda x, y: E.einsum("ij,jk", x, y), lambda x, y: x @ y),
        ((SQUARE,), lambda x: E.einsum("ii", x), lambda x: x.trace()),
        ((SQUARE,), lambda x: E.einsum("ii->i", x), lambda x: x.diagonal()),
        ((C, B), lambda x, y: E.einsum("...ij,jk->...ik", x, y), lambda x, y: x @ y),
        ((C, V), lambda x, y: E.einsum("...i,i", x, y), lambda x, y: x @ y),
        ((A, V, B), lambda x, y, z: E.einsum("ij,j,jk->ki", x, y, z),
         lambda x, y, z: np.einsum("ij,j,jk->ki", x, y, z)),
        ((A,), lambda x: E.einsum("ij->j", x), lambda x: x.sum(0)),
        ((A, V), lambda x, y: E.einsum("ij,k->k", x, y), lambda x, y: x.sum() * y),
        ((A[:, :1], A), lambda x, y: E.einsum("ij,ij->i", x, y),
         lambda x, y: np.einsum("ij,ij->i", x, y)),
    ],
}  # fmt: skip

EVERY = [(name, i) for name, cases in CASES.items() for i in range(len(cases))]
each_case = pytest.mark.parametrize(("name", "i"), EVERY)


def run(f, arrays, tier, weights=None):
    """f's numbers and the gradients of sum(f * weights), on one tier."""
    if tier == "tensor":
        nodes = [Tensor(x, requires_grad=True) for x in arrays]
    else:
        nodes = [ValueArray.of(x) for x in arrays]
    y = f(*nodes)
    weights = np.cos(np.arange(np.size(numbers(y)))).reshape(np.shape(numbers(y)))
    total = E.sum(y * weights) if np.ndim(numbers(y)) else y * float(weights)
    if isinstance(total, (Tensor, E.Value)) and total.requires_grad:
        total.backward()
    grads = [np.zeros(x.shape) if n.grad is None else n.grad for n, x in zip(nodes, arrays)]  # noqa: B905 - of equal length by construction
    return numbers(y), grads


def numbers(y):
    """The plain numbers of a result on either tier."""
    if isinstance(y, ValueArray):
        return y.values
    return np.asarray(y.data if isinstance(y, (Tensor, E.Value)) else y)


@each_case
def test_both_tiers_and_numpy_give_the_same_numbers(name, i):
    arrays, f, reference = CASES[name][i]
    on_tensors, _ = run(f, arrays, "tensor")
    on_values, _ = run(f, arrays, "value")
    expected = reference(*arrays)

    assert on_tensors.shape == np.shape(expected)
    np.testing.assert_allclose(on_tensors, expected, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(on_values, expected, rtol=1e-13, atol=1e-13)


@each_case
def test_gradients_are_those_of_the_same_program_on_values(name, i):
    arrays, f, _ = CASES[name][i]
    _, on_tensors = run(f, arrays, "tensor")
    _, on_values = run(f, arrays, "value")

    for got, expected, x in zip(on_tensors, on_values, arrays, strict=True):
        assert got.shape == x.shape
        assert got.dtype == x.dtype
        np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-12)


@each_case
def test_first_and_second_derivatives_match_finite_differences(name, i):
    arrays, f, _ = CASES[name][i]
    if arrays[0] is TIES:  # a corner: finite differences need another place
        arrays = tuple(x + np.linspace(0, 0.3, x.size).reshape(x.shape) for x in arrays)
    if sum(x.size for x in arrays):
        assert gradcheck(f, tuple(arrays), order=2)


@each_case
def test_plain_arrays_just_compute(name, i):
    arrays, f, reference = CASES[name][i]
    try:
        got = f(*arrays)
    except (AttributeError, TypeError, ValueError):
        got = None  # a method arrays do not have, or spell otherwise; functions must all work
        assert_uses_methods(f)
    if got is not None:
        np.testing.assert_allclose(np.asarray(got), reference(*arrays), rtol=1e-13, atol=1e-13)


def assert_uses_methods(f):
    """That a case calls a method of its argument, rather than a function of engine."""
    assert f.__code__.co_names[:1] != ("E",), f.__code__.co_names


@each_case
def test_layout_of_inputs_and_upstream_gradients_does_not_matter(name, i):
    arrays, f, _ = CASES[name][i]
    expected_y, expected = run(f, arrays, "tensor")

    for layout in (columns_first, reversed_strides, padded_strides):
        y, got = run(f, [layout(x) for x in arrays], "tensor")
        np.testing.assert_allclose(y, expected_y, rtol=1e-13, atol=1e-13)
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)

    leaves = [Tensor(x, requires_grad=True) for x in arrays]
    y = f(*leaves)
    if y.requires_grad:
        weights = np.cos(np.arange(y.size)).reshape(y.shape)
        y.backward(reversed_strides(weights))
        for leaf, want in zip(leaves, expected, strict=True):
            got = np.zeros(leaf.shape) if leaf.grad is None else leaf.grad
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-13)


def columns_first(x):
    """The same numbers in Fortran order."""
    return np.array(x, order="F")


def reversed_strides(x):
    """The same numbers, every axis stored backwards."""
    flipped = tuple(slice(None, None, -1) for _ in x.shape)
    return np.array(x[flipped], order="C")[flipped]


def padded_strides(x):
    """The same numbers, every second element of a larger array."""
    wide = np.zeros((*x.shape, 2))
    wide[..., 0] = x
    return wide[..., 0]


@each_case
def test_float32_stays_float32(name, i):
    arrays, f, _ = CASES[name][i]
    if name in ("cast", "argmax", "argmin"):
        return  # these cases mix in float64 or int64, which promote
    leaves = [Tensor(x, requires_grad=True, dtype=np.float32) for x in arrays]
    y = f(*leaves)
    assert y.dtype == np.float32
    if y.requires_grad:
        y.backward(np.ones(y.shape))
        for leaf in leaves:
            assert leaf.grad is None or leaf.grad.dtype == np.float32


def test_every_op_and_function_on_arrays_has_a_case():
    """A new one without a case fails here."""
    shape_ops = {name for name, op in E.registry.items() if op.kind == "shape"}
    wanted = shape_ops | set(core.functions)
    assert wanted - set(CASES) == set()
    assert set(CASES) - wanted == set()


def test_every_function_is_public():
    for name in [*core.functions, *E.registry]:
        assert hasattr(E, name), name
