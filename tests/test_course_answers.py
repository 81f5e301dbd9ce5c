"""Right answers to exercises of the notebooks, in other styles than the solutions."""

import re
from pathlib import Path

import pytest
from course_cases import EXERCISES

CHECKS = {(exercise.notebook[:2], exercise.name): exercise for exercise in EXERCISES}
ANSWERS = re.findall(
    r"^# %% (\d\d) (\w+) \| ([^\n]*)\n(.*?)(?=^# %%|\Z)",
    (Path(__file__).parent / "right_answers.txt").read_text(encoding="utf-8"),
    flags=re.MULTILINE | re.DOTALL,
)


@pytest.mark.parametrize(
    ("notebook", "check", "code"),
    [pytest.param(n, check, code, id=f"{n}-{check}-{style}") for n, check, style, code in ANSWERS],
)
def test_a_right_answer_in_another_style_passes(notebook, check, code):
    verdict = CHECKS[notebook, check].verdict(code)
    assert verdict.ok, verdict


def test_there_are_some_for_each_exercise_of_the_first_notebooks():
    asked = {key for key in CHECKS if key[0] in ("00", "01", "02", "03")}
    assert asked <= {(n, check) for n, check, _, _ in ANSWERS}
