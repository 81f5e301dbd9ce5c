"""`twingrad demo`: one network on both tiers, every gradient compared; then trained; and drawn."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np

import engine
from engine import Tensor, Value, ValueArray
from engine.compare import relative, ulps
from nn.datasets import digits_split

from .picture import draw
from .render import RenderError

__all__ = ["run"]

SIZES = (64, 10, 10)  # the network that is compared weight by weight
TRAINED_SIZES = (64, 64, 10)  # the network that is trained
TIER_BOUND, FINITE_BOUND, ACCURACY = 1e-10, 1e-5, 0.95

Weights = list[Any]


def initial_weights(sizes: tuple[int, ...], rng: np.random.Generator) -> list[np.ndarray]:
    """Weight (inputs, outputs) and bias (outputs,) of each layer; Glorot's scale."""
    weights = []
    for inputs, outputs in itertools.pairwise(sizes):
        bound = np.sqrt(6 / (inputs + outputs))
        weights += [rng.uniform(-bound, bound, (inputs, outputs)), np.zeros(outputs)]
    return weights


def loss_of(weights: Weights, x: Any, labels: np.ndarray) -> Any:
    """Mean cross entropy of a tanh network; the same code runs on either tier."""
    log_probabilities = engine.log_softmax(outputs_of(weights, x), axis=-1)
    return -log_probabilities[np.arange(len(labels)), labels].mean()


def outputs_of(weights: Weights, x: Any) -> Any:
    """The network's last layer before softmax: (batch, classes)."""
    *hidden, last_weight, last_bias = weights
    for weight, bias in zip(hidden[::2], hidden[1::2], strict=True):
        x = engine.tanh(x @ weight + bias)
    return x @ last_weight + last_bias


def finite_differences(arrays: list[np.ndarray], x: np.ndarray, labels: np.ndarray) -> Weights:
    """The loss's slope along every weight, by central differences."""
    slopes = []
    for array in arrays:
        slope = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            before = array[index]
            h = 6e-6
            array[index] = before + h
            above = loss_of(arrays, x, labels)
            array[index] = before - h
            below = loss_of(arrays, x, labels)
            array[index] = before
            slope[index] = (above - below) / (2 * h)
        slopes.append(slope)
    return slopes


def compare_tiers(seed: int, out: TextIO) -> bool:
    """Print the gradient of every weight on both tiers and by finite differences."""
    x, labels, _, _ = digits_split(seed=seed)
    x, labels = x[:4], labels[:4]
    arrays = initial_weights(SIZES, np.random.default_rng(seed))
    count = sum(array.size for array in arrays)
    print(
        f"1. One network ({'-'.join(map(str, SIZES))}, tanh, {count} weights), "
        f"{len(x)} digits, the same weights on both tiers",
        file=out,
    )
    tensors = [Tensor(array, requires_grad=True) for array in arrays]
    tensor_loss = loss_of(tensors, x, labels)
    tensor_loss.backward()
    values = [ValueArray.of(array) for array in arrays]
    scalar_loss: Value = loss_of(values, x, labels)
    scalar_loss.backward()
    nodes = len(engine.toposort(scalar_loss)), len(engine.toposort(tensor_loss))
    slopes = finite_differences(arrays, x, labels)
    print(f"   loss: Value {scalar_loss.data!r} ({nodes[0]:,} nodes)", file=out)
    print(f"        Tensor {tensor_loss.item()!r} ({nodes[1]} nodes)\n", file=out)
    head = f"   {'gradient of':<20}{'weights':>8}{'Value ~ Tensor':>24}{'~ finite difference':>22}"
    print(head, file=out)
    good = True
    names = [f"layer {i // 2} {'bias' if i % 2 else 'weight'}" for i in range(len(arrays))]
    for name, tensor, value, slope in zip(names, tensors, values, slopes, strict=True):
        scale = float(np.abs(tensor.grad).max())
        tiers = float(relative(value.grad, tensor.grad, scale).max())
        units = float(ulps(value.grad, tensor.grad, scale).max())
        finite = float(relative(tensor.grad, slope, scale).max())
        ok = tiers <= TIER_BOUND and finite <= FINITE_BOUND
        good = good and ok
        distance = f"{units:.0f} ulp, {tiers:.1e}"
        print(
            f"   {name:<20}{tensor.size:>8}{distance:>24}{finite:>22.1e}   "
            f"{'ok' if ok else 'DIFFERS'}",
            file=out,
        )
    verdict = "agree" if good else "DO NOT AGREE"
    print(f"   The gradients of all {count} weights {verdict}.\n", file=out)
    return good


def progress(total: int, out: TextIO) -> Iterator[Callable[[str], None]]:
    """Count to `total`, drawing a bar where someone is watching, a last line where not."""
    watched = out.isatty()
    last = ""

    def note(text: str) -> None:
        nonlocal last
        last = text

    for i in range(1, total + 1):
        yield note
        bar = "█" * (30 * i // total)
        if watched:
            print(f"\r   {bar:<30} {i}/{total}  {last}", end="", file=out, flush=True)
    print("" if watched else f"   {total} epochs  {last}", file=out)


def train(seed: int, epochs: int, out: TextIO) -> float:
    """Train the Tensor network by Adam; its accuracy on digits it has not seen."""
    x, labels, x_test, labels_test = digits_split(seed=seed)
    rng = np.random.default_rng(seed)
    weights = [Tensor(a, requires_grad=True) for a in initial_weights(TRAINED_SIZES, rng)]
    print(
        f"2. Training a {'-'.join(map(str, TRAINED_SIZES))} network on {len(x)} digits "
        f"(Adam, {epochs} epochs)",
        file=out,
    )
    adam = Adam(weights)
    started = time.perf_counter()
    accuracy = 0.0
    for note in progress(epochs, out):
        losses = []
        for batch in np.array_split(rng.permutation(len(x)), len(x) // 48):
            loss = loss_of(weights, Tensor.wrap(x[batch]), labels[batch])
            for weight in weights:
                weight.zero_grad()
            loss.backward()
            adam.step()
            losses.append(loss.item())
        guesses = outputs_of([w.numpy() for w in weights], x_test).argmax(axis=1)
        accuracy = float((guesses == labels_test).mean())
        note(f"loss {np.mean(losses):.4f}, held-out accuracy {accuracy:.1%}")
    seconds = time.perf_counter() - started
    print(
        f"   {accuracy:.1%} of {len(x_test)} held-out digits are right, after {seconds:.1f} s\n",
        file=out,
    )
    return accuracy


class Adam:
    """Adam (Kingma and Ba, 2015), with its usual constants."""

    def __init__(self, weights: list[Tensor], lr: float = 0.005) -> None:
        self.weights, self.lr, self.t = weights, lr, 0
        self.m = [np.zeros(w.shape) for w in weights]
        self.v = [np.zeros(w.shape) for w in weights]

    def step(self) -> None:
        """Move every weight against its gradient."""
        self.t += 1
        for weight, m, v in zip(self.weights, self.m, self.v, strict=True):
            m += 0.1 * (weight.grad - m)
            v += 0.001 * (weight.grad**2 - v)
            size = np.sqrt(v / (1 - 0.999**self.t)) + 1e-8
            weight.data -= self.lr * (m / (1 - 0.9**self.t)) / size


def picture(folder: Path, out: TextIO) -> bool:
    """Draw the graph of an expression, after backward; whether it could be drawn."""
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(10.0, label="c")
    y = (a * b + c).tanh() ** 2 + a * a
    y.label = "y"
    y.backward()
    drawn = draw(y)
    print("3. The graph of y = tanh(a*b + c)**2 + a*a, with its gradients", file=out)
    print(f"   {drawn.save(folder / 'expression.dot')}", file=out)
    try:
        for suffix in ("svg", "png"):
            print(f"   {drawn.save(folder / f'expression.{suffix}')}", file=out)
    except RenderError as error:
        print(f"   {error}", file=out)
        return False
    return True


def run(folder: Path, seed: int = 0, epochs: int = 40, out: TextIO | None = None) -> int:
    """The whole demonstration; 0 if tiers agree, training succeeds and the picture is drawn."""
    out = sys.stdout if out is None else out
    folder.mkdir(parents=True, exist_ok=True)
    agree = compare_tiers(seed, out)
    accuracy = train(seed, epochs, out)
    drawn = picture(folder, out)
    if accuracy < ACCURACY:
        print(f"   the accuracy is below {ACCURACY:.0%}", file=out)
    return 0 if agree and drawn and accuracy >= ACCURACY else 1
