"""SQL text from SQLAlchemy Core, compiled once per database and then run on the raw driver.

    FIND = Statement(select(tokens.c.status).where(tokens.c.token_key == bindparam("key")))
    rows = await db.fetch(FIND, key="04a2...")

Core writes the text, so both databases run the same statements; at run time nothing of it is left but a string and
the order of its arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from sqlalchemy import BindParameter, ClauseElement, ColumnElement, Table, literal_column
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.sql import visitors

_SQLITE = sqlite.dialect(paramstyle="qmark")
_POSTGRES = asyncpg.dialect()  # type: ignore[no-untyped-call]

Arguments = Callable[[dict[str, Any]], tuple[Any, ...]]


def fixed(word: str) -> ColumnElement[str]:
    """A constant in the text itself: only then can a partial index be used."""
    assert word.replace("_", "").isalnum(), word
    return literal_column(f"'{word}'")


class Compiled:
    """The text of a statement for one database, and how its arguments are laid out."""

    __slots__ = ("defaults", "names", "text")

    def __init__(self, clause: ClauseElement, dialect: Any) -> None:
        for part in visitors.iterate(clause):
            if isinstance(part, BindParameter):
                part.required = False  # arguments come with each run
        compiled: Any = clause.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self.text: str = str(compiled)
        self.names: tuple[str, ...] = tuple(compiled.positiontup or ())
        self.defaults: dict[str, Any] = {k: v for k, v in compiled.params.items() if v is not None}

    def arguments(self, given: dict[str, Any]) -> tuple[Any, ...]:
        """`given` in the order of the text; a literal that was written into the statement fills its own place."""
        defaults = self.defaults
        return tuple([given[name] if name in given else defaults.get(name) for name in self.names])


class Statement:
    """One statement. `fetch` and `execute` of a `Db` take it with its bind parameters by name."""

    def __init__(self, clause: ClauseElement) -> None:
        self.clause = clause

    @cached_property
    def sqlite(self) -> Compiled:
        return Compiled(self.clause, _SQLITE)

    @cached_property
    def postgres(self) -> Compiled:
        return Compiled(self.clause, _POSTGRES)


class Append:
    """Rows that are only ever added: tuples in the order of `columns`, written in bulk (executemany, COPY)."""

    def __init__(self, table: Table, *columns: str) -> None:
        self.table = table.name
        self.columns = columns or tuple(column.name for column in table.columns)
        marks = ", ".join("?" * len(self.columns))
        self.sqlite = f"INSERT INTO {self.table} ({', '.join(_quoted(c) for c in self.columns)}) VALUES ({marks})"


def _quoted(column: str) -> str:
    return f'"{column}"'
