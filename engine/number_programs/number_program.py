"""`NumberProgram`: what runs a graph of numbers, as text and as the function that it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from sys import getsizeof
from typing import Any

from ..array_programs import Plan, PlannedLine
from ..symbols import Symbol, compiled, order_of
from ..values import Value
from ..writing import (
    FUNCTIONS,
    Helpers,
    Leaf,
    Names,
    StraightLine,
    constant_text,
    imports_of,
    wrapped,
)
from .float_lines import LineWriter
from .float_loops import row_of, with_loops
from .float_steps import LONG, Steps
from .float_text import FloatWriter


class NumberProgram:
    """A graph of numbers, and the gradients of one of them, as a function of plain floats.

    Args:
        name: of the function in the text.
        arguments: what it takes: a Symbol for a float, a list of them for a list of floats.
        outputs: what it gives: Symbols and constants, and lists of them.
        root: what gradients are of; they follow the outputs.
        wrt: with respect to what, in the form of arguments.
        seed: the gradient of root itself, an argument; 1.0 by default.

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
        seed: Symbol | None = None,
    ) -> None:
        self.name = name
        names = Names(FUNCTIONS)
        names.reserve([name])
        words = [names.taken(_label(one)) for one in arguments]
        order = order_of(x for one in [*outputs, root] for x in _several(one))
        self._ops = sum(x.op is not None for x in order)
        long = self._ops >= LONG
        steps = Steps([x for one in arguments for x in _several(one)], Helpers(names), long)
        steps.forward(order)
        results = [("y", _each(one, steps.value)) for one in outputs]
        if root is not None:
            begin = steps.constant(1.0) if seed is None else steps.at[seed]
            found, zero = steps.backward(root, begin, order), steps.constant(0.0)
            called = {id(one): f"d_{word}" for one, word in zip(arguments, words, strict=True)}
            results += [
                (called.get(id(one), "d"), _each(one, lambda x: found.get(x, zero))) for one in wrt
            ]
        leaves = [
            Leaf(word, i if isinstance(one, list) else None)
            for word, one in zip(words, arguments, strict=True)
            for i in range(len(_several(one)))
        ]
        above, self._lines = _written(steps, leaves, results, names)
        text = "\n".join(
            [*above, *wrapped(f"def {name}(", words, "):"), *(f"    {x}" for x in self._lines), ""]
        )
        used = "\n".join([steps.helpers.text(), *set(steps.forms), *_named(steps.constants)])
        self.source = imports_of(used, steps.helpers.modules) + text
        self.function = compiled(self.source.splitlines(), {"__name__": __name__}, name)[name]

    def run(self, given: list[Any]) -> list[Any]:
        """The outputs, and the gradients, for these floats and lists of floats.

        Raises:
            ArithmeticError, ValueError, TypeError: where Python's floats raise and IEEE 754 would
                answer, or where a result would be complex.
        """
        return [*self.function(*given)]

    def plan(self) -> Plan:
        """Its lines: numbers need no buffers.  Op by op there are the Values of forward."""
        each = getsizeof(Value(0.0)) + getsizeof(0.0)
        lines = [PlannedLine(x, ()) for x in self._lines if not x.lstrip().startswith("#")]
        return Plan(self.name, tuple(lines), (), self._ops * each)


def _written(
    steps: Steps, leaves: Sequence[Leaf], results: Sequence[tuple[str, Any]], names: Names
) -> tuple[list[str], list[str]]:
    """The lines above the function, and those of its body."""
    row = row_of(steps, [values for _, values in results])
    looped = with_loops(row) if steps.long else None
    texts = [constant_text(x, numbers=True) for x in steps.constants]
    outside, wanted = StraightLine(leaves, texts, (), ()), [word for word, _ in results]
    writer: FloatWriter | LineWriter = (
        FloatWriter(*looped, outside, wanted, names)
        if looped
        else LineWriter(row, outside, wanted, names)
    )
    constants, body = writer.text()
    if len(results) == 1:
        body[-1] += ","
    helpers = steps.helpers.text()
    return [*[f"{helpers}\n\n"] * bool(helpers), *constants], body


def _named(constants: Sequence[Any]) -> list[str]:
    """The names among the texts of constants: inf and nan."""
    return [text for x in constants if (text := repr(x).lstrip("-")).isidentifier()]


def _several(one: Any) -> list[Any]:
    """What stands in a list, or alone, as a list."""
    return one if isinstance(one, list) else [one]


def _each(one: Any, number: Callable[[Any], int]) -> Any:
    """The number of what stands alone, or of each in a list."""
    return [*map(number, one)] if isinstance(one, list) else number(one)


def _label(one: Any) -> str:
    """What an argument wants to be called: a list as its first element without its place."""
    first = _several(one)[:1]
    label = first[0].label if first else ""
    return label.partition("[")[0] if isinstance(one, list) else label
