"""1. Connection and transport (T01-T22)."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import resource
import zlib
from pathlib import Path
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from ohmstead.gateway import hub
from tests.acceptance.serving import PASSWORD, PATIENCE, Csms, Station, serving

pytestmark = pytest.mark.anyio

CLEAR_CACHE = {"ocpp": {"action": "ClearCache", "payload": {}}}


def connecting(
    csms: Csms,
    path: str,
    user: str | None = None,
    *,
    offers: tuple[str, ...] = ("ocpp2.0.1",),
    password: str = PASSWORD,
) -> Any:
    """`async with connecting(...) as socket`, below the endpoint; `user` is the path unless it is given."""
    word = base64.b64encode(f"{path if user is None else user}:{password}".encode()).decode()
    return websockets.connect(
        f"{csms.url}/{path}",
        subprotocols=[websockets.Subprotocol(offer) for offer in offers],
        additional_headers={"Authorization": f"Basic {word}"},
        proxy=None,
        ping_interval=None,
    )


async def status(csms: Csms, path: str, **options: Any) -> int:
    """The HTTP status of a refused upgrade."""
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connecting(csms, path, **options):
            pass
    code: int = refused.value.response.status_code
    return code


async def heard(socket: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))


async def ended(socket: ClientConnection) -> int | None:
    """The code of the close frame that ends `socket`."""
    await asyncio.wait_for(socket.wait_closed(), PATIENCE)
    return socket.close_code


async def test_T01_the_subprotocol_is_echoed(csms: Csms, known: str) -> None:
    async with connecting(csms, known) as socket:
        assert socket.response.headers["Sec-WebSocket-Protocol"] == "ocpp2.0.1"


async def test_T02_one_of_the_offers_is_taken(csms: Csms, known: str) -> None:
    async with connecting(csms, known, offers=("ocpp2.1", "ocpp2.0.1", "ocpp1.6")) as socket:
        assert socket.response.headers["Sec-WebSocket-Protocol"] == "ocpp2.1"


async def test_T03_an_unknown_version_is_refused(csms: Csms, known: str) -> None:
    assert await status(csms, known, offers=("ocpp0.1",)) == 400
    refusal = (await csms.until(lambda: csms.get("refusals"), lambda page: page["data"]))["data"][0]
    assert (refusal["status"], refusal["code"]) == (400, "subprotocol")


async def test_T04_a_known_version_among_others(csms: Csms, known: str) -> None:
    async with connecting(csms, known, offers=("ocpp0.1", "ocpp2.0.1")) as socket:
        assert socket.response.headers["Sec-WebSocket-Protocol"] == "ocpp2.0.1"


async def test_T05_the_header_decides_not_the_path(csms: Csms, known: str) -> None:
    async with connecting(csms, f"1.6/{known}", known) as socket:
        assert socket.subprotocol == "ocpp2.0.1"


async def test_T06_an_unknown_identity(csms: Csms, tmp_path: Path) -> None:
    assert await status(csms, "NOBODY") == 401
    async with serving(tmp_path, gateway={"reveal_unknown": True}) as revealing:
        assert await status(revealing, "NOBODY") == 404


async def test_T07_a_percent_encoded_identity(csms: Csms) -> None:
    await csms.add_station("RDAM|123")
    async with connecting(csms, "RDAM%7C123", "RDAM|123") as socket:
        await Station(socket).boot()
    assert (await csms.get("stations/RDAM%7C123"))["vendor"] == "V"


@pytest.mark.parametrize(
    "path", ["A" * 49, "CS%3A1", "CS1%2F..%2FCS2", "%2F..", "..", ".", "CS%001", "CS%C31", "A/B/C", "", "CS1%20"]
)
async def test_T08_what_is_no_identity(csms: Csms, path: str) -> None:
    assert await status(csms, path, user="CS1") == 404


async def test_T09_compression(csms: Csms, known: str) -> None:
    async with connecting(csms, known) as socket:
        assert "permessage-deflate" in socket.response.headers["Sec-WebSocket-Extensions"]
        station = Station(socket)
        await station.boot()
        for size in (1, 300, 2500):
            sent = {"vendorId": "V", "data": "x" * size}
            assert (await station.call("DataTransfer", sent))["status"] == "UnknownVendorId"


async def test_T10_a_bomb_is_never_inflated(csms: Csms, known: str) -> None:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    five_million = squeeze.compress(bytes(5_000_000)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    bomb = five_million * 100
    assert len(bomb) < 600_000
    async with connecting(csms, known) as socket:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        mask = bytes(4)
        socket.transport.write(b"\xc1\xff" + len(bomb).to_bytes(8, "big") + mask + bomb)
        assert await ended(socket) == 1009
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # kB
    async with csms.station(known) as station:
        await station.call("Heartbeat", {})


async def test_T11_a_ping_is_answered(csms: Csms, known: str) -> None:
    async with connecting(csms, known) as socket:
        await asyncio.wait_for(await socket.ping(), PATIENCE)


async def test_T12_a_second_socket_takes_over_when_it_speaks(csms: Csms, known: str) -> None:
    async with csms.station(known) as first, connecting(csms, known) as socket:
        await first.call("Heartbeat", {})  # a silent second socket leaves a living first one alone
        second = Station(socket)
        await second.call("Heartbeat", {})
        assert await ended(first.socket) == 4000
        asked = await csms.command(known, {"type": "trigger", "message": "Heartbeat"})
        call = await second.next_call()
        await second.answer(call, {"status": "Rejected"})
        await csms.command_in(asked["id"], "rejected")
    assert (await gone(csms, known))["online"] is False


async def gone(csms: Csms, identity: str) -> Any:
    return await csms.until(lambda: csms.get(f"stations/{identity}"), lambda station: not station["online"])


async def test_T12_a_silent_second_socket_takes_over_from_a_dead_one(
    csms: Csms, known: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "ANSWER_WITHIN", 0.0)
    assert csms.server.hub is not None
    async with csms.station(known) as first:
        first.socket.transport.pause_reading()  # it will not see the ping
        asked = await csms.command(known, CLEAR_CACHE)
        await csms.command_in(asked["id"], "sent")  # to the dead one
        async with connecting(csms, known) as socket:
            csms.server.hub.tick()
            await csms.command_in(asked["id"], "timed_out")
            asked = await csms.command(known, CLEAR_CACHE)
            call = await heard(socket)
            await socket.send(json.dumps([3, call[1], {"status": "Rejected"}]))
            await csms.command_in(asked["id"], "rejected")
        first.socket.transport.abort()


async def test_T13_a_wrong_password_harms_nobody(csms: Csms, known: str) -> None:
    async with csms.station(known) as first:
        assert await status(csms, known, password="wrong-password") == 401
        await first.call("Heartbeat", {})


async def test_T14_a_station_is_remembered(csms: Csms, known: str) -> None:
    async with csms.station(known):
        pass
    async with csms.station(known, boot=False) as again:
        assert "currentTime" in await again.call("Heartbeat", {})


async def test_T15_a_station_is_remembered_over_a_restart(tmp_path: Path) -> None:
    async with serving(tmp_path) as csms:
        await csms.add_station()
        async with csms.station():
            assert (await csms.get("stations/CS1"))["online"]
            await csms.server.stop()
        async with serving(tmp_path) as again:
            assert not (await again.get("stations/CS1"))["online"]
            kinds = [event["type"] for event in await again.feed("station")]
            assert kinds == [f"ohmstead.station.{what}" for what in ("connected", "booted", "disconnected")]
            async with again.station(boot=False) as station:
                assert "currentTime" in await station.call("Heartbeat", {})


async def test_T16_one_call_at_a_time(csms: Csms, known: str) -> None:
    async with csms.station(known) as station:
        first = await csms.command(known, {"type": "trigger", "message": "Heartbeat"})
        second = await csms.command(known, CLEAR_CACHE)
        call = await station.next_call()
        assert call[2] == "TriggerMessage"
        await station.call("Heartbeat", {})  # and nothing of ours comes before its answer
        assert station.asked.empty()
        assert (await csms.get(f"commands/{second['id']}"))["state"] == "queued"
        await station.answer(call, {"status": "Accepted"})
        call = await station.next_call()
        assert call[2] == "ClearCache"
        await station.answer(call, {"status": "Accepted"})
        await csms.command_in(first["id"], "confirmed")
        await csms.command_in(second["id"], "accepted")


async def test_T16_T18_a_late_answer_is_nobodys(tmp_path: Path) -> None:
    async with serving(tmp_path, call_timeout=0.5) as csms:
        await csms.add_station()
        assert csms.server.hub is not None
        async with csms.station() as station:
            first = await csms.command("CS1", CLEAR_CACHE)
            late = await station.next_call()
            await csms.until(tick(csms), lambda _: not station_asks(csms))
            await csms.command_in(first["id"], "timed_out")
            # no second call until the next one is asked, and then the late answer is not its own
            second = await csms.command("CS1", {"type": "trigger", "message": "Heartbeat"})
            call = await station.next_call()
            await station.answer(late, {"status": "Accepted"})
            await station.answer(call, {"status": "NotImplemented"})
            assert (await csms.command_in(second["id"], "rejected"))["reason"] == "NotImplemented"
            assert (await csms.get(f"commands/{first['id']}"))["state"] == "timed_out"
            await station.call("Heartbeat", {})


def tick(csms: Csms) -> Any:
    async def ticking() -> None:
        assert csms.server.hub is not None
        csms.server.hub.tick()

    return ticking


def station_asks(csms: Csms) -> bool:
    """Whether a call of ours is open."""
    assert csms.server.hub is not None
    return any(session.peer.open_call for session in csms.server.hub.current.values())


async def test_T17_calls_may_cross(csms: Csms, known: str) -> None:
    async with csms.station(known) as station:
        asked = await csms.command(known, CLEAR_CACHE)
        call = await station.next_call()
        assert "currentTime" in await station.call("Heartbeat", {})
        await station.answer(call, {"status": "Accepted"})
        await csms.command_in(asked["id"], "accepted")


async def test_T19_message_ids_never_repeat(tmp_path: Path) -> None:
    seen: list[str] = []
    for _ in range(2):
        async with serving(tmp_path) as csms:
            with contextlib.suppress(AssertionError):
                await csms.add_station()
            for _ in range(2):
                async with csms.station() as station:
                    asked = [await csms.command("CS1", CLEAR_CACHE) for _ in range(10)]
                    for _ in asked:
                        call = await station.next_call()
                        seen.append(call[1])
                        await station.answer(call, {"status": "Accepted"})
                    await csms.command_in(asked[-1]["id"], "accepted")
    assert len(set(seen)) == len(seen) == 40
    assert max(map(len, seen)) <= 36


async def test_T20_a_message_of_two_megabytes(csms: Csms, known: str) -> None:
    await csms.add_station(f"{known}-other")
    async with csms.station(f"{known}-other") as other, connecting(csms, known) as socket:
        await socket.send(json.dumps([2, "1", "DataTransfer", {"vendorId": "V", "data": os.urandom(1 << 20).hex()}]))
        assert await ended(socket) == 1009
        await other.call("Heartbeat", {})


async def test_T21_a_binary_frame(csms: Csms, known: str) -> None:
    async with csms.station(known) as station:
        await station.socket.send(b"\x00\xff")
        assert await ended(station.socket) == 1003
    async with csms.station(known) as station:
        await station.call("Heartbeat", {})


@pytest.fixture
def many_sockets() -> None:
    """Both ends of a thousand sockets are this process's own; many systems begin with 1,024 files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 4096:
        enough = 4096 if hard == resource.RLIM_INFINITY else min(4096, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))


async def test_T22_a_fleet_returns_at_once(csms: Csms, many_sockets: None) -> None:
    fleet = [f"T22-{number}" for number in range(1000)]
    lines = "".join(f"{identity},1,{PASSWORD}\n" for identity in fleet)
    answer = await csms.api.post(
        "stations/import", content=f"id,security_profile,password\n{lines}", headers={"Content-Type": "text/csv"}
    )
    assert len(answer.json()["created"]) == len(fleet), answer.text
    for _ in range(2):
        async with asyncio.timeout(30), contextlib.AsyncExitStack() as stack:

            async def come(identity: str, stack: contextlib.AsyncExitStack = stack) -> None:
                station = await stack.enter_async_context(csms.station(identity, boot=False))
                assert (await station.boot())["status"] == "Accepted"

            await asyncio.gather(*(come(identity) for identity in fleet))
            assert (await csms.get("stations/summary"))["online"] >= len(fleet)
