"""Contracts as provisioning and authorisation ask for them."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, insert, select, update

from ohmstead.store.db import Db, Row, Tx
from ohmstead.store.statement import Statement
from ohmstead.store.tables import certificate_authorities, contract_certificates, contracts

_c, _k, _a = contracts.c, contract_certificates.c, certificate_authorities.c


class Contract(NamedTuple):
    """A contract; times in microseconds."""

    emaid: str
    pcid: str
    token: str
    energy_transfer: list[str] | None
    valid_until: int | None
    state: str
    issued_at: int

    def holds(self, now: int) -> bool:
        """Whether it is neither revoked nor over."""
        return self.state == "active" and (self.valid_until is None or now < self.valid_until)


def foreign(emaid: str) -> Contract:
    """A contract of another operator, of which nothing is known but its certificate; its eMAID is the token."""
    return Contract(
        emaid=emaid, pcid="", token=emaid, energy_transfer=None, valid_until=None, state="active", issued_at=0
    )


_COLUMNS = tuple(_c[name] for name in Contract._fields)
_OF_VEHICLE = Statement(
    select(*_COLUMNS)
    .where(_c.tenant_id == bindparam("tenant"), _c.pcid == bindparam("pcid"))
    .order_by(_c.issued_at, _c.created_at)
)
_FIND = Statement(select(*_COLUMNS).where(_c.tenant_id == bindparam("tenant"), _c.emaid == bindparam("emaid")))
_BY_SERIAL = Statement(
    select(_k.not_after, *_COLUMNS)
    .join_from(contract_certificates, contracts, (_c.tenant_id == _k.tenant_id) & (_c.emaid == _k.emaid))
    .where(_k.tenant_id == bindparam("tenant"), _k.serial_number == bindparam("serial_number"))
)
_ISSUED = Statement(
    insert(contract_certificates).values(
        {column.name: bindparam(column.name) for column in contract_certificates.columns}
    )
)
_LAST = Statement(
    update(contracts)
    .where(_c.tenant_id == bindparam("tenant"), _c.emaid == bindparam("which"))
    .values(issued_at=bindparam("now"))
)
_AUTHORITIES = Statement(
    select(_a.certificate, _a.uses).where(_a.tenant_id == bindparam("tenant"), _a.removed_at.is_(None)).order_by(_a.id)
)


async def of_vehicle(db: Db, tenant_id: int, pcid: str) -> list[Contract]:
    """The contracts of a vehicle, that whose certificate is oldest (or was never issued) first."""
    return [_contract(row) for row in await db.fetch(_OF_VEHICLE, tenant=tenant_id, pcid=pcid)]


async def find(db: Db, tenant_id: int, emaid: str) -> Contract | None:
    """The contract of an eMAID in the form that is compared."""
    rows = await db.fetch(_FIND, tenant=tenant_id, emaid=emaid)
    return _contract(rows[0]) if rows else None


async def by_serial(db: Db, tenant_id: int, serial_number: str) -> tuple[int, Contract] | None:
    """(end of validity, contract) of a certificate that we issued; hex, lower case, without zeros in front."""
    rows = await db.fetch(_BY_SERIAL, tenant=tenant_id, serial_number=serial_number)
    return (int(rows[0][0]), _contract(rows[0][1:])) if rows else None


def _contract(row: Row) -> Contract:
    values: dict[str, Any] = dict(zip(Contract._fields, row, strict=True))
    transfer = values["energy_transfer"]
    return Contract(**values | {"energy_transfer": None if transfer is None else msgspec.json.decode(transfer)})


async def issued(tx: Tx, tenant_id: int, emaid: str, serial_number: str, not_after: int, now: int) -> None:
    """A certificate goes out."""
    await tx.execute(
        _ISSUED, tenant_id=tenant_id, serial_number=serial_number, emaid=emaid, not_after=not_after, issued_at=now
    )
    await tx.execute(_LAST, tenant=tenant_id, which=emaid, now=now)


async def authorities(db: Db, tenant_id: int, use: str | None) -> list[str]:
    """PEM of the authorities that are trusted for this use: mo, oem, v2g ...; None: for any."""
    rows = await db.fetch(_AUTHORITIES, tenant=tenant_id)
    return [pem for pem, uses in rows if use is None or use in msgspec.json.decode(uses)]
