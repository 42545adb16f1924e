"""A station's life: power up, registration, resets and power cuts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ohmstead.simulator import history
from ohmstead.simulator.outbox import Failed, Message, Outcome

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller

_BOOT_AGAIN_S = 30.0
"""When the CSMS names no interval, or did not answer."""
_DRAIN_S = 5.0
"""How long a reset waits for the transaction's end to be answered."""


@dataclass
class Reboot:
    """A reset under way: from `not_before` on (ticks), as soon as the queue is empty or `deadline` has come; or when
    nobody charges."""

    reason: str
    not_before: float
    deadline: float
    when_idle: bool = False


class Life:
    """The life of one station. `registration`: unknown, accepted, pending or rejected."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self.registration = "unknown"
        self.clock_zero = controller.now if controller.traits.boot.clock == "1970" else 0
        """What its clock took for 1970, in microseconds UTC."""
        self.downtime_s = 5.0
        """How long a reboot takes."""
        self.boot_at: float | None = None
        """The tick of the next BootNotification."""
        self._boot_reason: str | None = None
        self._reboot: Reboot | None = None
        self._history_told = False

    @property
    def rebooting(self) -> bool:
        """A reset was asked for and has not happened yet."""
        return self._reboot is not None

    def step(self) -> None:
        """Do what is due."""
        controller, reboot = self._controller, self._reboot
        talk = controller.conversation
        if self.boot_at is not None and controller.tick >= self.boot_at and talk.connected:
            self.send_boot()
        if reboot is None or controller.tick < reboot.not_before:
            return
        if reboot.when_idle and any(session.transaction for session in controller.sessions.values()):
            return
        if talk.outbox.waiting == 0 or controller.tick >= reboot.deadline or not talk.connected:
            self.go_down(reboot.reason)

    def opened(self) -> None:
        """The connection stands: after power up it registers."""
        if self._boot_reason is not None:
            self._come_up()
        elif self._controller.traits.boot.on_reconnect and self.registration != "unknown":
            self.boot()

    def boot(self, reason: str = "PowerUp") -> None:
        """Register now, or as soon as there is a connection."""
        controller = self._controller
        self.registration, controller.conversation.accepted, self._boot_reason = "unknown", False, reason
        if not self._history_told:
            self._history_told = True
            history.tell(controller, controller.traits.boot.history)
        if controller.conversation.connected:
            self._come_up()
            controller.conversation.turn(controller.tick)

    def _come_up(self) -> None:
        """There is a line: register, or believe that one is known."""
        if self._controller.traits.boot.unasked:
            self.send_boot()
        else:
            self._controller.conversation.accepted = True

    def send_boot(self) -> None:
        """One BootNotification; it is sent again after the interval until the CSMS accepts."""
        self.boot_at = None
        words = self._controller.dialect.boot(self._boot_reason or "Triggered")
        message = Message("BootNotification", lambda _: words, self._booted, urgent=True, allowed_early=True)
        self._controller.put(message)

    def _booted(self, outcome: Outcome) -> None:
        controller = self._controller
        if isinstance(outcome, Failed):
            self.boot_at = None if outcome.code == "Offline" else controller.tick + _BOOT_AGAIN_S
            return
        status, interval = outcome.words["status"], float(outcome.words["interval"])
        self.registration = status.lower()
        controller.conversation.accepted = status == "Accepted"
        controller.say(f"BootNotification {status}, interval {interval:g} s")
        if status != "Accepted":
            self._boot_reason = self._boot_reason or "PowerUp"
            self.boot_at = controller.tick + (interval or _BOOT_AGAIN_S)
            return
        self.boot_at = self._boot_reason = None
        controller.networks.proved()
        if interval > 0:
            controller.variables["OCPPCommCtrlr.HeartbeatInterval"].value = f"{interval:.0f}"
        for message in controller.dialect.started_up():
            controller.put(message)
        controller.availability.forget()
        controller.availability.tell()
        controller.monitoring.booted()
        controller.updates.booted()

    def reset(self, reason: str, stopped_reason: str, *, when_idle: bool = False) -> None:
        """Reboot: at once, ending transactions with `stopped_reason`, or when the last one is over."""
        controller = self._controller
        if not when_idle:
            for session in controller.sessions.values():
                session.end("ResetCommand", stopped_reason)
        lives_until = controller.tick + controller.traits.boot.linger_s
        self._reboot = Reboot(reason, lives_until, lives_until + _DRAIN_S, when_idle)
        if controller.traits.boot.linger_s:
            controller.put(Message("Heartbeat", lambda _: {}))

    def power_cut(self, *, loses_queue: bool = False, loses_transactions: bool = False) -> None:
        """The mains fail for a moment: transactions end unheard, or are forgotten; the line drops, the station boots
        again, with the messages that waited or without."""
        controller = self._controller
        controller.conversation.hang_up = True
        controller.conversation.outgoing.clear()
        for session in controller.sessions.values():
            if loses_transactions:
                session.vanish()
            else:
                session.end("AbnormalCondition", "PowerLoss")
        if loses_queue:
            controller.conversation.outbox.forget()
        self.go_down("PowerUp")

    def go_down(self, reason: str) -> None:
        """The line is closed; the station boots with `reason` once it is up again."""
        controller = self._controller
        controller.say("rebooting")
        if controller.traits.boot.clock == "1970":
            self.clock_zero = controller.now
        self._reboot = self.boot_at = None
        self._boot_reason = reason
        controller.networks.restarted()
        self.registration, controller.conversation.accepted = "unknown", False
        for session in controller.sessions.values():
            session.rest()
        controller.conversation.go_down(controller.tick + self.downtime_s)
