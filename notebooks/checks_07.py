"""Checks of notebook 07: weights for AND and XOR, a step of training, a layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import nn
from engine import Tensor, relu, to_numpy

from .exercise import Hint, NotWritten, answer_to_numpy, exercise, expect, near

#: The four points that gates are about.
CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


@exercise
def check_and(w: Any, b: Any) -> str:
    """A relu neuron that is on for (1, 1) alone, of the corners of the square."""
    weights, bias = answer_to_numpy(w), answer_to_numpy(b)
    expect(weights.shape == (2,), "w has to be a list of two numbers, one for each input")
    expect(bias.shape == (), "b has to be a single number")
    expect(np.isfinite([*weights, bias]).all(), "w and b have to be finite numbers")
    y = np.maximum(CORNERS @ weights + bias, 0)
    expect(
        y[3] > 0,
        f"at (1, 1) the sum is {CORNERS[3] @ weights + bias:g}, so relu gives 0: with both inputs "
        "on, w1 + w2 + b has to be above 0",
    )
    expect(
        y[0] == 0,
        f"at (0, 0) your neuron gives {y[0]:g}, and should stay off: there only the bias is left, "
        "so it must not be above 0",
    )
    for (one, two), out in zip(CORNERS[:3], y[:3], strict=True):
        expect(
            out == 0,
            f"at ({one:g}, {two:g}) your neuron gives {out:g}, and should stay off: the bias has "
            "to be low enough to outweigh a single input",
        )
    return f"It gives {y[3]:g} at (1, 1) and 0 at the other corners."


@exercise
def check_train_step(train_step: Callable[..., Any]) -> str:
    """One step of gradient descent on a model: returns the loss before it."""
    x, labels = nn.datasets.make_moons(20, noise=0.1, seed=1)
    y = 2.0 * labels[:, None] - 1
    model, twin = (nn.MLP([2, 4, 1], rng=0) for _ in range(2))
    loss, sgd = nn.HingeLoss(), nn.SGD(twin.parameters(), lr=0.5)
    earlier = [np.zeros(p.shape) for p in model.parameters()]
    for count in (1, 2, 3):
        start = [to_numpy(p).copy() for p in model.parameters()]
        wanted = loss(twin(x), y)
        sgd.zero_grad()
        wanted.backward()
        found = _stepped(train_step, model, x, y)
        moves = [to_numpy(p) - before for p, before in zip(model.parameters(), start, strict=True)]
        steps = [-0.5 * p.grad for p in twin.parameters()]
        sgd.step()
        _judge_step(count, moves, steps, earlier)
        earlier = steps
        near(found, wanted.item(), "The weights are right, but train_step returns another number "
             "than the loss from before the step")  # fmt: skip
    return "Three steps moved every weight as nn.SGD does."


def _stepped(train_step: Callable[..., Any], model: nn.Module, x: Any, y: Any) -> np.ndarray:
    """What the learner's step returns; told plainly where it meets a gradient that is not there."""
    try:
        return answer_to_numpy(train_step(model, x, y, 0.5))
    except TypeError as error:
        if "NoneType" in str(error) and all(p.grad is None for p in model.parameters()):
            raise Hint(NO_GRADIENT) from None
        raise


NO_GRADIENT = (
    "The gradients are None where you use them. `backward` computes them and `zero_grad` clears "
    "them, so the order is: zero_grad, backward, move"
)


def _judge_step(
    count: int, moves: list[np.ndarray], steps: list[np.ndarray], earlier: list[np.ndarray]
) -> None:
    """Whether the parameters moved as they should in the count-th step.

    Args:
        count: 1 for the first step.
        moves: how far each parameter moved.
        steps: how far it should have moved.
        earlier: how far it should have moved in the step before.
    """

    def moved(wanted: list[np.ndarray]) -> bool:
        pairs = zip(moves, wanted, strict=True)
        return all(np.allclose(one, two, rtol=1e-6, atol=1e-12) for one, two in pairs)

    if moved(steps):
        return
    expect(
        any(np.any(m) for m in moves),
        "No weight has moved. Assign to p.data: `p = p - …` only gives the name p to a new Tensor. "
        "And use the gradients before you clear them",
    )
    expect(
        not moved([-s for s in steps]),
        "The weights moved uphill: the gradient points to where the loss grows, so subtract it",
    )
    expect(
        not moved([s / 0.5 for s in steps]), "The weights moved by the whole gradient: where is lr?"
    )
    expect(
        not moved([s + e for s, e in zip(steps, earlier, strict=True)]),
        f"The first step is right, step {count} is not: gradients add up from one backward to the "
        "next, so the old ones have to be cleared",
    )
    idle = sum(np.abs(s).max() > 1e-9 and not np.any(m) for m, s in zip(moves, steps, strict=True))
    expect(
        not idle,
        f"Of {len(moves)} parameters {idle} stayed where they were: move all weights and biases",
    )
    flat, right = (np.concatenate([a.ravel() for a in arrays]) for arrays in (moves, steps))
    times = float(flat @ right / (right @ right))
    expect(
        not moved([times * s for s in steps]),
        f"Step {count} goes {times:.3g} times as far as −lr · gradient, with lr = 0.5. The loss is "
        "the mean over the points, as nn.HingeLoss() gives it, and lr is what was passed",
    )
    raise Hint(f"In step {count} the weights moved, but not by −lr · gradient")


@exercise
def check_xor(hidden_weight: Any, hidden_bias: Any, output_weight: Any) -> str:
    """Two relu neurons and a weighted sum that give 1 where exactly one input is 1."""
    given = {"hidden_weight": (2, 2), "hidden_bias": (2,), "output_weight": (2,)}
    arrays = [answer_to_numpy(x) for x in (hidden_weight, hidden_bias, output_weight)]
    for (name, shape), array in zip(given.items(), arrays, strict=True):
        expect(array.shape == shape, f"{name} has shape {array.shape}, it should be {shape}")
    weights, biases, out = arrays
    hidden = np.maximum(CORNERS @ weights.T + biases, 0)
    y = hidden @ out
    if np.allclose(y, [0, 1, 1, 0]):
        return "A layer of two neurons does what no single neuron can."
    expect(np.any(hidden), "Both neurons are off at every corner: raise a weight or a bias")
    expect(
        not np.allclose(CORNERS @ weights.T + biases, hidden),
        "No neuron is ever off, so relu does nothing and the network is linear. Lower a bias, so "
        "that its neuron is on at (1, 1) only",
    )
    worst = int(np.argmax(np.abs(y - [0, 1, 1, 0])))
    one, two = CORNERS[worst]
    hint = f"at ({one:g}, {two:g}) the hidden neurons give {hidden[worst].round(3).tolist()}, "
    hint += f"and the output is {y[worst]:g} instead of {[0, 1, 1, 0][worst]}"
    if worst == 3 and y[3] > 0 and hidden[3, 1] * out[1] > 0:
        hint += ": what the second neuron adds there should be taken away (mind the sign)"
    elif worst == 3 and y[3] > 0:
        hint += ": one of the two has to take away what the other one gives"
    raise Hint(hint)


@exercise
def check_layer(layer_class: Any) -> str:
    """A layer of one's own: parameters found, x Wᵀ + b, on both tiers."""
    expect(
        isinstance(layer_class, type) and issubclass(layer_class, nn.Module),
        "MyLayer has to be a class that begins with `class MyLayer(nn.Module):`",
    )
    expect(
        not issubclass(layer_class, nn.Linear),
        "MyLayer inherits all it should do from nn.Linear: begin from nn.Module, and make the two "
        "arrays yourself",
    )
    layer = layer_class(3, 2)
    x = np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]])
    found = dict(layer.named_parameters())
    if not found and layer.forward(x) is None:
        raise NotWritten
    expect(
        not any("." in name for name in found),
        f"The layer's parameters are {sorted(found)}: they belong to a layer inside yours. Make "
        "the two arrays yourself, without nn.Linear",
    )
    expect(
        set(found) == {"weight", "bias"},
        f"The layer's parameters are {sorted(found)}, they should be ['bias', 'weight']: an array "
        "becomes one when it is wrapped in nn.Parameter(…) and assigned to self",
    )
    shapes = {name: p.shape for name, p in found.items()}
    expect(
        shapes == {"weight": (2, 3), "bias": (2,)},
        f"With 3 inputs and 2 outputs the shapes should be (2, 3) and (2,), a row of weights for "
        f"each neuron; yours are {shapes['weight']} and {shapes['bias']}",
    )
    w = to_numpy(layer.weight)
    expect(
        not np.allclose(w[0], w[1]),
        "Both neurons start with the same weights. Their gradients are the same too, so they stay "
        "the same for ever: draw the weights at random",
    )
    layer.weight.data = np.array([[1.0, -2.0, 0.5], [-0.5, 1.0, 1.5]])  # some sums are below 0
    layer.bias.data = np.array([1.0, -1.0])
    y = layer(x)
    expect(y is not None, "Your forward gives None: it has still to be written, or lacks a return")
    wanted = relu(Tensor(x) @ layer.weight.T + layer.bias)
    expect(
        isinstance(y, Tensor) and y.requires_grad,
        "The result has lost its graph: compute with self.weight itself, not with its numbers",
    )
    expect(
        not np.allclose(to_numpy(y), to_numpy(Tensor(x) @ layer.weight.T + layer.bias)),
        "That is the weighted sum; relu is missing",
    )
    near(y, wanted, "It should give relu(x Wᵀ + b)")
    scalar = layer.scalar()
    near(scalar(x), wanted, "On the scalar tier it gives other numbers")
    y.sum().backward()
    scalar(x).sum().backward()
    near(to_numpy(scalar.weight.grad), layer.weight.grad, "The gradients of the tiers differ")
    return "The layer runs on both tiers, with the same gradients."
