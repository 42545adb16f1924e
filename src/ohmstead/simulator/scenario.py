"""Scenarios: what a station shall do, and what the CSMS shall, as a TOML file for people who do not program.

title = "A session through an outage"

[[step]]
do = "boot"

[[step]]
do = "plug"
soc = 20
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from ssl import SSLContext
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct, structs

from ohmstead.runtime import from_datetime, now
from ohmstead.shapes.tables import Table, read
from ohmstead.simulator.connection import dial
from ohmstead.simulator.dialect import Happening
from ohmstead.simulator.keys import Keys
from ohmstead.simulator.persona import Persona, UnknownPersona, VersionName, load, names
from ohmstead.simulator.running import Dial, Unmet
from ohmstead.simulator.sealing import Seal
from ohmstead.simulator.station import Station
from ohmstead.simulator.step import Step
from ohmstead.simulator.steps import AnyStep

if TYPE_CHECKING:
    from ohmstead.simulator.contract_vehicle import Maker


class ScenarioFailed(AssertionError):
    """A step did not go as it should; the text is `FILE:LINE: step N, do: what was expected`."""


class Scenario(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One scenario. It steps through time: the same `seed` and `start` give the same frames."""

    title: Annotated[str, Meta(min_length=1)]
    about: str = ""
    version: VersionName | None = None
    persona: str = "default"
    """A name, or a file's path from the scenario's folder."""
    evses: Annotated[int, Meta(ge=1, le=100)] = 2
    seed: int = 0
    start: datetime | None = None
    """By default so long ago that the last step happens about now."""
    step: Annotated[tuple[AnyStep, ...], Meta(min_length=1)]

    @property
    def starts_at(self) -> int:
        """Microseconds UTC."""
        if self.start is not None:
            return from_datetime(self.start if self.start.tzinfo is not None else self.start.replace(tzinfo=UTC))
        return now() - int(sum(step.lasts_s for step in self.step) * 1_000_000)


class Script:
    """A scenario and the file it was written in."""

    def __init__(self, table: Table, folder: Path | None) -> None:
        """Raises BadFile. Without a `folder` its persona must be one of ours."""
        self._table = table
        self.scenario = table.as_a(Scenario)
        self.persona = self._persona(folder)
        try:
            version = self.persona.version(self.scenario.version)
        except ValueError as error:
            raise table.wrong(["version"], str(error)) from None
        for number, step in enumerate(self.scenario.step):
            if (wrong := step.objection(version)) is not None:
                raise table.wrong(["step", number], f"{_name(step)}: {wrong}")

    def _persona(self, folder: Path | None) -> Persona:
        name = self.scenario.persona
        try:
            if folder is None:
                if name not in names():
                    raise UnknownPersona(name)
                return load(name)
            return load(folder / name if name.endswith(".toml") else name)
        except UnknownPersona as error:
            raise self._table.wrong(["persona"], str(error)) from None

    async def play(self, station: Station, say: Callable[[str], None] = lambda _: None) -> None:
        """Play all steps on a station that is not connected yet; `say` hears of each. Raises ScenarioFailed, and
        CannotConnect."""
        async with station:
            for number, step in enumerate(self.scenario.step):
                config = structs.asdict(step)
                words = [f"{name}={value!r}" for name, value in config.items() if value not in (None, "", {})]
                say(f"step {number + 1}: {_name(step)} {' '.join(words)}".rstrip())
                try:
                    await step.play(station)
                except (Unmet, ValueError, LookupError) as error:
                    raise ScenarioFailed(str(self._table.wrong(["step", number], f"{_name(step)}: {error}"))) from error

    def station(
        self,
        url: str,
        identity: str,
        *,
        password: str | None = None,
        tls: SSLContext | None = None,
        keys: Keys | None = None,
        seal: Seal | None = None,
        watch: Callable[[Happening], None] | None = None,
        files: str | None = None,
        maker: Maker | None = None,
        dial: Dial = dial,
    ) -> Station:
        """The station that the scenario asks for; `maker` makes its cars with contracts, `dial` opens its lines."""
        scenario = self.scenario
        station = Station(
            identity,
            url=url,
            version=scenario.version,
            persona=self.persona,
            password=password,
            tls=tls,
            keys=keys,
            seal=seal,
            seed=scenario.seed,
            files=files,
            evses=scenario.evses,
            speed=None,
            start=scenario.starts_at,
            watch=watch,
            dial=dial,
        )
        station.maker = maker
        return station


def _name(step: Step) -> str:
    return str(step.__struct_config__.tag)


def script(path: Path) -> Script:
    """The scenario in a file; raises BadFile with the line of the mistake."""
    return Script(read(path), path.parent)
