"""E, J: TransactionEvent and MeterValues of 2.x."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from msgspec import UNSET

from ohmstead.blocks import Call, limits, on
from ohmstead.blocks.authorization import id_token_info, judge
from ohmstead.blocks.booking import book, earlier_answer, find, says_the_same
from ohmstead.blocks.command import given
from ohmstead.blocks.payment import DIRECT, charging
from ohmstead.blocks.pricing import price
from ohmstead.blocks.readings import readings_v2
from ohmstead.blocks.reservation import used
from ohmstead.blocks.resuming import resumed
from ohmstead.domain.matching import choose, may_be_repeat, opens_anew
from ohmstead.domain.metering import FOLDED
from ohmstead.domain.tokens import Verdict
from ohmstead.domain.transactions import Event, Transaction, begin
from ohmstead.ocpp.versions import V21, V201
from ohmstead.runtime import from_datetime
from ohmstead.store.ledger import Kept, kept_at

STARTS = frozenset({"Authorized", "RemoteStart"})
"""Triggers with which a token begins to charge, whatever the kind of the event."""
KINDS = {"Started": "started", "Updated": "updated", "Ended": "ended"}


def harmless(v: ModuleType, req: Any) -> Any:
    """The answer to an event that we could not fold: it promises nothing to nobody."""
    if req.id_token is UNSET:
        return v.TransactionEventResponse()
    return v.TransactionEventResponse(id_token_info=id_token_info(v, Verdict("Invalid")))


@on("TransactionEvent", V201, V21, unfolded=harmless)
async def transaction_event(call: Call, req: Any) -> Any:
    event = to_event(req)
    called = await find(call, req.transaction_info.transaction_id)
    known = choose(called, event)
    if known is None or opens_anew(known, event):
        number = await call.numbers.transactions.take()
        before = begin(number, call.station.id, req.transaction_info.transaction_id, len(called))
    else:
        before = known
        if (kept := await _seen(call, known, event)) is not None:
            return earlier_answer(kept)
    verdict = None
    bounded = before
    if event.token is not None:
        # E05.FR.01: the station's own verdict (cache, list, offline) is checked again with every token it shows
        evse_id, starts = before.evse_id or event.evse_id, event.kind == "started" or event.trigger_reason in STARTS
        verdict = await judge(call, event.token, event.token_type, evse_id,
                              offline=event.offline, transaction=before.id, starts=starts)  # fmt: skip
        bounded = await limits.limited(call, before, event, verdict, req)
    after = book(call, bounded, event)
    if verdict is not None and event.token_type == DIRECT:
        await charging(call, after, verdict)
    if event.reservation_id is not None:
        await used(call, after)
    call.happened("message", "TransactionEvent", str(after.evse_id or 0))
    response = call.v.TransactionEventResponse()
    cost = await price(call, after, event)
    if cost is not None and event.kind != "started":
        response.total_cost = cost  # I02.FR.01, I03.FR.02; free is 0.00 and said (.04)
    limits.watch(call, after, event, cost, req)
    if verdict is not None:
        response.id_token_info = id_token_info(call.v, verdict)
        if call.version is V21:
            response.transaction_limit = limits.said(call, before, after)
    if event.trigger_reason == "TxResumed":
        await resumed(call, after)
    return response


async def _seen(call: Call, known: Transaction, event: Event) -> Kept | None:
    """The frame in the ledger that this one repeats. A transaction starts once, but of stations that count nothing and
    whose clocks have no better than seconds the other events are told apart by what they say."""
    if may_be_repeat(known, event):
        for kept in await kept_at(call.db, known.id, event.seq_no, event.at):
            if kept.kind == event.kind and (event.kind == "started" or says_the_same(kept.request, call.request)):
                return kept
    return None


def to_event(req: Any) -> Event:
    """A TransactionEventRequest in the domain's words."""
    info, evse, token = req.transaction_info, given(req.evse), given(req.id_token)
    group = given(getattr(token, "group_id_token", UNSET)) if token is not None else None
    return Event(
        kind=KINDS[req.event_type],  # type: ignore[arg-type]
        at=from_datetime(req.timestamp),
        seq_no=req.seq_no,
        offline=req.offline,
        trigger_reason=req.trigger_reason,
        evse_id=None if evse is None else evse.id,
        connector_id=None if evse is None else given(evse.connector_id),
        token=None if token is None else token.id_token,
        token_type=None if token is None else token.type,
        group=group,
        charging_state=given(info.charging_state),
        stopped_reason=given(info.stopped_reason),
        remote_start_id=given(info.remote_start_id),
        reservation_id=given(req.reservation_id),
        readings=readings_v2(req.meter_value, FOLDED),
    )


@on("MeterValues", V201, V21, unfolded=lambda v, _: v.MeterValuesResponse())
async def meter_values(call: Call, req: Any) -> Any:
    """Values outside a transaction, of an EVSE or (evseId 0) of the station's own meter (J01.FR.03, .18)."""
    call.keep("meter", from_datetime(req.meter_value[0].timestamp))
    call.happened("message", "MeterValues", str(req.evse_id))
    return call.v.MeterValuesResponse()
