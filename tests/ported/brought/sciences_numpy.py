"""A scientist's programs in NumPy, with no thought of derivatives."""

import numpy as np


def rk4(f, y, ts):
    """The path of y' = f(t, y) by Runge and Kutta, as one array (times, len(y))."""
    path = [y]
    for t0, t1 in zip(ts[:-1], ts[1:], strict=True):
        h = t1 - t0
        k1 = f(t0, y)
        k2 = f(t0 + h / 2, y + h / 2 * k1)
        k3 = f(t0 + h / 2, y + h / 2 * k2)
        k4 = f(t0 + h, y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        path.append(y)
    return np.stack(path)


def decay(rate, y0, ts):
    """What is left in the end."""
    return rk4(lambda t, y: -rate * y, y0, ts)[-1]


def lotka_volterra(parameters, y0, ts):
    """Hares and lynxes."""
    a, b, c, d = parameters

    def slope(t, y):
        hares, lynxes = y
        return np.hstack([a * hares - b * hares * lynxes, c * hares * lynxes - d * lynxes])

    return rk4(slope, y0, ts)


def heat(u, rate, steps):
    """A rod that cools, held at its ends: what is inside moves towards its neighbours."""
    u = u.copy()
    for _ in range(steps):
        before = u.copy()
        u[1:-1] += rate * (before[2:] - 2 * before[1:-1] + before[:-2])
    return u


def log_normal(x, mean, cov):
    """The log density of a normal distribution of several variables."""
    d = x - mean
    _, logdet = np.linalg.slogdet(cov)
    return -0.5 * (d @ np.linalg.solve(cov, d) + logdet + len(x) * np.log(2 * np.pi))


def gp_evidence(log_parameters, x, y):
    """The log marginal likelihood of a Gaussian process, by Cholesky."""
    scale, length, noise = np.exp(log_parameters)
    K = scale * np.exp(-0.5 * ((x[:, None] - x) / length) ** 2) + noise * np.eye(len(x))
    L = np.linalg.cholesky(K)
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, y))
    return -0.5 * np.dot(y, alpha) - np.log(np.diag(L)).sum() - len(x) / 2 * np.log(2 * np.pi)


def kalman_evidence(parameters, zs):
    """The log likelihood of noisy sights of a body that moves at its own speed."""
    q, r = np.exp(parameters)
    F = np.array([[1.0, 1.0], [0.0, 1.0]])
    H = np.array([[1.0, 0.0]])
    x, P = np.zeros(2), np.eye(2)
    total = 0.0
    for z in zs:
        x, P = F @ x, F @ P @ F.T + q * np.eye(2)
        S = H @ P @ H.T + r * np.eye(1)
        K = P @ H.T @ np.linalg.inv(S)
        total = total + log_normal(np.atleast_1d(z), H @ x, S)
        x = x + K @ (z - H @ x)
        P = (np.eye(2) - K @ H) @ P
    return total


def hmm_evidence(parameters, seen):
    """The log likelihood of a sequence under a hidden Markov model, scaled at each step."""
    start = np.exp(parameters["start"]) / np.exp(parameters["start"]).sum()
    move = np.exp(parameters["move"])
    move = move / move.sum(axis=1, keepdims=True)
    emit = np.exp(parameters["emit"])
    emit = emit / emit.sum(axis=1, keepdims=True)
    alpha = start * emit[:, seen[0]]
    total = np.log(alpha.sum())
    for symbol in seen[1:]:
        alpha = (alpha / alpha.sum()) @ move * emit[:, symbol]
        total = total + np.log(alpha.sum())
    return total


def elbo(parameters, draws, x, y):
    """A bound on the evidence of a line through points, by a Gaussian of independent weights."""
    mean, log_sd = parameters["mean"], parameters["log_sd"]
    weights = mean + np.exp(log_sd) * draws
    fits = weights[:, :1] * x + weights[:, 1:]
    fit = np.mean(np.sum(-0.5 * (y - fits) ** 2 - 0.5 * np.log(2 * np.pi), axis=1))
    against_prior = 0.5 * np.sum(np.exp(2 * log_sd) + mean**2 - 1 - 2 * log_sd)
    return fit - against_prior


def explained(X):
    """The share of the variance along the first axis of a cloud."""
    s = np.linalg.svd(X - np.mean(X, axis=0), compute_uv=False)
    return s[0] ** 2 / np.sum(s**2)


def coupling_density(parameters, x):
    """The log density of a flow of two affine couplings (RealNVP), at each row of x."""
    total = np.zeros(len(x))
    for i, p in enumerate(parameters):
        kept, moved = (x[:, :1], x[:, 1:]) if i % 2 == 0 else (x[:, 1:], x[:, :1])
        h = np.tanh(kept @ p["w"] + p["b"])
        s, t = np.tanh(h @ p["s"]), h @ p["t"]
        moved = (moved - t) * np.exp(-s)
        total = total - np.sum(s, axis=1)
        x = np.column_stack([kept, moved] if i % 2 == 0 else [moved, kept])
    return total - 0.5 * np.sum(x**2, axis=1) - np.log(2 * np.pi)


def squares(params, X, y):
    """The loss of a net whose parameters stand in a dict."""
    h = np.tanh(X @ params["W1"] + params["b1"])
    return np.mean((h @ params["W2"] + params["b2"] - y) ** 2)


def rosenbrock(x):
    """The banana of any length."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
