"""The course: nineteen notebooks, and beside each the code behind it.

Notebook 05 takes its pictures and numbers from `lesson_05`, and the checks of its exercises from
`checks_05`; `exercise` is how a check answers, and `teaching` what a class has answered.  Nothing
here is for use elsewhere: notebooks and tests import a lesson's names from the module of its
number.  You may touch all of it.

To add an exercise to notebook 05:

1. its cells in the notebook: task, cell to fill in, check, solution;
2. its check in `checks_05`, decorated with `@exercise`;

and as its case two wrong answers in `tests/wrong_answers/05.py`, with what the hint has to say.
"""
