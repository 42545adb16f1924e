"""Certificates are renewed before they end: a look at all expiry dates, and a trigger for each station in its turn.

`renew_due` runs as a job; `ask_now` is for an operator or a campaign that does not wait for the turn. What is on its
way is on disk, so a restart at any moment goes on where it was.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from ohmstead import runtime
from ohmstead.blocks import feed_event
from ohmstead.blocks.alerts import board_of
from ohmstead.blocks.command import Ask, Calls, Command, Learnt, Outcome, Unsupported, outcome
from ohmstead.blocks.plug_and_charge_16 import by_data
from ohmstead.blocks.v2g_certificates import evse_of
from ohmstead.domain.alerts import Cause
from ohmstead.domain.certificates import DAY
from ohmstead.domain.renewal import HORIZON, SILENCE, Situation, Step, must_return, next_step, warning
from ohmstead.ocpp.versions import V21
from ohmstead.settings import Settings
from ohmstead.store import commands, renewals
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.ids import Ids
from ohmstead.store.renewals import AT_WORK, Due
from ohmstead.store.sessions import CHANGED_ELSEWHERE, STATION_TOPIC, Station, load_state

KIND = "renew_certificate"
BODY = '{"type":"renew_certificate"}'
ASKED_FOR = SILENCE
OFFLINE_FOR = 30 * DAY
"""Microseconds that an operator's wish waits for a station."""
FORGOTTEN = DAY
"""Microseconds after which a renewal that nobody looks at any more takes no place."""
EXPIRING = "certificate/expiring"
TRIGGERS = {
    "charging_station": "SignChargingStationCertificate",
    "v2g": "SignV2GCertificate",
    "v2g20": "SignV2G20Certificate",
    "combined": "SignCombinedCertificate",
}
OF_TYPE = {"V2GCertificate": "v2g", "V2G20Certificate": "v2g20"}
NO_DOOR = 36_500
"""Days: a certificate towards vehicles keeps nobody out here when it has ended."""
SEVERITY = {90: 8, 30: 6, 7: 4}


class RenewCertificate(Command):
    """Ask the station for a signing request, so that it gets another certificate: its own, or that of a SECC
    (`evse_id`, `secc_id`: which one)."""

    actions: ClassVar = ("TriggerMessage", "ExtendedTriggerMessage")
    waits_offline: ClassVar[bool] = True
    certificate: Literal["charging_station", "v2g", "v2g20", "combined"] = "charging_station"
    evse_id: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    secc_id: Annotated[str, Meta(min_length=1, max_length=255)] | UnsetType = UNSET
    """Which SECC, by its ISO15118Ctrlr.SeccId, where `evse_id` is not given."""

    async def prepare(self, ask: Ask, db: Db) -> None:
        """Find the EVSE of the SECC; one that is not known is that of the station."""
        if self.evse_id is UNSET and self.secc_id is not UNSET:
            ask.found = await evse_of(db, ask.state, self.secc_id)

    def to_v16(self, ask: Ask) -> Calls:
        return by_data(ask, self.to_v2) if self.certificate == "v2g" else self._native_16(ask)

    def _native_16(self, ask: Ask) -> Calls:
        if self.certificate != "charging_station":
            raise Unsupported(f"OCPP 1.6 has no {TRIGGERS[self.certificate]}.")
        answer = yield ask.v.ExtendedTriggerMessageRequest(requested_message="SignChargePointCertificate")
        return _expecting(answer)

    def to_v2(self, ask: Ask) -> Calls:
        if self.certificate == "v2g20" and ask.version is not V21:
            raise Unsupported("SignV2G20Certificate is of OCPP 2.1.")
        id = ask.found if self.evse_id is UNSET else self.evse_id
        evse = UNSET if id is None else ask.v.EVSEType(id=id)
        answer = yield ask.v.TriggerMessageRequest(requested_message=TRIGGERS[self.certificate], evse=evse)
        return _expecting(answer)


def _expecting(answer: Any) -> Outcome:
    return outcome(answer, expects=("message", "SignCertificate"), window=SILENCE / 1e6)


async def renew_due(db: Db, settings: Settings, numbers: Ids, now: int) -> int:
    """Look at every certificate that comes to its end; how many stations were asked."""
    for station_id, certificate_id in await renewals.over(db):
        await _finish(db, station_id, certificate_id, now)
    due = await renewals.due(db, now, now + HORIZON)
    if not due:
        return 0
    for one in due:
        if one.state in AT_WORK:  # first: those that have finished make room
            await _try(db, one, numbers, now, room=False)
    busy, asked = await renewals.in_flight(db, now - FORGOTTEN), 0
    for one in due:
        room = sum(busy.values()) < settings.pki.renewals_at_once and (
            one.site_id is None or busy.get(one.site_id, 0) < settings.pki.renewals_at_once_per_site
        )
        if one.state not in AT_WORK and await _try(db, one, numbers, now, room=room):
            busy[one.site_id] = busy.get(one.site_id, 0) + 1
            asked += 1
    return asked


async def _try(db: Db, one: Due, numbers: Ids, now: int, *, room: bool) -> bool:
    """`_look_at`, so that what goes wrong with one does not hold up the others."""
    try:
        return await _look_at(db, one, numbers, now, room=room)
    except Exception as error:
        runtime.log.exception("not renewed", station=one.identity, error=repr(error))
        return False


async def _finish(db: Db, station_id: int, certificate_id: int, now: int) -> None:
    """Another certificate took its place: its alert is over."""
    station = (await load_state(db, station_id)).station
    board = await board_of(db, station, now)
    board.cleared(f"{EXPIRING}/{certificate_id}", "csms")
    learnt = board.learnt()
    async with db.transaction() as tx:
        await tx.execute(CHANGED_ELSEWHERE, station=station_id)
        await renewals.done(tx, station_id, certificate_id)
        await tx.execute_all(list(learnt.rows))
        for event in learnt.events:
            tx.emit(event)
        tx.ring(STATION_TOPIC, str(station_id))


async def _situation(db: Db, one: Due) -> Situation:
    same = one.renewed == one.certificate_id
    state, at = await renewals.successor(db, one)
    request, trouble = await renewals.request(db, one)
    return Situation(
        station=one.identity, not_before=one.not_before, not_after=one.not_after,
        online=one.connected_since is not None, attempts=(one.attempts or 0) if same else 0,
        asked_at=one.asked_at if same else None, request=request, trouble=trouble, successor=state, successor_at=at,
        allow_expired_days=one.allow_expired if one.use == "charging_station" else NO_DOOR,
    )  # fmt: skip


async def _look_at(db: Db, one: Due, numbers: Ids, now: int, *, room: bool) -> bool:
    """Do what is to be done about one station; was it asked?"""
    situation = await _situation(db, one)
    step = next_step(now, situation)
    if step.ask and not room:
        step = Step("waiting", "Its turn waits for others: as many as may be renewed at once are.", False, now)
    days = warning(one.not_before, one.not_after, now)
    warned = one.warned if one.renewed == one.certificate_id else None
    tell = days is not None and (warned is None or days < warned)
    station = (await load_state(db, one.station_id)).station
    news = await _news(db, station, one, days, step, numbers, now) if tell and days is not None else Learnt()
    async with db.transaction() as tx:
        if news.rows:
            await tx.execute(CHANGED_ELSEWHERE, station=one.station_id)
        attempts, asked_at = situation.attempts + step.ask, now if step.ask else situation.asked_at
        if not await renewals.put(tx, one, step, attempts, asked_at, days if tell else warned, now):
            return False
        await tx.execute_all(list(news.rows))
        for event in news.events:
            tx.emit(event)
        if news.rows or _keeps_its_line(one, situation, now):
            tx.ring(STATION_TOPIC, str(one.station_id))
        if step.ask:
            await _trigger(tx, station, one, now, ASKED_FOR)
    return step.ask


def _keeps_its_line(one: Due, situation: Situation, now: int) -> bool:
    """It accepted another certificate and stayed connected: its session looks anew (gateway/welcome.py)."""
    if one.use != "charging_station" or situation.successor != "installed" or one.connected_since is None:
        return False
    return must_return(now, one.connected_since, situation.successor_at or now)


async def _news(db: Db, station: Station, one: Due, days: int, step: Step, numbers: Ids, now: int) -> Learnt:
    """What people are told as the end comes nearer."""
    board = await board_of(db, station, now)
    await board.raised(_expiring(one, days, step, now), numbers.take)
    data = {
        "id": str(one.certificate_id), "station_id": one.identity, "serial_number": one.serial_number,
        "not_after": runtime.rfc3339(one.not_after), "days": days,
    }  # fmt: skip
    learnt = board.learnt()
    return Learnt(learnt.rows, [feed_event(station, "certificate.expiring", data, now), *learnt.events])


def _expiring(one: Due, days: int, step: Step, now: int) -> Cause:
    text = f"The certificate {one.serial_number} ends at {runtime.rfc3339(one.not_after)}. {step.reason}"
    detail = {"certificate_id": str(one.certificate_id), "days": days}
    return Cause(
        subject=f"{EXPIRING}/{one.certificate_id}", source="csms", code="certificate_expiring", severity=SEVERITY[days],
        text=text, at=now, detail=detail,
    )  # fmt: skip


def _body(one: Due) -> str:
    """The command that asks for the successor of this certificate."""
    kind, _, secc = one.secc.partition(":")
    if one.use == "charging_station" or not secc:
        return BODY
    return encode({"type": KIND, "certificate": OF_TYPE.get(kind, "v2g"), "secc_id": secc})


async def _trigger(tx: Tx, station: Station, one: Due, now: int, expires_in: int) -> None:
    await commands.add(
        tx, id=commands.new_id(now), tenant_id=station.tenant_id, station_id=station.id, identity=station.identity,
        type=KIND, body=_body(one), now=now, expires_at=now + expires_in,
    )  # fmt: skip


async def ask_now(tx: Tx, one: Due, station: Station, now: int) -> Step:
    """Do not wait for the turn: a station that is connected is asked at once, another one as soon as it comes."""
    online = one.connected_since is not None
    wait = SILENCE if online else OFFLINE_FOR
    reason = "It was asked for a signing request." if online else "It is offline; it is asked as soon as it comes."
    step = Step("asked" if online else "offline", reason, True, now + wait)
    attempts = (one.attempts or 0) + 1 if one.renewed == one.certificate_id else 1
    await renewals.want(tx, one, step, attempts, now)
    await _trigger(tx, station, one, now, wait)
    return step
