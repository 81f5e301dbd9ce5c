"""Long programs of numbers: their terms as `rolling` reads them, alike inputs gathered in lists."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Any, NamedTuple

from .names import Names
from .printing import Result, Unit, constant_text
from .rolling import rolled
from .straight_line import Leaf, Result as Returned, Step, StraightLine

#: Ops from which on a program is written with loops, and inputs from which on they are in lists.
LONG, MANY = 40, 12
#: Constants that stand in the text as a list; a longer list is an argument.
FEW = 20


class Input(NamedTuple):
    """The term of an input, and the label that its node had."""

    term: Any
    label: str


def rolled_function(
    inputs: list[Input],
    live: list[Any],
    units: list[Unit],
    results: list[Result],
    sections: list[tuple[str, int]],
) -> tuple[dict[str, Any], list[str]]:
    """What the function of a program of terms takes, by name, and the lines of its body.

    Long lists of constants are arguments too.

    Args:
        live: all terms that the results depend on, in order.
        sections: the headings, each with the order of the last term before it.
    """
    program, arguments, names = _straight_line(inputs, live, units, results, sections)
    function = rolled(program, names)
    numbers = {constant_text(x.example, numbers=True): x.example for x in live if x.is_constant}
    for name, texts in [*function.lists.items()]:
        if len(texts) > FEW and numbers.keys() >= set(texts):
            arguments[name] = [numbers[text] for text in function.lists.pop(name)]
    return arguments, [f"    {line}" for line in function.text()]


def _straight_line(
    inputs: list[Input],
    live: list[Any],
    units: list[Unit],
    results: list[Result],
    sections: list[tuple[str, int]],
) -> tuple[StraightLine, dict[str, Any], Names]:
    """A program of terms as plain data; its inputs by name; and the names in use."""
    steps = [term for term in live if term.form]
    constants = [term for term in live if term.is_constant]
    texts = [constant_text(term.example, numbers=True) for term in constants]
    words = {word for text in (*{t.form for t in steps}, *texts) for word in _WORD.findall(text)}
    names = Names(words)
    leaves, arguments = _gathered(inputs, names)
    ordered = [*(x.term for x in inputs), *constants, *steps]
    number = {id(term): i for i, term in enumerate(ordered)}
    wanted = {id(unit.term): unit.name for unit in reversed(units) if unit.stem == "v"}
    starts = [start for _, start in sections]
    lines = []
    for term in steps:
        section = bisect_left(starts, term.order) - 1
        lines.append(
            Step(
                term.form,
                tuple([number[id(x)] for x in term.operands]),
                wanted.get(id(term), ""),
                term.made_by if section else "",
                number.get(id(term.made_at), -1) if section else -1,
                sections[section][0],
            )
        )
    program = StraightLine(leaves, texts, lines, _returned(results, inputs, leaves, number))
    return program, arguments, names


_WORD = re.compile(r"[^\W\d]\w*")


def _gathered(inputs: list[Input], names: Names) -> tuple[list[Leaf], dict[str, Any]]:
    """Each input as a variable or the element of a list, and all that is given, by name."""
    stems = [re.sub(r"\[\d+\]|\d+", "", x.label) for x in inputs]
    lists: dict[str, str] = {}
    leaves: list[Leaf] = []
    arguments: dict[str, Any] = {}
    for x, stem in zip(inputs, stems, strict=True):
        if len(inputs) <= MANY or stems.count(stem) < 3:
            name = names.taken(x.label)
            arguments[name] = x.term.example
            leaves.append(Leaf(name))
            continue
        if stem not in lists:  # the last word: w of layers.neurons.w
            lists[stem] = names.taken(stem.rpartition(".")[2])
            arguments[lists[stem]] = []
        found = arguments[lists[stem]]
        leaves.append(Leaf(lists[stem], len(found)))
        found.append(x.term.example)
    return leaves, arguments


def _returned(
    results: list[Result], inputs: list[Input], leaves: list[Leaf], number: dict[int, int]
) -> list[Returned]:
    """The value, and gradients: those of a list's elements in a list."""
    value, *gradients = results
    found = [Returned(value.name or "y", number[id(value.term)])]
    listed: dict[str, list[int]] = {}
    for result in gradients:
        leaf = leaves[result.input]
        if leaf.place is None:
            found.append(Returned(result.name, number[id(result.term)]))
            continue
        if leaf.name not in listed:
            stem = result.name.partition("_")[0]
            listed[leaf.name] = []
            found.append(Returned(f"{stem}_{leaf.name}", listed[leaf.name]))
        listed[leaf.name].append(number[id(result.term)])
    return found
