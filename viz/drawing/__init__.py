"""What a drawing is made of: boxes and arrows, text and its widths, colours, the renderer.

This room knows nodes, not modules: `Reader` says of a node what its box shows, a `Scene` is a
whole picture before it becomes text, and `render` asks Graphviz for svg or png.  The other rooms,
and notebooks with pictures of their own, take what is exported here.  A colour, a shape or a line
style is changed in `style`, and nowhere else; text that comes from a user goes through `safe`.
"""

from .boxes import (
    Arrow as Arrow,
    Box as Box,
    Cluster as Cluster,
    GraphTooLargeError as GraphTooLargeError,
    Reader as Reader,
    Scene as Scene,
    checked_order as checked_order,
    constant_box as constant_box,
    edge_text as edge_text,
    local_text as local_text,
    names_in as names_in,
)
from .compact import compacted as compacted, width_of as width_of
from .dot_text import scene_dot as scene_dot
from .flow import (
    FLOW_KEY as FLOW_KEY,
    Flow as Flow,
    flow_of as flow_of,
    flow_width as flow_width,
)
from .heat import heat_cells as heat_cells
from .renderer import (
    RendererNotFoundError as RendererNotFoundError,
    RenderError as RenderError,
    render as render,
)
from .style import (
    DARK as DARK,
    LIGHT as LIGHT,
    LOOKS as LOOKS,
    OKABE_ITO as OKABE_ITO,
    TONES as TONES,
    Theme as Theme,
    mix as mix,
)
from .text import (
    lines_of as lines_of,
    safe as safe,
)
from .titles import about_of as about_of
from .widths import centred as centred, points as points
