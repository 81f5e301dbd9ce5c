"""The cases of `engine.linalg` for `shape_cases`: inputs, our program, NumPy's."""

import numpy as np

import engine as E

L, N = E.linalg, np.linalg
RNG = np.random.default_rng(5)
SQUARE = RNG.normal(size=(3, 3)) + 2 * np.eye(3)
BATCH = RNG.normal(size=(2, 3, 3)) + 2 * np.eye(3)
TALL = RNG.normal(size=(4, 2))
TALLS = RNG.normal(size=(2, 3, 2))
WIDE = RNG.normal(size=(2, 3))
VECTOR = RNG.normal(size=3)
RIGHT = RNG.normal(size=(3, 2))
EXCHANGED = np.array([[0.0, 1.0, 2.0], [3.0, 0.0, 0.5], [1.0, 1.0, 0.0]])  # a zero comes first
RANK_TWO = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]])
RANK_ONE = np.diag([0.0, 0.0, 2.0])


def symmetric(x):
    """A change of one number would not stay symmetric, so the input is made so."""
    return x + E.matrix_transpose(x)


def positive(x):
    """A symmetric positive definite matrix."""
    return x @ E.matrix_transpose(x) + np.eye(3, dtype=x.dtype)


#: As in `shape_cases`.
CASES = {
    "solve": [
        ((SQUARE, RIGHT), lambda a, b: L.solve(a, b), lambda a, b: N.solve(a, b)),
        ((SQUARE, VECTOR), lambda a, b: L.solve(a, b), lambda a, b: N.solve(a, b)),
        ((BATCH, RIGHT), lambda a, b: L.solve(a, b), lambda a, b: N.solve(a, b)),
        ((BATCH, VECTOR), lambda a, b: L.solve(a, b), lambda a, b: N.solve(a, b)),
        ((SQUARE, BATCH), lambda a, b: L.solve(a, b), lambda a, b: N.solve(a, b)),
        ((BATCH[:, None], BATCH), lambda a, b: L.solve(a, b), lambda a, b: N.solve(a, b)),
        ((EXCHANGED, VECTOR), lambda a, b: L.solve(a, b), lambda a, b: N.solve(a, b)),
        ((SQUARE[:0, :0], RIGHT[:0]), lambda a, b: L.solve(a, b), lambda a, b: N.solve(a, b)),
    ],
    "inv": [
        ((SQUARE,), lambda a: L.inv(a), lambda a: N.inv(a)),
        ((BATCH,), lambda a: E.inverse(a), lambda a: N.inv(a)),
        ((SQUARE[:0, :0],), lambda a: L.inv(a), lambda a: a),
    ],
    "det": [
        ((SQUARE,), lambda a: L.det(a), lambda a: N.det(a)),
        ((BATCH,), lambda a: E.det(a), lambda a: N.det(a)),
        ((RANK_TWO,), lambda a: L.det(a), lambda a: N.det(a)),
        ((RANK_ONE,), lambda a: L.det(a), lambda a: 0.0),
        ((np.zeros((2, 2)),), lambda a: L.det(a), lambda a: 0.0),
        ((BATCH[:, :1, :1],), lambda a: L.det(a), lambda a: a[:, 0, 0]),
        ((SQUARE[:0, :0],), lambda a: L.det(a), lambda a: 1.0),
    ],
    "cofactors": [
        ((SQUARE,), lambda a: L.cofactors(a), lambda a: N.det(a) * N.inv(a).T),
        ((BATCH,), lambda a: L.cofactors(a), lambda a: N.det(a)[:, None, None] * N.inv(a).mT),
        ((RANK_TWO,), lambda a: L.cofactors(a),
         lambda a: np.array([[4.0, 4.0, -4.0], [-2.0, -2.0, 2.0], [0.0, 0.0, 0.0]])),
        ((RANK_ONE,), lambda a: L.cofactors(a), lambda a: 0 * a),
        ((SQUARE[:1, :1],), lambda a: L.cofactors(a), lambda a: np.ones((1, 1))),
        ((SQUARE[:0, :0],), lambda a: L.cofactors(a), lambda a: a),
    ],
    "packed_slogdet": [
        ((BATCH,), lambda a: E.packed_slogdet(a), lambda a: np.stack(N.slogdet(a))),
    ],
    "slogdet": [
        ((SQUARE,), lambda a: L.slogdet(a).logabsdet, lambda a: N.slogdet(a)[1]),
        ((BATCH[:, ::-1],), lambda a: L.slogdet(a)[0] * a[:, 0, 0] + L.slogdet(a)[1],
         lambda a: N.slogdet(a)[0] * a[:, 0, 0] + N.slogdet(a)[1]),
        ((SQUARE[:0, :0],), lambda a: L.slogdet(a)[1], lambda a: 0.0),
    ],
    "logdet": [((SQUARE,), lambda a: L.logdet(positive(a)),
                lambda a: N.slogdet(positive(a))[1])],
    "cholesky": [
        ((SQUARE,), lambda a: L.cholesky(positive(a)), lambda a: N.cholesky(positive(a))),
        ((BATCH,), lambda a: L.cholesky(positive(a), upper=True),
         lambda a: N.cholesky(positive(a)).mT),
        ((SQUARE[:0, :0],), lambda a: L.cholesky(a), lambda a: a),
    ],
    "packed_qr": [((TALL,), lambda a: E.packed_qr(a), lambda a: np.concatenate(N.qr(a)))],
    "qr": [
        ((SQUARE,), lambda a: L.qr(a).Q, lambda a: N.qr(a)[0]),
        ((TALLS,), lambda a: L.qr(a).Q @ E.triu(L.qr(a).R ** 2), lambda a: N.qr(a)[0]
         @ N.qr(a)[1] ** 2),
        ((WIDE,), lambda a: L.qr(a)[0] @ L.qr(a, "r"), lambda a: a),
        ((WIDE,), lambda a: L.qr(a, "complete").R, lambda a: N.qr(a)[1]),
    ],
    "packed_eigh": [
        ((SQUARE,), lambda a: E.packed_eigh(symmetric(a)),
         lambda a: np.concatenate([N.eigh(a + a.T)[0][None], N.eigh(a + a.T)[1]])),
    ],
    "eigh": [
        ((SQUARE,), lambda a: L.eigh(symmetric(a)).eigenvectors, lambda a: N.eigh(a + a.T)[1]),
        ((BATCH,), lambda a: L.eigh(symmetric(a))[1] * L.eigh(symmetric(a), "U")[0][:, None],
         lambda a: N.eigh(a + a.mT)[1] * N.eigh(a + a.mT)[0][:, None]),
        ((BATCH,), lambda a: L.eigh(symmetric(a), UPLO="U").eigenvectors,
         lambda a: N.eigh(a + a.mT, "U")[1]),
        ((SQUARE[:0, :0],), lambda a: L.eigh(a)[1], lambda a: a),
    ],
    "eigvalsh": [
        ((BATCH,), lambda a: L.eigvalsh(symmetric(a)), lambda a: N.eigvalsh(a + a.mT)),
    ],
    "packed_svd": [
        ((TALL,), lambda a: E.packed_svd(a),
         lambda a: np.concatenate([N.svd(a, False)[0], N.svd(a)[1][None], N.svd(a)[2]])),
    ],
    "svd": [
        ((SQUARE,), lambda a: L.svd(a).U * L.svd(a)[2].T, lambda a: N.svd(a)[0] * N.svd(a)[2].T),
        ((TALLS,), lambda a: L.svd(a, full_matrices=False).U, lambda a: N.svd(a, False)[0]),
        ((WIDE,), lambda a: L.svd(a, False).Vh, lambda a: N.svd(a, False)[2]),
        ((WIDE,), lambda a: L.svd(a, compute_uv=False), lambda a: N.svd(a)[1]),
        ((TALL[:, :0],), lambda a: L.svd(a, False).U, lambda a: a),
    ],
    "svdvals": [((TALLS,), lambda a: L.svdvals(a), lambda a: N.svd(a)[1])],
    "pinv": [
        ((TALLS,), lambda a: L.pinv(a), lambda a: N.pinv(a)),
        ((WIDE,), lambda a: L.pinv(a, rtol=1e-9), lambda a: N.pinv(a)),
    ],
    "lstsq": [
        ((TALL, RNG.normal(size=4)), lambda a, b: L.lstsq(a, b).solution * L.lstsq(a, b)[1],
         lambda a, b: N.lstsq(a, b)[0] * N.lstsq(a, b)[1]),
        ((TALLS, RIGHT), lambda a, b: L.lstsq(a, b).residuals,
         lambda a, b: ((a @ N.pinv(a) @ b - b) ** 2).sum(1)),
        ((WIDE, RIGHT[:2]), lambda a, b: L.lstsq(a, b)[0], lambda a, b: N.lstsq(a, b)[0]),
    ],
    "solve_triangular": [
        ((SQUARE, VECTOR), lambda a, b: L.solve_triangular(a, b),
         lambda a, b: N.solve(np.tril(a), b)),
        ((BATCH, RIGHT), lambda a, b: L.solve_triangular(a, b, upper=True),
         lambda a, b: N.solve(np.triu(a), b)),
    ],
    "cholesky_solve": [
        ((RIGHT, SQUARE), lambda b, a: L.cholesky_solve(b, L.cholesky(positive(a))),
         lambda b, a: N.solve(positive(a), b)),
        ((RIGHT, SQUARE), lambda b, a: L.cholesky_solve(b, E.triu(a), upper=True),
         lambda b, a: N.solve(np.triu(a).T @ np.triu(a), b)),
    ],
    "matrix_power": [
        ((SQUARE,), lambda a: L.matrix_power(a, 3), lambda a: a @ a @ a),
        ((BATCH,), lambda a: L.matrix_power(a, -2), lambda a: N.inv(a @ a)),
        ((SQUARE,), lambda a: L.matrix_power(a, 0) + a, lambda a: np.eye(3) + a),
    ],
}  # fmt: skip
