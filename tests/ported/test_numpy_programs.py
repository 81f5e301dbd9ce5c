"""A scientist's NumPy code differentiates as it stands: against closed forms and by-hand sums."""

import itertools
import math

import numpy as np
import pytest
from ported.brought import sciences_numpy as science
from ported.test_programs import STORED
from scipy.optimize import minimize

import engine
from engine import grad, hessian, hvp, value_and_grad

TS = np.linspace(0.0, 2.0, 9)


@pytest.fixture
def draw():
    return np.random.RandomState(7)


def by_nudges(f, x, h=1e-6):
    """Central differences."""
    x = np.array(x, float)
    slopes = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        slopes[i] = (f(up) - f(down)) / (2 * h)
    return slopes


def test_the_slope_of_runge_kutta_is_that_of_its_polynomial():
    """y' = -ky in steps of h: each multiplies by R(-kh), the first five terms of the series."""
    rate, y0 = 0.7, np.array([2.0, -1.0])
    z = -rate * (TS[1] - TS[0])
    R = 1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24
    slope_of_R = -(1 + z + z**2 / 2 + z**3 / 6) * (TS[1] - TS[0])

    found = grad(lambda k: science.decay(k, y0, TS).sum())(rate)
    of_start = grad(lambda y: science.decay(rate, y, TS)[0])(y0)

    assert found == pytest.approx(y0.sum() * 8 * R**7 * slope_of_R, rel=1e-12)
    assert of_start == pytest.approx([R**8, 0.0], rel=1e-12)


def test_the_sensitivities_of_hares_and_lynxes_are_those_of_their_own_equations():
    """Runge and Kutta's steps of dy/dp are the derivatives of their steps of y."""
    p, y0 = np.array([1.1, 0.4, 0.1, 0.4]), np.array([10.0, 5.0])

    def slope(t, both):
        (h, l), dh, dl = both[:2], both[2:6], both[6:]  # noqa: E741
        a, b, c, d = p
        by_p = np.array([[h, -h * l, 0, 0], [0, 0, h * l, -l]])
        return np.concatenate([
            [a * h - b * h * l, c * h * l - d * l],
            by_p[0] + (a - b * l) * dh - b * h * dl,
            by_p[1] + c * l * dh + (c * h - d) * dl,
        ])  # fmt: skip

    path = science.rk4(slope, np.concatenate([y0, np.zeros(8)]), TS)

    found = grad(lambda p: science.lotka_volterra(p, y0, TS)[-1, 0])(p)
    assert found == pytest.approx(path[-1, 2:6], rel=1e-10)


def test_a_cooling_rod_that_is_filled_in_place_has_the_slopes_of_its_matrix(draw):
    u, rate, weights = draw.randn(6), 0.2, draw.randn(6)
    D = np.zeros((6, 6))
    for i in range(1, 5):
        D[i, i - 1 : i + 2] = [1.0, -2.0, 1.0]
    step = np.eye(6) + rate * D
    of_start = grad(lambda u: science.heat(u, rate, 3) @ weights)(u)

    np.testing.assert_allclose(of_start, np.linalg.matrix_power(step, 3).T @ weights, rtol=1e-12)


def test_the_evidence_of_a_gaussian_process_has_the_slopes_of_the_textbook(draw):
    """½ tr((αα' − K⁻¹) ∂K)."""
    x, y = np.sort(draw.rand(7) * 3), draw.randn(7)
    logs = np.array([0.3, -0.2, -1.0])
    scale, length, noise = np.exp(logs)
    D = ((x[:, None] - x) / length) ** 2
    parts = [scale * np.exp(-D / 2), scale * np.exp(-D / 2) * D, noise * np.eye(7)]
    inverse = np.linalg.inv(parts[0] + parts[2])
    A = np.outer(inverse @ y, inverse @ y) - inverse

    value, slopes = value_and_grad(science.gp_evidence)(logs, x, y)

    assert slopes == pytest.approx([0.5 * np.trace(A @ dK) for dK in parts], rel=1e-9)
    assert value == pytest.approx(science.gp_evidence(logs, x, y), rel=1e-12)


def test_the_evidence_of_a_kalman_filter_is_that_of_all_sights_at_once(draw):
    zs = draw.randn(5).cumsum()
    F, H = np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([1.0, 0.0])

    def at_once(parameters):
        q, r = np.exp(parameters)
        power = np.linalg.matrix_power
        cov = np.zeros((5, 5))
        for i, j in itertools.product(range(5), repeat=2):
            common = power(F, min(i, j) + 1) @ power(F, min(i, j) + 1).T
            common = common + q * sum(power(F, k) @ power(F, k).T for k in range(min(i, j) + 1))
            later = power(F, abs(i - j))
            cov[i, j] = H @ (later @ common if i > j else common @ later.T) @ H + r * (i == j)
        return science.log_normal(zs, np.zeros(5), cov)

    start = np.array([-1.0, 0.3])
    value, slopes = value_and_grad(science.kalman_evidence)(start, zs)

    assert value == pytest.approx(at_once(start), rel=1e-12)
    assert slopes == pytest.approx(by_nudges(at_once, start), rel=1e-7)


def test_the_evidence_of_a_hidden_markov_model_is_the_sum_over_all_paths(draw):
    p = {"start": draw.randn(2), "move": draw.randn(2, 2), "emit": draw.randn(2, 3)}
    seen = [0, 2, 1, 1, 0]

    def over_paths(p):
        def shares(x):
            e = engine.exp(x)
            return e / e.sum(axis=-1, keepdims=True)

        start, move, emit = (shares(p[k]) for k in ("start", "move", "emit"))
        total = 0.0
        for path in itertools.product(range(2), repeat=5):
            chance = start[path[0]] * emit[path[0], seen[0]]
            for a, b, symbol in zip(path, path[1:], seen[1:], strict=False):
                chance = chance * move[a, b] * emit[b, symbol]
            total = total + chance
        return engine.log(total)

    found, expected = grad(science.hmm_evidence)(p, seen), grad(over_paths)(p)
    assert found.keys() == p.keys()
    for name in p:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-10, atol=1e-14)


def test_a_variational_bound_has_the_slopes_of_its_own_sum(draw):
    x, y = np.linspace(-1, 1, 6), draw.randn(6)
    draws = draw.randn(8, 2)
    p = {"mean": np.array([0.3, -0.2]), "log_sd": np.array([-0.5, 0.1])}
    weights = p["mean"] + np.exp(p["log_sd"]) * draws
    left = y - weights[:, :1] * x - weights[:, 1:]
    by_weight = np.stack([(left * x).sum(1), left.sum(1)], axis=1)

    found = grad(science.elbo)(p, draws, x, y)

    mean = by_weight.mean(0) - p["mean"]
    log_sd = (by_weight * draws).mean(0) * np.exp(p["log_sd"]) - np.exp(2 * p["log_sd"]) + 1
    assert found["mean"] == pytest.approx(mean, rel=1e-12)
    assert found["log_sd"] == pytest.approx(log_sd, rel=1e-12)


def test_the_share_of_the_first_principal_axis_changes_along_its_vectors(draw):
    """d s₁ = u₁ v₁', and the mean takes nothing away, as u₁ has none."""
    X = draw.randn(6, 3)
    U, s, Vh = np.linalg.svd(X - X.mean(0), full_matrices=False)
    total = (s**2).sum()
    expected = 2 * s[0] / total * np.outer(U[:, 0], Vh[0]) - 2 * s[0] ** 2 / total**2 * (U * s) @ Vh

    np.testing.assert_allclose(grad(science.explained)(X), expected, rtol=1e-9, atol=1e-12)


def test_the_density_of_a_flow_is_one_in_all_and_differentiates_as_by_nudges(draw):
    shapes = {"w": (1, 3), "b": (3,), "s": (3, 1), "t": (3, 1)}
    p = [{k: draw.randn(*shape) * 0.5 for k, shape in shapes.items()} for _ in range(2)]
    grid = np.linspace(-8, 8, 161)
    points = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    assert np.exp(science.coupling_density(p, points)).sum() * 0.01 == pytest.approx(1, abs=1e-4)
    x = draw.randn(5, 2)

    found = grad(lambda p: science.coupling_density(p, x).mean())(p)

    def moved(w):
        return science.coupling_density([{**p[0], "w": w}, p[1]], x).mean()

    np.testing.assert_allclose(found[0]["w"], by_nudges(moved, p[0]["w"]), rtol=1e-6, atol=1e-9)


def test_a_net_with_a_dict_of_parameters_learns_as_in_pytorch():
    draw = np.random.RandomState(42)  # as in the program brought from there
    params = {"W1": draw.randn(3, 8), "b1": np.zeros(8), "W2": draw.randn(8, 1), "b2": np.zeros(1)}
    X, y = draw.randn(10, 3), draw.randn(10, 1)
    losses = []
    for _ in range(8):
        loss, grads = value_and_grad(science.squares)(params, X, y)
        params = {k: p - 0.1 * grads[k] for k, p in params.items()}
        losses.append(loss)

    stored = STORED["net_with_a_dict"]
    assert losses == pytest.approx(stored["losses"], rel=1e-12)
    for name, p in params.items():
        np.testing.assert_allclose(p, stored[name], rtol=1e-10)


def test_scipy_minimizes_with_gradients_and_curvature():
    start = np.array([-1.2, 1.0, 0.7])
    both = value_and_grad(science.rosenbrock)
    limited = minimize(both, start, jac=True, method="L-BFGS-B", options={"ftol": 1e-15})
    newton = minimize(
        both, start, jac=True, method="Newton-CG",
        hessp=lambda x, v: hvp(science.rosenbrock, x, v), options={"xtol": 1e-12},
    )  # fmt: skip
    trust = minimize(
        both, start, jac=True, hess=hessian(science.rosenbrock), method="trust-exact",
        options={"gtol": 1e-12},
    )  # fmt: skip

    for found, digits in ((limited, 1e-5), (newton, 1e-8), (trust, 1e-8)):
        assert found.x == pytest.approx(np.ones(3), abs=digits)


def test_a_gaussian_process_is_fitted_by_scipy():
    x = np.linspace(0, 3, 9)
    y = np.sin(2 * x)
    f = value_and_grad(lambda p: -science.gp_evidence(p, x, y))
    fitted = minimize(f, np.array([0.0, 0.0, -3.0]), jac=True, method="L-BFGS-B",
                      bounds=[(-5, 5), (-5, 5), (math.log(1e-6), 5)])  # fmt: skip

    assert fitted.success
    assert -fitted.fun > science.gp_evidence(np.array([0.0, 0.0, -3.0]), x, y)
    assert np.max(np.abs(f(fitted.x)[1][:2])) < 1e-2
