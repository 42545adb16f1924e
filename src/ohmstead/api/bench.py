"""What the API asks of a test bench. `ohmstead.app` hands one in: the API knows neither simulator nor conformance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ohmstead.shapes.faults import FaultSwitches
from ohmstead.shapes.testbench import PersonaKind, Run, RunNew, RunResult, SimulatedStation, SimulatedStationNew


class BenchRefuses(Exception):
    """The bench cannot do this; the message says why. `pointer` leads to the field that is wrong, if one is."""

    def __init__(self, why: str, pointer: str | None = None) -> None:
        super().__init__(why)
        self.pointer = pointer


@dataclass(frozen=True)
class Seat:
    """Whose something is, and how it gets in: tenant and site of the station, its identity and password."""

    tenant_id: int
    site_id: int | None
    identity: str
    password: str

    def visible(self, tenant_id: int, sites: Sequence[int] | None) -> bool:
        """Whether a key of this tenant, limited to `sites` (None: not limited), may see it."""
        return self.tenant_id == tenant_id and (sites is None or self.site_id in sites)


class OnBench(Protocol):
    """Something that has its place on the bench, and does nothing before `begin`."""

    @property
    def seat(self) -> Seat: ...

    def begin(self) -> None:
        """Let it live."""

    async def end(self) -> None:
        """Switch it off."""


class Simulated(OnBench, Protocol):
    """A simulated station."""

    def shown(self) -> SimulatedStation: ...

    def turn(self, faults: FaultSwitches) -> None:
        """From now on these faults and no others; raises BenchRefuses."""

    async def step(self, step: Mapping[str, Any]) -> str | None:
        """Do one step of a scenario; why it did not go as it should. Raises BenchRefuses for what is no step."""


class Running(OnBench, Protocol):
    """A run of cases or of a scenario."""

    def shown(self) -> RunResult: ...

    def summary(self) -> Run: ...


class Bench(Protocol):
    """The bench of this process."""

    @property
    def url(self) -> str:
        """Where its stations connect."""

    def personas(self) -> list[PersonaKind]: ...

    def stations(self) -> Sequence[Simulated]:
        """All that live, in the order of their identities."""

    def runs(self) -> Sequence[Running]:
        """The last ones, newest first."""

    def place(self, seat: Seat, new: SimulatedStationNew, tokens: Sequence[str]) -> Simulated:
        """A place for a station; raises BenchRefuses."""

    def prepare(self, seat: Seat, new: RunNew, credentials: Mapping[str, str]) -> Running:
        """A place for a run, whose operator shows `credentials` (headers) to the API; raises BenchRefuses."""

    async def clear(self, what: OnBench) -> None:
        """End it and take it off the bench."""
