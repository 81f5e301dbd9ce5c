"""Pictures of graphs: drawn, folded into modules, compared with another, both tiers at once."""

from .difference import diff as diff
from .dot import scene_dot as scene_dot, to_dot as to_dot
from .picture import SUFFIXES as SUFFIXES, Picture as Picture, draw as draw, image as image
from .side_by_side import side_by_side as side_by_side
from .traced import trace as trace
