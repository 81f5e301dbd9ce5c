"""What each library can do: `asked`'s programs are run, and the answers are tables of two pages.

Each program runs in a process of its own, which may crash or take too long.
"""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import distribution, version
from importlib.util import find_spec
from pathlib import Path

from bench.asked import LIBRARIES, QUESTIONS, READ, READ_BEFORE
from bench.report import renewed

SECONDS = 900  # that a program may take
PAGES = ("README.md", "docs/comparison.md")
YES, NO = "✓", "–"


@dataclass(frozen=True)
class Answer:
    """Whether a library does what it was asked, and what it said if not."""

    yes: bool
    why: str = ""


def answer_to(question, library):
    """Run the program that a question has for a library."""
    if library not in question.programs:
        return Answer(False, question.reasons[library])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "program.py"  # a file, so that a traceback has its lines
        file.write_text(question.programs[library], encoding="utf-8")
        # tinygrad's device that needs no compiler
        environment = {"DEV": "PYTHON", **os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        words = [sys.executable, str(file)]
        try:
            done = subprocess.run(
                words, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return Answer(False, f"not done in {SECONDS} s")
    if question.right in done.stdout + done.stderr:
        return Answer(True)
    if done.returncode:
        return Answer(False, done.stderr.strip().splitlines()[-1])
    return Answer(False, f"gives {done.stdout.strip() or 'nothing'}")


def answers():
    """What all libraries answer to all questions, by label and library."""
    found = {}
    for question in QUESTIONS:
        print(question.label, "…", file=sys.stderr, flush=True)
        found[question.label] = {name: answer_to(question, name) for name in LIBRARIES}
    return found


def lines_of_python(library):
    """How much of a library is Python: the lines of what is installed, tests not counted."""
    package = LIBRARIES[library]
    if library == "twingrad":
        root = Path(__file__).resolve().parents[2]
        files = [file for room in ("engine", "nn", "viz") for file in (root / room).rglob("*.py")]
    else:
        listed = distribution(package).files
        ours = [file for file in listed if file.suffix == ".py" and "test" not in str(file)]
        files = [file.locate() for file in ours]
    count = sum(file.read_bytes().count(b"\n") for file in files)
    return f"{count:,}" if count < 1_000 else f"{round(count, -3):,}"


def table(found, lines):
    """The table of both pages: a row a question, a column a library."""

    def row(label, cells):
        return f"| {label} | {' | '.join(cells)} |"

    asked = {
        label: [YES if answer.yes else NO for answer in of.values()] for label, of in found.items()
    }
    rows = {**READ_BEFORE, **asked, **READ, "lines of Python": lines}
    head = [row("", LIBRARIES), "|---" + "|:-:" * len(LIBRARIES) + "|"]
    return "\n".join(head + [row(label, cells) for label, cells in rows.items()]) + "\n"


def asked_table(found):
    """What yes means to each question, and what those said who have no yes."""
    rows = ["| asked | a yes is | no yes |", "|---|---|---|"]
    for question in QUESTIONS:
        answers_here = found[question.label]
        no = [f"{name}: {said.why}" for name, said in answers_here.items() if not said.yes]
        cells = (question.label, question.meaning, "; ".join(no))
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


PEERS = {name: package for name, package in LIBRARIES.items() if name != "twingrad"}


def versions():
    """Of the libraries, in one line."""
    return ", ".join(f"{name} {version(package)}" for name, package in PEERS.items())


def renew(root):
    """Ask, and put the answers on the pages; all libraries have to be there."""
    absent = [package for package in PEERS.values() if find_spec(package) is None]
    if absent:
        raise SystemExit(f"not installed: {', '.join(absent)}; pip install -e '.[bench]'")
    found = answers()
    short = table(found, [lines_of_python(name) for name in LIBRARIES])
    long = f"Asked of twingrad as it is here, {versions()}.\n\n{short}\n{asked_table(found)}"
    for page, body in zip(PAGES, (short, long), strict=True):
        text = renewed((root / page).read_text(encoding="utf-8"), body, "peers")
        (root / page).write_text(text, encoding="utf-8")
    print(long)
