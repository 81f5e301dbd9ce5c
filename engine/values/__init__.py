"""The scalar tier: `Value`, one number per node; backward on floats; arrays of Values.

Read `value` first.  Others use `Value` and `ValueArray`.
"""

from .array import ValueArray as ValueArray
from .number import number as number
from .value import Value as Value
