"""What is new in a run: the lines that a page has not seen yet, of a file or of a `History`."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

from .records import json_lines

MOST_BYTES = 2_000_000  # of lines in one answer: more comes with the next
MOST_RECORDS = 5_000
SEEN = (
    64  # bytes from the start, and before the end of what was read, that tell a file from another
)

#: A page of what was caught, beside the file `run.jsonl`: `run.jsonl.spike-120.html`.
PAGE = re.compile(r"(?:nan|spike|dead)-[1-9]\d*")


class New(NamedTuple):
    """What came after a cursor.

    Attributes:
        lines: whole lines of JSON.
        cursor: to ask with the next time.
        begins: whether the lines are the first there are, so that what was read before is not of
            this run: the file was replaced, or cut.
        more: whether there are lines already that did not fit into this answer.
        problem: why there is nothing to read, or nothing.
        pages: the names of pages of what was caught.
    """

    lines: str
    cursor: str
    begins: bool
    more: bool
    problem: str
    pages: list[str]


class Lines(Protocol):
    """What a page follows."""

    def after(self, cursor: str) -> New:
        """What is new since the answer that gave this cursor; "" asks for all."""

    def page(self, name: str) -> str | None:
        """A page of what was caught, by its name; None if there is none."""


class FileLines:
    """The lines of a file that grows, that may not be there yet, and may be replaced or cut short.

    A cursor says how far was read, and what stood there: where that is not so any more, reading
    begins anew.  A last line without its end waits for it.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "run.jsonl"
    >>> lines = FileLines(path)
    >>> lines.after("").problem
    'is not there yet'
    >>> path.write_text('{"step": 1}\\n{"ste')
    17
    >>> new = lines.after("")
    >>> new.lines
    '{"step": 1}\\n'
    >>> lines.after(new.cursor).lines
    ''
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def after(self, cursor: str) -> New:
        """What is new; errors of reading are what it says, as the next time may be better."""
        try:
            with self.path.open("rb") as file:
                return self._read(file, cursor)
        except FileNotFoundError:
            return New("", "", True, False, "is not there yet", [])
        except OSError as error:
            return New("", "", True, False, f"cannot be read: {error.strerror}", [])

    def _read(self, file: BinaryIO, cursor: str) -> New:
        start, _, mark = cursor.partition("-")
        place = int(start) if start.isdecimal() else 0
        begins = place == 0 or _mark(file, place) != mark
        if begins:
            place = 0
        file.seek(place)
        raw = file.read(MOST_BYTES)
        while b"\n" not in raw and (further := file.read(MOST_BYTES)):
            raw += further
        whole = raw.rfind(b"\n") + 1
        more = bool(file.read(1)) and whole > 0
        end = place + whole
        text = raw[:whole].decode("utf-8", errors="replace")
        return New(text, f"{end}-{_mark(file, end)}", begins, more, "", self._pages())

    def _pages(self) -> list[str]:
        names = (one.name for one in self.path.parent.glob("*.html"))
        start = f"{self.path.name}."
        found = (x.removeprefix(start).removesuffix(".html") for x in names if x.startswith(start))
        return sorted(name for name in found if PAGE.fullmatch(name))

    def page(self, name: str) -> str | None:
        """A page beside the file; no other file is read."""
        if name not in self._pages():
            return None
        return page_beside(self.path, name).read_text(encoding="utf-8")


def page_beside(path: Path, name: str) -> Path:
    """Where the page of what was caught goes.

    >>> page_beside(Path("runs/a.jsonl"), "nan-31").name
    'a.jsonl.nan-31.html'
    """
    return path.with_name(f"{path.name}.{name}.html")


def _mark(file: BinaryIO, end: int) -> str:
    """What stands at the start of a file and before `end`, in eight characters."""
    file.seek(0)
    first = file.read(min(SEEN, end))
    file.seek(max(0, end - SEEN))
    return f"{zlib.crc32(first + file.read(min(SEEN, end))):08x}"


class RecordLines:
    """The records of a run in this process, those that are complete.

    Args:
        records: that grow while they are followed.
        complete: how many of them will not change any more.
        pages: of what was caught, by name.
    """

    def __init__(
        self,
        records: list[dict[str, Any]],
        complete: Callable[[], int],
        pages: Mapping[str, str],
    ) -> None:
        self.records = records
        self.complete = complete
        self.pages = pages

    def after(self, cursor: str) -> New:
        """What is new."""
        start = int(cursor) if cursor.isdecimal() else 0
        there = self.complete()
        end = min(there, start + MOST_RECORDS)
        lines = json_lines(self.records[start:end])
        return New(lines, str(max(start, end)), start == 0, end < there, "", list(self.pages))

    def page(self, name: str) -> str | None:
        """A page of what was caught."""
        return self.pages.get(name)
