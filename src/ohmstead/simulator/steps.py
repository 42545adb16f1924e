"""The steps that a scenario file is made of. Each is a table with `do` and its own keys, and plays itself."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from ohmstead.ocpp.versions import Version
from ohmstead.shapes.tables import nearest
from ohmstead.simulator import manners, wire
from ohmstead.simulator.conversation import calls
from ohmstead.simulator.ev import Ev
from ohmstead.simulator.faults import Faults
from ohmstead.simulator.outbox import Failed
from ohmstead.simulator.running import Unmet
from ohmstead.simulator.station import Station

Percent = Annotated[float, Meta(ge=0, le=100)]
Positive = Annotated[float, Meta(ge=0)]
Evse = Annotated[int, Meta(ge=1)]


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="do"):
    """One step. `play` raises Unmet when what was expected did not come."""

    @property
    def lasts_s(self) -> float:
        """How long it lasts in the station's time, as far as one can say before."""
        return 0.0

    def objection(self, version: Version) -> str | None:
        """Why a station of this version cannot do it, or None."""
        return None

    async def play(self, station: Station) -> None:
        """Do it."""
        raise NotImplementedError


class Boot(Step, frozen=True, tag="boot"):
    """Register."""

    answer: str = "Accepted"

    async def play(self, station: Station) -> None:
        _same("an answer to BootNotification", self.answer, await station.boot())


class Plug(Step, frozen=True, tag="plug"):
    """A car comes; battery in Wh, power in W."""

    evse: Evse = 1
    connector: Evse = 1
    soc: Percent = 30.0
    target_soc: Percent = 100.0
    battery_wh: Positive = 60_000.0
    max_ac_w: Positive = 11_000.0
    max_dc_w: Positive = 120_000.0
    phases: Annotated[int, Meta(ge=1, le=3)] = 3

    async def play(self, station: Station) -> None:
        ev = Ev(self.battery_wh, self.soc, self.target_soc, self.max_ac_w, self.max_dc_w, self.phases)
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
        _same("the token's status", self.answer, await station.authorize(self.token, self.type))


class Swipe(Step, frozen=True, tag="swipe"):
    """A driver shows a token: charging starts, or stops."""

    token: str
    type: str = "ISO14443"
    evse: Evse = 1
    answer: str = "Accepted"

    async def play(self, station: Station) -> None:
        _same("the status", self.answer, await station.swipe(self.token, self.evse, self.type))


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
    """Let a car charge; the energy may be held against bounds, so that a limit can be tested."""

    evse: Evse = 1
    minutes: Positive | None = None
    until_soc: Percent | None = None
    at_least_wh: Positive | None = None
    at_most_wh: Positive | None = None

    @property
    def lasts_s(self) -> float:
        return (self.minutes or 0.0) * 60

    async def play(self, station: Station) -> None:
        wh = await station.charge(self.evse, minutes=self.minutes, until_soc=self.until_soc)
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
        if (wrong := _unknown(self.action, version)) is not None:
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
        return _unknown(self.call, version)

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
        return _unknown(self.sent or self.received, version)

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
    | Expect
    | Fault
    | Offline
    | Online
    | Plug
    | PowerCut
    | Set
    | Start
    | Stop
    | Swipe
    | Unplug
    | Wait
)


def holds(given: Any, wanted: Any) -> bool:
    """Whether `given` has all that `wanted` names: members of tables, and of lists each item somewhere."""
    if isinstance(wanted, dict):
        return isinstance(given, dict) and all(key in given and holds(given[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list):
        return isinstance(given, list) and all(any(holds(one, item) for one in given) for item in wanted)
    return bool(given == wanted)


def _unknown(action: str, version: Version) -> str | None:
    known = version.messages.ACTIONS
    return None if action in known else f"OCPP {version.name} has no {action}; {nearest(action, list(known))}"


def _same(what: str, wanted: str, heard: str) -> None:
    if heard != wanted:
        raise Unmet(f"expected {what}: {wanted}, heard {heard}.")
