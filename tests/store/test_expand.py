"""Migrations expand before they contract: what a release wrote and read, the next one's schema still takes and gives.

So an old process goes on when `ohmstead db upgrade` of the new release has run, and new processes start beside it.
"""

from __future__ import annotations

from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, inspect, text

from ohmstead.store import schema

pytestmark = pytest.mark.anyio
RELEASED = "0042"
"""The schema of the release before, and until there is one, the last that made a table anew. What comes after it may
only add; move it on with each release."""

Shape = dict[str, dict[str, tuple[str, bool]]]
"""Table -> column -> (type, whether a row must be given a value for it)."""


def shape(connection: Connection) -> Shape:
    found = inspect(connection)
    return {
        table: {
            column["name"]: (str(column["type"]), not column["nullable"] and column["default"] is None)
            for column in found.get_columns(table)
        }
        for table in found.get_table_names()
    }


def rules(connection: Connection) -> set[tuple[str, str]]:
    """(table, rule) that rows must keep: unique and check constraints, unique indexes, foreign keys."""
    asked = (
        "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid > 0 AND contype <> 'n'"
        " UNION SELECT indrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indisunique AND NOT indisprimary AND indrelid >= 16384"
    )
    return {(row[0].strip('"'), row[1]) for row in connection.execute(text(asked))}


def broken(before: Shape, after: Shape) -> list[str]:
    """What code that knows `before` cannot do on `after`."""
    found = [f"table {table} is gone" for table in before.keys() - after.keys()]
    for table in before.keys() & after.keys():
        old, new = before[table], after[table]
        found += [f"column {table}.{name} is gone" for name in old.keys() - new.keys()]
        found += [f"column {table}.{name} must be given" for name in new.keys() - old.keys() if new[name][1]]
        for name in old.keys() & new.keys():
            if old[name][0] != new[name][0]:
                found.append(f"column {table}.{name} is {new[name][0]}, was {old[name][0]}")
            elif new[name][1] and not old[name][1]:
                found.append(f"column {table}.{name} must be given now")
    return sorted(found)


def upgraded(connection: Connection, revision: str) -> tuple[Shape, set[tuple[str, str]]]:
    config = schema._config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    return shape(connection), rules(connection)


def lost(before: tuple[Shape, Any], after: tuple[Shape, Any]) -> list[str]:
    harder = sorted(f"{table} must keep: {rule}" for table, rule in after[1] - before[1] if table in before[0])
    return broken(before[0], after[0]) + harder


HARSH = (
    "DROP TABLE leases CASCADE",
    "ALTER TABLE stations DROP COLUMN vendor",
    "ALTER TABLE stations RENAME COLUMN model TO kind",
    "ALTER TABLE stations ADD COLUMN new_and_needed bigint NOT NULL",
    "ALTER TABLE stations ADD COLUMN new_with_default bigint NOT NULL DEFAULT 0",
    "ALTER TABLE commands ALTER COLUMN state TYPE varchar(20)",
    "ALTER TABLE tokens ADD CONSTRAINT hard CHECK (tenant_id > 0)",
)


async def test_since_the_last_release_the_schema_only_grew(empty_postgres_url: str) -> None:
    """And the judge of that sees what the release before could not bear."""

    def work(connection: Connection) -> tuple[list[str], list[str]]:
        with connection.begin():
            before = upgraded(connection, RELEASED)
            after = upgraded(connection, "head")
            for one in HARSH:
                connection.execute(text(one))
            return lost(before, after), lost(after, (shape(connection), rules(connection)))

    grown, harsh = await schema._with_connection(empty_postgres_url, work)
    assert grown == []
    assert harsh == [
        "column commands.state is VARCHAR(20), was TEXT",
        "column stations.model is gone",
        "column stations.new_and_needed must be given",
        "column stations.vendor is gone",
        "table leases is gone",
        "tokens must keep: CHECK ((tenant_id > 0))",
    ]
