"""Graphs as people read them: names of nodes, ops as formulas, numbers in short.

One naming for all who show a graph: `Names` calls a node the same in `explain`, in `viz.draw` and
in `viz.steps`.  `formula` writes what a graph computes, `numerals` numbers and arrays, `strips`
colours; `cards` and `markup` are how things show themselves in a notebook.
Nothing here changes a graph, or knows of which tier it is; what is shown of it is yours to touch.

Others use what is exported below; this room is under both tiers, which print themselves with it.
"""

from .cards import node_card as node_card
from .formula import (
    few as few,
    formula as formula,
    operation as operation,
    rule_formula as rule_formula,
)
from .markup import (
    escaped as escaped,
    html_card as html_card,
    html_lines as html_lines,
    html_table as html_table,
    html_tree as html_tree,
    printable as printable,
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
from .op_rows import op_table_html as op_table_html
from .strips import (
    BINS as BINS,
    CELL as CELL,
    NEGATIVE as NEGATIVE,
    POSITIVE as POSITIVE,
    Heat as Heat,
    heat_of as heat_of,
    strip_image as strip_image,
)
