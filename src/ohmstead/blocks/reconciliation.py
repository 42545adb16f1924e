"""E: transactions of which something is missing, asked for and closed with a verdict (E14).

Handlers open a check when an event shows a gap; a job opens one where a station falls silent in the middle, asks the
stations, and closes them. What a verdict changes in a transaction is written beside the sessions: they look again.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.blocks import ASKED_FOR, Call
from ohmstead.blocks.command import Ask, Calls, Command, Learnt, Outcome, after, given
from ohmstead.blocks.sealing import draft_of, write_drafts
from ohmstead.domain import reconciliation as rules
from ohmstead.domain.reconciliation import Reason, Situation, Step
from ohmstead.domain.transactions import Transaction, infer_end
from ohmstead.settings import Settings
from ohmstead.store import commands, ledger, reconciliations, records
from ohmstead.store.db import Db, Event, Tx, encode
from ohmstead.store.forms import transaction_form
from ohmstead.store.ids import Ids
from ohmstead.store.reconciliations import Due, Quiet
from ohmstead.store.sessions import CHANGED_ELSEWHERE, STATION_TOPIC


class GetTransactionStatus(Command):
    """Ask whether a transaction goes on and whether messages wait in the station's queue; without an id, only that."""

    actions: ClassVar = ("GetTransactionStatus",)
    transaction_id: Annotated[str, Meta(min_length=1, max_length=36)] | UnsetType = UNSET

    def to_v2(self, ask: Ask) -> Calls:
        answer = yield ask.v.GetTransactionStatusRequest(transaction_id=self.transaction_id)
        words = [] if answer.ongoing_indicator is UNSET else ["ongoing" if answer.ongoing_indicator else "not ongoing"]
        words.append("messages in its queue" if answer.messages_in_queue else "nothing in its queue")
        return Outcome(True, ", ".join(words))


@after("GetTransactionStatus")
async def status_told(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """E14: the station says how it stands with a transaction; of one it does not know, neither (E14.FR.01)."""
    if answer is None or req.transaction_id is UNSET:
        return Learnt()
    ongoing = given(answer.ongoing_indicator)
    found = await reconciliations.answered(
        db, ask.station.id, req.transaction_id, now, ongoing=ongoing, in_queue=answer.messages_in_queue
    )
    return Learnt(found)


def look_into(call: Call, before: Transaction, after: Transaction) -> None:
    """Open a check where this event shows that something is missing; look again at a record it may have changed."""
    if before.state != "active":
        call.write.execute(records.UNSEAL, which=after.id)
    elif after.state == "active" and rules.lacks(after) and not (before.events and rules.lacks(before)):
        reason = rules.opened_by(after) or "gap"
        call.write.changed.append(reconciliations.opened(call.station.tenant_id, after, reason, call.now))


def after_boot(call: Call) -> None:
    """A station that starts anew may have lost what it was doing: its transactions are looked into, once its queue has
    had time to come."""
    for one in call.state.transactions.values():
        due_at = call.now + rules.AFTER_BOOT
        row = reconciliations.opened(call.station.tenant_id, one, "rebooted", call.now, due_at)
        call.write.changed.append(row)


async def reconcile(db: Db, settings: Settings, numbers: Ids, now: int) -> int:
    """Look at every check that is due; how many that were."""
    found = await reconciliations.due(db, now)
    for one in found:
        try:
            await _look(db, settings, numbers, one, now)
        except Exception as error:
            runtime.log.exception("not reconciled", transaction=one.transaction.id, error=repr(error))
            await db.store([], [reconciliations.put_off(one.transaction.id, now + rules.HOUR, asked=False)])
    return len(found)


async def _look(db: Db, settings: Settings, numbers: Ids, one: Due, now: int) -> None:
    step = rules.next_step(one.check, one.transaction, await _situation(db, settings, one, now))
    if step.kind == "close":
        await _close(db, numbers, one, step, now)
    elif step.kind == "look":
        await db.store([], [reconciliations.put_off(one.transaction.id, step.at, asked=False)])
    else:
        async with db.transaction() as tx:
            await tx.execute_all([reconciliations.put_off(one.transaction.id, step.at, asked=True)])
            body = {"type": "get_transaction_status", "transaction_id": one.transaction.transaction_id}
            await commands.add(
                tx,
                id=commands.new_id(now),
                tenant_id=one.tenant_id,
                station_id=one.transaction.station_id,
                identity=one.identity,
                type="get_transaction_status",
                body=encode(body),
                now=now,
                expires_at=now + ASKED_FOR,
            )


async def _situation(db: Db, settings: Settings, one: Due, now: int) -> Situation:
    old = one.ocpp_version == "1.6"
    return Situation(
        now=now,
        online=one.online,
        may_ask=not old and settings.stations.makes("gap_check"),
        gone_for=0 if one.online else now - one.seen_at,
        vanishes_after=int(settings.transactions.vanished_after * 1e6),
        over_since=await reconciliations.over_since(db, one.transaction) if old else None,
    )


async def _close(db: Db, numbers: Ids, one: Due, step: Step, now: int) -> None:
    verdict, audit_id = step.verdict or "lost", await numbers.take()
    station_id = one.transaction.station_id
    async with db.transaction() as tx:
        await tx.execute(CHANGED_ELSEWHERE, station=station_id)
        before = await reconciliations.newest(tx, one.transaction.id)
        if before.events != one.transaction.events:
            return  # the station has just said something about it: the next run looks again
        after = _judged(before, step)
        await tx.execute_all([reconciliations.closed(after.id, verdict, now)])
        if after is not before:
            await tx.execute_all([ledger.changed(after)])
        if after.state != "active":
            known = await records.newest(tx, after.id)
            over = records.Unsealed(one.tenant_id, one.identity, after, ledger.body(after), known)
            await write_drafts(tx, [await draft_of(tx, over, verdict, audit_id, now)])
        _tell(tx, one, before, after, verdict, now)
        tx.ring(STATION_TOPIC, str(station_id))


def _judged(before: Transaction, step: Step) -> Transaction:
    """The transaction with the verdict. An end that is inferred is the time of its last event."""
    one = before
    if step.infers_end:
        one = infer_end(one, one.last_at).transaction
    if step.verdict in ("complete", "ongoing") or (one.state == "active" and step.verdict != "lost"):
        return one
    return replace(one, verdict=step.verdict)


def _tell(tx: Tx, one: Due, before: Transaction, after: Transaction, verdict: str, now: int) -> None:
    form = transaction_form(one.identity, after)
    if before.state != after.state:
        tx.emit(Event(one.tenant_id, "ohmstead.transaction.ended", one.identity, now, encode(form)))
    if verdict != "ongoing":
        data = encode({**msgspec.to_builtins(form), "verdict": verdict})
        tx.emit(Event(one.tenant_id, "ohmstead.transaction.reconciled", one.identity, now, data))


async def watch(db: Db, settings: Settings, now: int) -> int:
    """Look into active transactions of which nothing was heard for long; how many that were."""
    quiet_after = int(settings.transactions.quiet_after * 1e6)
    vanishes_after = int(settings.transactions.vanished_after * 1e6)
    opened, after = 0, 0
    while found := await reconciliations.quiet(db, now - quiet_after, after):
        after = found[-1].transaction.id
        rows = []
        for one in found:
            reason = _quiet_reason(one, now, quiet_after, vanishes_after)
            if reason is not None:
                rows.append(reconciliations.opened(one.tenant_id, one.transaction, reason, now, now))
        if rows:
            await db.store([], rows)
        opened += len(rows)
    return opened


def _quiet_reason(one: Quiet, now: int, quiet_after: int, vanishes_after: int) -> Reason | None:
    if one.online:
        return "silent" if now - one.transaction.last_at >= quiet_after else None
    return "vanished" if one.seen_at is not None and now - one.seen_at >= vanishes_after else None
