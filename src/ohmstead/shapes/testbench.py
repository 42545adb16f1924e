"""The test bench: simulated stations, their faults, and runs of conformance and scenarios."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from ohmstead.shapes.common import Identity, OcppVersion, SiteId, Text255
from ohmstead.shapes.conformance import CaseResult
from ohmstead.shapes.faults import FaultSwitches

PersonaName = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,60}(?!\n)$", description="one of the bench's personas")]
Pattern = Annotated[str, Meta(min_length=1, max_length=60, description="ids of cases, for example TC_B_*")]
Password = Annotated[str, Meta(min_length=8, max_length=64, description="of a station that the bench did not make")]
RunState = Literal["running", "passed", "failed", "cancelled"]


class PersonaKind(Struct, frozen=True, kw_only=True):
    """One kind of station."""

    name: str
    title: str
    marks: Literal["compliant", "odd"]
    """compliant: it reads the specification another way, and may."""
    ocpp_versions: list[OcppVersion]
    why: list[str]
    breaks: str
    """What becomes of it at a CSMS that did not expect it."""


class BenchState(Struct, frozen=True, kw_only=True):
    """What the test bench can do here."""

    enabled: bool
    """Set by `test_bench.enabled`; without it everything but this is refused."""
    url: str | None
    """Where its stations connect."""
    most_stations: int
    personas: list[PersonaKind]


class SimulatedStationNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A station to be simulated. One that Ohmstead does not know yet is let in first."""

    id: Identity | None = None
    """Null: a name is made."""
    persona: PersonaName = "default"
    ocpp_version: OcppVersion | None = None
    """Null: 2.0.1, or what its persona speaks."""
    evses: Annotated[int, Meta(ge=1, le=8)] = 2
    seed: Annotated[int, Meta(ge=0, le=2**31)] = 0
    speed: Annotated[float, Meta(ge=1, le=100, description="simulated seconds in a real one")] = 1.0
    drivers: bool = True
    """Cars come, charge and leave by themselves."""
    tokens: Annotated[list[Text255], Meta(max_length=20)] | None = None
    """What the drivers show; null: three at most that Ohmstead accepts."""
    pause_s: Annotated[float, Meta(ge=1, le=86_400, description="simulated seconds between two cars, on average")] = (
        30.0
    )
    minutes: Annotated[float, Meta(gt=0, le=1440, description="real minutes after which it is switched off")] = 480.0
    faults: FaultSwitches = field(default_factory=FaultSwitches)
    password: Password | None = None
    site_id: SiteId | None = None
    """Where a station that is let in stands."""


class SimulatedStationChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    faults: FaultSwitches
    """From now on these and no others."""


class SimulatedEvse(Struct, frozen=True, kw_only=True):
    """One EVSE, by the station's own knowledge: what it charged may not have been told yet."""

    id: int
    car: bool
    transaction_id: str | None
    power_w: float
    register_wh: float


class SimulatedStation(Struct, frozen=True, kw_only=True):
    """A simulated station as it stands."""

    id: str
    persona: str
    ocpp_version: OcppVersion
    connected: bool
    registration: str
    """accepted, pending, rejected; unknown before the first answer."""
    drivers: bool
    speed: float
    faults: FaultSwitches
    evses: list[SimulatedEvse]
    waiting: int
    """Messages that Ohmstead has not answered yet."""
    sessions: int
    """Visits of drivers that are over."""
    energy_wh: float
    """By its own registers, of those."""
    started_at: datetime
    ends_at: datetime
    lines: list[str]
    """What happened last, in plain words."""


class StepResult(Struct, frozen=True, kw_only=True):
    """How a step went."""

    done: bool
    reason: str | None
    """What was expected, and what came instead."""
    station: SimulatedStation


class ConformanceRunNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="conformance"):
    """Ask this Ohmstead case by case whether it conforms; the caller's key makes the operator's calls."""

    ocpp_version: OcppVersion = "2.0.1"
    cases: Annotated[list[Pattern], Meta(max_length=100)] = []
    """All, unless some are named."""
    patience_s: Annotated[float, Meta(ge=0.1, le=30, description="seconds for each answer")] = 10.0


class ScenarioRunNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="scenario"):
    """Play a scenario, written as in a file (docs/howto/simulate.md); its persona is one of the bench's."""

    scenario: Annotated[str, Meta(min_length=1, max_length=65_536, description="TOML")]
    id: Identity | None = None
    """Which station plays it; null: a name is made."""
    password: Password | None = None
    site_id: SiteId | None = None


RunNew = ConformanceRunNew | ScenarioRunNew


class Run(Struct, frozen=True, kw_only=True):
    """One run in a list."""

    id: str
    type: Literal["conformance", "scenario"]
    title: str
    station_id: str
    state: RunState
    reason: str | None
    """Why it failed."""
    done: int
    """Cases or steps so far, of `total`."""
    total: int
    summary: dict[str, int]
    """Verdict -> how many cases."""
    created_at: datetime
    ended_at: datetime | None


class RunResult(Run, frozen=True, kw_only=True):
    """One run with all that it found."""

    cases: list[CaseResult]
    lines: list[str]
    """Of a scenario: its steps and what happened."""
