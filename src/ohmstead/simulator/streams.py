"""Periodic event streams of a 2.1 station: opened with the CSMS's leave, sent by SEND, never answered."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ohmstead.runtime import rfc3339
from ohmstead.simulator.outbox import Answered, Message, Outcome, Words

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller

_SECOND = 1_000_000
_AT_ONCE = 100
"""Values of one message."""
_ROOM = 10_000
"""Values that wait without a line; the oldest go."""


@dataclass
class Stream:
    """One stream. `params` as the wire has them: `interval` in seconds, `values` in a message."""

    id: int
    monitor_id: int
    params: Words
    is_open: bool = False
    sent_at: int = 0
    values: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=_ROOM))
    """(microseconds, value)"""


class Streams:
    """The streams of one station."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._streams: dict[int, Stream] = {}
        self._ids = 0

    def make(self, monitor_id: int, params: Words) -> Stream:
        """A stream for a new monitor; it opens once the call in work is answered."""
        self._ids += 1
        made = self._streams[self._ids] = Stream(self._ids, monitor_id, dict(params))
        self._controller.after(lambda: self.open(made))
        return made

    def open(self, stream: Stream) -> None:
        """Ask the CSMS; until it accepts, and if it does not, the monitor's events go out one by one."""
        stream.is_open = False

        def heard(outcome: Outcome) -> None:
            stream.is_open = isinstance(outcome, Answered) and outcome.words["status"] == "Accepted"
            stream.sent_at = self._controller.now

        words = {"constantStreamData": self._words(stream)}
        self._controller.put(Message("OpenPeriodicEventStream", lambda _: words, heard))

    def close(self, stream: Stream) -> None:
        """Its monitor is gone."""
        self._streams.pop(stream.id, None)
        if stream.is_open:
            stream.is_open = False
            words = {"id": stream.id}
            self._controller.after(lambda: self._controller.put(Message("ClosePeriodicEventStream", lambda _: words)))

    def adjust(self, words: Words) -> Words:
        stream = self._streams.get(words["id"])
        if stream is None:
            return {"status": "Rejected", "statusInfo": {"reasonCode": "UnknownStream"}}
        stream.params = dict(words["params"])
        return {"status": "Accepted"}

    def listed(self, _: Words) -> Words:
        found = [self._words(one) for one in self._streams.values() if one.is_open]
        return {"constantStreamData": found} if found else {}

    def flush(self) -> None:
        """Send what is due."""
        for one in self._streams.values():
            while one.is_open and self._controller.conversation.online and self._due(one):
                self._send(one)

    def _due(self, one: Stream) -> bool:
        interval, most = one.params.get("interval"), one.params.get("values")
        waited = interval is not None and self._controller.now - one.sent_at >= interval * _SECOND
        return bool(one.values) and (waited or (most is not None and len(one.values) >= most))

    def _send(self, one: Stream) -> None:
        some = [one.values.popleft() for _ in range(min(_AT_ONCE, len(one.values)))]
        base = some[0][0]
        words = {
            "id": one.id,
            "pending": len(one.values),
            "basetime": rfc3339(base),
            "data": [{"t": (at - base // 1000 * 1000) / _SECOND, "v": value} for at, value in some],
        }
        if not one.values:
            one.sent_at = self._controller.now
        self._controller.conversation.tell("NotifyPeriodicEventStream", words, self._controller.tick)

    @staticmethod
    def _words(one: Stream) -> Words:
        return {"id": one.id, "params": one.params, "variableMonitoringId": one.monitor_id}
