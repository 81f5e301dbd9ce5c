"""Checks of notebook 09: softmax, its gradient, a convolution, and images nudged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine import Tensor, registry, softmax, to_numpy
from nn import functional as F

from .exercise import Hint, answer_to_numpy, exercise, expect, near, without
from .lesson_09 import reader, split


@exercise
def check_count(parameters: Callable[[int, int, int], Any]) -> str:
    """How many numbers a convolution learns: (channels, filters, size) to a count."""
    for channels, filters, size in ((3, 8, 5), (16, 32, 3), (1, 16, 3)):
        found = answer_to_numpy(parameters(channels, filters, size))
        expect(found.shape == (), "parameters(…) has to give a single number: the sum of all")
        right = filters * channels * size * size + filters
        if found == right:
            continue
        case = f"parameters({channels}, {filters}, {size}) is {found:g}"
        expect(
            found != right - filters, f"{case}: those are the weights. Each filter has a bias too"
        )
        expect(
            found != filters * size * size + filters,
            f"{case}. A filter has size × size weights for every channel of its input: with "
            f"{channels} channels it is {channels} images deep",
        )
        expect(
            found != filters * channels * (size * size + 1),
            f"{case}. That is a bias for every channel of every filter; a filter has a single one",
        )
        expect(
            found not in (right - filters + channels, right - filters + 1),
            f"{case}: the kernels are counted right. Biases there are as many as filters",
        )
        expect(
            found != filters * size * size,
            f"{case}: that is one kernel for each filter. It needs one for every channel of its "
            "input, and a bias",
        )
        expect(
            found != right - filters + filters * size * size,
            f"{case}: a filter has a single bias, not one for every place of its kernel",
        )
        expect(
            found != filters * channels * size + filters,
            f"{case}: a kernel has size rows and size columns",
        )
        raise Hint(f"{case}, and nn.Conv2d has {right}")
    return "Nowhere does the size of the image matter."


@exercise
def check_softmax(softmax_of: Callable[[Any], Any]) -> str:
    """Softmax of each row, of an array (n, classes), without overflow."""
    x = np.array([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    theirs = registry["softmax"].forward
    with np.errstate(all="ignore"), without(theirs, "Write it with NumPy, without engine.softmax"):
        y = answer_to_numpy(softmax_of(x.copy()))
        try:
            large = answer_to_numpy(softmax_of(x + 1000.0))
        except OverflowError:  # of math.exp
            raise Hint(TOO_LARGE) from None
        spread = answer_to_numpy(softmax_of(np.array([[0.0, 3000.0, 0.0]])))
        apart = answer_to_numpy(softmax_of(np.array([[0.0, -1.0], [2000.0, 2001.0]])))
    expect(y.shape == x.shape, f"For scores of shape {x.shape} the result has shape {y.shape}; it "
           "should be the same")  # fmt: skip
    expect(
        np.isfinite(y).all(),
        f"With scores {x.tolist()} it already gives nan or inf: what you subtract is too large, so "
        "every exp becomes 0",
    )
    expect((y >= 0).all(), "Some of the results are below 0, and probabilities are not")
    expect(
        not np.allclose(y.sum(), 1.0),
        "The whole array sums to 1, but each row should: every row is another image. Sum along "
        "axis 1, with keepdims=True",
    )
    expect(
        np.allclose(y.sum(axis=1), 1.0),
        f"The rows sum to {np.round(y.sum(axis=1), 3).tolist()}, and each should sum to 1: divide "
        "each by its own sum (axis=1, keepdims=True)",
    )
    expect(
        not np.allclose(y, softmax(-x, -1)),
        "The largest score gets the smallest probability: mind the sign in the exponent",
    )
    near(y, softmax(x, -1), "The rows sum to 1, but they are not exp(scores) / sum. Whatever you "
         "subtract has to be the same for a whole row")  # fmt: skip
    expect(np.isfinite(large).all(), TOO_LARGE)
    near(large, y, "Adding 1000 to every score should change nothing")
    expect(
        np.isfinite(spread).all(),
        "With the row [0, 3000, 0] it still gives nan: subtract the row's largest score, then no "
        "exponent is above 0",
    )
    near(spread, [[0.0, 1.0, 0.0]], "Row [0, 3000, 0]")
    expect(
        np.isfinite(apart).all(),
        "With rows [0, −1] and [2000, 2001] it gives nan in one of them: what you subtract has to "
        "be the largest of each row, not of the whole array",
    )
    near(apart, softmax(np.array([[0.0, -1.0], [0.0, 1.0]]), -1), "Rows [0, −1] and [2000, 2001]")
    return "Large scores do no harm."


TOO_LARGE = (
    "With scores of 1000 it fails: exp(1000) is inf, more than a float can hold, and inf / inf is "
    "nan. Subtract each row's largest score first"
)


@exercise
def check_gradient(gradient: Callable[[Any, Any], Any]) -> str:
    """The gradient of the mean cross entropy with respect to scores (n, classes)."""
    rng = np.random.default_rng(0)
    for classes, right in ((3, [2]), (4, [2, 1])):
        n, labels = len(right), np.array(right)
        scores = rng.normal(size=(n, classes))
        x = Tensor(scores, requires_grad=True)
        F.cross_entropy(x, labels).backward()
        wanted = to_numpy(x.grad)
        given = scores.copy(), labels.copy()
        found = answer_to_numpy(gradient(*given))
        expect(
            np.array_equal(given[0], scores),
            "Your function changes the scores it is given: take a copy first",
        )
        expect(np.array_equal(given[1], labels), "Your function changes the labels it is given")
        expect(
            found.shape == scores.shape, f"The gradient of scores of shape {scores.shape} has that "
            f"shape; yours has {found.shape}"
        )  # fmt: skip
        expect(
            not np.allclose(found, softmax(scores, -1) / n)
            and not np.allclose(found, softmax(scores, -1)),
            "That is softmax alone: all scores would be pushed down, the right one too. Subtract "
            "1 at each row's label",
        )
        expect(
            not np.allclose(found, -wanted) and not np.allclose(found, -n * wanted),
            "The sign is wrong: the score of the right class has to rise, so its gradient is "
            "negative",
        )
        expect(
            n == 1 or not np.allclose(found, n * wanted),
            f"One image is right, but for {n} it is {n} times too large: the loss is the mean "
            "over the images, so each gets its share",
        )
        _judge_gradient(found, scores, labels)
        near(found, wanted, f"For {n} image{'s' * (n > 1)} of {classes} classes it is not "
             "softmax minus one-hot")  # fmt: skip
    return "The same as nn.functional.cross_entropy's."


def _judge_gradient(found: np.ndarray, scores: np.ndarray, labels: np.ndarray) -> None:
    """Hints for answers that are near the gradient of cross entropy."""
    n, classes = scores.shape
    p, one_hot = softmax(scores, -1), np.eye(classes)[labels]
    everywhere = p - one_hot.max(axis=0)
    inverse = -one_hot / p
    for wrong, hint in (
        ((p - labels[:, None]), "You subtract the class numbers themselves. Take 1 away from one "
         "score of each row: the one at its label"),
        (everywhere if n > 1 else None, "You subtract 1 in every row at every label. Each row has "
         "one label: g[np.arange(n), labels]"),
        ((p - one_hot) / classes, "Divide by the number of images, not by the number of classes"),
        ((p - one_hot) / scores.size, "Divide by the number of images, not by that of all scores"),
        (p - one_hot / n if n > 1 else None, "Only one-hot is divided by the number of images: "
         "the whole difference has to be"),
        (p / n - one_hot if n > 1 else None, "Only softmax is divided by the number of images: "
         "the whole difference has to be"),
        (-one_hot, "That is one-hot alone: the scores of the other classes have to fall, too"),
        (inverse, "−1/p is the slope in the probability. Go on to the scores, through softmax"),
        (softmax(scores, 0) - one_hot, "Softmax has to run along each row: the last axis"),
        (abs(p - one_hot), "The gradient at the label is negative: no absolute values"),
    ):  # fmt: skip
        for size in (1, n):
            expect(wrong is None or not np.allclose(found * size, wrong), hint)


@exercise
def check_convolve(convolve: Callable[[Any, Any], Any]) -> str:
    """The sums of products of a kernel with every window of an image."""
    rng = np.random.default_rng(1)
    for shape, size in (((5, 7), (3, 3)), ((4, 6), (2, 4)), ((3, 3), (3, 3))):
        x = rng.integers(-3, 4, shape).astype(float)
        w = rng.integers(-3, 4, size).astype(float)
        wanted = F.conv2d(x[None], w[None, None])[0]
        given = x.copy(), w.copy()
        found = answer_to_numpy(convolve(*given))
        expect(
            np.array_equal(given[0], x) and np.array_equal(given[1], w),
            "Your function changes the image or the kernel it is given (`window *= kernel` writes "
            "into the image): multiply into a new array",
        )
        case = f"An image of {shape[0]} × {shape[1]} and a kernel of {size[0]} × {size[1]}"
        expect(
            found.shape == wanted.shape,
            f"{case} should give {wanted.shape[0]} × {wanted.shape[1]} numbers, one for each place "
            f"where the whole kernel fits; yours gives shape {found.shape}",
        )
        flipped = F.conv2d(x[None], w[None, None, ::-1, ::-1].copy())[0]
        expect(
            not np.allclose(found, flipped) or np.allclose(wanted, flipped),
            "You flip the kernel. That is a convolution in mathematics; in neural networks the "
            "word means the kernel as it stands",
        )
        empty = [~found[-1:].any(), ~found[:, -1:].any()]
        inner = wanted.copy()
        inner[-1:] *= not empty[0]
        inner[:, -1:] *= not empty[1]
        expect(
            not np.allclose(found, inner) or np.allclose(found, wanted),
            f"{case}: the last row or column is still 0. Where does the last window begin?",
        )
        expect(
            found[1:].any() or not np.allclose(found[0], wanted[0]) or not wanted[1:].any(),
            f"{case}: only the first row is filled. Is `return` inside a loop?",
        )
        near(found, wanted, f"{case}: each number should be the sum of window × kernel")
    return "The same as nn.functional.conv2d's."


@exercise
def check_nudge(nudge: Callable[..., Any]) -> str:
    """An image moved by `size` in every pixel, the way the loss grows fastest."""
    model, size = reader(), 0.1
    _, _, x, y = split()
    right = np.flatnonzero(to_numpy(model(x)).argmax(axis=1) == y)[:40]
    nudged = []
    for i in right:
        image, label = x[i], int(y[i])
        leaf = Tensor(image, requires_grad=True)
        F.cross_entropy(model(leaf), label).backward()
        slope = to_numpy(leaf.grad)
        given = image.copy()
        try:
            found = answer_to_numpy(nudge(model, given, label, size))
        except TypeError as error:
            if "NoneType" not in str(error):
                raise
            raise Hint(f"{str(error)[:1].upper()}{str(error)[1:]}. A gradient that is None? The "
                       "image has to be a Tensor with requires_grad=True") from None  # fmt: skip
        _judge_nudge(found, image, slope, size)
        expect(np.array_equal(given, image), "Your function changes the image it is given: make a "
               "new one")  # fmt: skip
        nudged.append(found)
    still = int((to_numpy(model(np.array(nudged))).argmax(axis=1) == y[right]).sum())
    return (
        f"Of {len(right)} digits that the network read, it still reads {still}, though no pixel "
        f"moved by more than {size:g}."
    )


def _judge_nudge(found: np.ndarray, image: np.ndarray, slope: np.ndarray, size: float) -> None:
    expect(found.shape == image.shape, f"The image has shape {image.shape}, the one you return "
           f"{found.shape}")  # fmt: skip
    expect(
        not any(np.allclose(found, far * np.sign(slope)) for far in (1, size)),
        "You return the change alone: add it to the image",
    )
    moved = found - image
    signs = size * np.sign(slope)
    inside = np.clip(image + signs, 0, 1) - image
    if any(np.allclose(moved, right, rtol=1e-6, atol=1e-9) for right in (signs, inside)):
        return
    expect(np.any(np.abs(moved) > 1e-12), "No pixel has moved")
    lowered = np.clip(image - signs, 0, 1) - image
    expect(
        not np.allclose(moved, -signs) and not np.allclose(moved, lowered),
        "The loss falls: this makes the digit easier to read. Go where the loss grows",
    )
    scaled = np.abs(slope) > 0
    expect(
        not np.allclose(moved, size * slope) and not np.allclose(moved, slope),
        "You move by the gradient itself, so most pixels move far less than they may. Every pixel "
        f"should move by the whole size ({size:g}); only the direction is the gradient's sign",
    )
    expect(
        not np.allclose(np.abs(moved[scaled]), size),
        "Every pixel moves by the right amount, but some in the wrong direction: is it the "
        "gradient of the cross entropy at this label, and at this image?",
    )
    far = np.abs(moved[scaled])
    raise Hint(
        f"The pixels move by {far.min():.2g} to {far.max():.2g}; each should move by {size:g}, in "
        "the direction of the sign of ∂loss/∂pixel"
    )
