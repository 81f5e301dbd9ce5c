"""Which nodes to fold: as little as makes a picture that can be read on about two pages."""

from __future__ import annotations

from collections.abc import Callable

from ..drawing import Scene
from .area import extent
from .fold import Fold, module_folds, visible
from .likeness import alike_folds
from .rounds import settled
from .traced import Placed

BOXES = 24  # how many boxes a folded picture has at most, to be read on a page
AREA = 1_600_000  # square points, and a quarter more for bends and frames: about two pages
SPARING = (24, 16, 10, 6)  # how many boxes to try, until they fit
LARGER = 1.5  # times that area is better than a box of different ops that do not repeat
MANY = 1000  # boxes: not worth looking at

#: From folds to a picture.
Draw = Callable[[list[Fold]], Scene]


def fits(scene: Scene, area: float = AREA) -> bool:
    """Whether a picture can be read on about two pages."""
    long, wide = extent(scene)
    return long * wide <= area


def auto_scene(graph: Placed, draw: Draw) -> Scene:
    """A picture of a page: folded by the innermost modules that do, else by likeness."""
    deepest = max(map(len, graph.paths)) - 1
    for depth in range(deepest, 0, -1):  # the whole model in one box would say too little
        folds = module_folds(graph, depth, shallow=True)
        if not folds or visible(graph.order, folds) > MANY:
            continue
        folds = settled(graph, folds, BOXES)
        if visible(graph.order, folds) <= BOXES and fits(scene := draw(folds)):
            return scene
    for depth in (2, 1, 0):
        modules = module_folds(graph, depth)
        if 0 < len(modules) <= BOXES // 2:
            break
    if depth == 0 and sum(len(fold.units) for fold in modules) == 1:
        modules = []  # what the model is made of, by likeness
    plain = settled(graph, modules, BOXES)
    few = visible(graph.order, plain) <= BOXES
    for boxes in SPARING:
        folds = with_alike(graph, modules, boxes)
        mixed = any(fold.kind == "mixed" for fold in folds)
        if mixed and few and fits(scene := draw(plain), LARGER * AREA):
            return scene
        if visible(graph.order, folds) <= BOXES and fits(scene := draw(folds)):
            return scene
    return draw(folds)


def with_alike(graph: Placed, folds: list[Fold], boxes: int) -> list[Fold]:
    """The folds, and what is alike among the rest, until about `boxes` boxes remain."""
    more = alike_folds(graph, folds, max(boxes - len(folds), 1))
    return settled(graph, folds + more, boxes)
