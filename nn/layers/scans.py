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


def _driven(tangents: tuple[Any, ...], x: Any, h: Any, h0: Any) -> Any:
    """What the tangents of x and of the weights bring into each step."""
    tx, tw = tangents[:2]
    if tw is None:
        return np.zeros(x.shape, x.dtype) if tx is None else tx
    of_weights = _shifted(h, h0) @ tw.T
    return of_weights if tx is None else tx + of_weights


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
    drive, (dh,) = _driven(tangents, x, y, h0), _filled(tangents[2:], (h0,))
    steps = []
    for t in range(len(y)):
        z = drive[t] + dh @ w.T
        is_tanh = nonlinearity == "tanh"
        dh = z * (1 - y[t] * y[t]) if is_tanh else where(to_numpy(y[t]) > 0, z, 0.0)
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


def _lstm_vjp(g: Any, y: Any, x: Any, w: Any, h0: Any, c0: Any) -> tuple[Any, ...]:
    n = w.shape[1]
    gates, c, h = y[..., : 4 * n], y[..., 4 * n : 5 * n], y[..., 5 * n :]
    before = _shifted(c, c0)
    squashed = tanh(c)
    slopes = (1 - gates) * (gates + (2 * _gate_scales(n, x.dtype) - 1))
    o = gates[..., 3 * n :]
    to_c = o * (1 - squashed * squashed)  # how h depends on c
    # what the gates i, f, g do to c
    factors = concatenate([gates[..., 2 * n : 3 * n], before, gates[..., :n]], -1)
    f = gates[..., n : 2 * n]
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
    n = w.shape[1]
    drive, dh, dc = _driven(tangents, x, y[..., 5 * n :], h0), *_filled(tangents[2:], (h0, c0))
    before, s, steps = c0, 2 * _gate_scales(n, x.dtype) - 1, []
    for t in range(len(y)):
        gates, c = y[t, :, : 4 * n], y[t, :, 4 * n : 5 * n]
        i, f, g, o = (gates[:, k * n : (k + 1) * n] for k in range(4))
        dgates = (drive[t] + dh @ w.T) * ((1 - gates) * (gates + s))
        di, df, dg, do = (dgates[:, k * n : (k + 1) * n] for k in range(4))
        dc = df * before + f * dc + di * g + i * dg
        squashed = tanh(c)
        dh = do * squashed + o * (1 - squashed * squashed) * dc
        steps.append(concatenate([dgates, dc, dh], -1))
        before = c
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
    n = w.shape[1]
    tx, tw, *others = tangents
    tx, db, dh = _filled((tx, *others), (x, b, h0))
    drive = _driven((None, tw), x, y[..., 4 * n :], h0)
    before, steps = h0, []
    for t in range(len(y)):
        r, z, new, m, h = (y[t, :, k * n : (k + 1) * n] for k in range(5))
        dzh = drive[t] + db + dh @ w.T
        dgates = tx[t, :, : 2 * n] + dzh[:, : 2 * n]
        dr, dz, dm = dgates[:, :n] * r * (1 - r), dgates[:, n:] * z * (1 - z), dzh[:, 2 * n :]
        dnew = (tx[t, :, 2 * n :] + dr * m + r * dm) * (1 - new * new)
        dh = dz * (before - new) + z * dh + (1 - z) * dnew
        steps.append(concatenate([dr, dz, dnew, dm, dh], -1))
        before = h
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
