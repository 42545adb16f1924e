"""What a session knows of its station: read at the handshake and when it begins, kept in memory, changed by commits."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from ohmstead.domain.certificates import Accepted
from ohmstead.domain.commands import Awaiting
from ohmstead.domain.station import Connector, Registration
from ohmstead.domain.transactions import Transaction
from ohmstead.settings import SigningPolicy
from ohmstead.store import secrets
from ohmstead.store.db import Db, Tx, Write
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import commands, connectors, sessions, stations, transactions
from ohmstead.store.tariffs import Charge
from ohmstead.store.uptime import write_state

Connectors = dict[tuple[int, int], Connector]


class Station(Struct, frozen=True, kw_only=True):
    """The station's row as far as its session, its handshake and the blocks need it."""

    id: int
    tenant_id: int
    identity: str
    registration: Registration
    """What the operator decided."""
    security_profile: int
    password_hash: str | None
    site_id: int | None
    serial_number: str | None
    strictness: str | None
    capabilities: dict[str, Any]
    booted_at: int | None
    told: Registration | None
    """The registration in our last boot answer; None before the first one."""
    archived_at: int | None
    vendor: str | None
    model: str | None
    firmware_version: str | None
    clock_skew_us: int | None
    certificate_cn: str | None = None
    gateway_cn: str | None = None
    """Common name of the local controller that connects for it."""
    allow_expired_certificate: int = 0
    signing: SigningPolicy | None = None
    next_password_hash: str | None = None
    """Also taken, until it is known whether the station uses it (store/credentials.py)."""
    next_password_waits: str | None = None
    former_password_hash: str | None = None
    """Not taken any more; a socket that came in with it stays."""
    upgrade: str | None = None
    csms_migration: str | None = None
    ocpp_version: str | None = None
    """The one it spoke last."""


class State(Struct, frozen=True, kw_only=True):
    """A session's memory of its station. Frozen: the next one replaces it only after the commit that makes it true."""

    station: Station
    connectors: Connectors
    transactions: dict[str, Transaction]
    """The active ones, by the station's transaction id."""
    charges: dict[int, Charge | None] = {}
    """Of active transactions, by our id; None where it has no tariff."""
    certificate: Accepted | None = None
    """The client certificate it came in with (security profile 3)."""
    renewal_asked: bool = False
    """It was told to get another one, because this one has expired."""
    renews: bool = False
    """With its first words the certificates that it had before retire."""
    came_at: int = 0
    """When, microseconds."""
    came_with: int | None = None
    """The security profile of its connection: another than the station's while it is on its way to that (A05)."""

    @property
    def profile(self) -> int:
        return self.station.security_profile if self.came_with is None else self.came_with


_COLUMNS = [stations.c[name] for name in Station.__struct_fields__]
FIND = Statement(
    select(*_COLUMNS).where(stations.c.tenant_id == bindparam("tenant"), stations.c.identity == bindparam("who"))
)
BY_ID = Statement(select(*_COLUMNS).where(stations.c.id == bindparam("station")))
CONNECTORS = Statement(
    select(connectors.c.evse_id, connectors.c.connector_id, connectors.c.status, connectors.c.status_at).where(
        connectors.c.station_id == bindparam("station")
    )
)
ACTIVE = Statement(
    select(transactions.c.body).where(
        transactions.c.station_id == bindparam("station"), transactions.c.state == fixed("active")
    )
)
AWAITING = Statement(
    select(commands.c.id, commands.c.awaits, commands.c.confirm_until)
    .where(commands.c.station_id == bindparam("station"))
    .where(commands.c.state == fixed("accepted"), commands.c.awaits.is_not(None))
    .order_by(commands.c.created_at, commands.c.id)
)
_BEHIND_GATEWAYS = Statement(
    select(stations.c.id).where(
        stations.c.tenant_id == bindparam("tenant"),
        stations.c.gateway_cn.is_not(None),
        stations.c.connected_since.is_not(None),
    )
)
_SAID_AT_BOOT = ("vendor", "model", "boot_serial_number", "firmware_version", "ocpp_version")
BOOTED = Statement(
    update(stations)
    .where(stations.c.id == bindparam("station"))
    .values({name: bindparam(name) for name in (*_SAID_AT_BOOT, "booted_at", "told")})
)
CONNECTED = Statement(
    update(stations)
    .where(stations.c.id == bindparam("station"))
    .values(
        connected_since=bindparam("at"),
        node=bindparam("node"),
        ocpp_version=bindparam("version"),
        last_seen_at=bindparam("at"),
    )
)
DISCONNECTED = Statement(
    update(stations)
    .where(stations.c.id == bindparam("station"))
    .values(connected_since=None, node=None, last_seen_at=bindparam("at"))
)
SEEN = Statement(
    update(stations)
    .where(stations.c.id == bindparam("station"))
    .values(last_seen_at=bindparam("at"), clock_skew_us=bindparam("skew"))
)
_status = upsert(connectors).values({column.name: bindparam(column.name) for column in connectors.columns})
STATUS = Statement(
    _status.on_conflict_do_update(
        index_elements=["station_id", "evse_id", "connector_id"],
        set_={name: _status.excluded[name] for name in ("status", "status_at", "error_code")},
    )
)
CHANGED_ELSEWHERE = Statement(
    update(sessions).where(sessions.c.station_id == bindparam("station")).values(generation=sessions.c.generation + 1)
)
"""Whoever changes what a session caches runs this in the same transaction, and then rings ("station", id)."""

STATION_TOPIC = "station"
"""Rung with a station's number when its rows or its commands were changed by somebody else."""

_transaction = msgspec.json.Decoder(Transaction)


def _station(row: Any) -> Station:
    fields = dict(zip(Station.__struct_fields__, row, strict=True))
    said = fields["capabilities"]
    fields["capabilities"] = msgspec.json.decode(said) if said else {}
    return Station(**fields)


async def ring_behind_gateways(tx: Tx, tenant_id: int) -> None:
    """Let the sessions of stations that come with a certificate of somebody else look again whether they may stay."""
    for (station_id,) in await tx.fetch(_BEHIND_GATEWAYS, tenant=tenant_id):
        tx.ring(STATION_TOPIC, str(station_id))


async def find_station(db: Db, tenant_id: int, identity: str) -> Station | None:
    """The station of this identity, archived ones too; None if there never was one."""
    rows = await db.fetch(FIND, tenant=tenant_id, who=identity)
    return _station(rows[0]) if rows else None


async def load_state(db: Db, station_id: int) -> State:
    """All a session needs; read after its claim, so no other session's commit can still change it."""
    station = _station((await db.fetch(BY_ID, station=station_id))[0])
    connector_rows = await db.fetch(CONNECTORS, station=station_id)
    active = [_transaction.decode(row[0]) for row in await db.fetch(ACTIVE, station=station_id)]
    return State(
        station=station,
        connectors={(row[0], row[1]): Connector(*row) for row in connector_rows},
        transactions={one.transaction_id: one for one in active},
    )


async def load_awaiting(db: Db, station_id: int) -> list[Awaiting]:
    """The commands of the station that something on the wire may still confirm."""
    rows = await db.fetch(AWAITING, station=station_id)
    return [Awaiting(row[0], tuple(msgspec.json.decode(row[1])), row[2]) for row in rows]


def write_connected(write: Write, at: int, node: str, version: str) -> None:
    """The station is here, at this node, in this version of OCPP."""
    write.execute(CONNECTED, station=write.station_id, at=at, node=node, version=version)
    write_state(write, at, "Online")


def write_gone(write: Write, at: int) -> None:
    """The station is not connected any more; `at` is when it was last heard."""
    write.execute(DISCONNECTED, station=write.station_id, at=at)
    write_state(write, at, "Offline")


def write_status(write: Write, connector: Connector, error_code: str | None) -> None:
    """Keep the last status of a connector; 1.6 gives an error code with it."""
    write.execute(
        STATUS,
        station_id=write.station_id,
        tenant_id=write.tenant_id,
        evse_id=connector.evse_id,
        connector_id=connector.connector_id,
        type=None,
        status=connector.status,
        status_at=connector.at,
        error_code=error_code,
    )


class Passwords:
    """Keyed hashes of station passwords and API keys. Random secrets of 128 bit need no slow hash, and a fleet of
    50,000 that reconnects could not pay for one."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def hash(self, owner: str, secret: bytes) -> str:
        """Hex of HMAC-SHA256 over owner and secret; the owner is the salt."""
        return hmac.digest(self._key, owner.encode() + b"\0" + secret, hashlib.sha256).hex()

    def closed(self, body: str) -> str:
        """A command's body as it is kept (store/secrets.py)."""
        return secrets.closed(self._key, body)

    def opened(self, body: str) -> str:
        """A command's body as it was asked; raises ValueError when it was sealed under another key."""
        return secrets.opened(self._key, body)

    def matches(self, owner: str, secret: bytes, stored: str | None) -> bool:
        return stored is not None and hmac.compare_digest(self.hash(owner, secret), stored)
