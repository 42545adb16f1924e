"""3. Signed messages (S33, S34): a whole Ohmstead, and JWS by an implementation that is not ours."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ohmstead.ocpp.signing import SigningKey, public_key
from ohmstead.simulator import Ev, Seal
from ohmstead.simulator import Station as Simulated
from ohmstead.simulator.visits import Visit, visit
from tests.acceptance.serving import PASSWORD, Csms, Refused, Station, at, event
from tests.pki.making import Made, name
from tests.signed import BOOT, header, read, sign, signed, with_header

pytestmark = pytest.mark.anyio
STRANGER = Made(name("CS1"))
_numbers = itertools.count(1)


class Issued(NamedTuple):
    """A certificate that the CSMS has issued, and its key."""

    id: str
    pem: str
    key_pem: str


async def issue(csms: Csms, identity: str) -> Issued:
    made = await csms.post(f"stations/{identity}/certificates", {"generate_key": True})
    return Issued(made["id"], made["certificate"], made["private_key"])


async def added(csms: Csms, **fields: Any) -> tuple[str, Issued]:
    """A station with a certificate, whatever its security profile."""
    identity = f"SIGNS{next(_numbers)}"
    await csms.add_station(identity, certificate_cn="identity", **fields)
    return identity, await issue(csms, identity)


def ours(csms: Csms) -> str:
    return (csms.server.data_dir / "pki" / "signing.pem").read_text()


async def refusal(csms: Csms, station: Station, identity: str, action: str, payload: Any) -> tuple[str, str]:
    """(code of the CALLERROR, code of the event that tells of it)."""
    before = len(await csms.feed("message.invalid"))
    with pytest.raises(Refused) as refused:
        await station.call(action, payload)
    told = (await csms.feed("message.invalid"))[before:]
    assert [one["subject"] for one in told] == [identity]
    code = told[0]["data"]["code"]
    rows = (await csms.get("findings", station_id=identity))["data"]
    assert code in [row["code"] for row in rows]
    await csms.until(
        lambda: csms.get("messages", station_id=identity, invalid=True),
        lambda log: log["data"] and told[0]["data"]["text"] in log["data"][0]["invalid"],
    )
    return refused.value.code, code


async def test_S33_an_unknown_key_is_taken_by_default(csms: Csms, known: str) -> None:
    async with csms.station(known, boot=False) as station:
        answer = await station.call("BootNotification-Signed", signed(STRANGER, "BootNotification", BOOT))
        assert answer["status"] == "Accepted"
        assert (await station.call("Heartbeat", {}))["currentTime"]
        logged = (await csms.get("messages", station_id=known, action="BootNotification"))["data"][0]
        assert logged["payload"] == BOOT


async def test_S34_signing_required(csms: Csms) -> None:
    identity, key = await added(csms, signing="require")
    good = signed(key, "BootNotification", BOOT)
    async with csms.station(identity, boot=False) as station:

        async def refused(action: str, payload: Any) -> tuple[str, str]:
            return await refusal(csms, station, identity, action, payload)

        security = "SecurityError"
        signed_boot = "BootNotification-Signed"
        other = signed(key, "BootNotification", {**BOOT, "reason": "Triggered"})
        assert await refused("BootNotification", BOOT) == (security, "not_signed")
        assert await refused(signed_boot, with_header(good, alg="none") | {"signature": ""}) == (
            security, "signed_algorithm",
        )  # fmt: skip
        assert await refused("Heartbeat-Signed", good) == (security, "signed_action")
        assert await refused(signed_boot, signed(key, "BootNotification", BOOT, 6)) == (security, "signed_type")
        assert await refused(signed_boot, {**good, "payload": other["payload"]}) == (security, "signature_wrong")
        assert await refused(signed_boot, signed(STRANGER, "BootNotification", BOOT)) == (
            security, "signed_by_unknown_key",
        )  # fmt: skip
        named = sign(STRANGER, BOOT, header(key, "BootNotification"))
        assert await refused(signed_boot, named) == (security, "signature_wrong")
        assert await refused(signed_boot, {"payload": "e30"}) == ("FormatViolation", "signed_form")
        payload, protected = read(ours(csms), await station.call(signed_boot, good))
        assert payload["status"] == "Accepted"
        assert (protected["OCPPAction"], protected["OCPPMessageTypedId"]) == ("BootNotification", 3)
    assert (await csms.get(f"stations/{identity}"))["booted_at"]


async def test_the_header_is_looked_at_under_every_policy(csms: Csms, known: str) -> None:
    good = signed(STRANGER, "BootNotification", BOOT)
    async with csms.station(known, boot=False) as station:
        for flat, code in (
            (with_header(good, alg="HS256"), "signed_algorithm"),
            (with_header(good, OCPPAction="Heartbeat"), "signed_action"),
            (with_header(good, OCPPMessageTypedId=3), "signed_type"),
        ):
            assert (await refusal(csms, station, known, "BootNotification-Signed", flat))[1] == code
        await station.boot()


async def test_a_whole_session_is_signed(csms: Csms) -> None:
    """Verified, answered signed; the JWS stands in the log; a repeat is answered as before."""
    identity, key = await added(csms, signing="verify")
    await csms.add_token(f"T-{identity}")
    async with csms.station(identity) as station:  # an unsigned boot is taken: verify is for what is signed

        async def call(action: str, payload: Any) -> Any:
            answer = await station.call(f"{action}-Signed", signed(key, action, payload))
            return read(ours(csms), answer)[0]

        started = event("Started", 0, transaction=identity, token=f"T-{identity}", evse=1, wh=0.0)
        frame = signed(key, "TransactionEvent", started)
        first = read(ours(csms), await station.call("TransactionEvent-Signed", frame))[0]
        again = read(ours(csms), await station.call("TransactionEvent-Signed", frame))[0]
        assert first == again == {"idTokenInfo": first["idTokenInfo"]}
        assert first["idTokenInfo"]["status"] == "Accepted"
        assert await call("TransactionEvent", event("Updated", 1, 60, transaction=identity, wh=500.0)) == {}
        assert await call("TransactionEvent", event("Ended", 2, 120, transaction=identity, wh=1000.0)) == {}
        assert (await call("Heartbeat", {}))["currentTime"]
        unsigned = event("Started", 0, transaction=identity, token=f"T-{identity}", evse=1, wh=0.0)
        assert await station.call("TransactionEvent", unsigned) == first
    one = await csms.transaction(station_id=identity)
    assert (one["state"], one["energy_wh"], one["complete"]) == ("ended", 1000.0, True)
    assert (await csms.events_of(one))[0]["payload"] == started
    logged = (await csms.get("messages", station_id=identity, action="TransactionEvent"))["data"]
    assert frame in [message["signed"] for message in logged]


async def test_keys_of_others_and_keys_of_the_past(csms: Csms) -> None:
    identity, first = await added(csms, signing="verify")
    _, foreign = await added(csms)
    second = await issue(csms, identity)
    async with csms.station(identity) as station:
        for key in (second, first):  # the one that was replaced still counts
            assert read(ours(csms), await station.call("Heartbeat-Signed", signed(key, "Heartbeat", {})))
        without = {k: v for k, v in header(first, "Heartbeat").items() if k != "x5t#S256"}
        assert read(ours(csms), await station.call("Heartbeat-Signed", sign(first, {}, without)))
        replayed = signed(foreign, "Heartbeat", {})
        assert await refusal(csms, station, identity, "Heartbeat-Signed", replayed) == (
            "SecurityError", "signed_by_unknown_key",
        )  # fmt: skip
        await csms.post(f"certificates/{first.id}/revoke", {"reason": "key_compromise"})
        assert await refusal(csms, station, identity, "Heartbeat-Signed", signed(first, "Heartbeat", {})) == (
            "SecurityError", "signed_by_revoked_key",
        )  # fmt: skip


async def test_our_calls_are_signed_where_it_is_required(csms: Csms) -> None:
    identity, key = await added(csms, signing="require")
    async with csms.station(identity, boot=False) as station:
        await station.call("BootNotification-Signed", signed(key, "BootNotification", BOOT))

        async def asked(answer: Callable[[list[Any]], Awaitable[None]]) -> dict[str, Any]:
            command = await csms.command(identity, {"ocpp": {"action": "ClearCache", "payload": {}}})
            call = await station.next_call()
            assert call[2] == "ClearCache-Signed"
            payload, protected = read(ours(csms), call[3])
            assert (payload, protected["OCPPAction"], protected["OCPPMessageTypedId"]) == ({}, "ClearCache", 2)
            await answer(call)
            return await csms.command_in(command["id"], "accepted", "confirmed", "rejected", "error")

        accepted = {"status": "Accepted"}

        async def rightly(call: list[Any]) -> None:
            await station.answer(call, signed(key, "ClearCache", accepted, 3))

        async def unsigned(call: list[Any]) -> None:
            await station.answer(call, accepted)

        async def as_a_call(call: list[Any]) -> None:
            await station.answer(call, signed(key, "ClearCache", accepted, 2))

        async def by_a_stranger(call: list[Any]) -> None:
            await station.answer(call, signed(STRANGER, "ClearCache", accepted, 3))

        assert (await asked(rightly))["state"] in ("accepted", "confirmed")
        for wrongly, word in ((unsigned, "must be signed"), (as_a_call, "type"), (by_a_stranger, "signer")):
            failed = await asked(wrongly)
            assert failed["state"] == "error"
            assert word in failed["error"]["description"]
            assert failed["error"]["code"] == "SecurityError"
    page = await csms.until(
        lambda: csms.get("messages", station_id=identity, action="ClearCache"), lambda page: len(page["data"]) == 4
    )
    logged = page["data"][-1]
    assert (logged["payload"], logged["answer"]) == ({}, {"status": "Accepted"})
    assert read(ours(csms), logged["signed"])[0] == {}
    assert read(key.pem, logged["answer_signed"])[0] == {"status": "Accepted"}


async def test_a_signed_send(csms: Csms) -> None:
    identity, key = await added(csms, signing="require")
    async with csms.station(identity, "2.1", boot=False) as station:
        await station.call("BootNotification-Signed", signed(key, "BootNotification", BOOT))
        stream = {"id": 1, "pending": 0, "basetime": at(), "data": [{"t": 0, "v": "1"}]}
        before = len(await csms.feed("message.invalid"))
        for one in (key, STRANGER):
            flat = signed(one, "NotifyPeriodicEventStream", stream, 6)
            await station.socket.send(json.dumps([6, "a-send", "NotifyPeriodicEventStream-Signed", flat]))
        await station.call("Heartbeat-Signed", signed(key, "Heartbeat", {}))
        told = (await csms.feed("message.invalid"))[before:]
        assert [one["data"]["code"] for one in told] == ["signed_by_unknown_key"]


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_sessions_of_a_station_that_signs(csms: Csms, version: str) -> None:
    """Everything is signed both ways and checked both ways; answers get lost, and what was said twice counts once."""
    identity, key = await added(csms, signing="require")
    await csms.add_token(f"T-{identity}")
    seal = Seal(SigningKey(key.key_pem, key.pem), public_key(ours(csms)))
    station = Simulated(identity, url=csms.url, version=version, password=PASSWORD, speed=None, seal=seal)
    async with station:
        assert await station.boot() == "Accepted"
        assert await visit(station, Visit(token=f"T-{identity}", ev=Ev(soc=20), minutes=4)) is not None
        station.faults.direction, station.faults.drop = "in", 0.4  # the CSMS's answers get lost
        assert await visit(station, Visit(token=f"T-{identity}", ev=Ev(soc=20), minutes=4)) is not None
        station.faults.drop = 0.0
        for _ in range(60):
            if station.waiting:
                await station.wait(60)
        kind = "Soft" if version == "1.6" else "OnIdle"
        body = {"ocpp": {"action": "Reset", "payload": {"type": kind}}}
        command = await csms.command(identity, body)
        await station.expect("Reset")
        await csms.command_in(command["id"], "accepted", "confirmed")
    booked = sorted(await csms.transactions(station_id=identity), key=lambda one: one["started_at"])
    own = [pytest.approx(one.energy_wh, abs=2) for one in station.controller.books]
    assert [one["energy_wh"] for one in booked] == own
    assert len(booked) == 2
    assert all(one["complete"] for one in booked)
    assert identity not in [one["subject"] for one in await csms.feed("message.invalid")]
    for message in await csms.all("messages", station_id=identity):
        assert message["signed"], message


async def test_the_command_line_signs(csms: Csms, tmp_path: Path) -> None:
    identity, key = await added(csms, signing="require")
    await csms.add_token("OHMSTEAD-1")
    (tmp_path / "cert.pem").write_text(key.pem)
    (tmp_path / "key.pem").write_text(key.key_pem)
    arguments = ["simulate", "--url", csms.url, "--station", identity, "--ocpp", "2.0.1", "--password", PASSWORD]
    arguments += ["--sign", "--cert", str(tmp_path / "cert.pem"), "--key", str(tmp_path / "key.pem")]
    arguments += ["--signer", str(csms.server.data_dir / "pki" / "signing.pem"), "--sessions", "1", "--speed", "600"]
    done = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ohmstead", *arguments, "--json", stdout=PIPE, stderr=STDOUT
    )
    said, _ = await asyncio.wait_for(done.communicate(), 60)
    assert done.returncode == 0, said.decode()
    assert (await csms.transaction(station_id=identity))["state"] == "ended"
