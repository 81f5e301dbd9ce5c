"""`EpochHistory`: what `fit` notes, epoch by epoch."""

from __future__ import annotations

import time
from collections.abc import Mapping
from numbers import Real
from typing import Any

from .sparklines import series_table


class EpochHistory:
    """A row of numbers for each epoch; `history["loss"]` is the column of that name.

    `stopped` says why the last run ended before its last epoch ("interrupted", or what a callback
    gave as its reason); None if it did not.  Has a `state_dict`, so `save_training` can keep it.
    `under_way` is what the row of an epoch that is not over will be made of: how many samples there
    were, and the sum over them of each number.

    >>> history = EpochHistory()
    >>> history.rows.append({"epoch": 1, "loss": 0.5})
    >>> history["loss"], len(history)
    ([0.5], 1)
    """

    under_way: tuple[int, dict[str, float]] = (0, {})

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.stopped: str | None = None
        self._began = 0.0

    @property
    def epoch(self) -> int:
        """The number of the epoch under way, or of the next; the first is 1."""
        return len(self.rows) + 1

    def start_epoch(self) -> None:
        """Note the time."""
        self._began = time.perf_counter()

    def end_epoch(self, numbers: Mapping[str, float], lr: float) -> None:
        """Add a row."""
        seconds = time.perf_counter() - self._began
        self.rows.append({"epoch": self.epoch, **numbers, "lr": lr, "seconds": seconds})
        self.under_way = (0, {})

    def __getitem__(self, name: str) -> list[Any]:
        column = [row[name] for row in self.rows if name in row]
        if not column:
            known = sorted({key for row in self.rows for key in row})
            raise KeyError(f"no epoch has {name!r}; there are {known}")
        return column

    def __len__(self) -> int:
        return len(self.rows)

    def state_dict(self) -> dict[str, Any]:
        """The rows, copied, and in the middle of an epoch what there is of its row."""
        state = {"rows": [dict(row) for row in self.rows], "stopped": self.stopped}
        samples, sums = self.under_way
        return state | ({"under_way": {"samples": samples, "sums": dict(sums)}} if samples else {})

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the rows of `state_dict()`.

        Raises:
            ValueError: not the state of a history.
        """
        if not isinstance(state, Mapping) or set(state) - {"under_way"} != {"rows", "stopped"}:
            raise ValueError("the state of a history is a dict with 'rows' and 'stopped'")
        self.rows = [dict(row) for row in state["rows"]]
        self.stopped = state["stopped"]
        part = state.get("under_way", {"samples": 0, "sums": {}})
        self.under_way = part["samples"], dict(part["sums"])

    def __repr__(self) -> str:
        last = f"; {line(self.rows[-1])}" if self.rows else ""
        return f"EpochHistory({len(self.rows)} epochs{last})"

    def _repr_html_(self) -> str:
        """A table: a small curve of each column, its first, lowest, highest and last number."""
        columns: dict[str, list[float]] = {}
        for row in self.rows:
            for name, x in row.items():
                if name != "epoch" and isinstance(x, Real):
                    columns.setdefault(name, []).append(float(x))
        stopped = f"; stopped: {self.stopped}" if self.stopped else ""
        caption = f"{len(self.rows):,} epoch{'s' * (len(self.rows) != 1)}{stopped}"
        return series_table(caption, columns)


def line(row: Mapping[str, Any]) -> str:
    """A row as text.

    >>> line({"epoch": 2, "loss": 0.25, "lr": 0.1, "seconds": 1.5})
    'epoch 2  loss 0.25  lr 0.1  1.5 s'
    """
    parts = [f"epoch {row['epoch']}"]
    parts += [f"{k} {x:.4g}" for k, x in row.items() if k not in ("epoch", "seconds")]
    return "  ".join([*parts, f"{row['seconds']:.1f} s"])
