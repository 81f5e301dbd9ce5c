"""`practice`: what it asks, which mistakes it knows, and that its graphs are worth asking about."""

import json
import re

import numpy as np
import pytest
from packed_pages import program_of

import engine
from engine import Tensor, Value
from engine.looking import BackwardPass
from viz import GraphTooLargeError, Practice, practice
from viz.command.cli import main
from viz.stepping.exercises import LARGEST, LEVELS, MAKERS, SMALLEST, exercise
from viz.stepping.steps import walk
from viz.stepping.tasks import near, tasks


def leaves(**numbers):
    return [Value(x, label=name) for name, x in numbers.items()]


def asked(root):
    return tasks(list(walk(BackwardPass(root), commit=False)))


def exercises_in(page):
    """What the program of a page holds."""
    found = re.search(r"const exercises = (.*);$", program_of(page.html), re.MULTILINE)
    return json.loads(found[1])


# --- questions ---


def test_every_contribution_is_asked_for_and_every_sum():
    a, b = leaves(a=2.0, b=-3.0)
    root = a * b + a
    found = [(task.question.split(". ")[-1], task.answer) for task in asked(root)]
    root.backward()
    assert found == [
        ("What is added to ∂L/∂n2?", 1.0),
        ("What is added to ∂L/∂a?", 1.0),
        ("What is added to ∂L/∂a?", -3.0),
        ("What is it now?", a.grad),
        ("What is added to ∂L/∂b?", b.grad),
    ]


def said(task, number):
    return next((why for wrong, why in task.mistakes if near(number, wrong)), None)


def test_typical_mistakes_are_told_by_what_was_done():
    a, b, c = leaves(a=2.0, b=-3.0, c=5.0)
    d = a * b
    d.label = "d"
    to_a = asked(d * c)[-2]
    assert to_a.answer == -15.0  # upstream 5, local −3
    assert "local derivative ∂(a × b)/∂a alone" in said(to_a, -3.0)
    assert "upstream gradient alone" in said(to_a, 5.0)
    assert "sign" in said(to_a, 15.0)
    assert "by a = 2 itself" in said(to_a, 10.0)
    assert "multiplied, not added" in said(to_a, 2.0 + 0.0) or "value of a" in said(to_a, 2.0)
    assert said(to_a, -1.6666) == "Upstream is multiplied by ∂(a × b)/∂a, not divided."
    assert said(to_a, 99.0) is None


def test_mistakes_about_sums_are_told():
    a, b = leaves(a=2.0, b=-3.0)
    *_, again, total, _ = asked(a * b + a)
    assert "afterwards" in said(again, -2.0)
    assert "new contribution alone" in said(total, -3.0)
    assert "before" in said(total, 1.0)
    assert "not subtracted" in said(total, 4.0)


@pytest.mark.parametrize(
    ("function", "wrong", "word"),
    [
        (lambda a: engine.tanh(a) * 3, lambda a, y: 3 * (1 - y), "is squared"),
        (lambda a: engine.tanh(a) * 3, lambda a, y: 3 * (1 - a * a), "not the input"),
        (lambda a: a**4 * 3, lambda a, y: 3 * a**3, "comes down"),
        (lambda a: a**4 * 3, lambda a, y: 12 * a**4, "one less"),
        (lambda a: engine.square(a) * 3, lambda a, y: 3 * a * a, "twice"),
        (lambda a: 7 / a * 3, lambda a, y: 3 / a, "derivative for 7; for a"),
        (lambda a: 7 / a * 3, lambda a, y: 3 * 7 / (a * a), "sign"),
        (lambda a: 7 / a * 3, lambda a, y: -3 * 7 / a, "is squared"),
        (lambda a: a / 7 * 3, lambda a, y: 3 * 7, "1 / 7"),
        (lambda a: engine.relu(-a) * 3, lambda a, y: 3, "not above 0"),
    ],
)
def test_mistakes_in_the_rule_of_an_op_are_told(function, wrong, word):
    a = Value(0.7, label="a")
    root = function(a)
    found = next(task for task in asked(root) if abs(task.upstream) == 3)
    assert word in said(found, wrong(0.7, root.inputs[0].data))


# --- graphs ---


@pytest.mark.parametrize("level", LEVELS)
def test_graphs_made_by_chance_are_worth_asking_about(level):
    for seed in range(60):
        found = asked(exercise(level, np.random.default_rng(seed)))
        assert 1 <= len(found) <= 20
        for task in found:
            assert task.answer == 0 or SMALLEST <= abs(task.answer) <= LARGEST
            numbers = [task.answer, *(wrong for wrong, _ in task.mistakes)]
            for i, x in enumerate(numbers):
                assert not any(near(x, y) for y in numbers[:i])  # each mistake is told


def test_levels_rise():
    def most(level, count):
        rngs = [np.random.default_rng(seed) for seed in range(40)]
        return max(count(exercise(level, rng)) for rng in rngs)

    ops = [most(level, lambda r: sum(x.op is not None for x in engine.toposort(r)))
           for level in (1, 2, 3, 5)]  # fmt: skip
    assert ops == sorted(set(ops))
    sums = [most(level, lambda r: sum("already" in task.question for task in asked(r)))
            for level in LEVELS]  # fmt: skip
    assert sums[:2] == [0, 0]
    assert sums[2] > 0
    assert set(MAKERS) == set(LEVELS)


def test_no_gradient_is_touched():
    page = practice(level=2, seed=0)
    assert {x.grad for root in page.roots for x in engine.toposort(root)} == {0.0}


def test_a_dead_relu_comes_up():
    graphs = [exercise(5, np.random.default_rng(seed)) for seed in range(60)]
    dead = [any(task.answer == 0 for task in asked(root)) for root in graphs]
    assert 3 < sum(dead) < 57


# --- the page ---


def test_a_page_has_an_exercise_of_each_level_or_five_of_one():
    assert [one["what"] for one in exercises_in(practice(seed=0))] == [
        f"Exercise {i} of 5: {text}" for i, text in LEVELS.items()
    ]
    assert {one["what"].split(": ")[1] for one in exercises_in(practice(level=2, seed=0))} == {
        "a chain of two"
    }
    assert practice(level=3, seed=4).html == practice(level=3, seed=4).html
    assert practice(level=3, seed=4).html != practice(level=3, seed=5).html


def test_answers_stand_nowhere_outside_the_program():
    a, b = leaves(a=2.125, b=-3.375)
    page = practice(a * b)
    assert "3.375" not in page.html
    assert "needs scripts" in page.html
    assert "3.375" not in page._repr_html_().split("</iframe>")[1]
    assert exercises_in(page)[0]["data"]["tasks"][0]["answer"] == -3.375


@pytest.mark.parametrize("x", [float("nan"), float("inf")])
def test_what_has_no_finite_answer_is_not_asked(x):
    a, b = leaves(a=x, b=2.0)
    with pytest.raises(ValueError, match=r"What is added to ∂L/∂b\? (nan|\+?inf); practise on"):
        practice(a * b)


@pytest.mark.parametrize("seed", ["x", -1, 1.5])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ValueError, match=r"seed must be a whole number from 0, got "):
        practice(seed=seed)


def test_a_page_is_saved_and_shown(tmp_path):
    page = practice(level=1, seed=0)
    assert isinstance(page, Practice)
    assert page.save(tmp_path / "p.html").read_text(encoding="utf-8") == page.html
    assert repr(page).startswith("<Practice of 5 exercises; ")
    assert len(page.roots) == 5
    assert page._repr_html_().count("<iframe") == 1
    assert len(page.html.encode()) <= 40_000


def test_labels_are_text():
    page = practice(Value(2.0, label="</script><b onclick=x()>\ud800") * 3)
    assert "<b onclick" not in page.html
    assert "<b onclick" not in exercises_in(page)[0]["table"] + exercises_in(page)[0]["svg"]


def test_what_cannot_be_asked_about_is_an_error():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"root must be a Value, got Tensor; engine.expand"):
        practice(x.sum())
    with pytest.raises(TypeError, match=r"got int$"):
        practice(3)
    with pytest.raises(ValueError, match="level must be 1 to 5, got 6"):
        practice(level=6)
    with pytest.raises(ValueError, match="not both"):
        practice(Value(1.0) * 2, level=1)
    with pytest.raises(ValueError, match="nothing to ask: no gradient flows from L"):
        practice(Value(1.0))
    y = Value(0.5)
    for _ in range(101):
        y = engine.sin(y)
    with pytest.raises(GraphTooLargeError, match="101 edges to ask about, more than 100"):
        practice(y)
    assert y.grad == 0.0


def test_without_graphviz_the_page_says_why_there_is_no_picture(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    found = exercises_in(practice(Value(2.0, label="a") * 3))[0]
    assert found["svg"].startswith("<p>")


# --- the command ---


def test_the_command_writes_a_page(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["practice", "--seed", "3"]) == 0
    assert capsys.readouterr().out == "saved practice.html: open it in a browser\n"
    assert (tmp_path / "practice.html").read_text(encoding="utf-8") == practice(seed=3).html
    assert main(["practice", "--level", "4", "--out", "p.htm"]) == 0
    assert main(["practice", "--out", "p.txt"]) == 2
    assert "--out must end in .html or .htm, got p.txt" in capsys.readouterr().err
    assert main(["practice", "--level", "9"]) == 2
    assert "invalid choice" in capsys.readouterr().err
