"""N04: asking for a station's monitors on our own: once it told that it can have any, and after each boot."""

from __future__ import annotations

from ohmstead.blocks import Call
from ohmstead.domain.device_model import Name, plain
from ohmstead.domain.reports import Report
from ohmstead.store import device_model, monitors
from ohmstead.store.sessions import Station

MOST_ASKED = 3
"""How often we ask on our own without ever getting a whole report."""
AVAILABLE = Name("MonitoringCtrlr", "Available")


async def read_first(call: Call, report: Report) -> None:
    """A full report of its variables is whole: does it say that there may be monitors, and were they never read?"""
    told = report.variables().get(AVAILABLE.key)
    actual = None if told is None else told.attribute()
    if actual is None or plain(actual.value) != "true" or not _may_ask(call):
        return
    state = await monitors.load_state(call.db, call.station.id)
    if state.report_at is None and not state.asked_times:
        _ask(call, 1)


async def read_again(call: Call, before: Station) -> None:
    """After a boot: numbers of monitors may be others now (N04.FR.19). Only stations that are known to have any, or
    that say they can, are asked; one that never tells everything is not asked for ever."""
    station = call.station
    if not _may_ask(call):
        return
    asked_times = (await monitors.load_state(call.db, station.id)).asked_times
    if before.firmware_version != station.firmware_version:
        asked_times = 0
    if asked_times >= MOST_ASKED:
        return
    model = await device_model.load_some(call.db, station.tenant_id, station.id, [AVAILABLE])
    if plain(model.value(AVAILABLE)) == "true" or await monitors.load(call.db, station.id):
        _ask(call, asked_times + 1)


def _may_ask(call: Call) -> bool:
    accepted = call.version.dialect == "v2" and call.station.registration == "accepted"
    return accepted and call.settings.stations.makes("monitors")


def _ask(call: Call, times: int) -> None:
    station = call.station
    call.write.changed.append(monitors.asked_again(station.tenant_id, station.id, times))
    call.ask("get_monitoring_report")
