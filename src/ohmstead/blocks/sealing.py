"""E: what a transaction came to is sealed when it is over, and what comes later makes another version.

Bills are made from records, never from the transaction itself: it may change when an event comes a week late. A record
is sealed as soon as nothing is missing, or when it is decided that what is missing will not come (reconciliation.py).
"""

from __future__ import annotations

from typing import Any

import msgspec

from ohmstead.blocks.pricing import moments_of
from ohmstead.domain.rollups import hourly
from ohmstead.domain.transactions import Transaction
from ohmstead.runtime import rfc3339
from ohmstead.store import reconciliations, records, rollups
from ohmstead.store.db import Db, Event, Tx, encode
from ohmstead.store.forms import transaction_form
from ohmstead.store.ids import Ids
from ohmstead.store.records import Sealed, Unsealed
from ohmstead.store.resources import audit

BILLED = ("state", "token", "evse_id", "connector_id", "started_at", "ended_at", "energy_wh", "stopped_reason")
"""What a bill rests on: a record is made anew when one of these changes."""
WAITS = 0
"""In `transactions.sealed`: something is missing and is looked into."""

_read = msgspec.json.Decoder(dict[str, Any]).decode


async def seal_all(db: Db, numbers: Ids, now: int) -> int:
    """Seal what is over; how many transactions were looked at."""
    looked = 0
    while found := await records.unsealed(db):
        taken = [await numbers.take() for _ in found]
        async with db.transaction() as tx:
            for one, audit_id in zip(found, taken, strict=True):
                await _settle(tx, one, audit_id, now)
        looked += len(found)
        if len(found) < records.AT_ONCE:
            break
    return looked


async def _settle(tx: Tx, one: Unsealed, audit_id: int, now: int) -> None:
    transaction = one.transaction
    if transaction.complete or transaction.verdict is not None:
        verdict = "complete" if transaction.complete else transaction.verdict or "lost"
        await seal(tx, one.tenant_id, one.identity, transaction, one.body, verdict, audit_id, now)
    elif await records.mark(tx, transaction.id, one.body, WAITS):
        await tx.execute_all([reconciliations.opened(one.tenant_id, transaction, "incomplete", now)])


async def seal(
    tx: Tx, tenant_id: int, identity: str, one: Transaction, body: str, reason: str, audit_id: int, now: int
) -> None:
    """Add a version of its record, if what is billed differs from the one before; `body` is its row's. Nothing happens
    where the row has changed meanwhile."""
    before = await records.newest(tx, one.id)
    form = encode(transaction_form(identity, one))
    changed = _changed(before.body, _read(form)) if before is not None else {}
    version = 1 if before is None else before.version + bool(changed)
    if not await records.mark(tx, one.id, body, version):
        return
    if before is not None and not changed:
        return
    if before is None or "token" in changed:
        group = await records.group_of(tx, tenant_id, one.token)
    else:
        group = before.group_key  # who moves out later still pays for what was charged before
    record = Sealed(version, form, group)
    await records.add(tx, tenant_id, one, record, reason if before is None else "amended", now)
    frames = await rollups.frames_of(tx, one.id)
    await rollups.put(tx, tenant_id, one, hourly(moments_of(one, frames)))
    if before is not None:
        await audit.add(
            tx, tenant_id, audit_id, now, f"station:{identity}", "transaction.amend", str(one.id),
            {"station_id": identity, "version": version, "changed": changed},
        )  # fmt: skip
    data = {"id": str(one.id), "station_id": identity, "version": version, "sealed_at": rfc3339(now),
            "reason": reason, "changed": changed}  # fmt: skip
    tx.emit(Event(tenant_id, "ohmstead.transaction.sealed", identity, now, encode(data)))


def _changed(before: str, after: dict[str, Any]) -> dict[str, list[Any]]:
    """What is billed and differs: name -> [before, after]."""
    was = _read(before)
    return {name: [was.get(name), after.get(name)] for name in BILLED if was.get(name) != after.get(name)}
