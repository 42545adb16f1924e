"""The test bench of a serving process: simulated stations and runs, in memory, of a bounded number.

It stands beside the server and comes in by the same doors as everybody: stations over the gateway, a run's operator
over the API with the credentials of whoever asked. With the process it is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from ssl import SSLContext

from ohmstead.api.bench import BenchRefuses, OnBench, Seat
from ohmstead.settings import Settings, address
from ohmstead.shapes.testbench import PersonaKind, RunNew, SimulatedStationNew
from ohmstead.simulator import persona, tls_context
from ohmstead.testbench.runs import BenchRun, Doors, planned
from ohmstead.testbench.stations import BenchStation

RUNS = 20
"""Runs that are remembered."""


class Workbench:
    """`ports` (by the names of gateway/doors.py) and `api_port` say where this process is reached, once it is; the
    ports of another process are those of the settings."""

    def __init__(self, settings: Settings, ports: Mapping[str, int], api_port: Callable[[], int]) -> None:
        self._settings, self._ports, self._api_port = settings, ports, api_port
        self._most = settings.test_bench.stations
        self._stations: dict[str, BenchStation] = {}
        self._runs: list[BenchRun] = []

    @property
    def url(self) -> str:
        """Where its stations connect: the plain port, else the one for TLS."""
        gateway = self._settings.gateway
        name, scheme, bind = ("plain", "ws", gateway.bind) if gateway.bind else ("tls", "wss", gateway.tls_bind)
        return f"{scheme}://{_here(bind, self._ports.get(name))}{gateway.path}"

    def personas(self) -> list[PersonaKind]:
        """All kinds of station that there are."""
        return [_kind(persona.load(name)) for name in persona.names()]

    def stations(self) -> list[BenchStation]:
        """All that live, in the order of their identities."""
        self._stations = {name: one for name, one in self._stations.items() if not one.over}
        return [one for _, one in sorted(self._stations.items())]

    def runs(self) -> list[BenchRun]:
        """The last ones, newest first."""
        return self._runs[::-1]

    def place(self, seat: Seat, new: SimulatedStationNew, tokens: Sequence[str]) -> BenchStation:
        """A place for a station. Raises BenchRefuses when it is simulated already, or too many are."""
        self._must_be_free(seat.identity)
        if len(self._stations) >= self._most:
            raise BenchRefuses(f"{self._most} stations are simulated, which is the most (test_bench.stations).")
        one = self._stations[seat.identity] = BenchStation(
            seat, new, tokens, self.url, self._tls(), self._settings.files.public_url
        )
        return one

    def prepare(self, seat: Seat, new: RunNew, credentials: Mapping[str, str]) -> BenchRun:
        """A place for a run. Raises BenchRefuses while another one goes on, or for a scenario with a mistake."""
        self._must_be_free(seat.identity)
        for one in self._runs:
            if one.state == "running":
                raise BenchRefuses(f"The run {one.id} is going on; wait for its end, or delete it.")
        api = f"http://{_here(self._settings.api.bind, self._api_port())}"
        doors = Doors(self.url, self._tls(), api, dict(credentials), self._settings.files.public_url)
        made = BenchRun(seat, planned(seat, new, doors))
        self._runs = [*self._runs[1 - RUNS :], made]
        return made

    async def clear(self, what: OnBench) -> None:
        """End it and take it off the bench."""
        self._stations = {name: one for name, one in self._stations.items() if one is not what}
        self._runs = [one for one in self._runs if one is not what]
        await what.end()

    async def close(self) -> None:
        """Switch everything off."""
        everything: list[OnBench] = [*self._stations.values(), *self._runs]
        await asyncio.gather(*(one.end() for one in everything))

    def _must_be_free(self, identity: str) -> None:
        if any(one.seat.identity == identity for one in self.stations()):
            raise BenchRefuses(f"The station {identity} is simulated already.")

    def _tls(self) -> SSLContext | None:
        ca = Path(self._settings.data_dir, "pki", "ca.pem")
        return tls_context(ca) if self.url.startswith("wss:") else None


def _here(bind: str, port: int | None) -> str:
    """HOST:PORT at which this machine reaches what is bound there; `port` is the real one, where it is known."""
    host, given = address(bind)
    host = "127.0.0.1" if host in ("", "0.0.0.0") else "[::1]" if host == "::" else f"[{host}]" if ":" in host else host
    return f"{host}:{port or given}"


def _kind(one: persona.Persona) -> PersonaKind:
    return PersonaKind(
        name=one.name,
        title=one.title,
        marks=one.marks,
        ocpp_versions=list(one.versions),
        why=list(one.why),
        breaks=one.breaks,
    )
