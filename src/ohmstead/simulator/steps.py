"""The steps that a scenario file is made of. Each is a table with `do` and its own keys, and plays itself."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ohmstead.ocpp.versions import V21, Version
from ohmstead.simulator import manners, wire
from ohmstead.simulator.conversation import calls
from ohmstead.simulator.energy_steps import Contract, ExternalLimit, Grid, Priority, Swap, Wake
from ohmstead.simulator.ev import Ev
from ohmstead.simulator.faults import Faults
from ohmstead.simulator.outbox import Failed
from ohmstead.simulator.running import Unmet
from ohmstead.simulator.station import Station
from ohmstead.simulator.step import Evse, Percent, Positive, Step, holds, same, unknown


class Boot(Step, frozen=True, tag="boot"):
    """Register."""

    answer: str = "Accepted"

    async def play(self, station: Station) -> None:
        same("an answer to BootNotification", self.answer, await station.boot())


class Plug(Step, frozen=True, tag="plug"):
    """A car comes; battery in Wh, power in W. With a discharge power it gives back, down to `min_soc`; with that or a
    departure it tells the station its needs (2.x). With a `pcid` it has a contract, and needs no card (--maker)."""

    evse: Evse = 1
    connector: Evse = 1
    soc: Percent = 30.0
    target_soc: Percent = 100.0
    battery_wh: Positive = 60_000.0
    max_ac_w: Positive = 11_000.0
    max_dc_w: Positive = 120_000.0
    phases: Annotated[int, Meta(ge=1, le=3)] = 3
    max_discharge_w: Positive = 0.0
    min_soc: Percent = 20.0
    departs_in_minutes: Positive | None = None
    pcid: Annotated[str, Meta(pattern=r"^$|^[A-Z0-9]{17,18}$")] = ""

    def objection(self, version: Version) -> str | None:
        return "a car with a contract needs 2.0.1 or 2.1" if self.pcid and version.dialect == "v16" else None

    async def play(self, station: Station) -> None:
        ev = Ev(self.battery_wh, self.soc, self.target_soc, self.max_ac_w, self.max_dc_w, self.phases)
        ev.max_discharge_w, ev.min_soc = self.max_discharge_w, self.min_soc
        ev.contract = station.contract_car(self.pcid) if self.pcid else None
        ev.departs_in_s = None if self.departs_in_minutes is None else self.departs_in_minutes * 60
        await station.plug(self.evse, ev, self.connector)


class Unplug(Step, frozen=True, tag="unplug"):
    """The car leaves."""

    evse: Evse = 1

    async def play(self, station: Station) -> None:
        await station.unplug(self.evse)


class Authorize(Step, frozen=True, tag="authorize"):
    """Ask the CSMS about a token."""

    token: str
    type: str = "ISO14443"
    answer: str = "Accepted"

    async def play(self, station: Station) -> None:
        same("the token's status", self.answer, await station.authorize(self.token, self.type))


class Swipe(Step, frozen=True, tag="swipe"):
    """A driver shows a token: charging starts, or stops."""

    token: str
    type: str = "ISO14443"
    evse: Evse = 1
    answer: str = "Accepted"

    async def play(self, station: Station) -> None:
        same("the status", self.answer, await station.swipe(self.token, self.evse, self.type))


class Pay(Step, frozen=True, tag="pay"):
    """A driver pays by card at the terminal of a 2.1 station: charging starts."""

    evse: Evse = 1
    vat_number: str | None = None
    answer: str = "Accepted"

    def objection(self, version: Version) -> str | None:
        return None if version is V21 else "only stations of OCPP 2.1 have a terminal"

    async def play(self, station: Station) -> None:
        same("the status", self.answer, await station.pay(self.evse, self.vat_number))


class Start(Step, frozen=True, tag="start"):
    """Start with the token that was authorized, or another one, without asking."""

    evse: Evse = 1
    token: str | None = None

    async def play(self, station: Station) -> None:
        await station.start(self.evse, self.token)


class Stop(Step, frozen=True, tag="stop"):
    """The driver stops."""

    evse: Evse = 1

    async def play(self, station: Station) -> None:
        await station.stop(self.evse)


class Charge(Step, frozen=True, tag="charge"):
    """Let a car charge; the energy may be held against bounds, so that a limit can be tested; what comes back too."""

    evse: Evse = 1
    minutes: Positive | None = None
    until_soc: Percent | None = None
    at_least_wh: Positive | None = None
    at_most_wh: Positive | None = None
    gives_back_wh: Positive | None = None

    @property
    def lasts_s(self) -> float:
        return (self.minutes or 0.0) * 60

    async def play(self, station: Station) -> None:
        before = station.evse(self.evse).exported_wh
        wh = await station.charge(self.evse, minutes=self.minutes, until_soc=self.until_soc)
        back = station.evse(self.evse).exported_wh - before
        if self.gives_back_wh is not None and back < self.gives_back_wh:
            raise Unmet(f"expected {self.gives_back_wh:g} Wh or more to come back, came {back:.0f}.")
        if self.at_least_wh is not None and wh < self.at_least_wh:
            raise Unmet(f"expected {self.at_least_wh:g} Wh or more, charged {wh:.0f}.")
        if self.at_most_wh is not None and wh > self.at_most_wh:
            raise Unmet(f"expected {self.at_most_wh:g} Wh or less, charged {wh:.0f}.")


class Wait(Step, frozen=True, tag="wait"):
    """Let time go by."""

    seconds: Positive

    @property
    def lasts_s(self) -> float:
        return self.seconds

    async def play(self, station: Station) -> None:
        await station.wait(self.seconds)


class Offline(Step, frozen=True, tag="offline"):
    """The network fails."""

    async def play(self, station: Station) -> None:
        await station.go_offline()


class Online(Step, frozen=True, tag="online"):
    """The network is back."""

    async def play(self, station: Station) -> None:
        await station.go_online()


class PowerCut(Step, frozen=True, tag="power-cut"):
    """The mains fail for a moment."""

    loses_queue: bool = False
    loses_transactions: bool = False

    async def play(self, station: Station) -> None:
        await station.power_cut(loses_queue=self.loses_queue, loses_transactions=self.loses_transactions)


class Fault(Step, frozen=True, tag="fault"):
    """From now on these faults, and no others; without any, all is well again."""

    faults: Faults = msgspec.field(default_factory=Faults)

    def objection(self, version: Version) -> str | None:
        found = ((action, manners.objection(action, how, [version])) for action, how in self.faults.answers.items())
        return next((f"{action}: {wrong}" for action, wrong in found if wrong is not None), None)

    async def play(self, station: Station) -> None:
        station.faults.turn(self.faults)


class Set(Step, frozen=True, tag="set"):
    """Write a variable of the device model, by its 2.x name, as a technician would."""

    variable: str
    value: str

    async def play(self, station: Station) -> None:
        variable = station.controller.variables.named(self.variable)
        if variable is None or not variable.accepts(self.value):
            raise Unmet(f"expected a variable that {self.value!r} is a value of, not {self.variable}.")
        variable.value = self.value


class Call(Step, frozen=True, tag="call"):
    """Make any call; its answer holds `answer`, or it fails with `error`."""

    action: str
    payload: dict[str, Any] = msgspec.field(default_factory=dict)
    answer: dict[str, Any] = msgspec.field(default_factory=dict)
    error: str = ""

    def objection(self, version: Version) -> str | None:
        if (wrong := unknown(self.action, version)) is not None:
            return wrong
        try:
            wire.judge(version, f"{self.action}Request", self.payload)
        except msgspec.ValidationError as error:
            return f"payload: {error}"
        return None

    async def play(self, station: Station) -> None:
        outcome = await station.call(self.action, self.payload)
        if isinstance(outcome, Failed):
            if outcome.code != self.error:
                wanted = self.error or "an answer"
                raise Unmet(f"expected {wanted}, heard {outcome.code} {outcome.description}".rstrip())
            return
        if self.error:
            raise Unmet(f"expected the error {self.error}, heard {outcome.words}.")
        if not holds(outcome.words, self.answer):
            raise Unmet(f"expected {self.answer}, heard {outcome.words}.")


class Expect(Step, frozen=True, tag="expect"):
    """The CSMS calls, within real seconds; its payload holds `payload`."""

    call: str
    within: Positive = 10.0
    payload: dict[str, Any] = msgspec.field(default_factory=dict)

    def objection(self, version: Version) -> str | None:
        return unknown(self.call, version)

    async def play(self, station: Station) -> None:
        frame = await station.expect(self.call, self.within)
        if not holds(frame.payload, self.payload):
            raise Unmet(f"expected {self.call} with {self.payload}, heard {frame.payload}.")


class Check(Step, frozen=True, tag="check"):
    """What was said so far: calls that the station `sent` or `received`, whose payload holds `payload`: `times` times,
    or at least once."""

    sent: str = ""
    received: str = ""
    payload: dict[str, Any] = msgspec.field(default_factory=dict)
    times: Annotated[int, Meta(ge=0)] | None = None

    def objection(self, version: Version) -> str | None:
        if bool(self.sent) == bool(self.received):
            return "expected one of `sent` and `received`"
        return unknown(self.sent or self.received, version)

    async def play(self, station: Station) -> None:
        action = self.sent or self.received
        said = calls(station.sent if self.sent else station.received, action)
        count = sum(holds(frame.payload, self.payload) for frame in said)
        wanted = f"{action} with {self.payload}" if self.payload else action
        if self.times is not None and count != self.times:
            raise Unmet(f"expected {wanted} {self.times} times, found {count}.")
        if self.times is None and not count:
            raise Unmet(f"expected {wanted}, found none.")


AnyStep = (
    Authorize
    | Boot
    | Call
    | Charge
    | Check
    | Contract
    | Expect
    | ExternalLimit
    | Fault
    | Grid
    | Offline
    | Online
    | Pay
    | Plug
    | PowerCut
    | Priority
    | Set
    | Start
    | Stop
    | Swap
    | Swipe
    | Unplug
    | Wait
    | Wake
)
