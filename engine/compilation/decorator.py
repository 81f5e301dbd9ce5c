"""`compile`, as a function and as a decorator."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..array_programs import thread_count
from .compiled import Compiled


def compile(
    f: Callable[..., Any] | None = None, *, threads: int | None = None, check: bool = False
) -> Any:
    """f, run as the program that it is: traced once for each form of call, then plain NumPy.

    The function returned takes what f takes and returns what f returns. Where a gradient is to
    flow, its result is one node, whose backward is the program's backward half: for arguments and
    for the parameters that f reads. `grad`, `value_and_grad`, `hvp`, `hessian`, `jacobian` of it
    are compiled too, as one program.

    f is traced anew when what its program depends on is another: the kind, shape or dtype of a
    number among its arguments, any other argument, or a variable or attribute that it reads, such
    as `model.training`. Decisions by numbers (`if x > 0`), `float(x)`, and numbers drawn by NumPy
    or read from a clock are errors that name the line; what engine and nn draw is drawn at each
    call.

    What cannot be seen: a traced number is found in no dictionary or set by its value; files and
    the environment are read once; `c = b` of an array that f made, then `c += 1`, leaves b as it
    was.  Arrays that f reads from outside are compared at each call: give large ones as arguments.

    Args:
        f: the function; without it, a decorator.
        threads: how many threads blocks of large arrays are worked through by; default all cores.
        check: compare with f itself, results and gradients, at the first call of each form.

    Raises:
        ValueError: threads is no int from 1 on.
        TypeError: f is no function; or cannot be compiled, with the line and the way out.

    >>> @compile
    ... def f(a, b):
    ...     return a * b + b
    >>> f(2.0, 3.0), f(3.0, 4.0), len(f.traces)
    (9.0, 16.0, 1)
    """
    if f is None:
        return functools.partial(compile, threads=threads, check=check)
    if not callable(f):
        raise TypeError(f"compile() takes a function, got {type(f).__name__}")
    thread_count(threads)  # which says what is wrong
    made_by = getattr(f, "made_by", None)
    if made_by is not None:  # `grad(g)`: the derivative of a compiled g, in one program
        make, g, *how = made_by
        return Compiled(g, threads, check).derived(make, *how)
    return Compiled(f, threads, check)
