"""What a page of the reference says of one public name, in reStructuredText.

Of functions and classes Sphinx reads signature and docstring itself; what has no docstring of its
own, as an op, which is a row of the table, is written out here.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from types import FunctionType

import engine
from engine import Op
from engine.symbols import MathML, formulas

from .constants import constant
from .docstrings import to_rst
from .op_examples import op_example, run
from .op_page import call_of, facts_of, row_source
from .public_names import Name, for_builders, names

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
        return f".. autofunction:: {name.full}\n"
    kind = "exception" if issubclass(name.thing, BaseException) else "class"
    members = ", ".join(methods_of(name.thing))
    options = f"   :members: {members}\n   :member-order: alphabetical\n" if members else ""
    return f".. auto{kind}:: {name.full}\n   :show-inheritance:\n{options}"


def methods_of(kind: type) -> list[str]:
    """The public methods and properties of a class, but for those of a base with its own entry.

    >>> methods_of(engine.Interval)
    ['contains']
    """
    bases = kind.__mro__[1:]
    known = {base for base in bases if base in _documented()}
    known |= {above for base in known for above in base.__mro__}
    own = [base for base in (kind, *bases) if base not in known and _is_ours(base)]
    return sorted({member for base in own for member in _methods(base)})


def _methods(kind: type) -> Iterator[str]:
    for member, value in vars(kind).items():
        # without words of its own it is what the base says it is
        if isinstance(value, METHODS) and not member.startswith("_") and value.__doc__:
            yield member


def _is_ours(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in ("engine", "nn", "viz")


def _documented() -> set[type]:
    """Classes that users meet: what they have is said there, not again in those derived of them."""
    builders = for_builders()
    return {
        name.thing
        for name in names()
        if isinstance(name.thing, type) and name.name not in builders and _is_ours(name.thing)
    }


def _alias(name: Name) -> str:
    kind = "class" if isinstance(name.thing, type) else "function"
    call = ""
    if not callable(name.thing):
        kind = "data"
    elif isinstance(name.thing, Op):
        call = _arguments(name.thing)
    text = f"Another name of :py:obj:`{name.own}`."
    return _directive(kind, f"{name.full}{call}", text)


def _constant(name: Name) -> str:
    text, example = constant(name.full, name.thing)
    kind = "class" if isinstance(name.thing, type) else "data"
    shown = run(example.splitlines(), {"engine": engine})
    return _directive(kind, name.full, f"{to_rst(text)}\n\n{shown}")


def _op(name: Name) -> str:
    op = name.thing
    written = inspect.getdoc(op.forward) if inspect.isfunction(op.forward) else None
    text = written if written and op.kind != "elementwise" else op.doc
    parts = [to_rst(text[0].upper() + text[1:]), to_rst(f"{'; '.join(facts_of(op))}.".capitalize())]
    if op.aliases:
        parts.append(to_rst(f"Taken too: {', '.join(f'`{other}`' for other in op.aliases)}."))
    parts += [*_formulas(op), op_example(op, name.full), "Its row:"]
    parts.append(_directive("code-block", "python", row_source(op)))
    return _directive("py:function", f"{name.full}{_arguments(op)}", "\n\n".join(parts))


def _arguments(op: Op) -> str:
    return call_of(op).removeprefix(op.name)


def _formulas(op: Op) -> Iterator[str]:
    """What an op gives, and what its rules add to the gradients of its inputs."""
    lines = [f"<mrow>{left}<mo>=</mo>{right}</mrow>" for left, right in formulas(op, MathML())]
    if lines and max(map(len, lines)) <= LONGEST:
        shown = "".join(
            f'<div class="formula" tabindex="0"><math display="block">{line}</math></div>'
            for line in lines
        )
        yield _directive("raw", "html", shown)


def _directive(kind: str, argument: str, text: str) -> str:
    kind = kind if ":" in kind or kind in ("raw", "code-block") else f"py:{kind}"
    return f".. {kind}:: {argument}\n\n{textwrap.indent(text, '   ')}\n"
