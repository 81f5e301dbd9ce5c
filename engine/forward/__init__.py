"""Forward mode: derivatives pushed along with the computation, by the same rows as backward.

A tangent says how fast a number changes as the arguments move along a direction.  `pushing` takes
it through one op; `while_running` sees a function's ops and takes tangents along without a graph,
`along_graph` takes them through a graph that is there.  You may give a row a faster way (`linear`,
`jvp`); that without one it still has forward mode, from its vjps alone, is what users' rows rely
on.  Others use `Running`, `push_along` with `way_along`, `pushed` for one op, and `NotTransposed`,
the error of a row whose vjps do not give it.
"""

from .along_graph import push_along as push_along, way_along as way_along
from .pushing import NotTransposed as NotTransposed, pushed as pushed
from .while_running import Running as Running
