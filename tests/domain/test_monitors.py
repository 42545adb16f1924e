"""What events of monitors mean, and when a report of monitors is whole."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.domain.device_model import Name
from ohmstead.domain.monitors import UNSAID, Event, Monitor, Report, cause, ends, received, subject

TEMPERATURE = Name("EVSE", "Temperature", evse_id=1)
MONITOR = Monitor(id=7, name=TEMPERATURE, type="UpperThreshold", value=80, severity=3)


def event(**fields: Any) -> Event:
    known = {"id": 1, "name": TEMPERATURE, "trigger": "Alerting", "value": "91", "at": 100, "kind": "custom"}
    return Event(**(known | {"monitor_id": 7} | fields))


def test_a_threshold_is_an_alert_of_its_monitors_severity() -> None:
    found = cause(event(), MONITOR)
    assert found is not None
    assert (found.subject, found.severity, found.latched) == ("monitor/7/EVSE.Temperature of EVSE 1", 3, False)
    assert found.text == "EVSE.Temperature of EVSE 1 is 91 (UpperThreshold 80)"
    assert (found.detail["monitor_id"], found.detail["evse_id"], found.detail["value"]) == (7, 1, "91")


def test_the_severity_of_the_event_counts_first_and_without_any_it_is_alert() -> None:
    assert cause(event(severity=1), MONITOR).severity == 1  # type: ignore[union-attr]
    assert cause(event(), None).severity == UNSAID  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("fields", "severity", "raises", "latched"),
    [
        ({"trigger": "Delta"}, None, False, None),
        ({"trigger": "Delta"}, 6, False, None),
        ({"trigger": "Delta"}, 5, True, True),
        ({"trigger": "Periodic"}, 0, False, None),
        ({"trigger": "Delta", "name": Name("Connector", "AvailabilityState"), "value": "Occupied"}, 2, False, None),
        ({"trigger": "Delta", "name": Name("Connector", "Problem"), "value": "true"}, 8, True, False),
        ({"trigger": "Periodic", "name": Name("RCD", "Tripped"), "value": "1"}, None, True, False),
        ({"trigger": "Alerting", "kind": "notification", "monitor_id": None}, None, True, True),
    ],
)
def test_triggers(fields: dict[str, Any], severity: int | None, raises: bool, latched: bool | None) -> None:
    found = cause(event(severity=severity, **fields), None)
    assert (found is not None) is raises
    assert found is None or found.latched is latched


@pytest.mark.parametrize(
    ("fields", "over"),
    [
        ({"cleared": True}, True),
        ({}, False),
        ({"trigger": "Delta", "name": Name("Connector", "Problem"), "value": "False"}, True),
        ({"trigger": "Delta", "value": "false"}, False),
    ],
)
def test_what_is_over_raises_nothing(fields: dict[str, Any], over: bool) -> None:
    said = event(**fields)
    assert ends(said) is over
    assert not over or cause(said, MONITOR) is None


def test_two_monitors_of_a_variable_are_two_subjects() -> None:
    assert len({subject(event(monitor_id=number)) for number in (7, 8, None)}) == 3


def test_what_the_technician_said_is_in_the_text() -> None:
    assert cause(event(tech_code="E7", tech_info="fan"), None).text.endswith("is 91; E7: fan")  # type: ignore[union-attr]


# ---------------------------------------------------------------------- reports


def after(*parts: tuple[int, bool]) -> Report:
    report = Report(request_id=1, full=True, asked_at=0, last_at=0)
    for n, (seq_no, more) in enumerate(parts):
        report = received(report, seq_no, more, n)
    return report


@pytest.mark.parametrize(
    ("parts", "complete", "missing"),
    [
        ([], False, (0,)),
        ([(0, False)], True, ()),
        ([(0, True)], False, (1,)),
        ([(0, True), (1, False)], True, ()),
        ([(1, False), (0, True)], True, ()),
        ([(2, False), (0, True)], False, (1,)),
        ([(0, True), (2, True)], False, (1, 3)),
        ([(0, True), (0, True), (1, False), (1, False)], True, ()),
        ([(0, False), (1, False), (2, False)], True, ()),  # never says that more follows
    ],
)
def test_a_report_is_whole(parts: list[tuple[int, bool]], complete: bool, missing: tuple[int, ...]) -> None:
    report = after(*parts)
    assert (report.complete, report.missing) == (complete, missing)


def test_many_missing_parts_are_not_all_named() -> None:
    assert len(after((2**31 - 1, False)).missing) == 1000
