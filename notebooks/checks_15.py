"""Checks of notebook 15: bytes of a layer, one graph at a time, the same mask twice."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

import engine
from engine import Tensor, enable_grad, is_grad_enabled

from .exercise import answer_to_numpy, exercise, expect, near

ROWS, UNITS, INPUTS = 500, 32, 64
ARRAY = ROWS * UNITS * 8


@exercise
def check_bytes(all_results: Any, results_read: Any, in_float32: Any) -> str:
    """The bytes of tanh(x @ w + b)'s results."""
    found = {
        name: float(_one(answer, name))
        for name, answer in [
            ("all_results", all_results),
            ("results_read", results_read),
            ("in_float32", in_float32),
        ]
    }
    right = {"all_results": 3 * ARRAY, "results_read": ARRAY, "in_float32": ARRAY // 2}
    leaves = 8 * (ROWS * INPUTS + INPUTS * UNITS + UNITS)
    for name, number in found.items():
        expect(
            number != right[name] / (4 if name == "in_float32" else 8),
            f"{name}: that is how many numbers there are. How many bytes has each?",
        )
        expect(
            number != right[name] + leaves,
            f"{name}: x, w and b are in it. They are no results: they were there before",
        )
        expect(
            number not in (right[name] / 1000, right[name] / 1024),
            f"{name}: in bytes, not in kilobytes",
        )
    for wrong, hint in [
        (ARRAY, "That is one array. The product and the sum have results too"),
        (2 * ARRAY, "There are three ops on the way, and each has a result"),
        (8 * ROWS * (INPUTS + 2 * UNITS), "The result of x @ w has 500 × 32 numbers, not 500 × 64"),
    ]:
        expect(found["all_results"] != wrong, f"all_results: {hint}")
    near(found["all_results"], 3 * ARRAY, "all_results: three arrays of 500 × 32 numbers")
    for wrong, hint in [
        (2 * ARRAY, "The rule of tanh reads y, its result. Its input u stands nowhere in it"),
        (3 * ARRAY, "Not all are read. Which names stand in the rules of + and of tanh?"),
        (0, "The rule of tanh is g * (1 - y * y). It reads y"),
        (ARRAY + leaves - 8 * UNITS, "x and w are read, but they are no results"),
    ]:
        expect(found["results_read"] != wrong, f"results_read: {hint}")
    near(found["results_read"], ARRAY, "results_read: that of tanh alone")
    expect(
        found["in_float32"] not in (2 * ARRAY, ARRAY),
        "in_float32: float32 has 4 bytes where float64 has 8, so it is half",
    )
    near(found["in_float32"], ARRAY // 2, "in_float32: half of results_read")
    return "A layer keeps a third of what it computes, and in float32 a sixth."


def _one(answer: Any, name: str) -> Any:
    given = answer_to_numpy(answer)
    expect(given.size == 1, f"{name}: one number is needed; yours has shape {given.shape}")
    return given.item()


# --- what must be kept ---


def _leaf(*shape: int) -> Tensor:
    return Tensor(np.ones(shape), requires_grad=True)


@exercise
def check_must_keep(must_keep: Any) -> str:
    """The bytes of results that a rule reads: each node once, no leaf."""
    x, w, b = _leaf(50, 8), _leaf(8, 4), _leaf(4)
    layer = engine.tanh(x @ w + b).sum()
    size = 50 * 4 * 8
    found = _one(must_keep(layer), "must_keep")
    for wrong, hint in [
        (3 * size + 8, "Those are all results. Which of them does a rule read?"),
        (3 * size, "Those are all results. Which of them does a rule read?"),
        (size + x.data.nbytes + w.data.nbytes, "x and w are read, but they are no results"),
        (
            2 * size,
            "Those are the results of ops whose rules read something. Count what they read: "
            "node.inputs[i], or for −1 the node itself",
        ),
        (size // 8, "That is how many numbers there are. How many bytes has each?"),
    ]:
        expect(found != wrong, f"Of tanh(x @ w + b).sum(): {hint}")
    expect(
        _one(must_keep(engine.tanh(_leaf(50, 4))), "must_keep") == size,
        "Of tanh(x), of a leaf, the result is read, which stands in the rule of tanh as y. Its "
        "place is −1; and node.inputs[−1] is something else: the last input",
    )
    near(found, size, "Of tanh(x @ w + b).sum() the result of tanh is read, an array of 50 × 4")
    h = engine.exp(_leaf(6))
    found = _one(must_keep(((h * h) * h).sum()), "must_keep")
    expect(
        found <= 2 * 6 * 8,
        "With h = exp(x), in (h * h) * h two results are read, several times: count each node once",
    )
    near(found, 2 * 6 * 8, "With h = exp(x), in (h * h) * h both h and h * h are read")
    near(
        _one(must_keep((engine.sin(_leaf(3)) * 2.0).sum()), "must_keep"),
        3 * 8,
        "In sin(x) * 2.0 the product reads the result of sin, and a plain number",
    )
    near(_one(must_keep((_leaf(5) + 1.0).sum()), "must_keep"), 0, "In (x + 1.0).sum() no result")
    return "It is what the engine asks, for each array, while forward is running."


# --- one graph at a time ---


class Steps:
    """Steps of training whose graphs are watched: each takes a note of those before it."""

    def __init__(self) -> None:
        self.weight = Tensor(2.0, requires_grad=True)
        self.graphs: list[weakref.ref[Any]] = []
        self.recorded = True
        self.alive: list[int] = []

    def __call__(self, batch: float) -> Any:
        """The loss (weight · batch)² of a batch."""
        self.alive.append(sum(graph() is not None for graph in self.graphs))
        inside = self.weight * batch
        loss = inside * inside
        self.graphs.append(weakref.ref(inside))
        self.recorded = self.recorded and loss.op is not None
        return loss


@exercise
def check_one_at_a_time(train: Any) -> str:
    """The mean loss as a number, a backward pass for each batch, and no two graphs at a time."""
    step, batches = Steps(), [1.0, 3.0, 2.0, 0.5]
    losses = [4 * batch**2 for batch in batches]
    found = train(step, batches)
    expect(
        len(step.alive) == 4, f"There are 4 batches, and step was called {len(step.alive)} times"
    )
    expect(
        step.recorded,
        "Under no_grad() there is no graph, and so no gradient: this is training, not evaluation",
    )
    expect(
        not isinstance(found, engine.Node),
        "You return a node, which holds its graph; a plain number is needed: item() takes it out",
    )
    gradient = step.weight.grad
    expect(gradient is not None, "No gradient has arrived: call backward on each loss")
    expected = sum(4 * batch**2 for batch in batches)  # of (w · batch)² at w = 2
    near(
        gradient,
        expected,
        "Every batch should have had one backward pass, whose gradients add up",
    )
    most = max(step.alive)
    expect(
        most < 2,
        f"When the last step began, {most} earlier graphs were still there: a sum or a list of "
        "nodes holds them, and so does one of loss.data. Keep numbers: loss.item()",
    )
    expect(
        most == 0,
        "When a step begins, the graph of the one before is still there: the name loss holds it "
        "until it gets another value. del loss takes it away",
    )
    near(_one(found, "train"), sum(losses) / 4, "The mean of the losses is asked for")
    return "Four steps, and never more than one graph."


# --- the same mask twice ---


def _dropped(x: Any, rng: np.random.Generator) -> Any:
    """tanh of x without a random half of it."""
    return engine.tanh(x) * (rng.random(x.shape) < 0.5) * 2.0


def _noisy(x: Any, rng: np.random.Generator) -> Any:
    """x squared, times noise."""
    return x * x * rng.normal(size=x.shape)


@exercise
def check_same_mask(checkpointed: Any) -> str:
    """Two groups with random numbers, one after the other, against one graph."""
    with enable_grad():  # and after it recording is as it was, whatever the answer did
        _same_mask(checkpointed)
        expect(is_grad_enabled(), "Recording is off after your function: no_grad() is a block")
    return "The same mask twice, and nobody notices that it was drawn twice."


def _same_mask(checkpointed: Any) -> None:
    start = np.linspace(-1.0, 1.5, 12)
    rng = np.random.default_rng(7)
    leaf = Tensor(start, requires_grad=True)
    middle = _dropped(leaf, rng)
    end = _noisy(middle, rng)
    end.backward(np.ones(12))
    after = rng.random()

    mine = np.random.default_rng(7)
    x = Tensor(start)
    first = _pair(checkpointed(_dropped, x, mine))
    expect(
        first[0].op is None and first[0].inputs == (),
        "The first run has recorded a graph, which is what should not be kept: no_grad()",
    )
    expect(
        np.array_equal(first[0].data, middle.data),
        "The result of the first run is not that of f(x, rng): is rng moved before it?",
    )
    second = _pair(checkpointed(_noisy, first[0], mine))
    expect(
        np.array_equal(second[0].data, end.data),
        "The second group gets other random numbers than it should: where does the first one "
        "leave the generator?",
    )
    g = _gradient(second[1](np.ones(12)), middle)
    last = _gradient(first[1](g), leaf)
    right = leaf.grad
    expect(x.grad is None, "x itself has got a gradient: make a leaf of its numbers in back")
    expect(
        np.array_equal(last != 0, right != 0),
        "The gradient has its zeros at other places than the result: in the second run f has got "
        "other random numbers",
    )
    near(last, right, "The gradient is not that of one graph of both groups", rtol=1e-12)
    expect(
        mine.random() == after,
        "After back, the generator stands elsewhere than without it: put it back where it was "
        "when back was called",
    )


def _pair(given: Any) -> tuple[Any, Any]:
    """The result and the function back, as what they should be."""
    expect(
        isinstance(given, tuple) and len(given) == 2,
        f"checkpointed returns two things: y, back; yours gives {type(given).__name__}",
    )
    y, back = given
    expect(isinstance(y, Tensor), f"The first is the result of f, a Tensor; yours is {y!r:.60}")
    expect(callable(back), f"The second is a function, back(g); yours is {back!r:.60}")
    return y, back


def _gradient(found: Any, of: Any) -> Any:
    """What back(g) gives, as an array."""
    expect(found is not None, "back(g) gives None: return the gradient of x")
    given = answer_to_numpy(found)
    expect(given.shape == of.shape, f"back(g) has x's shape {of.shape}; yours has {given.shape}")
    return given
