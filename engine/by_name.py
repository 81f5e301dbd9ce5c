"""What a row may ask of what it is handed: numbers, nodes, or names, which have an example."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .core import Op
from .node import Node, to_numpy


def is_recorded(x: Any) -> bool:
    """Whether a rule is handed what will be differentiated again, not numbers or their names.

    >>> from engine import Value
    >>> is_recorded(Value(2.0)), is_recorded(2.0)
    (True, False)
    """
    return isinstance(x, Node) and x.recorded


def is_float(x: Any) -> bool:
    """Whether a rule is handed a float, or its name: a rule that is faster there asks this."""
    return type(x) is float or (isinstance(x, Node) and x.is_float)


def has_numbers(x: Any) -> bool:
    """Whether a row may look at x's numbers; if not, it has to be written for all of them.

    >>> from engine.symbols import program
    >>> name = program(lambda x: 2 * x, np.ones(3)).result
    >>> has_numbers(np.ones(3)), has_numbers(name)
    (True, False)
    """
    return type(x) is np.ndarray or bool(getattr(x, "has_numbers", True))


def example_of(x: Any) -> np.ndarray:
    """x's numbers, or those that a name is an example for.

    By them a rule may decide on a way that is right for all numbers, but keeps those of their size
    within the range of their dtype.

    >>> from engine.symbols import program
    >>> example_of(program(lambda x: 2 * x, np.ones(3)).result)
    array([2., 2., 2.])
    """
    return to_numpy(x) if has_numbers(x) else np.asarray(x._held)


def own(x: Any) -> Any:
    """The array x, to be written into by `out=`; None of a number or a name, which are not.

    (NumPy's result without axes is a number.)

    >>> total = np.ones(2)
    >>> np.add(total, 1.0, out=own(total)) is total, own(total.sum()) is None
    (True, True)
    """
    return x if type(x) is np.ndarray else None


def called(
    function: Callable[..., Any], *operands: Any, vjps: tuple[Any, ...] = (), **params: Any
) -> Any:
    """`function(*operands, **params)`; where an operand is a name, a call of it is written down.

    So a row asks for numbers without being one call as a whole: what is asked rarely, or of few
    numbers, is a step of its own.

    Args:
        vjps: (in a rule, which may be differentiated again) a rule for each operand, as an op has
            them.

    Raises:
        NotImplementedError: the call of a name is differentiated, and no vjps were given.

    >>> from engine.symbols import program
    >>> called(np.sort, np.array([2.0, 1.0]))
    array([1., 2.])
    >>> program(lambda x: called(np.sort, x), np.array([2.0, 1.0])).result.op.name
    'sort'
    """
    name = next((x for x in operands if not has_numbers(x)), None)
    if name is None:
        return function(*operands, **params)
    step = _step(function, vjps or (_refusal(function),) * len(operands))
    if isinstance(name, Node):
        return name.record(step, operands, params)
    return name.program.call(step.name, function, operands, params)


@functools.cache
def _refusal(function: Callable[..., Any]) -> Callable[..., Any]:
    def refuse(*_operands: Any, **_params: Any) -> Any:
        raise NotImplementedError(f"{function.__name__}() of names has no rules: give vjps")

    return refuse


@functools.cache
def _step(function: Callable[..., Any], vjps: tuple[Any, ...]) -> Op:
    """A function as an op that is in no table."""
    return Op(function.__name__.strip("_"), function, vjps, kind="shape")
