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
    return re.search(rf"## {word}\n\n(.*)\n", text)[1]


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


def dead_after_training(planted):
    """Units of a second layer that are dead before and after, and how far the first one moved."""
    x = np.random.default_rng(0).normal(size=(200, 8))
    target = np.sin(x[:, :1])
    model = nn.Sequential(
        nn.Linear(8, 16, rng=0),
        nn.ReLU(),
        nn.Linear(16, 8, rng=1),
        nn.ReLU(),
        nn.Linear(8, 1, rng=2),
    )
    just_below = -model[:3](x).numpy().max(axis=0) - 0.02 + model[2].bias.numpy()
    model[2].bias.data = np.where(np.arange(8) < planted, just_below, 1.0)
    start = model[0].weight.numpy().copy()
    before = (model[:4](x).numpy() == 0).all(axis=0)
    optimizer = nn.SGD(model.parameters(), lr=0.2)
    for _ in range(300):
        optimizer.zero_grad()
        nn.MSELoss()(model(x), target).backward()
        optimizer.step()
    after = (model[:4](x).numpy() == 0).all(axis=0)
    return before, after, np.abs(model[0].weight.numpy() - start).max()


def test_past_a_layer_that_is_dead_as_a_whole_nothing_changes():
    before, after, moved = dead_after_training(planted=8)
    assert before.all()
    assert after.all()
    assert moved == 0
    assert "but not if its whole layer is dead" in glossary("dead unit")


def test_where_some_units_of_a_layer_live_dead_ones_may_come_back():
    before, after, moved = dead_after_training(planted=4)
    assert before.sum() > after.sum()
    assert moved > 0


def test_weight_decay_moves_a_dead_unit_of_the_first_layer_and_does_not_wake_it():
    x = np.random.default_rng(0).normal(size=(50, 2))
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.ReLU(), nn.Linear(2, 1, rng=1))
    model[0].bias.data = [-10.0, 0.5]
    before = model[0].weight.numpy()[0].copy()
    optimizer = nn.SGD(model.parameters(), lr=0.1, weight_decay=0.5)
    for _ in range(40):
        optimizer.zero_grad()
        ((model(x) - 1.0) ** 2).mean().backward()
        optimizer.step()
    assert np.allclose(model[0].weight.numpy()[0], 0.95**40 * before)
    assert (model[:2](x).numpy()[:, 0] == 0).all()


def test_far_below_0_gelu_passes_nothing_and_leaky_relu_does():
    slopes = [engine.grad(f)(-100.0) for f in (nn.functional.gelu, nn.functional.leaky_relu)]
    assert slopes == [0.0, 0.01]


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


def test_the_glossary_calls_jvp_what_one_forward_pass_gives():
    assert "what one pass in forward mode gives" in glossary("jvp")
    assert "backward passes" not in glossary("jvp")
