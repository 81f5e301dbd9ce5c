"""The reference: every public name is on one page, has words, a signature and an example."""

import doctest
import functools
import inspect
import re
import textwrap
from collections import Counter

import numpy as np
import pytest

import engine
import nn
from engine import Op
from viz.command import command_helps
from viz.command.cli import COMMANDS, _parser, main
from viz.site import docstrings, entries, public_names, reference
from viz.site.constants import constant
from viz.site.op_examples import CALLS, INPUTS, op_example
from viz.site.public_names import names

OWN = [name for name in names() if not name.is_alias]


def ids(name):
    return name.full


@functools.cache
def pages():
    return reference.pages(command_helps())


def test_every_public_name_is_on_exactly_one_page():
    found = Counter(name.full for page in reference.names_on_pages().values() for name in page)
    assert found == Counter(name.full for name in names())


def test_a_page_has_an_entry_for_each_of_its_names():
    for file, found in reference.names_on_pages().items():
        text = pages()[f"reference/{file}"]
        entered = re.findall(r"^\.\. (?:py:|auto)\w+:: ([\w.]+)", text, re.MULTILINE)
        assert sorted(entered) == sorted(name.full for name in found), file


def test_public_is_what_a_door_offers_and_not_what_it_needs():
    listed = {name.full for name in names()}
    assert {"engine.tanh", "engine.linalg.solve", "nn.Linear", "nn.functional.relu"} <= listed
    assert "nn.functional.np" not in listed
    assert "engine.core" not in listed


def is_coded(name):
    """Whether Sphinx reads its docstring: it is a function or a class of this project."""
    return not isinstance(name.thing, Op) and not name.is_constant


@pytest.mark.parametrize("name", [name for name in OWN if is_coded(name)], ids=ids)
def test_a_name_has_words_a_signature_and_an_example(name):
    doc = inspect.getdoc(name.thing)
    assert doc, f"{name.full} has no docstring"
    assert ">>> " in doc, f"{name.full} has no example"
    assert entries.signature_of(name.thing) or issubclass(
        name.thing, BaseException | str | np.ndarray
    )


def test_a_signature_is_how_a_user_calls_it():
    for thing, expected in [
        (nn.Dropout, "(p=0.5, inplace=False, rng=None)"),
        (nn.MSELoss, "(reduction='mean')"),
        (nn.MLP, "(sizes, activation=relu, rng=None)"),
        (nn.Sigmoid, "()"),
        (engine.grad, "(f, argnums=0, has_aux=False)"),
        (engine.no_grad, "(function=None)"),
        (nn.ParallelError, ""),
    ]:
        assert entries.signature_of(thing) == expected


def test_a_layer_does_not_repeat_what_every_module_has():
    assert entries.methods_of(nn.Linear) == ["forward"]
    assert "state_dict" in entries.methods_of(nn.Module)
    text = entries.entry(next(name for name in OWN if name.full == "nn.Linear"))
    assert "A kind of :py:obj:`nn.Module`, with its methods too." in text
    assert {"backward", "sum", "tanh"} <= set(entries.methods_of(engine.Tensor))
    assert "record" not in entries.methods_of(engine.Tensor)


@pytest.mark.parametrize("name", [n for n in OWN if isinstance(n.thing, Op)], ids=ids)
def test_the_example_of_an_op_prints_what_it_says(name):
    example = op_example(name.thing, name.full)
    test = doctest.DocTestParser().get_doctest(example, {"engine": engine}, name.full, None, 0)
    assert doctest.DocTestRunner().run(test).failed == 0
    assert name.full in example
    text = entries.entry(name)
    assert textwrap.indent(example, "   ") in text
    assert "<source:engine/" in text
    assert name.thing.doc in inspect.cleandoc(text).replace("\\", "")


def test_no_call_is_kept_for_an_op_that_is_gone():
    called = {name.thing.name for name in OWN if isinstance(name.thing, Op)}
    assert {*CALLS, *INPUTS} <= called


def test_another_name_leads_to_the_thing_it_stands_for():
    by_name = {name.full: name for name in names()}
    for name in names():
        assert by_name[name.own].thing is name.thing
        assert not by_name[name.own].is_alias
    assert by_name["engine.absolute"].own == "engine.abs"
    assert "Another name of :py:obj:`engine.abs`." in entries.entry(by_name["engine.absolute"])


def test_who_builds_on_engine_finds_the_names_for_it_apart():
    on_page = {name.name for name in reference.names_on_pages()["building"]}
    assert public_names.for_builders() <= on_page


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a * b", r"a \* b"),
        ("|x|", r"\|x\|"),
        ("`a * b`", "``a * b``"),
        ("two\n`words\nhere`", "two\n``words here``"),
        ("`x`s", r"``x``\ s"),
        ("clip_grad_norm_ and x_1", r"clip_grad_norm\_ and x_1"),
        ("see `engine.tanh`", "see :py:obj:`engine.tanh <engine.tanh>`"),
        ("the `max` of it", "the ``max`` of it"),
        ("as so:\n\n    x = 1", "as so:\n\n::\n\n    x = 1"),
        ("Args:\n    x: a * b", "Args:\n    x: a \\* b"),
        (">>> a * b\n6\n\na * b", ">>> a * b\n6\n\na \\* b"),
    ],
)
def test_a_docstring_is_shown_as_it_is_written(text, expected):
    assert docstrings.to_rst(text) == expected


def test_sphinx_gets_a_docstring_for_the_package_it_is_of():
    lines = ["see `Linear`,", "|x|"]
    docstrings.process(None, "class", "nn.ReLU", nn.ReLU, None, lines)
    assert lines == ["see :py:obj:`Linear <nn.Linear>`,", r"\|x\|"]


# --- what is missing is said ---


@pytest.mark.usefixtures("own_ops")
def test_a_row_that_cannot_be_tried_names_what_is_wanted():
    far = engine.elementwise("far", np.abs, lambda g, y, x: g, domain=engine.Interval(8.0, 9.0))
    with pytest.raises(ValueError, match=r"no point of POINTS is in the domain of far"):
        op_example(far, "engine.far")


def test_a_name_in_a_room_without_a_page_is_named(monkeypatch):
    monkeypatch.setitem(reference.GROUPS, "nn", ())
    with pytest.raises(
        LookupError, match=r"nn\.\w+ is in a room that no page of the reference has"
    ):
        reference.names_on_pages()


def test_a_constant_that_nobody_explained_is_an_error():
    with pytest.raises(KeyError, match=r"engine\.tau"):
        constant("engine.tau", 6.28)


# --- the command line ---


def words_of(example):
    return [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', example)][1:]


@pytest.mark.parametrize("command", [row[0] for row in COMMANDS])
def test_a_command_shows_its_help_and_an_example(command):
    text = pages()["reference/commands"]
    assert f"usage: twingrad {command}" in text
    example = re.search(r"example: (twingrad .*)", command_helps()[command])[1]
    assert command == _parser().parse_args(words_of(example)).COMMAND


@pytest.mark.parametrize("command", ["compare", "draw", "step", "source", "ops", "practice"])
@pytest.mark.usefixtures("in_a_folder_of_its_own")
def test_the_example_of_a_command_runs(command, capsys):
    example = re.search(r"example: (twingrad .*)", command_helps()[command])[1]
    assert main(words_of(example)) == 0
    assert capsys.readouterr().out
