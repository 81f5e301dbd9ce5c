"""What `fit` shows while it runs: tqdm's bar on a terminal, else a line for each epoch."""

from __future__ import annotations

import sys
from operator import length_hint
from typing import Any

from engine import Restoring

from .epoch_history import line

try:
    from tqdm import tqdm
except ImportError:  # the `plots` extra is not installed: plain lines do
    tqdm = None


class Progress(Restoring):
    """A bar for each epoch, or a line after it; nothing if `wanted` is false.

    A bar draws itself again and again, which is for eyes: a file or a pipe gets the lines.
    """

    def __init__(self, wanted: bool, epochs: int, loader: Any) -> None:
        self.wanted = wanted
        self.bars = wanted and tqdm is not None and sys.stderr is not None and sys.stderr.isatty()
        self.epochs = epochs
        self.batches = length_hint(loader) or None  # a stream has no length
        self.bar: Any = None

    def start_epoch(self, epoch: int) -> None:
        """Begin a bar."""
        if self.bars:
            self.bar = tqdm(total=self.batches, desc=f"epoch {epoch}", unit="batch")

    def step(self, means: Any) -> None:
        """A batch is done."""
        if self.bar is not None:
            self.bar.set_postfix_str(f"loss {means.sums['loss'] / means.count:.4g}", refresh=False)
            self.bar.update()

    def end_epoch(self, row: dict[str, Any]) -> None:
        """An epoch is done: the bar ends with its numbers, or they become a line."""
        if self.bar is not None:
            self.bar.set_postfix_str(line(row).partition("  ")[2])
            self.close()
        elif self.wanted:
            print(line(row), flush=True)

    def restore(self, saved: Any) -> None:
        self.close()

    def close(self) -> None:
        """End the bar, if there is one."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None
