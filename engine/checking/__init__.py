"""Checking gradients: both tiers against each other, and rules against finite differences.

Here: `compare` runs one function on both tiers and names the op where they part; `gradcheck` holds
derivatives of any order to finite differences.  Read `distance`, `finite`, `lockstep` (op by op),
then `rows` and `comparison` (what was found, and how it reads), `compare`, `gradcheck`.

You may touch everything: nothing computes with this room.  But a bound that grows softer finds
nothing and breaks nothing; tests/test_checker_bounds.py holds each to what it states.

Others use the two functions, what they return (`Comparison`, `GradCheck`) and `GradientError`; the
course and pictures also the
measures (`relative`, `ulps`, `slope`) and how `compare` reads its arguments (`checked_array`,
`names_of_inputs`).
"""

from .compare import (
    checked_array as checked_array,
    compare as compare,
    names_of_inputs as names_of_inputs,
)
from .comparison import Comparison as Comparison
from .distance import relative as relative, ulps as ulps
from .finite import slope as slope
from .gradcheck import GradientError as GradientError, gradcheck as gradcheck
from .verdict import GradCheck as GradCheck
