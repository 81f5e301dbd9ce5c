"""What a page of the reference says of one public name, in reStructuredText.

Of functions and classes Sphinx reads signature and docstring itself; what has no docstring of its
own, as an op, which is a row of the table, is written out here.
"""

from __future__ import annotations

import functools
import inspect
import re
import textwrap
from collections.abc import Iterator, Sequence
from types import FunctionType
from typing import Any

import engine
from engine import Op
from engine.symbols import MathML, formulas

from .constants import constant
from .docstrings import to_rst
from .op_examples import op_example, run
from .op_page import call_of, facts_of, row_module, row_source
from .public_names import Name, for_builders, names
from .source_links import SCHEME

METHODS = (FunctionType, property, classmethod, staticmethod)
LONGEST = 2000  # characters of a formula in MathML


def entry(name: Name) -> str:
    """The entry of a name: its signature, what it is, an example."""
    if name.is_alias:
        return _alias(name)
    if isinstance(name.thing, Op):
        return _op(name)
    if name.is_constant:
        return _constant(name)
    if not isinstance(name.thing, type):
        return _directive("autofunction", f"{name.full}{signature_of(name.thing)}")
    kind = "autoexception" if issubclass(name.thing, BaseException) else "autoclass"
    members = ", ".join(methods_of(name.thing))
    options = [f":members: {members}", ":member-order: alphabetical"] if members else []
    base = next((one for one in name.thing.__mro__[1:] if one in _public_classes()), None)
    too = "" if kind == "autoexception" else ", with its methods too"
    text = f"A kind of :py:obj:`{_public_classes()[base]}`{too}." if base else ""
    return _directive(kind, f"{name.full}{signature_of(name.thing)}", text, options)


def signature_of(thing: Any) -> str:
    """How it is called, without types, which the docstring says in words; "" of what derives
    from a class of Python or NumPy and is made as that is.

    >>> signature_of(engine.clip_between), signature_of(engine.no_grad)
    ('(x, low, high)', '(function=None)')
    """
    if isinstance(thing, Op):
        return call_of(thing).removeprefix(thing.name)
    if not isinstance(thing, type):
        return _written(thing, skip=0)
    for maker in ("__init__", "__new__"):
        found = next((vars(kind)[maker] for kind in thing.__mro__ if maker in vars(kind)), None)
        found = getattr(found, "__func__", found)
        if inspect.isfunction(found):
            call = _written(found, skip=1)
            return "()" if call == "(*_args, **_kwargs)" else call  # taken, and left to `__init__`
    return "()" if all(map(_is_ours, thing.__mro__[:-1])) else ""


def _written(function: Any, skip: int) -> str:
    """A function's arguments and defaults, without the first `skip`."""
    call = inspect.signature(function)
    parameters = [one.replace(annotation=one.empty) for one in call.parameters.values()]
    text = str(call.replace(parameters=parameters[skip:], return_annotation=call.empty))
    return re.sub(r"<(?:engine op|built-in function|function) (\w+)[^>]*>", r"\1", text)


def methods_of(kind: type) -> list[str]:
    """The public methods and properties of a class, but for those of a base with its own entry.

    >>> methods_of(engine.Interval)
    ['contains']
    """
    bases = kind.__mro__[1:]
    builders = for_builders()
    there = [base for base in bases if base in _public_classes()]
    for_users = [base for base in there if base.__name__ not in builders]
    above = {one for base in for_users for one in base.__mro__}
    own = [base for base in (kind, *bases) if base not in above and _is_ours(base)]
    # What both tiers have for those who build on them is said once, at Node.
    elsewhere = {
        member
        for base in there
        if base not in for_users
        for member in _methods(base)
        if not isinstance(vars(base)[member], property)
    }
    return sorted({member for base in own for member in _methods(base)} - elsewhere)


def _methods(kind: type) -> Iterator[str]:
    for member, value in vars(kind).items():
        # without words of its own it is what the base says it is
        if isinstance(value, METHODS) and not member.startswith("_") and value.__doc__:
            yield member


def _is_ours(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in ("engine", "nn", "viz")


@functools.cache
def _public_classes() -> dict[type, str]:
    """The classes that have an entry, with their names."""
    return {
        name.thing: name.full
        for name in names()
        if isinstance(name.thing, type) and _is_ours(name.thing) and not name.is_alias
    }


def _alias(name: Name) -> str:
    kind = "class" if isinstance(name.thing, type) else "function"
    call = "" if name.is_constant else signature_of(name.thing)
    if not callable(name.thing):
        kind = "data"
    text = f"Another name of :py:obj:`{name.own}`."
    return _directive(f"py:{kind}", f"{name.full}{call}", text)


def _constant(name: Name) -> str:
    text, example = constant(name.full, name.thing)
    kind = "class" if isinstance(name.thing, type) else "data"
    shown = run(example.splitlines(), {"engine": engine})
    return _directive(f"py:{kind}", name.full, f"{to_rst(text)}\n\n{shown}")


def _op(name: Name) -> str:
    op = name.thing
    written = inspect.getdoc(op.forward) if inspect.isfunction(op.forward) else None
    text = written if written and op.kind != "elementwise" else op.doc
    parts = [to_rst(text), to_rst(f"{'; '.join(facts_of(op))}.".capitalize())]
    if op.aliases:
        parts.append(to_rst(f"Taken too: {', '.join(f'`{other}`' for other in op.aliases)}."))
    parts += [*_formulas(op), op_example(op, name.full)]
    path = f"{row_module(op).replace('.', '/')}.py"
    parts.append(f"Its row, in `{path} <{SCHEME}{path}>`__:")
    parts.append(_directive("code-block", "python", row_source(op)))
    return _directive("py:function", f"{name.full}{signature_of(op)}", "\n\n".join(parts))


def _formulas(op: Op) -> Iterator[str]:
    """What an op gives, and what its rules add to the gradients of its inputs."""
    lines = [f"<mrow>{left}<mo>=</mo>{right}</mrow>" for left, right in formulas(op, MathML())]
    if lines and max(map(len, lines)) <= LONGEST:
        shown = "".join(
            f'<div class="formula" tabindex="0"><math display="block">{line}</math></div>'
            for line in lines
        )
        yield _directive("raw", "html", shown)


def _directive(kind: str, argument: str, text: str = "", options: Sequence[str] = ()) -> str:
    head = "\n".join([f".. {kind}:: {argument}", *(f"   {option}" for option in options)])
    return f"{head}\n\n{textwrap.indent(text, '   ')}\n"
