"""Functions that are sent by their code, with their lines: as if their file were over there.

Tracebacks then show the lines, and `engine.compile` can write down a rule that looks at numbers.
"""

from __future__ import annotations

import hashlib
import linecache
from types import CodeType
from typing import Any


class Lines(dict[str, str]):
    """The text of each file that some code sent was written in; "" where there is none."""

    def __missing__(self, file: str) -> str:
        text = self[file] = "".join(linecache.getlines(file))
        return text


def with_lines(code: CodeType, reduced: tuple[Any, ...], lines: Lines) -> tuple[Any, ...]:
    """What a pickler's `reducer_override` returns for code, of what it returns without lines."""
    text = lines[code.co_filename]
    return (_code_of, (*reduced, text)) if text else reduced


def _code_of(make: Any, args: tuple[Any, ...], text: str) -> CodeType:
    """The code, which finds its lines by a digest of the text: a cell run again has others."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    file = f"<sent: {digest}>"  # no path, where tools would look for a file
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    made: CodeType = make(*args)
    return made.replace(co_filename=file)
