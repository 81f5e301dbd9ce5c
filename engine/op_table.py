"""The table of ops as it is seen from outside: read only, and shown as a table in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

SHOWN = 6  # names in its repr


class OpTable(Mapping[str, Any]):
    """Ops by name, in the order they were defined.

    >>> import engine
    >>> repr(engine.registry).partition(" ops: ")[2]
    'add, sub, mul, div, neg, pow, …>'
    """

    #: The table as HTML, for notebooks; filled in by engine.showing.
    to_html: ClassVar[Callable[[Mapping[str, Any]], str]]

    def __init__(self, rows: dict[str, Any]) -> None:
        self._rows = rows

    def __getitem__(self, name: str) -> Any:
        return self._rows[name]

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __or__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        return {**self, **other}

    def __ror__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        return {**other, **self}

    def __repr__(self) -> str:
        more = ["…"] * (len(self) > SHOWN)
        return f"<table of {len(self)} ops: {', '.join([*list(self)[:SHOWN], *more])}>"

    def _repr_html_(self) -> str:
        return OpTable.to_html(self)
