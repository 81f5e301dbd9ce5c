"""A scientist's NumPy code, as it stands, differentiated: against finite differences of itself.

Each program is a function of one array that runs on plain arrays with NumPy alone.  Given a Tensor,
or an array of Values, it has the same value and a gradient.
"""

import math

import numpy as np
import pytest

import engine as E
from engine import Tensor, ValueArray, to_numpy


def rk4(f, y, t, dt):
    """One step of the classical Runge-Kutta method."""
    k1 = f(t, y)
    k2 = f(t + dt / 2, y + dt / 2 * k1)
    k3 = f(t + dt / 2, y + dt / 2 * k2)
    k4 = f(t + dt, y + dt * k3)
    return y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def pendulum(x):
    """Energy lost by a driven pendulum, by its damping, drive, first angle and first speed."""
    times = np.linspace(0.0, 2.0, 21)

    def f(t, y):
        force = -np.sin(y[0]) - x[0] * y[1] + x[1] * np.cos(1.5 * t)
        return np.stack([y[1], force])

    y = x[2:]
    energies = np.append(0.5 * y[1:] ** 2, 1 - np.cos(y[:1]))
    path = [y]
    for t, dt in zip(times[:-1], np.diff(times), strict=True):
        y = rk4(f, y, t, dt)
        path.append(y)
    path = np.vstack(path)
    work = np.trapezoid(path[:, 1] ** 2, times) * x[0]
    return np.sum(energies) - 0.5 * y[1] ** 2 - (1 - np.cos(y[0])) - work


def planck(x):
    """Radiated power between two wavelengths, of a mixture of two temperatures."""
    wavelength = np.linspace(0.4, 3.0, 60)
    spectrum = 1 / (wavelength**5 * np.expm1(14.388 / (wavelength * x[0])))
    other = 1 / (wavelength**5 * np.expm1(14.388 / (wavelength * x[1])))
    both = np.where(wavelength < x[2].item(), spectrum, x[2] * other)
    return np.log(np.trapezoid(both, wavelength))


def heat(x):
    """Heat in a rod: misfit to a measured profile, by what each part conducts."""
    place = np.linspace(0.0, 1.0, 9)
    u = np.exp(-30 * (place - 0.4) ** 2)
    between = np.maximum(x, 0.05)  # one for each of the eight parts
    for _ in range(12):
        flow = -between * np.diff(u)
        u = u - 0.2 * np.diff(flow, prepend=0.0, append=0.0)
    measured = np.concatenate([np.full(4, 0.3), np.full(5, 0.2)])
    return np.mean((u - measured) ** 2) + 0.01 * np.inner(np.diff(x), np.diff(x))


def spins(x):
    """Energy of a chain of three spins in a state, by field and couplings; and a matrix's trace."""
    up = np.array([[1.0, 0.0], [0.0, -1.0]])
    flip = np.array([[0.0, 1.0], [1.0, 0.0]])
    one = np.eye(2)
    hamiltonian = (
        x[0] * np.kron(np.kron(up, up), one)
        + x[1] * np.kron(one, np.kron(up, up))
        + x[2] * np.kron(np.kron(flip, one), one)
    )
    state = np.linspace(0.1, 0.8, 8)
    hot = np.exp(-0.1 * np.diag(hamiltonian))
    energy = np.einsum(state, [0], hamiltonian, [0, 1], state, [1])
    return energy + np.log(np.trace(np.diag(hot) @ hamiltonian @ hamiltonian))


def rigid_body(x):
    """Kinetic energy after a small turn: cross products, columns and rows."""
    inertia = np.diag(np.array([1.0, 2.0, 3.0]))
    for _ in range(5):
        momentum = np.einsum("ij,j->i", inertia, x)
        x = x - 0.05 * np.linalg.inv(inertia) @ np.cross(x, momentum)
    frame = np.column_stack([x, np.roll(x, 1), np.flip(x)])
    rows = np.vstack((np.hstack((frame, frame)), np.rot90(np.hstack([frame, frame.T]), 2)))
    return 0.5 * x @ inertia @ x + 0.1 * np.sum(np.fliplr(rows) * np.arange(6.0))


def robust(x):
    """A robust fit: median and quantiles of residuals, nan left out, a running record."""
    t = np.linspace(-1.0, 1.0, 12)
    data = np.sin(3 * t) + 0.3 * np.cos(17 * t)
    fit = np.column_stack([np.ones(12), t, t**3]) @ x
    apart = np.abs(data - fit)
    record = np.maximum.accumulate(apart)
    spread = np.median(apart) + np.percentile(apart, 80) + np.quantile(apart, 0.35)
    known = np.nan_to_num(np.where(t > 0.9, np.nan, apart))
    return spread + 0.1 * np.sum(record) + np.mean(np.fmin(known, 0.5)) + np.cbrt(x[0] - 9.0)


PROGRAMS = {
    pendulum: [0.3, 0.8, 1.1, -0.4],
    planck: [3.2, 5.8, 1.3],
    heat: [0.3, 0.5, 0.2, 0.9, 0.7, 0.4, 0.6, 0.35],
    spins: [0.7, -1.2, 0.4],
    rigid_body: [0.4, 1.1, -0.7],
    robust: [0.15, 2.0, -1.6],
}


def slopes(f, x, step=1e-6):
    """The gradient of f by central differences."""
    return np.array([(f(x + h) - f(x - h)) / (2 * step) for h in step * np.eye(len(x))])


@pytest.mark.parametrize("box", [lambda x: Tensor(x, requires_grad=True), ValueArray.of])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_a_scientists_program_differentiates_as_it_stands(program, box):
    x = np.array(PROGRAMS[program])
    leaf = box(x)
    with np.errstate(invalid="ignore"):  # comparing Python's nan warns in NumPy's loop over Values
        y = program(leaf)
    y.backward()
    assert y.item() == pytest.approx(float(program(x)), rel=1e-12)
    np.testing.assert_allclose(to_numpy(leaf.grad), slopes(program, x), rtol=2e-7, atol=2e-8)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_a_scientists_program_has_a_hessian(program):
    x = np.array(PROGRAMS[program])
    gradient = E.grad(program)
    rows = [
        (to_numpy(gradient(x + h)) - to_numpy(gradient(x - h))) / 2e-6
        for h in 1e-6 * np.eye(len(x))
    ]
    np.testing.assert_allclose(to_numpy(E.hessian(program)(x)), rows, rtol=1e-6, atol=1e-7)


# --- densities: closed forms ---

DATA = np.array([0.4, 1.7, 0.9, 2.6, 1.2])


def test_the_likelihood_of_a_gamma_distribution_has_fishers_information():
    def loss(x):
        shape, rate = x[0], x[1]
        terms = shape * np.log(rate) - E.lgamma(shape) + (shape - 1) * np.log(DATA) - rate * DATA
        return -np.sum(terms)

    shape, rate, n = 2.5, 1.5, len(DATA)
    x = np.array([shape, rate])
    by_shape = -n * math.log(rate) + n * E.digamma(shape) - np.log(DATA).sum()
    np.testing.assert_allclose(
        to_numpy(E.grad(loss)(x)), [by_shape, -n * shape / rate + DATA.sum()], rtol=1e-13
    )
    information = [[n * E.polygamma(1, shape), -n / rate], [-n / rate, n * shape / rate**2]]
    np.testing.assert_allclose(to_numpy(E.hessian(loss)(x)), information, rtol=1e-13)


def test_a_normal_sample_by_erfinv_has_the_slope_of_its_scale():
    uniform = np.linspace(0.05, 0.95, 7)
    scale = Tensor(2.0, requires_grad=True)
    sample = 1.0 + scale * math.sqrt(2) * E.erfinv(Tensor(2 * uniform - 1))
    np.mean(sample**2).backward()
    standard = math.sqrt(2) * E.erfinv(2 * uniform - 1)
    assert scale.grad.item() == pytest.approx(np.mean(2 * (1 + 2 * standard) * standard))
    np.testing.assert_allclose(E.logit(E.sigmoid(standard)), standard, rtol=1e-13, atol=1e-15)
