"""What a 2.x station does when it is called."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator.ev import Ev


@pytest.fixture(params=["2.0.1", "2.1"])
def station(bench: Any, request: pytest.FixtureRequest) -> Any:
    return bench(request.param).up()


def profile(watts: float, purpose: str = "TxDefaultProfile", **more: Any) -> dict[str, Any]:
    schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": watts}]}
    return {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule],
        **more,
    }


def start(evse_id: int | None = 1, **more: Any) -> dict[str, Any]:
    words: dict[str, Any] = {"idToken": {"idToken": "APP", "type": "Central"}, "remoteStartId": 9, **more}
    return {**words, "evseId": evse_id} if evse_id is not None else words


def test_remote_start_and_stop(station: Any) -> None:
    station.plug(Ev(), 2)
    answer = station.call("RequestStartTransaction", start(None, chargingProfile=profile(5000, "TxProfile")))
    assert answer == {"status": "Accepted"}
    first = station.events()[0]
    assert first["transactionInfo"]["remoteStartId"] == 9
    assert first["evse"]["id"] == 2
    station.run(20)
    assert station.controller.session(2).evse.power_w == pytest.approx(5000, rel=0.03)
    transaction_id = first["transactionInfo"]["transactionId"]
    known = station.call("GetTransactionStatus", {"transactionId": transaction_id})
    assert known == {"ongoingIndicator": True, "messagesInQueue": False}
    assert station.call("RequestStopTransaction", {"transactionId": "nonsense"})["status"] == "Rejected"
    assert station.call("RequestStopTransaction", {"transactionId": transaction_id}) == {"status": "Accepted"}
    last = station.events()[-1]
    assert (last["triggerReason"], last["transactionInfo"]["stoppedReason"]) == ("RemoteStop", "Remote")
    unknown = station.call("GetTransactionStatus", {"transactionId": "gone"})
    assert unknown == {"ongoingIndicator": False, "messagesInQueue": False}
    assert station.call("GetTransactionStatus", {}) == {"messagesInQueue": False}


def test_remote_start_of_a_waiting_transaction_names_it(station: Any) -> None:
    station.controller.variables["TxCtrlr.TxStartPoint"].value = "EVConnected"
    station.plug(Ev())
    answer = station.call("RequestStartTransaction", start())
    assert answer == {"status": "Accepted", "transactionId": station.controller.session(1).transaction.id}
    assert station.events()[-1]["triggerReason"] == "RemoteStart"
    assert station.events()[-1]["idToken"]["idToken"] == "APP"
    assert station.call("RequestStartTransaction", start())["status"] == "Rejected"


def test_availability(station: Any) -> None:
    def switch(status: str, **evse: int) -> str:
        words = {"operationalStatus": status, **({"evse": evse} if evse else {})}
        return station.call("ChangeAvailability", words)["status"]

    station.plug(Ev())
    station.swipe()
    assert switch("Inoperative") == "Scheduled"
    station.swipe()
    last = {words["evseId"]: words["connectorStatus"] for words in station.csms.of("StatusNotification")}
    assert last == {1: "Unavailable", 2: "Unavailable"}
    assert switch("Operative", id=1, connectorId=1) == "Accepted"
    assert station.csms.of("StatusNotification")[-1]["connectorStatus"] == "Occupied"
    assert switch("Operative", id=7) == "Rejected"


def test_triggers(station: Any) -> None:
    def trigger(message: str, **more: Any) -> str:
        return station.call("TriggerMessage", {"requestedMessage": message, **more})["status"]

    for message in ("Heartbeat", "MeterValues", "FirmwareStatusNotification", "LogStatusNotification"):
        before = len(station.csms.of(message))
        assert trigger(message) == "Accepted"
        assert len(station.csms.of(message)) > before
    before = len(station.csms.of("StatusNotification"))
    assert trigger("StatusNotification", evse={"id": 1, "connectorId": 1}) == "Accepted"
    assert len(station.csms.of("StatusNotification")) == before + 1
    assert trigger("BootNotification") == "Rejected"
    assert trigger("SignV2GCertificate") == "Accepted"
    assert trigger("MeterValues", evse={"id": 5}) == "Rejected"
    assert trigger("TransactionEvent") == "Rejected"
    station.plug(Ev())
    station.swipe()
    assert trigger("TransactionEvent", evse={"id": 1}) == "Accepted"
    assert station.events()[-1]["triggerReason"] == "Trigger"


def test_reset_when_idle_waits_for_the_transaction(station: Any) -> None:
    station.plug(Ev())
    station.swipe()
    assert station.call("Reset", {"type": "OnIdle"}) == {"status": "Scheduled"}
    station.run(30)
    assert len(station.csms.of("BootNotification")) == 1
    station.swipe()
    station.run(10)
    assert station.csms.of("BootNotification")[1]["reason"] == "ScheduledReset"


def test_reset_of_one_evse(station: Any) -> None:
    station.plug(Ev())
    station.swipe()
    assert station.call("Reset", {"type": "Immediate", "evseId": 1}) == {"status": "Accepted"}
    assert station.events()[-1]["transactionInfo"]["stoppedReason"] == "ImmediateReset"
    assert station.call("Reset", {"type": "Immediate", "evseId": 4})["status"] == "Rejected"
    assert len(station.csms.of("BootNotification")) == 1


def test_profiles(station: Any) -> None:
    def install(evse_id: int, words: dict[str, Any]) -> dict[str, Any]:
        return station.call("SetChargingProfile", {"evseId": evse_id, "chargingProfile": words})

    assert install(1, profile(5000, "TxProfile", transactionId="gone"))["statusInfo"] == {"reasonCode": "TxNotFound"}
    assert install(7, profile(5000))["statusInfo"] == {"reasonCode": "UnknownEvse"}
    assert install(1, profile(5000, stackLevel=99))["statusInfo"] == {"reasonCode": "InvalidStackLevel"}
    assert install(1, profile(5000)) == {"status": "Accepted"}
    assert install(0, profile(9000, "ChargingStationMaxProfile", id=2)) == {"status": "Accepted"}
    wanted = {"requestId": 4, "chargingProfile": {"stackLevel": 0}}
    assert station.call("GetChargingProfiles", wanted) == {"status": "Accepted"}
    first, second = station.csms.of("ReportChargingProfiles")
    assert (first["evseId"], first["tbc"], second["evseId"], second.get("tbc", False)) == (0, True, 1, False)
    assert second["chargingProfile"][0]["id"] == 1
    none = {"requestId": 5, "chargingProfile": {"chargingProfileId": [44]}}
    assert station.call("GetChargingProfiles", none) == {"status": "NoProfiles"}
    composite = station.call("GetCompositeSchedule", {"evseId": 1, "duration": 60, "chargingRateUnit": "W"})
    assert composite["schedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 5000.0}]
    criteria = {"chargingProfileCriteria": {"chargingProfilePurpose": "TxDefaultProfile"}}
    assert station.call("ClearChargingProfile", criteria) == {"status": "Accepted"}
    assert station.call("ClearChargingProfile", {"chargingProfileId": 1}) == {"status": "Unknown"}
    assert station.call("GetCompositeSchedule", {"evseId": 7, "duration": 60})["status"] == "Rejected"


def test_a_limit_of_zero_suspends_and_more_resumes(station: Any) -> None:
    station.plug(Ev())
    station.swipe()
    station.run(10)
    for watts, state in ((0, "SuspendedEVSE"), (6000, "Charging")):
        station.call("SetChargingProfile", {"evseId": 1, "chargingProfile": profile(watts)})
        station.run(20)
        assert station.events()[-1]["transactionInfo"]["chargingState"] == state
        assert station.controller.session(1).evse.power_w == pytest.approx(watts, rel=0.03, abs=1)


def test_the_station_limit_is_shared(station: Any) -> None:
    for evse_id in (1, 2):
        station.plug(Ev(), evse_id)
        station.swipe(f"TAG{evse_id}", evse_id)
    station.run(20)
    words = {"evseId": 0, "chargingProfile": profile(12_000, "ChargingStationMaxProfile")}
    assert station.call("SetChargingProfile", words) == {"status": "Accepted"}
    station.run(5)
    powers = [station.controller.session(evse_id).evse.power_w for evse_id in (1, 2)]
    assert sum(powers) <= 12_001
    assert powers == pytest.approx([6000, 6000], rel=0.05)


def test_the_rest(station: Any) -> None:
    assert station.call("DataTransfer", {"vendorId": "ACME"}) == {"status": "UnknownVendorId"}
    assert station.call("CostUpdated", {"totalCost": 1.5, "transactionId": "x"}) == {}
    assert station.call("UnlockConnector", {"evseId": 1, "connectorId": 4}) == {"status": "UnknownConnector"}
    assert station.call("UnlockConnector", {"evseId": 1, "connectorId": 1}) == {"status": "Unlocked"}
    station.plug(Ev())
    station.swipe()
    running = {"status": "OngoingAuthorizedTransaction"}
    assert station.call("UnlockConnector", {"evseId": 1, "connectorId": 1}) == running
    entry = {"idToken": {"idToken": "A", "type": "Central"}, "idTokenInfo": {"status": "Accepted"}}
    words = {"versionNumber": 2, "updateType": "Full", "localAuthorizationList": [entry]}
    assert station.call("SendLocalList", words) == {"status": "Accepted"}
    assert station.call("GetLocalListVersion", {}) == {"versionNumber": 2}
    assert station.call("Reset", {})[0] == "error"
