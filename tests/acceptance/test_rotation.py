"""3. Security, S17-S20: a password is replaced, whatever happens on the way; the station can always come back."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
import websockets

from tests.acceptance.serving import PASSWORD, SUBPROTOCOLS, Csms, Station, serving

pytestmark = pytest.mark.anyio
NEW = "00112233445566778899aabbccddeeff"
VARIABLE = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}


def said(version: str, status: str) -> Any:
    if version == "1.6":
        return {"status": status}
    return {"setVariableResult": [{**VARIABLE, "attributeStatus": status}]}


def told(version: str, password: str) -> list[Any]:
    """Action and payload that tell the station its password."""
    if version == "1.6":
        return ["ChangeConfiguration", {"key": "AuthorizationKey", "value": password}]
    return ["SetVariables", {"setVariableData": [{**VARIABLE, "attributeValue": password}]}]


async def comes_in(csms: Csms, identity: str, password: str | bytes, version: str = "2.0.1") -> bool:
    """Whether a station with this password is let in; it hangs up at once."""
    secret = password.encode() if isinstance(password, str) else password
    header = base64.b64encode(identity.encode() + b":" + secret).decode()
    try:
        async with websockets.connect(
            f"{csms.url}/{identity}",
            subprotocols=[websockets.Subprotocol(SUBPROTOCOLS[version])],
            additional_headers={"Authorization": f"Basic {header}"},
            proxy=None,
        ):
            return True
    except websockets.InvalidStatus as refused:
        if refused.response.status_code != 401:
            raise
        return False


async def rotate(csms: Csms, identity: str, station: Station, version: str) -> tuple[asyncio.Task[Any], list[Any]]:
    """Ask for it; the request that waits, and the call that reached the station."""
    asked = asyncio.create_task(csms.post(f"stations/{identity}/credentials", {"password": NEW}, wait=10))
    call = await station.next_call()
    assert call[2:] == told(version, NEW)
    return asked, call


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_S17_accepted_only_the_new_one(csms: Csms, known: str, version: str) -> None:
    async with csms.station(known, version) as station:
        asked, call = await rotate(csms, known, station, version)
        await station.answer(call, said(version, "Accepted"))
        assert (await asked)["state"] == "accepted"
        await station.call("Heartbeat", {})  # nobody put it out
    assert await comes_in(csms, known, bytes.fromhex(NEW) if version == "1.6" else NEW, version)
    assert not await comes_in(csms, known, PASSWORD, version)


async def test_a_connection_outlives_many_rotations(csms: Csms, known: str) -> None:
    async with csms.station(known) as station:
        for _ in range(3):
            asked = asyncio.create_task(csms.post(f"stations/{known}/credentials", {}, wait=10))
            await station.answer(await station.next_call(), said("2.0.1", "Accepted"))
            password = (await asked)["password"]
            await csms.patch(f"stations/{known}", {"strictness": "lenient"})  # the session reads its rows again
        await station.call("Heartbeat", {})
    assert await comes_in(csms, known, password)


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_S18_rejected_only_the_old_one(csms: Csms, known: str, version: str) -> None:
    async with csms.station(known, version) as station:
        asked, call = await rotate(csms, known, station, version)
        await station.answer(call, said(version, "Rejected"))
        assert (await asked)["state"] == "rejected"
    assert not await comes_in(csms, known, NEW, version)
    assert await comes_in(csms, known, PASSWORD, version)


@pytest.mark.parametrize("took_it", [True, False])
async def test_S19_the_answer_is_lost(csms: Csms, known: str, took_it: bool) -> None:
    async with csms.station(known) as station:
        asked, _ = await rotate(csms, known, station, "2.0.1")
    assert (await asked)["state"] == "timed_out"
    assert (await csms.get(f"stations/{known}"))["password_pending"] == "answer"
    used, other = (NEW, PASSWORD) if took_it else (PASSWORD, NEW)
    assert await comes_in(csms, known, used)
    assert (await csms.get(f"stations/{known}"))["password_pending"] is None
    assert not await comes_in(csms, known, other)
    assert await comes_in(csms, known, used)


async def test_S19_an_operator_takes_the_former_one_back(csms: Csms, known: str) -> None:
    async with csms.station(known) as station:
        asked, call = await rotate(csms, known, station, "2.0.1")
        await station.answer(call, said("2.0.1", "Accepted"))  # and then it forgets it
        await asked
    assert not await comes_in(csms, known, PASSWORD)
    await csms.post(f"stations/{known}/credentials/restore", {})
    assert await comes_in(csms, known, PASSWORD)
    assert not await comes_in(csms, known, NEW)


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_from_its_next_start_on(csms: Csms, known: str, version: str) -> None:
    async with csms.station(known, version) as station:
        asked, call = await rotate(csms, known, station, version)
        await station.answer(call, said(version, "RebootRequired"))
        assert (await asked)["state"] == "accepted"
    assert (await csms.get(f"stations/{known}"))["password_pending"] == "restart"
    assert await comes_in(csms, known, PASSWORD, version)  # a lost connection, no start
    assert await comes_in(csms, known, NEW, version)
    assert not await comes_in(csms, known, PASSWORD, version)


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_raw_call_is_a_rotation_too(csms: Csms, known: str, version: str) -> None:
    action, payload = told(version, NEW)
    async with csms.station(known, version) as station:
        body = {"ocpp": {"action": action, "payload": payload}}
        asked = asyncio.create_task(csms.post(f"stations/{known}/commands", body, wait=10))
        await station.answer(await station.next_call(), said(version, "Accepted"))
        await asked
    assert await comes_in(csms, known, NEW, version)
    assert not await comes_in(csms, known, PASSWORD, version)


async def test_an_error_tells_nothing(csms: Csms, known: str) -> None:
    async with csms.station(known) as station:
        asked, call = await rotate(csms, known, station, "2.0.1")
        await station.socket.send(f'[4,"{call[1]}","InternalError","",{{}}]')
        assert (await asked)["state"] == "error"
        second = await csms.post(f"stations/{known}/credentials", {}, wait=10)
        assert (second["state"], "connect again first" in second["reason"]) == ("error", True)
    assert await comes_in(csms, known, NEW)
    assert not await comes_in(csms, known, PASSWORD)


async def test_an_error_that_says_it_was_not_done(csms: Csms, known: str) -> None:
    async with csms.station(known) as station:
        asked, call = await rotate(csms, known, station, "2.0.1")
        await station.socket.send(f'[4,"{call[1]}","PropertyConstraintViolation","too long",{{}}]')
        assert (await asked)["state"] == "error"
        asked, call = await rotate(csms, known, station, "2.0.1")  # another can be tried at once
        await station.socket.send(f'[4,"{call[1]}","NotSupported","",{{}}]')
        await asked
    assert not await comes_in(csms, known, NEW)
    assert await comes_in(csms, known, PASSWORD)
    await csms.post(f"stations/{known}/credentials/restore", {})  # it took it in spite of what it said
    assert await comes_in(csms, known, NEW)


@pytest.mark.parametrize("took_it", [True, False])
async def test_our_restart_between_call_and_answer(tmp_path: Path, took_it: bool) -> None:
    async with serving(tmp_path) as csms:
        await csms.add_station()
        async with csms.station() as station:
            number = (await csms.post("stations/CS1/credentials", {"password": NEW}))["id"]
            await station.next_call()
            await csms.server.stop()
    async with serving(tmp_path) as csms:
        used, other = (NEW, PASSWORD) if took_it else (PASSWORD, NEW)
        assert await comes_in(csms, "CS1", used)
        assert not await comes_in(csms, "CS1", other)
        assert (await csms.command_in(number, "timed_out"))["state"] == "timed_out"
