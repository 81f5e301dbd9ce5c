"""What a row's rules read: of which inputs, and whether of the result, the numbers are needed.

Found in the code of the rules: a parameter that is never named there, or for its shape alone, is
not read.  So a graph need not keep its numbers for backward:

    >>> import engine
    >>> [sorted(numbers_read(op)) for op in (engine.add, engine.mul, engine.tanh, engine.log)]
    [[], [0, 1], [-1], [0]]

It errs on the side of "read": of what is handed on to a helper, of rules of any number of
arguments, and of what is no plain function.
"""

from __future__ import annotations

import dis
import inspect
import itertools
from collections.abc import Iterable
from typing import Any

#: The place of the result, beside those of the inputs.
RESULT = -1

_NO_NUMBERS = frozenset(["shape", "ndim", "dtype", "size"])


def numbers_read(op: Any) -> frozenset[int]:
    """The inputs whose numbers a rule of `op` reads, by place; `RESULT` for the result."""
    return frozenset[int]().union(*numbers_read_by_rule(op))


def numbers_read_by_rule(op: Any) -> tuple[frozenset[int], ...]:
    """`numbers_read` of each rule alone: where no gradient flows, none is run."""
    if op.vjp_all is not None or op.variadic:  # one for all
        rule = op.vjp_all or op.vjps[0]
        return (frozenset(_read_by(rule, op.n_inputs)),) * len(op.vjps)
    return tuple(
        frozenset() if rule is None else frozenset(_read_by(rule, op.n_inputs)) for rule in op.vjps
    )


def _read_by(rule: Any, n_inputs: int) -> Iterable[int]:
    """Of one rule, `rule(g, y, *inputs, **params)`."""
    if not inspect.isfunction(rule):  # a method has a `self` before g
        return range(RESULT, n_inputs)
    code = rule.__code__
    if code.co_flags & inspect.CO_VARARGS or code.co_argcount < 2 + n_inputs:
        return range(RESULT, n_inputs)
    places = {name: i for i, name in enumerate(code.co_varnames[1 : 2 + n_inputs], RESULT)}
    found: set[int] = set()
    for step, after in itertools.pairwise(dis.get_instructions(code)):
        # From Python 3.13 on one step may load two variables; an attribute is the last one's.
        named = step.argval if isinstance(step.argval, tuple) else (step.argval,)
        loaded = step.opname.startswith("LOAD_FAST") and after.opname == "LOAD_ATTR"
        if loaded and after.argval in _NO_NUMBERS:
            named = named[:-1]
        found.update(places[name] for name in named if isinstance(name, str) and name in places)
    return found
