from __future__ import annotations

from typing import Any

import pytest

from ohmstead.domain.metering import Reading
from ohmstead.domain.station import (
    Connector,
    Skew,
    entitles,
    evse_state,
    may_send,
    observed,
    own_interval,
    reported,
    standing,
)
from ohmstead.domain.transactions import Event, Transaction, begin, fold

NOW = 1_764_000_000_000_000
SECOND = 1_000_000
HOUR = 3600 * SECOND


@pytest.mark.parametrize(
    ("registration", "action", "triggered", "allowed"),
    [
        ("unknown", "BootNotification", (), True),
        ("unknown", "Heartbeat", (), False),  # B07
        ("unknown", "StatusNotification", ("StatusNotification",), True),
        ("pending", "BootNotification", (), True),
        ("pending", "TransactionEvent", (), False),  # B03
        ("pending", "NotifyReport", ("NotifyReport",), True),  # B04
        ("rejected", "BootNotification", (), True),
        ("rejected", "NotifyReport", ("NotifyReport",), False),  # B05
        ("accepted", "TransactionEvent", (), True),
    ],
)
def test_who_may_speak(registration: Any, action: str, triggered: tuple[str, ...], allowed: bool) -> None:
    assert may_send(registration, action, triggered) is allowed


@pytest.mark.parametrize(
    ("action", "message", "entitled"),
    [
        ("GetBaseReport", None, {"NotifyReport"}),
        ("GetLog", None, {"LogStatusNotification"}),
        ("Reset", None, set()),
        ("TriggerMessage", "StatusNotification", {"StatusNotification"}),
        ("TriggerMessage", "SignChargingStationCertificate", {"SignCertificate"}),
        ("ExtendedTriggerMessage", "SignChargePointCertificate", {"SignCertificate"}),
    ],
)
def test_what_our_call_entitles_to(action: str, message: str | None, entitled: set[str]) -> None:
    assert entitles(action, message) == entitled


def test_reports_go_by_time() -> None:
    first = reported(None, 1, 1, "Available", NOW - 10, NOW)
    assert first == Connector(1, 1, "Available", NOW - 10)
    newer = reported(first, 1, 1, "Occupied", NOW - 5, NOW)
    assert newer == Connector(1, 1, "Occupied", NOW - 5)
    assert reported(newer, 1, 1, "Available", NOW - 7, NOW) is newer  # from the queue
    assert reported(newer, 1, 1, "Faulted", NOW - 5, NOW) == Connector(1, 1, "Faulted", NOW - 5)


@pytest.mark.parametrize("at", [None, 0, 86_400 * SECOND, NOW + HOUR])
def test_a_clock_that_cannot_be_right_is_replaced(at: int | None) -> None:
    current = Connector(1, 1, "Available", NOW - 10)
    assert reported(current, 1, 1, "Occupied", at, NOW) == Connector(1, 1, "Occupied", NOW)


def test_a_word_that_is_no_status_changes_nothing() -> None:
    current = Connector(1, 1, "Available", NOW)
    assert reported(current, 1, 1, "Singing", NOW, NOW) is current
    assert reported(None, 1, 1, "Singing", NOW, NOW) is None
    assert reported(None, 1, 1, "occupied", NOW, NOW) == Connector(1, 1, "Occupied", NOW)


def transaction(charging_state: str | None = None, wh: float | None = None, stop: str | None = None) -> Transaction:
    readings = () if wh is None else (Reading(NOW - 9, 0.0), Reading(NOW, wh))
    event = Event(kind="started", at=NOW, seq_no=0, evse_id=1, charging_state=charging_state, readings=readings)
    one = fold(begin(1, 2, "x"), event).transaction
    if stop:
        one = fold(
            one, Event(kind="updated", at=NOW, seq_no=1, token=stop, trigger_reason="StopAuthorized")
        ).transaction
    return one


def connectors(*statuses: str) -> list[Connector]:
    return [Connector(1, n, status, NOW) for n, status in enumerate(statuses, 1)]


WHOLE_EVSE = Connector(1, 0, "Unavailable", NOW)
WHOLE_STATION = Connector(0, 0, "Faulted", NOW)
ENDED = fold(transaction("Charging"), Event(kind="ended", at=NOW, seq_no=9)).transaction


@pytest.mark.parametrize(
    ("known", "active", "state"),
    [
        ([], None, "unavailable"),
        (connectors("Available"), None, "available"),
        (connectors("Occupied"), None, "occupied"),  # D18
        (connectors("Reserved"), None, "reserved"),
        (connectors("Faulted"), None, "faulted"),
        (connectors("Unavailable"), None, "unavailable"),
        # an EVSE is as good as its best connector
        (connectors("Available", "Unavailable"), None, "available"),
        (connectors("Available", "Faulted"), None, "available"),
        (connectors("Available", "Occupied"), None, "occupied"),
        (connectors("Faulted", "Unavailable"), None, "faulted"),
        # 1.6 tells of charging in the status
        (connectors("Preparing"), None, "preparing"),
        (connectors("Charging"), transaction(), "charging"),
        (connectors("SuspendedEV"), transaction(), "suspended_ev"),
        (connectors("SuspendedEVSE"), transaction(), "suspended_evse"),
        (connectors("Finishing"), None, "finishing"),
        # 2.x in the transaction
        (connectors("Occupied"), transaction("Charging"), "charging"),
        (connectors("Occupied"), transaction("SuspendedEV"), "suspended_ev"),
        (connectors("Occupied"), transaction("SuspendedEVSE"), "suspended_evse"),
        (connectors("Occupied"), transaction("EVConnected"), "preparing"),
        (connectors("Occupied"), transaction("EVConnected", 50.0), "finishing"),
        (connectors("Occupied"), transaction("EVConnected", stop="A"), "finishing"),
        (connectors("Occupied"), transaction("Idle"), "preparing"),
        (connectors("Occupied"), transaction(), "occupied"),
        (connectors("Available"), transaction(), "occupied"),
        (connectors("Unavailable"), transaction("Charging"), "charging"),
        (connectors("Faulted"), transaction("Charging"), "faulted"),
        (connectors("Occupied"), ENDED, "occupied"),
        ([], transaction("Charging"), "charging"),
        # of other EVSEs nothing
        ([*connectors("Available"), Connector(2, 1, "Faulted", NOW)], None, "available"),
        # of the whole EVSE or station
        ([*connectors("Available"), WHOLE_EVSE], None, "unavailable"),
        ([*connectors("Available"), WHOLE_STATION], None, "faulted"),
        ([WHOLE_STATION], None, "faulted"),
        ([Connector(1, 1, "Available", NOW + 1), WHOLE_EVSE], None, "available"),
        ([*connectors("Occupied"), Connector(0, 0, "Available", NOW + 1)], None, "occupied"),
    ],
)
def test_what_an_evse_is_doing(known: list[Connector], active: Transaction | None, state: str) -> None:
    assert evse_state(1, known, active) == state


def skew_after(*ahead: float) -> Skew | None:
    skew = None
    for seconds in ahead:
        skew = observed(skew, NOW + int(seconds * SECOND), NOW)
    return skew


def test_the_skew_is_what_the_fastest_message_says() -> None:
    assert skew_after() is None
    assert skew_after(-0.5) == Skew(-SECOND // 2)
    assert skew_after(-3, -0.5) == Skew(-SECOND // 2)
    assert skew_after(100) == Skew(100 * SECOND)
    assert skew_after(0, -8) == Skew(-SECOND)


def test_queued_messages_do_not_move_the_skew() -> None:
    assert skew_after(-1, -7200, -7100, -7000) == Skew(-SECOND, 3)
    assert skew_after(-1, -7200, -1) == Skew(-SECOND)
    assert skew_after(-7200, -1) == Skew(-SECOND)


def test_a_clock_that_was_set_back_is_believed_in_the_end() -> None:
    assert skew_after(0, *[-3600] * 10) == Skew(-HOUR)


def test_a_clock_that_is_not_set_says_nothing() -> None:
    assert observed(Skew(5), 0, NOW) == Skew(5)
    assert observed(None, 0, NOW) is None


@pytest.mark.parametrize(
    ("decided", "told", "judged"),
    [
        ("accepted", None, "unknown"),
        ("rejected", None, "unknown"),
        ("accepted", "accepted", "accepted"),
        ("accepted", "pending", "accepted"),
        ("pending", "pending", "pending"),
        ("rejected", "pending", "pending"),
        ("pending", "rejected", "rejected"),
        ("pending", "accepted", "accepted"),  # it keeps its word until the next boot: nothing of money gets CALLERROR
        ("rejected", "accepted", "accepted"),
    ],
)
def test_a_station_is_judged_by_what_it_was_told(decided, told, judged):
    assert standing(decided, told) == judged


def test_intervals_are_spread_over_the_fleet() -> None:
    found = [own_interval(f"CS{n}", 300, 0.1) for n in range(10_000)]
    assert (min(found), max(found)) == (271, 300)
    assert max(found.count(one) for one in range(271, 301)) < 10_000 / 30 * 1.3
    assert found[7] == own_interval("CS7", 300, 0.1)
    assert {own_interval(f"CS{n}", 1, 0.5) for n in range(100)} == {1}
    assert {own_interval(f"CS{n}", 300, 0) for n in range(100)} == {300}
