"""`NumberProgram`: what runs a graph of numbers, as text and as the function that it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph import toposort
from ..symbols import Symbol, compiled
from ..writing import (
    FUNCTIONS,
    Helpers,
    Leaf,
    Names,
    Result,
    Step,
    StraightLine,
    constant_text,
    imports_of,
    rolled,
    wrapped,
)
from .float_steps import CONSTANT, LEAF, LONG, Steps


class NumberProgram:
    """A graph of numbers, and the gradients of one of them, as a function of plain floats.

    Args:
        name: of the function in the text.
        arguments: what it takes: a Symbol for a float, a list of them for a list of floats.
        outputs: what it gives: Symbols and constants, and lists of them.
        root: what gradients are of; they follow the outputs.
        wrt: with respect to what, in the form of arguments.

    Attributes:
        source: the text, which runs alone; it defines the function `name`.
        function: that function: it takes the arguments by position, and returns a tuple.

    >>> from engine.symbols import program
    >>> p = program(lambda a, b: a * b + 1, 2.0, 3.0)
    >>> a, b = p.arguments.values()
    >>> print(NumberProgram("f", [a, b], [p.result], p.result, [a, b]).source, end="")
    def f(a, b):
        # forward
        y = a * b + 1.0
        return y, b, a
    """

    source: str
    function: Any

    def __init__(
        self,
        name: str,
        arguments: Sequence[Any],
        outputs: Sequence[Any],
        root: Symbol | None = None,
        wrt: Sequence[Any] = (),
    ) -> None:
        names = Names(FUNCTIONS)
        names.reserve([name])
        helpers = Helpers(names)
        inputs = [x for one in arguments for x in (one if isinstance(one, list) else [one])]
        wanted = [x for one in outputs for x in (one if isinstance(one, list) else [one])]
        reached = [x for x in [*wanted, root] if isinstance(x, Symbol)]
        length = len({id(node) for x in reached for node in toposort(x) if node.op is not None})
        steps = Steps(inputs, helpers, length >= LONG)
        for x in sorted(reached, key=lambda x: x.place):
            steps.forward(x)
        results = [("y", one, steps.value) for one in outputs]
        steps.half = len(steps.forms)
        if root is not None:
            found = steps.backward(root)
            zero = steps.constant(0.0)
            results += [("d", one, lambda x: found.get(x, zero)) for one in wrt]

        leaves: list[Leaf] = []
        words: list[str] = []
        of_leaf: dict[int, str] = {}
        for one in arguments:
            several = isinstance(one, list)
            first = (one or [None])[0] if several else one
            label = getattr(first, "label", "")
            word = names.taken(label.partition("[")[0] if several else label)
            words.append(word)
            of_leaf[id(one)] = word
            leaves += [Leaf(word, i) for i in range(len(one))] if several else [Leaf(word)]

        def values(one: Any, value: Any) -> Any:
            return [*map(value, one)] if isinstance(one, list) else value(one)

        returned = []
        for stem, one, value in results:
            word = of_leaf.get(id(one), "")
            returned.append(
                (f"{stem}_{word}" if stem == "d" and word else stem, values(one, value))
            )
        program = _straight_line(steps, leaves, returned)
        body = rolled(program, names, length >= LONG).text()
        if len(returned) == 1:
            body[-1] += ","
        lines = [*wrapped(f"def {name}(", words, "):"), *(f"    {line}" for line in body)]
        above = helpers.text()
        text = (f"{above}\n\n\n" if above else "") + "\n".join(lines) + "\n"
        self.source = imports_of(text, helpers.modules) + text
        self.function = compiled(self.source.splitlines(), {"__name__": __name__}, name)[name]

    def run(self, given: list[Any]) -> list[Any]:
        """The outputs, and the gradients, for these floats and lists of floats.

        Raises:
            ArithmeticError, ValueError, TypeError: where Python's floats raise and IEEE 754 would
                answer, or where a result would be complex.
        """
        return [*self.function(*given)]


def _straight_line(
    steps: Steps, leaves: Sequence[Leaf], returned: Sequence[tuple[str, Any]]
) -> StraightLine:
    """What results depend on, as `rolled` reads it."""
    live = [False] * len(steps.forms)
    for _, values in returned:
        for v in values if isinstance(values, list) else [values]:
            if v >= 0:
                live[v] = True
    for i in range(len(live) - 1, -1, -1):
        if live[i]:
            for v in steps.reads[i]:
                if v >= 0:
                    live[v] = True
    first = len(leaves) + len(steps.constants)
    number = [0] * len(live)
    count = first
    for i, lives in enumerate(live):
        if lives:
            number[i] = count
            count += 1

    def numbered(v: int) -> int:
        if v >= 0:
            return number[v]
        return LEAF - v if v > CONSTANT else len(leaves) + CONSTANT - v

    line = [
        Step(
            form,
            tuple(map(numbered, steps.reads[i])),
            steps.names[i],
            steps.ops[i],
            numbered(steps.of[i]) if steps.of[i] >= 0 and live[steps.of[i]] else -1,
            "forward" if i < steps.half else "backward",
        )
        for i, form in enumerate(steps.forms)
        if live[i]
    ]
    results = [
        Result(name, [*map(numbered, values)] if isinstance(values, list) else numbered(values))
        for name, values in returned
    ]
    texts = [constant_text(x, numbers=True) for x in steps.constants]
    return StraightLine(leaves, texts, line, results)
