"""A simulated station as a script drives it:

async with Station("CS001", url="ws://127.0.0.1:9000/ocpp") as station:
    await station.boot()
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from ohmstead.simulator.ev import Ev, any_ev
from ohmstead.simulator.evse import Evse
from ohmstead.simulator.outbox import Acknowledged, Message, Outcome, Words
from ohmstead.simulator.plug_and_charge import ASKING
from ohmstead.simulator.running import Running
from ohmstead.simulator.session import Token, Transaction
from ohmstead.simulator.tokens import Verdict
from ohmstead.simulator.wire import Frame

if TYPE_CHECKING:
    from ohmstead.simulator.contract_vehicle import ContractVehicle, Maker

_A_DAY_S = 86_400.0


class Station(Running):
    """One station under a script's hands; made as `Running` says."""

    _expected = 0
    _authorised: Token | None = None
    maker: Maker | None = None
    """Who makes the cars with contracts; a CSMS must trust it."""
    _cars: dict[str, ContractVehicle] | None = None

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # ---- what it has said and heard ----

    @property
    def sent(self) -> list[Frame]:
        """Every frame it sent."""
        return self.controller.conversation.sent

    @property
    def received(self) -> list[Frame]:
        """Every frame it received."""
        return self.controller.conversation.received

    @property
    def acknowledged(self) -> list[Acknowledged]:
        """Every transaction message that the CSMS has answered: from then on it must not be lost."""
        return self.controller.conversation.outbox.acknowledged

    def evse(self, evse_id: int = 1) -> Evse:
        """The hardware of one EVSE; raises LookupError."""
        return self.controller.session(evse_id).evse

    def transaction(self, evse_id: int = 1) -> Transaction | None:
        """The transaction that goes on there; raises LookupError."""
        return self.controller.session(evse_id).transaction

    # ---- what people do at it ----

    async def boot(self, reason: str = "PowerUp") -> str:
        """Register; returns the CSMS's first word: Accepted, Pending or Rejected. It tries again by itself."""
        self._sync()
        self.controller.life.boot(reason)
        await self._flush()
        await self.heard(lambda: self.controller.life.registration != "unknown", "an answer to BootNotification")
        status = self.controller.life.registration.capitalize()
        await self._told()
        return status

    async def plug(self, evse_id: int = 1, ev: Ev | None = None, connector_id: int = 1) -> Ev:
        """A car (`ev`, or any that the dice give) is plugged in; ValueError when there is one already."""
        self._sync()
        car = ev if ev is not None else any_ev(self._dice)
        self.controller.session(evse_id).plug(car, connector_id)
        await self._told()
        return car

    def contract_car(self, pcid: str) -> ContractVehicle:
        """The car with this PCID, with the contract that it holds already; ValueError when nobody makes cars."""
        from ohmstead.simulator.contract_vehicle import ContractVehicle

        if self.maker is None:
            raise ValueError("No maker of cars with contracts was named (--maker).")
        self._cars = self._cars if self._cars is not None else {}
        return self._cars.setdefault(pcid, ContractVehicle(pcid, self.maker))

    async def contract_status(self, evse_id: int = 1) -> str:
        """What came of the contract of the car that is plugged in: Accepted, or why not; empty without one."""
        found = self.controller.plug_and_charge.status
        self._sync()
        await self._told()
        await self.heard(lambda: found.get(evse_id) != ASKING, "an answer to a car with a contract")
        await self._told()
        return found.get(evse_id, "")

    async def wake(self, evse_id: int = 1) -> str:
        """A car that slept authorises again by its contract; LookupError without one."""
        self._sync()
        self.controller.plug_and_charge.wake(self.controller.session(evse_id))
        return await self.contract_status(evse_id)

    async def unplug(self, evse_id: int = 1) -> Ev | None:
        """The car leaves; a transaction ends with it. None when there was none."""
        self._sync()
        ev = self.controller.session(evse_id).unplug()
        await self._told()
        return ev

    async def authorize(self, token: str, type: str = "ISO14443") -> str:
        """Ask the CSMS about a token; returns its status. `start` uses the last one that was Accepted."""
        self._sync()
        heard: list[str] = []
        shown = Token(token, type)

        def then(verdict: Verdict) -> None:
            heard.append(verdict.status)
            self._authorised = Token(token, type, verdict.group) if verdict.status == "Accepted" else None

        self.controller.authorisation.ask(shown, then)
        await self._flush()
        await self.heard(lambda: bool(heard), "an answer to Authorize")
        return heard[0]

    async def start(self, evse_id: int = 1, token: str | None = None) -> Transaction | None:
        """Start without asking again: with `token`, or the last authorised one; ValueError when there is none.
        Returns the transaction, None while no car is there."""
        self._sync()
        chosen = Token(token) if token is not None else self._authorised
        if chosen is None:
            raise ValueError("No token was accepted yet; authorize one, or name it.")
        self.controller.session(evse_id).authorise(chosen)
        await self._told()
        return self.transaction(evse_id)

    async def swipe(self, token: str, evse_id: int = 1, type: str = "ISO14443") -> str:
        """A driver shows a token: charging starts, or stops if the same token or its group started it. Returns the
        CSMS's status, or Stopped, Occupied or Unavailable."""
        self._sync()
        heard: list[str] = []
        self.controller.authorisation.swipe(evse_id, Token(token, type), heard.append)
        await self._flush()
        await self.heard(lambda: bool(heard), "an answer to Authorize")
        await self._told()
        return heard[0]

    async def pay(self, evse_id: int = 1, vat_number: str | None = None) -> str:
        """A driver pays by card at the terminal, and charging starts (2.1); returns the CSMS's status. At the end the
        station settles: `controller.payment.settled`."""
        self._sync()
        heard: list[str] = []
        self.controller.payment.tap(evse_id, heard.append, vat_number)
        await self._flush()
        await self.heard(lambda: bool(heard), "an answer to Authorize")
        await self._told()
        return heard[0]

    def qr_link(self, evse_id: int = 1, **limits: str) -> str:
        """What the QR code of an EVSE holds now (C25); ValueError before a CSMS has said how."""
        self._sync()
        return self.controller.payment.link(evse_id, **limits)

    async def stop(self, evse_id: int = 1) -> None:
        """The driver stops charging with the token that started it."""
        self._sync()
        session = self.controller.session(evse_id)
        session.stop("StopAuthorized", "Local", session.token)
        await self._told()

    async def charge(self, evse_id: int = 1, *, minutes: float | None = None, until_soc: float | None = None) -> float:
        """Let time go by while the car charges: for `minutes`, until its battery has `until_soc` percent, or until it
        is full, gone or stopped. Returns the energy in Wh that it took."""
        evse, before = self.evse(evse_id), self.evse(evse_id).register_wh
        left = _A_DAY_S if minutes is None else minutes * 60
        whole = minutes is not None and until_soc is None
        while left > 0:
            if not whole and (evse.ev is None or evse.ev.full or self.transaction(evse_id) is None):
                break
            if until_soc is not None and evse.ev is not None and evse.ev.soc >= until_soc:
                break
            step = min(left, 10.0)
            await self.wait(step)
            left -= step
        return evse.register_wh - before

    # ---- scripts ----

    async def call(self, action: str, words: Words) -> Outcome:
        """Make any call, its payload in the spec's words; the answer, or how it failed."""
        heard: list[Outcome] = []
        self.controller.put(Message(action, lambda _: words, heard.append, allowed_early=True))
        await self._turn()
        await self.heard(lambda: bool(heard), f"an answer to {action}")
        return heard[0]

    async def expect(self, action: str, within: float = 5.0) -> Frame:
        """The next call `action` of the CSMS since the last one expected; Unmet when `within` real seconds pass."""

        def found() -> Frame | None:
            for index in range(self._expected, len(self.received)):
                frame = self.received[index]
                if frame.kind == 2 and frame.action == action:
                    self._expected = index + 1
                    return frame
            return None

        frames: list[Frame] = []

        def looked() -> bool:
            frame = found()
            frames.extend([frame] if frame is not None else [])
            return bool(frames)

        await self.until(looked, f"a call {action}", within)
        return frames[0]
