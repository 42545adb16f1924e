"""Stations as the API lists, shows, makes and changes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import BigInteger, and_, bindparam, exists, func, insert, literal_column, or_, select
from sqlalchemy.dialects.postgresql import insert as insert_or

from ohmstead import runtime
from ohmstead.domain import csms_migration, upgrade
from ohmstead.domain import station as rules
from ohmstead.domain import transactions as ledger
from ohmstead.domain.conditions import Condition
from ohmstead.domain.regulation import Account
from ohmstead.runtime import to_datetime
from ohmstead.shapes.common import PROFILE_NAMES
from ohmstead.shapes.station import Connector, Evse, Station, StationSummary
from ohmstead.store import csms_migrations, upgrades
from ohmstead.store.db import Db, Tx
from ohmstead.store.renewals import IN_USE
from ohmstead.store.resources import station_status, versioned, word_filters
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites, in_sites, site_arguments
from ohmstead.store.sessions import CHANGED_ELSEWHERE, STATION_TOPIC
from ohmstead.store.statement import Statement
from ohmstead.store.tables import certificates, connectors, evse_accounts, sessions, stations, transactions

_c = stations.c
_shown = select(*(column for column in stations.columns if not column.name.endswith("password_hash"))).where(
    _c.archived_at.is_(None)
)
MOST_AT_ONCE = 200
"""Identities that one query looks for."""
_like = func.lower(bindparam("q"))
_comes_in_with = certificates.c.use == "charging_station", certificates.c.station_id == _c.id
CERTIFICATE_ENDS = and_(
    exists().where(
        *_comes_in_with,
        certificates.c.state.in_(("issued", "sent", "installed", "seen")),
        certificates.c.not_after < bindparam("certificate_expires_before"),
    ),
    ~exists().where(
        *_comes_in_with,
        certificates.c.state.in_(("installed", "seen")),
        certificates.c.not_after >= bindparam("certificate_expires_before"),
    ),
)
"""Its certificate ends before then, and it has no other that it could come in with."""
LIST = Listing(
    _shown,
    tenant=_c.tenant_id,
    site=_c.site_id,
    orders={
        "id": (_c.identity,),
        "created_at": (_c.created_at, _c.id),
        "last_seen_at": (func.coalesce(_c.last_seen_at, 0), _c.id),
        "status": (station_status.RANK, _c.identity),
    },
    filters={
        "q": or_(
            *(
                func.lower(func.coalesce(column, "")).like(_like, escape="\\")
                for column in (_c.identity, _c.vendor, _c.model, _c.serial_number, _c.boot_serial_number)
            )
        ),
        "online": _c.connected_since.is_not(None),
        "offline": _c.connected_since.is_(None),
        "site_id": _c.site_id == bindparam("site_id"),
        "vendor": _c.vendor == bindparam("vendor"),
        "model": _c.model == bindparam("model"),
        "firmware_version": _c.firmware_version == bindparam("firmware_version"),
        "ocpp_version": _c.ocpp_version == bindparam("ocpp_version"),
        "registration": _c.registration == bindparam("registration"),
        "security_profile": _c.security_profile == bindparam("security_profile"),
        "certificate_expires_before": CERTIFICATE_ENDS,
        "identity": _c.identity == bindparam("identity"),
        "among": _c.identity.in_([bindparam(f"among_{n}") for n in range(MOST_AT_ONCE)]),
        "status": station_status.IS_ONE_OF,
        **word_filters.filters(_c.id),
    },
)
_TAKEN = Statement(
    select(_c.archived_at).where(_c.tenant_id == bindparam("tenant"), _c.identity == bindparam("identity"))
)
_ADD = Statement(
    insert_or(stations)
    .values({column.name: bindparam(column.name) for column in stations.columns if column.name != "version"})
    .on_conflict_do_nothing(index_elements=["tenant_id", "identity"])
    .returning(_c.id)
)
_ADD_SESSION = Statement(
    insert(sessions).values(
        station_id=bindparam("station"), tenant_id=bindparam("tenant"), node=None, epoch=0, generation=0
    )
)


async def page(
    db: Db,
    tenant_id: int,
    sites: Sites,
    *,
    order: str,
    limit: int,
    cursor: Cursor | None,
    conditions: Sequence[Condition] = (),
    status: Sequence[str] = (),
    among: Sequence[str] = (),
    **filters: Any,
) -> Found:
    """One page of stations that are not archived; `q` is looked for in identity, vendor, model and serial number, the
    `conditions` in the words of the vocabulary. With `among`, at most MOST_AT_ONCE identities, only those."""
    if filters.get("q") is not None:
        text = filters["q"].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        filters["q"] = f"%{text}%"
    also: dict[str, Any]
    chosen, also = await word_filters.arguments(db, tenant_id, conditions) if conditions else ({}, {})
    also = {**also, **station_status.arguments(status)}
    filters |= {"status": True if status else None, "among": True if among else None}
    if among:
        also |= {f"among_{n}": among[min(n, len(among) - 1)] for n in range(MOST_AT_ONCE)}
    return await LIST.page(
        db, tenant_id, sites, order=order, limit=limit, cursor=cursor, also=also, **filters, **chosen
    )


async def find(db: Db, tenant_id: int, sites: Sites, identity: str) -> dict[str, Any] | None:
    """The row of one station; None when there is none, it is archived, or the key may not see it."""
    found = await LIST.page(db, tenant_id, sites, order="id", limit=1, identity=identity)
    return found.rows[0] if found.rows else None


async def was_archived(tx: Tx, tenant_id: int, identity: str) -> bool:
    rows = await tx.fetch(_TAKEN, tenant=tenant_id, identity=identity)
    return bool(rows) and rows[0][0] is not None


async def add(tx: Tx, tenant_id: int, id: int, now: int, **fields: Any) -> bool:
    """Make a station and its session row; False when the identity is taken."""
    row = dict.fromkeys(column.name for column in stations.columns)
    row |= {"id": id, "tenant_id": tenant_id, "created_at": now, "allow_expired_certificate": 0, **fields}
    if not await tx.fetch(_ADD, **row):
        return False
    await tx.execute(_ADD_SESSION, station=id, tenant=tenant_id)
    return True


async def change(tx: Tx, tenant_id: int, station_id: int, version: int, values: Mapping[str, Any]) -> bool:
    """Set columns of a station that is still at `version`; its session reads them anew."""
    await tx.execute(CHANGED_ELSEWHERE, station=station_id)  # first: commits of sessions lock in this order
    changed = await versioned.change(tx, stations, tenant_id, station_id, version, values)
    if changed:
        tx.ring(STATION_TOPIC, str(station_id))
    return changed


# ---------------------------------------------------------------------- EVSEs


async def forms(db: Db, rows: Sequence[Mapping[str, Any]]) -> list[Station]:
    """Stations as the API shows them, with the state of their EVSEs."""
    if not rows:
        return []
    statement, which = _of_stations(len(rows)), _padded([row["id"] for row in rows])
    said: dict[int, list[tuple[rules.Connector, str | None]]] = {}
    for station_id, kind, *connector in await db.fetch(statement[0], **which):
        said.setdefault(station_id, []).append((rules.Connector(*connector), kind))
    active: dict[int, list[ledger.Transaction]] = {}
    for station_id, body in await db.fetch(statement[1], **which):
        active.setdefault(station_id, []).append(_transaction.decode(body))
    orders: dict[int, dict[int, Account]] = {}
    for station_id, evse_id, body in await db.fetch(statement[2], **which):
        orders.setdefault(station_id, {})[evse_id] = _account.decode(body)
    ends = {row[0]: row[1] for row in await db.fetch(statement[3], **which)}
    return [
        _form(
            row,
            said.get(row["id"], []),
            active.get(row["id"], []),
            orders.get(row["id"], {}),
            ends.get(row["id"]),
        )
        for row in rows
    ]


_transaction = msgspec.json.Decoder(ledger.Transaction)
_account = msgspec.json.Decoder(Account)
NO_ORDER = Account()


def _padded(ids: list[int]) -> dict[str, int]:
    """`id_0` ... up to the next power of two, so that there are few statements."""
    size = 1 << (len(ids) - 1).bit_length()
    return {f"id_{n}": ids[min(n, len(ids) - 1)] for n in range(size)}


def _of_stations(count: int) -> tuple[Statement, Statement, Statement, Statement]:
    return _statements_for(1 << (count - 1).bit_length())


@cache
def _statements_for(size: int) -> tuple[Statement, Statement, Statement, Statement]:
    ids = [bindparam(f"id_{n}", type_=BigInteger()) for n in range(size)]
    c = connectors.c
    return (
        Statement(
            select(c.station_id, c.type, c.evse_id, c.connector_id, c.status, c.status_at)
            .where(c.station_id.in_(ids))
            .order_by(c.station_id, c.evse_id, c.connector_id)
        ),
        Statement(
            select(transactions.c.station_id, transactions.c.body).where(
                transactions.c.station_id.in_(ids), transactions.c.state == "active"
            )
        ),
        Statement(
            select(evse_accounts.c.station_id, evse_accounts.c.evse_id, evse_accounts.c.body).where(
                evse_accounts.c.station_id.in_(ids)
            )
        ),
        Statement(
            select(certificates.c.station_id, func.max(certificates.c.not_after))
            .where(certificates.c.station_id.in_(ids), IN_USE)
            .group_by(certificates.c.station_id)
        ),
    )


def _form(
    row: Mapping[str, Any],
    said: list[tuple[rules.Connector, str | None]],
    active: list[ledger.Transaction],
    orders: Mapping[int, Account],
    certificate_ends: int | None,
) -> Station:
    online = row["connected_since"] is not None
    return Station(
        id=row["identity"],
        status=rules.station_status(row["registration"], online, [one for one, _ in said], bool(active)),
        online=online,
        ocpp_version=row["ocpp_version"],
        registration=row["registration"],
        vendor=row["vendor"],
        model=row["model"],
        serial_number=row["serial_number"] or row["boot_serial_number"],
        firmware_version=row["firmware_version"],
        security_profile=row["security_profile"],
        security_profile_name=PROFILE_NAMES[row["security_profile"]],
        password_pending=row["next_password_waits"],
        upgrade=None if (moving := upgrade.read(row["upgrade"])) is None else upgrades.form(moving),
        migration=None if (gone := csms_migration.read(row["csms_migration"])) is None else csms_migrations.form(gone),
        site_id=None if row["site_id"] is None else str(row["site_id"]),
        certificate_cn=row["certificate_cn"] or "serial_number",
        gateway_cn=row["gateway_cn"],
        signing=row["signing"],
        strictness=row["strictness"],
        allow_expired_certificate=row["allow_expired_certificate"],
        capabilities=msgspec.json.decode(row["capabilities"] or "{}"),
        connected_since=_time(row["connected_since"]),
        booted_at=_time(row["booted_at"]),
        last_seen_at=_time(row["last_seen_at"]),
        clock_skew_s=None if row["clock_skew_us"] is None else row["clock_skew_us"] / 1e6,
        certificate_expires_at=_time(certificate_ends),
        created_at=to_datetime(row["created_at"]),
        evses=list(_evses(said, active, orders)),
    )


def _time(at: int | None) -> Any:
    return None if at is None else to_datetime(at)


def _evses(
    said: list[tuple[rules.Connector, str | None]], active: list[ledger.Transaction], orders: Mapping[int, Account]
) -> Iterable[Evse]:
    everything = [connector for connector, _ in said]
    charging = {one.evse_id: one for one in active if one.evse_id}
    for evse_id in sorted({one.evse_id for one in everything if one.evse_id} | charging.keys()):
        transaction, order = charging.get(evse_id), orders.get(evse_id, NO_ORDER)
        yield Evse(
            id=evse_id,
            state=rules.evse_state(evse_id, everything, transaction),
            transaction_id=transaction.transaction_id if transaction else None,
            power_w=transaction.power_w if transaction else None,
            limit_w=None if transaction is None else order.in_force_w(transaction.transaction_id, runtime.now()),
            connectors=[
                Connector(id=one.connector_id, type=kind, status=one.status)
                for one, kind in said
                if one.evse_id == evse_id and one.connector_id
            ],
        )


# ---------------------------------------------------------------------- the summary


class _Power(Struct):
    """As much of a transaction's body as the summary needs."""

    power: tuple[int, float] | None = None


_power = msgspec.json.Decoder(_Power)


async def summary(db: Db, tenant_id: int, sites: Sites) -> StationSummary:
    """Counts over all stations of the tenant that are not archived."""
    counts, of_status, statuses, active = _summaries(None if sites is None else len(sites))
    arguments = {"tenant": tenant_id, **site_arguments(sites)}
    registration: dict[str, int] = {}
    online = total = 0
    for name, connected, count in await db.fetch_many(counts, **arguments):
        registration[name] = registration.get(name, 0) + count
        total += count
        online += count if connected else 0
    bodies = [_power.decode(row[0]) for row in await db.fetch_many(active, **arguments)]
    return StationSummary(
        stations=total,
        online=online,
        offline=total - online,
        registration=registration,
        statuses=station_status.counts(await db.fetch_many(of_status, **arguments)),
        connectors={row[0]: row[1] for row in await db.fetch_many(statuses, **arguments)},
        active_transactions=len(bodies),
        power_w=sum(body.power[1] for body in bodies if body.power),
    )


@cache
def _summaries(sites: int | None) -> tuple[Statement, Statement, Statement, Statement]:
    mine = [_c.tenant_id == bindparam("tenant"), _c.archived_at.is_(None)]
    if sites is not None:
        mine.append(in_sites(_c.site_id, sites))
    connected = _c.connected_since.is_not(None)
    of_station = connectors.join(stations, connectors.c.station_id == _c.id)
    on_station = transactions.join(stations, transactions.c.station_id == _c.id)
    return (
        Statement(select(_c.registration, connected, func.count()).where(*mine).group_by(_c.registration, connected)),
        Statement(
            select(station_status.RANK, func.count()).select_from(stations).where(*mine).group_by(literal_column("1"))
        ),
        Statement(
            select(connectors.c.status, func.count())
            .select_from(of_station)
            .where(*mine, connectors.c.evse_id > 0, connectors.c.connector_id > 0)
            .group_by(connectors.c.status)
        ),
        Statement(select(transactions.c.body).select_from(on_station).where(*mine, transactions.c.state == "active")),
    )
