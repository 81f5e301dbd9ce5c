"""The array tier: `Tensor`, one NumPy array per node.

The same rules as on Values, run on arrays.  `backward` is the pass over a graph, `tensor` what
records it, `inputs` sorts what an op is applied to, `letting_go` drops large arrays that no rule
reads, `numpy_like` makes a Tensor an array among NumPy's, `parts` knows what `p[k]` shows of p.
You may change what a Tensor can do; that its array is never changed in place while somebody else
holds it (graphs may need it), and that no two gradients share memory, is what the rest relies on.
Others use `Tensor`, and `check_unchanged`, which an op whose backward is its own asks before;
`engine.memory` asks what a node keeps, `array_kept` and `inputs_kept`.
"""

from .backward import (
    check_unchanged as check_unchanged,
    propagate as propagate,
    push_any as push_any,
    version_of as version_of,
)  # fmt: skip
from .letting_go import (
    LARGE as LARGE,
    array_kept as array_kept,
    inputs_kept as inputs_kept,
    look as look,
)
from .tensor import Tensor as Tensor
