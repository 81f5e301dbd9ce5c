"""`twingrad demo`: one network on both tiers, every gradient compared; then trained; and drawn."""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np

import engine
from engine import Tensor, Value, ValueArray
from engine.distance import relative, ulps
from nn.datasets import digits_split

from .picture import draw
from .render import RenderError

__all__ = ["run"]

SIZES = (64, 12, 10)  # the network that is compared weight by weight
IMAGES = 4
TRAINED_SIZES = (64, 128, 10)
EPOCHS = 40
BATCH = 48
NOISE = 0.2  # added to the pixels (0 to 1), so that training does not learn them by heart
TIER_BOUND, FINITE_BOUND = 1e-12, 1e-7  # relative to a parameter's largest gradient
ACCURACY = 0.95
STEP = 6e-6  # of finite differences: about the cube root of float64's precision

Weights = list[Any]


def run(folder: Path, seed: int = 0, epochs: int = EPOCHS, out: TextIO | None = None) -> int:
    """The whole demonstration, printed as it goes.

    Args:
        folder: where pictures go; made if it is not there.
        seed: of the split, the weights and the order of training; the same seed, the same numbers.
        epochs: how often training sees every digit.
        out: where text goes; default the standard output.

    Returns:
        0 if all gradients agree, at least 95 % of the held-out digits are recognized, and the
        picture could be drawn; else 1.

    Raises:
        OSError: folder cannot be written to.
    """
    out = sys.stdout if out is None else out
    _make_writable(folder)
    problems = []
    if not compare_tiers(seed, out):
        problems.append("gradients differ")
    accuracy = train(seed, epochs, out)
    if accuracy < ACCURACY:
        problems.append(f"only {accuracy:.1%} of the held-out digits, {ACCURACY:.0%} were asked")
    if not save_picture(folder, out):
        problems.append("no picture")
    print(f"NOT as it should be: {'; '.join(problems)}." if problems else "All as it should be.",
          file=out)  # fmt: skip
    return 1 if problems else 0


def _make_writable(folder: Path) -> None:
    """Make the folder, and find out before the work, not after, whether files can go there."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:  # its own message names the temporary file
        raise OSError(error.errno, error.strerror, str(folder)) from None


# --- the network, written once ---


def initial_weights(sizes: tuple[int, ...], rng: np.random.Generator) -> list[np.ndarray]:
    """Weight (inputs, outputs) and bias (outputs,) of each layer; Glorot's scale."""
    weights = []
    for inputs, outputs in itertools.pairwise(sizes):
        bound = np.sqrt(6 / (inputs + outputs))
        weights += [rng.uniform(-bound, bound, (inputs, outputs)), np.zeros(outputs)]
    return weights


def outputs_of(weights: Weights, x: Any, activation: Any = engine.tanh) -> Any:
    """The network's last layer before softmax: (batch, classes)."""
    *hidden, last_weight, last_bias = weights
    for weight, bias in zip(hidden[::2], hidden[1::2], strict=True):
        x = activation(x @ weight + bias)
    return x @ last_weight + last_bias


def loss_of(weights: Weights, x: Any, labels: np.ndarray, activation: Any = engine.tanh) -> Any:
    """Mean cross entropy; the same code runs on arrays, Tensors and Values."""
    log_probabilities = engine.log_softmax(outputs_of(weights, x, activation), axis=-1)
    return -log_probabilities[np.arange(len(labels)), labels].mean()


# --- 1: every gradient, three ways ---


def finite_differences(arrays: list[np.ndarray], x: np.ndarray, labels: np.ndarray) -> Weights:
    """The loss's slope along every weight, by central differences on plain arrays."""
    slopes = []
    for array in arrays:
        slope = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            before = array[index]
            array[index] = before + STEP
            above = loss_of(arrays, x, labels)
            array[index] = before - STEP
            below = loss_of(arrays, x, labels)
            array[index] = before
            slope[index] = (above - below) / (2 * STEP)
        slopes.append(slope)
    return slopes


def compare_tiers(seed: int, out: TextIO) -> bool:
    """Print how the gradient of every weight compares; whether all agree."""
    x, labels, _, _ = digits_split(seed=seed)
    x, labels = x[:IMAGES], labels[:IMAGES]
    arrays = initial_weights(SIZES, np.random.default_rng(seed))
    count = sum(array.size for array in arrays)

    tensors = [Tensor(array, requires_grad=True) for array in arrays]
    tensor_loss = loss_of(tensors, x, labels)
    tensor_loss.backward()
    values = [ValueArray.of(array) for array in arrays]
    value_loss: Value = loss_of(values, x, labels)
    value_loss.backward()
    slopes = finite_differences(arrays, x, labels)

    many, few = len(engine.toposort(value_loss)), len(engine.toposort(tensor_loss))
    print(f"1. One network, two engines (seed {seed})\n", file=out)
    print(f"   {_arrows(SIZES)} with tanh, {count} weights, {IMAGES} handwritten digits", file=out)
    print(f"   loss on Values   {value_loss.data!r:<20}  {many:>5,} nodes, a number each", file=out)
    print(f"   loss on Tensors  {tensor_loss.item()!r:<20}  {few:>5,} nodes, an array each\n",
          file=out)  # fmt: skip
    print("   gradient of         shape    largest difference    largest difference", file=out)
    print("                                 Value ~ Tensor        ~ finite difference\n", file=out)
    good = True
    for i, (tensor, value, slope) in enumerate(zip(tensors, values, slopes, strict=True)):
        scale = float(np.abs(tensor.grad).max())
        tiers = float(relative(value.grad, tensor.grad, scale).max())
        units = float(ulps(value.grad, tensor.grad, scale).max())
        finite = float(relative(tensor.grad, slope, scale).max())
        ok = tiers <= TIER_BOUND and finite <= FINITE_BOUND
        good = good and ok
        name = f"layer {i // 2} {'bias' if i % 2 else 'weight'}"
        shape = "×".join(map(str, tensor.shape))
        distance = f"{tiers:.1e} ({units:.0f} ulp)"
        print(f"   {name:<16}{shape:>9}    {distance:<20}  {finite:<19.1e}  "
              f"{'ok' if ok else 'DIFFERS'}", file=out)  # fmt: skip
    verdict = "agree" if good else "DO NOT AGREE"
    print(f"\n   All {count} gradients, three ways: they {verdict}.\n", file=out)
    return good


def _arrows(sizes: tuple[int, ...]) -> str:
    return " → ".join(map(str, sizes))


# --- 2: training ---


class Adam:
    """Adam (Kingma and Ba, 2015), with its usual constants."""

    def __init__(self, weights: list[Tensor], lr: float = 0.005) -> None:
        self.weights, self.lr, self.t = weights, lr, 0
        self.m = [np.zeros(w.shape) for w in weights]
        self.v = [np.zeros(w.shape) for w in weights]

    def step(self, pace: float = 1.0) -> None:
        """Move every weight against its gradient, `pace` times as far as usual."""
        self.t += 1
        lr = pace * self.lr
        for weight, m, v in zip(self.weights, self.m, self.v, strict=True):
            m += 0.1 * (weight.grad - m)
            v += 0.001 * (weight.grad**2 - v)
            size = np.sqrt(v / (1 - 0.999**self.t)) + 1e-8
            weight.data -= lr * (m / (1 - 0.9**self.t)) / size


def train(seed: int, epochs: int, out: TextIO) -> float:
    """Train the Tensor network; its accuracy on digits it has not seen."""
    x, labels, x_test, labels_test = digits_split(seed=seed)
    rng = np.random.default_rng(seed)
    weights = [Tensor(a, requires_grad=True) for a in initial_weights(TRAINED_SIZES, rng)]
    adam = Adam(weights)
    print(
        f"2. Training on Tensors\n\n   {_arrows(TRAINED_SIZES)} with relu, {len(x)} digits, Adam\n",
        file=out,
    )
    started = time.perf_counter()
    for epoch, note in enumerate(progress(epochs, out)):
        losses = []
        for batch in np.array_split(rng.permutation(len(x)), len(x) // BATCH):
            noisy = x[batch] + rng.normal(0, NOISE, (len(batch), x.shape[1]))
            loss = loss_of(weights, noisy, labels[batch], engine.relu)
            for weight in weights:
                weight.zero_grad()
            loss.backward()
            adam.step(pace=1 - epoch / epochs)
            losses.append(loss.item())
        guesses = outputs_of([w.numpy() for w in weights], x_test, engine.relu).argmax(axis=1)
        right = guesses == labels_test
        note(f"loss {np.mean(losses):.4f}, held-out accuracy {right.mean():.1%}")
    seconds = time.perf_counter() - started
    print(f"\n   {right.sum()} of {len(x_test)} digits it has never seen are recognized: "
          f"{right.mean():.1%}, after {seconds:.1f} s\n", file=out)  # fmt: skip
    first_of_each = np.sort(np.unique(labels_test, return_index=True)[1])
    some = [*first_of_each[:3], *np.flatnonzero(~right)[:1]]
    show_digits(x_test[some], guesses[some], labels_test[some], out)
    return float(right.mean())


def progress(total: int, out: TextIO) -> Iterator[Callable[[str], None]]:
    """Count to `total`: a bar where someone is watching, else a line at every quarter.

    Each turn is given a function to say with how it went.
    """
    watched = out.isatty()
    said = ""

    def note(text: str) -> None:
        nonlocal said
        said = text

    for i in range(1, total + 1):
        yield note
        if watched:
            bar = "█" * (30 * i // total)
            print(f"\r   {bar:░<30} {i}/{total}  {said:<50}", end="", file=out, flush=True)
        elif 4 * i // total > 4 * (i - 1) // total:
            print(f"   epoch {i:>{len(str(total))}}/{total}  {said}", file=out, flush=True)
    if watched:
        print(file=out)


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


# --- 3: a picture ---


def save_picture(folder: Path, out: TextIO) -> bool:
    """Draw the graph of an expression, after backward; whether it could be drawn."""
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(6.5, label="c")
    y = (a * b + c).tanh() ** 2 + a * a
    y.label = "y"
    y.backward()
    picture = draw(y)
    print("3. A picture of y = tanh(a*b + c)**2 + a*a and its gradients\n", file=out)
    good = True
    for suffix in ("svg", "png", "dot"):
        try:
            print(f"   {picture.save(folder / f'expression.{suffix}')}", file=out)
        except RenderError as error:
            print(f"   no {suffix}: {error}", file=out)
            good = False
    print(file=out)
    return good
