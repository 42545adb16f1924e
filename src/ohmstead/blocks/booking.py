"""What the transaction handlers of all versions share: fold an event, write it, tell of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from ohmstead.blocks import Call
from ohmstead.blocks.charging_reports import ring_site
from ohmstead.blocks.reconciliation import look_into
from ohmstead.domain import tokens
from ohmstead.domain.transactions import Event, Fact, Transaction, fold
from ohmstead.ocpp import signing
from ohmstead.ocpp.masking import masked
from ohmstead.store import ledger
from ohmstead.store.forms import transaction_form

_payload = msgspec.json.Decoder(dict[str, Any])
_builtins = msgspec.to_builtins

FEED_KIND = {
    "started": "started",
    "updated": "updated",
    "ended": "ended",
    "gap_detected": "gap_detected",
    "gap_closed": "reconciled",
    "amended": "reconciled",
}
"""Fact -> event of the feed."""


async def find(call: Call, transaction_id: str) -> Sequence[Transaction]:
    """The transactions that the station called so: one, unless it uses ids again. An active one comes from memory."""
    active = call.state.transactions.get(transaction_id)
    if active is not None and active.ordinal == 0:
        return (active,)
    return await ledger.find_transactions(call.db, call.station.tenant_id, call.station.id, transaction_id)


def says_the_same(one: str, other: str) -> bool:
    """Whether two frames of the same action are one call, sent twice: only the message id and `offline` may differ."""
    return _said(one) == _said(other)


def _said(frame: str) -> dict[str, Any]:
    payload = _payload.decode(signing.payload_of(masked(frame) if "KeyCode" in frame else frame))
    return {name: value for name, value in payload.items() if name != "offline"}


def book(call: Call, before: Transaction, event: Event, kind: str | None = None) -> Transaction:
    """Fold `event` into `before`, write both, put it into the feed; the transaction as it is now.

    `before.events == 0` means that the transaction is new. The call's frame becomes the ledger's row.
    """
    after, facts = fold(before, event)
    if before.events == 0:
        ledger.write_new(call.write, after)
    else:
        ledger.write_changed(call.write, after, before)
    look_into(call, before, after)
    call.keep(kind or event.kind, event.at, after.id, event.seq_no)
    remember(call, after)
    _tell(call, after, facts)
    if event.kind != "updated":
        ring_site(call)
    if event.kind == "started":
        if after.remote_start_id is not None:
            call.happened("started", str(after.remote_start_id))
        call.happened("started_by", tokens.key(after.token or ""), str(after.evse_id or 0))
    elif after.remote_start_id is not None and before.remote_start_id is None:
        call.happened("started", str(after.remote_start_id))
    if after.state == "ended":
        call.happened("ended", after.transaction_id)
    return after


def remember(call: Call, one: Transaction) -> None:
    """The session keeps the active ones in memory, and no other; of two under one id the later one, because `find`
    takes an early one for the only one."""
    kept = {name: other for name, other in call.state.transactions.items() if other.id != one.id}
    beside = kept.get(one.transaction_id)
    if one.state == "active" and (beside is None or beside.ordinal < one.ordinal):
        kept[one.transaction_id] = one
    call.state = replace(call.state, transactions=kept)


def _tell(call: Call, one: Transaction, facts: Iterable[Fact]) -> None:
    form = transaction_form(call.station.identity, one)
    told: dict[str, Any] = {}
    for fact in facts:  # a late event may both amend and close a gap: that is one reconciliation
        more = None if fact.missing is None else {**_builtins(form), "missing": list(fact.missing)}
        told[FEED_KIND[fact.kind]] = more or form
    for kind, data in told.items():
        call.emit(f"transaction.{kind}", data)


def earlier_answer(kept: ledger.Kept) -> msgspec.Raw:
    """The payload we answered then, to be answered again as it was."""
    return signing.answer_of(kept.answer)
