"""Strategies made from the op table: inputs from each op's domain, kinks and ties on purpose."""

import numpy as np
from hypothesis import strategies as st

import engine
from engine import Interval, input_names

#: Parameters to try where an op has some; every op is also tried with its defaults.
PARAMETERS = {
    "clip": [{"min": -0.5, "max": 0.75}, {"min": 0.25, "max": None}, {"min": None, "max": 0.25}],
    "leaky_relu": [{"negative_slope": 0.2}],
    "elu": [{"alpha": 0.7}],
    "softplus": [{"beta": 2.0}],
    "digamma": [{"n": 1}, {"n": 2}],
    "logit": [{"eps": 0.125}],
    "nan_to_num": [{"nan": 2.0, "posinf": 3.0, "neginf": -3.0}],
    "gelu": [{"approximate": "tanh"}],
}

#: Inputs no gradient flows to hold truth values, not numbers.
CONDITIONS = {("where", 0)}


def elementwise_ops():
    """Every elementwise op of the registry, with each set of parameters to try."""
    cases = []
    for op in engine.registry.values():
        if op.kind == "elementwise":
            cases += [(op, {})] + [(op, given) for given in PARAMETERS.get(op.name, [])]
    return cases


def rows_of_engine():
    """Those of `elementwise_ops` that are functions of `engine`, whatever else is imported."""
    return [case for case in elementwise_ops() if vars(engine).get(case[0].name) is case[0]]


def case_id(case):
    """A readable name for a case."""
    op, given = case
    return op.name + "".join(f"-{value}" for value in given.values())


def numbers(interval: Interval, reach: float = 3.0):
    """Floats inside an interval, away from an open end, not beyond `reach`."""
    lo, hi = max(interval.lo, -reach), min(interval.hi, reach + max(interval.lo, 0.0))
    margin = 0.05 if interval.open else 0.0
    lo = lo + margin if lo == interval.lo else lo
    hi = hi - margin if hi == interval.hi else hi
    return st.floats(lo, hi, allow_subnormal=False).map(lambda x: round(x, 6))


def inputs(op, kinked: bool = True):
    """Tuples of floats an op takes, with ties and kinks among them if `kinked`."""
    columns = []
    for i, interval in enumerate(op.domain):
        if (op.name, i) in CONDITIONS:
            columns.append(st.booleans())
        else:
            column = numbers(interval)
            special = [x for x in (0.0, -0.0, 1.0, -1.0, 0.5) if inside(interval, x)]
            columns.append(column | st.sampled_from(special) if kinked and special else column)
    return st.tuples(*columns)


def inside(interval: Interval, x: float) -> bool:
    """Whether x lies inside an interval, and not at an open end."""
    return bool(interval.contains(x)) and not (interval.open and x in (interval.lo, interval.hi))


def float_positions(op):
    """Which inputs are numbers a gradient can flow to."""
    return [i for i in range(op.n_inputs) if op.vjps[i] is not None]


def far_from_kinks(op, args, given, distance=1e-3):
    """Whether finite differences may be taken here."""
    if op.kinks is None:
        return True
    params = {**op.defaults, **given}
    return bool(np.all(np.asarray(op.kinks(*args, **params)) > distance))


def name_of(op, i):
    """What input i is called."""
    return input_names(op)[i]
