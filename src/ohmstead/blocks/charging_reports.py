"""K: what stations say of charging profiles and limits on their own, or because they were asked."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from ohmstead.blocks import Call, on
from ohmstead.blocks.command import given
from ohmstead.blocks.profile_words import from_v2, schedule_from_v2
from ohmstead.ocpp.versions import V21, V201
from ohmstead.store import charging
from ohmstead.store.charging import Limit
from ohmstead.store.findings import FOUND, finding_row

SITE_TOPIC = "site"
"""Rung with a site's number when something happened that its plan depends on."""


def ring_site(call: Call) -> None:
    """The plan of the station's site shall be looked at."""
    if call.station.site_id is not None:
        call.write.ring(SITE_TOPIC, str(call.station.site_id))


@on("ReportChargingProfiles", V201, V21)
async def report_charging_profiles(call: Call, req: Any) -> Any:
    """A part of a report: what it names is taken over at once, what is gone when the last part is there (K09)."""
    station, write = call.station, call.write
    for one in req.charging_profile:
        profile = from_v2(one, req.evse_id, call.now)
        write.changed.append(
            charging.installed(station.tenant_id, station.id, profile, req.charging_limit_source, call.now)
        )
    call.happened("message", "ReportChargingProfiles")
    report = await charging.find_report(call.db, station.id, req.request_id)
    if report is None:
        text = f"nobody asked for report {req.request_id} of charging profiles"
        write.execute(FOUND, **finding_row(station, call.action, "report_not_asked", text, call.now))
    elif not req.tbc:
        full, asked_at = report
        if full:
            write.changed.append(charging.unnamed(station.id, asked_at))
        write.changed.append(charging.report_over(station.id, req.request_id))
        call.happened("profiles_report", str(req.request_id))
    return call.v.ReportChargingProfilesResponse()


@on("NotifyChargingLimit", V201, V21)
async def notify_charging_limit(call: Call, req: Any) -> Any:
    """Somebody else limits the station (K12, K13): the plan stays inside it."""
    station, said = call.station, req.charging_limit
    limit = Limit(
        given(req.evse_id) or 0,
        said.charging_limit_source,
        given(said.is_grid_critical),
        () if req.charging_schedule is UNSET else tuple(schedule_from_v2(one) for one in req.charging_schedule),
        call.now,
    )
    call.write.changed.append(charging.limited(station.tenant_id, station.id, limit))
    ring_site(call)
    return call.v.NotifyChargingLimitResponse()


@on("ClearedChargingLimit", V201, V21)
async def cleared_charging_limit(call: Call, req: Any) -> Any:
    """It does not any more (K14)."""
    call.write.changed.append(charging.released(call.station.id, given(req.evse_id) or 0, req.charging_limit_source))
    ring_site(call)
    return call.v.ClearedChargingLimitResponse()
