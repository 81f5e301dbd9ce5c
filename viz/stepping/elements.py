"""One element of a Tensor step, number by number: the scalar program behind an array op."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from engine import Node, to_numpy
from engine.looking import box, label_of
from engine.showing import brief, formula, signed

from .steps import BackwardStep, ForwardStep

TERMS, NAMED = 4, 2  # terms of a sum that are written out in numbers, and in names
GRID = 64  # the most numbers of an array that is shown number by number
LIMIT = 4096  # numbers in the op's inputs and its result

Index = tuple[int, ...]


class Elements:
    """The elements of what a step computes: of the result, or of the contribution.

    The op is run once more on single numbers, as `engine.expand` does: each element of its result
    is then the root of a small Value graph, which is written out.

    Args:
        step: a step of a Tensor graph.

    Attributes:
        array: whose elements these are.
        shape: its shape.
        name: of the node that has, or receives, the array.

    >>> from engine import Tensor
    >>> from viz import steps
    >>> x = Tensor([[1.0, 2.0]], label="x")
    >>> w = Tensor([[3.0], [4.0]], requires_grad=True, label="w")
    >>> forward, backward = steps(x @ w, gradient=[[5.0]])
    >>> Elements(forward).equation((0, 0))
    'L[0,0] = x[0,0] × w[0,0] + x[0,1] × w[1,0] = 1 × 3 + 2 × 4 = 11'
    >>> Elements(backward).equation((1, 0))
    '∂L/∂w[1,0] += ∂L/∂L[0,0] · ∂(x @ w)[0,0]/∂w[1,0] = 5 × 2 = 10'
    """

    def __init__(self, step: ForwardStep | BackwardStep) -> None:
        self.step = step
        self.names = step.names
        if isinstance(step, ForwardStep):
            self.array, node = step.result, step.node
        else:
            self.array, node = step.contribution, step.input
        self.name = self.names(node)
        self.shape: Index = np.shape(self.array)

    def places(self, wanted: list[Index]) -> list[Index]:
        """All elements of an array that is small, else those that are wanted."""
        return list(np.ndindex(self.shape)) if 0 < self.array.size <= GRID else wanted

    @property
    def arrays(self) -> bool:
        """Whether the op has an array at all."""
        return any(np.ndim(x) for x in (self.step.node, *self.step.node.inputs))

    @cached_property
    def too_large(self) -> str:
        """Why the op is not run number by number; "" if it is."""
        node = self.step.node
        count = node.size + sum(np.size(x) for x in node.inputs)
        if count <= LIMIT:
            return ""
        return f"{count:,} numbers are too many to write the op out (the limit is {LIMIT:,})"

    def parts(self, index: Index) -> tuple[str, ...]:
        """What the equation of one element sets equal.

        Raises:
            ValueError: the op has too many numbers.
        """
        if self.too_large:
            raise ValueError(self.too_large)
        return self._forward(index) if isinstance(self.step, ForwardStep) else self._backward(index)

    def equation(self, index: Index) -> str:
        """`h[0,1] = x[0,0] × w[0,1] + x[0,1] × w[1,1] = 1 × 3 + 2 × 4 = 11`."""
        return " = ".join(self.parts(index))

    # --- running the op number by number ---

    @cached_property
    def _inputs(self) -> tuple[Any, ...]:
        """The inputs as arrays of Values, each input on its own even if it enters twice."""
        return tuple(
            box(to_numpy(x), self.names(x)) if isinstance(x, Node) else x
            for x in self.step.node.inputs
        )

    @cached_property
    def _result(self) -> Any:
        node = self.step.node
        with np.errstate(all="ignore"):
            return node.op.apply(self._inputs, dict(node.params))

    def result(self, index: Index) -> Any:
        """The Value of one element of the op's result; a number that depends on no input."""
        return self._result[index] if isinstance(self._result, np.ndarray) else self._result

    def input(self, number: int, index: Index) -> Any:
        """The Value of one element of an input."""
        boxed = self._inputs[number]
        return boxed if isinstance(boxed, Node) else boxed[index]

    def _forward(self, index: Index) -> tuple[str, ...]:
        assert isinstance(self.step, ForwardStep)
        name = label_of(self.names(self.step.node), index)
        found = self.result(index)
        value = signed(self.step.result[index])
        if getattr(found, "op", None) is None:  # an input's element, or a constant
            label = getattr(found, "label", "")
            return (name, label, value) if label else (name, value)
        parts = (
            formula(found, lambda x: x.label or None, TERMS * 4),
            formula(found, lambda x: signed(x.data) if x.op is None else None, TERMS * 4),
        )
        return (name, *parts, value)

    @cached_property
    def _slopes(self) -> dict[Index, list[tuple[Index, float]]]:
        """For each element of the input, which elements of the result feel it, and how much."""
        assert isinstance(self.step, BackwardStep)
        boxed = self._inputs[self.step.index]
        wanted = [boxed] if isinstance(boxed, Node) else list(boxed.flat)
        places = list(np.ndindex(self.shape))
        slopes: dict[Index, list[tuple[Index, float]]] = {place: [] for place in places}
        for out in np.ndindex(self.step.node.shape):
            found = self.result(out)
            if not isinstance(found, Node):
                continue
            with np.errstate(all="ignore"):
                for place, slope in zip(places, found.gradients(wanted), strict=True):
                    if slope is not None and slope != 0.0:
                        slopes[place].append((out, float(slope)))
        return slopes

    def _backward(self, index: Index) -> tuple[str, ...]:
        step = self.step
        assert isinstance(step, BackwardStep)
        result, target = self.names(step.node), self.names(step.input)
        goal = f"∂{self.names.root}/∂{label_of(target, index)}"
        value = signed(step.contribution[index])
        terms = self._slopes[index]
        if not terms:
            return (f"{goal} += 0: no element of {result} changes with it here",)
        products = [f"{brief(step.upstream[out])} × {brief(slope)}" for out, slope in terms[:TERMS]]
        if len(terms) > TERMS:
            products.append(f"… ({len(terms)} terms)")
        if len(terms) <= NAMED:
            total = " + ".join(self._term(step, label_of("", out), index) for out, _ in terms)
        else:
            total = f"Σ {self._term(step, '[·]', index)}"
        return f"{goal} += {total}", " + ".join(products), value

    def _term(self, step: BackwardStep, of: str, index: Index) -> str:
        """Upstream gradient and local derivative of an element of the result."""
        local = self.names.local(step.node, step.index, of, label_of("", index))
        return f"{self.names.gradient(step.node)}{of} · {local}"
