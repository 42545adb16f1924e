"""E: what a transaction came to is sealed when it is over, and what comes later makes another version.

Bills are made from records, never from the transaction itself: it may change when an event comes a week late. A record
is sealed as soon as nothing is missing, or when it is decided that what is missing will not come (reconciliation.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from ohmstead.blocks.pricing import moments_of
from ohmstead.domain.rollups import hourly, in_one_hour
from ohmstead.domain.transactions import Transaction
from ohmstead.runtime import rfc3339
from ohmstead.store import reconciliations, records, rollups
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Event, Reader, Tx, encode
from ohmstead.store.forms import transaction_form
from ohmstead.store.ids import Ids
from ohmstead.store.records import Sealed, Unsealed
from ohmstead.store.resources import audit

BILLED = ("state", "token", "evse_id", "connector_id", "started_at", "ended_at", "energy_wh", "stopped_reason")
"""What a bill rests on: a record is made anew when one of these changes."""
WAITS = 0
"""In `transactions.sealed`: something is missing and is looked into."""

_read = msgspec.json.Decoder(dict[str, Any]).decode


class Draft(NamedTuple):
    """What will be written of a transaction that is over, made before the database's transaction begins."""

    mark: Changed
    records: Sequence[Changed] = ()
    hours: Sequence[Changed] = ()
    others: Sequence[Changed] = ()
    told: Sequence[Event] = ()


async def seal_all(db: Db, numbers: Ids, now: int) -> int:
    """Seal what is over; how many transactions were looked at."""
    looked = 0
    while found := await records.unsealed(db):
        drafts = [await _settled(db, one, await numbers.take(), now) for one in found]
        async with db.transaction() as tx:
            await write_drafts(tx, drafts)
        looked += len(found)
        if len(found) < records.AT_ONCE:
            break
    return looked


async def _settled(db: Db, one: Unsealed, audit_id: int, now: int) -> Draft:
    transaction = one.transaction
    if transaction.complete or transaction.verdict is not None:
        verdict = "complete" if transaction.complete else transaction.verdict or "lost"
        return await draft_of(db, one, verdict, audit_id, now)
    missing = reconciliations.opened(one.tenant_id, transaction, "incomplete", now)
    return Draft(records.mark(transaction.id, one.body, WAITS), others=[missing])


async def write_drafts(tx: Tx, drafts: Sequence[Draft]) -> None:
    """Write the drafts whose transactions are still what they were."""
    marked = await tx.fetch_each([draft.mark for draft in drafts])
    true = [draft for draft, rows in zip(drafts, marked, strict=True) if rows]
    await tx.execute_all([
        *(change for draft in true for change in draft.records),
        *(change for draft in true for change in draft.hours),
        *(change for draft in true for change in draft.others),
    ])  # fmt: skip
    for event in [event for draft in true for event in draft.told]:
        tx.emit(event)


async def draft_of(db: Reader, this: Unsealed, reason: str, audit_id: int, now: int) -> Draft:
    """A version of its record, if what is billed differs from the one before; `audit_id` is for the entry then."""
    one, before, identity, tenant_id = this.transaction, this.before, this.identity, this.tenant_id
    form = encode(transaction_form(identity, one))
    changed = _changed(before.body, _read(form)) if before is not None else {}
    version = 1 if before is None else before.version + bool(changed)
    mark = records.mark(one.id, this.body, version)
    if before is not None and not changed:
        return Draft(mark)
    if before is None or "token" in changed:
        group = await records.group_of(db, tenant_id, one.token)
    else:
        group = before.group_key  # who moves out later still pays for what was charged before
    hours: list[Changed] = rollups.added(tenant_id, one, await _hours(db, one))
    amended: list[Changed] = []
    if before is not None:
        hours.insert(0, rollups.forgotten(one.id))
        detail = {"station_id": identity, "version": version, "changed": changed}
        amended.append(
            audit.added(tenant_id, audit_id, now, f"station:{identity}", "transaction.amend", str(one.id), detail)
        )
    why = reason if before is None else "amended"
    record = records.added(tenant_id, one, Sealed(version, form, group), why, now)
    data = {"id": str(one.id), "station_id": identity, "version": version, "sealed_at": rfc3339(now),
            "reason": reason, "changed": changed}  # fmt: skip
    told = Event(tenant_id, "ohmstead.transaction.sealed", identity, now, encode(data))
    return Draft(mark, [record], hours, amended, [told])


async def _hours(db: Reader, one: Transaction) -> dict[int, int]:
    """What it charged in each hour. Its frames are read only where there is more than one."""
    whole = in_one_hour(one.started_at, one.ended_at or one.last_at, one.energy_wh)
    if whole is not None:
        return whole
    frames = await rollups.frames_of(db, one.id)
    return hourly(await asyncio.to_thread(moments_of, one, frames))


def _changed(before: str, after: dict[str, Any]) -> dict[str, list[Any]]:
    """What is billed and differs: name -> [before, after]."""
    was = _read(before)
    return {name: [was.get(name), after.get(name)] for name in BILLED if was.get(name) != after.get(name)}
