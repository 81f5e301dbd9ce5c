"""`Traced`: a function written down for calls of one form, and how such a call goes."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ..core import PYTHON_RAISES
from ..locks import GRADIENTS
from ..node import Node
from ..recording import ATTENTION, RECORDING
from ..symbols import Draw, Symbol, order_of
from ..tensors import Tensor
from ..writing import FUNCTIONS, Names
from .as_node import record
from .call_form import Given, own, rebuilt
from .dressing import dressing_of, nodes_among, one_number
from .entry import Entry, TooMany, entered
from .graph_function import GradientFunction, GraphFunction, plain_of
from .same_program import Run
from .survey import Survey, is_users
from .tracer import Learn
from .variables import MANY, say_what_changes


class Traced:
    """One program of a compiled function.

    Attributes:
        program: of its results, and of what else it changes.
        form: the calls that it is for.
    """

    def __init__(self, run: Run, survey: Survey, given: Given, name: str, threads: Any) -> None:
        trace = run.trace
        self.run = run
        self.key, self.form = given.key, given.form()
        self.kept = given.objects  # so that no other has their ids
        self.results = [x for x in run.outputs if isinstance(x, Symbol)]
        learned = [g for _, leaves in trace.learned for g in leaves.values()]
        self.outputs = [*self.results, *(x for _, x in trace.assigned), *learned]
        self.name = Names(FUNCTIONS).taken(name.replace("<lambda>", "f"), "f")  # not exp, np
        self.threads = threads
        self.lists = given.lists
        self.inputs = self._inputs()
        self.program = self._program()
        #: Where each input's numbers come from: an argument's place, a leaf, an array, a draw.
        known: dict[Any, Any] = {x: i for i, x in enumerate(run.arguments)}
        known |= {s: node for node, s in trace.lifted.items()}
        known |= {s: array for array, s in trace.held.values()}
        known |= {draw.symbol: draw for draw in trace.draws}
        self.sources = [known[x] for x in self.inputs]
        self.renew(survey)
        self.asks_types = survey.asks_types
        self.leaves = [(x, _form(x)) for x in trace.lifted]
        #: Rows of the user's own, which may be written anew.
        rows = {x.op for x in order_of(self.outputs) if x.op}
        self.rows = [(op, op.forward, op.vjps) for op in rows if is_users(op.__module__)]
        self.shapes = [(x, x.shape, x.dtype) for x, _ in trace.held.values()]
        self.node_arguments = {i for i, x in enumerate(given.numbers) if isinstance(x, Node)}
        nodes = {*trace.lifted.values(), *trace.tensors}
        nodes.update(run.arguments[i] for i in self.node_arguments)
        nodes = nodes_among(self.results, nodes)
        self.dressed = [dressing_of(x, nodes) for x in self.results]
        #: Whether a gradient may flow from a result to a leaf or an argument of such calls.
        self.flows = not trace.learned and any(self.program.flows[: len(self.results)])

    def __repr__(self) -> str:
        return f"<trace of {self.name}({self.form})>"

    def _inputs(self) -> list[Symbol]:
        """The inputs that a result depends on; of a list of floats all."""
        used = set(order_of(self.outputs))
        if all(x.is_number for x in used):
            arguments = self.run.arguments
            for first, count in self.lists:
                used.update(arguments[first : first + count])
        return [x for x in self.run.trace.inputs if x in used]

    def write(self) -> None:
        """Write a program of numbers now, which may be long."""
        if self.program.of_numbers:
            _ = self.program.program

    def _lists(self) -> list[tuple[int, int]]:
        place = {x: i for i, x in enumerate(self.inputs)}
        arguments = self.run.arguments
        return [(place[arguments[i]], n) for i, n in self.lists if arguments[i] in place]

    def _program(self) -> GraphFunction:
        return GraphFunction(self.name, self.inputs, self.outputs, self.threads, self._lists())

    def renew(self, survey: Survey) -> None:
        """Have the program stand for what there is now."""
        assigned = {id(array) for array, _ in self.run.trace.assigned}
        self.variables = survey.variables
        self.arrays = [x for x in survey.held if id(x.array) not in assigned]

    def renew_again(self, survey: Survey, name: str) -> None:
        """The same after a call for which f was traced anew, and came out the same."""
        self.renewed += 1
        if self.renewed == MANY:
            say_what_changes(name, [*self.variables, *self.arrays])
        self.renew(survey)

    renewed = 0

    def holds(self) -> bool:
        """Whether all that the program depends on is as it was when it was traced."""
        return (
            all(v.holds() for v in self.variables)
            and all(_form(x) == form for x, form in self.leaves)
            and all(x.shape == s and x.dtype == d for x, s, d in self.shapes)
            and all(x.holds() for x in self.arrays)
            and all(op.forward is f and op.vjps is rules for op, f, rules in self.rows)
        )

    def call(self, given: Given) -> Any:
        """The function's result for a call of this form."""
        return self.on([self._input(source, given) for source in self.sources])

    def found(self, given: Given) -> list[Any]:
        """What the program gives, plain."""
        found = self.program([plain_of(self._input(source, given)) for source in self.sources])
        if not self._slim:
            self._forget_examples()
        return found

    def _input(self, source: Any, given: Given) -> Any:
        if type(source) is int:
            return given.numbers[source]
        return source() if isinstance(source, Draw) else source

    def on(self, each: list[Any]) -> Any:
        """The function's result for these inputs, nodes among them."""
        program, count, trace = self.program, len(self.results), self.run.trace
        if self.flows and (not ATTENTION.threads or RECORDING.enabled):
            found = record(program, each)
        else:
            found = program([plain_of(x) for x in each])
        if not self._slim:
            self._forget_examples()
        results = [dress(y) for dress, y in zip(self.dressed, found, strict=False)]
        for (array, _), numbers in zip(trace.assigned, found[count:], strict=False):
            array[...] = plain_of(numbers)
        if trace.actions:
            gradients = found[count + len(trace.assigned) :]
            del found[count:]
            self._act(gradients)
        if isinstance(self.run.result, Symbol):
            return results[0]
        return self._result(results)

    _slim = False

    def _forget_examples(self) -> None:
        """Have shapes and dtypes in the place of the numbers that the function was traced with."""
        self._slim = True
        for x in order_of(self.outputs):
            if type(x._held) is np.ndarray and x.dtype.kind == "f" and not x.is_constant:
                x._held = np.broadcast_to(x._held.dtype.type(1), x._held.shape)

    def _act(self, gradients: list[Any]) -> None:
        """What the function does beside computing, in its order; uses up `gradients`."""
        gradients.reverse()
        for action in self.run.trace.actions:
            if not isinstance(action, Learn):
                action()
                continue
            found: dict[Any, dict[Any, Any]] = {}  # of each tier; that nobody else holds a gradient
            for leaf in self.run.trace.learned[action.number][1]:
                found.setdefault(leaf.commit, {})[leaf] = gradients.pop()
            for commit, each in found.items():
                with GRADIENTS: commit(each, False)  # fmt: skip  # noqa: E701

    def _result(self, results: list[Any]) -> Any:
        """What the function returns: containers as it made them, with these results."""
        rest = iter(results)
        each = [next(rest) if isinstance(x, Symbol) else own(x) for x in self.run.outputs]
        return rebuilt(self.run.result, iter(each))

    # --- the short way in ---

    def entry(self, given: Given) -> Any:
        """A function of the arguments that answers calls of this form; None if that is too much."""
        if given.kwargs:
            return None
        try:
            entry = entered(given, self.variables)
            inputs = [self._written(entry, source) for source in self.sources]
        except TooMany:
            return None
        for x, shape, dtype in self.shapes:
            name = entry.name(x)
            entry.conditions += [f"{name}.shape == {entry.name(shape)}",
                                 f"{name}.dtype == {entry.name(dtype)}"]  # fmt: skip
        for op, forward, rules in self.rows:
            name = entry.name(op)
            entry.conditions += [f"{name}.forward is {entry.name(forward)}",
                                 f"{name}.vjps is {entry.name(rules)}"]  # fmt: skip
        entry.conditions += [f"{entry.name(x.holds)}()" for x in self.arrays]
        return entry.function(len(given.args), self._body(entry, inputs), self.name)

    def _written(self, entry: Entry, source: Any) -> str:
        if type(source) is int:
            return entry.inputs[source]
        if isinstance(source, Draw):
            return f"{entry.name(source)}()"
        return entry.leaf(source) if isinstance(source, Node) else entry.name(source)

    def _body(self, entry: Entry, inputs: list[str]) -> list[str]:
        """The lines of an entry: straight to the function, where that is all."""
        plain = self.program.of_numbers and not self.flows and not self.run.trace.actions
        if plain and not self.run.trace.assigned and isinstance(self.run.result, Symbol):
            return self._of_numbers(entry, inputs, ["return dress(found[0])"])
        entry.known["on"] = self.on
        return [f"return on([{', '.join(inputs)}])"]

    def _plain(self, inputs: list[str]) -> list[str]:
        """The expressions of inputs, plain: what nodes hold."""
        pairs = zip(inputs, self.sources, strict=True)
        return [f"{x}._held" if self._is_node(source) else x for x, source in pairs]

    def _is_node(self, source: Any) -> bool:
        return isinstance(source, Node) or (type(source) is int and source in self.node_arguments)

    def _of_numbers(self, entry: Entry, inputs: list[str], ending: list[str]) -> list[str]:
        """Lines that call a program of numbers, the careful way where Python raises."""
        wheres = {first: where for where, first, _ in entry.lists}
        places = {source: i for i, source in enumerate(self.sources) if type(source) is int}
        by_input = {places[first]: where for first, where in wheres.items() if first in places}
        plain = self._plain(inputs)
        grouped = [by_input[i] if n else plain[i] for i, n in self.program.groups]
        entry.known |= {
            "function": self.program.program.function, "RAISES": PYTHON_RAISES,
            "carefully": self.program.carefully, "dress": self.dressed[0],
        }  # fmt: skip
        return [
            "try:",
            f"    found = function({', '.join(grouped)})",
            "except RAISES:",
            f"    found = carefully([{', '.join(plain)}])",
            *ending,
        ]

    @property
    def source(self) -> str:
        """The text that runs."""
        return str(self.program.shown.source)

    def plan(self) -> Any:
        """How that text uses memory."""
        return self.program.shown.plan()


class TracedGradient(Traced):
    """The program of a function and its gradient, for the numbers in `given.wrt`."""

    def __init__(self, run: Run, survey: Survey, given: Given, name: str, threads: Any) -> None:
        self.wrt = given.wrt
        super().__init__(run, survey, given, f"{name}_and_gradients", threads)
        self.flows = False

    def _inputs(self) -> list[Symbol]:
        used = set(super()._inputs()) | {self.run.arguments[i] for i in self.wrt}
        return [x for x in self.run.trace.inputs if x in used]

    #: The last line of an entry: what is returned of `found`, the value and the gradients.
    ending = ""

    def _body(self, entry: Entry, inputs: list[str]) -> list[str]:
        entry.known |= {"fromiter": np.fromiter, "one_number": one_number}
        if self.program.of_numbers:  # which gives numbers as they are to be
            ending = re.sub(r"(?:float|one_number)\((found\[\d+\])\)", r"\1", self.ending)
            return self._of_numbers(entry, inputs, [ending])
        entry.known["run"] = self.program.program.run
        plain = ", ".join(self._plain(inputs))
        return [f"found = run([{plain}])", self.ending]

    def _program(self) -> GraphFunction:
        place = {x: i for i, x in enumerate(self.inputs)}
        wrt = [place[self.run.arguments[i]] for i in self.wrt]
        return GradientFunction(
            self.name, self.inputs, self.outputs, self.threads, self._lists(), self.results[0], wrt
        )


#: The value, in the last line of an entry.
VALUE = "one_number(found[0])"


def _form(node: Any) -> Any:
    """What of a leaf a program depends on, beside its number: shape, dtype, whether it learns."""
    if isinstance(node, Tensor):
        return node._held.shape, node._held.dtype, node._requires
    return node.requires_grad
