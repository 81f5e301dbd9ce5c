"""The graph as a script: what the page needs to run forward and backward again by itself.

It is written before the page's own script, which finds in it

- `kernels`: the forward and the rules of each row that the graph uses (`row_script`);
- `graph`: for each node its number or, of a result, [kernel, inputs, number, locals]: inputs are
  places of nodes, or constants in brackets; the last two only where there is no kernel;
- `seed`: the gradient that backward begins with;
- `why`: why nothing can be changed here; "" where it can.
"""

from __future__ import annotations

import json
import math
from typing import Any

from engine import Value
from engine.showing import Names

from .row_script import helpers_in, row_script, script_number
from .steps import BackwardStep, Step

CHANGED = "a number was changed after this graph was made of it"
HOOKED = "a hook changes gradients on their way"
SEEDLESS = "backward begins with 0, inf or nan, which says nothing of slopes"


def rerun_script(steps: list[Step], names: Names) -> str:
    """The declarations for a graph of Values."""
    backward = [step for step in steps if isinstance(step, BackwardStep)]
    locals_ = {(step.place, step.index): step.local for step in backward}
    seed = next((step.upstream for step in backward if step.node is names.order[-1]), 1.0)
    why = _why_not(names.order, backward) if seed and math.isfinite(seed) else SEEDLESS
    written: dict[tuple[Any, ...], str] = {}  # by what a row's script depends on
    kernels: dict[str, int] = {}
    graph = []
    for place, node in enumerate(names.order):
        if node.op is None:
            graph.append(script_number(node.data))
            continue
        row = (node.op, len(node.inputs), repr(node.params))
        if row not in written:
            written[row] = "" if why else row_script(node.op, len(node.inputs), node.params)
        text = written[row]
        kernel = kernels.setdefault(text, len(kernels)) if text else -1
        inputs = [
            str(names.place[id(x)]) if isinstance(x, Value) else f"[{script_number(x)}]"
            for x in node.inputs
        ]
        parts = [str(kernel), f"[{','.join(inputs)}]"]
        if not text:
            slopes = [locals_.get((place, i), 0.0) for i in range(len(inputs))]
            parts += [script_number(node.data), f"[{','.join(map(script_number, slopes))}]"]
        graph.append(f"[{','.join(parts)}]")
    listed = ",\n".join(kernels)
    return (
        f"{helpers_in(listed)}\nconst kernels = [{listed}];\nconst graph = [{','.join(graph)}];\n"
        f"const seed = {script_number(seed)}, why = {json.dumps(why)};"
    )


def _why_not(order: list[Value], backward: list[BackwardStep]) -> str:
    """Why the numbers of a graph are not what its rows make of its leaves; "" where they are."""
    for node in order:
        if node.op is not None:
            numbers = [x.data if isinstance(x, Value) else x for x in node.inputs]
            if not _alike(node.op.on_floats(*numbers, **node.params), node.data):
                return CHANGED
    after = {step.input_place: step.after for step in backward}
    hooked = any(not _alike(after.get(x.place, x.upstream), x.upstream) for x in backward)
    return HOOKED if hooked else ""


def _alike(a: float, b: float) -> bool:
    return a == b or math.isclose(a, b, rel_tol=1e-9) or (a != a and b != b)
