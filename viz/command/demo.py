"""`twingrad demo`: one network on both tiers, every gradient compared; then trained; and drawn."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any, TextIO

import numpy as np

import engine
import nn
from engine import Value
from engine.checking import relative, ulps
from nn.datasets import digits_split

from ..monitoring import History
from . import demo_pictures

SIZES = (64, 12, 10)  # the network that is compared weight by weight
IMAGES = 4
TRAINED_SIZES = (64, 128, 10)
EPOCHS = 40
BATCH = 48
TIER_BOUND, FINITE_BOUND = 1e-12, 1e-7  # relative to a parameter's largest gradient
ACCURACY = 0.95
STEP = 6e-6  # of finite differences: about the cube root of float64's precision

loss_of = nn.CrossEntropyLoss()


def run(folder: Path, seed: int = 0, epochs: int = EPOCHS, out: TextIO | None = None) -> int:
    """The whole demonstration, printed as it goes.

    Args:
        folder: where pictures go; made if it is not there.
        seed: of the split, the weights and the order of training; the same seed, the same numbers.
        epochs: how often training sees every digit.
        out: where text goes; default the standard output.

    Returns:
        0 if all gradients agree, at least 95 % of the held-out digits are recognized, and the
        pictures could be drawn; else 1.

    Raises:
        OSError: folder cannot be written to.
    """
    out = sys.stdout if out is None else out
    _make_writable(folder)
    problems = []
    if not compare_tiers(seed, out):
        problems.append("gradients differ")
    trained = Training(seed, epochs, out)
    if trained.accuracy < ACCURACY:
        problems.append(
            f"only {trained.accuracy:.1%} of the held-out digits, {ACCURACY:.0%} were asked"
        )
    problems += demo_pictures.save(folder, trained, out)
    print(f"NOT as it should be: {'; '.join(problems)}." if problems else "All as it should be.",
          f"Open {folder / 'index.html'} in a browser to see it.", file=out)  # fmt: skip
    return 1 if problems else 0


def _make_writable(folder: Path) -> None:
    """Make the folder, and find out before the work, not after, whether files can go there."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:  # its own message names the temporary file
        raise OSError(error.errno, error.strerror, str(folder)) from None


# --- 1: every gradient, three ways ---


def finite_differences(model: nn.Module, x: Any, labels: np.ndarray) -> list[np.ndarray]:
    """The loss's slope along every weight, by central differences."""

    def loss_at(parameter: Any, index: tuple[int, ...], number: float) -> float:
        array = np.array(parameter.data)
        array[index] = number
        parameter.data = array
        return float(loss_of(model(x), labels).item())

    slopes = []
    with engine.no_grad():
        for parameter in model.parameters():
            before = parameter.data
            slope = np.zeros(parameter.shape)
            for index in np.ndindex(parameter.shape):
                above = loss_at(parameter, index, before[index] + STEP)
                below = loss_at(parameter, index, before[index] - STEP)
                slope[index] = (above - below) / (2 * STEP)
                parameter.data = before
            slopes.append(slope)
    return slopes


def compare_tiers(seed: int, out: TextIO) -> bool:
    """Print how the gradient of every weight compares; whether all agree."""
    x, labels, _, _ = digits_split(seed=seed)
    x, labels = x[:IMAGES], labels[:IMAGES]
    model = nn.MLP(SIZES, nn.Tanh, rng=seed)
    scalar = model.scalar()  # the same weights, a Value for each number, the same forward code
    count = sum(p.size for p in model.parameters())

    tensor_loss = loss_of(model(x), labels)
    tensor_loss.backward()
    value_loss: Value = loss_of(scalar(x), labels)
    value_loss.backward()
    slopes = finite_differences(model, x, labels)

    many, few = len(engine.toposort(value_loss)), len(engine.toposort(tensor_loss))
    print(f"1. One network, two engines (seed {seed})\n", file=out)
    print(f"   {_arrows(SIZES)} with tanh, {count} weights, {IMAGES} handwritten digits", file=out)
    print(f"   loss on Values   {value_loss.data!r:<20}  {many:>5,} nodes, a number each", file=out)
    print(f"   loss on Tensors  {tensor_loss.item()!r:<20}  {few:>5,} nodes, an array each\n",
          file=out)  # fmt: skip
    print("   gradient of            shape    largest difference    largest difference", file=out)
    print("                                    Value ~ Tensor        ~ finite difference\n",
          file=out)  # fmt: skip
    good = True
    twins = zip(model.named_parameters(), scalar.parameters(), slopes, strict=True)
    for (name, tensor), value, slope in twins:
        scale = float(np.abs(tensor.grad).max())
        tiers = float(relative(value.grad, tensor.grad, scale).max())
        units = float(ulps(value.grad, tensor.grad, scale).max())
        finite = float(relative(tensor.grad, slope, scale).max())
        ok = tiers <= TIER_BOUND and finite <= FINITE_BOUND
        good = good and ok
        shape = "×".join(map(str, tensor.shape))
        distance = f"{tiers:.1e} ({units:.0f} ulp)"
        print(f"   {name:<19}{shape:>9}    {distance:<20}  {finite:<19.1e}  "
              f"{'ok' if ok else 'DIFFERS'}", file=out)  # fmt: skip
    verdict = "agree" if good else "DO NOT AGREE"
    print(f"\n   All {count} gradients, three ways: they {verdict}.\n", file=out)
    return good


def _arrows(sizes: tuple[int, ...]) -> str:
    return " → ".join(map(str, sizes))


# --- 2: training ---


class Training:
    """Trains the Tensor network, printing as it goes.

    Attributes:
        model: the network, trained.
        history: what happened on the way, a `viz.History`.
        images, labels, guesses: the digits held out, what they are, what the network said.
        accuracy: the part it got right.
    """

    def __init__(self, seed: int, epochs: int, out: TextIO) -> None:
        x, labels, self.images, self.labels = digits_split(seed=seed)
        rng = np.random.default_rng(seed)
        self.model = nn.MLP(TRAINED_SIZES, nn.ReLU, rng=rng)
        self.history = History(every=10)
        print(f"2. Training on Tensors\n\n   {_arrows(TRAINED_SIZES)} with relu, {len(x)} digits, "
              "Adam\n", file=out)  # fmt: skip
        started = time.perf_counter()
        self._fit(nn.TensorDataset(x, labels), epochs, rng, out)
        seconds = time.perf_counter() - started
        with engine.no_grad():
            self.guesses = self.model(self.images).numpy().argmax(axis=1)
        right = self.guesses == self.labels
        self.accuracy = float(right.mean())
        print(f"\n   {right.sum()} of {len(right)} digits it has never seen are recognized: "
              f"{self.accuracy:.1%}, after {seconds:.1f} s\n", file=out)  # fmt: skip
        first_of_each = np.sort(np.unique(self.labels, return_index=True)[1])
        some = [*first_of_each[:3], *np.flatnonzero(~right)[:1]]
        show_digits(self.images[some], self.guesses[some], self.labels[some], out)

    def _fit(self, digits: nn.Dataset, epochs: int, rng: np.random.Generator, out: TextIO) -> None:
        optimizer = nn.Adam(self.model.parameters(), lr=5e-3)
        slower = nn.LambdaLR(optimizer, lambda epoch: 1 - epoch / epochs)
        held_out = nn.DataLoader((self.images, self.labels), batch_size=len(self.labels))
        nn.fit(
            self.model,
            loss_of,
            optimizer,
            nn.DataLoader(digits, batch_size=BATCH, shuffle=True, rng=rng),
            epochs,
            validation=held_out,
            metrics={"accuracy": nn.accuracy},
            callbacks=[nn.StepSchedule(slower), self.history, Bar(epochs, out)],
            progress=False,
        )


class Bar(nn.Callback):
    """One bar for the whole run where someone is watching, else a line at every quarter."""

    def __init__(self, epochs: int, out: TextIO) -> None:
        self.epochs = epochs
        self.out = out
        self.watched = out.isatty()

    def after_epoch(self, run: nn.callbacks.Run) -> None:
        """Show how far it has come, and how it goes."""
        row = run.history.rows[-1]
        said = f"loss {row['loss']:.4f}, held-out accuracy {row['validation_accuracy']:.1%}"
        i, total = row["epoch"], self.epochs
        if self.watched:
            bar = "█" * (30 * i // total)
            print(f"\r   {bar:░<30} {i}/{total}  {said:<50}", end="", file=self.out, flush=True)
        elif 4 * i // total > 4 * (i - 1) // total:
            print(f"   epoch {i:>{len(str(total))}}/{total}  {said}", file=self.out, flush=True)

    def end(self, run: nn.callbacks.Run) -> None:
        """Leave the bar's line."""
        if self.watched:
            print(file=self.out)


def show_digits(x: np.ndarray, guesses: np.ndarray, labels: np.ndarray, out: TextIO) -> None:
    """Print images of 8 × 8 side by side, each with what was recognized."""
    shades = np.array(list(" ░▒▓█"))
    images = shades[np.minimum((x * 5).astype(int), 4)].reshape(-1, 8, 8)
    for row in range(8):
        print("   " + "   ".join("".join(np.repeat(image[row], 2)) for image in images), file=out)
    words = [
        f"{guess}, right" if guess == label else f"{guess}, but is {label}"
        for guess, label in zip(guesses, labels, strict=True)
    ]
    print("   " + "   ".join(f"{word:^16}" for word in words) + "\n", file=out)
