"""Drafts: a simulated station is recorded, and the draft makes one that speaks like it."""

from __future__ import annotations

import tomllib

import pytest

from ohmstead.ocpp.versions import BY_NAME
from ohmstead.shapes.tables import Table
from ohmstead.simulator import Ev, Frame, Station
from ohmstead.simulator.persona import load, parse
from ohmstead.simulator.visits import Visit, visit
from ohmstead.traces.drafting import draft
from ohmstead.traces.reading import Trace
from ohmstead.traces.record import TO_CSMS, TO_STATION, BadTrace, Record
from tests.simulator.naive import ITEM, Naive
from tests.traces.conftest import talk

START = 1_764_000_000_000_000


async def recorded(name: str, version: str) -> Trace:
    """Two visits of a station with this persona."""
    csms = Naive(BY_NAME[version])
    station = Station("CS1", url="ws://x", version=version, persona=name, speed=None, start=START, dial=csms.dial)
    async with station:
        await station.boot()
        if version != "1.6":
            csms.ask("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"})
            csms.ask("GetVariables", {"getVariableData": [ITEM]})
        await station.wait(5)
        for _ in range(2):
            await visit(station, Visit(token="TAG", ev=Ev(soc=20), minutes=3, plugging_s=2, leaving_s=3))
    places = {(one.message_id, one.kind == 2): place for place, one in enumerate(station.sent)}

    def order(one: Frame) -> tuple[int, float]:
        """An answer comes behind its call, though both are of the same moment."""
        place = places.get((one.message_id, one.kind != 2), -1)
        return one.at, place + (-0.5 if one.kind == 2 else 0.5)

    ways = [((one.at, float(place)), TO_CSMS, one) for place, one in enumerate(station.sent)]
    ways += [(order(one), TO_STATION, one) for one in station.received]
    records = [
        Record(line=line, at=one.at, identity="CS1", version=version, direction=way, text=one.text.decode())
        for line, (_, way, one) in enumerate(sorted(ways, key=lambda way: way[0]), 1)
    ]
    return Trace("recording.jsonl", records)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "version", "place"),
    [
        ("seq-no-per-evse", "2.0.1", ("transactions", "seq_no")),
        ("seq-no-always-zero", "2.0.1", ("transactions", "seq_no")),
        ("split-values", "2.0.1", ("transactions", "split_values")),
        ("begin-values-late", "2.1", ("transactions", "begin_values")),
        ("nulls", "2.0.1", ("wire", "nulls")),
        ("times-with-offset", "2.0.1", ("wire", "times")),
        ("times-without-zone", "1.6", ("wire", "times")),
        ("bare-numbers", "1.6", ("wire", "numbers")),
        ("thousands-of-wh", "2.0.1", ("metering", "multiplier")),
        ("register-per-phase", "2.0.1", ("metering", "register")),
        ("report-without-tbc", "2.0.1", ("device", "tbc")),
        ("availability-by-event", "2.0.1", ("status", "by")),
        ("status-1970", "2.0.1", ("status", "time")),
        ("values-after-stop", "1.6", ("transactions", "values_after_stop")),
    ],
)
async def test_what_is_odd_is_found_again(name: str, version: str, place: tuple[str, str]) -> None:
    text = draft(await recorded(name, version))
    table, key = place
    found = tomllib.loads(text)
    assert found[table][key] == getattr(getattr(load(name), table), key), text
    made = parse(Table("draft", text))
    assert (made.marks, made.versions) == ("odd", (version,))


@pytest.mark.anyio
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_of_the_ordinary_station_nothing_odd_is_said(version: str) -> None:
    found = tomllib.loads(draft(await recorded("default", version)))
    assert found["boot"] == {"vendor": "Ohmstead", "model": "Simulator", "firmware": "1.0"}
    assert set(found) - {"settings"} == {"name", "title", "why", "marks", "versions", "boot"}
    assert found["marks"] == "compliant"


def test_refusals_and_silence_are_kept() -> None:
    text = draft(
        talk(
            """
            > [2,"1","Heartbeat",{}]
            < [2,"a","Reset",{"type":"OnIdle"}]
            > [3,"a",{"status":"Rejected"}]
            < [2,"b","GetLog",{}]
            > [4,"b","NotSupported","",{}]
            < [2,"c","ClearCache",{}]
            < [2,"d","ClearCache",{}]
            < [2,"e","TriggerMessage",{}]
            > [3,"e",{"status":"Accepted"}]
            < [2,"f","TriggerMessage",{}]
            > [3,"f",{"status":"Rejected"}]
            """
        )
    )
    assert tomllib.loads(text)["answers"] == {
        "Reset": "Rejected",
        "GetLog": "error NotSupported",
        "ClearCache": "silence",
    }
    assert 'Reset = "Rejected"  # line 2' in text


def test_a_hostile_recording_stays_text() -> None:
    boot = '{"chargingStation":{"vendorName":"\\"]\\n[x]","model":7},"reason":"PowerUp"}'
    found = tomllib.loads(draft(talk(f'> [2,"1","BootNotification",{boot}]')))
    assert found["boot"] == {"vendor": '"]\n[x]'}
    assert found["name"] == "x"
    with pytest.raises(BadTrace, match="expected calls of CS9, found none"):
        draft(talk('> [2,"1","Heartbeat",{}]'), "CS9")
