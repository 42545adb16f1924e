"""Device models of a fleet: a report of 5,000 variables, size on disk, questions to the fleet; by the real server.

models.py [DATABASE_URL] [--sizes 100 1000 10000]

At each size the fleet has that many stations of 400 variables. One of them told them over a socket, the others are
copies of its rows. Times are wall milliseconds as a client of the API sees them, the best of three. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import httpx  # noqa: E402
import websockets  # noqa: E402
from server import KEY, PASSWORD  # noqa: E402
from sqlalchemy import bindparam, insert, literal_column, select, update  # noqa: E402

from ohmstead import runtime  # noqa: E402
from ohmstead.app import Server  # noqa: E402
from ohmstead.settings import Api, Gateway, Settings, Stations  # noqa: E402
from ohmstead.store import schema  # noqa: E402
from ohmstead.store.resources import stations as register  # noqa: E402
from ohmstead.store.statement import Statement  # noqa: E402
from ohmstead.store.tables import device_models, device_values, stations, word_values  # noqa: E402
from ohmstead.store.terms import terms_of  # noqa: E402

VARIABLES, LARGE, PART = 400, 5_000, 100
VALUES = {"boolean": "true", "integer": "7", "decimal": "32", "dateTime": "2026-01-01T00:00:00Z"}
WORD = "evse.current.max"
TEMPLATE = [(WORD, 32), ("connection.heartbeat_interval", 7), ("meter.sample_interval", 7)]


def variables(count: int) -> list[dict[str, Any]]:
    """The report of a station with two EVSEs: what the standard names, then of its vendor's own."""
    found = [_variable("EVSE", "ACCurrent", "0", evse) for evse in (1, 2)]
    with files("ohmstead.domain").joinpath("standard.csv").open() as file:
        for component, variable, _, kind, *_ in list(csv.reader(file))[1:]:
            if component != "*":
                evses = (1, 2) if component in ("EVSE", "Connector") else (None,)
                found += [_variable(component, variable, VALUES.get(kind, "x"), evse) for evse in evses]
    for n in range(count - len(found)):
        found.append(_variable(f"AcmeCtrlr{n // 50}", f"Setting{n % 50}", str(n), None))
    return found[:count]


def _variable(component: str, variable: str, value: str, evse: int | None) -> dict[str, Any]:
    place = {} if evse is None else {"evse": {"id": evse}}
    kind = {"dataType": "string", "maxLimit": 500} if variable != "ACCurrent" else {
        "dataType": "decimal", "unit": "A", "maxLimit": 32
    }  # fmt: skip
    return {
        "component": {"name": component, **place},
        "variable": {"name": variable},
        "variableAttribute": [{"value": value, "mutability": "ReadWrite"}],
        "variableCharacteristics": {**kind, "supportsMonitoring": False},
    }


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class World:
    """The server, a client of its API, and how many stations there are."""

    def __init__(self, server: Server, api: httpx.AsyncClient, port: int, url: str, folder: str) -> None:
        self.server, self.api, self.port, self.url, self.folder, self.count = server, api, port, url, folder, 0

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.api.get(path, params=query)
        assert answer.is_success, answer.text
        return answer.json()

    async def grow(self, size: int) -> None:
        """Up to so many stations like the first one."""
        first, fields = self.count + 2, {"security_profile": 1, "registration": "accepted"}
        for start in range(first, size + 1, 500):
            async with self.server.db.transaction() as tx:
                for number in range(start, min(start + 500, size + 1)):
                    await register.add(tx, 1, number, 0, identity=f"CS{number:06d}", **fields)
        for table in (device_models, device_values, word_values):
            await self._copy(table, first, size)
        known = await terms_of(self.server.db).find(self.server.db, 1, {WORD})
        low = update(word_values).where(word_values.c.word_id == known[WORD], word_values.c.station_id % 50 == 0)
        said = {"vendor": "Acme", "model": "M1", "ocpp_version": "2.0.1", "firmware_version": "1.4.3"}
        older = update(stations).where(stations.c.id % 10 == 0).values(firmware_version="1.4.2")
        async with self.server.db.transaction() as tx:
            await tx.execute(Statement(low.values(number=10)))
            await tx.execute(Statement(update(stations).where(stations.c.id >= first).values(**said)))
            await tx.execute(Statement(older))
        self.count = size - 1

    async def _copy(self, table: Any, first: int, size: int) -> None:
        columns = [column for column in table.columns if column.name != "station_id"]
        for start in range(first, size + 1, 500):
            row = select(stations.c.id, *columns).join_from(table, stations, table.c.station_id == bindparam("one"))
            row = row.where(stations.c.id.between(bindparam("low"), bindparam("high")))
            copied = insert(table).from_select(["station_id", *(column.name for column in columns)], row)
            async with self.server.db.transaction() as tx:
                await tx.execute(Statement(copied), one=1, low=start, high=min(start + 499, size))

    async def settled(self) -> None:
        """No model's words are old."""
        old = Statement(
            select(device_models.c.station_id).where(device_models.c.worded != device_models.c.version).limit(1)
        )
        while await self.server.db.fetch_many(old):
            await asyncio.sleep(0.05)

    async def size(self) -> int:
        """Bytes of the database."""
        if self.url.startswith("postgresql"):
            return int(
                (
                    await self.server.db.fetch_many(
                        Statement(select(literal_column("pg_database_size(current_database())")))
                    )
                )[0][0]
            )
        return sum(one.stat().st_size for one in Path(self.folder).glob("ohmstead.db*"))

    async def report(self, identity: str, count: int) -> dict[str, float]:
        """A station tells so many variables: until they are stored, and until the fleet can be asked for its words."""
        said, parts = variables(count), []
        for start in range(0, count, PART):
            parts.append(said[start : start + PART])
        headers = {"Authorization": httpx.BasicAuth(identity, PASSWORD)._auth_header}
        url = f"ws://127.0.0.1:{self.port}/ocpp/{identity}"
        async with websockets.connect(
            url, subprotocols=["ocpp2.0.1"], additional_headers=headers, max_size=None
        ) as link:
            await link.send(json.dumps([2, "b", "BootNotification", {
                "reason": "PowerUp", "chargingStation": {"model": "M1", "vendorName": "Acme", "firmwareVersion": "1.4.3"},
            }]))  # fmt: skip
            await link.recv()
            begun, cpu = time.perf_counter(), time.process_time()
            asked = asyncio.create_task(self.api.post(
                f"stations/{identity}/device-model/refresh", params={"wait": 120, "until": "confirmed"}
            ))  # fmt: skip
            await _tell(link, parts)
            answer = (await asked).json()
            stored, spent = time.perf_counter() - begun, time.process_time() - cpu
            assert answer["state"] == "confirmed", answer
            await self.settled()
            asked_for = time.perf_counter() - begun
            known = await self.get(f"stations/{identity}/device-model", view="vocabulary")
            assert known["report"]["complete"]
            assert known["values"]
        return {"stored_ms": stored * 1e3, "cpu_ms": spent * 1e3, "fleet_knows_ms": asked_for * 1e3}


async def _tell(link: Any, parts: list[list[dict[str, Any]]]) -> None:
    while (call := json.loads(await link.recv()))[0] != 2 or call[2] != "GetBaseReport":
        pass
    await link.send(json.dumps([3, call[1], {"status": "Accepted"}]))
    for n, part in enumerate(parts):
        said = {"requestId": call[3]["requestId"], "seqNo": n, "tbc": n < len(parts) - 1, "reportData": part}
        said["generatedAt"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        await link.send(json.dumps([2, f"r{n}", "NotifyReport", said]))
        await link.recv()


async def best(ask: Any) -> tuple[float, Any]:
    """Milliseconds, and what was found."""
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        found = await ask()
        times.append((time.perf_counter() - begun) * 1e3)
    return min(times), found


async def measured(world: World, size: int) -> dict[str, Any]:
    await world.grow(size)
    identity = f"BIG{size}"
    async with world.server.db.transaction() as tx:
        secret = world.server.context.passwords.hash(identity, PASSWORD.encode())
        await register.add(tx, 1, 10**6 + size + 1, 0, identity=identity, security_profile=1, registration="accepted",
                           password_hash=secret)  # fmt: skip
    bytes_ = await world.size()
    report = await world.report(identity, LARGE)
    value, low = await best(lambda: world.get("stations", firmware_version="1.4.2", value=f"{WORD}<16", limit=1000))
    values = [{"name": name, "value": value} for name, value in TEMPLATE]

    async def differing() -> int:
        count, cursor = 0, {}
        while True:
            answer = await world.api.post(
                "device-models/diff",
                json={"values": values},
                params={"limit": 1000, "firmware_version": "1.4.2", **cursor},
            )
            assert answer.is_success, answer.text
            page = answer.json()
            count += len(page["data"])
            if page["next_cursor"] is None:
                return count
            cursor = {"cursor": page["next_cursor"]}

    async def words() -> int:
        return len((await world.get(f"device-models/words/{WORD}"))["data"])

    diff, differ = await best(differing)
    counts, _ = await best(words)
    expected = sum(n % 50 == 0 for n in range(2, size + 1))
    assert len(low["data"]) == min(expected, 1000), (len(low["data"]), expected)
    assert differ == expected, (differ, expected)
    return {
        "report_5000_ms": round(report["stored_ms"]), "report_5000_cpu_ms": round(report["cpu_ms"]),
        "report_5000_fleet_ms": round(report["fleet_knows_ms"]), "kib_per_station": round(bytes_ / 1024 / size, 1),
        "below_16_A_ms": round(value, 1), "found": len(low["data"]), "fleet_diff_ms": round(diff, 1),
        "differ": differ, "values_of_a_word_ms": round(counts, 1),
    }  # fmt: skip


@asynccontextmanager
async def living(url: str) -> AsyncIterator[World]:
    with tempfile.TemporaryDirectory(prefix="ohmstead-models-") as folder:
        if url:
            await schema.upgrade(url)
        port = free_port()
        settings = Settings(
            data_dir=folder, database_url=url, api=Api(bind="127.0.0.1:0", bootstrap_key=KEY),
            gateway=Gateway(bind=f"127.0.0.1:{port}", tls_bind=""), stations=Stations(unasked_calls=()),
        )  # fmt: skip
        server = Server(settings)
        await server.start()
        while server.starting:
            await asyncio.sleep(0.05)
        try:
            base = f"http://127.0.0.1:{server.httpd.port if server.httpd else 0}/api/v1/"
            async with httpx.AsyncClient(base_url=base, headers={"Authorization": f"Bearer {KEY}"}, timeout=300) as api:
                yield World(server, api, server.gateway_port, url, folder)
        finally:
            await server.stop()


async def main(url: str, sizes: list[int]) -> dict[str, Any]:
    async with living(url) as world:
        async with world.server.db.transaction() as tx:
            secret = world.server.context.passwords.hash("CS000001", PASSWORD.encode())
            await register.add(tx, 1, 1, 0, identity="CS000001", security_profile=1, registration="accepted",
                               password_hash=secret)  # fmt: skip
        await world.report("CS000001", VARIABLES)
        return {str(size): await measured(world, size) for size in sizes}


if __name__ == "__main__":
    runtime.configure_logging(as_json=True)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("url", nargs="?", default="")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1_000, 10_000])
    given = parser.parse_args()
    print(json.dumps(asyncio.run(main(given.url, given.sizes))))
