"""Charging profiles of a station, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.resources.commands import WaitQuery, ask, wait
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.blocks.profile_words import schedule_form, steps_of
from ohmstead.domain.profiles import PHASES, SECOND, VOLTAGE, Place, Profile, Step, compared, composite
from ohmstead.runtime import to_datetime
from ohmstead.shapes import charging as shape
from ohmstead.shapes.command import Command
from ohmstead.store import charging, der_controls
from ohmstead.store import commands as queue
from ohmstead.store.charging import Held
from ohmstead.store.resources import commands
from ohmstead.store.sessions import load_state

routes = Routes("Smart charging")


class ClearQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: Annotated[int, Meta(ge=1)] | None = None
    evse_id: Annotated[int, Meta(ge=0)] | None = None
    purpose: shape.OfOperator | None = None
    stack_level: Annotated[int, Meta(ge=0)] | None = None
    wait: Annotated[float, Meta(ge=0, le=600, description="seconds to wait for the station's answer")] = 0


class CompositeQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    evse_id: Annotated[int, Meta(ge=0, description="0: the station as a whole")] = 0
    duration_s: Annotated[int, Meta(ge=1, le=7 * 86_400)] = 3600
    unit: Literal["A", "W"] = "A"
    ask: Annotated[bool, Meta(description="also ask the station, if it is online, and compare")] = True
    wait: Annotated[float, Meta(ge=1, le=600, description="seconds to wait for the station's answer")] = 30


@routes.get("/stations/{id}/charging-profiles", scope="stations:read")
async def list_charging_profiles(exchange: Exchange, id: str) -> shape.ChargingProfiles:
    """The charging profiles that a station has as far as it said or accepted them, and limits that others gave it. The
    command `get_charging_profiles` reads them again."""
    station = await wanted(exchange, id)
    held = await charging.load(exchange.db, station["id"])
    limits = await charging.load_limits(exchange.db, station["id"])
    return shape.ChargingProfiles(
        data=[_form(one) for one in held], external_limits=[_limit_form(one) for one in limits]
    )


@routes.put("/stations/{id}/charging-profiles", scope="commands:write", status=202, gives=Command, also=(200,))
async def put_charging_profile(exchange: Exchange, id: str, query: WaitQuery, body: shape.ChargingProfilePut) -> Answer:
    """Set a charging profile: the command `set_charging_profile`, answered like one."""
    fields = {name: value for name in body.__struct_fields__ if (value := getattr(body, name)) is not None}
    return await ask(exchange, id, msgspec.json.encode({"type": "set_charging_profile", **fields}), query)


@routes.delete("/stations/{id}/charging-profiles", scope="commands:write", status=202, gives=Command, also=(200,))
async def clear_charging_profiles(exchange: Exchange, id: str, query: ClearQuery) -> Answer:
    """Clear charging profiles, all that a CSMS set or some of them: the command `clear_charging_profile`."""
    names = ("id", "evse_id", "purpose", "stack_level")
    fields = {name: value for name in names if (value := getattr(query, name)) is not None}
    body = msgspec.json.encode({"type": "clear_charging_profile", **fields})
    return await ask(exchange, id, body, WaitQuery(wait=query.wait))


@routes.get("/stations/{id}/composite-schedule", scope="stations:read")
async def show_composite_schedule(exchange: Exchange, id: str, query: CompositeQuery) -> shape.CompositeSchedule:
    """What the charging profiles of an EVSE come to, by our own count and by the station's, and where they differ.

    A null limit means that no profile limits it. Ours knows nothing of the hardware's rating, so a station that answers
    with it where no profile speaks says nothing else.
    """
    station = await wanted(exchange, id)
    theirs, status = None, "not asked"
    if query.ask:
        status = "offline" if exchange.caller.may("commands:write") else "the key lacks the scope commands:write"
    if status == "offline" and station["connected_since"] is not None:
        theirs, status = await _asked(exchange, station, query)
    start = runtime.now()
    place = await _place(exchange, station, query.evse_id)
    profiles = [one.profile for one in await charging.load(exchange.db, station["id"])]
    ours = composite(profiles, start, query.duration_s, query.unit, place)
    return shape.CompositeSchedule(
        station_id=id,
        evse_id=query.evse_id,
        unit=query.unit,
        start=to_datetime(start),
        duration_s=query.duration_s,
        periods=_steps(ours),
        station=None if theirs is None else _steps(theirs),
        station_status=status,
        differences=[] if theirs is None else compared(ours, theirs, query.duration_s),
    )


@routes.get("/stations/{id}/der-controls", scope="stations:read")
async def list_der_controls(exchange: Exchange, id: str) -> shape.DerControls:
    """The DER controls that a 2.1 station has, as far as it accepted or reported them. The command `get_der_control`
    reads them again; an alarm of one is the alert `der_alarm`."""
    station = await wanted(exchange, id)
    return shape.DerControls(data=[_der_form(one) for one in await der_controls.load(exchange.db, station["id"])])


def _der_form(one: der_controls.Control) -> shape.DerControl:
    return shape.DerControl(
        control_id=one.control_id,
        control_type=one.control_type,
        is_default=one.is_default,
        superseded=one.superseded,
        started=one.started,
        source="set" if one.source == "set" else "reported",
        settings=one.settings,
        updated_at=to_datetime(one.updated_at),
    )


async def _asked(exchange: Exchange, station: dict[str, Any], query: CompositeQuery) -> tuple[list[Step] | None, str]:
    """The station's own composite schedule, and how it answered."""
    now = runtime.now()
    number, fields = queue.new_id(now), {"evse_id": query.evse_id, "duration_s": query.duration_s, "unit": query.unit}
    async with exchange.transaction() as tx:
        await queue.add(
            tx, id=number, tenant_id=exchange.tenant_id, station_id=station["id"], identity=station["identity"],
            type="get_composite_schedule",
            body=msgspec.json.encode({"type": "get_composite_schedule", **fields}).decode(),
            now=now, expires_at=now + int(query.wait * SECOND),
        )  # fmt: skip
        await exchange.audit(tx, "composite_schedule.read", station["identity"], {"id": number})
    row, _ = await wait(exchange, number, WaitQuery(wait=query.wait))
    form = commands.form(row)
    answer = msgspec.json.decode(row["answer"]) if row["answer"] else {}
    schedule = answer.get("schedule") or answer.get("chargingSchedule")
    if form.state != "accepted" or schedule is None:
        return None, f"{form.state}: {form.reason}" if form.reason else form.state
    return steps_of(schedule["chargingSchedulePeriod"]), "accepted"


async def _place(exchange: Exchange, station: dict[str, Any], evse_id: int) -> Place:
    state = await load_state(exchange.db, station["id"])
    found = [one for one in state.transactions.values() if one.evse_id == evse_id]
    can = state.station.capabilities
    phases, voltage = int(can.get("phases") or PHASES), float(can.get("voltage") or VOLTAGE)
    if not found or not evse_id:
        return Place(evse_id, phases, voltage)
    latest = max(found, key=lambda one: one.started_at)
    return Place(evse_id, phases, voltage, latest.transaction_id, latest.started_at)


def _steps(steps: Sequence[Step]) -> list[shape.CompositeStep]:
    return [shape.CompositeStep(start_s=one.start_s, limit=one.limit, purpose=one.purpose) for one in steps]


def _form(held: Held) -> shape.ChargingProfile:
    one: Profile = held.profile
    return shape.ChargingProfile(
        id=one.id,
        evse_id=one.evse_id,
        purpose=one.purpose,
        kind=one.kind,
        stack_level=one.stack_level,
        schedules=[schedule_form(schedule) for schedule in one.schedules],
        recurrency_kind=one.recurrency,
        valid_from=None if one.valid_from is None else to_datetime(one.valid_from),
        valid_to=None if one.valid_to is None else to_datetime(one.valid_to),
        transaction_id=one.transaction_id,
        source=held.source,
        state="asked" if held.state == "asked" else "installed",
        updated_at=to_datetime(held.updated_at),
    )


def _limit_form(one: charging.Limit) -> shape.ExternalLimit:
    return shape.ExternalLimit(
        evse_id=one.evse_id or None,
        source=one.source,
        grid_critical=one.grid_critical,
        schedules=[schedule_form(schedule) for schedule in one.schedules],
        since=to_datetime(one.since),
    )
