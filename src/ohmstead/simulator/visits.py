"""One driver's visit, as it goes at this kind of station: come, show a token, charge, leave; or come with a car that
charges by contract."""

from __future__ import annotations

from dataclasses import dataclass

from ohmstead.simulator.ev import Ev
from ohmstead.simulator.station import Station


@dataclass(frozen=True)
class Visit:
    """What a driver means to do. `plugging_s` lies between plug and token, `leaving_s` between stop and unplugging; who
    does not `stop` just pulls the cable."""

    evse_id: int = 1
    token: str = "OHMSTEAD-1"
    ev: Ev | None = None
    minutes: float = 30.0
    plugging_s: float = 10.0
    stop: bool = True
    leaving_s: float = 60.0


async def visit(station: Station, plan: Visit) -> float | None:
    """Let it happen; the energy in Wh by the station's register, None when the token was refused."""
    evse_id, habits = plan.evse_id, station.persona.visits
    token = habits.token.replace("{token}", plan.token).replace("{serial}", station.controller.serial)
    if station.evse(evse_id).ev is not None:  # the visit before went wrong half-way
        await station.unplug(evse_id)
    before = station.evse(evse_id).register_wh
    by_contract = plan.ev is not None and plan.ev.contract is not None
    if by_contract or not habits.token_first:
        await station.plug(evse_id, plan.ev)
        await station.wait(plan.plugging_s)
    if by_contract:
        accepted = await station.contract_status(evse_id) == "Accepted"
    else:
        accepted = await station.swipe(token, evse_id) == "Accepted"
    if not by_contract and habits.token_first:
        await station.wait(plan.plugging_s)
        await station.plug(evse_id, plan.ev)
    if accepted:
        await _charge(station, plan)
        if plan.stop and station.transaction(evse_id) is not None:
            await station.stop(evse_id)
            await station.wait(plan.leaving_s)
    await station.unplug(evse_id)
    return station.evse(evse_id).register_wh - before if accepted else None


async def _charge(station: Station, plan: Visit) -> None:
    habits, left_s = station.persona.visits, plan.minutes * 60
    if 0 < habits.drop_after_s < left_s:
        await station.charge(plan.evse_id, minutes=habits.drop_after_s / 60)
        await station.go_offline()
        await station.charge(plan.evse_id, minutes=habits.offline_s / 60)
        await station.go_online()
        left_s -= habits.drop_after_s + habits.offline_s
    if left_s > 0:
        await station.charge(plan.evse_id, minutes=left_s / 60)
