"""What `fit` and `sweep` show while they run: a bar on a terminal or in a notebook, else lines."""

from __future__ import annotations

import html
import os
import shutil
import sys
import time
from operator import length_hint
from typing import Any
from uuid import uuid4

from engine import Restoring

from .epoch_history import line

BAR = 20  # characters of a bar, where there is room
LOSS = len("  loss 0.1234…")  # it goes before the bar and the time left where there is little room
LINE = 60.0  # seconds from one line to the next of what has a title, where there is no bar
SECONDS = 0.1  # from one drawing to the next: eyes are not faster, and a batch may be


class Progress(Restoring):
    """A bar that is drawn over itself, or a line after each epoch; nothing if `wanted` is false.

    A bar is for eyes: a file or a pipe gets the lines.

    Args:
        throughput: whether to show how many samples a second went through the epoch so far.
        title: what stands before the bar in place of the epoch, where there is but one.

    >>> progress = Progress(wanted=False, epochs=2, loader=[1, 2, 3])
    >>> progress.batches
    3
    """

    def __init__(
        self, wanted: bool, epochs: int, loader: Any, throughput: bool = False, title: str = ""
    ) -> None:
        self.batches = length_hint(loader) or None  # a stream has no length
        self.throughput = throughput
        self.shown: _Lines | _Terminal | _Notebook | None = None
        if wanted:
            self.shown = _lines_or_bar(epochs, self.batches, title)
        self._due = self._began = 0.0
        self._before = 0  # samples of this epoch that an earlier run has seen

    def start_epoch(self, epoch: int, batches: int = 0, samples: int = 0) -> None:
        """An epoch begins, or goes on after so many batches and samples."""
        if self.shown is not None:
            self.shown.start_epoch(epoch)
            self.shown.done, self._before = batches, samples
            self._due, self._began = 0.0, time.perf_counter()

    def step(self, means: Any) -> None:
        """A batch is done."""
        if self.shown is not None:
            note = ""
            if self.throughput:
                rate = (means.count - self._before) / (time.perf_counter() - self._began)
                note = f", {rate:,.0f} samples/s"
            self.tick({k: x / means.count for k, x in means.sums.items()}, note)

    def tick(self, numbers: dict[str, float], note: str) -> None:
        """One more of what is counted is done."""
        if self.shown is not None:
            self.shown.done += 1
            self.shown.note = note
            now = time.perf_counter()
            if now >= self._due or self.shown.done == self.batches:
                self._due = now + SECONDS
                self.shown.draw(numbers)

    def end_epoch(self, row: dict[str, Any]) -> None:
        """An epoch is done: its numbers stay."""
        self.end(line(row))

    def end(self, text: str) -> None:
        """The words of this text stay, parted by two blanks; the first are what was done."""
        if self.shown is not None:
            self.shown.end(text)

    def restore(self, saved: Any) -> None:
        """However it ends: leave nothing half drawn."""
        if self.shown is not None:
            self.shown.close()


def _lines_or_bar(epochs: int, batches: int | None, title: str) -> _Lines | _Terminal | _Notebook:
    """What suits where the output goes."""
    # Looked up, not imported: nn does without IPython, and where it is not there, nobody looks.
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is not None and type(shell).__name__ != "TerminalInteractiveShell":
        return _Notebook(epochs, batches, title, sys.modules["IPython.display"])
    if sys.stderr is not None and sys.stderr.isatty():
        return _Terminal(epochs, batches, title)
    return _Lines(epochs, batches, title)


class _Lines:
    """A line after each epoch; of what has a title in place of epochs, one a minute."""

    note = ""  # what is to stand behind the time that is left

    def __init__(self, epochs: int, batches: int | None, title: str) -> None:
        self.epochs, self.batches, self.title = epochs, batches, title
        self.epoch = self.done = 0
        self.began = self.said = 0.0

    def start_epoch(self, epoch: int) -> None:
        self.epoch, self.done = epoch, 0
        self.began = self.said = time.perf_counter()

    def draw(self, numbers: dict[str, float]) -> None:
        """Show the means of the epoch under way."""
        now = time.perf_counter()
        if self.title and now - self.said >= LINE:
            self.said = now
            text = f"{self.title}  {self.done}/{self.batches}, {self._left()} left{self.note}"
            print(text, flush=True)

    def _left(self) -> str:
        """Minutes and seconds that the epoch will take, as it went so far."""
        if self.batches is None or not self.done:
            return "?"
        seconds = (time.perf_counter() - self.began) * max(self.batches / self.done - 1, 0)
        return f"{int(seconds) // 60}:{int(seconds) % 60:02}"

    def end(self, text: str) -> None:
        print(text, flush=True)

    def close(self) -> None:
        """The run is over, or was cut short."""


class _Terminal(_Lines):
    """A bar for each epoch, on one line of a terminal, that keeps its width."""

    def __init__(self, epochs: int, batches: int | None, title: str) -> None:
        super().__init__(epochs, batches, title)
        self.text = ""  # what stands on the line now

    def draw(self, numbers: dict[str, float]) -> None:
        width = _columns() - 1  # in the last column some terminals begin a new line
        bar, left = self._bar(width), f", {self._left()} left{self.note}"
        text = bar + left * (len(bar + left) + LOSS <= width)
        for name, x in numbers.items():
            word = f"  {name} {x:<#8.4g}"
            if len(text + word.rstrip()) >= width:  # no number is cut off
                text = text.rstrip()[: width - 1] + "…"
                break
            text += word
        self._write(text.rstrip())

    def _bar(self, width: int) -> str:
        """How far the epoch is; as wide for the first batch as for the last."""
        title = self.title or f"epoch {self.epoch}"
        if self.batches is None:
            return f"{title}: {self.done:>6} batches"
        part = min(self.done / self.batches, 1.0)
        head = f"{title}: {int(100 * part):3}%"
        tail = f" {self.done:>{len(str(self.batches))}}/{self.batches}"
        room = min(BAR, width - LOSS - len(f"{head} []{tail}"))
        full = int(room * part)
        return head + f" [{'#' * full}{'-' * (room - full)}]" * (room > 2) + tail

    def end(self, text: str) -> None:
        width = _columns() - 1
        _, *numbers = text.split("  ")
        text = self._bar(width)
        for words in numbers:  # no number is cut off: what is long goes on below
            fits = len(text.rpartition("\n")[2]) + 2 + len(words) <= width
            text += f"  {words}" if fits else f"\n    {words}"
        first, _, below = text.partition("\n")
        self._write(first)
        self.close()
        sys.stderr.write(f"{below}\n" if below else "")

    def _write(self, text: str) -> None:
        """Draw over what stands there; blanks cover the end of what was longer."""
        sys.stderr.write(f"\r{text}{' ' * (len(self.text) - len(text))}")
        sys.stderr.flush()
        self.text = text

    def close(self) -> None:
        if self.text:
            self.text = ""
            sys.stderr.write("\n")
            sys.stderr.flush()


class _Notebook(_Lines):
    """One bar for the whole run, in the output of a cell, that is drawn in place."""

    def __init__(self, epochs: int, batches: int | None, title: str, display: Any) -> None:
        super().__init__(epochs, batches, title)
        self.display = display
        self.place = uuid4().hex
        self.there = False
        self.first = self.over = 0  # the first epoch of this run, and the last that is over
        self.row = ""  # the numbers of that

    def start_epoch(self, epoch: int) -> None:
        super().start_epoch(epoch)
        self.first = self.first or epoch
        self.draw({})

    def draw(self, numbers: dict[str, float]) -> None:
        done = f"{self.done}/{self.batches}" if self.batches else f"{self.done} batches"
        done += f", {self._left()} left" * bool(self.title) + self.note
        words = "  ".join(f"{name} {x:.4g}" for name, x in numbers.items())
        self._show(f"{done}  {words or self.row}")

    def end(self, text: str) -> None:
        self.over = self.epoch
        self.row = text.partition("  ")[2]
        self._show(f"{self.done}/{self.batches}  {self.row}" if self.title else self.row)

    def close(self) -> None:
        if self.epoch != self.over:
            before = f"; epoch {self.over}:  {self.row}" * (self.over > 0)
            self._show(f"cut short after {self.done}{' batches' * (not self.title)}{before}")
        elif self.epoch and self.epoch < self.first + self.epochs - 1:
            self._show(f"(ended early)  {self.row}")

    def _show(self, words: str) -> None:
        title = self.title or f"epoch {self.epoch} of {self.first + self.epochs - 1}"
        text = f"{title}  {words}".rstrip()
        bar = ""
        if self.batches:
            part = (self.epoch - self.first + min(self.done / self.batches, 1.0)) / self.epochs
            bar = f'<progress value="{part:.4f}" max="1" aria-label="training"></progress> '
        shown = {
            "text/html": f'<div style="font-family: monospace">{bar}{html.escape(text)}</div>',
            "text/plain": text,
        }
        self.display.display(shown, raw=True, display_id=self.place, update=self.there)
        self.there = True


def _columns() -> int:
    """How wide the terminal is now: it may be resized."""
    try:
        found = os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError, AttributeError):  # no terminal, but something that says it is one
        found = 0
    return found or shutil.get_terminal_size().columns
