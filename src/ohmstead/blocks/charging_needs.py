"""K15, K16, K17: what a car needs by ISO 15118, the profile it gets for it, and the schedule it makes of that.

Where the control keeps the station's site inside its limits, the need goes into the plan, and the control orders a new
TxProfile at once. Elsewhere there is nothing to plan: the car gets a TxProfile of what it can take until it leaves.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from msgspec import UNSET

from ohmstead import runtime
from ohmstead.blocks import Call, on
from ohmstead.blocks.charging_reports import ring_site
from ohmstead.blocks.command import given
from ohmstead.blocks.profile_words import schedule_from_v2
from ohmstead.domain import emaid
from ohmstead.domain.needs import Need, OfCar, net_wh
from ohmstead.domain.profiles import SECOND, VOLTAGE, Period, Place, Profile, Schedule, allowed
from ohmstead.domain.transactions import Transaction
from ohmstead.ocpp.versions import V21, V201
from ohmstead.store import charging, contracts, energy, planning
from ohmstead.store.findings import FOUND, finding_row

DAY_S = 86_400
"""A car that names no departure is taken to stay a day."""
USUAL_A = 32.0
PHASES = {"AC_single_phase": 1, "AC_two_phase": 2, "AC_three_phase": 3}
_TOLERANCE, _MARGIN = 1.02, 0.5


class Wanted(NamedTuple):
    """What a car said. `most` is the most it can take, in `unit`; energy in Wh."""

    energy_wh: float
    ready_by: int
    unit: str
    most: float
    least_a: float | None
    discharge_a: float = 0.0
    room_wh: float = 0.0
    ceiling_wh: float | None = None


@on("NotifyEVChargingNeeds", V201, V21)
async def notify_ev_charging_needs(call: Call, req: Any) -> Any:
    """Accepted, and a TxProfile at once (K15.FR.03, .08). Without a transaction there can be none (K01.FR.03); a car of
    ISO 15118-20 for which there is no plan is told so (K18.FR.04), because Rejected would end its transaction. It does
    where the car asks for an energy transfer that its contract does not allow (Q01.FR.07, K18.FR.22)."""
    respond = call.v.NotifyEVChargingNeedsResponse
    running, wanted = _running(call, req.evse_id), _wanted(call, req.charging_needs)
    if running is not None and not await _is_allowed(call, running, req.charging_needs.requested_energy_transfer):
        return respond(status="Rejected")
    if running is None or not call.settings.stations.makes("limits"):
        return respond(status="NoChargingProfile" if call.version is V21 else "Rejected")
    if wanted.energy_wh > 0 or wanted.discharge_a > 0:
        await _promise(call, req, running, wanted)
    if await energy.has_account(call.db, call.station.id, req.evse_id):
        ring_site(call)
        return respond(status="Accepted")
    if given(getattr(req.charging_needs, "control_mode", UNSET)) is not None:
        return respond(status="NoChargingProfile")
    seconds = max(1, (wanted.ready_by - call.now) // SECOND)
    schedule = {"unit": wanted.unit, "duration_s": seconds, "periods": [{"start_s": 0, "limit": wanted.most}]}
    profile = {"purpose": "TxProfile", "transaction_id": running.transaction_id, "schedules": [schedule]}
    call.ask("set_charging_profile", evse_id=req.evse_id, profile=profile)
    return respond(status="Accepted")


def _running(call: Call, evse_id: int) -> Transaction | None:
    found = [one for one in call.state.transactions.values() if one.evse_id == evse_id]
    return max(found, key=lambda one: one.started_at, default=None)


async def _is_allowed(call: Call, running: Transaction, wanted: str) -> bool:
    """Whether the contract allows this energy transfer, or what the station was told since (Q02.FR.05). What we
    allowed nobody to know is not refused."""
    if call.version is not V21 or running.token is None:
        return True
    name = emaid.normal(running.token)
    contract = None if name is None else await contracts.find(call.db, call.station.tenant_id, name)
    if contract is None or contract.energy_transfer is None:
        return True
    since = await planning.allowed_transfers(call.db, call.station.id, running.transaction_id)
    allowed = contract.energy_transfer if since is None else since
    if wanted in allowed:
        return True
    text = f"the car at EVSE {running.evse_id} asks for {wanted}; its contract allows {', '.join(allowed)}"
    call.write.execute(FOUND, **finding_row(call.station, call.action, "energy_transfer_not_allowed", text, call.now))
    return False


def _wanted(call: Call, said: Any) -> Wanted:
    """The fields of AC, DC and (2.1) bidirectional charging in our words."""
    ac, dc = given(said.ac_charging_parameters), given(said.dc_charging_parameters)
    v2x, leaves = given(getattr(said, "v2x_charging_parameters", UNSET)), given(said.departure_time)
    ready_by = call.now + DAY_S * SECOND if leaves is None else max(runtime.from_datetime(leaves), call.now + SECOND)
    if ac is not None:
        return Wanted(ac.energy_amount, ready_by, "A", ac.ev_max_current, ac.ev_min_current)
    if dc is not None:
        most = given(dc.ev_max_power) or dc.ev_max_current * dc.ev_max_voltage
        return Wanted(given(dc.energy_amount) or _missing(dc), ready_by, "W", most, None)
    if v2x is not None:
        most_w, target = given(v2x.max_charge_power), max(0.0, given(v2x.ev_target_energy_request) or 0.0)
        may = call.settings.energy.discharge and "BPT" in said.requested_energy_transfer  # Q02.FR.01
        back = _giving(v2x) if may else (0.0, 0.0, None)
        if most_w is not None:
            return Wanted(target, ready_by, "W", most_w, None, *back)
        most_a, least_a = given(v2x.max_charge_current) or USUAL_A, given(v2x.min_charge_current)
        return Wanted(target, ready_by, "A", most_a, least_a, *back)
    return Wanted(0.0, ready_by, "A", USUAL_A, None)


def _giving(v2x: Any) -> tuple[float, float, float | None]:
    """What it gives back at most (A per phase), in all (Wh: a request for less than nothing is what it can spare), and
    what its battery takes."""
    watts, amps = given(v2x.max_discharge_power), given(v2x.max_discharge_current)
    least = given(v2x.ev_min_v2x_energy_request)
    least = given(v2x.ev_min_energy_request) if least is None else least
    most = given(v2x.ev_max_v2x_energy_request)
    most = given(v2x.ev_max_energy_request) if most is None else most
    room = max(0.0, -(least or 0.0))
    rate = abs(watts) / VOLTAGE / 3 if watts is not None else abs(amps or 0.0)
    return (rate, room, most) if room > 0 else (0.0, 0.0, None)


def _missing(dc: Any) -> float:
    """What a DC car's battery has room for, where it says no energy."""
    capacity, soc, full = given(dc.ev_energy_capacity), given(dc.state_of_charge), given(dc.full_soc) or 100
    return 0.0 if capacity is None or soc is None else max(0.0, capacity * (full - soc) / 100)


async def _promise(call: Call, req: Any, running: Transaction, wanted: Wanted) -> None:
    """A charging need of the car's own, in the place of what it said before (K17)."""
    most_a = wanted.most if wanted.unit == "A" else wanted.most / VOLTAGE / 3
    of_car = OfCar(given(req.max_schedule_tuples), most_a or None, wanted.least_a, wanted.discharge_a, wanted.room_wh,
                   wanted.ceiling_wh, PHASES.get(req.charging_needs.requested_energy_transfer))  # fmt: skip
    need = Need(
        id=await call.numbers.rows.take(), tenant_id=call.station.tenant_id, station_id=call.station.id,
        evse_id=req.evse_id, energy_wh=wanted.energy_wh, ready_by=wanted.ready_by, source="ev", state="active",
        transaction=running.id, from_wh=net_wh(running), ev=of_car, asked_at=call.now,
        created_at=call.now, updated_at=call.now,
    )  # fmt: skip
    call.write.changed.append(planning.replaced(call.station.id, req.evse_id, call.now))
    call.write.changed.append(planning.need_put(need, call.now))


@on("NotifyEVChargingSchedule", V201, V21)
async def notify_ev_charging_schedule(call: Call, req: Any) -> Any:
    """The car's own schedule, held against what the station has (K16.FR.06). Above it: Rejected, and the limit is
    said again (.07, .08)."""
    respond = call.v.NotifyEVChargingScheduleResponse
    running = _running(call, req.evse_id)
    place = Place(
        req.evse_id, transaction_id=None if running is None else running.transaction_id,
        started_at=None if running is None else running.started_at,
    )  # fmt: skip
    profiles = charging.profiles_of(await charging.load(call.db, call.station.id))
    above = exceeded(schedule_from_v2(req.charging_schedule), runtime.from_datetime(req.time_base), profiles, place)
    if above is None:
        return respond(status="Accepted")
    text = f"the car at EVSE {req.evse_id} plans {above}"
    call.write.execute(FOUND, **finding_row(call.station, call.action, "schedule_above_limit", text, call.now))
    limit = allowed(profiles, call.now, "A", place)
    if running is not None and limit is not None and call.settings.stations.makes("limits"):
        await _say_again(call, req.evse_id, running, limit[0])
    return respond(status="Rejected")


async def _say_again(call: Call, evse_id: int, running: Transaction, limit_a: float) -> None:
    if await energy.has_account(call.db, call.station.id, evse_id):
        call.write.changed.append(planning.asked_again(running.id, call.now))
        ring_site(call)
        return
    call.ask("set_charging_profile", evse_id=evse_id, limit_a=round(limit_a, 1), duration_s=DAY_S)


def exceeded(schedule: Schedule, base: int, profiles: list[Profile], place: Place) -> str | None:
    """Where a car's schedule is above what its station's profiles allow, in words; None where it is not."""
    for period in schedule.periods:
        found = allowed(profiles, base + period.start_s * SECOND, schedule.unit, place)
        if found is not None and _most(period) > found[0] * _TOLERANCE + _MARGIN:
            return f"{_most(period):g} {schedule.unit} from second {period.start_s} on, where {found[0]:g} are allowed"
    return None


def _most(period: Period) -> float:
    return 0.0 if period.limit is None else period.limit
