"""What stations say is installed in them, in the very hash data that they said it in (M04.FR.07)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.installed import HashData
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, encode
from ohmstead.store.statement import Statement
from ohmstead.store.tables import installed_certificates

_i = installed_certificates.c
_OWN = _i.station_id == bindparam("station")
_HASH = ("hash_algorithm", "issuer_name_hash", "issuer_key_hash", "serial_number")
_LIST = Statement(
    select(_i.certificate_type, *(_i[name] for name in _HASH), _i.chain, _i.updated_at)
    .where(_OWN)
    .order_by(_i.certificate_type, _i.serial_number)
)
_row = insert(installed_certificates).values({one.name: bindparam(one.name) for one in installed_certificates.columns})
_PUT = Statement(
    _row.on_conflict_do_update(
        index_elements=["station_id", "certificate_type", *_HASH],
        set_={name: _row.excluded[name] for name in ("chain", "updated_at")},
    )
)
_FORGET = Statement(delete(installed_certificates).where(_OWN, _i.certificate_type == bindparam("kind")))
_GONE = Statement(delete(installed_certificates).where(_OWN, *(_i[name] == bindparam(f"its_{name}") for name in _HASH)))
_decode = msgspec.json.Decoder(tuple[HashData, ...]).decode


class Installed(NamedTuple):
    """One certificate in a station, or the first of a chain."""

    certificate_type: str
    hash_data: HashData
    chain: tuple[HashData, ...]
    updated_at: int


async def of_station(db: Db, station_id: int) -> list[Installed]:
    """All that it told of."""
    rows = await db.fetch(_LIST, station=station_id)
    return [
        Installed(row[0], HashData(**dict(zip(_HASH, row[1:5], strict=True))), _decode(row[5]), row[6]) for row in rows
    ]


def told(tenant_id: int, station_id: int, kinds: Iterable[str], found: Sequence[Installed]) -> list[Changed]:
    """The station told all it has of these kinds."""
    rows: list[Changed] = [(_FORGET, {"station": station_id, "kind": kind}) for kind in kinds]
    return [*rows, *(added(tenant_id, station_id, one) for one in found)]


def added(tenant_id: int, station_id: int, one: Installed) -> Changed:
    """It has this one as well."""
    row: dict[str, Any] = msgspec.structs.asdict(one.hash_data)
    row |= {"tenant_id": tenant_id, "station_id": station_id, "certificate_type": one.certificate_type}
    return _PUT, row | {"chain": encode(one.chain), "updated_at": one.updated_at}


def gone(station_id: int, one: HashData) -> Changed:
    """It has this one no more."""
    return _GONE, {"station": station_id} | {f"its_{name}": getattr(one, name) for name in _HASH}
