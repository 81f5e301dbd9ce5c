"""Looking into a graph: what stands behind a number, a gradient, a nan.

Here: `expand` gives the scalar graph behind one element of a Tensor, `opened` the graph behind
calls that are one node, `explain` the contributions to a gradient, `nan_trace` the op that first
gave nan or inf, `memory` the bytes a graph keeps, and a `BackwardPass` moves one node at a time.
Each stands alone.

You may touch everything: this room reads graphs, and only `BackwardPass.commit` writes to `.grad`.

Others use the functions; `checking` and pictures also `box` (an array as Values), `label_of` (the
name of an element) and `rerun` (a whole Tensor graph on Values); the stepper uses `BackwardPass`,
plots `GraphMemory` and `in_bytes`.
"""

from .backward_pass import BackwardPass as BackwardPass, Edge as Edge
from .expand import box as box, expand as expand, label_of as label_of, rerun as rerun
from .explain import explain as explain
from .nan_trace import NonFiniteError as NonFiniteError, nan_trace as nan_trace
from .opened import opened as opened
from .what_is_kept import (
    GraphMemory as GraphMemory,
    Kept as Kept,
    in_bytes as in_bytes,
    memory as memory,
)
