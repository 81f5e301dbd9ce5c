"""Notebook 17: the lines of a batch norm beside those by hand, and networks that learn by heart."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import nn
from engine import Tensor
from viz import History
from viz.plots import CYCLE, LEGEND, figure_with

# --- a deep network, with and without ---


def train_deep(std: float, normalized: bool, x: np.ndarray, labels: np.ndarray) -> History:
    """Eight tanh layers of 64 units, a batch norm before each if `normalized`, trained on digits.

    Args:
        std: the deviation of the first weights; biases start at 0.
        x, labels: shapes (n, 64) and (n,).
    """
    rng = np.random.default_rng(0)
    layers: list[nn.Module] = []
    for _ in range(8):
        layers += [nn.Linear(64, 64), *[nn.BatchNorm1d(64)] * normalized, nn.Tanh()]
    model = nn.Sequential(*layers, nn.Linear(64, 10))
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=std, rng=rng)
            nn.init.zeros_(layer.bias)
    history = History(every=5)
    loader = nn.DataLoader((x, labels), batch_size=50, shuffle=True, rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.03)
    nn.fit(
        model, nn.CrossEntropyLoss(), optimizer, loader, 8, callbacks=[history], progress=False
    )  # fmt: skip
    return history


# --- by hand, and by the engine ---


class Lines:
    """The lines of a batch norm on Tensors, each kept under its name, to look at their gradients.

    Attributes:
        x, gain, bias, mean, centered, variance, inverse, normal, y: the lines.
    """

    def __init__(self, x: Any, gain: Any, bias: Any, eps: float) -> None:
        self.x, self.gain, self.bias = (
            Tensor(numbers, requires_grad=True, label=name)
            for numbers, name in ((x, "x"), (gain, "gain"), (bias, "bias"))
        )
        self.mean = self.x.mean(0)
        self.centered = self.x - self.mean
        self.variance = (self.centered**2).mean(0)
        self.inverse = (self.variance + eps) ** -0.5
        self.normal = self.centered * self.inverse
        self.y = self.normal * self.gain + self.bias


@dataclass(frozen=True)
class Row:
    """How far a gradient by hand is from the engine's."""

    name: str
    shape: tuple[int, ...]
    error: float

    def __str__(self) -> str:
        said = "agrees" if self.error < 1e-9 else f"off by {self.error:.2g}"
        return f"{self.name:10}{self.shape!s:9}{said}"


class Agreement(list[Row]):
    """A row for each line; a table when it is shown."""

    def __repr__(self) -> str:
        return "\n".join(map(str, self))


def agreement(by_hand: Mapping[str, Any], lines: Lines) -> Agreement:
    """Gradients by hand beside those that backward has left in `lines`.

    Args:
        by_hand: by name of the line.

    Raises:
        ValueError: a gradient has another shape than its line.
    """
    rows = Agreement()
    for name, gradient in by_hand.items():
        expected = getattr(lines, name).grad
        if np.shape(gradient) != expected.shape:
            raise ValueError(
                f"the gradient of {name} must have shape {expected.shape}, got {np.shape(gradient)}"
            )
        rows.append(Row(name, expected.shape, float(np.abs(gradient - expected).max())))
    return rows


# --- learning by heart ---


def few_digits(count: int, wrong: float) -> tuple[np.ndarray, ...]:
    """`count` digits and their labels, a part of them `wrong`; then the held-out ones and theirs.

    >>> x, labels, held_out, theirs = few_digits(150, wrong=0.2)
    >>> x.shape, held_out.shape
    ((150, 64), (359, 64))
    """
    x, labels, held_out, theirs = nn.datasets.digits_split(0.2, seed=0)
    x, labels = x[:count], labels[:count].copy()
    rng = np.random.default_rng(0)
    which = rng.permutation(count)[: round(wrong * count)]
    labels[which] = (labels[which] + rng.integers(1, 10, len(which))) % 10
    return x, labels, held_out, theirs


KINDS = ("plain", "weight decay", "dropout", "batch norm")


@functools.cache
def train_few(kind: str, epochs: int = 80) -> nn.EpochHistory:
    """A network with two hidden layers, trained on 150 digits with one of `KINDS`.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}; got {kind!r:.60}")
    layers: list[nn.Module] = []
    for i, inputs in enumerate((64, 128)):
        layers.append(nn.Linear(inputs, 128, rng=i))
        if kind == "batch norm":
            layers.append(nn.BatchNorm1d(128))
        layers.append(nn.ReLU())
        if kind == "dropout":
            layers.append(nn.Dropout(0.5, rng=10 + i))
    model = nn.Sequential(*layers, nn.Linear(128, 10, rng=2))
    x, labels, held_out, theirs = few_digits(150, wrong=0.2)
    decay = 1.0 if kind == "weight decay" else 0.0
    return nn.fit(
        model, nn.CrossEntropyLoss(), nn.AdamW(model.parameters(), lr=0.003, weight_decay=decay),
        nn.DataLoader((x, labels), 30, shuffle=True, rng=0), epochs,
        validation=nn.DataLoader((held_out, theirs), len(theirs)),
        metrics={"accuracy": nn.accuracy}, progress=False,
    )  # fmt: skip


def show_curves(histories: Mapping[str, nn.EpochHistory]) -> Any:
    """The loss in training and on held-out digits, an axes for each run; the figure."""
    columns = len(histories)
    figure, axes = figure_with(1, columns, (max(2.5 * columns, 4.5), 3.3))
    for ax, (kind, history) in zip(axes[0], histories.items(), strict=True):
        for name, key, colour, line in (
            ("in training", "loss", CYCLE[0], "-"), ("held out", "validation_loss", CYCLE[1], "--"),
        ):  # fmt: skip
            ax.plot(history[key], line, color=colour, label=name)
        hit = history["validation_accuracy"][-1]
        ax.set(title=f"{kind}\nheld out: {hit:.0%} right", xlabel="epoch", ylim=(0.0, 2.4))
        ax.label_outer()
    axes[0][0].set_ylabel("loss")
    axes[0][0].legend(**LEGEND)
    return figure
