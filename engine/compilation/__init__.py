"""`compile`: the printed program, run.

A function is traced on Symbols (`tracer`), with what it reads from outside (`survey`, `captured`),
for calls of one form (`call_form`, `trace_kept`).  What comes out is a function of its inputs
(`graph_function`) that `array_programs` or `number_programs` run, or `op_by_op`, the careful way;
in a graph a call is one node (`as_node`).  You may change what a trace is kept by; that a program
never runs on anything that it was not traced for is what the rest relies on.  Others use `compile`,
`Compiled` and, where much is made at once, `Uncollected`.
"""

from .compiled import Compiled as Compiled
from .decorator import compile as compile
from .uncollected import Uncollected as Uncollected
