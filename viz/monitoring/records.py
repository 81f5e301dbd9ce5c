"""The records of a `History`: read by name, and written as JSON lines."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np

from engine import Tensor, to_numpy
from engine.files import naming
from nn.callbacks import series_table

#: Names that History uses itself.
RESERVED = ("step", "parameters", "activations", "norm", "seconds", "caught")


class Records:
    """What was noted, step by step, and ways to read it.

    Attributes:
        records: one dict for each step or note, in order.
        torn: how many lines of the file a crash cut short.
    """

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.torn = 0
        self._file: FileIO | None = None
        self._written = 0  # how many records are in the file, or in `_unwritten`
        self._unwritten = b""  # what a full disk has not taken yet

    def __getstate__(self) -> dict[str, Any]:
        """For a copy or a pickle, which notes in memory: file and `with` block stay with this."""
        return {**self.__dict__, "_file": None, "_entered": None, "_guard": None}

    @property
    def last_step(self) -> int:
        """The last step of which there is a record; 0 if there is none."""
        return max((record["step"] for record in self.records), default=0)

    @property
    def names(self) -> list[str]:
        """Every series there is: loss, lr, norm, … in the order they came."""
        found: dict[str, None] = {}
        for record in self.records:
            for name, x in record.items():
                if name != "step" and not isinstance(x, dict):
                    found.setdefault(name)
        return list(found)

    def series(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """The steps at which a number was noted, and the numbers.

        Raises:
            KeyError: it never was.
        """
        pairs = [(record["step"], record[name]) for record in self.records if name in record]
        return _columns(pairs, name, self.names)

    def parameter(self, name: str, what: str) -> tuple[np.ndarray, np.ndarray]:
        """Steps and numbers of a parameter: norm, mean, max, zeros or ratio.

        Raises:
            KeyError: it was never measured.
        """
        return self._measured("parameters", name, what)

    def activation(self, name: str, what: str) -> tuple[np.ndarray, np.ndarray]:
        """Steps and numbers of what a layer put out: mean, std, zeros, dead or saturated.

        Raises:
            KeyError: it was never measured.
        """
        return self._measured("activations", name, what)

    def parameters(self) -> list[str]:
        """The names of the parameters that were measured."""
        return self._names_of("parameters")

    def activations(self) -> list[str]:
        """The names of the layers whose output was measured."""
        return self._names_of("activations")

    def _names_of(self, kind: str) -> list[str]:
        return list(dict.fromkeys(name for r in self.records for name in r.get(kind, ())))

    def _measured(self, kind: str, name: str, what: str) -> tuple[np.ndarray, np.ndarray]:
        pairs = [
            (r["step"], r[kind][name][what])
            for r in self.records
            if what in r.get(kind, {}).get(name, ())
        ]
        return _columns(pairs, f"{name}, {what}", self._names_of(kind))

    def went_wrong(self) -> list[str]:
        """What was caught, and when: "nan at step 31"."""
        return [
            f"{kind} at step {r['step']:,}" for r in self.records for kind in r.get("caught", ())
        ]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.records)

    def _repr_html_(self) -> str:
        """A table: a small curve of each series, its first, lowest, highest and last number."""
        parameters, layers = len(self.parameters()), len(self.activations())
        measured = f"; {parameters} parameters and {layers} layers measured" * (parameters > 0)
        steps = f"{self.last_step:,} step{'s' * (self.last_step != 1)}"
        caption = "; ".join([steps + measured, *self.went_wrong()])
        names = [name for name in self.names if name not in ("epoch", "seconds")]
        return series_table(caption, {name: self.series(name)[1].tolist() for name in names})

    # --- the file ---

    def _open(self, path: Path) -> None:
        """Read what the file holds, then open it to write below."""
        whole = True
        if path.exists():
            raw = self._read(path)
            self._written = len(self.records)
            whole = raw == b"" or raw.endswith(b"\n")
        self._file = path.open("ab", buffering=0)
        if not whole:  # the line that a crash cut short stays, and is passed over
            self._file.write(b"\n")

    def _read(self, path: Path) -> bytes:
        raw = path.read_bytes()
        self.records, self.torn = parse(raw, path)
        return raw

    def _write(self) -> None:
        """Bring the file up to date: at each measurement, so that the steps between cost little.

        A disk that fills up takes a part, and refuses the next: the rest is kept, and goes first
        when there is room again.

        Raises:
            OSError: the file cannot be written; no record is lost.
        """
        if self._file is None:
            return
        self._unwritten += json_lines(self.records[self._written :]).encode()
        self._written = len(self.records)
        with naming(self._file.name):
            while self._unwritten:
                self._unwritten = self._unwritten[self._file.write(self._unwritten) :]

    def save(self, path: str | Path) -> Path:
        """Write everything so far to a new file of JSON lines; returns its path.

        Raises:
            FileExistsError: the file is there already.
            OSError: it cannot be written.
        """
        path = Path(path)
        text = json_lines(self.records)
        with naming(path), path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        return path

    def _close_file(self) -> None:
        if self._file is not None:
            try:
                self._write()
            finally:
                self._file.close()
                self._file = None


def _columns(
    pairs: list[tuple[int, float]], name: str, known: Iterable[str]
) -> tuple[np.ndarray, np.ndarray]:
    if not pairs:
        raise KeyError(f"{name} was never noted; there is: {', '.join(known) or 'nothing'}")
    return np.array([step for step, _ in pairs]), np.array([x for _, x in pairs], dtype=float)


def single_numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """What was given by name, as numbers; None is left out."""
    for name in metrics:
        if name in RESERVED:
            raise ValueError(f"{name!r} is a name History uses itself: choose another")
    return {name: single_number(name, x) for name, x in metrics.items() if x is not None}


def single_number(name: str, x: Any) -> float:
    """A number, or a Tensor or Value of one element, as a float."""
    if type(x) is Tensor and x._held.size == 1:
        return float(x._held.item())
    array = to_numpy(x)
    if array.size != 1 or array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must be a single number, got {x!r:.60}")
    return float(array.reshape(())[()])


# --- JSON lines ---


# Made once: `json.dumps` makes one at every call.
_ENCODER = json.JSONEncoder(allow_nan=False)


def json_lines(records: list[dict[str, Any]]) -> str:
    """A line of JSON for each record."""
    if not records:
        return ""
    try:
        text = _ENCODER.encode(records)
    except ValueError:  # JSON has no nan and no inf: they are written as the words float() reads
        text = _ENCODER.encode([_writable(record) for record in records])
    # All at once is twice as fast as one by one.  Within a string a quote would be escaped, so
    # this stands between records and nowhere else.
    return text[1:-1].replace('}, {"step": ', '}\n{"step": ') + "\n"


def _writable(x: Any) -> Any:
    if isinstance(x, dict):
        return {key: _writable(value) for key, value in x.items()}
    return str(x) if isinstance(x, float) and not math.isfinite(x) else x


def _read(x: Any) -> Any:
    if isinstance(x, dict):
        return {key: _read(value) for key, value in x.items()}
    return x if isinstance(x, int) else float(x)


def parse(raw: bytes, path: Path) -> tuple[list[dict[str, Any]], int]:
    """The records of a file, and how many lines were torn by a crash.

    Raises:
        ValueError: a line is no record.
    """
    records: list[dict[str, Any]] = []
    torn = 0
    for number, cut in enumerate(raw.split(b"\n"), start=1):
        if not cut.strip():
            continue
        try:
            line = cut.decode()
            record = json.loads(line)
        except ValueError:
            torn += 1  # a crash cuts a line short, at the end of each run at most; or leaves bytes
            continue
        if not isinstance(record, dict) or type(record.get("step")) is not int:
            raise ValueError(f"line {number} of {path} is no record of a History: {line[:60]!r}")
        records.append(_record_of(record, number, path))
    if torn and not records:
        raise ValueError(f"{path} is no History: not one line of it can be read")
    return records, torn


def _record_of(record: dict[str, Any], number: int, path: Path) -> dict[str, Any]:
    try:
        return {key: _read(value) for key, value in record.items()}
    except (TypeError, ValueError):
        raise ValueError(f"line {number} of {path} holds something that is no number") from None
