"""Checking gradients: both tiers against each other and against finite differences.

`compare` runs one function on both tiers, `gradcheck` checks derivatives of any order.
"""

from .compare import (
    Comparison as Comparison,
    checked_array as checked_array,
    compare as compare,
    names_of_inputs as names_of_inputs,
)
from .distance import relative as relative, ulps as ulps
from .finite import slope as slope
from .gradcheck import GradientError as GradientError, gradcheck as gradcheck
