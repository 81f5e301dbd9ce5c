"""A program and its backward pass as Python text that runs without the engine: `source`.

A program comes as Symbols (`engine.symbols`), and leaves as lines.  In between it consists of
terms: `lowering` runs each op's own forward on terms, which write down what it asks NumPy for
(`array_terms`), and fold what says nothing (`folding`).  There is no second table: what an op is as
text is what its row does.  A function that looks at numbers is called, and printed above
(`standalone`).  `walk` is backward, `printing` decides on lines.  Others use `source` and `Source`.

Long programs of single numbers are rolled into loops by `rolling`, which says in what steps.
"""

from .array_terms import OPERATORS as OPERATORS, written_constant as written_constant
from .folding import uniform as uniform
from .lowering import ArrayTier as ArrayTier
from .names import Names as Names, identifier as identifier
from .printing import constant_text as constant_text, wrapped as wrapped
from .rolling import rolled as rolled
from .scalar_terms import (
    FUNCTIONS as FUNCTIONS,
    PLACE as PLACE,
    Recipe as Recipe,
    function_of as function_of,
)
from .source import Source as Source, imports_of as imports_of, source as source
from .standalone import Helpers as Helpers
from .straight_line import (
    ADD as ADD,
    Leaf as Leaf,
    Result as Result,
    Step as Step,
    StraightLine as StraightLine,
)
from .terms import parsed as parsed, reached as reached
from .walk import RuleOp as RuleOp, gradients as gradients
