"""Texts of expressions, put together without parsing them again."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

from .terms import filled, parsed


class Phrase(NamedTuple):
    """A text, and the form it was made of; "" of a name, or of anything else in one piece."""

    text: str
    form: str = ""


def phrase_of(form: str, operands: Sequence[Phrase]) -> Phrase:
    """A form with texts in the places of its operands, in brackets where they need them.

    >>> phrase_of("{0} * {1}", [phrase_of("{0} + {1}", [Phrase("a"), Phrase("b")]), Phrase("c")])
    Phrase(text='(a + b) * c', form='{0} * {1}')
    """
    if form == "{0}":
        return operands[0]
    pattern = _pattern(form, *[x.form for x in operands])
    return Phrase(pattern.format(*[x.text for x in operands]), form)


def number_phrase(text: str) -> Phrase:
    """A number or a name.

    >>> phrase_of("{0} ** {1}", [Phrase("x"), number_phrase("-2.0")]).text
    'x ** (-2.0)'
    """
    return Phrase(text, "-{0}" if text.startswith("-") else "")


@functools.lru_cache(10_000)
def _pattern(form: str, *inner: str) -> str:
    """The form with the brackets that operands of these forms need."""
    operands = [
        filled(one, [parsed(f"p{i}q{k}p") for k in range(len(set(re.findall(r"{\d+}", one))))])
        if one
        else parsed(f"p{i}p")
        for i, one in enumerate(inner)
    ]
    text = ast.unparse(filled(form, operands))
    for i, operand in enumerate(operands):
        text = text.replace(ast.unparse(operand), f"{{{i}}}")
    return text
