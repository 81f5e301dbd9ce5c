"""Checks of notebook 10: probabilities of letters, temperature, attention."""

from __future__ import annotations

from typing import Any

import numpy as np

from .exercise import answer_to_numpy, exercise, expect, near
from .lesson_10 import count_pairs


@exercise
def check_probabilities(probabilities: Any) -> str:
    """From counts (rows × columns) to rows of probabilities, one added to each count."""
    counts = np.array([[0.0, 2.0, 6.0], [1.0, 1.0, 2.0], [0.0, 0.0, 0.0]])
    given = counts.copy()
    found = answer_to_numpy(probabilities(given))
    one = counts + 1
    right = one / one.sum(axis=1, keepdims=True)
    expect(
        np.array_equal(given, counts),
        "Your function changed the counts it was given. Write counts + 1, which is a new array; "
        "counts += 1 writes into the caller's.",
    )
    expect(found.shape == (3, 3), f"3 × 3 counts should give 3 × 3 numbers, not {found.shape}")
    expect(
        not np.isinf(found).any(),
        "There is an inf in your table. The last letter was never seen, so the sum of its row is "
        "0: add one to each count before you take the sum, too",
    )
    expect(
        np.isfinite(found).all(),
        "There is a nan in your table. The last letter was never seen, so its row is 0/0: add one "
        "to each count first",
    )
    for wrong, hint in [
        (
            one / (counts.sum(axis=1, keepdims=True) + 27),
            "A table need not have 27 columns; this one has 3. Divide each row by its own sum, "
            "taken after one is added",
        ),
        (one / one.sum(), "All numbers together sum to 1. Each row has to: divide by its own sum"),
        (
            one / one.sum(axis=0, keepdims=True),
            "Your columns sum to 1, not your rows. What follows a letter stands in its row: sum "
            "along axis=1",
        ),
        (
            one / one.sum(axis=1),
            "You divided column j by the sum of row j. The sums have shape (3,), which NumPy lays "
            "along the columns: keepdims=True keeps them a column, (3, 1)",
        ),
        (
            one / counts.sum(axis=1, keepdims=True).clip(1),
            "The sum of a row has to be taken after one is added to each count",
        ),
    ]:
        expect(not np.allclose(found, wrong), hint)
    near(found, right, "Counts 0, 2, 6 become 1, 3, 7, which is 1/11, 3/11, 7/11 (and so on)")
    bare = count_pairs(["ada", "eve"])
    near(
        probabilities(bare.copy()),
        (bare + 1) / (bare + 1).sum(axis=1, keepdims=True),
        "It works for 3 × 3 counts, not for the 27 × 27 of the letters",
    )
    return "No pair is impossible now, so no name has an infinite loss."


@exercise
def check_temperature(with_temperature: Any) -> str:
    """softmax(logits / temperature) along the last axis, of any size of logits."""
    logits = np.log([1.0, 2.0, 4.0])
    plain = np.array([1.0, 2.0, 4.0]) / 7
    given = logits.copy()
    first = answer_to_numpy(with_temperature(given, 1.0))
    near(first, plain, "At temperature 1 it is the softmax itself")
    found = answer_to_numpy(with_temperature(given, 0.5))
    expect(
        np.array_equal(given, logits),
        "Your function changed the logits it was given. logits / temperature is a new array; "
        "logits /= temperature writes into the caller's.",
    )
    cold = np.array([1.0, 4.0, 16.0]) / 21
    hot = np.sqrt([1.0, 2.0, 4.0]) / np.sqrt([1.0, 2.0, 4.0]).sum()
    expect(
        not np.allclose(found, hot),
        "At temperature 0.5 your probabilities are more even than the softmax, and they should be "
        "less: divide the logits by the temperature, do not multiply",
    )
    expect(not np.allclose(found, plain), "The temperature changes nothing in your result")
    expect(
        np.isclose(found.sum(), 1.0),
        f"At temperature 0.5 your probabilities sum to {found.sum():.3g}. The temperature belongs "
        "to the logits, inside the softmax",
    )
    near(found, cold, "At temperature 0.5 the odds 1 : 2 : 4 become their squares, 1 : 4 : 16")
    _large_logits(with_temperature)
    rows = np.array([[0.0, 1.0, 2.0], [3.0, 0.0, 0.0]])
    e = np.exp(rows / 2)
    several = answer_to_numpy(with_temperature(rows.copy(), 2.0))
    expect(
        several.shape != rows.shape or np.allclose(several.sum(axis=-1), 1.0),
        "For two rows of logits each row should sum to 1: max and sum along axis=-1, with "
        "keepdims=True",
    )
    near(several, e / e.sum(axis=-1, keepdims=True), "Two rows of logits give two rows")
    apart = np.array([[0.0, 0.0], [1000.0, 1000.0]])
    with np.errstate(all="ignore"):
        halves = answer_to_numpy(with_temperature(apart.copy(), 1.0))
    expect(
        np.isfinite(halves).all(),
        "There is a nan where one row of logits is 0, 0 and the next 1000, 1000: subtract from "
        "each row its own largest logit, max along axis=-1",
    )
    near(halves, np.full((2, 2), 0.5), "Rows of equal logits, 0, 0 and 1000, 1000, are all 1/2")
    return "Towards 0 it always takes the likeliest letter, towards infinity any."


def _large_logits(with_temperature: Any) -> None:
    """Raise a hint if logits of 1000 are too much."""
    with np.errstate(all="ignore"):
        large = answer_to_numpy(with_temperature(np.array([0.0, 1000.0]), 1.0))
        larger = answer_to_numpy(with_temperature(np.array([0.0, 1000.0]), 0.5))
        close = answer_to_numpy(with_temperature(np.log([1.0, 3.0]) + 1000.0, 1.0))
    expect(
        np.isfinite(large).all(),
        "exp(1000) is inf, and inf/inf is nan. The softmax stays the same when the largest logit "
        "is subtracted from all of them: do so before exp",
    )
    expect(
        np.isfinite(larger).all(),
        "Logits of 1000 at temperature 0.5 are 2000 in the softmax, and there you have a nan. "
        "Subtract the largest after the division, or divide what is left after it",
    )
    near(large, [0.0, 1.0], "Logits 0 and 1000 leave nothing for the first")
    near(larger, [0.0, 1.0], "Logits 0 and 1000 leave nothing for the first, at 0.5 neither")
    near(close, [0.25, 0.75], "Logits 1000 and 1000 + log 3 are odds of 1 : 3, as 0 and log 3 are")


@exercise
def check_attention(attention: Any) -> str:
    """Causal attention of one head: queries and keys (time, width), values (time, any)."""
    rng = np.random.default_rng(0)
    q, k, v = rng.normal(size=(4, 3)), 2 * rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    given = q.copy(), k.copy(), v.copy()
    found = answer_to_numpy(attention(*given))
    expect(
        all(np.array_equal(a, b) for a, b in zip(given, (q, k, v), strict=True)),
        "Your function changed an array it was given. Write q / 2, which is a new array; q /= 2 "
        "writes into the caller's.",
    )
    expect(
        found.shape == (4, 2),
        f"Four places with values of two numbers should give shape (4, 2), and yours is "
        f"{found.shape}: the weights are (time, time), the result is weights @ v",
    )
    expect(
        np.isfinite(found).all(),
        "There is a nan or inf in your result. Leave the diagonal open: a place may look at "
        "itself, so no row is empty",
    )
    for wrong, hint in _attentions_gone_wrong(q, k, v):
        expect(not np.allclose(found, wrong), hint)
    near(found, _attention(q, k, v), "The result at place i is the weighted mean of v[0] to v[i]")
    q, k, v = rng.normal(size=(2, 16)), rng.normal(size=(2, 16)), np.eye(2)
    near(
        attention(q, k, v),
        _attention(q, k, v),
        "It works for width 3, not for 16: the scale is one over the root of the width",
    )
    return "That is one head. The layer adds the matrices that make q, k and v."


def _softmax(scores: np.ndarray, axis: int = -1) -> np.ndarray:
    e = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return np.asarray(e / e.sum(axis=axis, keepdims=True))


def _attention(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> np.ndarray:
    open_to = np.tri(len(q), dtype=bool)
    return np.asarray(_softmax(np.where(open_to, q @ k.T / np.sqrt(q.shape[1]), -np.inf)) @ v)


def _attentions_gone_wrong(
    q: np.ndarray, k: np.ndarray, v: np.ndarray
) -> list[tuple[np.ndarray, str]]:
    """What the usual mistakes give, and what to say about each."""
    open_to, unscaled = np.tri(len(q), dtype=bool), q @ k.T
    scores = unscaled / np.sqrt(q.shape[1])
    scaled_wrongly = [
        (
            _softmax(np.where(open_to, unscaled * scale, -np.inf)) @ v,
            f"{what} Divide the scores by the root of the width of q and k, √3 here",
        )
        for scale, what in (
            (1 / 3, "You divided by the width, and not by its root."),
            (1 / 2, "You divided by √4 = 2, the root of the number of places."),
            (1 / np.sqrt(2), "You divided by √2, the root of the width of v."),
            (np.sqrt(3), "You multiplied by the root."),
        )
    ]
    return [
        *scaled_wrongly,
        (
            _softmax(unscaled) @ v,
            "Two things are missing: the scores are not divided by the root of the width, √3 "
            "here, and nothing is masked",
        ),
        (
            _softmax(np.where(np.tri(len(q), k=1, dtype=bool), scores, -np.inf)) @ v,
            "Your mask is one place too late: place i looks at i + 1, which it has to guess",
        ),
        (
            (np.exp(scores) * open_to) @ v,
            "Your weights of a row do not sum to 1: divide them by the sum of their row",
        ),
        (
            (scores * open_to) @ v,
            "Your weights are the scores themselves, and the softmax is missing",
        ),
        (
            _softmax(scores) @ v,
            "Your first place knows of the last: nothing is masked. Scores of later places have "
            "to be -inf before the softmax",
        ),
        (
            _softmax(np.where(open_to.T, scores, -np.inf)) @ v,
            "Your places look at what comes after them. Row i may look at columns 0 to i: that is "
            "the lower triangle, np.tri",
        ),
        (
            _softmax(np.where(open_to, unscaled, -np.inf)) @ v,
            "The scores are not scaled: divide them by the root of the width, √3 here",
        ),
        (
            (_softmax(scores) * open_to) @ v,
            "Your weights of a row do not sum to 1: what the mask takes away has to go before the "
            "softmax (as -inf), not after it",
        ),
        (
            _softmax(np.where(open_to, scores, 0.0)) @ v,
            "A score of 0 does not keep anyone from looking: exp(0) is 1. A masked score is -inf",
        ),
        (
            _softmax(np.where(open_to, scores, -np.inf), axis=0) @ v,
            "Your softmax runs down the columns. Each row is one place that looks: axis=-1",
        ),
        (
            _softmax(np.where(open_to, scores.T, -np.inf)) @ v,
            "Queries and keys have changed places: the one who looks is the row, q @ k.T",
        ),
    ]
