"""The file of a sweep: a line of JSON for each setting that is done."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .settings import key_of, written


class Journal:
    """What was done of a sweep, read from its file, and written to it line by line.

    A line that was not finished, as the process was killed, is passed over and cut off.

    Args:
        path: of the file; None for no file at all.
        name: of the function that is run: a file of another one is refused.

    Attributes:
        done: by the setting as JSON, what came of it.

    Raises:
        ValueError: the file holds something else; it is left as it is.
    """

    def __init__(self, path: str | os.PathLike[str] | None, name: str) -> None:
        self.path = None if path is None else Path(path)
        self.name = name
        self.done: dict[str, dict[str, Any]] = {}
        if self.path is not None and self.path.exists():
            self._read(self.path)

    def _read(self, path: Path) -> None:
        data = path.read_bytes()
        *lines, torn = data.split(b"\n")
        for number, text in enumerate(lines, start=1):
            entry = _entry(text)
            if entry is None:
                raise ValueError(f"{path} is no file of a sweep: line {number} is {text[:60]!r}")
            if entry["train"] != self.name:
                raise ValueError(
                    f"{path} is of a sweep of {entry['train']}, this one is of {self.name}: give "
                    "another path"
                )
            if "results" in entry:  # what failed is tried again
                self.done[key_of(entry["setting"])] = entry
        if torn and not torn.startswith(b'{"train"'[: len(torn)]):
            raise ValueError(f"{path} is no file of a sweep: it ends with {torn[:60]!r}")
        if torn:
            os.truncate(path, len(data) - len(torn))

    def add(self, setting: dict[str, Any], entry: dict[str, Any]) -> None:
        """Note what came of a setting, at once."""
        if self.path is not None:
            text = json.dumps({"train": self.name, "setting": written(setting), **entry})
            with self.path.open("a", encoding="utf-8") as file:
                file.write(f"{text}\n")
                file.flush()
                os.fsync(file.fileno())


def _entry(text: bytes) -> dict[str, Any] | None:
    """A line of the file; None if it is something else."""
    try:
        entry = json.loads(text)
    except ValueError:
        return None
    if not isinstance(entry, dict) or not {"train", "setting"} <= entry.keys():
        return None
    return entry if {"results", "seconds"} <= entry.keys() or "error" in entry else None
