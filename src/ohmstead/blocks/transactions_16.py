"""E, J of 1.6: StartTransaction, MeterValues and StopTransaction, folded into the same ledger.

In 1.6 the CSMS hands out the transaction's id, an integer, and must do so whatever it thinks of the token. A station
that missed our answer sends the same StartTransaction again and gets the same id; one that started offline may stop a
transaction whose id it never learned (-1, 0 or anything): such a frame is matched by what it says, or kept aside.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import UNSET

from ohmstead.blocks import Call, limits, on
from ohmstead.blocks.authorization import id_tag_info, judge
from ohmstead.blocks.booking import book, earlier_answer, find, says_the_same
from ohmstead.blocks.command import given
from ohmstead.blocks.pricing import price
from ohmstead.blocks.readings import readings_16
from ohmstead.blocks.reservation import used
from ohmstead.domain.matching import choose, is_repeated_start_16, match_stop_16, may_be_repeat
from ohmstead.domain.tokens import Verdict
from ohmstead.domain.transactions import Event, Transaction, begin
from ohmstead.ocpp.versions import V16
from ohmstead.runtime import from_datetime
from ohmstead.store.ledger import Kept, aside_at, ended_at, kept_at, started_at

INVALID = Verdict("Invalid")


@on("StartTransaction", V16, unfolded=lambda v, _: v.StartTransactionResponse(
    id_tag_info=id_tag_info(v, INVALID), transaction_id=0
))  # fmt: skip
async def start_transaction(call: Call, req: Any) -> Any:
    event = Event(
        kind="started",
        at=from_datetime(req.timestamp),
        evse_id=req.connector_id or None,
        connector_id=1,
        token=req.id_tag,
        meter_start=float(req.meter_start),
        reservation_id=given(req.reservation_id),
    )
    for one in await started_at(call.db, call.station.id, event.at):
        if is_repeated_start_16(one, event):
            for kept in await kept_at(call.db, one.id, None, event.at):
                if kept.kind == "started":
                    return earlier_answer(kept)
    number = await call.numbers.transactions_16.take()
    before = begin(await call.numbers.transactions.take(), call.station.id, str(number))
    verdict = await judge(call, req.id_tag, None, req.connector_id, transaction=before.id, starts=True)
    begun = book(call, await limits.limited(call, before, event, verdict), event)
    await used(call, begun)
    await price(call, begun, event)
    call.happened("message", "StartTransaction", str(req.connector_id))
    return call.v.StartTransactionResponse(id_tag_info=id_tag_info(call.v, verdict), transaction_id=number)


@on("MeterValues", V16, unfolded=lambda v, _: v.MeterValuesResponse())
async def meter_values_16(call: Call, req: Any) -> Any:
    at = from_datetime(req.meter_value[-1].timestamp)
    event = Event(kind="updated", at=at, evse_id=req.connector_id or None, readings=readings_16(req.meter_value))
    call.happened("message", "MeterValues", str(req.connector_id))
    known = await _known(call, given(req.transaction_id), event)
    if known is None:
        call.keep("meter" if req.transaction_id is UNSET else "aside", at)
    elif not await _seen(call, known, event):
        after = book(call, known, event)
        limits.watch(call, after, event, await price(call, after, event))
    return call.v.MeterValuesResponse()


@on("StopTransaction", V16, unfolded=lambda v, req: v.StopTransactionResponse(
    id_tag_info=UNSET if req.id_tag is UNSET else id_tag_info(v, INVALID)
))  # fmt: skip
async def stop_transaction(call: Call, req: Any) -> Any:
    event = Event(
        kind="ended",
        at=from_datetime(req.timestamp),
        token=given(req.id_tag),
        stopped_reason=req.reason if req.reason is not UNSET else "Local",
        meter_stop=float(req.meter_stop),
        readings=readings_16(req.transaction_data),
    )
    known = await _known(call, req.transaction_id, event)
    kept = await (_stopped_before(call, event) if known is None else _seen(call, known, event))
    known = known or match_stop_16(call.state.transactions.values(), event, req.transaction_id)
    if kept is None and known is None:
        kept = _same(call, await aside_at(call.db, call.station.id, event.at))
    if kept is not None:
        return earlier_answer(kept)
    if known is None:
        call.keep("aside", event.at)
        call.emit("message.invalid", _aside(req))
    else:
        await price(call, book(call, known, event), event)
    response = call.v.StopTransactionResponse()
    if event.token is not None:
        response.id_tag_info = id_tag_info(call.v, await judge(call, event.token, None))
    return response


def _aside(req: Any) -> dict[str, Any]:
    text = f"StopTransaction of transaction {req.transaction_id}, which is not known; it is kept aside"
    return {"code": "stop_of_unknown_transaction", "text": text}


async def _known(call: Call, number: int | None, event: Event) -> Transaction | None:
    """The transaction that we gave this number; -1 and 0 are nobody's."""
    return None if number is None or number <= 0 else choose(await find(call, str(number)), event)


async def _seen(call: Call, known: Transaction, event: Event) -> Kept | None:
    """The frame in the ledger that this one repeats: the same kind, time and content."""
    if may_be_repeat(known, event):
        for kept in await kept_at(call.db, known.id, None, event.at):
            if kept.kind == event.kind and says_the_same(kept.request, call.request):
                return kept
    return None


async def _stopped_before(call: Call, event: Event) -> Kept | None:
    """The frame that a stop of an unknown number repeats: the one that was matched by what it says."""
    found: list[Kept] = []
    for one in await ended_at(call.db, call.station.id, event.at):
        found += [kept for kept in await kept_at(call.db, one.id, None, event.at) if kept.kind == "ended"]
    return _same(call, found)


def _same(call: Call, found: Iterable[Kept]) -> Kept | None:
    return next((kept for kept in found if says_the_same(kept.request, call.request)), None)
