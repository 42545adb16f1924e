"""Files as the API lists, adds, changes and removes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from ohmstead.runtime import to_datetime
from ohmstead.shapes.file import File
from ohmstead.store import files as own
from ohmstead.store.db import Db, Tx
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites
from ohmstead.store.statement import Statement
from ohmstead.store.tables import files, stations

_f = files.c
_joined = select(*files.columns, stations.c.identity).select_from(
    files.outerjoin(stations, stations.c.id == _f.station_id)
)
LIST = Listing(
    _joined,
    tenant=_f.tenant_id,
    site=stations.c.site_id,
    orders={"id": (_f.id,)},
    filters={
        "which": _f.id == bindparam("which"),
        "kind": _f.kind == bindparam("kind"),
        "station": _f.station_id == bindparam("station"),
        "procedure": _f.procedure_id == bindparam("procedure"),
        "name": _f.name == bindparam("name"),
    },
)
_ADD = Statement(insert(files).values({column.name: bindparam(column.name) for column in files.columns}))
_CHANGE = Statement(
    update(files)
    .where(_f.id == bindparam("which"))
    .values({name: bindparam(name) for name in ("firmware_version", "signature", "signing_certificate")})
)
_REMOVE = Statement(delete(files).where(_f.id == bindparam("which")))


async def page(
    db: Db, tenant_id: int, sites: Sites, *, limit: int, cursor: Cursor | None = None, **filters: Any
) -> Found:
    """Files, the newest first; a key limited to sites sees what stations of its sites uploaded."""
    return await LIST.page(db, tenant_id, sites, order="-id", limit=limit, cursor=cursor, **filters)


async def find(db: Db, tenant_id: int, sites: Sites, id: str) -> dict[str, Any] | None:
    return await LIST.find(db, tenant_id, sites, id)


async def add(tx: Tx, one: own.File) -> None:
    await tx.execute(_ADD, **{name: getattr(one, name) for name in own.File.__struct_fields__})


async def change(tx: Tx, id: int, values: Mapping[str, Any]) -> None:
    await tx.execute(_CHANGE, which=id, **values)


async def remove(tx: Tx, id: int) -> None:
    await tx.execute(_REMOVE, which=id)


def form(row: Mapping[str, Any]) -> File:
    return File(
        id=str(row["id"]),
        kind=row["kind"],
        name=row["name"],
        station_id=row["identity"],
        procedure_id=row["procedure_id"],
        size=row["size"],
        sha256=row["sha256"],
        md5=row["md5"],
        media_type=row["media_type"],
        firmware_version=row["firmware_version"],
        signed=row["signature"] is not None,
        created_at=to_datetime(row["created_at"]),
    )
