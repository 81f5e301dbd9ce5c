"""For those who teach the course: how long a notebook takes, and what a class has answered.

    python -m notebooks.teaching handed_in/*.ipynb

prints a table of the notebooks that were handed in, with a mark for each exercise. Read are the
verdicts that stand in the files; nothing is run.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .exercise import MARKS

FOLDER = Path(__file__).resolve().parent

#: The marks of a check that says nothing about the answer as it stands.
NOT_RUN, CHANGED = "–", "?"

LEGEND = (
    "✓ right   ✗ wrong   ○ not written   "
    f"{NOT_RUN} not run, or not since the answer was   {CHANGED} the check is not the course's"
)

Cell = dict[str, Any]


def cells_of(path: Path) -> list[Cell]:
    """The cells of a notebook, each with its source as one text.

    Raises:
        ValueError: the file is no notebook.
    """
    try:
        cells: list[Cell] = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [cell | {"source": "".join(cell["source"])} for cell in cells]
    except (ValueError, KeyError, TypeError):  # a broken file, or JSON of another kind
        raise ValueError(f"{path.name} is no notebook") from None


def checks_of(name: str) -> list[str]:
    """The cells that check the exercises of a notebook of the course.

    >>> checks_of("00")
    ['check_ways(slope_at_a)', 'check_wave(wave)', 'check_slope(slope)']
    """
    (path,) = FOLDER.glob(f"{name}_*.ipynb")
    return [c["source"].strip() for c in cells_of(path) if "check" in c["metadata"].get("tags", [])]


def marks(path: Path) -> tuple[str, dict[str, str]]:
    """The number of the notebook of the course that a file is, and a mark for each exercise.

    Args:
        path: a notebook that was handed in, with its outputs.

    Raises:
        ValueError: it is no notebook, or none of the course.

    >>> marks(next(FOLDER.glob("00_*.ipynb")))  # as the course comes: with no answers yet
    ('00', {'ways': '○', 'wave': '○', 'slope': '○'})
    """
    cells = [cell for cell in cells_of(path) if cell["cell_type"] == "code"]
    found = re.search(r"\bnotebooks\.checks_(\d\d)\b", "\n".join(cell["source"] for cell in cells))
    if not found or not list(FOLDER.glob(f"{found[1]}_*.ipynb")):
        raise ValueError(f"{path.name} is no notebook of the course")
    return found[1], {_name(check): _mark(check, cells) for check in checks_of(found[1])}


def _name(check: str) -> str:
    return re.findall(r"\bcheck_(\w+)\(", check)[0]


def _mark(check: str, cells: Sequence[Cell]) -> str:
    """The mark that the cell with this check has got."""
    for before, cell in zip([None, *cells], cells, strict=False):
        if cell["source"].strip() == check:
            if _run(cell) < _run(before or {}):
                return NOT_RUN  # the answer was run again after it
            said = [text[0] for text in _said(cell) if text and text[0] in _VERDICTS]
            return said[-1] if said else NOT_RUN
    return CHANGED


_VERDICTS = {mark for mark, _ in MARKS.values()}


def _run(cell: Cell) -> int:
    """When a cell was run, counted from the start of the kernel; 0 if it was not."""
    return cell.get("execution_count") or 0


def _said(cell: Cell) -> Iterator[str]:
    """What a cell shows as its value, in words."""
    for output in cell["outputs"]:
        yield "".join(output.get("data", {}).get("text/plain", ""))


def table(paths: Iterable[Path]) -> str:
    """What was handed in as text: for each notebook of the course a row a file, and the sums.

    A file that is no notebook of the course has a row that says so.
    """
    classes: dict[str, dict[str, dict[str, str]]] = {}
    others = []
    for path in paths:
        try:
            name, marked = marks(path)
        except ValueError as error:
            others.append(str(error))
        else:
            classes.setdefault(name, {})[str(path)] = marked
    parts = ["\n".join(_rows(name, files)) for name, files in sorted(classes.items())]
    return "\n\n".join([*parts, *others, LEGEND])


def _rows(name: str, files: dict[str, dict[str, str]]) -> list[str]:
    """The rows of one notebook: what is asked, what each file has, how often each is right."""
    asked = list(next(iter(files.values())))
    right = [str(sum(marked[one] == "✓" for marked in files.values())) for one in asked]
    rows = [[f"notebook {name}", *asked]]
    rows += [[file, *marked.values()] for file, marked in files.items()]
    rows += [[f"✓ of {len(files)}", *right]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(x.ljust(w) for x, w in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


# --- time ---

#: What an estimate counts: words a minute, seconds for a line of code, seconds for a picture.
WORDS, LINE, PICTURE = 150, 6, 30

#: Minutes for an exercise of one, two and three stars.
STARS = {"★": 3, "★★": 8, "★★★": 20}


def minutes(name: str) -> tuple[int, int]:
    """How long a notebook of the course takes, and its exercises, in minutes: an estimate.

    Counted are its words, the lines of its code, its pictures, and the stars of its exercises.

    >>> minutes("00")
    (15, 30)
    """
    (path,) = FOLDER.glob(f"{name}_*.ipynb")
    read, stars = 0.0, 0
    for cell in cells_of(path):
        tags = {*cell["metadata"].get("tags", [])}
        if cell["cell_type"] == "markdown":
            stars += sum(STARS[one] for one in re.findall(r"(?m)^### .*?(★+)$", cell["source"]))
            read += 0 if "solution" in tags else len(cell["source"].split()) / WORDS
        elif not tags & {"exercise", "check"}:
            read += len(cell["source"].split("\n")) * LINE / 60
            read += sum(_is_picture(output) for output in cell["outputs"]) * PICTURE / 60
    return 5 * round(read / 5), 5 * round(stars / 5)


def _is_picture(output: dict[str, Any]) -> bool:
    return bool({"image/png", "image/svg+xml"} & {*output.get("data", {})})


def main(arguments: Sequence[str]) -> int:
    """Print the table of the files named; the exit status."""
    if not arguments:
        print("name the notebooks that were handed in: handed_in/*.ipynb", file=sys.stderr)
        return 2
    print(table([Path(one) for one in arguments]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
