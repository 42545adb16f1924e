"""Short conversations, written as people read them: `>` the station speaks, `<` the CSMS does."""

from __future__ import annotations

from ohmstead.traces.reading import Trace
from ohmstead.traces.record import TO_CSMS, TO_STATION, Record, versioned

AT = 1_784_000_000_000_000


def talk(text: str, version: str | None = "2.0.1", every_s: float = 1.0) -> Trace:
    """A trace of one line for each record: `> frame`, `< frame`, `open`, `closed`."""
    records = []
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
        at = AT + int(number * every_s * 1_000_000)
        base = {"line": number, "at": at, "identity": "CS1", "version": version}
        if line in ("open", "closed"):
            records.append(Record(**base, kind=line))  # type: ignore[arg-type]
        else:
            way = TO_CSMS if line.startswith(">") else TO_STATION
            records.append(Record(**base, direction=way, text=line[1:].strip()))  # type: ignore[arg-type]
    return Trace("talk", versioned(records))
