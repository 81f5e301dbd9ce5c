"""Recurrent layers: RNN, LSTM, GRU, with PyTorch's weights, names and order of gates."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine import concatenate, flip, stack

from ..checks import as_array, at_least, dtype_of, one_of, probability, width
from ..module import Module
from ..parameter import Parameter
from ..random import Rng, generator
from .dropout import dropout as drop
from .linear import linear
from .scans import gru_scan, lstm_scan, rnn_scan


class Recurrent(Module):
    """What RNN, LSTM and GRU share: weights, layers, directions, shapes."""

    gates = 1  # how many blocks of hidden_size rows a weight has

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        rng: Rng = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        at_least(1, input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bool(bias)
        self.batch_first = bool(batch_first)
        self.dropout = probability("dropout", dropout)
        self.bidirectional = bool(bidirectional)
        self.rng = None if rng is None else generator(rng)
        draw = generator(self.rng)
        bound = 1 / math.sqrt(hidden_size)
        rows = self.gates * hidden_size
        for layer in range(num_layers):
            columns = hidden_size * self.directions if layer else input_size
            for suffix in self._suffixes(layer):
                for name, shape in (
                    ("weight_ih", (rows, columns)),
                    ("weight_hh", (rows, hidden_size)),
                    ("bias_ih", (rows,)),
                    ("bias_hh", (rows,)),
                ):
                    if bias or name.startswith("weight"):
                        weight = Parameter(draw.uniform(-bound, bound, shape))
                        setattr(self, name + suffix, weight)
        self.to(device, dtype)

    @property
    def directions(self) -> int:
        """2 if bidirectional, else 1."""
        return 1 + self.bidirectional

    def _suffixes(self, layer: int) -> list[str]:
        """PyTorch's endings of the names of a layer's weights: _l0, _l0_reverse, _l1, …"""
        return [f"_l{layer}", f"_l{layer}_reverse"][: self.directions]

    def _weights(self, suffix: str) -> tuple[Any, Any, Any, Any]:
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return tuple(getattr(self, name + suffix, None) for name in names)  # type: ignore[return-value]  # four names

    # --- what the kinds of layer define ---

    def scan(self, x: Any, suffix: str, states: list[Any]) -> tuple[Any, list[Any]]:
        """One layer in one direction: all h (time, batch, hidden_size), and the last states."""
        raise NotImplementedError

    def forward(self, x: Any, h0: Any = None) -> tuple[Any, Any]:
        """Output (time, batch, directions * hidden_size), and the last states.

        h0 and the last states are (layers * directions, batch, hidden_size); h0 is zeros by
        default.  Without a batch axis in x there is none anywhere.
        """
        x, batched = self._sequence(x)
        y, (h,) = self._run(x, [self._start("h0", h0, x, batched)], batched)
        return y, h

    # --- shapes ---

    def _sequence(self, x: Any) -> tuple[Any, bool]:
        """x as (time, batch, input_size), and whether it had a batch axis."""
        x = as_array(x)
        name = type(self).__name__
        if x.ndim not in (2, 3):
            form = "(batch, time, {})" if self.batch_first else "(time, batch, {})"
            raise ValueError(
                f"{name} takes inputs of shape {form.format(self.input_size)} or "
                f"(time, {self.input_size}), got {x.shape}"
            )
        width(x, self.input_size, self)
        batched = x.ndim == 3
        if not batched:
            x = x.reshape((x.shape[0], 1, x.shape[1]))
        elif self.batch_first:
            x = x.transpose((1, 0, 2))
        if 0 in x.shape[:2]:
            raise ValueError(
                f"{name} needs at least one step and one sequence, got {x.shape[0]} steps of "
                f"{x.shape[1]} sequences"
            )
        return x, batched

    def _start(self, name: str, state: Any, x: Any, batched: bool) -> list[Any]:
        """The initial state of each layer and direction, (batch, hidden_size); zeros for None."""
        count = self.num_layers * self.directions
        if state is None:
            return [np.zeros((x.shape[1], self.hidden_size), dtype_of(x))] * count
        state = as_array(state)
        batch = (x.shape[1],) if batched else ()
        expected = (count, *batch, self.hidden_size)
        if state.shape != expected:
            raise ValueError(f"{name} must have shape {expected}, got {state.shape}")
        return [state[k] if batched else state[k].reshape((1, -1)) for k in range(count)]

    def _run(self, x: Any, states: list[list[Any]], batched: bool) -> tuple[Any, list[Any]]:
        """All layers: the output, and for each kind of state its last values."""
        last: list[list[Any]] = [[] for _ in states]
        for layer in range(self.num_layers):
            if layer and self.dropout:
                x = drop(x, self.dropout, self.training, self.rng)
            outputs = []
            for direction, suffix in enumerate(self._suffixes(layer)):
                k = layer * self.directions + direction
                h, ends = self.scan(
                    flip(x, 0) if direction else x, suffix, [state[k] for state in states]
                )
                outputs.append(flip(h, 0) if direction else h)
                for ending, found in zip(ends, last, strict=True):
                    found.append(ending)
            x = concatenate(outputs, -1) if self.bidirectional else outputs[0]
        ends = [stack(found) for found in last]
        if not batched:
            return x.reshape((len(x), -1)), [e.reshape((len(e), -1)) for e in ends]
        return (x.transpose((1, 0, 2)) if self.batch_first else x), ends

    def extra_repr(self) -> str:
        """The sizes, and what differs from the defaults."""
        text = f"{self.input_size}, {self.hidden_size}"
        for name, default in (
            ("num_layers", 1), ("bias", True), ("batch_first", False), ("dropout", 0.0),
            ("bidirectional", False), ("nonlinearity", "tanh"),
        ):  # fmt: skip
            if getattr(self, name, default) != default:
                text += f", {name}={getattr(self, name)!r}"
        return text


def both_biases(b_ih: Any, b_hh: Any) -> Any:
    """Both biases as one, where they are only added."""
    return None if b_ih is None else b_ih + b_hh


class RNN(Recurrent):
    """h[t] = tanh(W_ih x[t] + b_ih + W_hh h[t-1] + b_hh), in layers.

    Weights are PyTorch's: `weight_ih_l0` (hidden_size, input_size), `weight_hh_l0` (hidden_size,
    hidden_size), `bias_ih_l0`, `bias_hh_l0`; `_l1` … for further layers, with `_reverse` at the
    end for the other direction.  They start uniform between ±1/√hidden_size.

    Args:
        num_layers: each layer after the first reads the states of the one before.
        nonlinearity: "tanh" or "relu".
        bias: False leaves the biases out.
        batch_first: sequences are (batch, time, input_size), not (time, batch, input_size).
        dropout: drops numbers between layers, while training.
        bidirectional: a second set of weights reads each sequence from its end.
        rng: a Generator or a seed, for weights and dropout; default the shared generator.

    Raises:
        ValueError: a size below 1, dropout outside [0, 1], an unknown nonlinearity; in the call,
            a shape that does not fit, or no step at all.

    >>> h, last = RNN(2, 3, rng=0)([[1.0, 2.0], [3.0, 4.0]])
    >>> h.shape, last.shape
    ((2, 3), (1, 3))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        rng: Rng = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        one_of("nonlinearity", nonlinearity, "tanh", "relu")
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, rng,
            device, dtype,
        )  # fmt: skip
        self.nonlinearity = nonlinearity

    def scan(self, x: Any, suffix: str, states: list[Any]) -> tuple[Any, list[Any]]:
        w_ih, w_hh, b_ih, b_hh = self._weights(suffix)
        h = rnn_scan(linear(x, w_ih, both_biases(b_ih, b_hh)), w_hh, states[0], self.nonlinearity)
        return h, [h[-1]]


class GRU(Recurrent):
    """Gated recurrent unit: gates r and z, candidate n, state h = (1 - z) n + z h.

    n = tanh(W_in x + b_in + r (W_hn h + b_hn)), in PyTorch's form and order of gates (r, z, n):
    `weight_ih_l0` is (3 * hidden_size, input_size).  Arguments, shapes and errors are RNN's.

    >>> h, last = GRU(2, 3, rng=0)([[1.0, 2.0], [3.0, 4.0]])
    >>> h.shape, last.shape
    ((2, 3), (1, 3))
    """

    gates = 3

    def scan(self, x: Any, suffix: str, states: list[Any]) -> tuple[Any, list[Any]]:
        w_ih, w_hh, b_ih, b_hh = self._weights(suffix)
        if b_hh is None:
            b_hh = np.zeros(len(w_hh), dtype_of(w_hh))
        h = gru_scan(linear(x, w_ih, b_ih), w_hh, b_hh, states[0])[..., 4 * self.hidden_size :]
        return h, [h[-1]]


class LSTM(Recurrent):
    """Long short-term memory: c = f c + i g, h = o tanh(c), gates sigmoids of x and h.

    PyTorch's weights and order of gates (i, f, g, o): `weight_ih_l0` is (4 * hidden_size,
    input_size).  Arguments and errors are RNN's.

    >>> h, (last_h, last_c) = LSTM(2, 3, rng=0)([[1.0, 2.0], [3.0, 4.0]])
    >>> h.shape, last_h.shape, last_c.shape
    ((2, 3), (1, 3), (1, 3))
    """

    gates = 4

    def scan(self, x: Any, suffix: str, states: list[Any]) -> tuple[Any, list[Any]]:
        w_ih, w_hh, b_ih, b_hh = self._weights(suffix)
        n = self.hidden_size
        y = lstm_scan(linear(x, w_ih, both_biases(b_ih, b_hh)), w_hh, *states)
        h = y[..., 5 * n :]
        return h, [h[-1], y[-1, :, 4 * n : 5 * n]]

    def forward(self, x: Any, states: Any = None) -> tuple[Any, tuple[Any, Any]]:
        """Output (time, batch, directions * hidden_size), and the last (h, c).

        Args:
            states: the pair (h0, c0), each (layers * directions, batch, hidden_size); zeros by
                default.  Without a batch axis in x there is none anywhere.

        Raises:
            TypeError: states is no pair.
        """
        x, batched = self._sequence(x)
        if states is None:
            states = (None, None)
        elif not isinstance(states, tuple | list) or len(states) != 2:
            raise TypeError(f"states must be the pair (h0, c0), got {type(states).__name__}")
        start = [self._start(n, s, x, batched) for n, s in zip(("h0", "c0"), states, strict=True)]
        y, (h, c) = self._run(x, start, batched)
        return y, (h, c)
