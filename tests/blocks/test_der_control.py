"""DER controls set and read, reported in parts, alarms and starts told (R01 to R05, L13)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ohmstead.blocks.command import Unsupported, parse
from ohmstead.store import der_controls
from tests.blocks.staging import SQLITE, Stage, converse

pytestmark = pytest.mark.anyio
CURVE = {"curveData": [{"x": 50.2, "y": 100}, {"x": 51.5, "y": 0}], "priority": 1, "yUnit": "PctMaxW"}
NOW = "2026-11-28T20:00:00Z"


def command(kind: str, **fields: Any) -> Any:
    return parse(json.dumps({"type": kind, **fields}))


def test_each_type_has_its_own_object() -> None:
    asked = command("set_der_control", control_id="c1", control_type="FreqWatt", settings=CURVE, is_default=True)
    said = converse(asked, "2.1", {"status": "Accepted", "supersededIds": ["c0"]})
    ((action, payload),) = said.requests
    assert (action, payload["isDefault"], payload["curve"]) == ("SetDERControl", True, CURVE)
    droop = {"priority": 0, "gradient": 1, "softGradient": 2}
    said = converse(command("set_der_control", control_id="c2", control_type="Gradients", settings=droop), "2.1",
                    {"status": "NotSupported"})  # fmt: skip
    assert said.requests[0][1]["gradient"] == droop
    assert (said.outcome.accepted, said.outcome.reason) == (False, "NotSupported")


@pytest.mark.parametrize(
    ("version", "fields"),
    [
        ("2.1", {"control_type": "FreqWatt", "settings": {"priority": 1}}),
        ("2.1", {"control_type": "FreqWatt", "settings": CURVE | {"startTime": NOW}, "is_default": True}),
        ("2.0.1", {"control_type": "FreqWatt", "settings": CURVE}),
        ("1.6", {"control_type": "FreqWatt", "settings": CURVE}),
    ],
)
def test_what_cannot_be_set(version: str, fields: dict[str, Any]) -> None:
    with pytest.raises(Unsupported):
        converse(command("set_der_control", control_id="c1", **fields), version)


def test_cleared() -> None:
    said = converse(command("clear_der_control", control_type="FreqWatt"), "2.1", {"status": "Accepted"})
    assert said.requests == [("ClearDERControl", {"isDefault": False, "controlType": "FreqWatt"})]


@SQLITE
async def test_l13_a_report_in_parts_confirms_with_its_last(stage: Stage) -> None:
    said = converse(command("get_der_control"), "2.1", {"status": "Accepted"})
    assert said.outcome.expects == ("der_report", "77")
    one = {"id": "c1", "curveType": "FreqWatt", "isDefault": True, "isSuperseded": False, "curve": CURVE}
    old = der_controls.Control(control_id="old", control_type="FreqWatt", is_default=True, superseded=False,
                               source="set", settings={}, updated_at=1)  # fmt: skip
    await stage.db.store([], [der_controls.put(1, 1, old), der_controls.doubted(1, truth=True)])
    pf = {"id": "c2", "isDefault": False, "isSuperseded": True, "fixedPF": {"priority": 2, "displacement": 0.9,
          "excitation": True}}  # fmt: skip
    part = {"requestId": 77, "curve": [one], "fixedPFInject": [pf], "gradient": [{"id": "c3", "gradient": {
        "priority": 1, "gradient": 1, "softGradient": 1}}], "tbc": True}  # fmt: skip
    assert await stage.say("ReportDERControl", part, "2.1") == {}
    assert stage.happened == []
    assert len(await der_controls.load(stage.db, 1)) == 4  # not complete yet
    assert await stage.say("ReportDERControl", {"requestId": 77, "curve": [one]}, "2.1") == {}
    assert stage.happened == [("der_report", "77")]
    kept = {one.control_id: (one.control_type, one.is_default, one.superseded)
            for one in await der_controls.load(stage.db, 1)}  # fmt: skip
    assert kept == {"c1": ("FreqWatt", True, False), "c2": ("FixedPFInject", False, True),
                    "c3": ("Gradients", None, False)}  # fmt: skip
    ((kind, told),) = stage.told
    assert (kind, told["more"], told["controls"]["curve"][0]["id"]) == ("der_control.reported", False, "c1")


@SQLITE
async def test_an_alarm_ends_when_the_station_says_so(stage: Stage) -> None:
    alarm = {"controlType": "HFMustTrip", "timestamp": NOW, "gridEventFault": "OverFrequency"}
    assert await stage.say("NotifyDERAlarm", alarm, "2.1") == {}
    assert stage.told[0][0] == "alert.firing"
    assert "OverFrequency" in stage.told[0][1]["text"]
    await stage.say("NotifyDERAlarm", alarm | {"alarmEnded": True}, "2.1")
    assert stage.told[0][0] == "alert.resolved"


@SQLITE
async def test_what_begins_tells_what_it_supersedes(stage: Stage) -> None:
    begun = {"controlId": "c1", "started": True, "timestamp": NOW, "supersededIds": ["c0"]}
    assert await stage.say("NotifyDERStartStop", begun, "2.1") == {}
    assert [(kind, told["superseded_ids"]) for kind, told in stage.told] == [("der_control.started", ["c0"])]


@SQLITE
async def test_what_it_accepts_it_has_until_it_is_cleared(stage: Stage) -> None:
    async def has() -> list[tuple[str, bool, bool | None]]:
        return [(one.control_id, one.superseded, one.started) for one in await der_controls.load(stage.db, 1)]

    def asked(id: str, **more: Any) -> dict[str, Any]:
        return {"controlId": id, "controlType": "FreqWatt", "isDefault": False, "curve": CURVE, **more}

    await stage.learn("SetDERControl", asked("c0"), {"status": "Accepted"}, "2.1")
    await stage.learn("SetDERControl", asked("c1"), {"status": "Accepted", "supersededIds": ["c0"]}, "2.1")
    await stage.learn("SetDERControl", asked("c2"), {"status": "Rejected"}, "2.1")
    assert await has() == [("c0", True, None), ("c1", False, None)]
    over = {"controlId": "c1", "started": False, "timestamp": NOW, "supersededIds": ["c0"]}
    await stage.say("NotifyDERStartStop", over, "2.1")
    assert await has() == [("c0", False, None), ("c1", False, False)]
    await stage.learn("ClearDERControl", {"isDefault": False, "controlId": "c1"}, {"status": "Accepted"}, "2.1")
    assert await has() == [("c0", False, None)]
    await stage.learn("GetDERControl", {"requestId": 5}, {"status": "NotFound"}, "2.1")
    assert await has() == []
