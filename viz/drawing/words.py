"""What a picture says in words: the tooltip of a box, of an edge and of a frame.

They are what a screen reader reads, and what stands in DOT's `tooltip`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import Node, Op, input_names, to_numpy
from engine.showing import Names, number


def one_line(text: str) -> str:
    """Several lines as one: rows of numbers, or statistics.

    >>> one_line("1  2\\n3  4")
    '1 2; 3 4'
    """
    return "; ".join(" ".join(line.split()) for line in text.splitlines())


def input_text(op: Op, index: int, count: int) -> str:
    """Which input of an op an edge leads to, in words.

    >>> import engine
    >>> input_text(engine.sub, 1, 2), input_text(engine.add, 1, 2)
    ('right input of sub', 'an input of add')
    """
    if count == 1:
        return f"the input of {op.name}"
    if op.variadic:
        return f"input {index} of {op.name}"
    if op.commutative:
        return f"an input of {op.name}"
    if count == 2:
        return f"{('left', 'right')[index]} input of {op.name}"
    return f"input {input_names(op)[index]} of {op.name}"


def passed(names: Names, node: Any, index: int, gradient: Any) -> str:
    """What a result's gradient adds to one input's: `∂L/∂y · ∂(x × 5)/∂x = 2 × 5 = 10`.

    Of arrays only the letters; "" where no gradient flows or none is known.

    >>> from engine import Value, toposort
    >>> x = Value(3.0, label="x")
    >>> y = x * 5.0
    >>> passed(Names(toposort(y)), y, 0, 1.0)
    '∂L/∂L · ∂(x × 5)/∂x = 1 × 5 = 5'
    """
    x = node.inputs[index]
    flows = isinstance(x, Node) and node.op.rule(index) is not None and node.flows_to(x)
    if gradient is None or not flows:
        return ""
    text = f"{names.gradient(node)} · {names.local(node, index)}"
    if node.stale or not node.shape == () == x.shape:
        return text
    upstream = float(to_numpy(gradient))
    with np.errstate(all="ignore"):
        local = float(node.contribution(node.full(1.0), index))
        amount = float(node.contribution(node.full(upstream), index))
    return f"{text} = {number(upstream)} × {number(local)} = {number(amount)}"
