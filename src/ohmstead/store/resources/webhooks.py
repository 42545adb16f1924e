"""Webhooks and their deliveries as the API lists, makes, changes and replays them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import bindparam, delete, func, insert, select, update

from ohmstead.runtime import to_datetime
from ohmstead.shapes.common import number_of
from ohmstead.shapes.webhook import Delivery, Webhook, WebhookChange, WebhookNew
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.resources import versioned
from ohmstead.store.resources.listing import Cursor, Found, Listing
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import deliveries, feed, webhooks

_w, _d = webhooks.c, deliveries.c
_SHOWN = ("id", "url", "types", "site_ids", "enabled", "disabled_reason", "failures", "delivered_at", "cursor",
          "created_at", "version")  # fmt: skip
_LIST = Listing(
    select(*(_w[name] for name in _SHOWN)),
    tenant=_w.tenant_id,
    site=None,
    orders={"id": (_w.id,)},
    filters={"which": _w.id == bindparam("which")},
)
_DELIVERIES = Listing(
    select(deliveries),
    tenant=_d.tenant_id,
    site=None,
    orders={"-sequence": (_d.sequence,), "sequence": (_d.sequence,)},
    filters={
        "webhook_id": _d.webhook_id == bindparam("webhook_id"),
        "state": _d.state == bindparam("state"),
        "which": _d.sequence == bindparam("which"),
    },
)
_NEWEST = Statement(select(func.max(feed.c.sequence)).where(feed.c.tenant_id == bindparam("tenant")))
_ADD = Statement(
    insert(webhooks).values(
        {name: bindparam(name) for name in ("id", "tenant_id", "url", "types", "site_ids", "enabled", "secret",
                                            "cursor", "created_at")}
    )
)  # fmt: skip
_ROTATE = Statement(
    update(webhooks)
    .where(_w.tenant_id == bindparam("tenant"), _w.id == bindparam("which"))
    .values(
        secret=bindparam("sealed"), former_secret=_w.secret, former_until=bindparam("until"), version=_w.version + 1
    )
    .returning(_w.id)
)
_REMOVE = Statement(
    delete(webhooks).where(_w.tenant_id == bindparam("tenant"), _w.id == bindparam("which")).returning(_w.id)
)
_REMOVE_DELIVERIES = Statement(
    delete(deliveries).where(_d.tenant_id == bindparam("tenant"), _d.webhook_id == bindparam("which"))
)
_AFRESH: dict[str, Any] = {"attempts": 0, "first_at": None, "next_at": bindparam("now")}
_TRY_ANEW = Statement(
    update(deliveries)
    .where(
        _d.tenant_id == bindparam("tenant"), _d.webhook_id == bindparam("which"), _d.state == fixed("waiting")
    )
    .values(_AFRESH)
)  # fmt: skip
_REPLAY = Statement(
    update(deliveries)
    .where(
        _d.tenant_id == bindparam("tenant"), _d.webhook_id == bindparam("which"),
        _d.sequence == bindparam("at_sequence"),
    )
    .values(_AFRESH | {"state": "waiting"})
    .returning(*deliveries.columns)
)  # fmt: skip


async def page(db: Db, tenant_id: int, *, limit: int, cursor: Cursor | None) -> Found:
    return await _LIST.page(db, tenant_id, None, order="id", limit=limit, cursor=cursor)


async def find(db: Db, tenant_id: int, id: str) -> dict[str, Any] | None:
    """The row of one webhook."""
    return await _LIST.find(db, tenant_id, None, id)


async def newest(tx: Tx, tenant_id: int) -> int:
    """The sequence after which a new webhook begins."""
    return int((await tx.fetch(_NEWEST, tenant=tenant_id))[0][0] or 0)


async def add(
    tx: Tx, tenant_id: int, id: int, new: WebhookNew, sites: list[int] | None, *, sealed: str, cursor: int, now: int
) -> None:
    """A new webhook; `sealed` is its secret under the server key."""
    site_ids = None if sites is None else encode(sites)
    await tx.execute(
        _ADD, id=id, tenant_id=tenant_id, url=new.url, types=encode(new.types), site_ids=site_ids,
        enabled=int(new.enabled), secret=sealed, cursor=cursor, created_at=now,
    )  # fmt: skip


async def change(tx: Tx, tenant_id: int, row: Mapping[str, Any], values: Mapping[str, Any], now: int) -> bool:
    """Set columns of a webhook that is still as `row` says. One that is turned on begins its attempts anew."""
    values = dict(values)
    if values.get("enabled"):
        values |= {"disabled_reason": None, "failures": 0, "resume_at": 0}
        await tx.execute(_TRY_ANEW, tenant=tenant_id, which=row["id"], now=now)
    return await versioned.change(tx, webhooks, tenant_id, row["id"], row["version"], values)


def columns(given: WebhookChange) -> dict[str, Any]:
    """The columns for what was given but the sites; what is UNSET is left out."""
    values = {name: getattr(given, name) for name in ("url", "types", "enabled")}
    values = {name: value for name, value in values.items() if value is not UNSET}
    if "types" in values:
        values["types"] = encode(values["types"])
    if "enabled" in values:
        values["enabled"] = int(values["enabled"])
    return values


async def rotate(tx: Tx, tenant_id: int, id: int, sealed: str, until: int) -> bool:
    """A new secret; the one before signs too until then."""
    return bool(await tx.fetch(_ROTATE, tenant=tenant_id, which=id, sealed=sealed, until=until))


async def remove(tx: Tx, tenant_id: int, id: int) -> bool:
    await tx.execute(_REMOVE_DELIVERIES, tenant=tenant_id, which=id)
    return bool(await tx.fetch(_REMOVE, tenant=tenant_id, which=id))


async def deliveries_page(
    db: Db, tenant_id: int, webhook_id: int, *, limit: int, cursor: Cursor | None, state: str | None
) -> Found:
    """The deliveries of a webhook, newest first."""
    return await _DELIVERIES.page(
        db, tenant_id, None, order="-sequence", limit=limit, cursor=cursor, webhook_id=webhook_id, state=state
    )


async def replay(tx: Tx, tenant_id: int, webhook_id: int, id: str, now: int) -> dict[str, Any] | None:
    """Let a delivery begin anew, whatever became of it; its row then."""
    sequence = number_of(id)
    if sequence is None:
        return None
    rows = await tx.fetch(_REPLAY, tenant=tenant_id, which=webhook_id, at_sequence=sequence, now=now)
    names = [column.name for column in deliveries.columns]
    return dict(zip(names, rows[0], strict=True)) if rows else None


def form(row: Mapping[str, Any]) -> Webhook:
    """The webhook as the API shows it: without its secret."""
    return Webhook(
        id=str(row["id"]),
        url=row["url"],
        types=msgspec.json.decode(row["types"]),
        site_ids=None if row["site_ids"] is None else [str(one) for one in msgspec.json.decode(row["site_ids"])],
        enabled=bool(row["enabled"]),
        disabled_reason=row["disabled_reason"],
        failures=row["failures"],
        delivered_at=None if row["delivered_at"] is None else to_datetime(row["delivered_at"]),
        sequence=row["cursor"],
        created_at=to_datetime(row["created_at"]),
    )


def delivery_form(row: Mapping[str, Any]) -> Delivery:
    """The delivery as the API shows it."""
    return Delivery(
        id=str(row["sequence"]),
        event_id=f"{row['tenant_id']}-{row['sequence']}",
        type=row["type"],
        subject=row["subject"] or None,
        state=row["state"],
        attempts=row["attempts"],
        status=row["status"],
        error=row["error"],
        created_at=to_datetime(row["at"]),
        last_attempt_at=None if row["last_at"] is None else to_datetime(row["last_at"]),
        next_attempt_at=to_datetime(row["next_at"]) if row["state"] == "waiting" else None,
    )
