"""S: battery swaps (2.1)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta

from ohmstead import runtime
from ohmstead.blocks import Call, on
from ohmstead.blocks.command import Ask, Calls, Command, Learnt, Unsupported, after, given, outcome
from ohmstead.blocks.procedures import odd
from ohmstead.domain import tokens
from ohmstead.domain.battery_swaps import Battery, Swap, goes_on, swapped
from ohmstead.ocpp.versions import V21
from ohmstead.runtime import from_datetime, rfc3339
from ohmstead.store import battery_swaps
from ohmstead.store.db import Db
from ohmstead.store.forms import battery_swap_form
from ohmstead.store.tokens import find_token

WINDOW = 900.0
"""Seconds in which the driver must have taken the batteries."""


@on("BatterySwap", V21)
async def battery_swap(call: Call, req: Any) -> Any:
    """Batteries went in, came out, or were not taken in time: one swap by its request id (S03.FR.01)."""
    station = call.station
    before = await battery_swaps.find(call.db, station.id, req.request_id)
    if not goes_on(before, req.event_type):
        before = None
    if before is None:
        if req.event_type != "BatteryIn":
            odd(call, "swap_without_beginning", f"{req.event_type} of swap {req.request_id} came without BatteryIn")
        id, token = await call.numbers.rows.take(), req.id_token.id_token
        before = Swap(id=id, request_id=req.request_id, token=token, began_at=call.now, updated_at=call.now)
    one = swapped(before, req.event_type, tuple(_battery(data) for data in req.battery_data), call.now)
    call.write.changed.append(battery_swaps.put(station.tenant_id, station.id, one))
    if one.state != before.state:
        call.emit(f"battery_swap.{one.state}", battery_swap_form(station.identity, one))
    if one.state == "swapped":
        call.happened("battery_swap", str(req.request_id))
    return call.v.BatterySwapResponse()


def _battery(data: Any) -> Battery:
    produced = given(data.production_date)
    return Battery(
        evse_id=data.evse_id,
        serial_number=data.serial_number,
        soc=data.soc,
        soh=data.soh,
        produced_at=None if produced is None else rfc3339(from_datetime(produced)),
        info=given(data.vendor_info),
    )


class RequestBatterySwap(Command):
    """Let the station hand out batteries for a token, which must be one that may charge. Confirmed when they were
    taken."""

    actions: ClassVar = ("RequestBatterySwap",)
    token: Annotated[str, Meta(min_length=1, max_length=255)]
    token_type: Annotated[str, Meta(min_length=1, max_length=20)] = "ISO14443"

    async def prepare(self, ask: Ask, db: Db) -> None:
        station = ask.station
        verdict = tokens.verdict(
            await find_token(db, station.tenant_id, self.token, self.token_type),
            now=runtime.now(), presented=self.token, presented_type=self.token_type, station_id=station.identity,
            site_id=station.site_id, evse_id=None, evse_ids=(),
        )  # fmt: skip
        if not verdict.accepted:  # S02.FR.03
            raise Unsupported(f"The token {self.token} may not charge here: {verdict.status}.")

    def to_v2(self, ask: Ask) -> Calls:
        if ask.version is not V21:
            raise Unsupported(f"OCPP {ask.version.name} has no battery swaps.")
        number = ask.remote_start_id
        token = ask.v.IdTokenType(id_token=self.token, type=self.token_type)
        answer = yield ask.v.RequestBatterySwapRequest(request_id=number, id_token=token)
        return outcome(answer, expects=("battery_swap", str(number)), window=WINDOW)


@after("RequestBatterySwap")
async def requested(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """Accepted, it has begun; its number is ours."""
    station = ask.station
    if answer is None or answer.status != "Accepted":
        return Learnt()
    before = await battery_swaps.find(db, station.id, req.request_id)
    if before is not None and before.state != "swapped":  # its first event overtook the answer
        return Learnt()
    one = Swap(
        id=ask.remote_start_id, request_id=req.request_id, token=req.id_token.id_token, began_at=now, updated_at=now
    )
    return Learnt([battery_swaps.put(station.tenant_id, station.id, one)])
