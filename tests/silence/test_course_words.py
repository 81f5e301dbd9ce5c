"""What the course says is true: dead units, the rule of pow, a Jacobian-vector product."""

import re

import numpy as np

import engine
import nn
from engine import Value
from notebooks.make import FOLDER, read
from viz.stepping import rule_source


def glossary(word):
    text = (FOLDER / "GLOSSARY.md").read_text(encoding="utf-8")
    return re.search(rf"### {word}\n\n(.*)\n", text)[1]


def test_a_dead_unit_of_a_later_layer_may_come_back_without_a_change_of_its_own():
    w, own = Value(1.0), Value(-1.0)
    optimizer = nn.SGD([w, own], lr=0.4)
    alive = []
    for _ in range(3):
        hidden = engine.relu(w * 1.0)
        unit = engine.relu(own * hidden + 0.5)
        alive.append(unit.data > 0)
        optimizer.zero_grad()
        (hidden**2 + unit * 0.0).backward()
        optimizer.step()
    assert alive == [False, True, True]
    assert own.data == -1.0
    assert "in a later one it may come back" in glossary("dead unit")


def test_a_dead_unit_of_the_first_layer_stands_still_under_plain_sgd():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.ReLU(), nn.Linear(2, 1, rng=1))
    model[0].bias.data = [-100.0, 0.5]
    before = model[0].weight.numpy().copy()
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        (model(np.ones((1, 2))) - 3.0).sum().backward()
        optimizer.step()
    assert (model[0].weight.numpy()[0] == before[0]).all()


def test_notebook_11_shows_the_rules_of_pow_as_they_stand_in_the_table():
    shown = "".join(
        output.text
        for cell in read("11_gradients_of_gradients").cells
        if cell.source == 'print(op_page("pow"))'
        for output in cell.outputs
    )
    op = engine.registry["pow"]
    assert shown.count("lambda") == 2
    for index in (0, 1):
        assert rule_source(op, index) in shown


def test_the_glossary_does_not_call_two_backward_passes_forward_mode():
    assert "`engine.jvp` finds it by two backward passes" in glossary("jvp")
