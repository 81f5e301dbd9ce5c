"""Looking into a graph: the scalars behind a tensor, where a gradient or a nan comes from.

`one_pass` is backward one node at a time, for steppers.
"""

from .expand import box as box, expand as expand, label_of as label_of, rerun as rerun
from .explain import explain as explain
from .nan_trace import NonFiniteError as NonFiniteError, nan_trace as nan_trace
from .one_pass import Edge as Edge, Pass as Pass, begin as begin
