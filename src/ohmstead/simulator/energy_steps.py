"""Steps of the grid, of battery swaps, and of cars that charge by contract."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ohmstead.ocpp.versions import V21, Version
from ohmstead.shapes.tables import nearest
from ohmstead.simulator import der
from ohmstead.simulator.ev import Ev
from ohmstead.simulator.running import Unmet
from ohmstead.simulator.station import Station
from ohmstead.simulator.step import NOT_21, Evse, Percent, Positive, Step, same


class Grid(Step, frozen=True, tag="grid"):
    """The grid's frequency, or an alarm of a DER control (2.1) that begins, or ends."""

    frequency_hz: Annotated[float, Meta(ge=40, le=70)] | None = None
    alarm: str = ""
    fault: str | None = None
    ended: bool = False

    def objection(self, version: Version) -> str | None:
        if not self.alarm or (version is V21 and self.alarm in der.TYPES):
            return None
        return (
            f"there is no DER control {self.alarm}; {nearest(self.alarm, list(der.TYPES))}"
            if version is V21
            else NOT_21
        )

    async def play(self, station: Station) -> None:
        if self.frequency_hz is not None:
            station.controller.grid.frequency_hz = self.frequency_hz
        if self.alarm:
            station.controller.der.alarm(self.alarm, self.fault, ended=self.ended)
        await station.wait(1)


class ExternalLimit(Step, frozen=True, tag="external-limit"):
    """Somebody else limits the station, an energy manager or the grid's operator; or lifts its limit."""

    limit_a: Positive | None = None
    source: Literal["EMS", "SO", "Other"] = "EMS"
    ended: bool = False

    def objection(self, version: Version) -> str | None:
        return None if self.ended != (self.limit_a is not None) else "expected limit_a, or ended = true"

    async def play(self, station: Station) -> None:
        limits = station.controller.external_limits
        if self.limit_a is not None:
            limits.impose(self.limit_a, self.source)
        else:
            try:
                limits.lift(self.source)
            except LookupError as error:
                raise Unmet(str(error)) from None
        await station.wait(1)


class Priority(Step, frozen=True, tag="priority"):
    """The driver wants priority at the station, or no more (2.1)."""

    evse: Evse = 1
    activate: bool = True

    def objection(self, version: Version) -> str | None:
        return None if version is V21 else NOT_21

    async def play(self, station: Station) -> None:
        session = station.controller.session(self.evse)
        if not station.controller.live_profiles.wish(session, activate=self.activate):
            raise Unmet("expected a transaction and a PriorityCharging profile.")
        await station.wait(1)


class Swap(Step, frozen=True, tag="swap"):
    """Batteries of these states of charge are brought, in a swap that the CSMS asked for, or with a `token`; and as
    many charged ones are taken (2.1)."""

    brings: Annotated[tuple[Percent, ...], Meta(min_length=1)]
    token: str = ""
    takes: bool = True

    def objection(self, version: Version) -> str | None:
        return None if version is V21 else NOT_21

    async def play(self, station: Station) -> None:
        swaps = station.controller.swaps
        if self.token:
            same("the token's status", "Accepted", await station.authorize(self.token))
            swaps.begin({"idToken": self.token, "type": "ISO14443"})
        swaps.bring([Ev(battery_wh=5_000.0, soc=soc) for soc in self.brings])
        await station.wait(1)
        if self.takes:
            swaps.take()
            await station.wait(1)


class Contract(Step, frozen=True, tag="contract"):
    """A car with a contract was plugged in: what came of its authorisation. Accepted, a certificateStatus of the CSMS
    (CertificateRevoked, ...), or NoCertificate where it was given none."""

    evse: Evse = 1
    answer: str = "Accepted"

    async def play(self, station: Station) -> None:
        same("the contract's status", self.answer, await station.contract_status(self.evse))


class Wake(Step, frozen=True, tag="wake"):
    """A car with a contract that slept wakes up: it authorises again, and charging ends where it may not any more."""

    evse: Evse = 1
    answer: str = "Accepted"

    async def play(self, station: Station) -> None:
        same("the contract's status", self.answer, await station.wake(self.evse))
