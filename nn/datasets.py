"""Real data that ships with the package, and two generated sets: digits, names, moons, spirals.

Nothing is downloaded; sources and licences stand beside the files, in `bundled/SOURCES.md`.
"""

from __future__ import annotations

import gzip
import hashlib
from importlib import resources

import numpy as np
from numpy import ndarray

__all__ = ["digits_split", "load_digits", "load_names", "make_moons", "make_spirals"]

Seed = int | np.random.Generator | None


def _read(name: str) -> bytes:
    """A bundled file, decompressed, after its checksum was compared."""
    folder = resources.files("nn") / "bundled"
    packed = (folder / name).read_bytes()
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    sums = {file: digest for digest, file in (line.split() for line in lines)}
    got = hashlib.sha256(packed).hexdigest()
    if got != sums[name]:
        raise OSError(
            f"the bundled file {name} is damaged: its SHA-256 is {got}, expected {sums[name]}; "
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

    >>> x, y = load_digits()
    >>> x.shape, y[:5].tolist()
    ((1797, 64), [0, 1, 2, 3, 4])
    """
    table = np.loadtxt(_read("digits.csv.gz").decode().splitlines(), delimiter=",")
    pixels, labels = table[:, :64] / 16, table[:, 64].astype(np.int64)
    return (pixels.reshape(-1, 1, 8, 8) if image else pixels), labels


def digits_split(
    test_fraction: float = 0.2, seed: Seed = 0, image: bool = False
) -> tuple[ndarray, ndarray, ndarray, ndarray]:
    """The digits, shuffled and cut: x_train, y_train, x_test, y_test.

    Raises:
        ValueError: test_fraction is not between 0 and 1, or leaves one part empty.

    >>> [len(part) for part in digits_split(0.2)]
    [1438, 1438, 359, 359]
    """
    if not 0 < test_fraction < 1:
        raise ValueError(f"test_fraction must be between 0 and 1, got {test_fraction}")
    x, y = load_digits(image)
    count = round(len(x) * test_fraction)
    if not 0 < count < len(x):
        raise ValueError(f"test_fraction {test_fraction} of {len(x)} digits leaves a part empty")
    order = np.random.default_rng(seed).permutation(len(x))
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


def _check_points(n: object, noise: float, name: str = "n") -> None:
    if isinstance(n, bool) or not isinstance(n, int | np.integer):
        raise TypeError(f"{name} must be an int, got {n!r}")
    if n < 1:
        raise ValueError(f"{name} must be at least 1, got {n}")
    if not noise >= 0:
        raise ValueError(f"noise must not be negative, got {noise}")


def make_moons(n: int = 100, noise: float = 0.1, seed: Seed = None) -> tuple[ndarray, ndarray]:
    """Two half circles that interlock: points of shape (n, 2), and 0 or 1 for each.

    The upper half circle has radius 1 around (0, 0), the lower one around (1, 0.5).

    Raises:
        TypeError, ValueError: n is not a positive int, or noise is negative.

    >>> x, y = make_moons(4, noise=0.0)
    >>> x.round(2).tolist(), y.tolist()
    ([[1.0, 0.0], [-1.0, 0.0], [0.0, 0.5], [2.0, 0.5]], [0, 0, 1, 1])
    """
    _check_points(n, noise)
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
    return x + np.random.default_rng(seed).normal(0, noise, x.shape), y


def make_spirals(
    n_per_class: int = 100, classes: int = 3, noise: float = 0.2, seed: Seed = None
) -> tuple[ndarray, ndarray]:
    """Arms that wind around the origin, one for each class.

    Returns:
        Points of shape (classes * n_per_class, 2) within radius 1, and the class of each.

    Raises:
        TypeError, ValueError: a count is not a positive int, or noise is negative.

    >>> x, y = make_spirals(2, classes=2, noise=0.0)
    >>> x.shape, y.tolist()
    ((4, 2), [0, 0, 1, 1])
    """
    _check_points(n_per_class, noise, "n_per_class")
    _check_points(classes, noise, "classes")
    rng = np.random.default_rng(seed)
    radius = np.tile(np.linspace(0, 1, n_per_class), classes)
    label = np.repeat(np.arange(classes), n_per_class)
    angle = 4 * radius + label * 2 * np.pi / classes + rng.normal(0, noise, radius.shape)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), label
