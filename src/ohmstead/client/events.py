"""Events as the feed and webhooks bring them: CloudEvents whose `data` has the shape of its type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from ohmstead.domain.webhooks import matches
from ohmstead.shapes.events import shape_of
from ohmstead.shapes.feed import Event


def read(text: bytes | str) -> Event:
    """A CloudEvent with typed data, for example a `Transaction`; plain JSON where the data is of no known shape.

    Raises msgspec.DecodeError on what is no event.
    """
    return typed(msgspec.json.decode(text, type=Event))


def typed(event: Event) -> Event:
    """The event with the data in the shape of its type; as it is where the data has another."""
    try:
        data = msgspec.convert(event.data, shape_of(event.type))
    except msgspec.ValidationError:  # a newer Ohmstead tells more than this SDK knows
        return event
    return msgspec.structs.replace(event, data=data)


@dataclass
class Frames:
    """Server-sent events, line by line."""

    _data: list[str] = field(default_factory=list)

    def take(self, line: str) -> Event | None:
        """The event that ends with this line."""
        if line.startswith("data:"):
            self._data.append(line[5:].lstrip(" "))
        elif not line and self._data:
            text = "\n".join(self._data)
            self._data.clear()
            return read(text)
        return None


@dataclass
class Following:
    """Where somebody who follows the feed has come to, over any number of connections."""

    after: int | None
    types: Sequence[str] = ()
    frames: Frames = field(default_factory=Frames)

    def headers(self) -> dict[str, str]:
        self.frames = Frames()
        return {} if self.after is None else {"Last-Event-ID": str(self.after)}

    def take(self, line: str) -> Iterator[Event]:
        """The event that this line completes, if it is wanted."""
        if line.startswith("id:"):  # the first one comes alone: where the stream begins
            self.after = self.after if self.after is not None else int(line[3:])
        event = self.frames.take(line)
        if event is not None:
            self.after = event.sequence
            if not self.types or matches(self.types, event.type):
                yield event
