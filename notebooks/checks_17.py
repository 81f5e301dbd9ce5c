"""Checks of notebook 17: backward by hand through dropout, layer norm, and a whole block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import nn
from engine import Tensor

from .exercise import answer_to_numpy, exercise, expect, near, without

EPS = 1e-5
CHANGED = "Your function changed {} itself: make a new array"
NO_ENGINE = "Write the lines back yourself, with NumPy, without the engine's backward"


@exercise
def check_dropout(dropout_backward: Callable[..., Any]) -> str:
    """g * keep / (1 - p)."""
    rng = np.random.default_rng(0)
    g, keep, p = rng.normal(size=(3, 5)), rng.random((3, 5)) < 0.75, 0.25
    before = g.copy()
    found = answer_to_numpy(dropout_backward(g, keep, p))
    expect(np.array_equal(g, before), CHANGED.format("g"))
    for wrong, hint in [
        (g * keep, "The mask is right. But forward also divided what stays by 1 − p"),
        (g / (1 - p), "What was left out did not enter y: its gradient is 0. Where is keep?"),
        (g * keep * (1 - p), "Forward divided by 1 − p, and so does backward: it is the factor"),
        (g * keep / p, "p is the probability of being left out: what stays was divided by 1 − p"),
        (g * ~keep / (1 - p), "You keep what was left out: keep is True where a number stayed"),
        (g, "A gradient passes only where the number passed"),
        (keep / (1 - p), "That is the slope of y. The upstream gradient g is multiplied by it"),
    ]:
        expect(found.shape != g.shape or not np.allclose(found, wrong), hint)
    near(found, g * keep / (1 - p), "y is x times a constant, so g is multiplied by that constant")
    return "The same numbers are left out in both directions, by the same mask."


def _parts(function: Callable[..., Any], given: dict[str, Any], names: str) -> list[Any]:
    """What `function` returns of the numbers in `given`: the gradients of `names`, in order."""
    copies = [array.copy() for array in given.values()]
    with without(Tensor.backward, NO_ENGINE):
        found = function(*copies)
    for (name, array), copy in zip(given.items(), copies, strict=True):
        expect(np.array_equal(array, copy), CHANGED.format(name))
    *first, last = names.split()
    expect(
        isinstance(found, tuple | list) and len(found) == len(first) + 1,
        f"Return {len(first) + 1} gradients, of {', '.join(first)} and {last}",
    )
    arrays = [answer_to_numpy(one) for one in found]
    for name, array in zip((*first, last), arrays, strict=True):
        expect(
            array.shape == given.get(name, given["gain"]).shape,
            f"A gradient has the shape of what it belongs to: that of {name} is "
            f"{given.get(name, given['gain']).shape}, and yours is {array.shape}",
        )
    return arrays


def _normal(x: np.ndarray, axis: int, ddof: int = 0, eps: float = EPS) -> tuple[Any, Any]:
    """x normalized along an axis, and 1 over its deviation."""
    scale = (x.var(axis, keepdims=True, ddof=ddof) + eps) ** -0.5
    return (x - x.mean(axis, keepdims=True)) * scale, scale


def _boxed(h: np.ndarray, normal: np.ndarray, scale: Any, axis: int | None) -> np.ndarray:
    """The boxed line of the notebook, with means along an axis."""
    mean, common = (one.mean(axis, keepdims=True) for one in (h, h * normal))
    return np.asarray(scale * (h - mean - normal * common))


def _alike(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.allclose(a, b, rtol=1e-6, atol=1e-9))


@exercise
def check_layer_norm(layer_norm_backward: Callable[..., Any]) -> str:
    """The gradients of x, gain and bias."""
    rng = np.random.default_rng(1)
    x, g = rng.normal(2, 3, (5, 8)), rng.normal(size=(5, 8))
    gain = rng.normal(1, 0.5, 8)
    given = {"x": x, "gain": gain, "g": g}
    dx, dgain, dbias = _parts(layer_norm_backward, given, "x gain bias")
    normal, scale = _normal(x, -1)
    h = g * gain
    for wrong, hint in [
        (
            _boxed(h, *_normal(x, 0), 0),
            "That is batch norm: means and deviation over the examples. Layer norm's run along "
            "the last axis",
        ),
        (_boxed(g, normal, scale, -1), "The gain is missing: the gradient of normal is g times it"),
        (
            _boxed(g, normal, scale, -1) * gain,
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
        (_boxed(h, normal, scale, 0), "The means have to run along the last axis, of one example"),
        (
            _boxed(h, normal, scale, None),
            "You took one mean of the whole array: each example has its own, .mean(-1, …)",
        ),
        (_boxed(h, normal, 1, -1), "The factor 1 / deviation is missing"),
        (_boxed(h, normal, 1 / scale, -1), "Multiply by 1 / deviation, don't divide by it"),
        (
            _boxed(h, *_normal(x, -1, ddof=1), -1),
            "This variance divides by the number of features, not by one less: leave ddof at 0",
        ),
        (_boxed(h, *_normal(x, -1, eps=0), -1), "The variance has eps added to it, as in forward"),
        (
            scale * (h - h.mean(-1, keepdims=True) + normal * (h * normal).mean(-1, keepdims=True)),
            "Both terms are taken away: two minus signs",
        ),
        (
            scale * (h - h.sum(-1, keepdims=True) - normal * (h * normal).sum(-1, keepdims=True)),
            "You took sums where means belong: divide by the number of features",
        ),
    ]:
        expect(not _alike(dx, wrong), f"x: {hint}")
    near(dx, _boxed(h, normal, scale, -1), "x: take the boxed line, with means along the last axis")
    expect(
        not (_alike(dgain, g.sum(0)) and _alike(dbias, (g * normal).sum(0))),
        "The gradients of gain and bias have changed places",
    )
    for wrong, hint in [
        ((g * x).sum(0), "in forward it was multiplied with normal, not with x"),
        ((h * normal).sum(0), "its gradient is g times normal, and the gain itself is not in it"),
        ((g * normal).mean(0), "it was used in every row: sum, no mean"),
    ]:
        expect(not _alike(dgain, wrong), f"gain: {hint}")
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
    given = {"x": x, "w": w, "gain": gain, "bias": bias, "g": g}
    dw, dgain, dbias = _parts(block_backward, given, "w gain bias")
    right = _by_engine(x, w, gain, bias, g)
    normal, scale = _normal(x @ w.T, 0)
    passed = g * (normal * gain + bias > 0)
    h = passed * gain
    for wrong, hint in [
        (g.sum(0), "relu is missing: first g becomes 0 where y is 0"),
        ((g * (g > 0)).sum(0), "relu asks whether its input is above 0, not whether g is"),
        (
            (g * (normal > 0)).sum(0),
            "relu sees normal * gain + bias: ask whether that is above 0, not normal",
        ),
        (
            (g * (x @ w.T > 0)).sum(0),
            "relu sees normal * gain + bias: ask whether that is above 0, not h",
        ),
        (passed.mean(0), "it was used in every row: sum, no mean"),
    ]:
        expect(not _alike(dbias, wrong), f"bias: {hint}")
    near(dbias, right[2], "bias: what relu lets through of g, summed over the examples")
    for wrong, hint in [
        ((passed * (x @ w.T)).sum(0), "in forward it was multiplied with normal, not with h"),
        ((g * normal).sum(0), "its g has to pass relu first, as that of bias does"),
        ((h * normal).sum(0), "the gain itself is not in its gradient"),
    ]:
        expect(not _alike(dgain, wrong), f"gain: {hint}")
    near(dgain, right[1], "gain: what relu lets through of g, times normal, summed")
    for wrong, hint in [
        (
            scale * h,
            "the gradient went straight through the normalization. Use the boxed line",
        ),
        (scale * (h - h.mean(0)), "the way through the deviation is missing in h's gradient"),
        (
            scale * (h - normal * (h * normal).mean(0)),
            "the way through the mean is missing in h's gradient",
        ),
        (
            _boxed(passed, normal, scale, 0),
            "the gain is missing: the gradient of normal is what relu lets through, times gain",
        ),
        (_boxed(h, normal, scale, -1), "the means run over the examples, axis 0"),
        (_boxed(g * gain, normal, scale, 0), "its g has to pass relu first, as that of bias does"),
    ]:
        expect(not _alike(dw, wrong.T @ x), f"w: {hint}")
    near(dw, right[0], "w: the gradient of h, transposed, @ x; and h's is the boxed line")
    return "That is a layer of a convolutional network, with no engine at all."


def _by_engine(x: Any, w: Any, gain: Any, bias: Any, g: Any) -> list[np.ndarray]:
    """What the engine says of a block: the gradients of w, gain and bias."""
    nodes = [Tensor(one, requires_grad=True) for one in (w, gain, bias)]
    inside = Tensor(x) @ nodes[0].T
    normal = nn.functional.batch_norm(inside, None, None, nodes[1], nodes[2], training=True)
    (nn.functional.relu(normal) * g).sum().backward()
    return [np.asarray(one.grad) for one in nodes]
