"""Many stations in one process, each with its own drivers: cars arrive, charge and leave as seeded dice have it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from ssl import SSLContext
from typing import TYPE_CHECKING

from ohmstead import runtime
from ohmstead.simulator.connection import dial
from ohmstead.simulator.dialect import Happening
from ohmstead.simulator.dice import Dice
from ohmstead.simulator.ev import Ev, any_ev
from ohmstead.simulator.keys import Keys
from ohmstead.simulator.persona import Persona, load
from ohmstead.simulator.running import Dial, Unmet
from ohmstead.simulator.sealing import Seal
from ohmstead.simulator.station import Station
from ohmstead.simulator.visits import Visit, visit

if TYPE_CHECKING:
    from ohmstead.simulator.contract_vehicle import ContractVehicle

VERSIONS = ("1.6", "2.0.1", "2.1")
_FRAMES = 50
"""How many frames each station remembers either way."""


@dataclass
class Summary:
    """What a fleet has done: sessions that charged, their energy, and the transaction messages that were answered."""

    stations: int = 0
    sessions: int = 0
    energy_wh: float = 0.0
    acknowledged: int = 0


@dataclass
class Fleet:
    """`n` stations of one `persona`; versions go round, `identity` gets the suffixes 001, 002, ... (or `names`).

    `pause_s` is the mean simulated time between two cars at a station, `charge_s` between which bounds they charge.
    `connect_rate` is how many stations may connect in a real second; a `patient` fleet goes on trying when the CSMS
    is not there at first.
    """

    url: str
    n: int
    versions: Sequence[str] | None = None
    persona: Persona | str | Path = "default"
    seed: object = 0
    identity: str = "SIM"
    names: Sequence[str] | None = None
    password: str | Callable[[str], str | None] | None = None
    tls: SSLContext | Callable[[str], SSLContext | None] | None = None
    keys: Keys | None = None
    secure_url: str | None = None
    seal: Seal | None = None
    tokens: Sequence[str] = ("OHMSTEAD-1", "OHMSTEAD-2", "OHMSTEAD-3")
    cars: Sequence[ContractVehicle] = ()
    """Cars with contracts: one that is not at a station comes instead of a driver with a card, to stations of 2.x."""
    speed: float | None = 1.0
    start: int | None = None
    pause_s: float = 600.0
    charge_s: tuple[float, float] = (600.0, 3600.0)
    evses: int = 2
    connect_rate: float = 50.0
    patient: bool = True
    watch: Callable[[Happening], None] | None = None
    dial: Dial = dial
    files: str | None = None
    stations: list[Station] = field(default_factory=list, init=False)
    summary: Summary = field(default_factory=Summary, init=False)
    _begun: int = field(default=0, init=False)
    _goal: int | None = field(default=None, init=False)
    _out: set[str] = field(default_factory=set, init=False)
    """PCIDs of cars that are at a station."""

    def __post_init__(self) -> None:
        self.persona = self.persona if isinstance(self.persona, Persona) else load(self.persona)
        self.versions = self.versions or self.persona.versions
        names = self.names or [f"{self.identity}{number:03d}" for number in range(1, self.n + 1)]
        self.stations = [self._station(name, number) for number, name in enumerate(names)]
        self.summary.stations = len(self.stations)

    async def run(self, duration: float | None = None, sessions: int | None = None) -> Summary:
        """Live for `duration` simulated seconds, or until so many `sessions` are over, or until cancelled. Raises
        CannotConnect if the fleet is not patient."""
        self._goal = sessions
        for station in () if self.patient else self.stations:
            await station.connect()
        lives = [
            runtime.spawn(self._live(station, number, duration), f"drivers of {station.identity}")
            for number, station in enumerate(self.stations)
        ]
        try:
            await asyncio.gather(*lives)
        finally:
            await runtime.end(*lives)
            await asyncio.gather(*(station.close() for station in self.stations))
            self.summary.acknowledged = sum(len(station.acknowledged) for station in self.stations)
        return self.summary

    def _station(self, name: str, number: int) -> Station:
        station = Station(
            name,
            url=self.url,
            version=self.versions[number % len(self.versions)] if self.versions else None,
            persona=self.persona,
            password=self.password(name) if callable(self.password) else self.password,
            tls=self.tls(name) if callable(self.tls) else self.tls,
            keys=self.keys,
            secure_url=self.secure_url,
            seal=self.seal,
            seed=self.seed,
            evses=self.evses,
            speed=self.speed,
            start=self.start,
            resolution_s=1.0 if self.speed is not None and self.speed <= 10 else 10.0,
            watch=self.watch,
            dial=self.dial,
            files=self.files,
        )
        station.controller.conversation.history = _FRAMES
        return station

    async def _live(self, station: Station, number: int, duration: float | None) -> None:
        dice = Dice(self.seed, station.identity, "drivers")
        if self.speed is not None:
            await asyncio.sleep(number / self.connect_rate)
        end = None if duration is None else station.controller.now + int(duration * 1_000_000)
        if not station.connected:
            await station.connect(retry=True)
        station.controller.life.boot()
        while not self._over(station, end):
            try:
                await self._visit(station, dice)
            except Unmet as unmet:
                station.controller.say(str(unmet))
        if self.speed is not None:
            await station.drained()

    def _over(self, station: Station, end: int | None) -> bool:
        if end is not None and station.controller.now >= end:
            return True
        return self._goal is not None and self._begun >= self._goal

    def _with_contract(self, station: Station, dice: Dice) -> Ev | None:
        free = [car for car in self.cars if car.pcid not in self._out]
        if not free or station.version.dialect == "v16":
            return None
        ev = any_ev(dice)
        ev.contract = dice.pick(free)
        return ev

    async def _visit(self, station: Station, dice: Dice) -> None:
        """One car: it comes, its driver shows a card, it charges and leaves."""
        await station.wait(dice.waiting(self.pause_s))
        if self._goal is not None and self._begun >= self._goal:
            return
        plan = Visit(
            evse_id=dice.pick(sorted(station.controller.sessions)),
            plugging_s=dice.between(3, 20),
            token=dice.pick(self.tokens),
            minutes=dice.between(*self.charge_s) / 60,
            stop=dice.chance(0.5),
            leaving_s=dice.between(10, 300),
            ev=self._with_contract(station, dice),
        )
        pcid = "" if plan.ev is None or plan.ev.contract is None else plan.ev.contract.pcid
        self._out.add(pcid)
        self._begun += 1
        energy_wh = None
        try:
            energy_wh = await visit(station, plan)
        finally:
            self._begun -= energy_wh is None
            self._out.discard(pcid)
        if energy_wh is None:
            return
        self.summary.sessions += 1
        self.summary.energy_wh += energy_wh
