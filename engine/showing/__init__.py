"""Graphs as people read them: names of nodes, ops as formulas, numbers in short.

One naming for all who show a graph: `Names` calls a node the same in `explain`, in `viz.draw` and
in `viz.steps`.  `formula` writes what a graph computes, `numerals` writes numbers and arrays.
Nothing here changes a graph, or knows of which tier it is; what is shown of it is yours to touch.

Others use what is exported below; this room is under both tiers, which print themselves with it.
"""

from .formula import (
    few as few,
    formula as formula,
    operation as operation,
    rule_formula as rule_formula,
)
from .node_names import Names as Names
from .numerals import (
    array_lines as array_lines,
    brief as brief,
    minus as minus,
    norm as norm,
    number as number,
    parameters as parameters,
    percent as percent,
    shorten as shorten,
    signed as signed,
    without_middle as without_middle,
)
