"""`GraphFunction`: a program as a function of its inputs, and its pullback as another one.

A pullback takes the inputs and an upstream gradient for each output, and gives the gradients of
the inputs: it is made of Symbols too, so it has a pullback itself.  That is all that derivatives
of any order need.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..array_programs import ArrayHalves, ArrayProgram
from ..core import PYTHON_RAISES
from ..node import Node
from ..number_programs import NumberProgram
from ..once import Once
from ..symbols import Symbol, order_of
from ..writing import gradients
from .op_by_op import op_by_op


class GraphFunction:
    """A program: outputs of inputs.

    Args:
        name: of the function in its text.
        inputs: Symbols of one trace.
        outputs: Symbols made of them, or constants.
        threads: see `compile`.
        lists: inputs that are given together, as a list of floats: the first, and how many.
    """

    def __init__(
        self,
        name: str,
        inputs: Sequence[Symbol],
        outputs: Sequence[Any],
        threads: int | None,
        lists: Sequence[tuple[int, int]] = (),
    ) -> None:
        self.name, self.inputs, self.outputs = name, list(inputs), list(outputs)
        self.threads = threads
        self.of_numbers = all(x.is_number for x in [*self.inputs, *order_of(self.outputs)])
        self.lists = list(lists) if self.of_numbers else []
        #: How inputs are given: from which on, and how many of them in a list; 0 for one alone.
        self.groups = _groups(len(self.inputs), dict(self.lists))
        self.ops: list[Any] = []  # of nodes that its calls are, see `as_node`
        self._pullbacks: dict[tuple[int, bool], GraphFunction] = {}
        self.backwards: dict[int, NumberProgram] = {}  # see `backward_of`
        #: Whether a gradient flows from each output to an input.
        self.flows = [_flows(y) for y in self.outputs]

    def grouped(self, each: Sequence[Any]) -> list[Any]:
        """What there is for each input, with a list for those that are given together."""
        if not self.lists:
            return list(each)
        return [list(each[i : i + n]) if n else each[i] for i, n in self.groups]

    def __call__(self, given: Sequence[Any]) -> list[Any]:
        """The outputs, plain, for plain inputs."""
        if not self.of_numbers:
            found: list[Any] = self.program.run(given)
            return found
        try:
            return [*self.program.function(*self.grouped(given))]
        except PYTHON_RAISES:
            return self.carefully(given)

    def carefully(self, given: Sequence[Any]) -> list[Any]:
        """The same op by op; of nodes, nodes."""
        return op_by_op(self.inputs, self.outputs, given)

    @Once
    def program(self) -> Any:
        """What runs it."""
        if self.of_numbers:
            return NumberProgram(self.name, self.grouped(self.inputs), self.outputs)
        return ArrayProgram(self.name, self.inputs, self.outputs, self.threads)

    @property
    def shown(self) -> Any:
        """What ran last: of calls that are nodes, the two halves."""
        return self.halves if "halves" in vars(self) else self.program

    # --- derivatives ---

    @Once
    def seeds(self) -> list[Symbol]:
        """Upstream gradients, further inputs: for the outputs that a gradient flows from."""
        trace = self.inputs[0]._trace
        ys = [y for y, flows in zip(self.outputs, self.flows, strict=True) if flows]
        return [trace.seed(y.full(1.0), f"d_{y.label or 'y'}{i or ''}") for i, y in enumerate(ys)]

    @Once
    def wanted(self) -> list[int]:
        """Which inputs a gradient flows to."""
        return [i for i, x in enumerate(self.inputs) if x.requires_grad]

    @Once
    def slopes(self) -> list[Any]:
        """The gradients of the wanted inputs, of the inputs and the seeds; zeros where none is."""
        ys = [y for y, flows in zip(self.outputs, self.flows, strict=True) if flows]
        total: dict[Any, Any] = {}
        for y, seed in zip(ys, self.seeds, strict=True):
            for x, g in gradients(y, seed).items():
                total[x] = total[x] + g if x in total else g
        xs = [self.inputs[i] for i in self.wanted]
        return [total.get(x, x.full(0.0)) for x in xs]

    def pullback(self, index: int, again: bool = False) -> GraphFunction:
        """The gradients of the wanted inputs for one output, of the inputs and its seed.

        `again`: to be differentiated again.
        """
        if (index, again) not in self._pullbacks:
            seed = self._seed_of(index)
            seed._trace.floats = self.of_numbers and not again  # rules take the way of floats
            try:
                found = gradients(self.outputs[index], seed, again=again)
            finally:
                seed._trace.floats = False
            xs = [self.inputs[i] for i in self.wanted]
            slopes = [found.get(x, x.full(0.0)) for x in xs]
            inputs, name = [*self.inputs, seed], f"{self.name}_backward"
            made = GraphFunction(name, inputs, slopes, self.threads, self.lists)
            self._pullbacks[index, again] = made
        return self._pullbacks[index, again]

    def _seed_of(self, index: int) -> Symbol:
        return self.seeds[sum(self.flows[:index])]

    def backward_of(self, index: int) -> NumberProgram:
        """The gradients of the wanted inputs for one output of a program of numbers.

        It takes the inputs, and the upstream gradient of that output.
        """
        if index not in self.backwards:
            seed = self._seed_of(index)
            wanted = [self.inputs[i] for i in self.wanted]
            name, inputs = f"{self.name}_backward", [*self.grouped(self.inputs), seed]
            self.backwards[index] = NumberProgram(
                name, inputs, [], self.outputs[index], wanted, seed
            )
        return self.backwards[index]

    @Once
    def halves(self) -> ArrayHalves:
        """Forward now and backward later, on arrays."""
        return ArrayHalves(
            self.name, self.inputs, self.outputs, self.seeds, self.slopes, self.threads
        )


class GradientFunction(GraphFunction):
    """A program with the gradients of one of its results: after the outputs, one for each of `wrt`.

    Args:
        root: a single number; what gradients are of.
        wrt: places among the inputs.
        name, inputs, outputs, threads, lists: see `GraphFunction`.
    """

    def __init__(
        self,
        name: str,
        inputs: Sequence[Symbol],
        outputs: Sequence[Any],
        threads: int | None,
        lists: Sequence[tuple[int, int]],
        root: Symbol,
        wrt: Sequence[int],
    ) -> None:
        super().__init__(name, inputs, outputs, threads, lists)
        self.root, self.wrt = root, list(wrt)

    @Once
    def program(self) -> Any:
        """What runs it."""
        if not self.of_numbers:
            return ArrayProgram(
                self.name, self.inputs, [*self.outputs, *self.of_root], self.threads
            )
        inputs = self.grouped(self.inputs)
        return NumberProgram(self.name, inputs, self.outputs, self.root, self._wanted(inputs))

    def _wanted(self, groups: list[Any]) -> list[Any]:
        """Those groups of inputs that are among `wrt`."""
        wrt = set(self.wrt)
        return [x for (i, _), x in zip(self.groups, groups, strict=True) if i in wrt]

    @Once
    def of_root(self) -> list[Any]:
        """The gradients, as Symbols; zeros where none flows."""
        found = gradients(self.root, self.root.leaf(self.root.full(1.0)))
        xs = [self.inputs[i] for i in self.wrt]
        return [found.get(x, x.full(0.0)) for x in xs]

    def carefully(self, given: Sequence[Any]) -> list[Any]:
        """Outputs and gradients op by op."""
        found = op_by_op(self.inputs, [*self.outputs, *self.of_root], given)
        count = len(self.outputs)
        rest = dict(zip(self.wrt, found[count:], strict=True))
        each = [rest.get(i) for i in range(len(self.inputs))]
        return [*found[:count], *self._wanted(self.grouped(each))]


def _flows(y: Any) -> bool:
    if not isinstance(y, Symbol) or not y.requires_grad:
        return False
    leaves = (x for x in order_of([y]) if x.op is None)
    return any(x.requires_grad and not x.is_constant for x in leaves)


def _groups(count: int, lists: dict[int, int]) -> list[tuple[int, int]]:
    groups = []
    i = 0
    while i < count:
        groups.append((i, lists.get(i, 0)))
        i += lists.get(i, 1)
    return groups


def plain_of(x: Any) -> Any:
    """What a node holds; anything else as it is."""
    return x._held if isinstance(x, Node) else x
