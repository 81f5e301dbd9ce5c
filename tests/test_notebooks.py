"""The course in notebooks/: every notebook runs, is stored as it runs, and checks its exercises."""

import importlib.util
import re
from collections import Counter

import nbformat
import pytest
from course_cases import EXERCISES, wrong_answers
from IPython.core.inputtransformer2 import TransformerManager

from notebooks.make import (
    FOLDER,
    code_cells,
    complaints,
    course,
    execute,
    outputs,
    read,
    tagged,
    tidy,
)

COURSE = course()
TITLES = [
    "00_start_here",
    "01_derivatives_by_nudging",
    "02_a_value_that_remembers",
    "03_backward_one_edge_at_a_time",
    "04_the_table_of_derivatives",
    "05_from_scalars_to_tensors",
    "06_can_you_trust_a_gradient",
    "07_a_neuron_a_layer_a_network",
    "08_training_that_works_and_how_it_fails",
    "09_digits",
    "10_names",
    "11_gradients_of_gradients",
    "12_backward_as_a_program",
    "13_a_program_that_is_compiled",
    "14_forward_reverse_and_what_they_cost",
    "15_what_the_graph_keeps",
    "16_sequences",
    "17_backward_by_hand_through_normalization",
    "18_where_to_go_next",
]
ALL = pytest.mark.parametrize("name", COURSE)


def markdown(notebook):
    return "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")


# --- as they are stored ---


def test_the_course_is_complete():
    assert COURSE == TITLES


def test_the_first_notebook_and_the_readme_name_them_all_in_order():
    readme = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    for text in (markdown(read(COURSE[0])), readme):
        rows = "\n".join(line for line in text.splitlines() if line.startswith("|"))
        named = re.findall(r"\]\((?:notebooks/)?(\d\d_\w+)\.ipynb\)", rows)
        assert [name for name in named if name != COURSE[0]] == COURSE[1:]


@ALL
def test_a_notebook_is_valid_and_tidy(name):
    notebook = read(name)
    nbformat.validate(notebook)
    before = nbformat.writes(notebook)
    tidy(notebook)
    assert nbformat.writes(notebook) == before, "changed by hand? run notebooks/make.py"


def test_outputs_of_other_code_are_found():
    notebook = read(COURSE[0])
    before = notebook.metadata.made_from
    code_cells(notebook)[-1].source += " "
    tidy(notebook)
    assert notebook.metadata.made_from != before


@ALL
def test_cells_have_names_that_stay(name):
    ids = [cell.id for cell in read(name).cells]
    assert all(re.fullmatch(rf"{name[:2]}-\d\d\d", one) for one in ids), ids
    assert len(set(ids)) == len(ids)


@ALL
def test_stored_outputs_are_those_of_one_clean_run(name):
    cells = code_cells(read(name))
    assert [cell.execution_count for cell in cells] == list(range(1, 1 + len(cells)))
    assert outputs(read(name))


@ALL
def test_stored_outputs_hold_no_error_path_timing_or_too_many_bytes(name):
    assert complaints(read(name)) == []


def test_a_drawing_wider_than_a_laptop_s_window_is_refused():
    def complaints_about(svg):
        output = nbformat.v4.new_output("display_data", data={"image/svg+xml": svg})
        cell = nbformat.v4.new_code_cell("draw(y)", id="00-001", outputs=[output])
        return complaints(nbformat.v4.new_notebook(cells=[cell]))

    assert complaints_about('<svg width="100%"\n viewBox="0.00 0.00 860.00 90.00">') == []
    assert complaints_about('<svg width="100%"\n viewBox="0.00 0.00 870.00 90.00">') == [
        "00-001: a drawing 1160 px wide, 1150 are the most"
    ]


@ALL
def test_links_lead_somewhere(name):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", markdown(read(name)))
    places = [link for link in links if not link.startswith("https://")]
    assert places
    assert all((FOLDER / place).exists() for place in places), places


@ALL
def test_it_says_at_the_top_what_one_will_be_able_to_do(name):
    first = read(name).cells[0].source
    assert first.startswith(f"# {int(name[:2])}. ")
    assert "**At the end you will be able to" in first


@ALL
def test_the_first_cell_is_the_same_everywhere(name):
    assert code_cells(read(name))[0].source == code_cells(read(COURSE[0]))[0].source


def test_where_nothing_is_installed_the_first_cell_says_what_to_do(tmp_path, monkeypatch):
    """Installed is this clone or nothing: test_hosted.py tries both for real."""
    cell = code_cells(read(COURSE[0]))[0].source
    python = TransformerManager().transform_cell(cell)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ModuleNotFoundError, match=r"In a clone, python3 \.ci/setup\.py notebooks "):
        exec(python, {})
    assert re.findall(r"^ +%pip .*", cell, flags=re.M) == ['    %pip install --quiet "..[plots]"']


@ALL
def test_no_wall_of_code(name):
    """A cell is short: what is longer belongs to a package."""
    long = [cell.id for cell in code_cells(read(name)) if cell.source.count("\n") >= 40]
    assert long == []


@ALL
def test_it_is_seen_in_the_readme_with_its_thumbnail(name):
    readme = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    assert f"notebooks/{name}.ipynb" in readme
    assert f".github/course/{name[:2]}.png" in readme


# --- as they run ---


@pytest.fixture(scope="module")
def run():
    """Run a notebook, once; what it has become."""
    done = {}

    def executed(name):
        if name not in done:
            done[name] = execute(read(name))
        return done[name]

    return executed


def seen(notebook):
    """What each cell shows, by kind, and of what it prints how many lines.

    Not the words: names that a network makes up, and the last digits of numbers, differ from one
    processor to the next.  A cell that needs what may not be installed says something else there.
    """
    return [
        [
            one.text.count("\n") if one.output_type == "stream" else sorted(one.data)
            for one in cell.outputs
        ]
        for cell in code_cells(notebook)
        if cell not in tagged(notebook, "optional")
    ]


@pytest.mark.slow
@ALL
def test_a_notebook_runs_and_shows_what_is_stored(run, name):
    """A failing assert or any other error stops it; a warning would be on stderr."""
    notebook = run(name)
    assert complaints(notebook) == []
    assert seen(notebook) == seen(read(name))


# --- exercises ---


@ALL
def test_there_are_exercises_on_three_levels(name):
    headings = re.findall(r"^### Exercise.*?(★+)$", markdown(read(name)), flags=re.M)
    mine = [exercise for exercise in EXERCISES if exercise.notebook == name]
    assert set(headings) == {"★", "★★", "★★★"}
    assert len(headings) == len(mine) == len(tagged(read(name), "exercise"))


@ALL
def test_every_check_is_that_of_an_exercise(name):
    checks = vars(importlib.import_module(f"notebooks.checks_{name[:2]}"))
    mine = {exercise.name for exercise in EXERCISES if exercise.notebook == name}
    assert {check for check in checks if check.startswith("check_")} == mine


BY_NAME = [pytest.param(one, id=f"{one.notebook[:2]}-{one.name}") for one in EXERCISES]


@pytest.mark.parametrize("exercise", BY_NAME)
def test_an_exercise_that_is_not_written_yet_is_told_so(exercise):
    assert exercise.verdict(exercise.stub).kind == "open"


@pytest.mark.parametrize("exercise", BY_NAME)
def test_the_solution_passes_its_check(exercise):
    verdict = exercise.verdict(exercise.solution)
    assert verdict.ok, verdict


WRONG = [
    pytest.param(name, check, hint, code, id=f"{name[:2]}-{check}-{i}")
    for name in COURSE
    for i, (check, hint, code) in enumerate(wrong_answers(name))
]


@pytest.mark.parametrize(("name", "check", "hint", "code"), WRONG)
def test_a_wrong_answer_gets_a_hint(name, check, hint, code):
    (exercise,) = [one for one in EXERCISES if (one.notebook, one.name) == (name, check)]
    verdict = exercise.verdict(code)
    assert verdict.kind == "wrong", verdict
    assert hint in verdict.text


def test_every_exercise_has_two_wrong_answers_on_file():
    on_file = Counter((name, check) for name in COURSE for check, _, _ in wrong_answers(name))
    few = [(one.notebook, one.name) for one in EXERCISES if on_file[one.notebook, one.name] < 2]
    assert few == []
