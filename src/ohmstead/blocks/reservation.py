"""H: reservations, asked of stations by typed and raw calls alike, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar

from msgspec import UNSET, Meta, UnsetType

from ohmstead.blocks import Call, on
from ohmstead.blocks.command import Ask, Calls, Command, Learnt, Unsupported, after, before, given, outcome
from ohmstead.blocks.remote_control import TokenType
from ohmstead.domain.reservations import UPDATES, Happening
from ohmstead.domain.transactions import Transaction
from ohmstead.ocpp.versions import V21, V201
from ohmstead.runtime import from_datetime
from ohmstead.store import reservations
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Event, encode
from ohmstead.store.forms import reservation_form
from ohmstead.store.reservations import Moving, Reservation
from ohmstead.store.tokens import UNKNOWN_TYPE, find_token, type_of_token

Positive = Annotated[int, Meta(ge=1)]
Text = Annotated[str, Meta(min_length=1, max_length=255)]


class Reserve(Command):
    """Keep an EVSE, any connector of a type, or any EVSE of the station free for a token or its group."""

    actions: ClassVar = ("ReserveNow",)
    needs_accepted: ClassVar[bool] = True
    token: Text
    expires_at: Annotated[datetime, Meta(tz=True)]
    token_type: TokenType | UnsetType = UNSET
    """Left out: that of the token as it is known, else Central."""
    evse_id: Positive | UnsetType = UNSET
    connector_type: Annotated[str, Meta(min_length=1, max_length=20)] | UnsetType = UNSET
    group: Text | UnsetType = UNSET
    reservation_id: Positive | UnsetType = UNSET
    """Its number at the station; left out, one is taken. One that the station knows is reserved anew."""

    async def prepare(self, ask: Ask, db: Db) -> None:
        if self.token_type is UNSET:
            self.token_type = await type_of_token(db, ask.station.tenant_id, self.token)
        if self.group is UNSET:
            known = await find_token(db, ask.station.tenant_id, self.token, given(self.token_type))
            self.group = UNSET if known is None or known.group is None else known.group

    def to_v16(self, ask: Ask) -> Calls:
        if self.connector_type is not UNSET:
            raise Unsupported("OCPP 1.6 reserves connectors by number, not by type.")
        if len(self.token) > 20:
            raise Unsupported("An idTag of OCPP 1.6 has at most 20 characters.")
        answer = yield ask.v.ReserveNowRequest(
            connector_id=given(self.evse_id) or 0,
            expiry_date=self.expires_at,
            id_tag=self.token,
            reservation_id=self._number(ask),
            parent_id_tag=self.group if self.group is not UNSET and len(self.group) <= 20 else UNSET,
        )
        return outcome(answer)

    def to_v2(self, ask: Ask) -> Calls:
        group = UNSET if self.group is UNSET else ask.v.IdTokenType(id_token=self.group, type="Central")
        answer = yield ask.v.ReserveNowRequest(
            id=self._number(ask),
            expiry_date_time=self.expires_at,
            id_token=ask.v.IdTokenType(id_token=self.token, type=given(self.token_type) or UNKNOWN_TYPE),
            connector_type=self.connector_type,
            evse_id=self.evse_id,
            group_id_token=group,
        )
        return outcome(answer)

    def _number(self, ask: Ask) -> int:
        return ask.remote_start_id if self.reservation_id is UNSET else self.reservation_id


class CancelReservation(Command):
    """Take a reservation back, by its number at the station."""

    actions: ClassVar = ("CancelReservation",)
    waits_offline: ClassVar[bool] = True
    reservation_id: Positive

    def to_v16(self, ask: Ask) -> Calls:
        return outcome((yield ask.v.CancelReservationRequest(reservation_id=self.reservation_id)))

    def to_v2(self, ask: Ask) -> Calls:
        return outcome((yield ask.v.CancelReservationRequest(reservation_id=self.reservation_id)))


@before("ReserveNow")
def reserved(ask: Ask, req: Any, now: int) -> Sequence[Changed]:
    """Whoever reserves, by whatever call: from now on there is a reservation."""
    said: dict[str, Any] = {"command_id": ask.command_id, "created_at": now, "changed_at": now}
    if ask.version.dialect == "v16":
        said |= {"number": req.reservation_id, "expires_at": from_datetime(req.expiry_date), "token": req.id_tag}
        said |= {"evse_id": req.connector_id or None, "group_token": given(req.parent_id_tag)}
    else:
        group = given(req.group_id_token)
        said |= {"number": req.id, "expires_at": from_datetime(req.expiry_date_time), "token": req.id_token.id_token}
        said |= {"token_type": req.id_token.type, "connector_type": given(req.connector_type)}
        said |= {"evse_id": given(req.evse_id), "group_token": None if group is None else group.id_token}
    station = ask.station
    one = Reservation(id=ask.remote_start_id, tenant_id=station.tenant_id, station_id=station.id, **said)
    return [reservations.made(one)]


@after("ReserveNow")
async def answered(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """Accepted, or refused in the station's word (H01.FR.06-.14)."""
    number = req.reservation_id if ask.version.dialect == "v16" else req.id
    status = "the station answered with an error" if answer is None else answer.status
    what: Happening = "accepted" if status == "Accepted" else "refused"
    return await _learnt(ask, db, number, what, None if what == "accepted" else status, now)


@after("CancelReservation")
async def taken_back(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """Accepted; or Rejected, because the station knows of none (H02.FR.01): it is gone in both cases."""
    if answer is None:
        return Learnt()
    reason = None if answer.status == "Accepted" else "the station did not know of it"
    return await _learnt(ask, db, req.reservation_id, "cancelled", reason, now)


async def _learnt(ask: Ask, db: Db, number: int, what: Happening, reason: str | None, now: int) -> Learnt:
    one = await reservations.by_number(db, ask.station.tenant_id, ask.station.id, number)
    if one is None:
        return Learnt()
    moving = Moving(ask.station.identity, one, what, reason)
    return Learnt([reservations.moved(moving, now)], _told(moving, now))


def _told(one: Moving, now: int) -> list[Event]:
    """`ohmstead.reservation.<state>`, where anything has changed."""
    after = reservations.after(one, now)
    if after is None:
        return []
    form = encode(reservation_form(one.identity, after))
    return [Event(after.tenant_id, f"ohmstead.reservation.{after.state}", one.identity, now, form)]


def _move(call: Call, one: Moving) -> None:
    call.write.changed.append(reservations.moved(one, call.now))
    call.write.events += _told(one, call.now)


@on("ReservationStatusUpdate", V201, V21)
async def status_update(call: Call, req: Any) -> Any:
    """H04: it expired, or the station had to give it up."""
    one = await reservations.by_number(call.db, call.station.tenant_id, call.station.id, req.reservation_id)
    what = UPDATES[req.reservation_update_status]
    if one is not None:
        _move(call, Moving(call.station.identity, one, what, req.reservation_update_status))
    call.happened("message", "ReservationStatusUpdate")
    return call.v.ReservationStatusUpdateResponse()


async def used(call: Call, transaction: Transaction) -> None:
    """A transaction names its reservation (H01.FR.15): that is over."""
    number = transaction.reservation_id
    if number is None:
        return
    one = await reservations.by_number(call.db, call.station.tenant_id, call.station.id, number)
    if one is not None:
        _move(call, Moving(call.station.identity, one, "used", None, transaction.id))


async def settle_reservations(db: Db, now: int) -> int:
    """End what time, or a silent use, has ended; how many that were."""
    found = await reservations.due(db, now)
    if found:
        async with db.transaction() as tx:
            for one in found:
                newest = await reservations.by_id(tx, one.reservation.tenant_id, one.reservation.id)
                if newest is not None and newest.state == one.reservation.state:
                    await tx.execute_all([reservations.moved(one, now)])
                    for event in _told(one, now):
                        tx.emit(event)
    return len(found)
