"""What NumPy's everyday functions are tried on, as in `shape_cases`, which has these too."""

import numpy as np

import engine as E

RNG = np.random.default_rng(4)
A = RNG.normal(size=(3, 4))
B = RNG.normal(size=(4, 2))
C = RNG.normal(size=(2, 3, 4))
V = RNG.normal(size=4)
W = RNG.normal(size=4)
S = np.array(1.5)

#: name of the function: (inputs, our function, NumPy's)
EVERYDAY = {
    "median": [
        ((A,), lambda x: x.median(), lambda x: np.median(x)),
        ((C,), lambda x: E.median(x, axis=(0, 1)), lambda x: np.median(x, axis=(0, 1))),
        ((C,), lambda x: E.median(x, axis=1, keepdims=True), lambda x: np.median(x, 1, None, 0, 1)),
        ((A,), lambda x: x.median(dim=1).values, lambda x: np.sort(x, 1)[:, 1]),
        ((A,), lambda x: x.median(dim=0, keepdim=True).values, lambda x: np.sort(x, 0)[1:2]),
        ((S,), lambda x: E.median(x, dim=0).values, lambda x: x),
    ],
    "quantile": [
        ((A,), lambda x: x.quantile(0.3), lambda x: np.quantile(x, 0.3)),
        ((C,), lambda x: E.quantile(x, [0.0, 0.4, 1.0], axis=(0, 2)),
         lambda x: np.quantile(x, [0.0, 0.4, 1.0], axis=(0, 2))),
        ((C,), lambda x: E.quantile(x, [[0.1, 0.7]], dim=1, keepdim=True),
         lambda x: np.quantile(x, [[0.1, 0.7]], axis=1, keepdims=True)),
        ((A,), lambda x: E.quantile(x, [0.2, 0.6], interpolation="midpoint"),
         lambda x: np.quantile(x, [0.2, 0.6], method="midpoint")),
    ],
    "percentile": [((A,), lambda x: E.percentile(x, [30, 50], axis=1),
                    lambda x: np.percentile(x, [30, 50], axis=1))],
    "cummax": [
        ((A,), lambda x: x.cummax(1).values, lambda x: np.maximum.accumulate(x, 1)),
        ((C,), lambda x: E.cummax(x, axis=-2), lambda x: np.maximum.accumulate(x, -2)),
    ],
    "cummin": [((A,), lambda x: x.cummin(dim=0).values, lambda x: np.minimum.accumulate(x, 0))],
    "atleast_1d": [((S, A), lambda x, y: E.atleast_1d(x, y)[0] * y, lambda x, y: x * y)],
    "atleast_2d": [((V,), lambda x: E.atleast_2d(x), lambda x: x[None])],
    "atleast_3d": [
        ((V, S), lambda x, y: E.concatenate(E.atleast_3d(x, y), 1),
         lambda x, y: np.append(x, y)[None, :, None]),
        ((A, C), lambda x, y: E.stack(E.atleast_3d(x, y[0])).sum() * E.atleast_3d(y),
         lambda x, y: (x + y[0]).sum() * y),
    ],
    "vstack": [((V, A), lambda x, y: E.vstack([x, y]), lambda x, y: np.vstack([x, y]))],
    "hstack": [
        ((V, S), lambda x, y: E.hstack([x, y]), lambda x, y: np.hstack([x, y])),
        ((A, C[0]), lambda x, y: E.hstack((x, y)), lambda x, y: np.hstack([x, y])),
    ],
    "dstack": [((V, W), lambda x, y: E.dstack([x, y]), lambda x, y: np.dstack([x, y]))],
    "column_stack": [
        ((V, W), lambda x, y: E.column_stack([x, y]), lambda x, y: np.column_stack([x, y])),
        ((V, A), lambda x, y: E.column_stack([x, y.T]), lambda x, y: np.column_stack([x, y.T])),
    ],
    "append": [
        ((A, V), lambda x, y: E.append(x, y), lambda x, y: np.append(x, y)),
        ((A, A), lambda x, y: E.append(x, y, axis=1), lambda x, y: np.append(x, y, 1)),
    ],
    "diag": [
        ((V,), lambda x: x.diag(), lambda x: np.diag(x)),
        ((V,), lambda x: E.diag(x, k=-2), lambda x: np.diag(x, -2)),
        ((V,), lambda x: E.diag(x, diagonal=1), lambda x: np.diag(x, 1)),
        ((A,), lambda x: E.diag(x, 1), lambda x: np.diag(x, 1)),
    ],
    "diff": [
        ((A,), lambda x: x.diff(), lambda x: np.diff(x)),
        ((C,), lambda x: E.diff(x, 2, axis=1), lambda x: np.diff(x, 2, 1)),
        ((A, V), lambda x, y: E.diff(x, dim=0, prepend=0.0, append=y[None]),
         lambda x, y: np.diff(x, axis=0, prepend=0.0, append=y[None])),
    ],
    "trapezoid": [
        ((A,), lambda x: E.trapezoid(x, dx=0.5), lambda x: np.trapezoid(x, dx=0.5)),
        ((A, V[:3]), lambda x, y: E.trapezoid(x, y, axis=0),
         lambda x, y: np.trapezoid(x, y, axis=0)),
        ((A, A + 1), lambda x, y: E.trapz(x, y, dim=1), lambda x, y: np.trapezoid(x, y)),
    ],
    "flipud": [((V,), lambda x: x.flipud(), lambda x: x[::-1])],
    "fliplr": [((C,), lambda x: x.fliplr(), lambda x: x[:, ::-1])],
    "rot90": [
        ((A,), lambda x: x.rot90(), lambda x: np.rot90(x)),
        ((C,), lambda x: E.rot90(x, 2, dims=(1, 2)), lambda x: np.rot90(x, 2, (1, 2))),
        ((C,), lambda x: E.rot90(x, -1, (2, 0)), lambda x: np.rot90(x, -1, (2, 0))),
        ((A,), lambda x: E.rot90(x, 4), lambda x: x),
    ],
    "inner": [
        ((A, C), lambda x, y: x.inner(y), lambda x, y: np.inner(x, y)),
        ((S, V), lambda x, y: E.inner(x, y), lambda x, y: x * y),
    ],
    "kron": [
        ((A, B), lambda x, y: x.kron(y), lambda x, y: np.kron(x, y)),
        ((V, C), lambda x, y: E.kron(x, y), lambda x, y: np.kron(x, y)),
    ],
    "cross": [
        ((A.T, V[:3]), lambda x, y: x.cross(y), lambda x, y: np.cross(x, y)),
        ((C, A), lambda x, y: E.cross(x, y[None], dim=1),
         lambda x, y: np.cross(x, y[None], axis=1)),
    ],
}  # fmt: skip
