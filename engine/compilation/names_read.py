"""What a function's code reads by name: variables, attributes, modules."""

from __future__ import annotations

import dis
import functools
from types import CodeType
from typing import NamedTuple


class Names(NamedTuple):
    """Names in a code, and in those of functions inside it.

    Attributes:
        variables: of global variables, which builtins are too.
        attributes: of attributes; any text in the code is one, for `getattr(x, "k")`.
        modules: that it imports.
        any_attribute, any_variable: whether it reads such by names that are not in the code.
    """

    variables: frozenset[str]
    attributes: frozenset[str]
    modules: frozenset[str]
    any_attribute: bool
    any_variable: bool


_LOOK_UP = frozenset(["getattr", "hasattr", "setattr", "delattr"])
_LOADS = frozenset(["LOAD_FAST", "LOAD_DEREF", "LOAD_GLOBAL", "LOAD_NAME", "LOAD_CLOSURE"])


@functools.cache
def names_read(code: CodeType) -> Names:
    """The names that a code reads or sets.

    >>> def f(x):
    ...     return x * settings.scale
    >>> names = names_read(f.__code__)
    >>> names.variables, names.attributes
    (frozenset({'settings'}), frozenset({'scale'}))
    """
    variables, attributes, modules = set(), set(), set()
    steps = [*dis.get_instructions(code)]
    any_attribute = False
    for i, step in enumerate(steps):
        if step.opcode not in dis.hasname:
            continue
        if step.opname == "IMPORT_NAME":
            modules.add(step.argval)
        elif "GLOBAL" in step.opname or step.opname.endswith("_NAME"):
            variables.add(step.argval)
            any_attribute |= step.argval in _LOOK_UP and not _names_one(steps[i + 1 :])
        else:
            attributes.add(step.argval)
    attributes.update(x for x in code.co_consts if isinstance(x, str))
    inner = [names_read(x) for x in code.co_consts if isinstance(x, CodeType)]
    return Names(
        frozenset(variables).union(*(x.variables for x in inner)),
        frozenset(attributes).union(*(x.attributes for x in inner)),
        frozenset(modules).union(*(x.modules for x in inner)),
        any_attribute
        or "vars" in variables
        or "__dict__" in attributes
        or any(x.any_attribute for x in inner),
        not variables.isdisjoint(["globals", "eval", "exec"]) or any(x.any_variable for x in inner),
    )


def _names_one(steps: list[dis.Instruction]) -> bool:
    """Whether a call of `getattr` goes on with a variable, attributes of it, and a text."""
    if steps[0].opname not in _LOADS:
        return False
    step = next(step for step in steps[1:] if step.opname != "LOAD_ATTR")
    return step.opname == "LOAD_CONST" and isinstance(step.argval, str)
