"""What `ohmstead simulate` runs: one station or many against any CSMS, a plain line for each thing that happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ohmstead.runtime import rfc3339
from ohmstead.simulator.connection import dial
from ohmstead.simulator.dialect import Happening
from ohmstead.simulator.fleet import Fleet, Summary
from ohmstead.simulator.keys import Keys
from ohmstead.simulator.persona import load
from ohmstead.simulator.recording import Recorder
from ohmstead.simulator.running import Dial
from ohmstead.simulator.scenario import script
from ohmstead.simulator.sealing import Seal, seal_of
from ohmstead.simulator.station import Station

if TYPE_CHECKING:
    from ohmstead.simulator.contract_vehicle import ContractVehicle, Maker


@dataclass(frozen=True)
class Options:
    """The command's options. `ocpp` is by default the persona's, `persona` a name or a TOML file; `sessions` and
    `duration` (simulated seconds) bound a run, else it goes on; `speed` is simulated seconds in a real one, None for as
    fast as the CSMS answers."""

    url: str
    station: str
    ocpp: str | None = None
    persona: str = "default"
    count: int = 1
    seed: int = 0
    password: str | None = None
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    keys: Path | None = None
    """A folder in which each station keeps its key and the certificate that the CSMS gives it."""
    sign: bool = False
    """Messages, with `key` of `cert`; with `signer` what the CSMS signs is checked."""
    signer: Path | None = None
    secure_url: str | None = None
    """Where a 1.6 station connects when it is told to use TLS."""
    maker: Path | None = None
    """A file with the certificate and key of a maker of cars with contracts; made if there is none."""
    v2g_root: Path | None = None
    """What those cars trust; without it they believe every provider whose chain holds together."""
    pcids: tuple[str, ...] = ()
    """Cars of that maker, that come beside drivers with cards."""
    tokens: tuple[str, ...] = ("OHMSTEAD-1",)
    speed: float | None = 1.0
    pause_s: float = 30.0
    sessions: int | None = None
    duration: float | None = None
    recorder: Recorder | None = None
    """Notes what goes over the lines, by the stations' own time."""

    def dial(self, clock: Callable[[str], int]) -> Dial:
        """What opens the lines of stations whose time `clock` tells."""
        if self.recorder is None:
            return dial
        self.recorder.clock = clock
        return self.recorder.through()


async def simulate(options: Options, say: Callable[[str], None]) -> Summary:
    """Run until the bounds are reached, or cancelled; `say` gets the lines. With `count` over 1 the identities are
    the station's name with 001, 002, ...; a lone station raises CannotConnect when its first connection is refused.
    Raises UnknownPersona, BadFile for a persona with a mistake, and ValueError for a version that it does not have."""
    persona = load(options.persona)
    version = persona.version(options.ocpp)
    made: dict[str, Station] = {}
    fleet = Fleet(
        url=options.url,
        dial=options.dial(lambda identity: made[identity].controller.now),
        n=options.count,
        versions=(version.name,),
        persona=persona,
        seed=options.seed,
        identity=options.station,
        names=[options.station] if options.count == 1 else None,
        password=options.password,
        keys=_keys(options),
        secure_url=options.secure_url,
        seal=_seal(options),
        tokens=options.tokens,
        cars=_cars(options),
        speed=options.speed,
        pause_s=options.pause_s,
        patient=options.count > 1,
        watch=lambda happening: say(line(happening)),
    )
    made |= {station.identity: station for station in fleet.stations}
    return await fleet.run(duration=options.duration, sessions=options.sessions)


async def play(options: Options, scenario: Path, say: Callable[[str], None]) -> Summary:
    """Play the scenario in a file on the station of these options; persona, version and seed are the file's. Raises
    BadFile, ScenarioFailed with the step that went wrong, and CannotConnect."""
    loaded = script(scenario)
    station = loaded.station(
        options.url,
        options.station,
        password=options.password,
        keys=_keys(options),
        seal=_seal(options),
        maker=None if options.maker is None else _maker(options.maker, options.v2g_root),
        watch=lambda happening: say(line(happening)),
        dial=options.dial(lambda _: station.controller.now),
    )
    await loaded.play(station, say)
    ended = [one.energy_wh for one in station.controller.books if one.energy_wh is not None]
    return Summary(1, len(ended), sum(ended), len(station.acknowledged))


def _keys(options: Options) -> Keys:
    return Keys(options.ca, options.cert, options.key, options.keys)


def _maker(path: Path, v2g_root: Path | None) -> Maker:
    from ohmstead.simulator.contract_vehicle import maker_of

    return maker_of(path, v2g_root)


def _cars(options: Options) -> list[ContractVehicle]:
    from ohmstead.simulator.contract_vehicle import ContractVehicle

    if not options.pcids:
        return []
    if options.maker is None:
        raise ValueError("cars with contracts need --maker")
    maker = _maker(options.maker, options.v2g_root)
    return [ContractVehicle(pcid, maker) for pcid in options.pcids]


def _seal(options: Options) -> Seal | None:
    if not options.sign:
        return None
    if options.cert is None or options.key is None:
        raise ValueError("a station that signs needs --cert and --key")
    return seal_of(options.cert, options.key, options.signer)


def line(happening: Happening) -> str:
    """Time, station and text in one plain line."""
    return f"{rfc3339(happening.at)}  {happening.identity}  {happening.text}"
