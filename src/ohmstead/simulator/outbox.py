"""What a station has to say and has not been heard on yet.

One call may be open at a time, so everything waits here in the order it happened. Messages of two kinds:

* kept ones (about transactions) survive outages and reboots and are sent, always with the same content but a new
  message id, until they are answered (E04, E13). One that failed waits interval x transmissions; the kept ones behind
  it wait too, others may pass. Only answers with CALLERROR count against `MessageAttempts`: silence never does;
* all others live as long as the connection: when it is lost, they fail.

Before the registration is accepted only BootNotification and answers to the CSMS's wishes (`allowed_early`) go out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from ohmstead.simulator.sealing import Sealed

Words = dict[str, Any]
"""One payload in the words of its OCPP version: camelCase names, as on the wire."""


class Answered(NamedTuple):
    """The CSMS answered a call with `words`."""

    words: Words


class Failed(NamedTuple):
    """It did not: `code` is that of its CALLERROR, or Offline, NoAnswer or Discarded in our own words."""

    code: str
    description: str = ""


Outcome = Answered | Failed


def forget(_: Outcome) -> None:
    """For messages whose answer says nothing."""


class Acknowledged(NamedTuple):
    """One transaction message that the CSMS answered with a CALLRESULT: from then on it may not be lost."""

    transaction_id: str
    """2.x: the station's. 1.6: the CSMS's number as text."""
    kind: str | int
    """2.x: the seqNo. 1.6: `start`, `meter` or `stop`."""
    frame: bytes
    """As it was sent when it was answered."""


class Subject(Protocol):
    """The transaction that a kept message is about."""

    id: str


@dataclass
class Message:
    """One call to make. `words(offline)` gives the payload, asked once, right before its first transmission."""

    action: str
    words: Callable[[bool], Words]
    then: Callable[[Outcome], None] = forget
    kept: bool = False
    urgent: bool = False
    """A driver or a boot waits for it: it goes before all others."""
    allowed_early: bool = False
    droppable: bool = False
    """It may go when there is no room (E11.FR.04)."""
    deaf: int = 0
    """So many answers to it get lost."""
    subject: Subject | None = None
    kind: str | int = ""
    """Of a kept one: its transaction, and the seqNo (2.x) or `start`, `meter`, `stop` (1.6), for the books."""
    offline: bool = False
    payload: bytes | None = None
    sealed: Sealed | None = None
    """It was signed, once for all its transmissions."""
    transmissions: int = 0
    errors: int = 0
    not_before: float = 0.0
    order: int = 0


@dataclass
class Outbox:
    """The queues of one station. `interval` (s) and `attempts` follow the device model."""

    interval: Callable[[], float]
    attempts: Callable[[], float]
    acknowledged: list[Acknowledged] = field(default_factory=list)
    flying: Message | None = None
    flying_frame: bytes = b""
    _kept: deque[Message] = field(default_factory=deque)
    _other: deque[Message] = field(default_factory=deque)
    _orders: int = 0

    def put(self, message: Message) -> None:
        """Add one message behind the others, or before them all when it is urgent."""
        self._orders += 1
        message.order = self._orders
        queue = self._kept if message.kept else self._other
        if message.urgent:
            queue.appendleft(message)
        else:
            queue.append(message)

    def thin_out(self, room: int) -> None:
        """While more kept messages wait than there is room for, every second droppable one goes: the first, the third
        and so on (E11.FR.05)."""
        while len(self._kept) > room:
            gone = [message for message in self._kept if message.droppable and message.payload is None][::2]
            if not gone:
                return
            self._kept = deque(message for message in self._kept if all(message is not other for other in gone))

    def forget(self) -> None:
        """The memory is gone: what is kept will not be sent again."""
        self._kept.clear()
        if self.flying is not None:
            self.flying.kept = False

    @property
    def waiting(self) -> int:
        """Messages not answered yet, the flying one included."""
        return len(self._kept) + len(self._other) + (self.flying is not None)

    @property
    def kept_waiting(self) -> int:
        """Transaction messages not answered yet."""
        return len(self._kept) + (self.flying is not None and self.flying.kept)

    def about(self, transaction_id: str) -> bool:
        """Whether messages about this transaction still wait (E14)."""
        flying = (self.flying,) if self.flying is not None else ()
        waiting = (message.subject for message in (*self._kept, *flying))
        return any(subject is not None and subject.id == transaction_id for subject in waiting)

    def next(self, now: float, *, accepted: bool) -> Message | None:
        """The message to send now, if any; it is then in flight until `settle` or `line_lost`."""
        if self.flying is not None:
            return None
        kept = self._kept[0] if accepted and self._kept and self._kept[0].not_before <= now else None
        other = self._first_other(accepted=accepted)
        if other is not None and (kept is None or other.urgent or other.order < kept.order):
            self._other.remove(other)
            self.flying = other
        elif kept is not None:
            self.flying = self._kept.popleft()
        return self.flying

    def next_retry(self) -> float | None:
        """When the first kept message may go again."""
        return self._kept[0].not_before if self._kept else None

    def settle(self, outcome: Outcome, now: float) -> Message | None:
        """The open call has ended; returns a message that was discarded because the CSMS refused it too often."""
        message, self.flying = self.flying, None
        assert message is not None
        if message.deaf and isinstance(outcome, Answered):
            message.deaf, outcome = message.deaf - 1, Failed("NoAnswer")
        if isinstance(outcome, Answered) or not message.kept:
            message.then(outcome)
            if message.subject is not None and isinstance(outcome, Answered):
                self.acknowledged.append(Acknowledged(message.subject.id, message.kind, self.flying_frame))
            return None
        if outcome.code != "NoAnswer":
            message.errors += 1
        if message.errors >= self.attempts():
            message.then(Failed("Discarded", outcome.description))
            return message
        message.not_before = now + self.interval() * message.transmissions
        self._kept.appendleft(message)
        return None

    def line_lost(self) -> None:
        """The connection is gone: kept messages stay and count as offline unless they were sent already (E11.FR.07)."""
        flying, self.flying = self.flying, None
        lost = [*self._other]
        self._other.clear()
        if flying is not None and flying.kept:
            self._kept.appendleft(flying)
        elif flying is not None:
            lost.insert(0, flying)
        for message in self._kept:
            message.not_before = 0.0
            message.offline = message.offline or message.payload is None
        for message in lost:
            message.then(Failed("Offline"))

    def _first_other(self, *, accepted: bool) -> Message | None:
        return next((message for message in self._other if accepted or message.allowed_early), None)
