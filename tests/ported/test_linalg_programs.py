"""Programs of linear algebra from end to end: each against a closed form or finite differences."""

import numpy as np
import pytest

import engine
from engine import compare, grad, gradcheck, hessian, linalg as L, value_and_grad

RNG = np.random.default_rng(3)
X = np.sort(RNG.normal(size=6))
Y = np.sin(X) + 0.1 * RNG.normal(size=6)
SQUARES = (X[:, None] - X) ** 2


def kernel(theta):
    """Squared exponential of log amplitude, log length and log noise."""
    amplitude, length, noise = engine.exp(theta)
    return amplitude * engine.exp(-0.5 * SQUARES / length**2) + noise * np.eye(6)


def surprise(theta):
    """- log p(Y) of a Gaussian process, less a constant, by Cholesky."""
    factor = L.cholesky(kernel(theta))
    white = L.solve_triangular(factor, Y)
    return 0.5 * (white @ white) + engine.log(factor.diagonal()).sum()


THETA = np.log([1.3, 0.8, 0.2])


def test_a_gaussian_process_learns_its_kernel_by_the_closed_form():
    """dL = tr((K⁻¹ - ααᵀ) dK) / 2 with α = K⁻¹ y (Rasmussen and Williams 5.9)."""
    value, gradient = value_and_grad(surprise)(THETA)

    amplitude, length, noise = np.exp(THETA)
    smooth = amplitude * np.exp(-0.5 * SQUARES / length**2)
    k = smooth + noise * np.eye(6)
    alpha = np.linalg.solve(k, Y)
    m = np.linalg.inv(k) - np.outer(alpha, alpha)
    moves = [smooth, smooth * SQUARES / length**2, noise * np.eye(6)]
    assert value == pytest.approx(0.5 * Y @ alpha + 0.5 * np.linalg.slogdet(k)[1], rel=1e-12)
    np.testing.assert_allclose(gradient, [0.5 * (m * dk).sum() for dk in moves], rtol=1e-10)


def test_a_gaussian_process_by_slogdet_and_solve_is_that_by_cholesky_to_second_order():
    def other(theta):
        k = kernel(theta)
        return 0.5 * (Y @ L.solve(k, Y)) + 0.5 * L.slogdet(k).logabsdet

    np.testing.assert_allclose(hessian(surprise)(THETA), hessian(other)(THETA), rtol=1e-9)
    assert compare(surprise, THETA).ok


def test_the_variance_that_pca_explains_has_the_gradient_of_its_eigenvalue():
    """s² / (n - 1) of the first component moves by 2 s u vᵀ / (n - 1)."""
    data = RNG.normal(size=(8, 3)) * [3.0, 1.0, 0.3]

    def explained(x):
        centered = x - x.mean(axis=0)
        return L.svd(centered, full_matrices=False).S[0] ** 2 / 7

    def by_covariance(x):
        centered = x - x.mean(axis=0)
        return L.eigvalsh(centered.T @ centered / 7)[-1]

    value, gradient = value_and_grad(explained)(data)

    u, s, vh = np.linalg.svd(data - data.mean(0), full_matrices=False)
    assert value == pytest.approx(s[0] ** 2 / 7, rel=1e-13)
    np.testing.assert_allclose(gradient, 2 / 7 * s[0] * np.outer(u[:, 0], vh[0]), rtol=1e-10)
    np.testing.assert_allclose(gradient, grad(by_covariance)(data), rtol=1e-9)


def test_projecting_on_the_first_components_does_not_depend_on_their_signs():
    data = RNG.normal(size=(6, 3))
    target = RNG.normal(size=(6, 3))

    def loss(x):
        basis = L.svd(x, full_matrices=False).Vh[:2]
        return ((x @ basis.T @ basis - target) ** 2).sum()

    assert gradcheck(loss, (data,), order=2)


# --- a Kalman filter ---

TURN = np.array([[1.0, 0.1], [-0.1, 1.0]])
SEEN = RNG.normal(size=(5, 1))


def surprise_of_filter(process, noise):
    """- log p of what a filter of two hidden numbers sees, one of them, noisily."""
    h, one = np.array([[1.0, 0.0]]), np.eye(2)
    mean, cov, total = np.zeros((2, 1)), np.eye(2), 0.0
    for z in SEEN:
        mean, cov = TURN @ mean, TURN @ cov @ TURN.T + process * one
        s = h @ cov @ h.T + noise * np.eye(1)
        gain = L.solve(s, h @ cov).mT
        wrong = z[:, None] - h @ mean
        total = total + 0.5 * (wrong.T @ L.inv(s) @ wrong)[0, 0] + 0.5 * L.slogdet(s)[1]
        mean, cov = mean + gain @ wrong, (one - gain @ h) @ cov
    return total


def test_a_kalman_filter_in_matrices_has_the_gradient_of_finite_differences():
    assert gradcheck(surprise_of_filter, (np.array(0.3), np.array(0.5)), order=2)
    assert compare(surprise_of_filter, 0.3, 0.5).ok


def test_a_kalman_filter_says_what_the_joint_gaussian_says():
    """The numbers seen are jointly Gaussian: one determinant and one system say the same."""
    process, noise = 0.3, 0.5
    cov, blocks = np.eye(2), []
    for _ in SEEN:
        cov = TURN @ cov @ TURN.T + process * np.eye(2)
        blocks.append(cov)
    joint = np.empty((5, 5))
    for i in range(5):
        for j in range(i, 5):
            joint[i, j] = joint[j, i] = (np.linalg.matrix_power(TURN, j - i) @ blocks[i])[0, 0]
    joint += noise * np.eye(5)
    z = SEEN[:, 0]
    expected = 0.5 * z @ np.linalg.solve(joint, z) + 0.5 * np.linalg.slogdet(joint)[1]

    assert float(surprise_of_filter(process, noise)) == pytest.approx(expected, rel=1e-12)


# --- least squares ---


def test_least_squares_are_the_normal_equations_to_second_order():
    a, b = RNG.normal(size=(6, 2)), RNG.normal(size=6)

    def loss(solution):
        return lambda a: (solution(a) ** 3).sum()

    by_lstsq = loss(lambda a: L.lstsq(a, b).solution)
    by_normal_equations = loss(lambda a: L.solve(a.T @ a, a.T @ b))
    by_qr = loss(lambda a: L.solve_triangular(L.qr(a).R, L.qr(a).Q.T @ b, upper=True))
    expected = hessian(by_normal_equations)(a)
    np.testing.assert_allclose(hessian(by_lstsq)(a), expected, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(hessian(by_qr)(a), expected, rtol=1e-9, atol=1e-11)


def test_numpys_program_is_differentiated_as_it_stands():
    """Ridge regression, whose penalty is chosen by its error on other data."""
    a, b = RNG.normal(size=(6, 3)), RNG.normal(size=6)
    other, seen = RNG.normal(size=(4, 3)), RNG.normal(size=4)

    def error(penalty):
        w = np.linalg.solve(a.T @ a + penalty * np.eye(3), a.T @ b)
        return np.linalg.norm(other @ w - seen) ** 2

    assert gradcheck(error, (np.array(0.7),), order=2)
