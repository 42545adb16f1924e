"""What a CSMS decided in one conversation and in another: the same calls of the same stations, answer by answer.

Ids and times that a CSMS gives out differ by nature: they are compared as names. The same transaction id must stand
where the same one stood before; times are left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from ohmstead.traces.ledger import moment
from ohmstead.traces.record import TO_CSMS, Direction, Record, Said, exchanges

_GIVEN = frozenset({"transactionId"})
_TIMES = frozenset({"currentTime"})
MAX_SHOWN = 200


class Difference(Struct, frozen=True):
    """`line` is that of the call in the older trace, `place` a JSON pointer into the answer; `was` and `now` are values
    there, None where there is none."""

    line: int
    station: str
    action: str
    place: str
    was: Any
    now: Any


def differences(old: Sequence[Record], new: Sequence[Record], asker: Direction = TO_CSMS) -> list[Difference]:
    """Calls that go `asker`'s way are matched by station and action, in their order: who answers them decides."""
    found: list[Difference] = []
    before, after = _decisions(old, asker), _decisions(new, asker)
    names: dict[tuple[str, str], Any] = {}
    for key, (call, answer) in before.items():
        identity, action, _ = key
        if key not in after:
            found.append(Difference(call.record.line, identity, action, "", "asked", None))
            continue
        for place, was, now in _unlike(answer, after[key][1], "", names, identity):
            found.append(Difference(call.record.line, identity, action, place, was, now))
    for key, (call, _) in after.items():
        if key not in before:
            found.append(Difference(call.record.line, key[0], key[1], "", None, "asked"))
    return found


def _decisions(records: Sequence[Record], asker: Direction) -> dict[tuple[str, str, int], tuple[Said, Any]]:
    """(station, action, how many of it came before) -> the call, and what was answered."""
    said = exchanges(records)
    counts: dict[tuple[str, str], int] = {}
    found = {}
    for one in said:
        if one.record.direction != asker or one.frame is None or one.frame.kind != 2:
            continue
        key = (one.record.identity, one.action)
        number = counts[key] = counts.get(key, -1) + 1
        answer = said[one.answer].frame if one.answer is not None else None
        told: Any = None
        if answer is not None:
            told = answer.payload if answer.kind == 3 else {"CALLERROR": answer.code}
        found[*key, number] = (one, told)
    return found


def _unlike(was: Any, now: Any, place: str, names: dict[tuple[str, str], Any], identity: str) -> Iterator[Any]:
    if isinstance(was, dict) and isinstance(now, dict):
        for name in [*was, *(name for name in now if name not in was)]:
            if name in _TIMES and moment(was.get(name)) is not None and moment(now.get(name)) is not None:
                continue
            if name in _GIVEN and name in was and name in now:
                if names.setdefault((identity, str(was[name])), now[name]) != now[name]:
                    yield f"{place}/{name}", was[name], now[name]
                continue
            yield from _unlike(was.get(name), now.get(name), f"{place}/{name}"[:MAX_SHOWN], names, identity)
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for number, pair in enumerate(zip(was, now, strict=True)):
            yield from _unlike(*pair, f"{place}/{number}", names, identity)
    elif was != now:
        yield place, was, now
