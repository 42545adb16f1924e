"""Many writes in few statements: rows by table, and runs of one statement together.

Rows that are added come first: whatever changes a row later in a batch finds it. Changes keep the order in which their
owner (a station) made them, so a station that came and went within one commit is gone after it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from ohmstead.store.statement import Append, Statement

Appended = tuple[Append, tuple[Any, ...]]
Changed = tuple[Statement, dict[str, Any]]


def by_table(rows: Iterable[Appended]) -> dict[Append, list[tuple[Any, ...]]]:
    """Rows under their `Append`."""
    tables: dict[Append, list[tuple[Any, ...]]] = {}
    for append, row in rows:
        tables.setdefault(append, []).append(row)
    return tables


def runs(changes: Iterable[tuple[Hashable, Changed]]) -> list[tuple[Statement, list[dict[str, Any]]]]:
    """Statements with the arguments of each execution; the changes of one owner stay in order."""
    found: list[tuple[Statement, list[dict[str, Any]]]] = []
    newest: dict[Statement, int] = {}  # statement -> its last run
    reached: dict[Hashable, int] = {}  # owner -> the run of its last change
    for owner, (statement, arguments) in changes:
        run = newest.get(statement, -1)
        if run < reached.get(owner, 0):
            run = newest[statement] = len(found)
            found.append((statement, []))
        found[run][1].append(arguments)
        reached[owner] = run
    return found
