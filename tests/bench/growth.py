"""How time grows: with the depth and the width of an MLP, with the size of arrays, with points."""

from bench.arrays import classes_program, elementwise_program
from bench.contenders import Program, workload
from bench.scalars import least_squares, least_squares_by_hand, points


def workloads():
    """Those of this module; what is counted is a layer, an element of an op, a point."""
    for depth in (2, 8, 32):
        program = classes_program([32] * (depth + 1), float)
        yield workload(f"MLP of width 32, depth {depth}", program, ("torch",), units=depth)
    for width in (16, 64, 256, 1024):
        program = classes_program([width] * 4, float)
        yield workload(f"MLP of depth 3, width {width}", program, ("torch",))
    for size in (100, 10_000):
        program = elementwise_program(size)
        yield workload(f"20 elementwise ops on {size:,}", program, ("torch",), units=20 * size)
    for count in (600, 6_000):
        program = Program(least_squares, least_squares_by_hand, [0.5, 0.25], points(count))
        yield workload(f"least squares of {count:,} points", program, units=count)
