"""The teacher's page: a table of what a class has answered, and times that belong to the course."""

import json
import re
from pathlib import Path

import pytest

from notebooks import teaching
from notebooks.exercise import Verdict
from notebooks.make import FOLDER, course
from notebooks.teaching import CHANGED, NOT_RUN, main, marks, minutes, table

PAGE = (FOLDER.parent / "docs" / "teaching.md").read_text(encoding="utf-8")
FIRST = next(FOLDER.glob("00_*.ipynb"))
KINDS = {"✓": "right", "✗": "wrong", "○": "open"}


def handed_in(folder, name="ada", said=("✓", "✗", "○"), change=None):
    """Notebook 00, with verdicts in the place of those that are stored."""
    notebook = json.loads(FIRST.read_text(encoding="utf-8"))
    cells = [c for c in notebook["cells"] if "check" in c["metadata"].get("tags", [])]
    for cell, mark in zip(cells, said, strict=True):
        text = repr(Verdict(KINDS[mark], "as it is"))
        cell["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": [text]}}]
    if change:
        change(cells, notebook)
    path = folder / f"{name}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def test_the_marks_are_the_verdicts_of_the_file(tmp_path):
    assert marks(handed_in(tmp_path)) == ("00", {"ways": "✓", "wave": "✗", "slope": "○"})


def test_a_check_that_was_not_run_or_failed_has_no_verdict(tmp_path):
    def change(cells, _):
        cells[0]["outputs"] = []
        cells[1]["outputs"] = [{"output_type": "error", "ename": "NameError", "traceback": []}]

    found = marks(handed_in(tmp_path, change=change))[1]
    assert found == {"ways": NOT_RUN, "wave": NOT_RUN, "slope": "○"}


def test_a_check_older_than_its_answer_does_not_count(tmp_path):
    def change(cells, notebook):
        answer = notebook["cells"][notebook["cells"].index(cells[0]) - 1]
        answer["execution_count"] = cells[0]["execution_count"] + 5

    assert marks(handed_in(tmp_path, change=change))[1]["ways"] == NOT_RUN


def test_a_check_that_was_changed_is_seen(tmp_path):
    def change(cells, notebook):
        cells[0]["source"] = ["print('✓ Right.')"]
        notebook["cells"].remove(cells[1])

    found = marks(handed_in(tmp_path, change=change))[1]
    assert found == {"ways": CHANGED, "wave": CHANGED, "slope": "○"}


def test_what_a_check_printed_before_its_verdict_is_not_the_verdict(tmp_path):
    def change(cells, _):
        cells[1]["outputs"].insert(0, {"output_type": "stream", "text": ["✓ printed\n"]})

    assert marks(handed_in(tmp_path, change=change))[1]["wave"] == "✗"


def test_a_class_is_a_table_with_sums(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = [
        handed_in(Path(), "ada").name,
        handed_in(Path(), "blaise", ("✓", "✓", "✗")).name,
    ]
    lines = table(map(Path, paths)).splitlines()
    assert lines[:4] == [
        "notebook 00   ways  wave  slope",
        "ada.ipynb     ✓     ✗     ○",
        "blaise.ipynb  ✓     ✓     ✗",
        "✓ of 2        2     1     0",
    ]


def test_notebooks_of_the_course_have_tables_of_their_own(tmp_path):
    other = next(FOLDER.glob("01_*.ipynb"))
    text = table([other, handed_in(tmp_path)])
    assert text.index("notebook 00") < text.index("notebook 01")


def test_files_that_are_no_notebook_are_named_beside_the_others(tmp_path, capsys):
    broken = tmp_path / "broken.ipynb"
    broken.write_text("{", encoding="utf-8")
    empty = tmp_path / "empty.ipynb"
    empty.write_text('{"cells": []}', encoding="utf-8")
    assert main([str(broken), str(empty), str(handed_in(tmp_path))]) == 0
    said = capsys.readouterr().out
    assert "broken.ipynb is no notebook" in said
    assert "empty.ipynb is no notebook of the course" in said
    assert "✓ of 1" in said


def test_without_files_it_says_what_to_name(capsys):
    assert main([]) == 2
    assert "handed_in/*.ipynb" in capsys.readouterr().err


def test_the_marks_and_the_tags_are_those_of_every_notebook():
    for name in course():
        number, marked = marks(FOLDER / f"{name}.ipynb")
        assert number == name[:2]
        assert set(marked.values()) == {"○"}


# --- the page ---


def rows():
    """The rows of the page's table by number: title, minutes to read, minutes of exercises."""
    found = re.findall(r"(?m)^\| (\d\d) \| (.+?) \| (\d+) \| (\d+) \| (.*?) \|", PAGE)
    return {number: (title, int(a), int(b), on) for number, title, a, b, on in found}


@pytest.mark.parametrize("name", course())
def test_the_page_knows_a_notebook_and_its_time(name):
    title, read, exercises, _ = rows()[name[:2]]
    notebook = json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))
    assert "".join(notebook["cells"][0]["source"]).startswith(f"# {int(name[:2])}. {title}\n")
    now = minutes(name[:2])
    assert abs(read - now[0]) <= 10, now
    assert abs(exercises - now[1]) <= 10, now


def test_a_notebook_builds_on_earlier_ones():
    for number, (*_, on) in rows().items():
        assert all(one < number for one in re.findall(r"\d\d", on))


def test_a_path_of_the_page_holds_what_its_notebooks_build_on():
    builds_on = {number: set(re.findall(r"\d\d", on)) for number, (*_, on) in rows().items()}
    core = set(re.findall(r"(?m)^\| (\d\d) .*\*\*the core\*\*", PAGE))
    paths = re.findall(r"(?m)^- \*\*.+$", PAGE)
    assert len(paths) == 6
    for line in paths:
        path = set(re.findall(r"\d\d", line)) | (core if "the core" in line else set())
        for first, last in re.findall(r"(\d\d) to (\d\d)", line):
            path |= {number for number in builds_on if first <= number <= last}
        assert path
        assert all(builds_on[number] <= path for number in path), line


def test_the_legend_is_on_the_page_as_it_is_printed():
    assert teaching.LEGEND in PAGE


def test_the_page_s_lines_for_a_grade_book_run(tmp_path, monkeypatch, capsys):
    (tmp_path / "handed_in").mkdir()
    handed_in(tmp_path / "handed_in")
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.S)
    exec(code, {})
    assert capsys.readouterr().out == "ada 00 1 of 3\n"
