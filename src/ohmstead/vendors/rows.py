"""The rows of the vendor catalogue: what kinds of stations do, and what is done about it. Data, read from TOML.

A row is a `[[quirk]]`. It matches by vendor, model and firmware (parts of a name, without case; `*` is everybody) and
names repairs (vendors/fixes.py, vendors/texts.py) and capabilities (vendors/calls.py). It says why, points to where it
was seen in public, and brings samples that are run (vendors/samples.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from ohmstead.shapes.tables import Table, nearest
from ohmstead.vendors.fixes import ANSWERS, FIXES
from ohmstead.vendors.texts import TEXTS

VersionName = Literal["1.6", "2.0.1", "2.1"]
Mechanism = Literal["repair", "capability", "reconcile", "connect", "advice"]
"""repair: what it says is mended; capability: what it is told is made fit, or not said; reconcile: transactions, times
and repeats are put in order for every station alike; connect: so is a connection without a boot; advice: nothing that
Ohmstead does by itself helps, so it says what people can do."""
ANY = "*"
_RANGE = re.compile(r"(<=|>=|<|>|=)?\s*([\w.\-]+)")
Texts = Annotated[tuple[str, ...], Meta(min_length=1)]
Link = Annotated[str, Meta(pattern=r"^https://\S+$")]


class Match(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which stations a row is about."""

    vendor: Texts
    """Parts of the vendor name; an empty text is no name at all."""
    model: Texts = (ANY,)
    firmware: str = ANY
    """`<=1.8.21`, `>=5 <6`: every part must hold; numbers are compared as numbers."""
    versions: tuple[VersionName, ...] = ("1.6", "2.0.1", "2.1")

    @property
    def is_everybody(self) -> bool:
        return ANY in self.vendor

    def fits(self, vendor: str | None, model: str | None, firmware: str | None, version: str | None) -> bool:
        if version is not None and version not in self.versions:
            return False
        return self.names(vendor, model) and in_range(self.firmware, firmware)

    def names(self, vendor: str | None, model: str | None) -> bool:
        """Whether it is about such stations, whatever their firmware and version."""
        return _named(self.vendor, vendor) and _named(self.model, model)


class Repair(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One named fix and its argument, where it takes one."""

    fix: str
    value: str = ""


class Capabilities(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What stations of a kind can take; an operator's own word for a station (PATCH /stations/{id}) comes first."""

    ocpp_versions: tuple[VersionName, ...] | None = None
    """The versions to speak with it, of those it offers."""
    forbidden_commands: tuple[str, ...] | None = None
    """`Action`, or `Action word`: only where a value of the call is this word."""
    stack_level_max: Annotated[int, Meta(ge=0)] | None = None
    profile_kind: Literal["Absolute", "Relative"] | None = None
    rate_unit: Literal["A", "W"] | None = None
    phases: Annotated[int, Meta(ge=1, le=3)] | None = None
    voltage: Annotated[float, Meta(gt=0)] | None = None
    current_steps_a: tuple[float, ...] | None = None
    """The only currents it knows; limits are rounded down to one of them."""
    measurands: tuple[str, ...] | None = None
    """The only ones to configure."""
    sample_interval_min: Annotated[int, Meta(ge=1)] | None = None
    """Seconds."""
    adapt_calls: bool | None = None
    """false: what is sent is what was asked, whatever else stands here."""
    items_per_get_variables: Annotated[int, Meta(ge=1)] | None = None
    items_per_set_variables: Annotated[int, Meta(ge=1)] | None = None
    items_per_get_report: Annotated[int, Meta(ge=1)] | None = None

    def said(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


class Sample(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that is said, and what must come of it. One of `frame`, `call` and `offers` is there."""

    frame: str | None = None
    """A CALL of the station, or its CALLRESULT to `answers`, as it came."""
    answers: str | None = None
    call: str | None = None
    """A CALL of ours as it was asked for."""
    becomes: str | None = None
    """The payload, as JSON, that is handled or sent instead; without it nothing is changed."""
    dropped: bool = False
    """It says nothing: it is answered and left."""
    refused: bool = False
    """It is not sent."""
    offers: tuple[str, ...] = ()
    """Subprotocols of its handshake."""
    speaks: VersionName | None = None
    version: VersionName = "1.6"


class Quirk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row."""

    name: Annotated[str, Meta(pattern="^[a-z0-9-]+$")]
    title: Annotated[str, Meta(min_length=1)]
    """What such a station does."""
    why: Annotated[str, Meta(min_length=1)]
    """What is done about it, and why."""
    evidence: Annotated[tuple[Link, ...], Meta(min_length=1)]
    match: Match
    answered_by: Mechanism
    repairs: tuple[Repair, ...] = ()
    capabilities: Capabilities = Capabilities()
    advice: str = ""
    sample: Annotated[tuple[Sample, ...], Meta(min_length=1)]


class File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    quirk: tuple[Quirk, ...]


def parse(table: Table) -> tuple[Quirk, ...]:
    """The rows of a file. Raises BadFile: file, line, key and what was expected."""
    rows = table.as_a(File).quirk
    names: set[str] = set()
    for number, row in enumerate(rows):
        if row.name in names:
            raise table.wrong(["quirk", number, "name"], f"`{row.name}` is there already; expected another name")
        names.add(row.name)
        for repair in row.repairs:
            if repair.fix not in FIXES.keys() | ANSWERS.keys() | TEXTS.keys():
                known = sorted({*FIXES, *ANSWERS, *TEXTS})
                raise table.wrong(
                    ["quirk", number, "repairs"], f"there is no fix `{repair.fix}`; {nearest(repair.fix, known)}"
                )
        _check(table, number, row)
    return rows


def _check(table: Table, number: int, row: Quirk) -> None:
    if row.answered_by == "advice" and not row.advice:
        raise table.wrong(["quirk", number, "advice"], "expected a text: the row is answered by advice")
    if row.answered_by == "repair" and not row.repairs:
        raise table.wrong(["quirk", number, "repairs"], "expected a list: the row is answered by repair")
    if row.answered_by == "capability" and not row.capabilities.said():
        raise table.wrong(["quirk", number, "capabilities"], "expected a table: the row is answered by capability")
    if row.match.firmware != ANY and _RANGE.sub("", row.match.firmware).strip():
        raise table.wrong(["quirk", number, "match"], "firmware: expected parts like `>=5 <6` or `*`")
    for one in row.sample:
        if sum((one.frame is not None, one.call is not None, bool(one.offers))) != 1:
            raise table.wrong(["quirk", number, "sample"], "expected one of the keys `frame`, `call` and `offers`")


def in_range(wanted: str, firmware: str | None) -> bool:
    """Whether a firmware version lies in a range; a version that is not known lies in none but `*`."""
    if wanted == ANY:
        return True
    return firmware is not None and all(_holds(sign, mark, firmware) for sign, mark in _RANGE.findall(wanted))


def _holds(sign: str, mark: str, firmware: str) -> bool:
    one, other = _parts(firmware), _parts(mark)
    one = one[: len(other)] if sign in ("<=", "=", "") else one  # 5.7.18 is within `<=5.7` and `=5`
    return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}.get(sign, one == other)


def _parts(version: str) -> list[tuple[int, int, str]]:
    found = re.findall(r"\d+|[a-z]+", version.lower())
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in found]


def _named(wanted: Iterable[str], name: str | None) -> bool:
    plain = (name or "").strip().lower()
    return any(part == ANY or (part.lower() in plain if part else not plain) for part in wanted)
