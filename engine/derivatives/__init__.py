"""Derivatives of plain functions: `grad`, `vjp`, `jvp`, `jacobian`, `hessian`, …; `grad_of`.

Here: `trees` takes containers apart and builds them; `arguments` makes a call's arguments into
nodes and gradients into what was given, `returned` looks at its result; `call` is one call of a
function, and says whether a gradient is plain; `directions` has the tangents of its arguments;
`transforms`, `linearized`, `jacobians` and `curvature` hold the functions, a few lines each on top
of that; `of_results` has what needs no function.  Read `arguments` first.

You may touch everything; what decides is that each function can be applied to its own result.

Others use the functions; `checkpointing` also `mapped`, f of all in a container; `compilation` what
says how arguments are taken, and `OwnDerivatives`.
"""

from .arguments import on_tensors as on_tensors, positions_of as positions_of
from .curvature import hessian as hessian, hvp as hvp
from .jacobians import jacfwd as jacfwd, jacobian as jacobian, jacrev as jacrev
from .linearized import linearize as linearize
from .of_results import grad_of as grad_of
from .taylor import taylor as taylor
from .transforms import (
    OwnDerivatives as OwnDerivatives,
    grad as grad,
    jvp as jvp,
    value_and_grad as value_and_grad,
    vjp as vjp,
)
from .trees import (
    is_container as is_container,
    mapped as mapped,
    parts_like as parts_like,
    parts_of as parts_of,
    ravel_tree as ravel_tree,
    rebuilt as rebuilt,
)
