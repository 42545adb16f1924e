"""A station's side of the talk with its CSMS: the queue, the open call, the log of frames, and the line coming and
going. Sans-I/O: whoever owns the socket carries `outgoing` away and feeds `opened`, `receive` and `lost`.

Two times are kept apart, so that charging can be compressed without breaking the protocol: `tick` (seconds that never
jump, for time-outs, heartbeats and back-off) and the simulated time of the content, which is not this module's matter.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

from ohmstead.ocpp.codec import Refused
from ohmstead.ocpp.rpc import Answer, Call, CallError, Event, Peer, Reply, ResultError, Unreadable
from ohmstead.ocpp.signing import CALL, CALLRESULT, SUFFIX, Unfit
from ohmstead.ocpp.versions import V21, Version
from ohmstead.simulator import wire
from ohmstead.simulator.dice import Dice
from ohmstead.simulator.outbox import Answered, Failed, Message, Outbox, Outcome, Words
from ohmstead.simulator.sealing import Seal, Sealed, opened, sealed
from ohmstead.simulator.spelling import readable, spelled
from ohmstead.simulator.traits import ORDINARY, Wire
from ohmstead.simulator.variables import Variables
from ohmstead.simulator.wire import Frame


class Refusal(Exception):
    """A handler's wish to answer with a CALLERROR of this code."""

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(f"{code}: {description}")
        self.code, self.description = code, description


class Silence(Exception):
    """A handler's wish not to answer at all."""


class Answering(Protocol):
    """Who answers the CSMS's calls, and hears of the line."""

    now: int

    def answer(self, action: str, words: Words) -> Words:
        """The answer to one call; raises Refusal or Silence."""

    def cuts_short(self, action: str) -> bool:
        """Whether only half of an answer goes out."""

    def chasing(self, message: Message) -> Iterable[tuple[str, Words]]:
        """Calls that follow `message` at once, though its answer has not come; their answers are not heard."""

    def answered(self) -> None:
        """The answer is on its way; now is the time for what follows from it."""

    def knows(self, action: str) -> bool:
        """Whether `answer` can answer it."""

    def say(self, text: str) -> None:
        """Tell the people who watch."""


class Conversation:
    """See the module. `accepted` is the registration's verdict, set by the controller."""

    def __init__(
        self,
        version: Version,
        owner: Answering,
        settings: Variables,
        dice: Dice,
        new_id: Callable[[], str],
        style: Wire = ORDINARY.wire,
    ) -> None:
        self.version = version
        self._owner, self._settings, self._dice, self._new_id, self._style = owner, settings, dice, new_id, style
        self.outbox = Outbox(
            interval=lambda: settings.number("OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]"),
            attempts=lambda: settings.number("OCPPCommCtrlr.MessageAttempts[TransactionEvent]"),
        )
        self.sent: list[Frame] = []
        self.received: list[Frame] = []
        self.history: int | None = None
        """How many frames either list keeps; None for all."""
        self.outgoing: deque[bytes] = deque()
        self.seal: Seal | None = None
        """What it signs with; may be given at any time."""
        self._garbled = False
        self.accepted = False
        self.hang_up = False
        """The line shall be closed by who owns it."""
        self.connect_at: float | None = None
        """The tick at which to connect; None while connected or switched off."""
        self.last_sent = 0.0
        self._attempts = 0
        self._peer: Peer | None = None
        self._on_this_line = itertools.count(1)

    @property
    def connected(self) -> bool:
        """There is a line."""
        return self._peer is not None

    @property
    def online(self) -> bool:
        """There is a line and the station is accepted: transaction messages go out."""
        return self._peer is not None and self.accepted and not self.hang_up

    @property
    def idle(self) -> bool:
        """No call is open and none can go out now."""
        return self.outbox.flying is None and not self.outgoing

    @property
    def garbled(self) -> bool:
        """The open call is no JSON: its answer may never come."""
        return self._garbled and self.outbox.flying is not None

    @property
    def open_call(self) -> str | None:
        """The message id of our call that waits for its answer."""
        return self._peer.open_call if self._peer is not None else None

    # ---- the line ----

    def opened(self, tick: float) -> None:
        """A new connection stands."""
        self._on_this_line = itertools.count(1)
        self._peer = Peer(self.version, self._settings.number("OCPPCommCtrlr.MessageTimeout[Default]"), self._next_id)
        self.connect_at, self.hang_up, self._attempts = None, False, 0
        self.last_sent = tick

    def _next_id(self) -> str:
        return self._new_id() if self._style.message_ids == "unique" else str(next(self._on_this_line))

    def lost(self, tick: float, down: float | None = None) -> None:
        """The connection is gone, or could not be made; the next try is `down` seconds away, or after the back-off."""
        self._peer = None
        self.hang_up = False
        self.outgoing.clear()
        self.outbox.line_lost()
        self.connect_at = tick + (self._back_off() if down is None else down)

    def go_down(self, up_again: float) -> None:
        """The station reboots: its line is closed by who owns it; without a line, the next try is at `up_again`."""
        self.hang_up = self.connected
        if not self.connected:
            self.connect_at = up_again

    def _back_off(self) -> float:
        number = self._settings.number
        doublings = min(self._attempts, int(number("OCPPCommCtrlr.RetryBackOffRepeatTimes")))
        self._attempts += 1
        wait = number("OCPPCommCtrlr.RetryBackOffWaitMinimum") * 2.0**doublings
        return wait + self._dice.between(0.0, number("OCPPCommCtrlr.RetryBackOffRandomRange"))

    # ---- frames ----

    def turn(self, tick: float) -> None:
        """Give up an overdue call and send what may go now."""
        if self._peer is None:
            return
        overdue = self._peer.tick(tick)
        if overdue is not None:
            self._owner.say(f"no answer to {overdue.action}")
            self._settle(Failed("NoAnswer"), tick)
        self._send_next(tick)

    def tell(self, action: str, words: Words, tick: float) -> None:
        """A SEND of 2.1: nobody answers it."""
        if self._peer is not None:
            self._emit(self._peer.send(action, self._payload(action, words)), tick)

    def receive(self, text: bytes, tick: float) -> None:
        """One frame of the CSMS."""
        if self._peer is None:
            return
        flying = self.outbox.flying
        event = self._peer.receive(text, tick)
        asked = flying.action if isinstance(event, Answer) and flying else ""
        if isinstance(event, Call | Answer):
            try:
                event, text = opened(self.seal, event, asked or event.action.removesuffix(SUFFIX), text)
            except Unfit as unfit:
                self._owner.say(f"what the CSMS signed was refused: {unfit}")
                event = self._unfit(event, unfit)
        self._log(self.received, text, asked)
        if isinstance(event, Call):
            self._called(event, tick)
        elif isinstance(event, Answer):
            self._settle(self._outcome(event), tick)
        elif isinstance(event, Reply):
            self._emit(event.frame, tick)
        elif isinstance(event, ResultError):
            self._owner.say(f"the CSMS could not use an answer: {event.error.code} {event.error.description}")
        elif isinstance(event, Unreadable):
            if event.answers_open_call and (given_up := self._peer.give_up(event.reason)) is not None:
                self._settle(self._outcome(given_up), tick)
            elif event.reply is not None:
                self._emit(event.reply, tick)
        self._send_next(tick)

    def _unfit(self, event: Call | Answer, unfit: Unfit) -> Event:
        assert self._peer is not None
        if isinstance(event, Call):
            return Reply(self._peer.error(event.message_id, unfit.error, unfit.text), unfit.text)
        return Answer(event.message_id, event.action, None, CallError(unfit.error, unfit.text, ours=True))

    def _called(self, call: Call, tick: float) -> None:
        assert self._peer is not None
        jws = None
        try:
            if not self._owner.knows(call.action):
                raise Refusal("NotImplemented", f"{call.action} is not implemented in this simulated station.")
            words = self._owner.answer(call.action, wire.read_request(self.version, call.action, call.payload))
            payload = wire.compose(self.version, f"{call.action}Response", words)
            jws = None if call.signed is None else sealed(self.seal, call.action, payload, CALLRESULT)
            frame = self._peer.result(call.message_id, payload if jws is None else jws.payload)
        except (Refusal, Refused) as refusal:
            frame = self._peer.error(call.message_id, refusal.code, refusal.description)
        except Silence:
            return
        shown = frame if jws is None else jws.shown(call.message_id)
        if self._owner.cuts_short(call.action):
            frame = frame[: len(frame) // 2]
        self._emit(frame, tick, call.action, shown)
        self._owner.answered()

    def _outcome(self, answer: Answer) -> Outcome:
        if answer.payload is None:
            error = answer.error
            return Failed(error.code, error.description) if error is not None else Failed("GenericError")
        try:
            return Answered(wire.read_response(self.version, answer.action, answer.payload))
        except Refused as refused:
            self._owner.say(f"the answer to {answer.action} is not valid: {refused.description}")
            if self._peer is not None and self.version is V21:  # FR.06
                self.outgoing.append(self._peer.result_error(answer.message_id, refused.code, refused.description))
            return Failed(refused.code, refused.description)

    def _settle(self, outcome: Outcome, tick: float) -> None:
        message = self.outbox.flying
        if isinstance(outcome, Failed) and outcome.code != "NoAnswer" and message is not None:
            self._owner.say(f"{message.action} was refused: {outcome.code} {outcome.description}".rstrip())
        discarded = self.outbox.settle(outcome, tick)
        if discarded is not None:
            self._owner.say(f"{discarded.action} was discarded after {discarded.errors} refusals")

    def _send_next(self, tick: float) -> None:
        if self._peer is None or self.hang_up:
            return
        message = self.outbox.next(tick, accepted=self.accepted)
        if message is None:
            return
        if message.payload is None:
            message.payload = self._payload(message.action, message.words(message.offline))
        message.transmissions += 1
        message.sealed = message.sealed or sealed(self.seal, message.action, message.payload, CALL)
        frame = self._ask(self._peer, message.action, message.payload, message.sealed, tick)
        self.outbox.flying_frame, self._garbled = frame, not readable(frame)
        for action, words in self._owner.chasing(message):
            payload, peer = self._payload(action, words), Peer(self.version, new_id=self._next_id)
            self._ask(peer, action, payload, sealed(self.seal, action, payload, CALL), tick)

    def _ask(self, peer: Peer, action: str, payload: bytes, jws: Sealed | None, tick: float) -> bytes:
        if jws is None:
            _, frame = peer.call(action, payload, tick)
            self._emit(frame, tick)
        else:
            message_id, frame = peer.call(jws.action, jws.payload, tick)
            self._emit(frame, tick, shown=jws.shown(message_id))
        return frame

    def _payload(self, action: str, words: Words) -> bytes:
        wire.judge(self.version, f"{action}Request", words)
        return spelled(self._style, self.version, action, words)

    def _emit(self, frame: bytes, tick: float, action: str = "", shown: bytes | None = None) -> None:
        """Send `frame`; the log shows a signed one as a plain one with its JWS behind it."""
        self.outgoing.append(frame)
        self.last_sent = tick
        self._log(self.sent, shown or frame, action)

    def _log(self, frames: list[Frame], text: bytes, action: str) -> None:
        frames.append(wire.frame(self._owner.now, text, action))
        if self.history is not None and len(frames) > 2 * self.history:
            del frames[: -self.history]


def calls(frames: Iterable[Frame], action: str | None = None) -> list[Frame]:
    """The CALLs among `frames`, all or those of one action."""
    return [frame for frame in frames if frame.kind == 2 and action in (None, frame.action)]
