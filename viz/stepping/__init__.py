"""Backward, one edge at a time: as records (`steps`), as text, and as one page that works offline.

`steps` runs the engine's own pass node by node; `rule_source` shows rules as their rows have them;
`elements` opens array ops up number by number, `twins` draws the graph behind one number; `layout`
and `page` make the page, `program` its script from the files in `web`; `moving` makes a picture of
`frames`, by a `clock`; `practice` is the page that asks, of `exercises` made by chance.  Words and
looks are yours to touch; every number is the engine's.  The command line takes `rule_source` for
the op table, notebook 04 too.
"""

from .exercises import LEVELS as LEVELS
from .offline import PAGE_SUFFIXES as PAGE_SUFFIXES, STEP_SUFFIXES as STEP_SUFFIXES
from .practice import Practice as Practice, practice as practice
from .rule_source import rule_source as rule_source
from .stepper import Stepper as Stepper, step_through as step_through
from .steps import BackwardStep as BackwardStep, ForwardStep as ForwardStep, steps as steps
