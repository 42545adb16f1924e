"""What a 1.6 station does when it is called."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator.ev import Ev


@pytest.fixture
def station(bench: Any) -> Any:
    return bench("1.6").up()


def limit(amps: float, purpose: str = "TxDefaultProfile", **more: Any) -> dict[str, Any]:
    return {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative" if purpose == "TxProfile" else "Absolute",
        "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amps}]},
        **more,
    }


def test_remote_start_and_stop(station: Any) -> None:
    station.plug(Ev())
    profile = limit(10, "TxProfile")
    answer = station.call("RemoteStartTransaction", {"idTag": "APP", "connectorId": 1, "chargingProfile": profile})
    assert answer == {"status": "Accepted"}
    station.run(20)
    assert station.controller.session(1).evse.power_w == pytest.approx(6900, rel=0.02)
    assert station.call("RemoteStartTransaction", {"idTag": "APP", "connectorId": 1}) == {"status": "Rejected"}
    assert station.call("RemoteStopTransaction", {"transactionId": 999}) == {"status": "Rejected"}
    assert station.call("RemoteStopTransaction", {"transactionId": 101}) == {"status": "Accepted"}
    assert station.csms.of("StopTransaction")[0]["reason"] == "Remote"
    assert len(station.controller.profiles) == 0


def test_remote_start_waits_for_the_car(station: Any) -> None:
    assert station.call("RemoteStartTransaction", {"idTag": "APP"}) == {"status": "Accepted"}
    assert not station.csms.of("StartTransaction")
    station.run(30)
    station.plug(Ev())
    assert station.csms.of("StartTransaction")[0]["idTag"] == "APP"


def test_remote_start_asks_first_if_set_so(station: Any) -> None:
    assert station.call("ChangeConfiguration", {"key": "AuthorizeRemoteTxRequests", "value": "True"}) == {
        "status": "Accepted"
    }
    station.csms.tokens["APP"] = "Blocked"
    station.plug(Ev())
    station.call("RemoteStartTransaction", {"idTag": "APP", "connectorId": 1})
    assert station.csms.of("Authorize") == [{"idTag": "APP"}]
    assert not station.csms.of("StartTransaction")


def test_availability(station: Any) -> None:
    assert station.call("ChangeAvailability", {"connectorId": 2, "type": "Inoperative"}) == {"status": "Accepted"}
    assert station.csms.of("StatusNotification")[-1]["status"] == "Unavailable"
    station.plug(Ev())
    station.swipe()
    assert station.call("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}) == {"status": "Scheduled"}
    station.swipe()
    last = {words["connectorId"]: words["status"] for words in station.csms.of("StatusNotification")}
    assert last == {0: "Unavailable", 1: "Unavailable", 2: "Unavailable"}
    assert station.swipe() == "Unavailable"
    assert station.call("ChangeAvailability", {"connectorId": 9, "type": "Operative"}) == {"status": "Rejected"}
    assert station.call("ChangeAvailability", {"connectorId": 0, "type": "Operative"}) == {"status": "Accepted"}
    last = {words["connectorId"]: words["status"] for words in station.csms.of("StatusNotification")}
    assert last == {0: "Available", 1: "Finishing", 2: "Available"}


def test_configuration(station: Any) -> None:
    everything = station.call("GetConfiguration", {})["configurationKey"]
    by_key = {entry["key"]: entry for entry in everything}
    assert by_key["NumberOfConnectors"] == {"key": "NumberOfConnectors", "readonly": True, "value": "2"}
    assert "value" not in by_key["AuthorizationKey"]

    def change(key: str, value: str) -> str:
        return station.call("ChangeConfiguration", {"key": key, "value": value})["status"]

    assert change("HeartbeatInterval", "10") == "Accepted"
    assert change("HeartbeatInterval", "soon") == "Rejected"
    assert change("NumberOfConnectors", "3") == "Rejected"
    assert change("Nonsense", "1") == "NotSupported"
    assert change("MeterValuesSampledData", "SoC,Nonsense") == "Rejected"
    station.run(21)
    assert len(station.csms.of("Heartbeat")) == 2


def test_triggers(station: Any) -> None:
    def trigger(message: str, **more: Any) -> str:
        return station.call("TriggerMessage", {"requestedMessage": message, **more})["status"]

    for message in ("BootNotification", "Heartbeat", "MeterValues", "DiagnosticsStatusNotification"):
        before = len(station.csms.of(message))
        assert trigger(message) == "Accepted"
        assert len(station.csms.of(message)) > before
    before = len(station.csms.of("StatusNotification"))
    assert trigger("StatusNotification", connectorId=1) == "Accepted"
    assert len(station.csms.of("StatusNotification")) > before
    assert trigger("StatusNotification", connectorId=7) == "Rejected"


def test_the_local_list_serves_offline(station: Any) -> None:
    entries = [{"idTag": "A", "idTagInfo": {"status": "Accepted"}}, {"idTag": "B", "idTagInfo": {"status": "Blocked"}}]
    words = {"listVersion": 3, "updateType": "Full", "localAuthorizationList": entries}
    assert station.call("SendLocalList", words) == {"status": "Accepted"}
    assert station.call("GetLocalListVersion", {}) == {"listVersion": 3}
    differential = {"listVersion": 3, "updateType": "Differential", "localAuthorizationList": [{"idTag": "A"}]}
    assert station.call("SendLocalList", differential) == {"status": "VersionMismatch"}
    station.cut()
    assert station.swipe("B") == "Blocked"
    assert station.swipe("a") == "Accepted"


def test_limits(station: Any) -> None:
    def install(connector: int, profile: dict[str, Any]) -> str:
        return station.call("SetChargingProfile", {"connectorId": connector, "csChargingProfiles": profile})["status"]

    assert install(1, limit(6, "TxProfile")) == "Rejected"
    assert install(1, limit(16, "ChargePointMaxProfile")) == "Rejected"
    assert install(0, limit(12)) == "Accepted"
    schedule = station.call("GetCompositeSchedule", {"connectorId": 1, "duration": 600, "chargingRateUnit": "A"})
    assert schedule["chargingSchedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 12.0}]
    station.plug(Ev())
    station.swipe()
    station.run(20)
    assert station.controller.session(1).evse.power_w == pytest.approx(12 * 690, rel=0.03)
    assert station.call("ClearChargingProfile", {"id": 99}) == {"status": "Unknown"}
    assert station.call("ClearChargingProfile", {"chargingProfilePurpose": "TxDefaultProfile"}) == {
        "status": "Accepted"
    }
    station.run(30)
    assert station.controller.session(1).evse.power_w == pytest.approx(11_000, rel=0.03)


def test_the_rest(station: Any) -> None:
    assert station.call("DataTransfer", {"vendorId": "ACME"}) == {"status": "UnknownVendorId"}
    assert station.call("ClearCache", {}) == {"status": "Accepted"}
    assert station.call("UnlockConnector", {"connectorId": 5}) == {"status": "NotSupported"}
    station.plug(Ev())
    station.swipe()
    assert station.call("UnlockConnector", {"connectorId": 1}) == {"status": "Unlocked"}
    assert station.csms.of("StopTransaction")[0]["reason"] == "UnlockCommand"
    assert station.call("Nonsense", {}) == ("error", "NotImplemented")
    assert station.call("Reset", {"type": "Warm"})[0] == "error"
