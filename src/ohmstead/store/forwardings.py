"""What gateways read and write of forwarding: whom stations are told to, how the lines are, transactions of 1.6."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from ohmstead.store.db import Db
from ohmstead.store.statement import Statement
from ohmstead.store.tables import forwarded_transactions, forwarding_links, forwardings

TOPIC = "forwarding"
"""Rung with a tenant's number when a forwarding was made, changed or removed."""

_f, _t = forwardings.c, forwarded_transactions.c
_ENABLED = Statement(select(forwardings).where(_f.enabled == 1).order_by(_f.id))
_STAMP = Statement(select(func.count(), func.coalesce(func.sum(_f.version), 0), func.coalesce(func.max(_f.id), 0)))
_link = upsert(forwarding_links).values({column.name: bindparam(column.name) for column in forwarding_links.columns})
LINK = Statement(
    _link.on_conflict_do_update(
        index_elements=["forwarding_id", "station_id"],
        set_={
            name: _link.excluded[name] for name in ("state", "reason", "since", "told", "dropped", "asked", "refused")
        },
    )
)
_remember = upsert(forwarded_transactions).values(
    {column.name: bindparam(column.name) for column in forwarded_transactions.columns}
)
REMEMBER = Statement(
    _remember.on_conflict_do_update(
        index_elements=["forwarding_id", "station_id", "ours"], set_={"theirs": _remember.excluded["theirs"]}
    )
)
_of_station = (_t.forwarding_id == bindparam("forwarding"), _t.station_id == bindparam("station"))
FORGET = Statement(delete(forwarded_transactions).where(*_of_station, _t.ours == bindparam("number")))
_RUNNING = Statement(select(_t.ours, _t.theirs).where(*_of_station))


class Target(NamedTuple):
    """A second CSMS, and who is told to it."""

    id: int
    tenant_id: int
    version: int
    url: str
    stations: frozenset[str] | None
    sites: frozenset[int] | None
    identity: str | None
    password: str | None
    """Sealed."""
    trusted_certificates: str | None
    commands: frozenset[str]
    leave_out: frozenset[str]

    def takes(self, tenant_id: int, identity: str, site_id: int | None) -> bool:
        """Whether this station is told to it."""
        return (
            tenant_id == self.tenant_id
            and (self.stations is None or identity in self.stations)
            and (self.sites is None or site_id in self.sites)
        )


def _set(text: str | None) -> Any:
    return None if text is None else frozenset(msgspec.json.decode(text))


async def targets(db: Db) -> list[Target]:
    """All that are turned on, of every tenant."""
    names = [column.name for column in forwardings.columns]
    rows = [dict(zip(names, row, strict=True)) for row in await db.fetch_many(_ENABLED)]
    return [
        Target(
            id=row["id"], tenant_id=row["tenant_id"], version=row["version"], url=row["url"],
            stations=_set(row["station_ids"]), sites=_set(row["site_ids"]), identity=row["identity"],
            password=row["password"], trusted_certificates=row["trusted_certificates"],
            commands=_set(row["commands"]), leave_out=_set(row["leave_out"]),
        )
        for row in rows
    ]  # fmt: skip


async def stamp(db: Db) -> tuple[int, ...]:
    """Changes whenever a forwarding does."""
    return tuple((await db.fetch(_STAMP))[0])


async def running(db: Db, forwarding_id: int, station_id: int) -> dict[int, int]:
    """Our ids of transactions that run -> those that the second CSMS gave."""
    return {row[0]: row[1] for row in await db.fetch(_RUNNING, forwarding=forwarding_id, station=station_id)}
