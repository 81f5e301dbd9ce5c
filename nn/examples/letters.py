"""What the models of names share: letters as numbers, the bigram model to beat, and sampling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine import no_grad, softmax
from nn import EpochHistory, functional as F
from nn.datasets import load_names

#: The 27 signs: the end of a name (which also stands before its first letter), and a to z.
LETTERS = ".abcdefghijklmnopqrstuvwxyz"
END = 0
LONGEST = 11  # letters in the longest of the bundled names
PADDING = -100  # what cross entropy ignores


def names_split(names: int | None = None, seed: int = 0) -> tuple[list[str], list[str]]:
    """The bundled names shuffled and cut, nine tenths to learn from; or only `names` of them."""
    shuffled = np.random.default_rng(seed).permutation(load_names())[:names].tolist()
    held_out = max(1, len(shuffled) // 10)
    return shuffled[held_out:], shuffled[:held_out]


def codes(name: str) -> list[int]:
    """A name as numbers, its end included."""
    return [LETTERS.index(c) for c in name] + [END]


def contexts(names: list[str], length: int) -> tuple[np.ndarray, np.ndarray]:
    """Each letter's `length` letters before it, (letters, length), and the letters, (letters,).

    >>> x, y = contexts(["ada"], 2)
    >>> x.tolist(), y.tolist()
    ([[0, 0], [0, 1], [1, 4], [4, 1]], [1, 4, 1, 0])
    """
    x, y = [], []
    for name in names:
        before = [END] * length
        for code in codes(name):
            x.append(before)
            y.append(code)
            before = [*before[1:], code]
    return np.array(x), np.array(y)


def rows(names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Each name as a row (names, time), and the letter that follows at each place.

    Places after the end of a name have a target that cross entropy ignores.

    >>> x, y = rows(["ada"])
    >>> x[0, :5].tolist(), y[0, :5].tolist()
    ([0, 1, 4, 1, 0], [1, 4, 1, 0, -100])
    """
    x = np.full((len(names), LONGEST + 1), END)
    y = np.full((len(names), LONGEST + 1), PADDING)
    for i, name in enumerate(names):
        code = codes(name)
        x[i, 1 : len(code)] = code[:-1]
        y[i, : len(code)] = code
    return x, y


def letter_loss(logits: Any, target: Any) -> Any:
    """Mean cross entropy over all letters: logits (…, 27) and targets (…)."""
    return F.cross_entropy(logits.reshape((-1, len(LETTERS))), np.reshape(target, -1))


def bigram_loss(train: list[str], held_out: list[str]) -> float:
    """Mean loss on held-out names of counting which letter follows which, one added to each."""
    counts = np.ones((len(LETTERS), len(LETTERS)))
    x, y = contexts(train, 1)
    np.add.at(counts, (x[:, 0], y), 1)
    log_p = np.log(counts / counts.sum(axis=1, keepdims=True))
    x, y = contexts(held_out, 1)
    return float(-log_p[x[:, 0], y].mean())


def sample(
    logits_after: Callable[[np.ndarray], Any], count: int, rng: np.random.Generator
) -> list[str]:
    """Names letter by letter, drawn as `logits_after(letters so far)` says.

    Args:
        logits_after: from the letters before, (names, time) starting with END, to the logits of
            the next letter, (names, 27).
    """
    so_far = np.full((count, 1), END)
    with no_grad():
        for _ in range(LONGEST + 1):
            p = np.asarray(softmax(logits_after(so_far), -1))
            drawn = p.cumsum(axis=1) > rng.random((count, 1)) * p.sum(axis=1, keepdims=True)
            so_far = np.concatenate([so_far, drawn.argmax(axis=1)[:, None]], axis=1)
    texts = ["".join(LETTERS[c] for c in row[1:]) for row in so_far]
    return [text.partition(LETTERS[END])[0] for text in texts]


def results(
    model: Any, history: EpochHistory, train: list[str], held_out: list[str], seed: int
) -> dict[str, Any]:
    """What a model of names came to: its losses, that of a bigram table, and names it makes up.

    Args:
        model: has `after`, as `sample` takes it; left in eval mode.
        history: of its training, with a validation set.
        train, held_out: the names it learned from, and the others.
        seed: of the names it makes up.
    """
    model.eval()
    return {
        "bigram": bigram_loss(train, held_out),
        "train": history.rows[-1]["loss"],
        "held_out": history.rows[-1]["validation_loss"],
        "names": sample(model.after, 20, np.random.default_rng(seed)),
    }


def tell(found: dict[str, Any]) -> None:
    """Print `results`."""
    print(f"held-out loss {found['held_out']:.4f}, of a bigram table {found['bigram']:.4f}")
    print(", ".join(found["names"]))
