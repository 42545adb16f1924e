"""Files, as those who send them know them; their bytes are elsewhere (api/disk.py)."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import bindparam, select

from ohmstead.store.db import Db
from ohmstead.store.statement import Statement
from ohmstead.store.tables import files

_c = files.c


class File(Struct, frozen=True, kw_only=True):
    """A row of `files`."""

    id: int
    tenant_id: int
    kind: str
    name: str
    station_id: int | None
    procedure_id: str | None
    size: int
    sha256: str
    md5: str
    media_type: str
    firmware_version: str | None
    signature: str | None
    signing_certificate: str | None
    created_at: int
    changed_at: int


_ONE = Statement(select(*(_c[name] for name in File.__struct_fields__)).where(_c.id == bindparam("which")))


async def find(db: Db, id: str | int) -> File | None:
    """The file of that number, of whatever tenant."""
    if not (text := str(id)).isascii() or not text.isdigit() or len(text) > 18:
        return None
    rows = await db.fetch(_ONE, which=int(text))
    return File(**dict(zip(File.__struct_fields__, rows[0], strict=True))) if rows else None


async def of_tenant(db: Db, tenant_id: int, id: str | int) -> File | None:
    """The file of that number, if it is this tenant's."""
    found = await find(db, id)
    return found if found is not None and found.tenant_id == tenant_id else None
