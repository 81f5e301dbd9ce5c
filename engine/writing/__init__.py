"""A program and its backward pass as Python text that runs without the engine: `source`.

A program comes as Symbols (`engine.symbols`), and leaves as lines.  In between it consists of
terms: `lowering` runs each op's own forward on terms, which write down what it asks NumPy for
(`array_terms`), and fold what says nothing (`folding`).  There is no second table: what an op is as
text is what its row does.  A function that looks at numbers is called, and printed above
(`standalone`).  `walk` is backward, `printing` decides on lines.  Others use `source` and `Source`.

Long programs of single numbers are rolled into loops by `rolling`, which says in what steps.
"""

from .array_terms import OPERATORS as OPERATORS, written_constant as written_constant
from .carried import Carried as Carried
from .folding import uniform as uniform
from .loops import LoopWriter as LoopWriter, broken as broken, list_lines as list_lines
from .lowering import ArrayTier as ArrayTier
from .names import Names as Names, identifier as identifier
from .phrases import Phrase as Phrase, number_phrase as number_phrase, phrase_of as phrase_of
from .printing import constant_text as constant_text, wrapped as wrapped
from .repeats import NOTHING as NOTHING, Ints as Ints, Items as Items, Loop as Loop, lines as lines
from .scalar_terms import (
    FUNCTIONS as FUNCTIONS,
    PLACE as PLACE,
    Recipe as Recipe,
    function_of as function_of,
)
from .sites import Axis as Axis, Body as Body, Site as Site, Sites as Sites
from .slices import Cell as Cell, list_text as list_text
from .source import Source as Source, imports_of as imports_of, source as source
from .standalone import Helpers as Helpers
from .storing import Stores as Stores, affine as affine
from .straight_line import ADD as ADD, Leaf as Leaf, Step as Step, StraightLine as StraightLine
from .tables import index_text as index_text
from .terms import parsed as parsed, reached as reached
from .walk import RuleOp as RuleOp, gradients as gradients
