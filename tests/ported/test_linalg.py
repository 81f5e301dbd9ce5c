"""`engine.linalg` where there is something to say: names, shapes, corners, and refusals."""

import numpy as np
import pytest
from helpers import LEAVES

import engine
from engine import Tensor, Value, ValueArray, explain, grad, linalg as L, source, to_numpy

S = np.array([[4.0, 1.0], [1.0, 3.0]])
ASYMMETRIC = np.array([[4.0, 1.0], [2.0, 3.0]])
SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
TALL = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]])
W = np.array([[1.0, 2.0], [3.0, 4.0]])
both_tiers = pytest.mark.parametrize("tier", ["tensor", "value"])


def gradient(f, numbers, tier="tensor"):
    x = LEAVES[tier](numbers)
    f(x).backward()
    return x.grad


# --- names ---


def test_results_have_the_names_of_numpy_and_pytorch():
    assert L.slogdet(S)._fields == ("sign", "logabsdet")
    assert L.qr(S)._fields == ("Q", "R")
    assert L.eigh(S)._fields == ("eigenvalues", "eigenvectors")
    assert L.svd(S)._fields == ("U", "S", "Vh")
    fields = ("solution", "residuals", "rank", "singular_values")
    assert L.lstsq(TALL, np.ones(3))._fields == fields


def test_what_pytorch_has_at_its_top_level_is_a_name_of_engine():
    assert engine.inverse is L.inv
    assert engine.pinverse is L.pinv
    for name in ("det", "slogdet", "logdet", "cholesky", "cholesky_solve", "matrix_power"):
        assert getattr(engine, name) is getattr(L, name)


@both_tiers
@pytest.mark.parametrize(
    "f",
    [
        lambda a: np.linalg.solve(a, [1.0, 2.0]),
        lambda a: np.linalg.inv(a),
        lambda a: np.linalg.det(a),
        lambda a: np.linalg.slogdet(a).logabsdet,
        lambda a: np.linalg.cholesky(a, upper=True),
        lambda a: np.linalg.qr(a, mode="r"),
        lambda a: np.linalg.eigh(a, UPLO="U").eigenvectors[0] ** 2,
        lambda a: np.linalg.eigvalsh(a),
        lambda a: np.linalg.svd(a, compute_uv=False),
        lambda a: np.linalg.svd(a).U[0] ** 2,
        lambda a: np.linalg.svdvals(a),
        lambda a: np.linalg.pinv(a),
        lambda a: np.linalg.lstsq(a, np.ones(2))[0],
        lambda a: np.linalg.matrix_power(a, 3),
        lambda a: np.linalg.norm(a, "nuc"),
        lambda a: np.linalg.norm(a, 2, axis=(0, 1)),
        lambda a: np.linalg.matrix_norm(a, ord=2, keepdims=True),
    ],
)
def test_numpys_functions_of_nodes_are_these(f, tier):
    y = f(LEAVES[tier](S))
    assert isinstance(y, (Tensor, Value, ValueArray))
    np.testing.assert_allclose(to_numpy(y), f(S), rtol=1e-12)
    assert np.any(gradient(lambda a: (f(a) * f(a)).sum() if np.ndim(y) else f(a), S, tier) != 0)


@both_tiers
def test_the_rank_is_a_question_about_numbers(tier):
    assert np.linalg.matrix_rank(LEAVES[tier](SINGULAR)) == L.matrix_rank(SINGULAR) == 1
    assert L.matrix_rank(LEAVES[tier](SINGULAR), tol=9.0) == 0
    assert L.matrix_rank(LEAVES[tier](S), rtol=0.9) == 1


def test_lists_of_numbers_and_of_nodes_are_matrices():
    a = Value(2.0)
    x = L.solve([[a, 0.0], [0.0, 4.0]], [1.0, 2.0])
    assert to_numpy(x).tolist() == [0.5, 0.5]
    x[0].backward()
    assert a.grad == -0.25
    assert L.solve([[2, 0], [0, 4]], [1, 3]).tolist() == [0.5, 0.75]
    assert L.qr([[3.0], [4.0]]).R.tolist() == [[-5.0]]
    assert L.qr([[3.0, 4.0]]).R.tolist() == [[3.0, 4.0]]
    assert L.svd([[3.0, 0.0], [0.0, 4.0]]).S.tolist() == [4.0, 3.0]
    assert to_numpy(L.det([Tensor([1.0, 2.0]), Tensor([3.0, 5.0])])) == pytest.approx(-1.0)


def test_integers_become_floats_and_float16_is_computed_in_float32():
    whole = np.array([[4, 2], [2, 5]])
    assert L.cholesky(whole).tolist() == [[2.0, 0.0], [1.0, 2.0]]
    assert L.pinv(whole).dtype == L.eigvalsh(Tensor(whole)).dtype == np.float64
    half = whole.astype(np.float16)
    assert L.solve(half, np.ones(2, np.float16)).dtype == np.float16
    assert L.solve(half, np.ones(2, np.float32)).dtype == np.float32
    assert L.eigh(Tensor(half)).eigenvectors.dtype == np.float16


@both_tiers
def test_three_are_methods_as_in_pytorch(tier):
    x = LEAVES[tier](S)
    np.testing.assert_allclose(to_numpy(x.inverse()), np.linalg.inv(S))
    assert to_numpy(x.det()) == pytest.approx(11.0)
    assert to_numpy(x.logdet()) == pytest.approx(np.log(11.0))


# --- conventions ---


@both_tiers
def test_a_vector_is_one_right_hand_side_and_of_batches_each_column_is_one(tier):
    batch = np.stack([S, 2 * S])
    a = LEAVES[tier](batch)
    assert L.solve(a, np.ones(2)).shape == (2, 2)  # the vector for each matrix
    assert L.solve(a, np.ones((2, 5))).shape == (2, 2, 5)
    assert L.solve(a[0], np.ones((3, 2, 1))).shape == (3, 2, 1)


@both_tiers
def test_of_cholesky_one_triangle_is_read_and_each_gets_half_the_gradient(tier):
    expected = [[0.22855339059327373, 0.04289321881345253], [0.04289321881345253, 2**0.5]]
    got = gradient(lambda a: (L.cholesky(a) * W).sum(), ASYMMETRIC, tier)
    np.testing.assert_allclose(got, expected, rtol=1e-12)
    upper = L.cholesky(LEAVES[tier](ASYMMETRIC), upper=True)
    np.testing.assert_allclose(to_numpy(upper), np.linalg.cholesky(ASYMMETRIC, upper=True))


@both_tiers
def test_of_eigh_one_triangle_is_read(tier):
    x = LEAVES[tier](ASYMMETRIC)
    for uplo in "LUlu":
        expected = np.linalg.eigh(ASYMMETRIC, uplo)
        np.testing.assert_allclose(to_numpy(L.eigh(x, uplo)[0]), expected[0], rtol=1e-13)
        np.testing.assert_allclose(to_numpy(L.eigh(x, uplo)[1]), expected[1], rtol=1e-13)


@both_tiers
def test_what_depends_on_the_sign_of_an_eigenvector_has_pytorchs_gradient(tier):
    got = gradient(lambda a: (L.eigh(a).eigenvectors * W).sum(), S, tier)
    expected = [[-0.0153406271079, 0.00767031355395], [0.00767031355395, 0.0153406271079]]
    np.testing.assert_allclose(got, expected, rtol=1e-9)


# --- corners ---


@both_tiers
def test_equal_eigenvalues_have_derivatives_and_their_vectors_have_none(tier):
    eye = np.eye(2)
    got = gradient(lambda a: (L.eigvalsh(a) * np.array([1.0, 2.0])).sum(), eye, tier)
    assert got.tolist() == [[1.0, 0.0], [0.0, 2.0]]
    got = gradient(lambda a: L.svdvals(a)[0], eye, tier)
    assert got.tolist() == [[1.0, 0.0], [0.0, 0.0]]
    for f in (lambda a: L.eigh(a)[1], lambda a: L.svd(a).U, lambda a: L.svd(a).Vh):
        with np.errstate(all="ignore"):
            got = gradient(lambda a, f=f: (f(a) ** 2 * W).sum(), eye, tier)
        assert not np.isfinite(got).any()


@pytest.mark.parametrize("f", [L.eigvalsh, L.svdvals])
def test_equal_eigenvalues_have_no_second_derivative_on_either_tier(f):
    with np.errstate(all="ignore"):
        assert np.isnan(grad(lambda a: grad(lambda a: (f(a) ** 2).sum())(a)[0, 1])(np.eye(2))).all()
        x = ValueArray.of(np.eye(2))
        (f(x) ** 2).sum().backward(create_graph=True)
        slope = x[0, 1].grad
        x.zero_grad()
        slope.backward()
    assert np.isnan(x.grad).any()


@both_tiers
def test_the_determinant_of_a_singular_matrix_has_the_gradient_of_its_cofactors(tier):
    np.testing.assert_allclose(gradient(L.det, SINGULAR, tier), [[4, -2], [-2, 1]], rtol=1e-12)
    got = gradient(L.det, np.diag([0.0, 2.0, 3.0]), tier)
    np.testing.assert_allclose(got, np.diag([6.0, 0.0, 0.0]), atol=1e-15)
    assert np.all(gradient(L.det, np.zeros((3, 3)), tier) == 0)
    rank_one = np.outer([0.0, 1.0, 2.0], [0.0, 2.0, 1.0])
    np.testing.assert_allclose(gradient(L.det, rank_one, tier), np.zeros((3, 3)), atol=1e-14)


def test_second_derivatives_of_determinants_are_minors_whatever_the_rank():
    for a in (np.zeros((2, 2)), SINGULAR, S):
        second = grad(lambda x: grad(L.det)(x)[1, 1])(a)  # of x00 x11 - x01 x10
        np.testing.assert_allclose(second, [[1, 0], [0, 0]], atol=1e-15)
    third = grad(lambda x: grad(lambda x: grad(L.det)(x)[0, 0])(x)[1, 1])(np.zeros((3, 3)))
    np.testing.assert_allclose(third, np.diag([0.0, 0.0, 1.0]), atol=1e-15)


@both_tiers
def test_logarithms_of_determinants_that_are_not_positive(tier):
    exchange = LEAVES[tier](np.array([[0.0, 2.0], [1.0, 0.0]]))
    assert float(to_numpy(L.slogdet(exchange).sign)) == -1.0
    assert float(to_numpy(L.slogdet(exchange).logabsdet)) == pytest.approx(np.log(2))
    assert np.isnan(to_numpy(L.logdet(exchange)))
    sign, size = L.slogdet(LEAVES[tier](np.zeros((2, 2))))
    assert (float(to_numpy(sign)), float(to_numpy(size))) == (0.0, -np.inf)


def test_a_norm_of_zeros_shares_the_gradient_as_pytorch_does():
    assert gradient(lambda a: L.norm(a, 2), np.zeros((2, 2))).tolist() == [[0.5, 0.0], [0.0, 0.5]]
    assert gradient(lambda a: L.norm(a, "nuc"), np.zeros((2, 2))).tolist() == np.eye(2).tolist()


def test_norms_of_matrices_are_numpys():
    x = np.arange(24.0).reshape(2, 3, 4) - 7
    for ord in (2, -2, "nuc", 1, -1, np.inf, "fro", None):
        for axis in ((0, 1), (2, 0), (-1, -2)):
            for keepdims in (False, True):
                got = L.norm(x, ord, axis, keepdims)
                expected = np.linalg.norm(x, ord, axis, keepdims)
                np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(L.norm(x[0], 2), np.linalg.norm(x[0], 2))
    np.testing.assert_allclose(L.norm(x, 2, dim=(1, 2), keepdim=True).shape, (2, 1, 1))
    np.testing.assert_allclose(L.norm(x, 2, dim=1), np.linalg.norm(x, 2, axis=1))


def test_the_shortest_of_many_solutions_is_numpys():
    b = np.array([1.0, 2.0])
    got, expected = L.lstsq(SINGULAR, b), np.linalg.lstsq(SINGULAR, b)
    np.testing.assert_allclose(got.solution, expected[0], rtol=1e-12)
    assert got.residuals.shape == expected[1].shape == (0,)
    assert got.rank == expected[2] == 1
    np.testing.assert_allclose(got.singular_values, expected[3], atol=1e-15)
    x = np.linalg.lstsq(Tensor(TALL), Tensor(np.eye(3)))
    np.testing.assert_allclose(x.residuals.data, np.linalg.lstsq(TALL, np.eye(3))[1], atol=1e-15)
    assert L.lstsq(np.stack([TALL, TALL]), np.eye(3)).rank.tolist() == [2, 2]


def test_the_pseudoinverse_of_a_singular_matrix_has_pytorchs_gradient():
    got = gradient(lambda a: (L.pinv(a) * W).sum(), SINGULAR)
    np.testing.assert_allclose(got, [[-0.0336, -0.0592], [-0.0992, -0.1824]], rtol=1e-12)


@both_tiers
def test_powers_of_a_matrix(tier):
    x = LEAVES[tier](ASYMMETRIC)
    for n in (-3, -1, 0, 1, 2, 5):
        expected = np.linalg.matrix_power(ASYMMETRIC, n)
        np.testing.assert_allclose(to_numpy(L.matrix_power(x, n)), expected, rtol=1e-12)
    assert L.matrix_power(np.array([[1, 1], [1, 0]]), 10).tolist() == [[89, 55], [55, 34]]


def test_all_columns_of_a_square_basis_come_as_numbers_only():
    for got, expected in [
        (L.svd(TALL), np.linalg.svd(TALL)),
        (L.svd(TALL.T), np.linalg.svd(TALL.T)),
        (L.qr(TALL, "complete"), np.linalg.qr(TALL, "complete")),
    ]:
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_array_equal(a, b)
    assert all(isinstance(x, Tensor) for x in L.svd(Tensor(TALL)))
    assert L.svd(Tensor(TALL)).U.shape == (3, 3)
    assert L.qr(ValueArray.of(TALL, requires_grad=False), "complete").Q.shape == (3, 3)


# --- refusals ---


@both_tiers
@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda a: L.solve(a, np.ones(3)), r"a of solve.* square .*\(3, 2\)"),
        (L.inv, r"a of inv.*\(3, 2\)"),
        (L.det, r"a of det.*\(3, 2\)"),
        (L.cofactors, r"a of cofactors.*\(3, 2\)"),
        (L.slogdet, r"a of slogdet.*\(3, 2\)"),
        (L.cholesky, r"a of cholesky.*\(3, 2\)"),
        (L.eigh, r"a of eigh.*\(3, 2\)"),
        (lambda a: L.solve_triangular(a, a), r"a of solve_triangular.*\(3, 2\)"),
        (lambda a: L.matrix_power(a, 2), r"a of matrix_power.*\(3, 2\)"),
        (lambda a: L.solve(a[:2], np.ones(3)), r"b of solve.*\(2,\).*got shape \(3,\)"),
        (lambda a: L.solve(a[:2], 1.0), r"b of solve.*got shape \(\)"),
        (lambda a: L.solve(a[:2], np.ones((3, 2))), r"batch of vectors is .* b\[..., None\]"),
        (lambda a: L.lstsq(a, np.ones(2)), r"b of lstsq.*\(3,\).*got shape \(2,\)"),
        (lambda a: L.lstsq(a[0], np.ones(2)), r"a of lstsq.*\(2,\)"),
        (lambda a: L.qr(a[0]), r"a of qr.*\(2,\)"),
        (lambda a: L.svd(a[0]), r"a of svd.*\(2,\)"),
        (lambda a: L.pinv(a[0]), r"a of pinv.*\(2,\)"),
        (lambda a: L.inv(a[:2] * 0.0), "Singular matrix"),
        (lambda a: L.eigh(a[:2] * np.nan), "a of eigh.*finite"),
        (lambda a: L.cholesky(-S + a[:2] * 0.0), "not positive definite"),
    ],
)
def test_what_does_not_fit_is_named(f, words, tier):
    with pytest.raises(L.LinAlgError, match=words):
        f(LEAVES[tier](TALL))


@both_tiers
def test_ways_out_are_named(tier):
    x = LEAVES[tier](TALL)
    with pytest.raises(TypeError, match="full_matrices=False"):
        L.svd(x)
    with pytest.raises(TypeError, match="mode='reduced'"):
        L.qr(x, "complete")
    with pytest.raises(ValueError, match="mode of qr"):
        L.qr(x, "raw")
    with pytest.raises(ValueError, match=r"engine\.linalg\.norm does"):
        engine.norm(x, ord=2)
    with pytest.raises(ValueError, match="ord of norm"):
        L.norm(x, 3)


def test_of_values_a_matrix_of_less_than_full_rank_has_no_svd():
    with pytest.raises(L.LinAlgError, match="full rank"):
        L.svdvals(ValueArray.of(SINGULAR))


def test_a_singular_matrix_has_no_gradient_of_its_logarithm():
    x = Tensor(SINGULAR, requires_grad=True)
    with pytest.raises(L.LinAlgError, match="Singular"):
        L.slogdet(x).logabsdet.backward()
    assert x.grad is None


# --- pictures and text ---


def test_a_program_with_a_solution_in_it_is_written_and_explained():
    def f(a):
        return L.solve(a, np.array([1.0, 2.0])).sum()

    text = str(source(f, S))
    assert "np.linalg.solve(a, " in text
    assert "np.linalg.solve(a.T, " in text
    x = Tensor(S, requires_grad=True)
    y = f(x)
    y.backward()
    assert "solve" in str(explain(x, y))
