"""Checks of notebook 17: backward by hand through dropout, layer norm, and a whole block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import nn
from engine import Tensor

from .exercise import answer_to_numpy, exercise, expect, near

EPS = 1e-5


@exercise
def check_dropout(dropout_backward: Callable[..., Any]) -> str:
    """g * keep / (1 - p)."""
    rng = np.random.default_rng(0)
    g, keep, p = rng.normal(size=(3, 5)), rng.random((3, 5)) < 0.75, 0.25
    before = g.copy()
    found = answer_to_numpy(dropout_backward(g, keep, p))
    expect(np.array_equal(g, before), "Your function changed g itself: make a new array")
    for wrong, hint in [
        (g * keep, "The mask is right. But forward also divided what stays by 1 − p"),
        (g / (1 - p), "What was left out did not enter y: its gradient is 0. Where is keep?"),
        (g * keep * (1 - p), "Forward divided by 1 − p, and so does backward: it is the factor"),
        (g * keep / p, "p is the probability of being left out: what stays was divided by 1 − p"),
        (g * ~keep / (1 - p), "You keep what was left out: keep is True where a number stayed"),
        (g, "A gradient passes only where the number passed"),
    ]:
        expect(found.shape != g.shape or not np.allclose(found, wrong), hint)
    near(found, g * keep / (1 - p), "y is x times a constant, so g is multiplied by that constant")
    return "The same numbers are left out in both directions, by the same mask."


def _parts(found: Any, names: tuple[str, ...], shapes: tuple[tuple[int, ...], ...]) -> list[Any]:
    """The gradients that were returned, as arrays of the right shapes."""
    expect(
        isinstance(found, tuple | list) and len(found) == len(names),
        f"Return {len(names)} gradients, of {', '.join(names[:-1])} and {names[-1]}",
    )
    arrays = [answer_to_numpy(one) for one in found]
    for name, array, shape in zip(names, arrays, shapes, strict=True):
        expect(
            array.shape == shape,
            f"A gradient has the shape of what it belongs to: that of {name} is {shape}, and "
            f"yours is {array.shape}",
        )
    return arrays


def _alike(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.allclose(a, b, rtol=1e-6, atol=1e-9))


@exercise
def check_layer_norm(layer_norm_backward: Callable[..., Any]) -> str:
    """The gradients of x, gain and bias."""
    rng = np.random.default_rng(1)
    x, g = rng.normal(2, 3, (5, 8)), rng.normal(size=(5, 8))
    gain = rng.normal(1, 0.5, 8)
    dx, dgain, dbias = _parts(
        layer_norm_backward(x, gain, g), ("x", "gain", "bias"), ((5, 8), (8,), (8,))
    )
    scale = (x.var(-1, keepdims=True) + EPS) ** -0.5
    normal = (x - x.mean(-1, keepdims=True)) * scale

    def through(h: np.ndarray, *axis: int) -> np.ndarray:
        mean, common = (one.mean(axis or -1, keepdims=True) for one in (h, h * normal))
        return np.asarray(scale * (h - mean - normal * common))

    h = g * gain
    columns = (x.var(0) + EPS) ** -0.5
    by_column = (x - x.mean(0)) * columns
    for wrong, hint in [
        (
            columns * (h - h.mean(0) - by_column * (h * by_column).mean(0)),
            "That is batch norm: means and deviation over the examples. Layer norm's run along "
            "the last axis",
        ),
        (through(g), "The gain is missing: the gradient of normal is g times gain"),
        (
            through(g) * gain,
            "You multiplied by the gain at the end. It differs along the axis of the means, so it "
            "has to be in before they are taken",
        ),
        (scale * h, "That is the straight way alone. Mean and deviation depend on x too"),
        (
            scale * (h - h.mean(-1, keepdims=True)),
            "The way through the deviation is missing: take away normal times the mean of h normal",
        ),
        (
            scale * (h - normal * (h * normal).mean(-1, keepdims=True)),
            "The way through the mean is missing: take away the mean of h",
        ),
        (through(h, 0), "The means have to run along the last axis, of one example"),
        (through(h) / scale, "The factor 1 / deviation is missing"),
        (through(h) / scale**2, "Multiply by 1 / deviation, don't divide by it"),
        (
            scale * (h - h.sum(-1, keepdims=True) - normal * (h * normal).sum(-1, keepdims=True)),
            "You took sums where means belong: divide by the number of features",
        ),
    ]:
        expect(not _alike(dx, wrong), f"x: {hint}")
    near(dx, through(h), "x: take the boxed line, with means along the last axis")
    expect(
        not _alike(dgain, (g * x).sum(0)),
        "gain: in forward it was multiplied with normal, not with x",
    )
    expect(
        not _alike(dgain, (h * normal).sum(0)),
        "gain: its gradient is g times normal, and the gain itself is not in it",
    )
    expect(not _alike(dgain, (g * normal).mean(0)), "gain: it was used in every row: sum, no mean")
    near(dgain, (g * normal).sum(0), "gain: g times normal, summed over the examples")
    expect(not _alike(dbias, g.mean(0)), "bias: it was used in every row: sum, no mean")
    near(dbias, g.sum(0), "bias: it was stretched over the examples, so g is summed over them")
    return "No example has to know another one."


@exercise
def check_block(block_backward: Callable[..., Any]) -> str:
    """The gradients of w, gain and bias."""
    rng = np.random.default_rng(2)
    x, g = rng.normal(1, 2, (7, 4)), rng.normal(size=(7, 3))
    w, gain, bias = rng.normal(size=(3, 4)), rng.normal(1, 0.3, 3), rng.normal(0, 0.3, 3)
    found = _parts(block_backward(x, w, gain, bias, g), ("w", "gain", "bias"), ((3, 4), (3,), (3,)))
    inside = x @ w.T
    scale = (inside.var(0) + EPS) ** -0.5
    normal = (inside - inside.mean(0)) * scale
    open_ = normal * gain + bias > 0

    def without_relu() -> tuple[np.ndarray, ...]:
        part = g * gain
        dh = scale * (part - part.mean(0) - normal * (part * normal).mean(0))
        return dh.T @ x, (g * normal).sum(0), g.sum(0)

    expect(
        not all(map(_alike, found, without_relu())),
        "relu is missing: first g becomes 0 where y is 0",
    )
    right = _by_engine(x, w, gain, bias, g)
    expect(
        not _alike(found[0], (scale * g * open_ * gain).T @ x),
        "w: the gradient went straight through the normalization. Use the boxed line",
    )
    by_sign = g * (normal > 0)
    expect(
        not _alike(found[2], by_sign.sum(0)),
        "relu sees normal * gain + bias: ask whether that is above 0, not normal",
    )
    near(found[2], right[2], "bias: what relu lets through of g, summed over the examples")
    near(found[1], right[1], "gain: what relu lets through of g, times normal, summed")
    near(found[0], right[0], "w: the gradient of h, transposed, @ x; and h's is the boxed line")
    return "That is a layer of a convolutional network, with no engine at all."


def _by_engine(x: Any, w: Any, gain: Any, bias: Any, g: Any) -> list[np.ndarray]:
    """What the engine says of a block: the gradients of w, gain and bias."""
    nodes = [Tensor(one, requires_grad=True) for one in (w, gain, bias)]
    inside = Tensor(x) @ nodes[0].T
    normal = nn.functional.batch_norm(inside, None, None, nodes[1], nodes[2], training=True)
    (nn.functional.relu(normal) * g).sum().backward()
    return [np.asarray(one.grad) for one in nodes]
