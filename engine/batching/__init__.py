"""`vmap`: a function of one example, run on a whole batch of them at once.

The function is run once, on Symbols of one example's shape, and what it does is written down
(`batch_trace`).  Then each op of that is run on the batch (`replay`): `rules` says how a row
carries one more axis in front; a row that nothing is said of is applied to one example after the
other, so that every row, a user's too, is right and most are fast.  `batch_axes` says which axis is
the batch's.  You may add rules; each is held to the loop by tests.  Others use `vmap`, and
`carried` to say how a row of theirs is run.
"""

from .replay import Step as Step, carried as carried, elementwise as elementwise
from .rules import along_axis as along_axis, folded as folded, leading as leading
from .vmap import vmap as vmap
