"""What is shown of a rule: as mathematics, and of its source what ran for the edge."""

import ast
import re
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, Value
from engine.symbols import LaTeX, rule_of_arrays
from viz import BackwardStep, steps
from viz.stepping.branches import LEFT_OUT, source_run
from viz.stepping.rule_source import rule_mathml, rule_run, rule_source


def leaf(*shape):
    return Tensor(np.random.default_rng(0).normal(size=shape), requires_grad=True)


def formula(y, index=0):
    return rule_of_arrays(y, index, LaTeX())


# --- mathematics ---


@pytest.mark.parametrize(
    ("make", "formulas"),
    [
        (lambda: leaf(4, 3) @ leaf(3, 2), [r"g\,b^{T}", r"a^{T}\,g"]),
        (lambda: leaf(2, 4, 3) @ leaf(2, 3, 2), [r"g\,b^{T}", r"a^{T}\,g"]),
        (lambda: leaf(2, 3).T, ["g^{T}"]),
        (lambda: leaf(2, 3, 4).mT, ["g^{T}"]),
        (
            lambda: engine.transpose(leaf(2, 3, 4), (2, 0, 1)),
            [r"\operatorname{transpose}(g,\,\mathit{(1, 2, 0)})"],
        ),
        (lambda: leaf(4, 3).sum(), ["g"]),
        (lambda: leaf(4, 3).mean(), [r"\frac{g}{12}"]),
        (lambda: leaf(4, 3).mean(axis=0), [r"\frac{g}{4}"]),
        (lambda: engine.softmax(leaf(4, 3)), [r"y \odot (g - \sum (g \odot y))"]),
        (lambda: engine.broadcast_to(leaf(3), (2, 3)), [r"\sum g"]),
        (lambda: leaf(2, 3).reshape(6), [r"\operatorname{reshape}(g,\,\mathit{(2, 3)})"]),
        (lambda: leaf(4, 3).var(), [r"\frac{g \odot (x - \operatorname{mean}(x))}{6}"]),
        (
            lambda: leaf(4, 3).max(axis=1),
            [
                r"\begin{cases} \frac{g}{\sum [x = y]} & \text{if } x = y \\ "
                r"0 & \text{otherwise} \end{cases}"
            ],
        ),
        (
            lambda: nn.functional.linear(leaf(4, 3), leaf(2, 3), leaf(2)),
            [r"g\,\mathit{weight}", r"g^{T}\,x", r"\sum g"],
        ),
    ],
)  # fmt: skip
def test_rules_of_whole_arrays_are_set_as_in_books(make, formulas):
    y = make()
    assert [formula(y, i) for i in range(len(formulas))] == formulas


@pytest.mark.parametrize(
    "make",
    [
        lambda: leaf(4, 3) @ leaf(3),  # an outer product would look like one number by number
        lambda: leaf(4, 3)[1:, 0].cumsum(0),  # turned round, which no formula here says
        lambda: engine.pad(leaf(2, 2), 1),
        lambda: engine.concatenate([leaf(2), leaf(3)]),
        lambda: engine.prod(leaf(3)),
        lambda: nn.LayerNorm(3)(leaf(4, 3)) * 1.0,
    ],
)
def test_what_is_no_formula_is_not_set_as_a_wrong_one(make):
    y = make()
    node = y.inputs[0] if y.op.name == "mul" else y
    assert formula(node) == ""
    assert rule_mathml(node, 0) == ""


def test_a_condition_has_no_rule_to_show():
    assert formula(engine.where(np.array([True, False]), leaf(2), leaf(2))) == ""


@pytest.mark.usefixtures("own_ops")
def test_conditions_that_are_joined_stay_joined_but_for_nan():
    @engine.shape_op(lambda g, y, x: engine.where((x < 0.0) | (x > 1.0), g, 0.0))
    def outside(x):
        "x, kept outside of 0 to 1."
        return np.array(x)

    @engine.shape_op(lambda g, y, x: engine.where((x < 0.0) | (x != x), g, 0.0))
    def below(x):
        "x, kept below 0."
        return np.array(x)

    assert r"\text{if } x < 0 \vee x > 1" in formula(outside(leaf(3)))
    assert r"\text{if } x < 0 \\" in formula(below(leaf(3)))


def test_a_formula_that_is_too_long_is_left_to_the_source():
    layer = nn.LayerNorm(3)
    y = layer(leaf(4, 3))
    assert y.op.name == "standardize"
    assert rule_mathml(y, 0) == ""


def test_a_rule_in_the_page_is_set_with_its_fraction():
    shown = rule_mathml(leaf(4, 3).mean(), 0)
    assert ET.fromstring(shown).find(".//mfrac") is not None
    assert "<msup>" in rule_mathml(leaf(4, 3) @ leaf(3, 2), 0)
    assert rule_mathml(Value(1.0) / 2.0, 0).count("<mfrac>") == 1


# --- source ---


def rules_of(root):
    return [step.rule for step in steps(root) if isinstance(step, BackwardStep)]


def test_of_a_rule_that_decides_the_branch_taken_is_shown():
    (_, product, _) = rules_of((leaf(4, 3) @ leaf(3, 2)).sum())
    assert product.splitlines()[1:] == [
        "    if a.ndim == b.ndim == 2:  # the commonest, first",
        "        return g @ b.T",
        f"    {LEFT_OUT}",
    ]
    (_, batched, _) = rules_of((leaf(2, 4, 3) @ leaf(2, 3, 2)).sum())
    assert batched.splitlines()[1:] == [
        f"    {LEFT_OUT}",
        "    part = g @ b.mT",
        "    return part if part.shape == a.shape else sum_to(part, a.shape)",
    ]


@pytest.mark.parametrize(("ord", "shown"), [(1, "g * sign(x) * p"), (2, "g / y * x")])
def test_parameters_decide_too(ord, shown):
    x = leaf(4)
    (rule,) = rules_of(engine.norm(x, ord=ord))
    assert shown in rule
    assert rule.count("return") == 1


def test_what_an_op_of_many_numbers_ran_is_shown():
    y = nn.scalar.Neuron(2)([1.0, -1.0])
    assert all("has_numbers" not in rule for rule in rules_of(y))
    assert rule_source(y.op, 0).count("return") > 1
    assert all(rule.count("return") <= 1 for rule in rules_of(y))


def test_a_rule_of_one_line_is_word_for_word():
    assert rules_of(engine.tanh(Value(1.0))) == ["g * (1 - y * y)"]
    y = engine.softmax(leaf(2))
    assert rule_run(y, 0, np.ones(2)) == rule_source(y.op, 0)


def choose(x, way=None):
    """Every kind of branch there is."""
    # what x is
    if way == "early":
        return x
    if x > 0:
        # positive
        y = 1
        y = y + 1
    elif x < 0:
        y = 2
    else:
        y = 3
        y = y * 1
    for i in range(2):
        if i > 5:
            y = 4
    if way: return -y  # fmt: skip  # noqa: E701
    return y


def run(*given):
    return source_run(choose, lambda: choose(*given)).splitlines()[1:]


LOOP = [
    "    for i in range(2):",
    "        if i > 5:",
    "            y = 4",
    "    if way: return -y  # fmt: skip  # noqa: E701",
    "    return y",
]


def test_the_branch_of_an_if_an_elif_and_an_else():
    left_out = f"    {LEFT_OUT}"
    positive = ["    if x > 0:", "        # positive", "        y = 1", "        y = y + 1"]
    assert run(1) == [left_out, *positive, left_out, *LOOP]
    assert run(-1) == [left_out, "    if x < 0:", "        y = 2", left_out, *LOOP]
    assert run(0) == [left_out, "    y = 3", "    y = y * 1", *LOOP]
    early = ["    # what x is", '    if way == "early":', "        return x", left_out]
    assert run(1, "early") == early


def test_of_a_call_that_fails_the_whole_source_is_shown():
    whole = run("a", "early", "too many")
    assert "        y = 3" in whole
    assert not any(LEFT_OUT in line for line in whole)


def test_a_tracer_that_was_there_is_there_afterwards(monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "gettrace", lambda: "before")
    monkeypatch.setattr(sys, "settrace", seen.append)
    source_run(choose, lambda: choose(1))
    assert callable(seen[0])
    assert seen[1:] == ["before"]


def test_what_is_shown_of_every_rule_is_python():
    """Cut where branches are, it can still be read as a program."""
    x = leaf(2, 3, 4)
    for y in (
        x @ leaf(2, 4, 2), x.sum(axis=1), x[0], engine.norm(x), engine.logsumexp(x), x.std(),
        engine.cumprod(leaf(3)), x.transpose((2, 0, 1)), engine.gelu(x),
    ):  # fmt: skip
        shown = rule_run(y, 0, np.ones(y.shape))
        ast.parse(shown)
        assert re.search(r"\bg\b", shown)
