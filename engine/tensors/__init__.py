"""The array tier: `Tensor`, one NumPy array per node.

The same rules as on Values, run on arrays.  `backward` is the pass over a graph, `tensor` what
records it, `inputs` sorts what an op is applied to, `numpy_like` makes a Tensor an array among
NumPy's, `parts` knows what `p[k]` shows of p.  You may change what a Tensor can do; that its array
is never changed in place while somebody else holds it (graphs may need it), and that no two
gradients share memory, is what the rest relies on.  Others use `Tensor`, and
`new_leaf`, which makes one of an array that nobody else has; and `check_unchanged`, which an op
whose backward is its own asks before.
"""

from .backward import check_unchanged as check_unchanged
from .making_more import new_leaf as new_leaf
from .tensor import Tensor as Tensor
