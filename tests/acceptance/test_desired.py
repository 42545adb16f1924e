"""What is declared once is made true, over real sockets: a station that obeys, one that says it does, one changed by
hand; and each says why."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ohmstead import runtime
from ohmstead.fleet import desired as engine
from tests.acceptance.serving import Csms, Station, serving
from tests.simulator.test_certificates import CA, certificate

pytestmark = pytest.mark.anyio
NAME = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
LAYER = {
    "applies_to": {"vendor": "V"},
    "desired": {"configuration": [{"name": "connection.heartbeat_interval", "value": 77}]},
}


@pytest.fixture(scope="module")
async def csms(tmp_path_factory: Any, anyio_backend: str) -> Any:
    async with serving(tmp_path_factory.mktemp("data"), unasked_calls=("reconcile",)) as one:
        yield one


async def obey(station: Station, value: str | None = None) -> None:
    """Answer what is set; a `value`: answer so and keep that."""
    while True:
        call = await station.next_call()
        if call[2] == "SetVariables":
            await station.answer(call, {"setVariableResult": [{"attributeStatus": "Accepted", **NAME}]})
        elif call[2] == "GetVariables":
            told = {"attributeStatus": "Accepted", "attributeValue": value or "77", **NAME}
            await station.answer(call, {"getVariableResult": [told]})
        elif call[2] == "ChangeConfiguration":
            await station.answer(call, {"status": "Rejected"})


async def drift(csms: Csms, identity: str, state: str) -> Any:
    return await csms.until(lambda: csms.get(f"stations/{identity}/drift"), lambda one: one["state"] == state)


async def test_a_fleet_is_brought_to_what_is_declared(csms: Csms) -> None:
    for identity in ("D1", "D2", "D3", "D4"):
        await csms.add_station(identity)
    answer = await csms.api.put("desired/heartbeat", json=LAYER)
    assert (answer.status_code, answer.json()["version"]) == (200, 1)
    async with (
        csms.station("D1", "2.0.1") as good, csms.station("D2", "2.1") as false, csms.station("D3", "1.6") as stubborn,
        asyncio.TaskGroup() as work,
    ):  # fmt: skip
        said = ((good, None), (false, "60"), (stubborn, None))
        stations = [work.create_task(obey(one, value)) for one, value in said]
        assert (await drift(csms, "D1", "in_step"))["text"] == "All that is declared is so (1 checked)."
        found = await drift(csms, "D2", "waiting")
        assert found["differences"][0]["reason"] == "the station accepted it, and it is still 60"
        assert found["differences"][0]["next_try_at"]
        found = await drift(csms, "D3", "waiting")
        assert "Rejected" in found["text"]
        states = {"D1": "in_step", "D2": "waiting", "D3": "waiting"}
        rows = await csms.until(lambda: csms.all("drift"), lambda rows: all(row["state"] != "working" for row in rows))
        assert {one["station_id"]: one["state"] for one in rows} == states
        assert [one["subject"] for one in await csms.feed("station.in_step")] == ["D1"]
        for one in stations:
            one.cancel()
    assert (await csms.get("stations/D4/drift"))["state"] == "undeclared"  # nobody knows its vendor yet


async def test_a_change_by_hand_is_told_and_set_back(csms: Csms) -> None:
    await csms.add_station("D5")
    await csms.api.put("stations/D5/desired", json=LAYER["desired"])
    async with csms.station("D5", "2.0.1") as station, asyncio.TaskGroup() as work:
        obeys = work.create_task(obey(station))
        states = lambda: csms.all("drift", state="in_step")  # noqa: E731
        await csms.until(states, lambda rows: any(row["station_id"] == "D5" for row in rows))
        obeys.cancel()
        variables = [{"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval"}]
        await csms.api.post("stations/D5/commands", json={"type": "get_variables", "variables": variables})
        told = {"attributeStatus": "Accepted", "attributeValue": "5", **NAME}
        await station.answer(await station.next_call(), {"getVariableResult": [told]})
        call = await station.next_call()
        assert call[3]["setVariableData"][0]["attributeValue"] == "77"
        (event,) = await csms.feed("station.changed_locally")
        assert event["data"]["changed"] == [{"what": "connection.heartbeat_interval", "wanted": 77, "actual": "5"}]


LIMIT = {"unit": "A", "periods": [{"start_s": 0, "limit": 16.5}]}
PROFILE = {"purpose": "ChargingStationMaxProfile", "schedules": [LIMIT]}
TARIFF = {"id": "day", "currency": "EUR", "name": "Day", "elements": [{"per": "kwh", "price": "0.40"}]}
MONITOR = {
    "component": "EVSE",
    "evse_id": 1,
    "variable": "Power",
    "type": "UpperThreshold",
    "value": 22000.4,
    "severity": 4,
}
AT = "2025-03-01T10:00:00Z"
WHOLE = {
    "configuration": [{"name": "connection.heartbeat_interval", "value": 3600}],
    "monitors": [MONITOR],
    "network_profiles": [{"slot": 2, "url": "wss://h/o", "security_profile": 2}],
    "charging_profiles": [{"evse_id": 0, "profile": PROFILE}],
    "tariffs": [{"tariff_id": "day"}],
    "display_messages": [{"id": 7, "texts": [{"text": "Hallo", "language": "de"}]}],
}


ROOT, OTHER = (certificate(name, CA.public_key(), name, CA) for name in ("Fleet", "Old"))
LATER = WHOLE | {
    "root_certificates": [{"roots": [ROOT], "remove_others": True}],
    "local_list": True,
    "firmware": {"version": "2.7", "location": "http://files.example/fw.bin", "signed": False},
}


def hash_of(pem: str) -> dict[str, str]:
    """Of a root with a key on a curve, as RFC 6960 has it."""
    one = x509.load_pem_x509_certificate(pem.encode())
    key = one.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    name_hash, key_hash = (hashlib.sha256(data).hexdigest() for data in (one.issuer.public_bytes(), key))
    return {"hashAlgorithm": "SHA256", "issuerNameHash": name_hash, "issuerKeyHash": key_hash,
            "serialNumber": f"{one.serial_number:x}"}  # fmt: skip


def read(one: Any) -> Any:
    if one["variable"]["name"] == "HeartbeatInterval":
        return {**one, "attributeStatus": "Accepted", "attributeValue": "3590"}
    return {**one, "attributeStatus": "UnknownComponent"}


async def does_its_own_way(station: Station, calls: list[str]) -> None:
    """A 2.1 station that takes everything, rounds what it is set to, does not tell its slots, and tells its message
    without the language."""
    kept: dict[str, Any] = {}
    while True:
        _, _, action, said = call = await station.next_call()
        calls.append(action)
        kept[action] = said
        answer: dict[str, Any] = {"status": "Accepted"}
        if action == "GetTariffs":
            tariff = kept["SetDefaultTariff"]["tariff"]["tariffId"]
            answer["tariffAssignments"] = [{"tariffId": tariff, "tariffKind": "DefaultTariff"}]
        elif action == "SetVariables":
            answer = {"setVariableResult": [{"attributeStatus": "Accepted", **NAME}]}
        elif action == "GetVariables":
            answer = {"getVariableResult": [read(one) for one in said["getVariableData"]]}
        elif action == "SetVariableMonitoring":
            (one,) = said["setMonitoringData"]
            told = {name: one[name] for name in ("type", "severity", "component", "variable")}
            answer = {"setMonitoringResult": [{"status": "Accepted", "id": 9, **told}]}
        elif action == "GetLocalListVersion":
            answer = {"versionNumber": 0}
        elif action == "GetInstalledCertificateIds":
            held = [one for one in (OTHER, ROOT) if (one == ROOT) == ("InstallCertificate" in kept)]
            chain = [{"certificateType": "CSMSRootCertificate", "certificateHashData": hash_of(one)} for one in held]
            answer["certificateHashDataChain"] = chain
        await station.answer(call, answer)
        if action == "UpdateFirmware":
            about = {"requestId": said["requestId"], "status": "InstallRebooting"}
            await station.call("FirmwareStatusNotification", about)
            new = {"model": "M", "vendorName": "V", "firmwareVersion": "2.7"}
            await station.call("BootNotification", {"reason": "FirmwareUpdate", "chargingStation": new})
            await station.call("FirmwareStatusNotification", about | {"status": "Installed"})
        if action == "GetDisplayMessages":
            message = kept["SetDisplayMessage"]["message"]
            told = {**message, "message": {name: message["message"][name] for name in ("format", "content")}}
            await station.call("NotifyDisplayMessages", {"requestId": said["requestId"], "messageInfo": [told]})
        elif action == "GetMonitoringReport":
            (one,) = kept["SetVariableMonitoring"]["setMonitoringData"]
            monitor = {"id": 9, "transaction": False, "value": 22000, "type": one["type"], "severity": 4}
            monitor["eventNotificationType"] = "CustomMonitor"
            named = {"component": one["component"], "variable": one["variable"], "variableMonitoring": [monitor]}
            report = {"requestId": said["requestId"], "seqNo": 0, "generatedAt": AT, "monitor": [named]}
            await station.call("NotifyMonitoringReport", report)


async def test_all_else_is_declared_too_and_kept_in_its_own_way(
    tmp_path: Any, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On both databases, each aspect. Nothing is asked again and again."""
    advance = engine.advance

    async def nothing(*_: Any) -> int:
        return 0

    monkeypatch.setattr(engine, "advance", nothing)  # the job, every two seconds: here it is looked at once
    async with serving(tmp_path, database_url=database_url, unasked_calls=("reconcile",)) as csms:
        await csms.add_station("CS1")
        await csms.post("tariffs", TARIFF)
        await csms.add_token("T1")
        calls: list[str] = []
        async with csms.station("CS1", "2.1") as station, asyncio.TaskGroup() as work:
            does = work.create_task(does_its_own_way(station, calls))
            answer = await csms.api.put("stations/CS1/desired", json=WHOLE)
            assert answer.status_code == 200, answer.text

            async def looked() -> list[str]:
                await advance(csms.server.db, csms.server.context.settings, runtime.now())
                return [row["state"] for row in await csms.all("drift")]

            async def in_step() -> None:
                async with asyncio.timeout(60):
                    while await looked() != ["in_step"]:  # noqa: ASYNC110
                        await asyncio.sleep(0.01)

            await in_step()
            assert (await csms.get("stations/CS1/drift"))["text"] == "All that is declared is so (6 checked)."
            assert calls == [
                "SetNetworkProfile", "SetVariables", "GetVariables", "SetVariableMonitoring", "SetChargingProfile",
                "SetDefaultTariff", "SetDisplayMessage", "GetVariables", "GetMonitoringReport", "GetTariffs",
                "GetDisplayMessages",
            ]  # fmt: skip
            calls.clear()
            assert (await csms.api.put("stations/CS1/desired", json=LATER)).status_code == 200
            await in_step()
            assert (await csms.get("stations/CS1/drift"))["text"] == "All that is declared is so (10 checked)."
            assert calls == [
                "GetInstalledCertificateIds", "InstallCertificate", "GetInstalledCertificateIds", "DeleteCertificate",
                "GetLocalListVersion", "SendLocalList", "UpdateFirmware",
            ]  # fmt: skip
            does.cancel()
