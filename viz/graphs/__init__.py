"""Pictures of graphs: drawn, folded into modules, compared with another, both tiers at once.

The way is from nodes to a `Scene` (`scene`, with what `fold` puts together, `traced` knows of
modules and `marks` finds wrong) and from there to text (`dot`) and a `Picture`, of which
`unfolding` makes a page; the plan of a compiled function is text at once (`memory_plan`).  Users
have `draw`, `to_dot`, `diff`, `side_by_side` and `trace`; the stepper and the command line take
`image`, `check_direction`, `module_paths` and `SUFFIXES`.  To add a kind of picture, write a module
that makes a `Scene`, as `difference` does, and add its line here.  You may touch all of it: the
text of each kind of picture is kept in tests/golden.
"""

from .difference import diff as diff
from .dot import check_direction as check_direction, to_dot as to_dot
from .picture import SUFFIXES as SUFFIXES, Picture as Picture, draw as draw, image as image
from .side_by_side import side_by_side as side_by_side
from .traced import module_paths as module_paths, trace as trace
