"""The third reader of the table: handed names, an op writes itself down.

A `Symbol` is a node that stands for a number or an array by name.  Rows, rules and programs run on
it as on any node, and what comes out is their graph: to be printed, compiled, or proved.  `symbol`
is the node, `tracing` makes Symbols of functions and of graphs that are there, `formulas` and
`array_mathematics` write rows as mathematics, in LaTeX and in MathML.  You may change what
a Symbol refuses; that it is a node like the others, with op, inputs and parameters, is what the
rest relies on: the walk, the adjoints and the rules know nothing of it.
"""

from ..callers import line_of_caller as line_of_caller
from .array_mathematics import rule_of_arrays as rule_of_arrays
from .comparisons import Question as Question
from .compiling import (
    code_of as code_of,
    compiled as compiled,
    indented as indented,
    tuple_of as tuple_of,
)
from .formulas import formulas as formulas, latex as latex, rule_formulas as rule_formulas
from .in_order import order_of as order_of
from .lasting import (
    Draw as Draw,
    LastingTrace as LastingTrace,
    Tracing as Tracing,
    peek as peek,
    tracing_now as tracing_now,
)
from .lifting import LiftedOp as LiftedOp, Place as Place, filled as filled
from .notations import LaTeX as LaTeX, MathML as MathML
from .quiet import is_quiet as is_quiet, unheard as unheard
from .rebinding import names_in as names_in, runs_on_names as runs_on_names
from .refusals import CHANGED_AFTERWARDS as CHANGED_AFTERWARDS
from .scalars import (
    FLOAT as FLOAT,
    PART as PART,
    Names as Names,
    Term as Term,
    Untraceable as Untraceable,
    followed as followed,
    numeric_kind as numeric_kind,
    scalar_form as scalar_form,
)  # fmt: skip
from .sharing import shared as shared
from .symbol import Symbol as Symbol
from .tracing import (
    Noting as Noting,
    Program as Program,
    Trace as Trace,
    argument_names as argument_names,
    program as program,
    program_of as program_of,
)
