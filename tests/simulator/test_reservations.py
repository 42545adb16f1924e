from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator.ev import Ev

SOON = "2099-01-01T00:00:00.000Z"


def reserve(station: Any, token: str, number: int = 5, until: str = SOON, group: str | None = None) -> str:
    if station.controller.version.dialect == "v16":
        words = {"connectorId": 1, "expiryDate": until, "idTag": token, "reservationId": number}
        words |= {} if group is None else {"parentIdTag": group}
    else:
        words = {"id": number, "expiryDateTime": until, "idToken": {"idToken": token, "type": "Central"}, "evseId": 1}
        words |= {} if group is None else {"groupIdToken": {"idToken": group, "type": "Central"}}
    return str(station.call("ReserveNow", words)["status"])


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_only_its_token_may_charge(bench: Any, version: str) -> None:
    station = bench(version).up()
    assert reserve(station, "MINE") == "Accepted"
    status = {"1.6": "status"}.get(version, "connectorStatus")
    assert station.csms.of("StatusNotification")[-1][status] == "Reserved"
    station.plug(Ev())
    assert station.swipe("OTHER") == "Reserved"
    assert station.swipe("mine") == "Accepted"
    action = "StartTransaction" if version == "1.6" else "TransactionEvent"
    assert [words["reservationId"] for words in station.csms.of(action) if "reservationId" in words] == [5]


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_it_is_taken_back_and_made_anew(bench: Any, version: str) -> None:
    station = bench(version).up()
    assert reserve(station, "MINE") == "Accepted"
    assert reserve(station, "OTHER", 6) == "Occupied"
    assert reserve(station, "OTHER", 5) == "Accepted"
    for answer in ("Accepted", "Rejected"):
        assert station.call("CancelReservation", {"reservationId": 5})["status"] == answer
    assert station.swipe("ANY") == "Accepted"
    assert reserve(station, "LATE", 7) == "Occupied"


def test_one_of_the_past_and_one_out_of_service(bench: Any) -> None:
    station = bench("2.0.1").up()
    assert reserve(station, "T", until="2001-01-01T00:00:00Z") == "Rejected"
    station.call("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 1}})
    assert reserve(station, "T") == "Unavailable"
