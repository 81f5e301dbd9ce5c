"""Rows of a sweep as its pictures need them: settings that differ, numbers, what failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from .axes import (
    LARGEST,
    SEQUENTIAL,
    WIDEST,
    ListedColormap,
    LogNorm,
    Normalize,
    colormaps,
    plain,
)

#: What a row has beside its settings and results.
BESIDE = ("seconds", "error", "traceback")
DECADES = 100.0  # positive numbers that differ by more than this have logarithmic colours
MOST_KINDS = 3  # of errors in the key
LONGEST = 16  # letters of a value where it stands beside others
ABSENT = "–"
NO_NUMBER = "no number: nan, inf or none"  # what the key says of a row that ended so


class Setting(NamedTuple):
    """A setting that differs: its values as labels, in order, and which of them each row has."""

    name: str
    labels: list[str]
    places: list[int]
    numbers: ndarray | None  # of each row, if all are numbers


class Outcomes(NamedTuple):
    """What the rows of a sweep are drawn by."""

    settings: list[Setting]  # that differ
    same: dict[str, str]  # settings that all rows share
    metric: str
    numbers: ndarray  # of each row; nan where it failed, and what no axis can show
    failed: ndarray  # of each row
    errors: list[str]  # the kinds, of those that failed
    mode: str

    @property
    def lost(self) -> ndarray:
        """Which rows ended, but not with a number to draw."""
        return np.isnan(self.numbers) & ~self.failed

    @property
    def best(self) -> list[int]:
        """The best rows: all that are equal; none if there is no number."""
        if np.isnan(self.numbers).all():
            return []
        choose = np.nanmin if self.mode == "min" else np.nanmax
        return np.flatnonzero(self.numbers == choose(self.numbers)).tolist()

    @property
    def where_best(self) -> str:
        """What the key says of the best row."""
        first, *others = self.best
        where = ", ".join(f"{short(s.name)} {s.labels[s.places[first]]}" for s in self.settings)
        more = f", and {len(others)} more" if others else ""
        return plain(f"best: {self.numbers[first]:.4g} at {where}{more}")

    @property
    def what_failed(self) -> str:
        """What the key says of the rows that failed."""
        kinds = Counter(self.errors).most_common(MOST_KINDS)
        words = ", ".join(f"{count} {kind}" for kind, count in kinds)
        return plain(f"failed: {words}" + ", …" * (len(set(self.errors)) > MOST_KINDS))

    @property
    def logarithmic(self) -> bool:
        """Whether the numbers are told apart by their decades."""
        there = self.numbers[~np.isnan(self.numbers)]
        return bool(len(there) and there.min() > 0 and there.max() > DECADES * there.min())

    @property
    def norm(self) -> Any:
        """Numbers to [0, 1], for their colours."""
        there = self.numbers[~np.isnan(self.numbers)]
        low, high = (there.min(), there.max()) if len(there) else (0.0, 1.0)
        return (LogNorm if self.logarithmic else Normalize)(low, high)

    @property
    def colours(self) -> Any:
        """From [0, 1] to colours: dark is good, and the lightest is not as light as paper."""
        shades = colormaps[SEQUENTIAL](np.linspace(0.0, 0.9, 256))
        return ListedColormap(shades if self.mode == "min" else shades[::-1])


def outcomes_of(rows: Any, metric: str | None, mode: str) -> Outcomes:
    """The rows of a sweep for a picture.  For what it refuses see `sweep`."""
    names = getattr(rows, "names", None)
    if names is None:
        raise TypeError(
            f"rows must be what nn.sweep returns, got {type(rows).__name__}; of some of its rows, "
            "nn.Sweep(some, rows.names) makes that"
        )
    if not rows or not names:
        raise ValueError(f"rows must be at least one, with a setting, got {len(rows)} rows")
    if mode not in ("min", "max"):
        raise ValueError(f"mode must be 'min' or 'max', got {mode!r}")
    failed = np.array(["error" in row for row in rows])
    metric = _metric(rows, names, metric)
    numbers = np.array([_number(row, metric) for row in rows])
    settings = [settings_of(rows, name) for name in names]
    differ = [s for s in settings if len(s.labels) > 1] or settings
    same = {s.name: s.labels[0] for s in settings if s not in differ}
    errors = [str(row["error"]).partition(":")[0] for row in rows if "error" in row]
    return Outcomes(differ, same, metric, numbers, failed, errors, mode)


def _metric(rows: Any, names: Sequence[str], metric: str | None) -> str:
    """The result that is drawn: the one that is asked for, or the only one."""
    ended = [row for row in rows if "error" not in row]
    results = {
        name: None for row in ended for name, x in row.items()
        if name not in (*names, *BESIDE) and _is_number(x)
    }  # fmt: skip
    if not ended:
        return metric or "no result"
    listed = ", ".join(results) or "none"
    if metric is None:
        if len(results) != 1:
            raise ValueError(f"metric must name one of the results that are numbers: {listed}")
        return next(iter(results))
    if metric in names or not any(metric in row for row in ended):
        raise KeyError(f"{metric} is not a result; those that are numbers: {listed}")
    return metric


def _number(row: Mapping[str, Any], metric: str) -> float:
    x = row.get(metric)
    if "error" in row or x is None:
        return np.nan
    if not isinstance(x, int | float):
        raise ValueError(f"metric must name a result that is a number, {metric} is {x!r}")
    return float(x) if abs(x) <= LARGEST else np.nan


def settings_of(rows: Sequence[Mapping[str, Any]], name: str) -> Setting:
    """The values of one setting: numbers in their order, others as they come.

    >>> settings_of([{"lr": 0.1}, {"lr": 0.01}, {"lr": 0.1}], "lr")[:3]
    ('lr', ['0.01', '0.1'], [1, 0, 1])
    """
    values = [row.get(name, ABSENT) for row in rows]
    if all(_is_number(x) and abs(x) <= LARGEST for x in values):
        numbers, places = np.unique(np.array(values, dtype=float), return_inverse=True)
        firsts = [values[places.tolist().index(i)] for i in range(len(numbers))]
        return Setting(name, labels_of(firsts), places.tolist(), numbers[places])
    keys = list(map(repr, values))
    different = list(dict.fromkeys(keys))
    firsts = [values[keys.index(k)] for k in different]
    return Setting(name, labels_of(firsts), [different.index(k) for k in keys], None)


def _is_number(x: Any) -> bool:
    return isinstance(x, int | float) and not isinstance(x, bool)


def labels_of(values: Sequence[Any]) -> list[str]:
    """Different values as different words, short where that is enough.

    >>> labels_of([0.1, 0.30000000000000004]), labels_of(["relu", None]), labels_of(["1", 1])
    (['0.1', '0.3'], ['relu', 'None'], ["'1'", '1'])
    >>> labels_of([[64, 32, 32, 32, 32], [16, 32, 32, 32, 32]])
    ['[64, 32, 32, 32…', '[16, 32, 32, 32…']
    """
    ways = ([words(x) for x in values] for words in (_word, str, repr))
    labels = next(labels for labels in ways if len(set(labels)) == len(labels))
    for cut in (short, _start):
        if len({cut(label) for label in labels}) == len(labels):
            return [cut(label) for label in labels]
    return [f"{i}: {short(label)}" for i, label in enumerate(labels)]


def _word(x: Any) -> str:
    return f"{x:g}" if isinstance(x, float) else str(x)


def short(label: str) -> str:
    """The end of a long label."""
    return label if len(label) <= LONGEST else f"…{label[-LONGEST + 1 :]}"


def _start(label: str) -> str:
    return label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…"


def scale_of(values: ndarray) -> str:
    """On which of matplotlib's scales different numbers, in order, stand more evenly.

    >>> [scale_of(np.array(x)) for x in ([1, 2, 3], [1e-3, 1e-2, 1e-1], [0, 1e-3, 1e-2, 1e-1])]
    ['linear', 'log', 'symlog']
    """
    if len(values) < 3 or values[0] < 0:
        return "linear"
    positive = values[values > 0]
    if np.log10(positive[-1]) - np.log10(positive[0]) > WIDEST:
        return "linear"  # matplotlib's powers would overflow
    uneven = [np.ptp(gaps) / gaps.mean() for gaps in (np.diff(values), np.diff(np.log(positive)))]
    if uneven[0] <= uneven[1] + 1e-6:
        return "linear"
    return "log" if len(positive) == len(values) else "symlog"


def apart(places: Sequence[float], least: float) -> list[int]:
    """Which of some places, in order, to name so that each is `least` from the one before.

    >>> apart([0.0, 0.01, 0.5, 1.0], 0.1)
    [0, 2, 3]
    """
    kept: list[int] = []
    for i, place in enumerate(places):
        if not kept or place - places[kept[-1]] >= least:
            kept.append(i)
    return kept
