"""3. Security, S21 and S22: a station is guided to another security profile, and never led to a lower one (A05)."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import websockets

from tests.acceptance.serving import PASSWORD, SUBPROTOCOLS, Csms, Station, serving

pytestmark = pytest.mark.anyio
PRIORITY = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "NetworkConfigurationPriority"}}
ACTIVE = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "ActiveNetworkProfile"}}
WSS = "wss://csms.example:9443/ocpp"
KIND = "station.security_profile_upgrade"


@pytest.fixture(scope="module")
async def csms(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> AsyncIterator[Csms]:
    gateway = {"tls_bind": "127.0.0.1:0", "public_wss_url": WSS, "public_ws_url": "ws://csms.example:9000/ocpp"}
    async with serving(tmp_path_factory.mktemp("data"), gateway) as one:
        yield one


@asynccontextmanager
async def coming(
    csms: Csms, identity: str, profile: int, version: str = "2.0.1", folder: Path | None = None, boots: bool = True,
    **boot: Any,
) -> AsyncIterator[Station]:  # fmt: skip
    """A station that comes with this security profile, and (if it does) boots."""
    tls, headers = None, {}
    url = f"{csms.url}/{identity}"
    if profile >= 2:
        url = f"wss://localhost:{csms.server.ports['tls']}/ocpp/{identity}"
        tls = ssl.create_default_context(cafile=str(csms.server.data_dir / "pki" / "ca.pem"))
    if profile == 3:
        assert tls is not None
        assert folder is not None
        tls.load_cert_chain(folder / "station.pem")
    else:
        headers["Authorization"] = "Basic " + base64.b64encode(f"{identity}:{PASSWORD}".encode()).decode()
    async with websockets.connect(
        url,
        subprotocols=[websockets.Subprotocol(SUBPROTOCOLS[version])],
        additional_headers=headers,
        ssl=tls,
        proxy=None,
    ) as socket:
        station = Station(socket)
        if boots and version == "1.6":
            await station.boot()
        elif boots:
            told = {"model": "M", "vendorName": "V", "serialNumber": f"SN-{identity}"}
            await station.call("BootNotification", {"reason": "RemoteReset", "chargingStation": told, **boot})
        yield station


async def refused(csms: Csms, identity: str, profile: int, version: str = "2.0.1") -> int:
    with pytest.raises(websockets.InvalidStatus) as answer:
        async with coming(csms, identity, profile, version):
            pass
    status: int = answer.value.response.status_code
    return status


async def expect(station: Station, action: str, answer: Any) -> Any:
    """The payload of the next call, which must be this one; it is answered so."""
    call = await station.next_call()
    assert call[2] == action, call
    await station.answer(call, answer)
    return call[3]


async def upgrade(csms: Csms, identity: str) -> dict[str, Any]:
    one: dict[str, Any] = (await csms.get(f"stations/{identity}"))["upgrade"]
    return one


async def steps(csms: Csms, identity: str) -> list[str]:
    return [one["data"]["upgrade"]["step"] for one in await csms.feed(KIND) if one["subject"] == identity]


def asked(csms: Csms, identity: str, to: Any, **more: Any) -> asyncio.Task[Any]:
    path = f"stations/{identity}/security-profile"
    return asyncio.create_task(csms.post(path, {"security_profile": to, **more}, wait=10))


def is_set(place: dict[str, Any] = PRIORITY, status: str = "Accepted") -> Any:
    return {"setVariableResult": [{**place, "attributeStatus": status}]}


def read(value: str) -> Any:
    return {
        "getVariableResult": [
            {**PRIORITY, "attributeStatus": "Accepted", "attributeValue": value},
            {**ACTIVE, "attributeStatus": "UnknownVariable"},
        ]
    }


async def sent_off(csms: Csms, station: Station, identity: str, to: Any, version: str = "2.0.1") -> None:
    """It says yes to everything, up to the reset."""
    task = asked(csms, identity, to)
    await expect(station, "GetVariables", read("1"))
    told = await expect(station, "SetNetworkProfile", {"status": "Accepted"})
    assert told == {
        "configurationSlot": 2,
        "connectionData": {
            "ocppVersion": "OCPP20" if version == "2.0.1" else "OCPP21", "ocppTransport": "JSON", "ocppCsmsUrl": WSS,
            "messageTimeout": 30, "securityProfile": 2, "ocppInterface": "Wired0",
        },
    }  # fmt: skip
    told = await expect(station, "SetVariables", is_set())
    assert told == {"setVariableData": [{**PRIORITY, "attributeValue": "2,1"}]}
    assert await expect(station, "Reset", {"status": "Accepted"}) == {"type": "OnIdle"}
    assert (await task)["state"] == "accepted"
    assert (await upgrade(csms, identity))["step"] == "proof"


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_S21_from_1_to_2(csms: Csms, known: str, version: str) -> None:
    async with coming(csms, known, 1, version) as station:
        await sent_off(csms, station, known, "tls_basic", version)
    async with coming(csms, known, 1, version, reason="Triggered"):  # it comes and goes: that proves nothing
        assert (await upgrade(csms, known))["step"] == "proof"
    async with coming(csms, known, 2, version) as station:
        told = await expect(station, "SetVariables", is_set())
        assert told == {"setVariableData": [{**PRIORITY, "attributeValue": "2"}]}
        shown = await csms.until(lambda: csms.get(f"stations/{known}"), lambda one: one["upgrade"]["step"] == "done")
        assert (shown["security_profile"], shown["security_profile_name"]) == (2, "tls_basic")
        assert await refused(csms, known, 1, version) == 403  # A05.FR.07
        await csms.command_in(shown["upgrade"]["command_id"], "confirmed")
        await station.call("Heartbeat", {})
    assert await steps(csms, known) == ["network_profile", "priority", "reset", "proof", "settling", "done"]


@pytest.mark.parametrize("took_it", [True, False])
async def test_16_has_a_key_for_it(csms: Csms, known: str, took_it: bool) -> None:
    async with coming(csms, known, 1, "1.6") as station:
        task = asked(csms, known, 2)
        told = await expect(station, "ChangeConfiguration", {"status": "Accepted" if took_it else "Rejected"})
        assert told == {"key": "SecurityProfile", "value": "2"}
        assert (await task)["state"] == ("accepted" if took_it else "rejected")
    if not took_it:
        assert (await upgrade(csms, known))["step"] == "failed"
        assert await refused(csms, known, 2, "1.6") == 403
    async with coming(csms, known, 2 if took_it else 1, "1.6"):
        pass
    assert await refused(csms, known, 1 if took_it else 2, "1.6") == 403


async def test_from_2_to_3_with_the_certificate_of_the_station_alone(csms: Csms, known: str, tmp_path: Path) -> None:
    await csms.patch(f"stations/{known}", {"security_profile": 2, "serial_number": f"SN-{known}"})
    async with coming(csms, known, 2) as station:
        answer = await csms.api.post(f"stations/{known}/security-profile", json={"security_profile": 3})
        assert answer.status_code == 409
        assert "has no client certificate" in answer.json()["detail"]
        made = await csms.post(f"stations/{known}/certificates", {"generate_key": True})
        (tmp_path / "station.pem").write_text(made["private_key"] + made["certificate"])
        task = asked(csms, known, 3, slot=1, interface="Wireless0", when="immediately")
        await expect(station, "GetVariables", read("0"))
        told = (await expect(station, "SetNetworkProfile", {"status": "Accepted"}))["connectionData"]
        assert (told["securityProfile"], told["ocppInterface"]) == (3, "Wireless0")
        await expect(station, "SetVariables", is_set(status="RebootRequired"))
        assert await expect(station, "Reset", {"status": "Accepted"}) == {"type": "Immediate"}
        await task
    async with coming(csms, known, 3, folder=tmp_path) as station:
        await expect(station, "SetVariables", is_set(status="Rejected"))
        shown = await csms.until(lambda: upgrade(csms, known), lambda one: one["step"] == "done")
        assert "stays in its list" in shown["reason"]
    assert await refused(csms, known, 2) == 403
    # A00.FR.005: and it never goes back, but where 2.1 allows it
    for body in ({"security_profile": 2}, {"security_profile": 1}):
        answer = await csms.api.post(f"stations/{known}/security-profile", json=body)
        assert (answer.status_code, "A00.FR.005" in answer.json()["detail"]) == (409, True)
        answer = await csms.api.patch(f"stations/{known}", json={**body, "force": True})
        assert answer.status_code == 409


async def test_it_connects_anew_without_a_boot(csms: Csms, known: str) -> None:
    """It goes on to the next network profile of its list: to have connected is what A05.FR.07 asks for."""
    async with coming(csms, known, 1) as station:
        await sent_off(csms, station, known, 2)
    async with coming(csms, known, 1, boots=False) as station:
        await station.call("Heartbeat", {})  # it was not reset yet
        assert (await upgrade(csms, known))["step"] == "proof"
    async with coming(csms, known, 2, boots=False) as station:
        assert (await upgrade(csms, known))["step"] == "proof"
        await station.call("Heartbeat", {})
        told = await expect(station, "SetVariables", is_set())
        assert told == {"setVariableData": [{**PRIORITY, "attributeValue": "2"}]}
        shown = await csms.until(lambda: upgrade(csms, known), lambda one: one["step"] == "done")
        await csms.command_in(shown["command_id"], "confirmed")
        await station.call("Heartbeat", {})
    assert await refused(csms, known, 1) == 403
    assert (await steps(csms, known))[-3:] == ["proof", "settling", "done"]


async def test_it_falls_back(csms: Csms, known: str) -> None:
    async with coming(csms, known, 1) as station:
        await sent_off(csms, station, known, 2)
    async with coming(csms, known, 1) as station:
        told = await expect(station, "SetVariables", is_set())
        assert told == {"setVariableData": [{**PRIORITY, "attributeValue": "1"}]}
        shown = await upgrade(csms, known)
        assert (shown["step"], shown["from"], shown["to"]) == ("failed", 1, 2)
        assert "came back with the old profile" in shown["reason"]
        await csms.command_in(shown["command_id"], "unconfirmed")
        await sent_off_again(csms, station, known)


async def sent_off_again(csms: Csms, station: Station, identity: str) -> None:
    """After one that failed the next may follow."""
    task = asked(csms, identity, 2)
    await expect(station, "SetNetworkProfile", {"status": "Rejected", "statusInfo": {"reasonCode": "NoSlot"}})
    assert (await task)["state"] == "rejected"
    assert "SetNetworkProfile: Rejected: NoSlot" in (await upgrade(csms, identity))["reason"]


@pytest.mark.parametrize(
    ("cut_at", "comes_with"), [("SetNetworkProfile", 1), ("SetVariables", 1), ("Reset", 1), ("Reset", 2)]
)
async def test_the_connection_is_lost_at_each_step(csms: Csms, known: str, cut_at: str, comes_with: int) -> None:
    async with coming(csms, known, 1) as station:
        task = asked(csms, known, 2)
        answers: dict[str, Any] = {
            "GetVariables": read("1"), "SetNetworkProfile": {"status": "Accepted"}, "SetVariables": is_set(),
        }  # fmt: skip
        while (call := await station.next_call())[2] != cut_at:
            await station.answer(call, answers[call[2]])
    assert (await task)["state"] in ("timed_out", "accepted")
    if cut_at != "Reset":
        shown = await csms.until(lambda: upgrade(csms, known), lambda one: one["step"] == "failed")
        assert await refused(csms, known, 2) == 403
        async with coming(csms, known, 1):
            assert (await csms.get(f"stations/{known}"))["security_profile"] == 1
        return
    async with coming(csms, known, comes_with) as station:
        await expect(station, "SetVariables", is_set())
        shown = await csms.until(lambda: upgrade(csms, known), lambda one: one["step"] in ("done", "failed"))
        assert shown["step"] == ("done" if comes_with == 2 else "failed")
    assert await refused(csms, known, 3 - comes_with) == 403


async def test_our_restart_while_it_is_away(tmp_path: Path) -> None:
    gateway = {"tls_bind": "127.0.0.1:0", "public_wss_url": WSS}
    async with serving(tmp_path, gateway) as csms:
        await csms.add_station("CS1")
        async with coming(csms, "CS1", 1) as station:
            task = asked(csms, "CS1", 2)
            await expect(station, "GetVariables", read("1"))
            await expect(station, "SetNetworkProfile", {"status": "Accepted"})
            await expect(station, "SetVariables", is_set())
            await station.next_call()  # Reset; our answer never comes
            task.cancel()
            await csms.server.stop()
    async with serving(tmp_path, gateway) as csms:
        assert (await upgrade(csms, "CS1"))["step"] in ("reset", "proof")
        async with coming(csms, "CS1", 2) as station:
            await expect(station, "SetVariables", is_set())
            await csms.until(lambda: upgrade(csms, "CS1"), lambda one: one["step"] == "done")


async def test_S22_nothing_raw_lowers_it(csms: Csms, known: str) -> None:
    await csms.patch(f"stations/{known}", {"security_profile": 2})
    profile = {
        "ocppVersion": "OCPP20", "ocppTransport": "JSON", "ocppCsmsUrl": "ws://h/o", "messageTimeout": 30,
        "securityProfile": 1, "ocppInterface": "Wired0",
    }  # fmt: skip
    variable = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "SecurityProfile"}}
    calls: list[tuple[str, Any]] = [
        ("SetNetworkProfile", {"configurationSlot": 2, "connectionData": profile}),
        ("SetVariables", {"setVariableData": [{**variable, "attributeValue": "1"}]}),
    ]
    async with coming(csms, known, 2) as station:
        for action, payload in calls:
            body = {"ocpp": {"action": action, "payload": payload}}
            answer = await csms.api.post(f"stations/{known}/commands", json=body)
            assert (answer.status_code, "A00.FR.005" in answer.json()["detail"]) == (409, True)
        values = [{"component": "SecurityCtrlr", "variable": "SecurityProfile", "value": "1"}]
        typed = await csms.post(f"stations/{known}/commands", {"type": "set_variables", "variables": values}, wait=10)
        assert typed["state"] in ("error", "rejected")
        raised = {"configurationSlot": 2, "connectionData": {**profile, "securityProfile": 2}}
        asked_for = asyncio.create_task(
            csms.post(f"stations/{known}/commands", {"ocpp": {"action": calls[0][0], "payload": raised}}, wait=10)
        )
        await expect(station, "SetNetworkProfile", {"status": "Accepted"})
        assert (await asked_for)["state"] == "accepted"


async def test_21_goes_from_3_to_2_where_it_is_allowed(csms: Csms, known: str, tmp_path: Path) -> None:
    await csms.patch(f"stations/{known}", {"security_profile": 3, "serial_number": f"SN-{known}"})
    made = await csms.post(f"stations/{known}/certificates", {"generate_key": True})
    (tmp_path / "station.pem").write_text(made["private_key"] + made["certificate"])
    path = f"stations/{known}/security-profile"
    async with coming(csms, known, 3, "2.1", tmp_path) as station:
        answer = await csms.api.post(path, json={"security_profile": 2})
        assert (answer.status_code, "AllowSecurityProfileDowngrade" in answer.json()["detail"]) == (409, True)
        may = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "AllowSecurityProfileDowngrade"}}
        body = {
            "type": "get_variables",
            "variables": [{"component": "SecurityCtrlr", "variable": may["variable"]["name"]}],
        }
        reading = asyncio.create_task(csms.post(f"stations/{known}/commands", body, wait=10))
        value = {**may, "attributeStatus": "Accepted", "attributeValue": "true"}
        await expect(station, "GetVariables", {"getVariableResult": [value]})
        await reading
        task = asked(csms, known, 2)
        await expect(station, "GetVariables", read("1,2"))
        told = await expect(station, "SetNetworkProfile", {"status": "Accepted"})
        assert (told["configurationSlot"], told["connectionData"]["securityProfile"]) == (3, 2)
        await expect(station, "SetVariables", is_set())
        await expect(station, "Reset", {"status": "Scheduled"})
        await task
    async with coming(csms, known, 2, "2.1") as station:
        await expect(station, "SetVariables", is_set())
    assert (await csms.get(f"stations/{known}"))["security_profile"] == 2


async def test_what_must_be_done_first(csms: Csms, known: str) -> None:
    path = f"stations/{known}/security-profile"
    cases: list[tuple[dict[str, Any], str]] = [
        ({"security_profile": 1}, "already"),
        ({"security_profile": 0}, "A00.FR.005"),
        ({"security_profile": 3}, "register its serial number"),
        ({"security_profile": 2, "url": "ws://plain.example/ocpp"}, "No address"),
    ]
    for body, why in cases:
        answer = await csms.api.post(path, json=body)
        assert (answer.status_code, why in answer.json()["detail"]) == (409, True), answer.text
    await csms.patch(f"stations/{known}", {"registration": "pending"})
    answer = await csms.api.post(path, json={"security_profile": 2})
    assert "accept it first" in answer.json()["detail"]
