"""One step of a recurrence, for loops of one's own: `RNNCell`, `LSTMCell`, `GRUCell`.

Each is the scan of its layer over a sequence of one step, with PyTorch's names of the weights.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..checks import as_array, at_least, dtype_of, one_of, rank, width
from ..module import Module
from ..parameter import Parameter
from ..random import Rng, generator
from .linear import linear
from .recurrent import both_biases
from .scans import gru_scan, lstm_scan, rnn_scan


class _Cell(Module):
    """What the cells share: the weights, and states that are zeros where none are given."""

    weight_ih: Any
    weight_hh: Any
    bias_ih: Any
    bias_hh: Any
    _gates = 1  # how many blocks of hidden_size rows a weight has

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        rng: Rng = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        at_least(1, input_size=input_size, hidden_size=hidden_size)
        self.input_size = input_size
        self.hidden_size = hidden_size
        draw = generator(rng)
        bound, rows = 1 / math.sqrt(hidden_size), self._gates * hidden_size
        self.weight_ih = Parameter(draw.uniform(-bound, bound, (rows, input_size)))
        self.weight_hh = Parameter(draw.uniform(-bound, bound, (rows, hidden_size)))
        self.bias_ih = Parameter(draw.uniform(-bound, bound, rows)) if bias else None
        self.bias_hh = Parameter(draw.uniform(-bound, bound, rows)) if bias else None
        self.to(device, dtype)

    def _input(self, x: Any) -> Any:
        x = as_array(x)
        n = self.input_size
        rank(x, (1, 2), f"(batch, {n}) or ({n},)", self)
        width(x, n, self)
        return x

    def _state(self, name: str, state: Any, x: Any) -> Any:
        """A state as (batch, hidden_size); zeros for None."""
        expected = (*x.shape[:-1], self.hidden_size)
        state = np.zeros(expected, dtype_of(x)) if state is None else as_array(state)
        if state.shape != expected:
            raise ValueError(f"{name} must have shape {expected}, got {state.shape}")
        return state.reshape((-1, self.hidden_size))

    def _step(self, x: Any, bias: Any) -> Any:
        """What the input adds, as a sequence (time, batch, …) of one step."""
        y = linear(x, self.weight_ih, bias)
        return y.reshape((1, -1, y.shape[-1]))

    def extra_repr(self) -> str:
        """The sizes, and what differs from the defaults."""
        bias = ", bias=False" if self.bias_ih is None else ""
        nonlinearity = getattr(self, "nonlinearity", "tanh")
        other = f", nonlinearity={nonlinearity!r}" if nonlinearity != "tanh" else ""
        return f"{self.input_size}, {self.hidden_size}{bias}{other}"


class RNNCell(_Cell):
    """h′ = tanh(W_ih x + b_ih + W_hh h + b_hh).

    Weights are PyTorch's: `weight_ih` (hidden_size, input_size), `weight_hh` (hidden_size,
    hidden_size), `bias_ih`, `bias_hh`; they start uniform between ±1/√hidden_size.

    Args:
        bias: False leaves the biases out.
        nonlinearity: "tanh" or "relu".
        rng: a Generator or a seed; default the shared generator.

    Raises:
        ValueError: a size below 1, an unknown nonlinearity; in the call, a shape that does not fit.

    >>> cell, h = RNNCell(2, 3, rng=0), None
    >>> for x in np.ones((4, 5, 2)):
    ...     h = cell(x, h)
    >>> h.shape
    (5, 3)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        rng: Rng = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        one_of("nonlinearity", nonlinearity, "tanh", "relu")
        super().__init__(input_size, hidden_size, bias, rng, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, x: Any, h: Any = None) -> Any:
        """The next state, (batch, hidden_size), of x (batch, input_size) and h; or without batch.

        h is zeros by default.
        """
        x = self._input(x)
        step, h = self._step(x, both_biases(self.bias_ih, self.bias_hh)), self._state("h", h, x)
        y = rnn_scan(step, self.weight_hh, h, self.nonlinearity)
        return y.reshape((*x.shape[:-1], self.hidden_size))


class GRUCell(_Cell):
    """Gates r and z, candidate n, state h′ = (1 - z) n + z h; blocks of the weights are r, z, n.

    `weight_ih` is (3 * hidden_size, input_size).  Arguments, shapes and errors are RNNCell's.

    >>> GRUCell(2, 3, rng=0)([1.0, 2.0]).shape
    (3,)
    """

    _gates = 3

    def forward(self, x: Any, h: Any = None) -> Any:
        """The next state, of h's shape; zeros are what it starts from by default."""
        x = self._input(x)
        h = self._state("h", h, x)
        bias = np.zeros(len(self.weight_hh), dtype_of(x)) if self.bias_hh is None else self.bias_hh
        y = gru_scan(self._step(x, self.bias_ih), self.weight_hh, bias, h)
        return y[..., 4 * self.hidden_size :].reshape((*x.shape[:-1], self.hidden_size))


class LSTMCell(_Cell):
    """c′ = f c + i g, h′ = o tanh(c′), gates sigmoids of x and h; blocks are i, f, g, o.

    `weight_ih` is (4 * hidden_size, input_size).  Arguments, shapes and errors are RNNCell's.

    >>> h, c = LSTMCell(2, 3, rng=0)([[1.0, 2.0]])
    >>> h.shape, c.shape
    ((1, 3), (1, 3))
    """

    _gates = 4

    def forward(self, x: Any, states: Any = None) -> tuple[Any, Any]:
        """The next (h, c), each (batch, hidden_size); the pair is zeros by default.

        Raises:
            TypeError: states is no pair.
        """
        x = self._input(x)
        if states is None:
            states = (None, None)
        elif not isinstance(states, tuple | list) or len(states) != 2:
            raise TypeError(f"states must be the pair (h, c), got {type(states).__name__}")
        h, c = (self._state(name, s, x) for name, s in zip(("h", "c"), states, strict=True))
        y = lstm_scan(self._step(x, both_biases(self.bias_ih, self.bias_hh)), self.weight_hh, h, c)
        n, shape = self.hidden_size, (*x.shape[:-1], self.hidden_size)
        return y[..., 5 * n :].reshape(shape), y[..., 4 * n : 5 * n].reshape(shape)
