"""What every op and function on whole arrays is tried on: inputs, our program, NumPy's."""

import linalg_cases
import numpy as np
from everyday_cases import EVERYDAY

import engine as E
from engine import Tensor

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
BLOCK = np.array([[[2.0, 0.0], [0.5, 3.0]], [[0.0, 0.0], [-1.0, 1.5]]])  # zeros, on three axes
MASK = A > 0


def add_windows(x, shape, axes):
    """`sum_windows` number by number: each goes back to where its window took it from."""
    out = np.zeros(shape)
    for place in np.ndindex(x.shape):
        target = list(place[: len(shape)])
        for axis, offset in zip(axes, place[len(shape) :], strict=True):
            target[axis] += offset
        out[tuple(target)] += x[place]
    return out


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
        ((A,), lambda x: x.var(unbiased=True, dim=0), lambda x: x.var(axis=0, ddof=1)),
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
        ((BLOCK,), lambda x: x.prod(axis=0), lambda x: x.prod(axis=0)),
        ((BLOCK,), lambda x: x.prod(axis=(2, 0)), lambda x: x.prod(axis=(2, 0))),
    ],
    "max": [
        ((A,), lambda x: x.max(), lambda x: x.max()),
        ((TIES,), lambda x: E.max(x, axis=1), lambda x: x.max(axis=1)),
        ((TIES,), lambda x: x.amax(axis=(0, 1), keepdims=True), lambda x: x.max(keepdims=True)),
    ],
    "min": [
        ((A,), lambda x: x.min(), lambda x: x.min()),
        ((TIES,), lambda x: E.min(x, axis=0, keepdims=True), lambda x: x.min(0, keepdims=True)),
        ((TIES,), lambda x: x.amin(1), lambda x: x.min(1)),
    ],
    "argmax": [((A,), lambda x: x * 0.0 + E.argmax(x, axis=1, keepdims=True),
                lambda x: x * 0 + x.argmax(1, keepdims=True))],
    "argmin": [((A,), lambda x: x * x.argmin(), lambda x: x * x.argmin())],
    "any": [
        ((ZEROS,), lambda x: x + E.any(x, axis=0), lambda x: x + x.any(0)),
        ((ZEROS,), lambda x: x + x.any(dim=(0, 1), keepdim=True), lambda x: x + 1.0),
    ],
    "all": [
        ((ZEROS,), lambda x: x + x.all(axis=0), lambda x: x + x.all(0)),
        ((ZEROS,), lambda x: x + E.all(x), lambda x: x),
    ],
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
        ((BLOCK,), lambda x: x.cumprod(axis=0), lambda x: x.cumprod(axis=0)),
        ((BLOCK,), lambda x: x.cumprod(axis=1), lambda x: x.cumprod(axis=1)),
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
        ((A,), lambda x: E.norm(x, p=0.5), lambda x: np.linalg.norm(x.ravel(), 0.5)),
        ((A,), lambda x: x.norm("fro", dim=0), lambda x: np.linalg.norm(x, axis=0)),
        ((A,), lambda x: x.norm(-2, axis=1), lambda x: np.linalg.norm(x, -2, axis=1)),
        ((ZEROS,), lambda x: x.norm(axis=0), lambda x: np.linalg.norm(x, axis=0)),
        ((S,), lambda x: E.norm(x, 3), lambda x: x),
        ((A,), lambda x: E.norm(x, 0, axis=0) * x, lambda x: x * np.linalg.norm(x, 0, axis=0)),
        ((C,), lambda x: E.norm(x, axis=(0, 2)), lambda x: np.linalg.norm(x, axis=(0, 2))),
    ],
    "sort": [
        ((A,), lambda x: x.sort(axis=-1), lambda x: np.sort(x)),
        ((A,), lambda x: E.sort(x, axis=0), lambda x: np.sort(x, axis=0)),
        ((TIES,), lambda x: E.sort(x, axis=None), lambda x: np.sort(x, axis=None)),
    ],
    "argsort": [
        ((A,), lambda x: x + x.argsort(), lambda x: x + x.argsort()),
        ((TIES,), lambda x: x + E.argsort(x, dim=0), lambda x: x + np.argsort(x, 0, kind="stable")),
        ((A,), lambda x: E.ravel(x) + E.argsort(x, None), lambda x: x.ravel() + x.argsort(None)),
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
        ((C,), lambda x: x.transpose(0, 2), lambda x: x.swapaxes(0, 2)),
        ((A,), lambda x: x.transpose(1, 0), lambda x: x.T),
        ((A,), lambda x: x.t(), lambda x: x.T),
        ((V,), lambda x: x.t(), lambda x: x),
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
    "as_integers": [((A,), lambda x: x.astype(int), lambda x: x.astype(int))],
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
        ((A,), lambda x: x.tile(1, 2), lambda x: np.tile(x, (1, 2))),
        ((A,), lambda x: E.tile(x, (2, 1, 3)), lambda x: np.tile(x, (2, 1, 3))),
        ((A,), lambda x: E.tile(x, (2, 0)), lambda x: np.tile(x, (2, 0))),
    ],
    "pad": [
        ((A,), lambda x: x.pad(1), lambda x: np.pad(x, 1)),
        ((A,), lambda x: E.pad(x, ((1, 0), (0, 2)), constant_values=3.0),
         lambda x: np.pad(x, ((1, 0), (0, 2)), constant_values=3.0)),
        ((A,), lambda x: E.pad(x, (2, 1), mode="reflect"), lambda x: np.pad(x, (2, 1), "reflect")),
        ((A,), lambda x: E.pad(x, 1, constant_values=((1.0, 2.0), (3.0, 4.0))),
         lambda x: np.pad(x, 1, constant_values=((1.0, 2.0), (3.0, 4.0)))),
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
    "scatter": [
        ((A,), lambda x: E.scatter_add(x, (7, 4), slice(1, 6, 2)),
         lambda x: np.stack([0 * V, x[0], 0 * V, x[1], 0 * V, x[2], 0 * V])),
    ],
    "setitem": [
        ((A, W, S), lambda x, v, s: E.setitem(x, s, 2.0 * v, s, at=(1, slice(1, 2), (2, MASK[2]))),
         lambda x, v, s: np.stack([x[0], 2 * v, np.where(MASK[2], s, x[2])])),
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
        ((C,), lambda x: x.flip(dims=(1,)), lambda x: np.flip(x, 1)),
        ((C,), lambda x: E.flip(x, dim=(0, 2)), lambda x: np.flip(x, (0, 2))),
    ],
    "roll": [
        ((A,), lambda x: x.roll(2), lambda x: np.roll(x, 2)),
        ((A,), lambda x: E.roll(x, -1, axis=1), lambda x: np.roll(x, -1, 1)),
        ((A,), lambda x: x.roll(shifts=-5, dims=1), lambda x: np.roll(x, -5, 1)),
        ((A[:0],), lambda x: E.roll(x, 1, 0), lambda x: x),
        ((A,), lambda x: E.roll(x, (1, 2), dim=(0, 1)), lambda x: np.roll(x, (1, 2), (0, 1))),
    ],
    "repeat": [
        ((A,), lambda x: x.repeat(2, axis=None), lambda x: x.repeat(2)),
        ((A,), lambda x: E.repeat(x, [1, 0, 3], axis=0), lambda x: x.repeat([1, 0, 3], axis=0)),
        ((A,), lambda x: E.repeat(x, 2, dim=-1), lambda x: x.repeat(2, axis=-1)),
    ],
    "split": [
        ((A,), lambda x: x.split(3, axis=0)[1], lambda x: np.split(x, 3)[1]),
        ((A,), lambda x: E.split(x, [1, 3], axis=1)[2], lambda x: np.split(x, [1, 3], 1)[2]),
        ((A,), lambda x: E.cat(E.split(x, 2, dim=1)[::-1], 1), lambda x: np.roll(x, 2, 1)),
        ((A[:0],), lambda x: E.concatenate(E.split(x, 2, axis=0)), lambda x: x),
    ],
    "chunk": [
        ((A,), lambda x: x.chunk(2)[1], lambda x: x[2:]),
        ((A,), lambda x: E.cat(E.chunk(x, 3, dim=-1)[::-1], 1), lambda x: np.roll(x, 2, 1)),
        ((A,), lambda x: E.stack(E.chunk(x, 99)), lambda x: x[:, None]),
        ((A[:0],), lambda x: E.concatenate(E.chunk(x, 2)), lambda x: x),
    ],
    "unbind": [
        ((A,), lambda x: x.unbind()[2], lambda x: x[2]),
        ((C,), lambda x: E.stack(E.unbind(x, dim=-1)), lambda x: np.moveaxis(x, -1, 0)),
    ],
    "gather": [
        ((A,), lambda x: x.gather(1, np.array([[3, 0], [1, 1]])),
         lambda x: np.array([[x[0, 3], x[0, 0]], [x[1, 1], x[1, 1]]])),
        ((V,), lambda x: E.gather(x, 0, [2, 2, -1]), lambda x: x[[2, 2, 3]]),
        ((A,), lambda x: E.gather(x, -2, np.zeros((5, 2), int)),
         lambda x: np.broadcast_to(x[0, :2], (5, 2))),
    ],
    "masked_fill": [
        ((A,), lambda x: x.masked_fill(MASK, 7.0), lambda x: np.where(MASK, 7.0, x)),
        ((A, S), lambda x, y: E.masked_fill(x, MASK, y), lambda x, y: np.where(MASK, y, x)),
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
        ((C,), lambda x: E.sliding_window_view(x, (2, 2, 3)),
         lambda x: np.lib.stride_tricks.sliding_window_view(x, (2, 2, 3))),
        ((C,), lambda x: E.sliding_window_view(x, (3, 1, 2), axis=(2, 0, 1)),
         lambda x: np.lib.stride_tricks.sliding_window_view(x, (3, 1, 2), (2, 0, 1))),
    ],
    "sum_windows": [
        ((A,), lambda x: E.sum_windows(x, (6,), 4), lambda x: np.convolve(
            np.r_[x[0], 0, 0], [1]) + np.r_[0, x[1], 0] + np.r_[0, 0, x[2]]),
        ((RNG.normal(size=(1, 2, 2, 2, 2, 3)),), lambda x: E.sum_windows(x, (2, 3, 4), (2, 2, 3)),
         lambda x: add_windows(x, (2, 3, 4), (0, 1, 2))),
        ((RNG.normal(size=(2, 2, 2, 3, 1, 2)),),
         lambda x: E.sum_windows(x, (2, 3, 4), (3, 1, 2), axis=(2, 0, 1)),
         lambda x: add_windows(x, (2, 3, 4), (2, 0, 1))),
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
    "mm": [((A, B), lambda x, y: x.mm(y), lambda x, y: x @ y)],
    "mv": [((A, V), lambda x, y: x.mv(y), lambda x, y: x @ y)],
    "bmm": [((C, C.transpose(0, 2, 1)), lambda x, y: x.bmm(y), lambda x, y: x @ y)],
    "topk": [
        ((A,), lambda x: x.topk(2).values, lambda x: np.sort(x, 1)[:, :1:-1]),
        ((C,), lambda x: E.topk(x, 1, 0, largest=False).values, lambda x: x.min(0, keepdims=True)),
    ],
    "outer": [((A, V), lambda x, y: x.outer(y), lambda x, y: np.outer(x, y))],
    "tensordot": [
        ((C, C), lambda x, y: E.tensordot(x, y, axes=([0, 2], [0, 2])),
         lambda x, y: np.tensordot(x, y, axes=([0, 2], [0, 2]))),
        ((C, A), lambda x, y: E.tensordot(x, y), lambda x, y: np.tensordot(x, y)),
        ((A, A), lambda x, y: E.tensordot(x, y, dims=2), lambda x, y: np.tensordot(x, y)),
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
        ((A, B), lambda x, y: E.einsum(x, [0, 1], y, [1, 2], [2, 0]), lambda x, y: (x @ y).T),
        ((C,), lambda x: E.einsum(x, [..., 7, 3]), lambda x: np.einsum(x, [..., 7, 3])),
        ((A, V), lambda x, y: E.einsum("ij,k->k", x, y), lambda x, y: x.sum() * y),
        ((A[:, :1], A), lambda x, y: E.einsum("ij,ij->i", x, y),
         lambda x, y: np.einsum("ij,ij->i", x, y)),
    ],
    **EVERYDAY,
}  # fmt: skip

CASES.update(linalg_cases.CASES)
