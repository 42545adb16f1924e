"""One simulated station on the bench: it lives until it is switched off or its time is over."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import timedelta
from ssl import SSLContext
from typing import Any

import msgspec

from ohmstead import runtime
from ohmstead.api.bench import BenchRefuses, Seat
from ohmstead.shapes.faults import FaultSwitches
from ohmstead.shapes.testbench import SimulatedEvse, SimulatedStation, SimulatedStationNew
from ohmstead.simulator import CannotConnect, Fleet, Happening, Persona, Station, UnknownPersona, Unmet, persona
from ohmstead.simulator.manners import objection
from ohmstead.simulator.simulate import line
from ohmstead.simulator.steps import AnyStep, Charge, Expect, Wait

LINES = 50
"""Lines that are remembered."""
CHARGE_S = (120.0, 1800.0)
"""Simulated seconds that a driver charges."""
STEP_S = 20.0
"""Real seconds that a step may take."""


class BenchStation:
    """A station and its life."""

    def __init__(
        self,
        seat: Seat,
        new: SimulatedStationNew,
        tokens: Sequence[str],
        url: str,
        tls: SSLContext | None,
        files: str | None = None,
    ) -> None:
        """Raises BenchRefuses for a persona, version or fault that there is not."""
        self.seat, self._new = seat, new
        self._lines: deque[str] = deque(maxlen=LINES)
        self._fleet = Fleet(
            url=url,
            n=1,
            versions=[_version(kind := _persona(new.persona), new.ocpp_version)],
            persona=kind,
            seed=new.seed,
            names=[seat.identity],
            password=seat.password,
            tls=tls,
            tokens=list(tokens),
            speed=new.speed,
            pause_s=new.pause_s,
            charge_s=CHARGE_S,
            evses=new.evses,
            watch=self._watch,
            files=files,
        )
        if new.faults != FaultSwitches():
            self.turn(new.faults)
        self._started_at = runtime.now()
        self._life: asyncio.Task[None] | None = None

    @property
    def over(self) -> bool:
        """It lived."""
        return self._life is not None and self._life.done()

    @property
    def _station(self) -> Station:
        return self._fleet.stations[0]

    def begin(self) -> None:
        """Let it connect, boot and, with drivers, charge cars."""
        self._life = runtime.spawn(self._live(), f"test bench {self.seat.identity}")

    async def end(self) -> None:
        """Switch it off."""
        if self._life is not None:
            await runtime.end(self._life)

    async def _live(self) -> None:
        try:
            async with asyncio.timeout(self._new.minutes * 60):
                if self._new.drivers:
                    await self._fleet.run()
                await self._station.connect(retry=True)
                self._station.controller.life.boot()
                await asyncio.Event().wait()
        except TimeoutError:
            pass  # its time is over
        finally:
            await self._station.close()

    def turn(self, faults: FaultSwitches) -> None:
        """From now on these faults and no others. Raises BenchRefuses for an answer that the action does not have."""
        for action, manner in faults.answers.items():
            if (wrong := objection(action, manner, [self._station.version])) is not None:
                raise BenchRefuses(f"{action}: {wrong}", "/faults/answers")
        self._station.faults.turn(faults)

    async def step(self, step: Mapping[str, Any]) -> str | None:
        """Do one step of a scenario, now; why it did not go as it should. Raises BenchRefuses for what is no step."""
        try:
            chosen = msgspec.convert(dict(step), AnyStep)
        except msgspec.ValidationError as error:
            raise BenchRefuses(f"is no step of a scenario: {error}", "") from None
        if isinstance(chosen, (Wait, Charge, Expect)):
            raise BenchRefuses(f"{step['do']} takes time, which goes by of itself here", "/do")
        if (wrong := chosen.objection(self._station.version)) is not None:
            raise BenchRefuses(wrong, "")
        try:
            async with asyncio.timeout(STEP_S):
                await chosen.play(self._station)
        except TimeoutError:
            return f"Ohmstead did not answer within {STEP_S:g} s."
        except (Unmet, ValueError, LookupError, CannotConnect) as error:
            return str(error)
        return None

    def shown(self) -> SimulatedStation:
        """As it stands now."""
        station, controller, started = self._station, self._station.controller, runtime.to_datetime(self._started_at)
        return SimulatedStation(
            id=self.seat.identity,
            persona=station.persona.name,
            ocpp_version=station.version.name,  # type: ignore[arg-type]
            connected=station.connected,
            registration=controller.life.registration,
            drivers=self._new.drivers,
            speed=self._new.speed,
            faults=msgspec.convert(msgspec.to_builtins(station.faults), FaultSwitches),
            evses=[self._evse(evse_id) for evse_id in sorted(controller.sessions)],
            waiting=station.waiting,
            sessions=self._fleet.summary.sessions,
            energy_wh=round(self._fleet.summary.energy_wh, 1),
            started_at=started,
            ends_at=started + timedelta(minutes=self._new.minutes),
            lines=list(self._lines),
        )

    def _evse(self, evse_id: int) -> SimulatedEvse:
        evse, transaction = self._station.evse(evse_id), self._station.transaction(evse_id)
        return SimulatedEvse(
            id=evse_id,
            car=evse.ev is not None,
            transaction_id=None if transaction is None else transaction.id or None,
            power_w=round(evse.power_w, 1),
            register_wh=round(evse.register_wh, 1),
        )

    def _watch(self, happening: Happening) -> None:
        self._lines.append(line(happening))


def _persona(name: str) -> Persona:
    """One of ours: the API reads no files."""
    if name not in persona.names():
        raise BenchRefuses(str(UnknownPersona(name)), "/persona")
    return persona.load(name)


def _version(kind: Persona, wanted: str | None) -> str:
    try:
        return kind.version(wanted).name
    except ValueError as error:
        raise BenchRefuses(str(error), "/ocpp_version") from None
