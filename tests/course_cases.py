"""The exercises of the notebooks, taken apart: what is asked, checked, solved, and got wrong."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from notebooks.make import course, read, tagged

WRONG = Path(__file__).parent / "wrong_answers"
SOLUTION = re.compile(
    r"<details>\s*<summary>.*?</summary>\s*\n\n```python\n(.*?)\n```\n.*</details>", re.DOTALL
)


@dataclass(frozen=True)
class Exercise:
    """One exercise: the notebook's setup, the cell to fill in, its check and its solution."""

    notebook: str
    name: str
    setup: str
    stub: str
    check: str
    solution: str

    def verdict(self, answer):
        """What the check says of an answer, in a namespace of its own."""
        space = {"__name__": "__main__"}
        for source in (self.setup, answer):
            exec(compile(source, "<answer>", "exec"), space)
        *first, last = ast.parse(self.check).body
        exec(compile(ast.Module(first, []), "<check>", "exec"), space)
        return eval(compile(ast.Expression(last.value), "<check>", "eval"), space)


def setup_of(notebook):
    """The cells tagged "setup", without what only a notebook understands."""
    lines = "\n".join(cell.source for cell in tagged(notebook, "setup")).splitlines()
    return "\n".join(line for line in lines if not line.startswith("%"))


def exercises_of(name):
    """The exercises of a notebook; ValueError where one is not in the form agreed upon."""
    notebook = read(name)
    cells, found = notebook.cells, []
    for i, cell in enumerate(cells):
        if "exercise" not in cell.metadata.get("tags", []):
            continue
        check, answer = cells[i + 1], cells[i + 2]
        called = re.search(r"\b(check_\w+)\(", check.source)
        solved = SOLUTION.search(answer.source)
        if "check" not in check.metadata.get("tags", []) or not called or not solved:
            raise ValueError(f"{cell.id} is not followed by its check and its solution")
        found.append(
            Exercise(name, called[1], setup_of(notebook), cell.source, check.source, solved[1])
        )
    return found


def wrong_answers(name):
    """(name of the check, what the hint has to say, code) for each wrong answer on file."""
    path = WRONG / f"{name[:2]}.py"
    if not path.exists():
        return []
    blocks = re.split(r"^# %% (\w+) \| (.*)\n", path.read_text(encoding="utf-8"), flags=re.M)[1:]
    return list(zip(blocks[::3], blocks[1::3], blocks[2::3], strict=True))


EXERCISES = [exercise for name in course() for exercise in exercises_of(name)]
