"""Reports taken over, what waits for a reboot, what events tell, and when a station is asked to tell everything."""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from msgspec import convert
from sqlalchemy import select

from ohmstead.blocks import device_model as block
from ohmstead.blocks.device_model import changes_told, name_of, variable_of
from ohmstead.domain.device_model import Attribute, Change, Characteristics, Name, Pending, Variable
from ohmstead.ocpp.versions import V21, V201
from ohmstead.runtime import FakeClock
from ohmstead.settings import Settings, Stations
from ohmstead.store import device_model, device_reports
from ohmstead.store.tables import commands
from tests.blocks.staging import SQLITE, Stage

AT = "2025-11-24T16:00:00Z"
FRAMES = Path(__file__).parents[1] / "frames"
BOOT = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V", "firmwareVersion": "1"}}
BOOT_16 = {"chargePointModel": "M", "chargePointVendor": "V", "firmwareVersion": "1"}


def said(name: str, value: str | None = "1", component: str = "C", **attribute: Any) -> dict[str, Any]:
    told = {"value": value} if value is not None else {}
    return {
        "component": {"name": component},
        "variable": {"name": name},
        "variableAttribute": [told | attribute],
        "variableCharacteristics": {"dataType": "string", "supportsMonitoring": False},
    }


def report(seq_no: int, more: bool | None, *data: Any, number: int = 5) -> dict[str, Any]:
    part: dict[str, Any] = {"requestId": number, "generatedAt": AT, "seqNo": seq_no}
    return part | ({} if more is None else {"tbc": more}) | ({"reportData": list(data)} if data else {})


async def ask(stage: Stage, number: int = 5, base: str = "FullInventory") -> None:
    asked = {"requestId": number, "reportBase": base}
    await stage.learn("GetBaseReport", asked, {"status": "Accepted"})


async def values(stage: Stage) -> dict[str, str | None]:
    return {one.name.variable: one.attributes[0].value for one in await device_model.load(stage.db, 1)}


# ---------------------------------------------------------------------- words


def test_words_of_the_wire() -> None:
    told = {
        "component": {"name": "Connector", "instance": "a", "evse": {"id": 2, "connectorId": 1}},
        "variable": {"name": "Power", "instance": "max"},
        "variableAttribute": [
            {"type": "MaxSet", "value": "9", "mutability": "ReadOnly", "persistent": True, "constant": True},
            {"type": "Target"},
            {},
        ],
        "variableCharacteristics": {
            "dataType": "decimal", "unit": "kW", "minLimit": 0.5, "maxLimit": 22, "supportsMonitoring": True,
            "valuesList": "1,2", "maxElements": 3,
        },
    }  # fmt: skip
    one = variable_of(convert(told, V21.messages.ReportDataType), 7)
    assert one.name == Name("Connector", "Power", "a", 2, 1, "max")
    assert one.attributes == (
        Attribute("Actual", None, "ReadWrite", updated_at=7),
        Attribute("Target", None, "ReadWrite", updated_at=7),
        Attribute("MaxSet", "9", "ReadOnly", True, True, 7),
    )
    assert one.characteristics == Characteristics("decimal", "kW", 0.5, 22.0, "1,2", True, 3)
    plain = convert({"name": "C"}, V201.messages.ComponentType), convert({"name": "V"}, V201.messages.VariableType)
    assert name_of(*plain) == Name("C", "V")


def test_what_is_told_of_changes() -> None:
    old, new = (Variable(Name("C", "V"), (Attribute(value=value),)) for value in ("1", "2"))
    assert changes_told([]) is None
    assert changes_told([Change(old.name.key, old, old.with_attribute(Attribute(value="1", updated_at=9)))]) is None
    told = changes_told([
        Change(old.name.key, old, new),
        Change(("gone",) * 6, Variable(Name("C", "G", evse_id=1)), None),  # type: ignore[arg-type]
        Change(("new",) * 6, None, new),  # type: ignore[arg-type]
    ])  # fmt: skip
    assert told == {
        "added": 1,
        "removed": 1,
        "changed": 1,
        "variables": [
            {"component": "C", "variable": "V", "values": {"Actual": {"before": "1", "after": "2"}}},
            {"component": "C", "variable": "G", "evse_id": 1, "removed": True},
        ],
    }
    many = [Change((str(n),) * 6, old, None) for n in range(99)]  # type: ignore[arg-type]
    assert len(changes_told(many)["variables"]) == block.MOST_TOLD  # type: ignore[index]


# ---------------------------------------------------------------------- reports


@pytest.mark.anyio
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_report_counts_when_no_part_is_missing(stage: Stage, version: str) -> None:  # D04, B07.FR.10
    await ask(stage)
    for seq_no in (0, 2, 1, 4):
        assert await stage.say("NotifyReport", report(seq_no, seq_no < 4, said(f"V{seq_no}")), version) == {}
        assert ("report", "5") not in stage.happened
        assert await values(stage) == {}
    assert await stage.say("NotifyReport", report(3, True, said("V3")), version) == {}
    assert stage.happened == [("message", "NotifyReport"), ("report", "5")]
    assert await values(stage) == {f"V{n}": "1" for n in range(5)}
    known = await device_model.load(stage.db, 1)
    assert (known.report.complete, known.report.missing_parts, known.report.at) == (True, (), stage.now)
    assert (await device_reports.load_reports(stage.db, 1)).open == {}
    assert stage.told == [
        (
            "device_model.changed",
            {"station_id": "CS1", "source": "report", "added": 5, "removed": 0, "changed": 0, "variables": []},
        )
    ]


@pytest.mark.anyio
async def test_a_second_report_says_what_is_gone(stage: Stage, clock: FakeClock) -> None:
    await ask(stage)
    await stage.say("NotifyReport", report(0, True, said("A"), said("B")))
    await stage.say("NotifyReport", report(1, False, said("C")))
    clock.advance(60)
    await ask(stage, 6)
    await stage.say("NotifyReport", report(0, True, said("A", "2"), number=6))
    assert await values(stage) == {"A": "1", "B": "1", "C": "1"}
    await stage.say("NotifyReport", report(1, False, said("D"), number=6))
    assert await values(stage) == {"A": "2", "D": "1"}
    told = dict(stage.told)["device_model.changed"]
    assert (told["added"], told["removed"], told["changed"]) == (1, 2, 1)
    before = await device_model.load_past(stage.db, 1, stage.now - 1)
    assert {one.name.variable for one in before} == {"A", "B", "C"}


@pytest.mark.anyio
async def test_a_report_in_one_part_counts_at_once(stage: Stage) -> None:
    await ask(stage)
    await stage.say("NotifyReport", report(0, None, said("A"), said("B")))
    assert await values(stage) == {"A": "1", "B": "1"}
    assert (await device_model.load(stage.db, 1)).report.complete
    assert list((await device_reports.load_reports(stage.db, 1)).open) == [5]  # perhaps it just never says `tbc`
    await stage.say("NotifyReport", report(1, None, said("C")))
    assert await values(stage) == {"A": "1", "B": "1", "C": "1"}


@pytest.mark.anyio
async def test_reports_whose_parts_are_mixed(stage: Stage) -> None:  # D06
    await ask(stage)
    await stage.learn("GetReport", {"requestId": 6}, {"status": "Accepted"})
    await stage.say("NotifyReport", report(0, True, said("A")))
    await stage.say("NotifyReport", report(0, True, said("B"), number=6))
    await stage.say("NotifyReport", report(1, False, said("C"), number=6))
    assert stage.happened[-1] == ("report", "6")
    assert await values(stage) == {"B": "1", "C": "1"}
    assert not (await device_model.load(stage.db, 1)).report.complete
    await stage.say("NotifyReport", report(1, False, said("D")))
    assert stage.happened[-1] == ("report", "5")
    assert (await values(stage)).keys() >= {"A", "D"}


@pytest.mark.anyio
async def test_parts_that_come_twice_and_reports_that_nobody_asked_for(stage: Stage, clock: FakeClock) -> None:
    await ask(stage)
    for _ in range(2):
        await stage.say("NotifyReport", report(0, True, said("A")))
    clock.advance(1)
    await stage.say("NotifyReport", report(0, False, said("X"), number=99))
    assert [row["code"] for row in await stage.findings()] == ["report_not_asked"]
    await stage.say("NotifyReport", report(1, False))
    assert await values(stage) == {"A": "1", "X": "1"}


@pytest.mark.anyio
async def test_more_reports_at_once_than_any_station_needs(stage: Stage) -> None:
    for number in range(20):
        await stage.say("NotifyReport", report(0, True, said("A"), number=number))
    assert len((await device_reports.load_reports(stage.db, 1)).open) == 8


@pytest.mark.anyio
async def test_secrets_are_not_kept(stage: Stage) -> None:  # D11, B07.FR.15
    await ask(stage)
    told = [said("BasicAuthPassword", "secret", mutability="ReadWrite"), said("W", "secret", mutability="WriteOnly")]
    await stage.say("NotifyReport", report(0, True, *told))
    rows = await stage.rows(select(device_reports.device_report_parts.c.body))
    assert "secret" not in rows[0][0]
    await stage.say("NotifyReport", report(1, False))
    assert await values(stage) == {"BasicAuthPassword": None, "W": None}


@pytest.mark.anyio
async def test_attributes_without_value_and_long_texts(stage: Stage) -> None:  # D08, D09
    await ask(stage)
    several = said("T", None, type="Target")
    several["variableAttribute"] += [{"type": "MinSet", "value": ""}, {"type": "MaxSet", "value": "9"}]
    long = said("L", "ä" * 2500)
    long["variableCharacteristics"] |= {"dataType": "OptionList", "valuesList": "é" * 1000}
    await stage.say("NotifyReport", report(0, False, several, long))
    known = await device_model.load(stage.db, 1)
    target, text = known.get(Name("C", "T")), known.get(Name("C", "L"))
    assert target is not None
    assert [(one.type, one.value) for one in target.attributes] == [("Target", None), ("MinSet", ""), ("MaxSet", "9")]
    assert text is not None
    assert text.attributes[0].value == "ä" * 2500
    assert text.characteristics is not None
    assert text.characteristics.values_list == "é" * 1000


@pytest.mark.anyio
async def test_the_recorded_inventory(stage: Stage) -> None:
    """355 variables in four parts, as a production stack sent them, in another order."""
    parts = []
    for line in (FRAMES / "libocpp-201-sp2.jsonl").read_text().splitlines():
        frame = json.loads(line)["frame"]
        if isinstance(frame, list) and frame[2:3] == ["NotifyReport"]:
            parts.append(frame[3])
    await ask(stage, parts[0]["requestId"])
    for n in (2, 0, 3, 1):
        await stage.say("NotifyReport", parts[n])
    known = await device_model.load(stage.db, 1)
    assert len(known.variables) == 355
    assert known.report.complete
    assert known.value(Name("OCPPCommCtrlr", "HeartbeatInterval")) == "10"


@SQLITE
@pytest.mark.anyio
async def test_five_thousand_variables(stage: Stage) -> None:
    await ask(stage)
    every = [said(f"V{n}", str(n), f"C{n % 50}") for n in range(5_000)]
    begun = perf_counter()
    for n in range(50):
        await stage.say("NotifyReport", report(n, n < 49, *every[n * 100 : n * 100 + 100]))
    assert perf_counter() - begun < 10
    assert len((await device_model.load(stage.db, 1)).variables) == 5_000


# ---------------------------------------------------------------------- boots


async def queued(stage: Stage) -> list[dict[str, Any]]:
    rows = await stage.rows(select(commands.c.body).order_by(commands.c.created_at, commands.c.id))
    return [json.loads(row[0]) for row in rows]


@pytest.mark.anyio
@pytest.mark.parametrize(("version", "boot"), [("1.6", BOOT_16), ("2.0.1", BOOT), ("2.1", BOOT)])
async def test_everything_is_asked_after_the_first_accept(stage: Stage, version: str, boot: Any) -> None:  # B08
    stage.settings = Settings(stations=Stations(unasked_calls=("base_report",)))
    await stage.say("BootNotification", boot, version)
    assert await queued(stage) == [{"type": "get_base_report"}]
    await stage.know()
    await ask(stage)
    await stage.say("NotifyReport", report(0, False, said("A")))
    await stage.say("BootNotification", boot, version)
    assert len(await queued(stage)) == 1  # it has told everything


@SQLITE
@pytest.mark.anyio
async def test_new_firmware_is_asked_again_and_nobody_more_than_a_few_times(stage: Stage) -> None:
    stage.settings = Settings(stations=Stations(unasked_calls=("base_report",)))
    newer = BOOT | {"chargingStation": {**BOOT["chargingStation"], "firmwareVersion": "2"}}  # type: ignore[dict-item]
    for _ in range(5):
        await stage.say("BootNotification", BOOT)
    assert len(await queued(stage)) == block.MOST_ASKED
    await stage.say("BootNotification", newer)
    assert len(await queued(stage)) == block.MOST_ASKED + 1


@SQLITE
@pytest.mark.anyio
async def test_who_is_not_asked(stage: Stage) -> None:
    await stage.say("BootNotification", BOOT)  # unasked_calls is empty
    stage.settings = Settings()
    await stage.enter(2, registration="pending")
    await stage.say("BootNotification", BOOT)
    await stage.enter(3, registration="rejected")
    await stage.say("BootNotification", BOOT)
    assert await queued(stage) == []


@pytest.mark.anyio
async def test_what_waited_for_a_reboot_is_read_back(stage: Stage) -> None:
    stage.settings = Settings(stations=Stations(unasked_calls=("base_report",)))
    name = Name("C", "V", "left", 2, 1, "max")
    waits = Attribute("Target", "1", "ReadWrite", pending=Pending("2", 5))
    secret = Variable(Name("SecurityCtrlr", "BasicAuthPassword"), (Attribute(pending=Pending(None, 5)),))
    await stage.know(Variable(name, (Attribute(value="x"), waits)), secret)
    await stage.say("BootNotification", BOOT)
    place = {"component": "C", "component_instance": "left", "evse_id": 2, "connector_id": 1}
    variable = place | {"variable": "V", "variable_instance": "max", "attribute": "Target"}
    assert {"type": "get_variables", "variables": [variable]} in await queued(stage)
    assert list(await device_model.load_pending(stage.db, 1)) == []
    found = (await device_model.load(stage.db, 1)).get(name)
    assert found is not None
    assert [one.value for one in found.attributes] == ["x", "1"]


# ---------------------------------------------------------------------- events


def event(name: str, value: str, at: str = AT) -> dict[str, Any]:
    return {
        "eventId": 1, "timestamp": at, "trigger": "Delta", "actualValue": value,
        "eventNotificationType": "CustomMonitor", "component": {"name": "c"}, "variable": {"name": name},
    }  # fmt: skip


@pytest.mark.anyio
async def test_events_tell_values_of_variables_that_are_known(stage: Stage) -> None:  # D16
    await stage.know(Variable(Name("C", "V"), (Attribute(value="1"),)))
    told = [event("v", "2"), event("unknown", "3")]
    assert await stage.say("NotifyEvent", {"generatedAt": AT, "seqNo": 0, "eventData": told}) == {}
    (one,) = await device_model.load(stage.db, 1)
    assert one == Variable(Name("C", "V"), (Attribute(value="2", updated_at=stage.now, source="event"),))
    early = event("V", "0", "2025-11-24T15:00:00Z")
    await stage.say("NotifyEvent", {"generatedAt": AT, "seqNo": 1, "eventData": [early]})
    assert await values(stage) == {"V": "2"}
    ahead = event("V", "9", "2030-01-01T00:00:00Z")  # its clock is wrong: what comes next must count all the same
    await stage.say("NotifyEvent", {"generatedAt": AT, "seqNo": 2, "eventData": [ahead]})
    await stage.say("NotifyEvent", {"generatedAt": AT, "seqNo": 3, "eventData": [event("V", "10")]})
    assert await values(stage) == {"V": "10"}
