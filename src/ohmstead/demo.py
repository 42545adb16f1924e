"""`ohmstead demo`: the server and a fleet of simulated stations on this machine, in a folder that goes away again.

Everything goes the way a user goes: stations and tokens are made over the HTTP API, stations connect to the gateway,
and what is printed is read from the event feed.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec

from ohmstead import runtime
from ohmstead.app import Server
from ohmstead.settings import Api, Bench, Gateway, Settings
from ohmstead.simulator import Fleet
from ohmstead.simulator.contract_vehicle import ContractVehicle, Maker, maker_of
from ohmstead.simulator.fleet import VERSIONS

SPEED = 60.0
"""Simulated seconds in a real one: a session of ten minutes takes ten seconds."""
BEHIND_S = 6 * 3600
"""The stations live from six hours ago until now, which takes six minutes, and then as we do."""
TOKENS = ("04A1B2C3D4E5F6", "04B7C8D9EAFB0C", "DEMO-DRIVER-3")
CARS = {"WMIDEM01234567890": "DE-OHM-C0DEM0001", "WMIDEM01234567891": "DE-OHM-C0DEM0002"}
"""Cars that charge with no card: PCID, and eMAID of the contract."""
PLACES = (("Harbour Depot", 53.54, 9.97), ("Market Square", 52.37, 9.73), ("North Garage", 54.32, 10.13))
"""Sites, with where they lie. Each has a third of the stations, and the first one is kept inside a limit."""
LIMIT_W, FUSE_A = 9_000, 64
"""Of the first site, for each of its stations. The limit begins when the stations live as we do: before, a station is
past the end of its orders before it gets the next ones."""
TARIFF = {
    "id": "standard", "name": "Standard", "currency": "EUR", "tax_percent": "19", "default": True,
    "elements": [{"per": "kwh", "price": "0.39"}, {"per": "session", "price": "0.50"}],
}  # fmt: skip
REST_S = 5.0
"""Real seconds between two summaries."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class DemoOptions:
    """Options of the command; `keep` is a folder for the data, `once` ends after the first session."""

    stations: int = 12
    seed: int = 1
    keep: Path | None = None
    api: str = "127.0.0.1:0"
    once: bool = False


class Demo:
    """One run of the demo."""

    def __init__(self, options: DemoOptions, say: Say) -> None:
        self.options, self.say = options, say
        self.folder = options.keep or Path(tempfile.mkdtemp(prefix="ohmstead-demo-"))
        self.key = f"demo_{secrets.token_urlsafe(32)}"
        self.passwords: dict[str, str] = {}
        self.first: asyncio.Future[dict[str, Any]] | None = None
        settings = Settings(
            data_dir=str(self.folder),
            api=Api(bind=options.api, bootstrap_key=self.key),
            gateway=Gateway(bind="127.0.0.1:0", tls_bind=""),
            test_bench=Bench(enabled=True),
        )
        self.server = Server(settings)

    async def run(self, stopped: asyncio.Event) -> dict[str, Any] | None:
        """Until `stopped`, or with `once` until the first session is complete: that transaction comes back."""
        await self.server.start()
        self.first = asyncio.get_running_loop().create_future()
        assert self.server.httpd is not None
        base = f"http://127.0.0.1:{self.server.httpd.port}/api/v1"
        headers = {"Authorization": f"Bearer {self.key}"}
        async with httpx.AsyncClient(base_url=base, headers=headers, timeout=30) as api:
            await self._make(api)
            link = (await api.post("/sign-in/links")).raise_for_status().json()
            self._introduce(base, link["path"])
            fleet = self._fleet()
            life = runtime.spawn(_live(fleet), "demo-fleet")
            news = runtime.spawn(self._tell(api), "demo-news")
            try:
                return await self._wait(stopped)
            finally:
                await runtime.end(life, news)

    async def close(self) -> None:
        await self.server.stop()
        if self.options.keep is None:
            shutil.rmtree(self.folder, ignore_errors=True)

    async def _wait(self, stopped: asyncio.Event) -> dict[str, Any] | None:
        assert self.first is not None
        ended = runtime.spawn(_wait_for(stopped), "demo-stop")
        waited: list[asyncio.Future[Any]] = [ended, self.first] if self.options.once else [ended]
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        return self.first.result() if self.options.once and self.first.done() else None

    async def _make(self, api: httpx.AsyncClient) -> None:
        sites = await self._make_sites(api)
        for number in range(1, self.options.stations + 1):
            new = {"id": f"DEMO{number:03d}", "security_profile": "basic", "site_id": sites[self._place(number)]}
            answer = await api.post("/stations", json=new)
            if answer.status_code != 409:  # kept from an earlier run
                made = answer.raise_for_status().json()
                self.passwords[made["id"]] = made["password"]
        for identity in (f"DEMO{number:03d}" for number in range(1, self.options.stations + 1)):
            if identity not in self.passwords:
                password = self.passwords[identity] = secrets.token_urlsafe(24)
                answer = await api.patch(f"/stations/{identity}", json={"password": password})
                answer.raise_for_status()
        await self._make_circuits(api, sites[0])
        for token in TOKENS:
            answer = await api.post("/tokens", json={"token": token, "type": "ISO14443", "status": "accepted"})
            if answer.status_code != 409:
                answer.raise_for_status()
        maker = {"name": "Demo cars", "certificate": self._maker().pem, "uses": ["oem"]}
        contracts = [{"emaid": emaid, "pcid": pcid} for pcid, emaid in CARS.items()]
        wanted = (("certificate-authorities", maker), ("tariffs", TARIFF), *(("contracts", one) for one in contracts))
        for path, body in wanted:
            answer = await api.post(f"/{path}", json=body)
            if answer.status_code != 409:
                answer.raise_for_status()

    def _place(self, number: int) -> int:
        """Which of the PLACES a station stands at."""
        return (number - 1) * len(PLACES) // self.options.stations

    async def _make_sites(self, api: httpx.AsyncClient) -> list[str]:
        """Their ids, in the order of PLACES; those of an earlier run are kept."""
        known = {one["name"]: one["id"] for one in (await api.get("/sites")).raise_for_status().json()["data"]}
        for name, latitude, longitude in PLACES:
            if name not in known:
                body = {"name": name, "time_zone": "Europe/Berlin", "latitude": latitude, "longitude": longitude}
                known[name] = (await api.post("/sites", json=body)).raise_for_status().json()["id"]
        return [known[name] for name, *_ in PLACES]

    async def _make_circuits(self, api: httpx.AsyncClient, site: str) -> None:
        """Two circuits for the stations of a site, and a limit for all of them; none where it has some already."""
        if (await api.get(f"/sites/{site}/circuits")).raise_for_status().json()["data"]:
            return
        here = [number for number in range(1, self.options.stations + 1) if self._place(number) == 0]
        middle = (len(here) + 1) // 2
        for name, some in (("Circuit F1", here[:middle]), ("Circuit F2", here[middle:])):
            evses = [{"station_id": f"DEMO{number:03d}", "evse_id": evse} for number in some for evse in (1, 2)]
            body = {"name": name, "limit_a": FUSE_A * max(1, len(some)), "evses": evses}
            (await api.post(f"/sites/{site}/circuits", json=body)).raise_for_status()
        begin = runtime.rfc3339(runtime.now() + round(BEHIND_S / SPEED * 1e6))
        limit = {"name": "contract", "limit_w": LIMIT_W * len(here), "from": begin}
        (await api.post(f"/sites/{site}/limits", json=limit)).raise_for_status()

    def _maker(self) -> Maker:
        """Who makes the cars with contracts, which trust our V2G root: kept with the data, so that a later run is
        believed too."""
        return maker_of(self.folder / "demo-vehicle-maker.pem", self.folder / "pki" / "plugcharge" / "v2g-root.pem")

    def _fleet(self) -> Fleet:
        return Fleet(
            url=self._gateway(),
            n=self.options.stations,
            versions=VERSIONS,
            seed=self.options.seed,
            identity="DEMO",
            password=self.passwords.__getitem__,
            tokens=TOKENS,
            cars=[ContractVehicle(pcid, self._maker()) for pcid in CARS],
            speed=SPEED,
            start=runtime.now() - BEHIND_S * 1_000_000,
            pause_s=120.0,
            charge_s=(150.0, 1800.0),
        )

    def _gateway(self) -> str:
        return f"ws://127.0.0.1:{self.server.gateway_port}{self.server.settings.gateway.path}"

    def _introduce(self, base: str, link: str) -> None:
        header = f"-H 'Authorization: Bearer {self.key}'"
        self.say(f"Ohmstead serves {self.options.stations} simulated stations (OCPP {', '.join(VERSIONS)}).")
        self.say(f"  Console   {base.removesuffix('/api/v1')}{link}   (works once; later: the API key)")
        self.say(f"  API       {base}   (its page: {base}/docs)")
        self.say(f"  API key   {self.key}")
        self.say(f"  Stations  {self._gateway()}/<identity>   after: POST /stations")
        self.say(f"  Data      {self.folder}{'' if self.options.keep else '   (removed at the end)'}")
        self.say("  Time      from six hours ago to now, 60 times as fast; then as usual")
        self.say("Try:")
        self.say(f"  curl -s {header} '{base}/stations?limit=3'")
        self.say(f"  curl -s {header} '{base}/transactions?limit=3'")
        self.say(f"  curl -s {header} '{base}/stations/DEMO001/commands?wait=10' -d '{TRIGGER}'")
        self.say("Ctrl-C ends it.")

    async def _tell(self, api: httpx.AsyncClient) -> None:
        """Read the feed as any client would, and print what a person wants to see."""
        after, rest = 0, runtime.monotonic() + REST_S
        while True:
            answer = (await api.get("/events", params={"after": after, "limit": 500})).raise_for_status().json()
            for event in answer["data"]:
                after = event["sequence"]
                if (line := _line(event)) is not None:
                    self.say(line)
                if event["type"] == "ohmstead.transaction.ended" and self.first and not self.first.done():
                    self.first.set_result(event["data"])
            if not self.options.once and runtime.monotonic() > rest:
                rest = runtime.monotonic() + REST_S
                self.say(await _summary(api))
            await asyncio.sleep(0.3)


TRIGGER = '{"type": "trigger", "message": "Heartbeat"}'


async def _wait_for(event: asyncio.Event) -> None:
    await event.wait()


async def _live(fleet: Fleet) -> None:
    await fleet.run()


async def _summary(api: httpx.AsyncClient) -> str:
    totals = (await api.get("/stations/summary")).raise_for_status().json()
    return (
        f"-- {totals['online']} of {totals['stations']} stations online,"
        f" {totals['active_transactions']} transactions, {totals['power_w'] / 1000:.1f} kW"
    )


def _line(event: dict[str, Any]) -> str | None:
    """One event in words; None for those that only fill the screen."""
    data, who, at = event["data"], event["subject"], event["time"][11:19]
    match event["type"].removeprefix("ohmstead."):
        case "station.booted":
            return f"{at}  {who}  booted: {data['vendor']} {data['model']}, OCPP {data['ocpp_version']}"
        case "transaction.started":
            return f"{at}  {who}  EVSE {data['evse_id']}: transaction {data['transaction_id']} started"
        case "transaction.ended":
            energy = data["energy_wh"] / 1000
            return f"{at}  {who}  EVSE {data['evse_id']}: {energy:.2f} kWh charged, ended ({data['stopped_reason']})"
        case "contract.provisioned":
            return f"{at}  {who}  a car got the certificate of its contract {data['emaid']}: it needs no card"
        case "authorization.refused":
            return f"{at}  {who}  token refused: {data['status']}"
    return None


async def run(options: DemoOptions, say: Say) -> int:
    """The exit status of the command."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    demo = Demo(options, say)
    transaction = None
    try:
        transaction = await demo.run(stopped)
    finally:
        with contextlib.suppress(Exception):
            await demo.close()
    if transaction is not None:
        say(msgspec.json.encode(transaction).decode())
    return 0 if transaction is not None or not options.once else 1


def say_at_once(line: str) -> None:
    """Print a line; also where the output is a file or a pipe it is there at once."""
    print(line, flush=True)


def demo(options: DemoOptions, say: Say = say_at_once) -> int:
    """Run the demo until Ctrl-C."""
    import uvloop

    runtime.configure_logging(as_json=False, level="warning")
    return uvloop.run(run(options, say))
