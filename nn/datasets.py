"""Real data that ships with the package, and two generated sets: digits, names, moons, spirals.

Nothing is downloaded; sources and licences stand beside the files, in `bundled/SOURCES.md`.
"""

from __future__ import annotations

import gzip
import hashlib
from importlib import resources

import numpy as np
from numpy import ndarray

from .checks import at_least, number
from .random import Rng, generator

__all__ = ["digits_split", "load_digits", "load_names", "make_moons", "make_spirals"]


def _read(name: str) -> bytes:
    """A bundled file, decompressed, after its checksum was compared."""
    folder = resources.files("nn") / "bundled"
    packed = (folder / name).read_bytes()
    # The list may be damaged too, so nothing about its bytes or its lines is taken for granted.
    lines = (folder / "SHA256SUMS").read_bytes().decode("ascii", "replace").splitlines()
    sums = {file: digest for digest, _, file in (line.partition("  ") for line in lines)}
    expected = sums.get(name, "one listed in SHA256SUMS")
    got = hashlib.sha256(packed).hexdigest()
    if got != expected:
        raise OSError(
            f"the bundled file {name} is damaged: its SHA-256 is {got}, expected {expected}; "
            "install the package again"
        )
    return gzip.decompress(packed)


def load_digits(image: bool = False) -> tuple[ndarray, ndarray]:
    """1,797 handwritten digits of 8 × 8 pixels.

    Args:
        image: give the pixels as (1797, 1, 8, 8), for convolutions; default (1797, 64).

    Returns:
        The pixels, float64 from 0 (white) to 1, and the labels, int64 of shape (1797,).

    Raises:
        OSError: the bundled file is damaged.
        TypeError: image is not a bool.

    >>> x, y = load_digits()
    >>> x.shape, y[:5].tolist()
    ((1797, 64), [0, 1, 2, 3, 4])
    """
    if not isinstance(image, bool | np.bool_):
        raise TypeError(f"image must be a bool, got {type(image).__name__}: {image!r:.60}")
    table = np.loadtxt(_read("digits.csv.gz").decode().splitlines(), delimiter=",")
    pixels, labels = table[:, :64] / 16, table[:, 64].astype(np.int64)
    return (pixels.reshape(-1, 1, 8, 8) if image else pixels), labels


def digits_split(
    test_fraction: float = 0.2, seed: Rng = 0, image: bool = False
) -> tuple[ndarray, ndarray, ndarray, ndarray]:
    """The digits, shuffled and cut: x_train, y_train, x_test, y_test.

    Args:
        test_fraction: what part of the digits goes to the test set, rounded to whole digits.
        seed: a seed or a generator for the shuffle; None for the shared one of `nn.random`.
        image: pixels of shape (digits, 1, 8, 8) rather than (digits, 64).

    Raises:
        OSError: the bundled file is damaged.
        TypeError: test_fraction is not a number, image not a bool, seed none of the three.
        ValueError: test_fraction is not between 0 and 1 or leaves one part empty; seed < 0.

    >>> [len(part) for part in digits_split(0.2)]
    [1438, 1438, 359, 359]
    """
    test_fraction, rng = number("test_fraction", test_fraction), generator(seed, "seed")
    if not 0 < test_fraction < 1:
        raise ValueError(f"test_fraction must be between 0 and 1, got {test_fraction}")
    x, y = load_digits(image)
    count = round(len(x) * test_fraction)
    if not 0 < count < len(x):
        raise ValueError(f"test_fraction {test_fraction} of {len(x)} digits leaves a part empty")
    order = rng.permutation(len(x))
    test, train = order[:count], order[count:]
    return x[train], y[train], x[test], y[test]


def load_names() -> list[str]:
    """First names, lower case a to z, sorted.

    Raises:
        OSError: the bundled file is damaged.

    >>> names = load_names()
    >>> len(names), names[0], names[-1]
    (5163, 'aaron', 'zulma')
    """
    return _read("names.txt.gz").decode().split()


def make_moons(n: int = 100, noise: float = 0.1, seed: Rng = None) -> tuple[ndarray, ndarray]:
    """Two half circles that interlock: points of shape (n, 2), and 0 or 1 for each.

    The upper half circle has radius 1 around (0, 0), the lower one around (1, 0.5).  `noise` is
    the standard deviation of what is added to each coordinate.

    Raises:
        TypeError: n is not an int, noise not a number, seed not a seed.
        ValueError: n < 1, noise negative or not finite, seed < 0.

    >>> x, y = make_moons(4, noise=0.0)
    >>> x.round(2).tolist(), y.tolist()
    ([[1.0, 0.0], [-1.0, 0.0], [0.0, 0.5], [2.0, 0.5]], [0, 0, 1, 1])
    """
    at_least(1, n=n)
    noise, rng = number("noise", noise, least=0), generator(seed, "seed")
    upper = (n + 1) // 2
    a = np.linspace(0, np.pi, upper)
    b = np.linspace(0, np.pi, n - upper)
    x = np.concatenate(
        [
            np.stack([np.cos(a), np.sin(a)], axis=1),
            np.stack([1 - np.cos(b), 0.5 - np.sin(b)], axis=1),
        ]
    )
    y = np.repeat([0, 1], [upper, n - upper])
    return x + rng.normal(0, noise, x.shape), y


def make_spirals(
    n_per_class: int = 100, classes: int = 3, noise: float = 0.2, seed: Rng = None
) -> tuple[ndarray, ndarray]:
    """Arms that wind around the origin, one for each class.

    `noise` is the standard deviation, in radians, of what is added to each point's angle.

    Returns:
        Points of shape (classes * n_per_class, 2) within radius 1, and the class of each.

    Raises:
        TypeError: a count is not an int, noise not a number, seed not a seed.
        ValueError: a count < 1, noise negative or not finite, seed < 0.

    >>> x, y = make_spirals(2, classes=2, noise=0.0)
    >>> x.shape, y.tolist()
    ((4, 2), [0, 0, 1, 1])
    """
    at_least(1, n_per_class=n_per_class, classes=classes)
    noise, rng = number("noise", noise, least=0), generator(seed, "seed")
    radius = np.tile(np.linspace(0, 1, n_per_class), classes)
    label = np.repeat(np.arange(classes), n_per_class)
    angle = 4 * radius + label * 2 * np.pi / classes + rng.normal(0, noise, radius.shape)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), label
