"""The adding problem: an LSTM or GRU remembers two numbers over many steps, and adds them.

    python -m nn.examples.adding

Each step brings a number between 0 and 1 and a mark, which is 1 at two places and 0 elsewhere;
at the end the sum of the two marked numbers is asked for.  Whoever always answers 1 has a mean
squared error of 1/6; a network must carry what it saw over the whole length to do better.  (The
task is Hochreiter and Schmidhuber's, "Long short-term memory", 1997.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

import nn

#: The mean squared error of always answering 1: the variance of a sum of two uniform numbers.
ALWAYS_ONE = 1 / 6

KINDS: dict[str, Any] = {"LSTM": nn.LSTM, "GRU": nn.GRU}


def problem(count: int, length: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Sequences (count, length, 2) of numbers and marks, and sums (count, 1).

    >>> x, y = problem(1, 4, np.random.default_rng(0))
    >>> x.shape, bool(np.isclose((x[0, :, 0] * x[0, :, 1]).sum(), y[0, 0])), x[0, :, 1].sum()
    ((1, 4, 2), True, np.float64(2.0))
    """
    numbers = rng.random((count, length))
    marks = np.zeros((count, length))
    rows = np.arange(count)
    half = length // 2
    marks[rows, rng.integers(0, half, count)] = 1  # one mark in each half
    marks[rows, rng.integers(half, length, count)] = 1
    return np.stack([numbers, marks], axis=-1), (numbers * marks).sum(axis=1, keepdims=True)


class Adder(nn.Module):
    """Sequences (batch, time, 2) to one number each (batch, 1)."""

    def __init__(self, kind: str, hidden: int) -> None:
        self.memory = KINDS[kind](2, hidden, batch_first=True)
        self.readout = nn.Linear(hidden, 1)
        if kind == "LSTM":  # remember, to begin with: the bias of the forget gate
            bias = self.memory.bias_ih_l0.numpy().copy()
            bias[hidden : 2 * hidden] = 1
            self.memory.bias_ih_l0.data = bias

    def forward(self, x: Any) -> Any:
        """What is known after the last step, read out."""
        states, _ = self.memory(x)
        return self.readout(states[:, -1])


def main(
    kind: str = "LSTM",
    length: int = 50,
    epochs: int = 20,
    count: int = 5000,
    hidden: int = 32,
    batch_size: int = 50,
    seed: int = 0,
    progress: bool = True,
) -> dict[str, float]:
    """Train; return the mean squared errors: in training, on new sequences, and of answering 1."""
    nn.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = Adder(kind, hidden)
    loader = nn.DataLoader(problem(count, length, rng), batch_size, shuffle=True)
    x, y = problem(1000, length, rng)
    optimizer = nn.Adam(model.parameters(), lr=0.005)
    schedule = nn.CosineAnnealingLR(optimizer, epochs * len(loader))
    history = nn.fit(
        model, nn.MSELoss(), optimizer, loader, epochs,
        validation=nn.DataLoader((x, y), len(x)),
        callbacks=[nn.StepSchedule(schedule, every="batch"), nn.ClipGradNorm(1.0)],
        progress=progress,
    )  # fmt: skip
    return {
        "train": history.rows[-1]["loss"],
        "new": history.rows[-1]["validation_loss"],
        "always_one": float(np.mean((y - 1) ** 2)),
    }


if __name__ == "__main__":
    for kind in KINDS:
        found = main(kind)
        print(f"{kind}: mean squared error {found['new']:.5f}, always 1: {found['always_one']:.5f}")
