"""The scalar tier: `Value`, one Python number per node, and arrays of Values.

Here a graph can be looked at number by number.  `backward` is the pass over it, `value` what
records it, `number` what makes a Value a number among Python's, `array` the tier of a program on
arrays.  You may change how a Value is recorded or printed; that a node is plain data (an op,
inputs, a number, a gradient) is what the rest relies on, and that ADD and MUL, written out for
speed, say what their rows say: tests hold them to it.  Others use `Value`, `ValueArray`, and
`number` to check a number they were given.
"""

from .array import ValueArray as ValueArray
from .backward import push_any as push_any
from .number import number as number
from .value import Value as Value
