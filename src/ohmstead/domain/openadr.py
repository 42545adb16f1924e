"""OpenADR 3.0 and 3.1: an event of a VTN as what it asks of our sites, and the report that goes back. Pure.

What can be mapped honestly onto "draw at most" is mapped; the rest is told in words:

    SIMPLE 0, 1, 2, 3        nothing; a part of the baseline is shed, as agreed with the VTN's operator (settings)
    IMPORT_CAPACITY_LIMIT    a limit
    DISPATCH_SETPOINT        a limit too: nobody can make cars draw more

Values with a unit need it: KW, W or MW in the payload descriptors of the event or its program.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct, field

from ohmstead.domain.demand import Interval, Target
from ohmstead.domain.profiles import SECOND

WATTS = {"W": 1.0, "KW": 1_000.0, "MW": 1_000_000.0}
MOST_INTERVALS = 200
LONGEST_S = 31 * 86_400
ALL = "*"
"""Whom an event without target means, among the names of targets."""
_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII)
_SECONDS = (604_800, 86_400, 3_600, 60, 1)


class Unmapped(Exception):
    """What is asked cannot be done; the message says why."""


class Values(Struct, frozen=True):
    """A payload, and in 3.0 a target."""

    type: str
    values: list[Any]


class Period(Struct, frozen=True, rename="camel"):
    start: str | None = None
    duration: str | None = None


class EventInterval(Struct, frozen=True, rename="camel"):
    id: int
    payloads: list[Values]
    interval_period: Period | None = None


class Descriptor(Struct, frozen=True, rename="camel"):
    """Of a payload in events, or of a report that is asked for."""

    payload_type: str
    units: str | None = None
    aggregate: bool | None = None
    frequency: int | None = None
    start_interval: int | None = None


class Program(Struct, frozen=True, rename="camel"):
    id: str
    program_name: str
    payload_descriptors: list[Descriptor] | None = None


class Event(Struct, frozen=True, rename="camel"):
    id: str
    program_id: str = field(name="programID")
    intervals: list[EventInterval]
    event_name: str | None = None
    modification_date_time: str | None = None
    priority: int | None = None
    duration: str | None = None
    targets: list[str | Values] | None = None
    interval_period: Period | None = None
    payload_descriptors: list[Descriptor] | None = None
    report_descriptors: list[Descriptor] | None = None


class Terms(NamedTuple):
    """What was agreed with the operator of the VTN."""

    ven_name: str
    sites: Mapping[str, Sequence[int]]
    """Target -> our sites."""
    simple: Sequence[float]
    """Percent of the baseline to shed, for SIMPLE 1, 2 and 3."""
    groups: Mapping[str, Sequence[int]] = {}
    """Our groups of sites by name: a target that is not agreed on may be one."""

    def of_target(self, name: str) -> list[int]:
        """The sites that a target means; empty: none."""
        return list(self.sites.get(name) or self.groups.get(name, ()))


class Asked(Struct, frozen=True, kw_only=True):
    """One thing that an event asks, of one target in one interval; `key` is its name in the event."""

    key: str
    target_name: str
    site_ids: list[int]
    start: int
    end: int
    target: Target
    priority: int


class Understood(NamedTuple):
    """What is asked, and in words what was not understood."""

    asked: list[Asked]
    notes: list[str]


def understand(event: Event, program: Program | None, terms: Terms, seen_at: int) -> Understood:
    """What an event asks of whom; `seen_at` is what "now" means in it."""
    asked: list[Asked] = []
    notes: list[str] = []
    try:
        places = _places(event.targets or [], terms, notes)
        units = _units(event, program)
        spans = list(_spans(event, seen_at))
    except Unmapped as error:
        return Understood([], [*notes, str(error)])
    for (start, end), interval in zip(spans, event.intervals, strict=True):
        for payload in interval.payloads:
            try:
                target = _target(payload, units.get(payload.type), terms)
            except Unmapped as error:
                notes.append(str(error))
                continue
            asked += [] if target is None else [
                Asked(key=f"{event.id}/{interval.id}/{payload.type}/{name}", target_name=name, site_ids=sites,
                      start=start, end=end, target=target, priority=_priority(event.priority))
                for name, sites in places
            ]  # fmt: skip
    return Understood(asked, list(dict.fromkeys(notes)))


def _priority(given: int | None) -> int:
    """There 0 is the highest, here 1000."""
    return 0 if given is None else max(0, 1000 - max(0, given))


def _places(targets: Sequence[str | Values], terms: Terms, notes: list[str]) -> list[tuple[str, list[int]]]:
    """The targets that are ours and their sites. Raises Unmapped where none is."""
    named = [str(value) for one in targets for value in (one.values if isinstance(one, Values) else [one])]
    named = [name for name in dict.fromkeys(named) if name != terms.ven_name]
    if not named:
        every = [site for name, sites in terms.sites.items() if name != ALL for site in sites]
        sites = list(dict.fromkeys(terms.sites.get(ALL, every)))
        if not sites:
            raise Unmapped("the setting openadr.sites maps no target to a site")
        return [(terms.ven_name, sites)]
    found = [(name, meant) for name in named if (meant := terms.of_target(name))]
    notes += [f"the target {name!r} is mapped to no site" for name in named if not terms.of_target(name)]
    if not found:
        raise Unmapped("no target of it is ours")
    return found


def _units(event: Event, program: Program | None) -> dict[str, str]:
    """The event's own descriptors count before those of its program."""
    listed = [*((program and program.payload_descriptors) or []), *(event.payload_descriptors or [])]
    return {one.payload_type: one.units for one in listed if one.units}


def _spans(event: Event, seen_at: int) -> Iterator[tuple[int, int]]:
    """From when to when each interval is: its own period, else one after the other from the event's start on."""
    if not 1 <= len(event.intervals) <= MOST_INTERVALS:
        raise Unmapped(f"it has {len(event.intervals)} intervals; 1 to {MOST_INTERVALS} are understood")
    usual = event.interval_period or Period()
    at = first = None if usual.start is None else moment(usual.start, seen_at)
    for interval in event.intervals:
        own = interval.interval_period or Period()
        at = moment(own.start, seen_at) if own.start is not None else at
        if at is None:
            raise Unmapped(f"interval {interval.id} has no start")
        first = at if first is None else first
        length = seconds(own.duration or usual.duration or "PT0S") * SECOND
        if not 0 < length <= LONGEST_S * SECOND:
            raise Unmapped(f"interval {interval.id} lasts no time, or more than {LONGEST_S // 86_400} days")
        yield at, at + length
        at += length
    if event.duration is not None and at is not None and first is not None:
        whole = seconds(event.duration) * SECOND
        if whole not in (0, at - first):
            raise Unmapped(f"its duration {event.duration} is not that of its intervals: they would be repeated or cut")


def moment(text: str, now: int) -> int:
    """Microseconds since 1970; the first day of year 1 (or 0) means now. Raises Unmapped."""
    if text.startswith(("0001-01-01", "0000-")):
        return now
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Unmapped(f"{text!r} is no time") from None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) * SECOND


def seconds(text: str) -> int:
    """Of a duration in weeks, days and smaller. Raises Unmapped, also for months and years: they have no length."""
    found = _DURATION.fullmatch(text)
    if found is None or len(text) > 40:
        raise Unmapped(f"the duration {text[:40]!r} is not one of weeks, days, hours, minutes and seconds")
    return int(sum(float(part or 0) * worth for part, worth in zip(found.groups(), _SECONDS, strict=True)))


def _target(payload: Values, unit: str | None, terms: Terms) -> Target | None:
    """What a payload asks; None: nothing (SIMPLE 0). Raises Unmapped."""
    if payload.type not in ("SIMPLE", "IMPORT_CAPACITY_LIMIT", "DISPATCH_SETPOINT"):
        raise Unmapped(f"payloads of type {payload.type[:128]} are not mapped")
    value = payload.values[0] if len(payload.values) == 1 else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise Unmapped(f"{payload.type} needs one number that is not negative")
    if payload.type == "SIMPLE":
        if value not in range(len(terms.simple) + 1):
            raise Unmapped(f"SIMPLE has no level {value}")
        return Target(shed_percent=terms.simple[int(value) - 1]) if value else None
    factor = WATTS.get((unit or "").upper())
    if factor is None:
        raise Unmapped(f"{payload.type} is in {unit or 'no unit'}; KW, W and MW are understood")
    return Target(limit_w=value * factor)


# ---------------------------------------------------------------------- the report

READINGS = {"DEMAND": ("MEAN", "KW"), "USAGE": ("ESTIMATED", "KWH"), "BASELINE": ("MEAN", "KW"),
            "DELTA_USAGE": ("ESTIMATED", "KWH")}  # fmt: skip
"""What a report may hold: type of reading and unit. Energies are mean powers times time, so they are estimated."""


def wanted(event: Event) -> tuple[list[str], bool, list[str]]:
    """The types of payload that a report shall hold, whether of all together, and what was not understood."""
    asked = event.report_descriptors or []
    types = list(dict.fromkeys(one.payload_type for one in asked if one.payload_type in READINGS))
    notes = [f"reports of {one.payload_type[:128]} are not made" for one in asked if one.payload_type not in READINGS]
    if any((one.frequency or -1) != -1 or (one.start_interval or -1) != -1 for one in asked):
        notes.append("the report follows once, after the last interval, not within the event")
    notes += [
        f"{one.payload_type} is told in {READINGS[one.payload_type][1]}, not in {one.units}"
        for one in asked
        if one.payload_type in READINGS and one.units and one.units.upper() != READINGS[one.payload_type][1]
    ]
    return types, bool(asked) and all(one.aggregate for one in asked), list(dict.fromkeys(notes))


def report(
    event_id: str, program_id: str | None, ven_name: str, types: Sequence[str],
    resources: Mapping[str, Sequence[Interval]],
) -> dict[str, Any]:  # fmt: skip
    """The body of POST /reports; `program_id` for OpenADR 3.0 alone. An interval that nobody measured is MISSING."""
    return {
        **({} if program_id is None else {"programID": program_id}),
        "eventID": event_id,
        "clientName": ven_name,
        "reportName": report_name(event_id),
        "payloadDescriptors": [
            {"objectType": "REPORT_PAYLOAD_DESCRIPTOR", "payloadType": one, "readingType": READINGS[one][0],
             "units": READINGS[one][1]}
            for one in types
        ],
        "resources": [
            {"resourceName": name, "intervals": [_told(n, one, types) for n, one in enumerate(intervals)]}
            for name, intervals in resources.items()
        ],
    }  # fmt: skip


def report_name(event_id: str) -> str:
    return f"settlement of {event_id}"


def _told(number: int, one: Interval, types: Sequence[str]) -> dict[str, Any]:
    length = (one.end - one.start) // SECOND
    start = datetime.fromtimestamp(one.start // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    payloads = [
        {"type": kind, "values": [round(value, 3)]} for kind in types if (value := _reading(kind, one)) is not None
    ]
    if one.measured_w is None:
        payloads.append({"type": "DATA_QUALITY", "values": ["MISSING"]})
    return {"id": number, "intervalPeriod": {"start": start, "duration": f"PT{length}S"}, "payloads": payloads}


def _reading(kind: str, one: Interval) -> float | None:
    hours = (one.end - one.start) / SECOND / 3600
    if kind == "BASELINE":
        return one.baseline_w / 1000
    if one.measured_w is None:
        return None
    if kind == "DEMAND":
        return one.measured_w / 1000
    watts = one.measured_w if kind == "USAGE" else one.measured_w - one.baseline_w
    return watts * hours / 1000


def read_event(body: Any) -> Event:
    """Raises Unmapped for what is no event."""
    try:
        return msgspec.convert(body, Event)
    except msgspec.ValidationError as error:
        raise Unmapped(f"it is no event of OpenADR 3: {error}") from None
