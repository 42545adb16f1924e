"""D: the local authorisation list of a station: which tokens belong in it, and how it is brought there in steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from msgspec import Struct

from ohmstead.domain.portions import Measure, portions
from ohmstead.domain.tokens import Token, key, verdict

HELD_BACK = frozenset({"KeyCode", "NoAuthorization", "DirectPayment"})
"""Types that no station may know in advance: codes are secrets, and payments are for once."""
OF_16 = frozenset({"ISO14443", "ISO15693", "Local", "Central", "eMAID", "MacAddress"})
LONGEST_16 = 20


class Entry(Struct, frozen=True, gc=False, array_like=True):
    """One token in a list; `expires_at` in microseconds."""

    token: str
    type: str
    status: str = "Accepted"
    group: str | None = None
    expires_at: int | None = None

    @property
    def key(self) -> str:
        """What it is known by: a later entry of the same key replaces it."""
        return f"{key(self.token)}/{self.type}"


Entries = Mapping[str, Entry]


class Part(NamedTuple):
    """One SendLocalList: entries to put, and to take out. An empty Full list has neither."""

    update: Literal["Full", "Differential"]
    put: Sequence[Entry] = ()
    out: Sequence[Entry] = ()


def wanted(
    tokens: Iterable[Token], *, station_id: str, site_id: int | None, now: int, old: bool, most: int | None
) -> dict[str, Entry]:
    """What the list of a station should hold: the tokens that may charge there now without being asked about.

    Prepaid ones and those with a bound on transactions at once are left out: they must be asked about each time.
    `old`: it speaks 1.6. At most `most` entries, in the order given.
    """
    found: dict[str, Entry] = {}
    for one in tokens:
        if one.type in HELD_BACK or one.credit is not None or one.concurrent is not None:
            continue
        if one.evses is not None and any(place.evse_id is not None for place in one.evses):
            continue  # a list knows no EVSEs
        if old and (one.type not in OF_16 or len(one.token) > LONGEST_16):
            continue
        judged = verdict(one, now=now, presented=one.token, station_id=station_id, site_id=site_id)
        if judged.accepted:
            group = None if old and len(judged.group or "") > LONGEST_16 else judged.group
            entry = Entry(one.token, "" if old else one.type, "Accepted", group, one.expires_at)
            found.setdefault(entry.key, entry)
        if most is not None and len(found) >= most:
            break
    return found


def steps(have: Entries | None, want: Entries, measure: Measure) -> list[Part]:
    """The messages that make `have` into `want`; None: nobody knows what it has, so all is sent."""
    if have is None:
        cut = portions(want.values(), measure, lambda one: one.key, _size).portions
        first, *rest = cut or [[]]
        return [Part("Full", first), *(Part("Differential", some) for some in rest)]
    changed = [(one, True) for name, one in want.items() if have.get(name) != one]
    gone = [(one, False) for name, one in have.items() if name not in want]
    cut_both = portions([*gone, *changed], measure, lambda pair: pair[0].key, lambda pair: _size(pair[0])).portions
    return [
        Part("Differential", [one for one, put in some if put], [one for one, put in some if not put])
        for some in cut_both
    ]


def _size(one: Entry) -> int:
    """Bytes on the wire, at most."""
    return 160 + len(one.token.encode()) + len((one.group or "").encode()) * 2


def applied(have: Entries | None, part: Part) -> dict[str, Entry] | None:
    """The list after a station took this part; None: still nobody knows."""
    if part.update == "Full":
        return {one.key: one for one in part.put}
    if have is None:
        return None
    out = {one.key for one in part.out}
    return {name: one for name, one in have.items() if name not in out} | {one.key: one for one in part.put}
