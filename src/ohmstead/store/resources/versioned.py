"""Rows that two may change at once: who comes second, with what was true before, changes nothing (`If-Match`)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Table, bindparam, update

from ohmstead.store.db import Tx
from ohmstead.store.statement import Statement


async def change(tx: Tx, table: Table, tenant_id: int, id: Any, version: int, values: Mapping[str, Any]) -> bool:
    """Set columns of the row, and count its `version` up; False where it is not at `version` any more."""
    statement = _update(table, tuple(sorted(values)))
    given = {f"to_{name}": value for name, value in values.items()}
    return bool(await tx.fetch(statement, tenant=tenant_id, which=id, version_was=version, **given))


@cache
def _update(table: Table, names: tuple[str, ...]) -> Statement:
    return Statement(
        update(table)
        .where(
            table.c.tenant_id == bindparam("tenant"),
            table.c.id == bindparam("which"),
            table.c.version == bindparam("version_was"),
        )
        .values({name: bindparam(f"to_{name}") for name in names} | {"version": table.c.version + 1})
        .returning(table.c.id)
    )
