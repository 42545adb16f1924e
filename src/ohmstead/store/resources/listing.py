"""Lists with filters, orders and a cursor: the same few lines for every resource.

A page continues after the last row of the one before (keyset), so rows that come or go meanwhile neither repeat nor
hide others. Each combination of filters is compiled to text once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Select, and_, bindparam, false, select, tuple_
from sqlalchemy.sql.elements import BindParameter

from ohmstead.shapes.common import number_of
from ohmstead.store.db import Db, Row
from ohmstead.store.statement import Statement
from ohmstead.store.tables import stations

Cursor = list[Any]
"""The order's values in the last row of a page."""
Sites = tuple[int, ...] | None
"""The only sites a key may see; None: all."""
ON_THE_LOOP = 200
"""Pages up to this many rows are read at once; longer ones beside the hot road."""

MOST_STATEMENTS = 1_000
"""Of one list; a caller chooses the combinations, and with conditions on words there are hundreds of thousands."""
NOTHING: Mapping[str, Any] = {}


class Found(NamedTuple):
    """One page, and where the next one begins (None: there is none)."""

    rows: list[dict[str, Any]]
    cursor: Cursor | None


class Listing:
    """One list: columns, filters by name, orders by name.

    A filter is a clause with a bind parameter of the same name. An order is columns that are never null, the last of
    them unique; `-name` turns it around.
    """

    def __init__(
        self,
        select: Select[Any],
        *,
        tenant: ColumnElement[int],
        site: ColumnElement[Any] | None,
        orders: Mapping[str, tuple[ColumnElement[Any], ...]],
        filters: Mapping[str, ColumnElement[bool]],
    ) -> None:
        self._select = select.where(tenant == bindparam("tenant"))
        self._site = site
        self.orders = orders
        self.filters = filters
        self._statements: dict[tuple[Any, ...], tuple[Statement, list[str]]] = {}

    async def page(
        self,
        db: Db,
        tenant_id: int,
        sites: Sites,
        *,
        order: str,
        limit: int,
        cursor: Cursor | None = None,
        also: Mapping[str, Any] = NOTHING,
        **given: Any,
    ) -> Found:
        """Up to `limit` rows after `cursor`; filters that are None do not filter. `also` is what filters need beside
        their own value."""
        wanted = {name: value for name, value in given.items() if value is not None}
        count = None if sites is None else len(sites)
        statement, names = self._statement(tuple(sorted(wanted)), count, order, bool(cursor))
        arguments = {"tenant": tenant_id, "page_size": limit + 1, **wanted, **also, **_numbered("site", sites or ())}
        arguments |= _numbered("after", cursor or ())
        fetch = db.fetch if limit <= ON_THE_LOOP else db.fetch_many
        rows = [dict(zip(names, row, strict=True)) for row in await fetch(statement, **arguments)]
        if len(rows) <= limit:
            return Found(rows, None)
        last = rows[limit - 1]
        return Found(rows[:limit], [last[f"order_{n}"] for n in range(len(self._columns(order)))])

    async def find(self, db: Db, tenant_id: int, sites: Sites, id: str, **given: Any) -> dict[str, Any] | None:
        """The row with this number, by the filter `which`; None: there is none for who sees `sites`."""
        number = number_of(id)
        if number is None:
            return None
        found = await self.page(db, tenant_id, sites, order=next(iter(self.orders)), limit=1, which=number, **given)
        return found.rows[0] if found.rows else None

    def _columns(self, order: str) -> tuple[ColumnElement[Any], ...]:
        return self.orders[order.removeprefix("-")]

    def _statement(
        self, wanted: tuple[str, ...], sites: int | None, order: str, goes_on: bool
    ) -> tuple[Statement, list[str]]:
        key = (wanted, sites, order, goes_on)
        if key not in self._statements:
            if len(self._statements) >= MOST_STATEMENTS:
                self._statements.clear()
            columns, turned = self._columns(order), order.startswith("-")
            query = self._select.add_columns(*(column.label(f"order_{n}") for n, column in enumerate(columns)))
            query = query.where(*(self.filters[name] for name in wanted))
            if sites is not None:
                query = query.where(in_sites(self._site, sites))
            if goes_on:
                after = tuple_(*(_typed(f"after_{n}", column) for n, column in enumerate(columns)))
                query = query.where(tuple_(*columns) < after if turned else tuple_(*columns) > after)
            query = query.order_by(*(column.desc() if turned else column for column in columns))
            names = [column.name for column in query.selected_columns]
            self._statements[key] = (Statement(query.limit(bindparam("page_size"))), names)
        return self._statements[key]


def within(sites: Sites, row: Mapping[str, Any]) -> bool:
    """Whether who sees `sites` sees all those of the row: `site_ids` as JSON, null for all."""
    if sites is None:
        return True
    return row["site_ids"] is not None and set(msgspec.json.decode(row["site_ids"])) <= set(sites)


async def page_within(
    turn: Callable[[Cursor | None], Awaitable[Found]], sites: Sites, limit: int, cursor: Cursor | None
) -> Found:
    """`limit` of the rows that are `within` the sites, from pages of all rows that `turn` gives."""
    rows: list[dict[str, Any]] = []
    while True:
        found = await turn(cursor)
        rows += [row for row in found.rows if within(sites, row)]
        if len(rows) > limit or found.cursor is None:
            break
        cursor = found.cursor
    if len(rows) <= limit:
        return Found(rows, None)
    last = rows[limit - 1]
    return Found(rows[:limit], [last[name] for name in last if name.startswith("order_")])


def of_station(column: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether `column` is the number of the station called `station_id`. The name is looked up once, so that the rows
    of a station are found by their own index, where a join would look through those of all."""
    wanted = stations.alias("wanted")
    named = wanted.c.tenant_id == bindparam("tenant"), wanted.c.identity == bindparam("station_id")
    return column == select(wanted.c.id).where(*named).scalar_subquery()


def in_sites(column: ColumnElement[Any] | None, count: int) -> ColumnElement[bool]:
    """Whether `column` is one of the sites given as `site_0`, `site_1` ...; nothing is, where there is no column."""
    if column is None or count == 0:
        return false()
    return and_(column.in_([bindparam(f"site_{n}", type_=BigInteger()) for n in range(count)]))


def site_arguments(sites: Sites) -> dict[str, int]:
    return _numbered("site", sites or ())


def _numbered(name: str, values: Sequence[Any]) -> dict[str, Any]:
    return {f"{name}_{n}": value for n, value in enumerate(values)}


def _typed(name: str, column: ColumnElement[Any]) -> BindParameter[Any]:
    return bindparam(name, type_=column.type)


def named(select: Select[Any], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows of `select` with the names of its columns."""
    names = [column.name for column in select.selected_columns]
    return [dict(zip(names, row, strict=True)) for row in rows]
