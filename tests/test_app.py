"""One process: what it opens, in which order it ends, and what keeps it from starting."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from ohmstead import app, runtime
from ohmstead.app import Server
from ohmstead.process import CannotStart
from ohmstead.settings import Api, Gateway, Health, Settings, Stations
from ohmstead.store.db import DatabaseGone
from ohmstead.store.postgres import Postgres
from tests.acceptance.serving import KEY, SUBPROTOCOLS, Station, serving

pytestmark = pytest.mark.anyio

Make = Callable[..., Server]


@pytest.fixture
async def make(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Make]:
    """`make(**settings)` gives a server, not started; it is stopped in the end."""
    async with AsyncExitStack() as stack:

        def making(**settings: Any) -> Server:
            defaults = {
                "data_dir": str(tmp_path / "data"),
                "api": Api(bind="127.0.0.1:0", bootstrap_key=KEY),
                "gateway": Gateway(bind="127.0.0.1:0", tls_bind=""),
                "stations": Stations(unasked_calls=()),
            }
            server = Server(Settings(**{**defaults, **settings}))
            stack.push_async_callback(server.stop)
            return server

        yield making


async def health(server: Server, path: str = "ready") -> httpx.Response:
    assert server.httpd is not None
    async with httpx.AsyncClient() as client:
        return await client.get(f"http://127.0.0.1:{server.httpd.port}/api/v1/health/{path}")


async def reaches(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_a_fresh_folder_is_all_it_needs(make: Make, tmp_path: Path) -> None:
    server = make()
    await server.start()
    assert (await health(server)).json()["status"] == "ok"
    assert await reaches(server.gateway_port)
    assert {path.name for path in (tmp_path / "data").iterdir()} >= {"ohmstead.db", "server.key", "serve.lock"}
    before = set(asyncio.all_tasks())
    await server.stop()
    assert not await reaches(server.gateway_port)
    assert asyncio.all_tasks() <= before
    assert not [task for task in runtime._running if not task.done()]


async def test_stop_may_come_twice(make: Make) -> None:
    server = make()
    await server.start()
    await server.stop()
    await server.stop()


async def test_one_server_for_each_data_folder(make: Make) -> None:
    first, second = make(), make()
    await first.start()
    with pytest.raises(CannotStart, match="Another ohmstead serves"):
        await second.start()
    assert (await health(first)).json()["status"] == "ok"
    await first.stop()
    await second.start()


@pytest.mark.parametrize("part", ["api", "gateway"])
async def test_a_port_that_is_in_use(make: Make, part: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        server = make(**{part: Api(bind=bind) if part == "api" else Gateway(bind=bind, tls_bind="")})
        with pytest.raises(CannotStart, match=f"Cannot listen on {bind}"):
            await server.start()
    # nothing is left behind: neither the lock nor the other port
    assert not [task for task in runtime._running if not task.done()]
    again = make()
    await again.start()


async def test_ipv6(make: Make) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    server = make(gateway=Gateway(bind="[::1]:0", tls_bind=""))
    await server.start()
    _, writer = await asyncio.open_connection("::1", server.gateway_port)
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize(
    ("role", "has_api", "has_gateway"),
    [("all", True, True), ("api", True, False), ("gateway", False, True), ("worker", False, False)],
)
async def test_roles(make: Make, role: str, has_api: bool, has_gateway: bool) -> None:
    server = make(role=role)
    await server.start()
    assert (server.httpd is not None, server.hub is not None) == (has_api, has_gateway)
    await server.stop()
    assert not [task for task in runtime._running if not task.done()]


async def test_a_worker_without_the_folder_of_the_ca_makes_none_of_its_own(make: Make, tmp_path: Path) -> None:
    server = make(role="worker")
    await server.start()
    assert server.ca is None
    assert not (tmp_path / "data" / "pki").exists()


async def test_a_gateway_shows_its_health(make: Make) -> None:
    server = make(role="gateway", health=Health(bind="127.0.0.1:0"))
    await server.start()
    assert (await health(server)).status_code == 200


async def test_no_plain_port(make: Make) -> None:
    server = make(gateway=Gateway(bind="", tls_bind="127.0.0.1:0"))
    await server.start()
    assert server.gateway_port == 0
    assert [one.hall.name for one in server.listeners] == ["tls"]
    assert await reaches(server.ports["tls"])


async def test_the_ca_is_made_once(make: Make, tmp_path: Path) -> None:
    server = make(role="api")
    await server.start()
    root = (tmp_path / "data" / "pki" / "ca.pem").read_text()
    await server.stop()
    again = make()
    await again.start()
    assert (tmp_path / "data" / "pki" / "ca.pem").read_text() == root


async def test_a_broken_ca(make: Make, tmp_path: Path) -> None:
    (tmp_path / "data" / "pki").mkdir(parents=True)
    (tmp_path / "data" / "pki" / "ca.pem").write_text("nothing")
    with pytest.raises(CannotStart, match=r"pki/ca\.pem"):
        await make().start()


async def test_a_database_in_trouble_is_not_ready(make: Make) -> None:
    server = make()
    await server.start()
    server.db.trouble = "disk full"
    answer = await health(server)
    assert (answer.status_code, "disk full" in answer.text) == (503, True)
    assert (await health(server, "live")).status_code == 200
    server.db.trouble = None


async def test_stations_are_drained_and_everything_is_stored(tmp_path: Path) -> None:
    async with serving(tmp_path) as csms, AsyncExitStack() as stack:
        fleet = [f"CS{number}" for number in range(5)]
        for identity in fleet:
            await csms.add_station(identity)
        stations = [await stack.enter_async_context(csms.station(identity)) for identity in fleet]
        asked = await csms.command("CS0", {"type": "trigger", "message": "Heartbeat"})
        await stations[0].next_call()
        await csms.server.stop()
        for station in stations:
            await station.socket.wait_closed()
            assert (station.socket.close_code, station.socket.close_reason) == (1001, "the server restarts")
    async with serving(tmp_path) as csms:
        assert not any(one["online"] for one in (await csms.get("stations"))["data"])
        assert len(await csms.feed("station.disconnected")) == len(fleet)
        assert (await csms.get(f"commands/{asked['id']}"))["state"] == "timed_out"
        assert len((await csms.get("messages", station_id="CS3"))["data"]) == 1


async def test_a_stop_does_not_wait_for_ever(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A station that does not answer the close frame, and a database that takes no writes."""
    monkeypatch.setattr(app, "DRAIN", 0.05)
    monkeypatch.setattr(app, "LAST_COMMIT", 0.05)
    server = make()
    await server.start()
    headers = {"Authorization": f"Bearer {KEY}"}
    assert server.httpd is not None
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.httpd.port}/api/v1/", headers=headers) as api:
        made = await api.post("stations", json={"id": "CS1", "security_profile": 1, "password": "secret-password"})
        assert made.status_code == 201
    word = base64.b64encode(b"CS1:secret-password").decode()
    async with websockets.connect(
        f"ws://127.0.0.1:{server.gateway_port}/ocpp/CS1",
        subprotocols=[websockets.Subprotocol(SUBPROTOCOLS["2.0.1"])],
        additional_headers={"Authorization": f"Basic {word}"},
    ) as socket_:
        await Station(socket_).boot()
        socket_.transport.pause_reading()

        async def full(*_: Any) -> Any:
            raise OSError("disk full")

        monkeypatch.setattr(server.db, "commit", full)
        monkeypatch.setattr("ohmstead.gateway.hub.LAST_WORDS", 0.05)
        async with asyncio.timeout(10):
            await server.stop()
        socket_.transport.abort()


async def test_postgresql_that_lacks_its_schema(make: Make, empty_postgres_url: str) -> None:
    server = make(database_url=empty_postgres_url)
    await server.start()
    async with asyncio.timeout(10):
        while "ohmstead db upgrade" not in (await health(server)).text:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert (await health(server)).status_code == 503
    assert (await health(server, "live")).status_code == 200
    await server.stop()
    assert not [task for task in runtime._running if not task.done()]


async def test_postgresql_that_goes_away_while_we_begin(
    make: Make, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, tries = Postgres.start, []

    async def flickering(self: Postgres) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise DatabaseGone("PostgreSQL: gone")
        await start(self)

    monkeypatch.setattr(app, "LOOK_AGAIN", 0.01)
    monkeypatch.setattr(Postgres, "start", flickering)
    server = make(database_url=postgres_url)
    await server.start()
    async with asyncio.timeout(10):
        while (await health(server)).status_code != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert len(tries) == 3


async def test_postgresql(make: Make, postgres_url: str) -> None:
    server = make(database_url=postgres_url)
    await server.start()
    async with asyncio.timeout(10):
        while (await health(server)).status_code != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert await reaches(server.gateway_port)
