"""Recurrences over a whole sequence as one node each: the fused ops behind RNN, LSTM and GRU.

A scan returns every intermediate its rule needs (the gates beside the states), so that nothing is
computed twice, and the rule is right for each of them, so that it can be differentiated again.
Sequences are time-major: (time, batch, …).  `elements` is the same recurrence as one reads it
in a book.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import concatenate, fused, relu, sigmoid, stack, tanh, to_numpy, where

from .linear import column_sums, rows


def _transposed_product(dz: Any, before: Any) -> Any:
    """The gradient of the recurrent weights: sum over time and batch of dz ⊗ h."""
    return dz.reshape((-1, dz.shape[-1])).T @ before.reshape((-1, before.shape[-1]))


def _shifted(h: Any, h0: Any) -> Any:
    """The state before each step: h0, then all of h but the last."""
    return concatenate([h0.reshape((1, *h0.shape)), h[:-1]], 0)


def _filled(tangents: tuple[Any, ...], inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Tangents of all inputs: of one that does not move, zeros."""
    pairs = zip(tangents, inputs, strict=True)
    return tuple([np.zeros(x.shape, x.dtype) if t is None else t for t, x in pairs])


# --- RNN ---


def _rnn_vjp(g: Any, y: Any, x: Any, w: Any, h0: Any, nonlinearity: str) -> tuple[Any, ...]:
    slopes = 1 - y * y if nonlinearity == "tanh" else None
    dh, steps = g[-1], []
    for t in reversed(range(len(y))):
        dz = dh * slopes[t] if slopes is not None else where(to_numpy(y[t]) > 0, dh, 0.0)
        steps.append(dz)
        back = dz @ w
        dh = g[t - 1] + back if t else back
    dz = stack(steps[::-1])
    return dz, _transposed_product(dz, _shifted(y, h0)), dh


def _rnn_jvp(tangents: tuple[Any, ...], y: Any, x: Any, w: Any, h0: Any, nonlinearity: str) -> Any:
    tx, tw, dh = _filled(tangents, (x, w, h0))
    drive = tx + _shifted(y, h0) @ tw.T
    slopes = 1 - y * y if nonlinearity == "tanh" else to_numpy(y) > 0
    steps = []
    for t in range(len(y)):
        dh = (drive[t] + dh @ w.T) * slopes[t]
        steps.append(dh)
    return stack(steps)


def _rnn_of_elements(x: Any, w: Any, h0: Any, nonlinearity: str = "tanh") -> Any:
    activation = tanh if nonlinearity == "tanh" else relu
    h, states = h0, []
    for z in x:
        h = activation(z + h @ w.T)
        states.append(h)
    return stack(states)


@fused(vjp_all=_rnn_vjp, jvp=_rnn_jvp, elements=_rnn_of_elements, symbol="RNN")
def rnn_scan(x: Any, w: Any, h0: Any, nonlinearity: str = "tanh") -> Any:
    """h[t] = tanh(x[t] + w h[t-1]) for a whole sequence; or relu."""
    y = np.empty(x.shape, x.dtype)
    h, wt = h0, w.T
    for t in range(len(x)):
        z = h @ wt
        z += x[t]
        h = np.tanh(z, out=y[t]) if nonlinearity == "tanh" else np.maximum(z, 0.0, out=y[t])
    return y


# --- LSTM ---
#
# tanh(s z) s + 1 - s is tanh for s = 1 and the sigmoid for s = 1/2: all four gates are one call.
# Its slope in terms of its value a is (1 - a)(a - 1 + 2s).


def _gate_scales(n: int, dtype: Any) -> Any:
    """s of the gates i, f, g, o, each n wide."""
    return np.repeat(np.array([0.5, 0.5, 1.0, 0.5], dtype), n)


def _lstm_slopes(y: Any, n: int, c0: Any) -> tuple[Any, ...]:
    """The gate f, h and tanh(c); how gates depend on z, h on c, and c on the gates i, f, g."""
    gates, c, h = y[..., : 4 * n], y[..., 4 * n : 5 * n], y[..., 5 * n :]
    squashed = tanh(c)
    slopes = (1 - gates) * (gates + (2 * _gate_scales(n, y.dtype) - 1))
    to_c = gates[..., 3 * n :] * (1 - squashed * squashed)
    factors = concatenate([gates[..., 2 * n : 3 * n], _shifted(c, c0), gates[..., :n]], -1)
    return gates[..., n : 2 * n], h, squashed, slopes, to_c, factors


def _lstm_vjp(g: Any, y: Any, x: Any, w: Any, h0: Any, c0: Any) -> tuple[Any, ...]:
    n = w.shape[1]
    f, h, squashed, slopes, to_c, factors = _lstm_slopes(y, n, c0)
    dh: Any = g[-1, :, 5 * n :]
    dc: Any = g[-1, :, 4 * n : 5 * n]
    steps = []
    for t in reversed(range(len(y))):
        dc = dc + dh * to_c[t]
        dgates = concatenate([concatenate([dc, dc, dc], -1) * factors[t], dh * squashed[t]], -1)
        dz = (dgates + g[t, :, : 4 * n]) * slopes[t]
        steps.append(dz)
        dh, dc = dz @ w, dc * f[t]
        if t:
            dh, dc = dh + g[t - 1, :, 5 * n :], dc + g[t - 1, :, 4 * n : 5 * n]
    dz = stack(steps[::-1])
    return dz, _transposed_product(dz, _shifted(h, h0)), dh, dc


def _lstm_jvp(tangents: tuple[Any, ...], y: Any, x: Any, w: Any, h0: Any, c0: Any) -> Any:
    tx, tw, dh, dc = _filled(tangents, (x, w, h0, c0))
    n = w.shape[1]
    f, h, squashed, slopes, to_c, factors = _lstm_slopes(y, n, c0)
    drive, steps = tx + _shifted(h, h0) @ tw.T, []
    for t in range(len(y)):
        dgates = (drive[t] + dh @ w.T) * slopes[t]
        of_c = dgates[:, : 3 * n] * factors[t]
        dc = f[t] * dc + of_c[:, :n] + of_c[:, n : 2 * n] + of_c[:, 2 * n :]
        dh = dgates[:, 3 * n :] * squashed[t] + to_c[t] * dc
        steps.append(concatenate([dgates, dc, dh], -1))
    return stack(steps)


def _lstm_of_elements(x: Any, w: Any, h0: Any, c0: Any) -> Any:
    n = w.shape[1]
    h, c, states = h0, c0, []
    for xt in x:
        z = xt + h @ w.T
        i, f, o = (sigmoid(z[:, k * n : (k + 1) * n]) for k in (0, 1, 3))
        g = tanh(z[:, 2 * n : 3 * n])
        c = f * c + i * g
        h = o * tanh(c)
        states.append(concatenate([i, f, g, o, c, h], -1))
    return stack(states)


@fused(vjp_all=_lstm_vjp, jvp=_lstm_jvp, elements=_lstm_of_elements, symbol="LSTM")
def lstm_scan(x: Any, w: Any, h0: Any, c0: Any) -> Any:
    """The gates i, f, g, o and the states c, h of an LSTM, side by side, for a whole sequence."""
    n = w.shape[1]
    y = np.empty((*x.shape[:2], 6 * n), x.dtype)
    s = _gate_scales(n, x.dtype)
    h, c, wt = h0, c0, w.T
    for t in range(len(x)):
        z = h @ wt
        z += x[t]
        z *= s
        a = np.tanh(z, out=y[t, :, : 4 * n])
        a *= s
        a += 1 - s
        c = np.multiply(a[:, n : 2 * n], c, out=y[t, :, 4 * n : 5 * n])
        c += a[:, :n] * a[:, 2 * n : 3 * n]
        h = np.multiply(a[:, 3 * n :], np.tanh(c), out=y[t, :, 5 * n :])
    return y


# --- GRU ---


def _gru_vjp(g: Any, y: Any, x: Any, w: Any, b: Any, h0: Any) -> tuple[Any, ...]:
    n = w.shape[1]
    r, z, new, m, h = (y[..., k * n : (k + 1) * n] for k in range(5))
    before = _shifted(h, h0)
    gate_slopes = concatenate([r * (1 - r), z * (1 - z)], -1)
    new_slope, to_z = 1 - new * new, before - new
    dh: Any = g[-1, :, 4 * n :]
    of_x, of_h = [], []
    for t in reversed(range(len(y))):
        gt = g[t]
        dpre = (dh * (1 - z[t]) + gt[:, 2 * n : 3 * n]) * new_slope[t]
        dgates = concatenate([dpre * m[t], dh * to_z[t]], -1) + gt[:, : 2 * n]
        dgates = dgates * gate_slopes[t]
        of_x.append(concatenate([dgates, dpre], -1))
        of_h.append(concatenate([dgates, dpre * r[t] + gt[:, 3 * n : 4 * n]], -1))
        dh = dh * z[t] + of_h[-1] @ w
        if t:
            dh = dh + g[t - 1, :, 4 * n :]
    dz = stack(of_h[::-1])
    db = column_sums(rows(dz))
    return stack(of_x[::-1]), _transposed_product(dz, before), db, dh


def _gru_jvp(tangents: tuple[Any, ...], y: Any, x: Any, w: Any, b: Any, h0: Any) -> Any:
    tx, tw, tb, dh = _filled(tangents, (x, w, b, h0))
    n = w.shape[1]
    r, z, new, m, h = (y[..., k * n : (k + 1) * n] for k in range(5))
    before = _shifted(h, h0)
    gate_slopes = concatenate([r * (1 - r), z * (1 - z)], -1)
    new_slope, to_z = 1 - new * new, before - new
    drive, steps = before @ tw.T + tb, []
    for t in range(len(y)):
        dzh = drive[t] + dh @ w.T
        dgates = (tx[t, :, : 2 * n] + dzh[:, : 2 * n]) * gate_slopes[t]
        dm = dzh[:, 2 * n :]
        dnew = (tx[t, :, 2 * n :] + dgates[:, :n] * m[t] + r[t] * dm) * new_slope[t]
        dh = dgates[:, n:] * to_z[t] + z[t] * dh + (1 - z[t]) * dnew
        steps.append(concatenate([dgates, dnew, dm, dh], -1))
    return stack(steps)


def _gru_of_elements(x: Any, w: Any, b: Any, h0: Any) -> Any:
    n = w.shape[1]
    h, states = h0, []
    for xt in x:
        zh = h @ w.T + b
        r = sigmoid(xt[:, :n] + zh[:, :n])
        z = sigmoid(xt[:, n : 2 * n] + zh[:, n : 2 * n])
        m = zh[:, 2 * n :]
        new = tanh(xt[:, 2 * n :] + r * m)
        h = (1 - z) * new + z * h
        states.append(concatenate([r, z, new, m, h], -1))
    return stack(states)


@fused(vjp_all=_gru_vjp, jvp=_gru_jvp, elements=_gru_of_elements, symbol="GRU")
def gru_scan(x: Any, w: Any, b: Any, h0: Any) -> Any:
    """Gates r, z, candidates n, their recurrent part, and states h of a GRU, for a sequence."""
    n = w.shape[1]
    y = np.empty((*x.shape[:2], 5 * n), x.dtype)
    h, wt = h0, w.T
    for t in range(len(x)):
        zh = h @ wt
        zh += b
        a = np.tanh(0.5 * (x[t, :, : 2 * n] + zh[:, : 2 * n]), out=y[t, :, : 2 * n])
        a *= 0.5
        a += 0.5  # the sigmoid
        m = y[t, :, 3 * n : 4 * n]
        m[...] = zh[:, 2 * n :]
        new = np.tanh(x[t, :, 2 * n :] + a[:, :n] * m, out=y[t, :, 2 * n : 3 * n])
        h = np.multiply(a[:, n:], h - new, out=y[t, :, 4 * n :])
        h += new
    return y
