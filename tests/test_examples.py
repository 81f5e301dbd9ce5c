"""Examples of docstrings, for who reads them in the reference, where no module is around them."""

import ast
import builtins
import doctest
import inspect
from collections import defaultdict

import pytest

from viz.site import public_names
from viz.site.entries import methods_of

NAMES = public_names.names()

#: What a reader has at hand beside NumPy as np, by door: the names that it offers.
OFFERED = defaultdict(set)
for name in NAMES:
    OFFERED[name.door].add(name.name)


def examples(door):
    """The docstrings of a door's own functions and classes, and of methods, where each stands."""
    for name in NAMES:
        if name.door == door and not name.is_alias and not name.is_constant:
            yield name.full, inspect.getdoc(name.thing) or ""
            for method in methods_of(name.thing) if inspect.isclass(name.thing) else ():
                thing = inspect.getattr_static(name.thing, method)
                yield f"{name.full}.{method}", inspect.getdoc(thing) or ""


def unknown(text, known):
    """Names that the examples in a docstring read and nobody made."""
    source = "\n".join(example.source for example in doctest.DocTestParser().get_examples(text))
    made, read = set(known) | vars(builtins).keys() | {"np"}, {}
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                read[name] = None
            case ast.Name(id=name) | ast.arg(arg=name):
                made.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                made.add(name)
            case ast.alias(name=name, asname=other):
                made.add(other or name.partition(".")[0])
            case ast.ExceptHandler(name=str(name)):
                made.add(name)
    return [name for name in read if name not in made]


@pytest.mark.parametrize("door", OFFERED)
def test_an_example_names_nothing_that_its_reader_has_not(door):
    found = {where: unknown(text, OFFERED[door]) for where, text in examples(door)}
    assert {where: names for where, names in found.items() if names} == {}


def test_a_name_that_nobody_made_is_found():
    assert unknown(">>> x = [a for a in b]\n>>> np.sum(x), d", {"d"}) == ["b"]
