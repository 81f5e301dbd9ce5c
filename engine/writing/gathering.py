"""Long programs of numbers: their terms as `rolling` reads them, alike inputs gathered in lists."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
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
    """The term of an input, the label that its node had, and whether it is given in a list."""

    term: Any
    label: str
    listed: bool = False


def rolled_function(
    inputs: list[Input],
    live: list[Any],
    units: list[Unit],
    results: list[Result],
    sections: list[tuple[str, float]],
    long: bool,
) -> tuple[dict[str, Any], list[str]]:
    """What the function of a program of terms takes, by name, and the lines of its body.

    Long lists of constants are arguments too.  Where loops go over inputs of several lists in turn,
    as over all parameters of a network, these are one list, if that is much shorter.  A program
    that is not `long` is written without loops, if that is shorter.

    Args:
        live: all terms that the results depend on, in order.
        sections: the headings, each with the order of the last term before it.
    """
    numbers = {constant_text(x.example, numbers=True): x.example for x in live if x.is_constant}

    def written(together: bool, loops: bool) -> tuple[dict[str, Any], list[str], bool]:
        """And whether it needs a list of inputs, or of places."""
        program, arguments, names = _straight_line(inputs, live, units, results, sections, together)
        function = rolled(program, names, loops)
        for name, texts in [*function.lists.items()]:
            if len(texts) > FEW and numbers.keys() >= set(texts):
                arguments[name] = [numbers[text] for text in function.lists.pop(name)]
        needs = any(not numbers.keys() >= set(texts) for texts in function.lists.values())
        return arguments, [f"    {line}" for line in function.text()], needs

    arguments, lines, needs = written(False, True)
    if long and needs:
        joined, shorter, _ = written(True, True)
        return (joined, shorter) if len(shorter) < 0.7 * len(lines) else (arguments, lines)
    if not long:
        given, straight, _ = written(False, False)
        return (given, straight) if needs or len(straight) <= len(lines) else (arguments, lines)
    return arguments, lines


def _straight_line(
    inputs: list[Input],
    live: list[Any],
    units: list[Unit],
    results: list[Result],
    sections: list[tuple[str, float]],
    together: bool,
) -> tuple[StraightLine, dict[str, Any], Names]:
    """A program of terms as plain data; its inputs by name; and the names in use."""
    steps = [term for term in live if term.form]
    constants = [term for term in live if term.is_constant]
    texts = [constant_text(term.example, numbers=True) for term in constants]
    words = {word for text in (*{t.form for t in steps}, *texts) for word in _WORD.findall(text)}
    names = Names(words)
    given, inputs = inputs, _in_order(inputs, together)
    leaves, arguments = _gathered(inputs, names, together)
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
    leaf_of = [leaves[number[id(x.term)]] for x in given]
    program = StraightLine(leaves, texts, lines, _returned(results, leaf_of, number))
    return program, arguments, names


_WORD = re.compile(r"[^\W\d]\w*")


_NUMBERS = re.compile(r"\[\d+\]|\d+")


def _stems(inputs: list[Input]) -> list[str]:
    """The label of each input without its numbers, if it is to be in a list; else ""."""
    stems = [
        f"{x.label.partition('[')[0]}[]" if x.listed else _NUMBERS.sub("", x.label) or " "
        for x in inputs
    ]
    counts = Counter(stems)
    return [
        stem if x.listed or (counts[stem] > 2 and (len(inputs) > MANY or "[" in x.label)) else ""
        for x, stem in zip(inputs, stems, strict=True)
    ]


def _in_order(inputs: list[Input], together: bool) -> list[Input]:
    """Inputs with those for lists in the order of their labels: w[2] before w[10]."""
    stems = _stems(inputs)
    listed = [i for i, stem in enumerate(stems) if stem]
    lists = dict.fromkeys(stems, 0)
    if not together:
        lists = {stem: place for place, stem in reversed([*enumerate(stems)])}

    def key(i: int) -> tuple[int, list[str | int]]:
        parts = re.split(r"(\d+)", inputs[i].label)
        return lists[stems[i]], [int(part) if k % 2 else part for k, part in enumerate(parts)]

    ordered = [*inputs]
    for i, k in zip(listed, sorted(listed, key=key), strict=True):
        ordered[i] = inputs[k]
    return ordered


def _gathered(
    inputs: list[Input], names: Names, together: bool
) -> tuple[list[Leaf], dict[str, Any]]:
    """Each input as a variable or the element of a list, and all that is given, by name.

    `together`: whether all that are in lists are in one, but for lists that are arguments.
    """
    lists: dict[str, str] = {}
    common = ""
    leaves: list[Leaf] = []
    arguments: dict[str, Any] = {}
    for x, stem in zip(inputs, _stems(inputs), strict=True):
        if not stem:
            name = names.taken(x.label)
            arguments[name] = x.term.example
            leaves.append(Leaf(name))
            continue
        if stem not in lists:  # the last word: w of layers.neurons.w, and of w_0_1
            last = stem.rpartition(".")[2].strip("_[]")
            if together and not x.listed:
                common = common or names.taken("p")
                lists[stem] = common
            else:
                lists[stem] = names.taken(last)
            arguments.setdefault(lists[stem], [])
        found = arguments[lists[stem]]
        leaves.append(Leaf(lists[stem], len(found)))
        found.append(x.term.example)
    return leaves, arguments


def _returned(results: list[Result], leaf_of: list[Leaf], number: dict[int, int]) -> list[Returned]:
    """The value, and gradients: those of a list's elements in a list, in its order."""
    value, *gradients = results
    found = [Returned(value.name or "y", number[id(value.term)])]
    listed: dict[str, list[tuple[int, int]]] = {}
    for result in gradients:
        leaf = leaf_of[result.input] if result.input >= 0 else None
        if leaf is None or leaf.place is None:
            found.append(Returned(result.name, number[id(result.term)]))
            continue
        name = f"{result.name.partition('_')[0]}_{leaf.name}"  # d_w, and dd_w
        if name not in listed:
            listed[name] = []
            found.append(Returned(name, ()))
        listed[name].append((leaf.place, number[id(result.term)]))
    return [
        r._replace(values=[v for _, v in sorted(listed[r.name])]) if r.values == () else r
        for r in found
    ]
