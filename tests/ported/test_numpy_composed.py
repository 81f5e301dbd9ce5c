"""NumPy's functions that are composed of engine's: its numbers, and gradients of two orders."""

import numpy as np
import pytest
from scipy import special

from engine import Tensor, Value, ValueArray, grad, gradcheck, tensor, to_numpy, zeros

X = np.array([0.3, -1.2, 0.8, 2.0, -0.4])
M = np.array([[0.3, -1.2, 0.8, 2.0], [1.1, 0.2, -0.7, 0.5], [0.9, -0.1, 1.4, -1.6]])
KNOWN = np.array([-1.05, -0.55, 0.15, 0.95, 1.65])
HOLES = np.array([1.0, np.nan, 3.0])

#: Calls with arrays of the shapes of X and M; each is differentiated in both.
CALLS = {
    "block of rows": lambda x, m: np.block([[m, m[:, :1]], [np.ones((1, 5))]]),
    "block of one list": lambda x, m: np.block([x, x[0], 1.0]),
    "block of an array": lambda x, m: np.block(x),
    "broadcast_arrays": lambda x, m: np.broadcast_arrays(x[:4], m[:1], 2.0),
    "convolve": lambda x, m: np.convolve(x, m[0]),
    "convolve same": lambda x, m: np.convolve(m[0], x, "same"),
    "convolve valid": lambda x, m: np.convolve([1.0, 2.0, 3.0], x, mode="valid"),
    "cov": lambda x, m: np.cov(m),
    "cov of columns": lambda x, m: np.cov(m, rowvar=False, bias=True),
    "cov of two": lambda x, m: np.cov(x, X**2, ddof=2),
    "cov of one": lambda x, m: np.cov(x),
    "gradient": lambda x, m: np.gradient(x),
    "gradient with a step": lambda x, m: np.gradient(m, 0.5),
    "gradient at places": lambda x, m: np.gradient(m, 2.0, KNOWN[:4]),
    "gradient by places": lambda x, m: np.gradient(X, np.exp(x)),
    "gradient along an axis": lambda x, m: np.gradient(m, axis=1),
    "interp": lambda x, m: np.interp(m, KNOWN, x),
    "interp beyond": lambda x, m: np.interp(x, KNOWN, [1, 2, 4, 3, 7], left=-1.0, right=x[0]),
    "linspace": lambda x, m: np.linspace(x[0], m[0], 4),
    "linspace without its end": lambda x, m: np.linspace([0.0], x, 3, endpoint=False),
    "linspace of one": lambda x, m: np.linspace(x[0], 1.0, 1),
    "meshgrid": lambda x, m: np.meshgrid(x, m[0]),
    "meshgrid of three": lambda x, m: np.meshgrid(x, m[0], [1.0, 2.0], indexing="ij"),
    "meshgrid sparse": lambda x, m: np.meshgrid(x, [1.0, 2.0], sparse=True),
    "nanmean": lambda x, m: np.nanmean(m + HOLES[:, None], axis=0, keepdims=True),
    "nansum": lambda x, m: np.nansum(x[:3] ** 2 + HOLES),
    "polyval at x": lambda x, m: np.polyval([1.0, -2.0, 0.5], m),
    "polyval by x": lambda x, m: np.polyval(x, [1.5, 2.0]),
    "ptp": lambda x, m: np.ptp(m, axis=1),
    "resize": lambda x, m: np.resize(x, (2, 4)),
    "select": lambda x, m: np.select([X < 0, X < 1.0], [x**2, 3 * x], x**3),
    "vander": lambda x, m: np.vander(x),
    "vander increasing": lambda x, m: np.vander(x, 3, increasing=True),
    "expit": lambda x, m: special.expit(x),
    "gammaln": lambda x, m: special.gammaln(m),
    "erf": lambda x, m: special.erf(x) + special.erfinv(x / 3),
    "psi": lambda x, m: special.psi(x) * special.logit(np.exp(-(x**2) - 0.1)),
    "xlogy": lambda x, m: special.xlogy(x, m[0, 3]),
}


def arrays(y):
    return list(y) if isinstance(y, tuple | list) else [y]


@pytest.mark.parametrize("box", [Tensor, ValueArray.of])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_the_numbers_are_numpys(call, box):
    expected = arrays(call(X, M))
    found = arrays(call(box(X), box(M)))
    assert len(found) == len(expected)
    for y, z in zip(found, expected, strict=True):
        np.testing.assert_allclose(to_numpy(y), z, rtol=1e-13, atol=1e-14, strict=True)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_gradients_are_finite_differences_to_second_order(call):
    def f(x, m):
        parts = arrays(call(x, m))
        return sum((part * part).sum() for part in parts) + 0.0 * (x.sum() + m.sum())

    assert gradcheck(f, (X, M), order=2)


@pytest.mark.parametrize("n", range(1, 6))
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_convolve_has_numpys_place_for_lengths_even_and_odd(n, mode):
    for m in range(1, 6):
        found = np.convolve(Tensor(X[:n]), KNOWN[:m], mode)
        np.testing.assert_allclose(found.numpy(), np.convolve(X[:n], KNOWN[:m], mode), atol=1e-14)


def test_interp_takes_one_point_and_steps_and_keeps_nan():
    x = np.array([-1.0, 0.0, 0.5, 1.0, 7.0])
    for xp, fp in (([1.0], [2.0]), ([0.0, 0.0, 1.0, 1.0], [1.0, 2.0, 3.0, 5.0])):
        np.testing.assert_array_equal(np.interp(Tensor(x), xp, fp).numpy(), np.interp(x, xp, fp))
    assert np.isnan(np.interp(Tensor(np.nan), [0.0, 1.0], [3.0, 5.0]).item())


def test_beyond_the_points_of_interp_the_slope_is_zero():
    assert [grad(lambda x: np.interp(x, [0.0, 1.0], [3.0, 5.0]))(x) for x in (-1.0, 0.5, 2.0)] == [
        0.0,
        2.0,
        0.0,
    ]


def test_float32_stays_float32():
    x = Tensor(X, dtype=np.float32)
    for y in (np.gradient(x, 0.5), np.nanmean(x), np.nansum(x), np.cov(x), np.convolve(x, x)):
        assert y.dtype == np.float32


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, m: np.block([[x], x]), "nested alike"),
        (lambda x, m: np.convolve(m, x), "arrays of one axis"),
        (lambda x, m: np.convolve(x, x, "some"), "full, same, valid, got 'some'"),
        (lambda x, m: np.gradient(x[:1]), "along axis 0 takes 2 numbers or more"),
        (lambda x, m: np.interp(x, KNOWN, X, period=2.0), "has no period"),
        (lambda x, m: np.cov(m, aweights=[1.0] * 4), "has no aweights"),
    ],
)
def test_what_cannot_be_is_an_error_that_says_why(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call(Tensor(X, requires_grad=True), Tensor(M, requires_grad=True))


# --- programs ---


def test_heat_steps_in_place_on_a_copy_as_numpy_users_write_them():
    def energy(u):
        u = u.copy()
        for _ in range(3):
            u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        return np.sum(u**2)

    step = np.eye(5)
    for i in range(1, 4):
        step[i, i - 1 : i + 2] += [0.1, -0.2, 0.1]
    end = np.linalg.matrix_power(step, 3)
    np.testing.assert_allclose(grad(energy)(X), 2 * end.T @ end @ X)
    values = ValueArray.of(X)
    energy(values).backward()
    np.testing.assert_allclose(values.grad, 2 * end.T @ end @ X)
    np.testing.assert_array_equal(values.values, X)  # the argument is what it was


def test_a_copy_of_an_array_of_values_is_of_nodes_of_its_own():
    x = ValueArray.of([1.0, 2.0])
    assert x.copy()[0].op.name == "identity"
    assert x.astype(object)[0] is x[0]
    assert x.flatten()[0] is x[0]


def test_greeks_through_scipys_normal_distribution():
    def call_price(s):
        d = (np.log(s / 95.0) + 0.04) / 0.2
        return s * special.expit(1.6 * d) + special.erf(d) + special.xlogy(d, s)

    def slope(s):
        d, e = (np.log(s / 95.0) + 0.04) / 0.2, special.expit(1.6 * (np.log(s / 95.0) + 0.04) / 0.2)
        rate = 1 / (0.2 * s)
        bell = 2 / np.sqrt(np.pi) * np.exp(-d * d)
        return e + s * e * (1 - e) * 1.6 * rate + bell * rate + np.log(s) * rate + d / s

    assert grad(call_price)(100.0) == pytest.approx(slope(100.0), rel=1e-12)
    price = Value(100.0)
    call_price(price).backward()
    assert price.grad == pytest.approx(slope(100.0), rel=1e-12)


def test_filling_an_array_by_a_value_says_to_fill_a_tensor_and_that_how():
    def f(c, out):
        out[0] = c
        return out.sum()

    with pytest.raises(RuntimeError, match=r"fill a Tensor \(out = engine\.zeros\(n\)\)"):
        grad(lambda c: f(c, np.zeros(3)))(0.3)
    with pytest.raises(
        TypeError, match=r"make them Tensors .* \(np\.array\(2\.0\) instead of 2\.0"
    ):
        grad(lambda c: f(c, zeros(3)))(0.3)
    assert grad(lambda c: f(c, zeros(3)))(np.array(0.3)) == 1.0


def test_a_running_sum_in_an_array_says_to_begin_with_a_tensor():
    def f(c, a):
        a[1:] += c**2 * np.ones(2)
        return a.sum()

    with pytest.raises(TypeError, match=r"begin with a Tensor \(a = engine\.tensor\(a\)\)"):
        grad(f)(np.array(0.3), np.ones(3))
    assert grad(lambda c: f(c, tensor(np.ones(3))))(np.array(0.3)) == pytest.approx(1.2)
