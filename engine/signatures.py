"""Sorting of a call's arguments: which are an op's inputs, which its parameters.

And the errors that say what a call, or a row of the table, lacks.  `op` here is any
`engine.core.Op`; which imports this.
"""

from __future__ import annotations

import inspect
import keyword
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from .lists import LISTS

Rule = Callable[..., Any]


def bind(
    op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Sort a call's arguments into inputs and a full dictionary of parameters."""
    params = dict(op.defaults)
    plain = _PLAIN if op.kind == "elementwise" else _PLAIN_IN_SHAPES
    if op.variadic:
        inputs: tuple[Any, ...] = args
    else:
        n = op.n_inputs
        inputs = args[:n]
        if len(args) > n:
            if len(args) - n > len(params):
                raise TypeError(
                    f"{op.name}() takes at most {n + len(params)} arguments "
                    f"({n} inputs, then {', '.join(params) or 'no parameters'}), "
                    f"got {len(args)}"
                )
            for key, given in zip(params, args[n:], strict=False):
                if key in kwargs:
                    raise TypeError(f"{op.name}() got {key!r} twice")
                params[key] = given if type(given) in plain else _real(op, key, given)
        elif len(inputs) < n:
            inputs = _inputs_by_name(op, inputs, kwargs)
    for key, given in kwargs.items():
        name: Any = key if key in params else op.aliases.get(key, key)
        if type(name) is not str:  # PyTorch's name, and its meaning
            name, given = name(given)
        if name not in params:
            known = ", ".join(params) or "none"
            raise TypeError(
                f"{op.name}() got an unexpected argument {key!r}; its parameters are: {known}"
            )
        if params[name] is not op.defaults[name]:  # axis=0, dim=1: the second must not win
            raise TypeError(
                f"{op.name}() got {name!r} twice: {params[name]!r}, and {key}={given!r}"
            )
        params[name] = given if type(given) in plain else _real(op, name, given)
    if type(params.get("keepdims")) is int:  # the second axis of `x.sum(0, 1)`
        raise TypeError(
            f"keepdims of {op.name}() must be True or False, got {params['keepdims']}; more axes "
            "than one are given together, as in x.sum((0, 1))"
        )
    return inputs, params


#: Types of most parameters, of which none is complex; the ops on whole arrays compute with no list.
_PLAIN = frozenset([float, int, bool, str, type(None)])
_PLAIN_IN_SHAPES = _PLAIN | {tuple, list}
_COMPLEX = (complex, np.complexfloating)


def _real(op: Any, name: str, given: Any) -> Any:
    """A parameter as it is; complex ones, of which a rule would make complex results, refused."""
    if _is_complex(given):
        raise TypeError(
            f"{name} of {op.name}() must be real, got {given!r:.60}: take its .real and .imag"
        )
    return given


def _is_complex(x: Any) -> bool:
    if isinstance(x, LISTS):
        return any(map(_is_complex, x))
    if isinstance(x, np.ndarray):
        return x.dtype.kind == "c"
    return isinstance(x, _COMPLEX)


def _inputs_by_name(op: Any, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """Complete the inputs from keyword arguments (`clip(x=…)`), or say what is missing."""
    names = input_names(op)
    for name in names[len(inputs) :]:
        if name not in kwargs:
            raise TypeError(
                f"{op.name}() needs {op.n_inputs} inputs ({', '.join(names)}); {name!r} is missing"
            )
        inputs = (*inputs, kwargs.pop(name))
    return inputs


def defaults_of(forward: Rule, n_inputs: int) -> dict[str, Any]:
    """Names and defaults of forward's parameters that come after its inputs."""
    try:
        parameters = list(inspect.signature(forward).parameters.values())
    except ValueError:  # a C function without a signature, such as a NumPy ufunc
        return {}
    if isinstance(forward, np.ufunc):
        return {}
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if any(p.kind == p.VAR_POSITIONAL for p in parameters):
        return {p.name: p.default for p in named}
    return {p.name: p.default for p in named[n_inputs:]}


def input_names(op: Any) -> list[str]:
    """The names of an op's inputs, as its forward function has them.

    >>> import engine
    >>> input_names(engine.clip)
    ['x']
    """
    if not isinstance(op.forward, np.ufunc):
        try:
            return list(inspect.signature(op.forward).parameters)[: op.n_inputs]
        except ValueError:  # a C function without a signature
            pass
    return ["x"] if op.n_inputs == 1 else ["a", "b", "c", "d"][: op.n_inputs]


def check_row(
    name: str, forward: Rule, vjps: tuple[Rule | None, ...], elementwise: bool = False
) -> None:
    """Refuse a row without a usable name, forward, or one rule per input."""
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"name must be a Python identifier, got {name!r}")
    if not callable(forward):
        raise TypeError(f"forward of {name!r} must be callable, got {forward!r}")
    if not vjps:
        raise TypeError(f"{name!r} needs one vjp per input; use None where no gradient flows")
    for i, vjp in enumerate(vjps):
        if vjp is not None and not callable(vjp):
            raise TypeError(f"vjp {i} of {name!r} must be callable or None, got {vjp!r}")
    needed, taken = arity(forward)
    if len(vjps) > taken or (elementwise and len(vjps) < needed):
        raise TypeError(
            f"{name!r} has {len(vjps)} vjps, but forward has {needed if elementwise else taken} "
            "inputs: give one for each, None where no gradient flows; parameters have defaults"
        )


def check_forward(name: str, linear: Any, jvp: Any) -> None:
    """Refuse what a row says of forward mode, if it says nothing, or two things."""
    if linear not in (None, "jointly", "each"):
        raise ValueError(f'linear of {name!r} must be "jointly" or "each", got {linear!r}')
    if jvp is not None and not callable(jvp):
        raise TypeError(f"jvp of {name!r} must be callable or None, got {jvp!r}")
    if linear and jvp:
        raise TypeError(f"{name!r}: give linear or jvp, not both")


def written_at(op: Any) -> Any:
    """Where a row's functions are written, as files and lines: to tell a cell that is run twice.

    A notebook or a prompt is one place, whatever Python calls its cells.
    """
    functions = (op.forward, *op.vjps, op.vjp_all, op.jvp, op.scalar, op.elements)
    codes = [getattr(function, "__code__", None) for function in functions]
    for function, code in zip(functions, codes, strict=True):
        if code and function.__module__ == "__main__" and not os.path.exists(code.co_filename):
            return "__main__"
    return [
        (code.co_filename, code.co_firstlineno) if code else function
        for function, code in zip(functions, codes, strict=True)
    ]


def arity(forward: Rule) -> tuple[float, float]:
    """How many arguments forward needs, and how many it takes; parameters have defaults."""
    if isinstance(forward, np.ufunc):
        return forward.nin, forward.nin
    try:
        arguments = inspect.signature(forward).parameters.values()
    except ValueError:  # a C function without a signature
        return 0, np.inf
    if any(p.kind == p.VAR_POSITIONAL for p in arguments):
        return 0, np.inf
    return sum(p.default is p.empty for p in arguments), len(arguments)
