"""`vmap`: a function of one example, run on a whole batch of them at once.

The function is run once, on Symbols of one example's shape, and what it does is written down
(`batch_trace`); then that is done to the batch, op by op (`engine.batching`).  `batch_axes` says
which axis is the batch's.  You may widen what is taken and given back; that what is written down
never depends on one example's numbers is what makes it right.  Others use `vmap`.
"""

from .vmap import vmap as vmap
