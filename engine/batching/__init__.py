"""One op for a whole batch: how each row carries one more axis, in front.

`rules` says it, of rows that have a word to say; one that nothing is said of is applied to one
example after the other (`replay`), so that every row, a user's too, is right and most are fast.
`at_once` pushes many tangents through a graph so.  You may add rules: each is held to the loop by
tests.  `vmap` and `jacobian` use this, and rows of nn, by `carried`, say how they are run.
"""

from .at_once import push_at_once as push_at_once
from .replay import (
    Step as Step,
    carried as carried,
    elementwise as elementwise,
    replayed as replayed,
)
from .rules import along_axis as along_axis, folded as folded, leading as leading
