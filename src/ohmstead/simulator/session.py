"""One EVSE in use: car, token and transaction, as a small machine that speaks no OCPP version.

A transaction begins when the first of the station's TxStartPoints is reached and ends when one of its TxStopPoints is
left (E 1.3 of 2.x): EVConnected (a car is plugged in), Authorized (a token was accepted), PowerPathClosed (both). 1.6
behaves like start PowerPathClosed, stop EVConnected,Authorized. What happens is told to the dialect as `Happened`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from ohmstead.simulator.ev import Ev
from ohmstead.simulator.evse import Evse, Reading

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller

_SECOND = 1_000_000


class Token(NamedTuple):
    """What a driver shows; `group` (groupIdToken, parentIdTag) once the CSMS has told it."""

    id: str
    type: str = "ISO14443"
    group: str | None = None


@dataclass
class Transaction:
    """One transaction. `id` is the station's (2.x), or the CSMS's number as text, empty until it was told (1.6)."""

    id: str
    evse_id: int
    connector_id: int | None
    started_at: int
    start_wh: float
    token: Token | None
    seq_no: int = 0
    charging_state: str = ""
    stopped_reason: str | None = None
    begin_told: bool = False
    """The register at its beginning was sent."""
    samples: list[tuple[int, str, Reading]] = field(default_factory=list)
    """What was measured, for those who repeat it all at the end: time, context, reading."""
    end_wh: float | None = None
    """The register at its end; None while it goes on, and for ever if the station lost it."""

    @property
    def energy_wh(self) -> float | None:
        """By the station's own register."""
        return None if self.end_wh is None else self.end_wh - self.start_wh


@dataclass(frozen=True)
class Happened:
    """One thing that happened in a transaction, in 2.x words; None where there is nothing new to tell."""

    kind: Literal["Started", "Updated", "Ended"]
    trigger: str
    at: int
    reading: Reading | None
    context: str
    charging_state: str
    connector_id: int | None = None
    token: Token | None = None
    stopped_reason: str | None = None
    remote_start_id: int | None = None
    reservation_id: int | None = None


class Session:
    """The machine of one EVSE. Times in microseconds UTC, simulated."""

    def __init__(self, evse: Evse, controller: Controller) -> None:
        self.evse = evse
        self._controller = controller
        self.token: Token | None = None
        """Who may charge here now."""
        self.transaction: Transaction | None = None
        self.suspended = False
        """The CSMS did not accept the token, but the transaction goes on without energy."""
        self.finishing = False
        """The transaction is over, the car still there."""
        self.priority = False
        """The transaction has priority (K21)."""
        self.allowed: tuple[str, ...] | None = None
        """Energy transfers that the CSMS allows the transaction (Q02.FR.05); None: it has not said."""
        self.told_needs = False
        self.plugged_at = 0
        self._remote_start_id: int | None = None
        self._reservation_id: int | None = None
        self._authorised_at = 0
        self._sampled_at = 0

    @property
    def free(self) -> bool:
        """Nobody charges here or is about to."""
        return self.transaction is None and self.token is None

    @property
    def reserved(self) -> bool:
        """It is kept free for somebody."""
        return self.free and self._controller.reservations.at(self.evse.id) is not None

    @property
    def plugged(self) -> bool:
        """A car hangs on the cable."""
        return self.evse.ev is not None

    def charging_state(self) -> str:
        """Idle, EVConnected, Charging, SuspendedEV or SuspendedEVSE."""
        evse = self.evse
        if evse.ev is None:
            return "Idle"
        if self.suspended:
            return "SuspendedEVSE"
        if not evse.contactor:
            return "EVConnected"
        setpoint = self._controller.grid.setpoint_w(self)
        if setpoint is not None and setpoint < 0:
            return "Charging" if evse.power_w < 0 or evse.ev.surplus_w() else "SuspendedEV"
        if evse.ev.full:
            return "SuspendedEV"
        if setpoint == 0:
            return "SuspendedEVSE"
        if not evse.offers(self._controller.grid.offer_w(self)):
            return "SuspendedEVSE"
        return "Charging" if evse.power_w else "EVConnected"

    # ---- what people and the CSMS do ----

    def plug(self, ev: Ev, connector_id: int = 1) -> None:
        """A car is plugged in; ValueError when there is one already."""
        self.evse.plug(ev, connector_id)
        self.plugged_at, self.told_needs = self._controller.now, False
        self._controller.say(f"EVSE {self.evse.id}: car plugged in, {ev.soc:.0f} % full")
        self._reach("CablePluggedIn")
        self._controller.plug_and_charge.arrive(self)

    def unplug(self) -> Ev | None:
        """The car leaves; None when there was none."""
        ev = self.evse.unplug()
        if ev is None:
            return None
        self._controller.say(f"EVSE {self.evse.id}: car unplugged, {ev.soc:.0f} % full")
        self.finishing = False
        if self.transaction is not None:
            if {"EVConnected", "PowerPathClosed"} & set(self._controller.dialect.stop_points()):
                self.end("EVCommunicationLost", self.transaction.stopped_reason or "EVDisconnected")
            else:
                self._tell("Updated", "EVCommunicationLost")
        else:
            self.token = None
        self._controller.availability.tell()
        return ev

    def authorise(self, token: Token, trigger: str = "Authorized", remote_start_id: int | None = None) -> None:
        """Somebody may charge here."""
        self.token, self._remote_start_id = token, remote_start_id
        self._reservation_id = self._controller.reservations.use(self.evse.id, token)
        self._authorised_at = self._controller.now
        self.suspended = self.finishing = False
        self._reach(trigger, token)

    def stop(self, trigger: str, reason: str, token: Token | None = None) -> None:
        """Energy ends; so does the transaction, unless the station's stop points keep it until the car leaves."""
        self.evse.open()
        self.token = None
        if self.transaction is None:
            self._controller.availability.tell()
        elif {"Authorized", "PowerPathClosed"} & set(self._controller.dialect.stop_points()) or not self.plugged:
            self.end(trigger, reason, token)
        else:
            self.transaction.stopped_reason = reason
            self._tell("Updated", trigger, token=token)

    def end(self, trigger: str, reason: str, token: Token | None = None) -> None:
        """The transaction is over now, whatever the stop points."""
        transaction = self.transaction
        if transaction is None:
            return
        self.evse.open()
        self.token, self.suspended, self.finishing = None, False, self.plugged
        transaction.stopped_reason, transaction.end_wh = reason, self.evse.register_wh
        self._tell("Ended", trigger, "Transaction.End", self.read(), token=token)
        self.transaction, self.priority, self.allowed = None, False, None
        energy = transaction.energy_wh
        self._controller.say(f"EVSE {self.evse.id}: transaction {transaction.id} ended, {energy:.0f} Wh, {reason}")
        self._controller.transaction_over(transaction)

    def judged(self, transaction: Transaction, status: str) -> None:
        """The CSMS's verdict on the token of `transaction` (E05.FR.02-.10)."""
        if transaction is not self.transaction or status == "Accepted" or self.token is None:
            return
        self._controller.say(f"EVSE {self.evse.id}: the CSMS says {status} of the token")
        if self._controller.variables.on("TxCtrlr.StopTxOnInvalidId"):
            self.stop("Deauthorized", "DeAuthorized")
            return
        self.evse.open()
        self.suspended = True
        self._tell("Updated", "Deauthorized")

    def ask(self, trigger: str = "Trigger") -> None:
        """Tell the present state, because the CSMS asked."""
        if self.transaction is not None:
            self._tell("Updated", trigger, "Trigger", self.read())

    def vanish(self) -> None:
        """The station forgets the transaction: nobody is told of its end."""
        self.evse.open()
        self.transaction = self.token = None
        self.finishing = self.plugged

    def read(self) -> Reading:
        """What its meter shows now."""
        return self._controller.meters.read(self.evse)

    def rest(self) -> None:
        """The station goes down: nobody is authorised any more."""
        self.evse.open()
        self.token = None

    # ---- time ----

    def step(self) -> None:
        """Look at what the hardware did since the last step."""
        self._watch_time_out()
        if self.transaction is None:
            return
        self._watch_state()
        interval = self._controller.variables.number("SampledDataCtrlr.TxUpdatedInterval")
        if self._controller.traits.metering.silent or self._controller.faults.metering == "silent":
            return
        if interval > 0 and self._controller.now - self._sampled_at >= interval * _SECOND:
            self._sampled_at = self._controller.now
            self._tell("Updated", "MeterValuePeriodic", "Sample.Periodic", self.read())

    def _watch_time_out(self) -> None:
        if self.token is None or self.plugged:
            return
        limit = self._controller.variables.number("TxCtrlr.EVConnectionTimeOut")
        if self._controller.now - self._authorised_at < limit * _SECOND:
            return
        self._controller.say(f"EVSE {self.evse.id}: no car came within {limit:.0f} s")
        self.token = None
        self.end("EVConnectTimeout", "Timeout")
        self._controller.availability.tell()

    def _watch_state(self) -> None:
        if self.transaction is not None and self.charging_state() != self.transaction.charging_state:
            self._tell("Updated", "ChargingStateChanged")
            self._controller.availability.tell()

    # ---- beginning and telling ----

    def _reach(self, trigger: str, token: Token | None = None) -> None:
        reached = set()
        if self.plugged:
            reached.add("EVConnected")
        if self.token is not None:
            reached.add("Authorized")
        if len(reached) == 2:
            reached.add("PowerPathClosed")
            self.evse.close()
        if self.transaction is not None:
            self._tell("Updated", trigger, token=token, connected=trigger == "CablePluggedIn")
        elif reached & set(self._controller.dialect.start_points()):
            self._begin(trigger)
        self._controller.availability.tell()
        if self.evse.contactor and not self.told_needs:
            self._controller.needs.tell(self)

    def _begin(self, trigger: str) -> None:
        evse, now = self.evse, self._controller.now
        connector_id = evse.connector_id
        self.transaction = Transaction(
            self._controller.dialect.new_transaction_id(), evse.id, connector_id, now, evse.register_wh, self.token
        )
        self._controller.books.append(self.transaction)
        self._sampled_at = now
        name = f"transaction {self.transaction.id}".rstrip()
        self._controller.say(f"EVSE {evse.id}: {name} started by {trigger}")
        self._tell("Started", trigger, token=self.token, connected=self.plugged)

    def _tell(
        self,
        kind: Literal["Started", "Updated", "Ended"],
        trigger: str,
        context: str = "",
        reading: Reading | None = None,
        *,
        token: Token | None = None,
        connected: bool = False,
    ) -> None:
        transaction = self.transaction
        assert transaction is not None
        if token is not None and kind != "Ended":
            transaction.token = token
        state = self.charging_state()
        transaction.charging_state = state
        remote, self._remote_start_id = self._remote_start_id, None
        reservation, self._reservation_id = self._reservation_id, None
        if reading is None and self._begins_measuring(kind, state, transaction):
            context, reading = "Transaction.Begin", self.read()._replace(register_wh=transaction.start_wh)
            transaction.begin_told = True
        if reading is not None and self._controller.traits.transactions.all_values_at_end:
            transaction.samples.append((self._controller.clock, context, reading))
        happened = Happened(
            kind=kind,
            trigger=trigger,
            at=self._controller.clock,
            reading=reading,
            context=context,
            charging_state=state,
            connector_id=self.evse.connector_id if connected else None,
            token=token,
            stopped_reason=transaction.stopped_reason if kind == "Ended" else None,
            remote_start_id=remote,
            reservation_id=reservation,
        )
        self._controller.tell(self, transaction, happened)

    def _begins_measuring(self, kind: str, state: str, transaction: Transaction) -> bool:
        """Whether the register at the beginning goes with this event (E01.FR.09, .17)."""
        if self._controller.traits.transactions.begin_values == "started":
            return kind == "Started"
        return not transaction.begin_told and state == "Charging"
