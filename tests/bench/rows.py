"""What a node costs, by row of the table: Values, forward and backward, a number a row.

`y = op(y, b)` a thousand times over; backward is the time of both less that of forward.
Before that, a shorter chain's gradients agree with the tensor tier's, and with micrograd's where it
has the operator.
"""

import operator
import statistics
from dataclasses import dataclass

import engine
from bench.contenders import library, why_not
from bench.contest import agree, race
from engine import Tensor, Value

LENGTH = 1000

#: Rows as users write them; the others are called by name.
OPERATORS = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv,
    "pow": operator.pow, "floor_divide": operator.floordiv, "remainder": operator.mod,
}  # fmt: skip

#: What micrograd has.
SHARED = ("add", "sub", "mul", "div", "1 - a", "a ** 2")


def forms():
    """By name: a row with two differentiable inputs, as a function of two numbers."""
    found = {
        name: OPERATORS.get(name, op)
        for name, op in vars(engine).items()
        if engine.registry.get(name) is op and op.kind == "elementwise" and op.n_inputs == 2
    }
    found["where"] = lambda a, b: engine.where(True, a, b)
    found["1 - a"] = lambda a, b: 1 - a
    found["a ** 2"] = lambda a, b: a**2
    return found


@dataclass(frozen=True)
class Cost:
    """Nanoseconds a node; backward as a multiple of +'s; micrograd's time as a multiple of ours."""

    forward: float
    backward: float
    to_add: float
    micrograd: float | None


def chained(form, node, length, backward):
    """A step: a chain of a form, forward and backward or forward only."""
    # 1.0 stays 1.0 under most of them, so that no row meets numbers that the others do not.
    a, b = node(1.0), node(1.0)

    def step():
        a.grad = b.grad = 0.0
        y = a
        for _ in range(length):
            y = form(y, b)
        if backward:
            y.backward()
        return y.data, [a.grad, b.grad]

    return step


def of_tensors(x):
    """A 0-d Tensor with a gradient."""
    return Tensor(x, requires_grad=True)


def steps():
    """By (contender, row, whether backward too), after the agreement of all."""
    found = {}
    nodes = {"twingrad": Value}
    if not why_not("micrograd"):
        nodes["micrograd"] = library("micrograd.engine").Value
    for row, form in forms().items():
        names = [name for name in nodes if name == "twingrad" or row in SHARED]
        checked = {name: chained(form, nodes[name], 20, True)() for name in names}
        agree(row, {"tensors": chained(form, of_tensors, 20, True)(), **checked}, 1e-12)
        for name in names:
            for backward in (False, True):
                found[name, row, backward] = chained(form, nodes[name], LENGTH, backward)
    return found


def measure(rounds, turn):
    """The cost of each row."""
    cpu, _ = race(steps(), rounds, turn)

    def backward(name, row):
        return [
            both - forward
            for both, forward in zip(cpu[name, row, True], cpu[name, row, False], strict=True)
        ]

    def ratio(above, below):
        return statistics.median(a / b for a, b in zip(above, below, strict=True))

    costs = {}
    for row in forms():
        costs[row] = Cost(
            1e9 * statistics.median(cpu["twingrad", row, False]) / LENGTH,
            1e9 * statistics.median(backward("twingrad", row)) / LENGTH,
            ratio(backward("twingrad", row), backward("twingrad", "add")),
            ratio(cpu["micrograd", row, True], cpu["twingrad", row, True])
            if ("micrograd", row, True) in cpu
            else None,
        )
    return costs
