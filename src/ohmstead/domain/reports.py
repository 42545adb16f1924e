"""Assembling what a station reports of itself, and taking it over.

A report comes in parts, numbered from 0; `more` (the wire's `tbc`) says that another one follows. Parts come late,
twice, out of order and mixed with those of other reports, some never come, and some stations never say `more`. So a
report is the set of its parts, whatever the order they came in: it ends with its highest part if that one says no more
follows, and it is complete when no number before is missing (B07.FR.10).

Only a complete report is taken over. What it does not name is gone only if it was a full report and its end is sure:
a part alone, without `more`, is also what a station sends that never says it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import islice
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ohmstead.domain.device_model import (
    Attribute,
    Change,
    Key,
    Model,
    ReportState,
    Variable,
    in_order,
    withheld,
)

_encode = msgspec.json.Encoder().encode

Base = Literal["full", "partial"]
"""A full report (FullInventory) names every variable; any other names some."""

OPEN = 8
"""So many reports of one station may be under way; the oldest gives way."""
MOST_PARTS = 5_000
MOST_VARIABLES = 50_000
MOST_MISSING = 1_000
"""So many missing parts are named."""


class Finding(NamedTuple):
    """Something odd about what a station said of itself, for a person to read."""

    code: str
    text: str


class Part(Struct, frozen=True):
    """One NotifyReport. `received_at` is our clock.

    `count` and `digest` stand for `variables`, which may lie elsewhere until the report is taken over.
    """

    request_id: int
    seq_no: int
    more: bool
    received_at: int
    variables: tuple[Variable, ...]
    count: int
    digest: int
    """Of what the variables say, whenever they said it; it fits 63 bits."""


class Report(Struct, frozen=True):
    """The parts of one report that have come. Parts that share a number but not their content are kept side by side."""

    request_id: int
    base: Base
    asked_at: int
    parts: dict[int, tuple[Part, ...]] = {}

    @property
    def ended(self) -> bool:
        """Has the last part come, as far as we can know?"""
        return bool(self.parts) and not all(part.more for part in self.parts[max(self.parts)])

    @property
    def complete(self) -> bool:
        return self.ended and max(self.parts) + 1 == len(self.parts)

    @property
    def end_is_sure(self) -> bool:
        """Some part said that more follows, so the one that does not is the last."""
        return any(part.more for parts in self.parts.values() for part in parts)

    @property
    def missing(self) -> tuple[int, ...]:
        """The numbers of the parts that have not come, the first `MOST_MISSING` of them."""
        end = max(self.parts, default=-1) + (1 if self.ended else 2)
        return tuple(islice((seq_no for seq_no in range(end) if seq_no not in self.parts), MOST_MISSING))

    @property
    def last_at(self) -> int:
        """When its last part came."""
        times = [part.received_at for parts in self.parts.values() for part in parts]
        return max(times, default=self.asked_at)

    @property
    def state(self) -> ReportState:
        return ReportState(self.complete, self.missing, self.last_at)

    def variables(self) -> dict[Key, Variable]:
        """What all its parts say together; where two speak of the same attribute the higher number counts."""
        result: dict[Key, Variable] = {}
        for seq_no in sorted(self.parts):
            for part in self.parts[seq_no]:
                for variable in part.variables:
                    key = variable.name.key
                    earlier = result.get(key)
                    result[key] = variable if earlier is None else _joined(earlier, variable)
        return result


class Reports(Struct, frozen=True):
    """The reports of one station that are under way, by request id."""

    open: dict[int, Report] = {}


class Received(NamedTuple):
    """`report` is the one the part belongs to, with the part; it is complete or it is not."""

    reports: Reports
    report: Report
    findings: tuple[Finding, ...] = ()


def part(request_id: int, seq_no: int, more: bool, received_at: int, variables: Iterable[Variable]) -> Part:
    """A part as it may be kept: without secrets."""
    kept = tuple(withheld(one) for one in variables)
    return Part(request_id, seq_no, more, received_at, kept, len(kept), _digest(kept))


def ask(reports: Reports, request_id: int, base: Base, at: int) -> Reports:
    """A report was asked for; it is under way from now on, even if nothing ever comes."""
    return _bounded({**reports.open, request_id: Report(request_id, base, at)})


def receive(reports: Reports, part: Part) -> Received:
    """A part came. One whose request we do not know is of a report that names some variables."""
    found = reports.open.get(part.request_id)
    report = found or Report(part.request_id, "partial", part.received_at)
    findings = [] if found else [Finding("report_not_asked", f"nobody asked for report {part.request_id}")]
    same = report.parts.get(part.seq_no, ())
    if any((one.more, one.digest) == (part.more, part.digest) for one in same):
        return Received(reports, report, tuple(findings))
    if same:
        text = f"report {part.request_id} has several parts with the number {part.seq_no}"
        findings.append(Finding("report_part_number_reused", text))
    if _size(report) + part.count > MOST_VARIABLES or len(report.parts) >= MOST_PARTS:
        text = f"report {part.request_id} is too long: part {part.seq_no} is left out"
        return Received(reports, report, (*findings, Finding("report_too_long", text)))
    report = replace(report, parts={**report.parts, part.seq_no: (*same, part)})
    return Received(_bounded({**reports.open, part.request_id: report}), report, tuple(findings))


def expire(reports: Reports, now: int, patience: int) -> tuple[Reports, tuple[Report, ...]]:
    """Without the reports of which nothing came for `patience` microseconds, and those.

    The complete ones are settled: `merge(..., settled=True)` may now say what is gone. The others are broken: name what
    is missing, and ask again.
    """
    over = tuple(report for report in reports.open.values() if now - report.last_at >= patience)
    kept = {id: report for id, report in reports.open.items() if report not in over}
    return Reports(kept), over


class Merge(NamedTuple):
    """What a report changes. `changes` are all of them, those that are new or gone among them."""

    changes: tuple[Change, ...]
    report: ReportState

    @property
    def new(self) -> list[Variable]:
        return [change.after for change in self.changes if change.before is None and change.after is not None]

    @property
    def gone(self) -> list[Variable]:
        return [change.before for change in self.changes if change.before is not None and change.after is None]


def merge(known: Model, report: Report, *, settled: bool = False) -> Merge:
    """What a report changes in all that is known of a station; nothing if it is not complete.

    One exception: where no full report was ever complete, the variables of a broken one that are not known yet are
    better than none, once it is `settled` that no more will come. A value we learnt by another way after its part came
    stays. Set `settled` when no part came for a while.
    """
    said = report.variables()
    latest = report.base == "full" and report.last_at >= known.report.at
    state = report.state if latest else known.report
    if not report.complete:
        first = settled and not known.report.complete and report.base == "full"
        news = [Change(key, None, one) for key, one in said.items() if first and key not in known.variables]
        return Merge(tuple(news), state)
    changes = [
        Change(key, before, after)
        for key, one in said.items()
        if (after := _taken_over(before := known.variables.get(key), one, report.base)) != before
    ]
    if report.base == "full" and (report.end_is_sure or settled):
        changes += [Change(key, one, None) for key, one in known.variables.items() if _is_gone(key, one, said, report)]
    return Merge(tuple(changes), state)


def _is_gone(key: Key, variable: Variable, said: dict[Key, Variable], report: Report) -> bool:
    """Not in the report, and not learnt since it began."""
    if key in said:
        return False
    begun = min(part.received_at for parts in report.parts.values() for part in parts)
    return all(one.updated_at <= begun for one in variable.attributes)


def _taken_over(before: Variable | None, said: Variable, base: Base) -> Variable:
    if before is None:
        return said
    attributes = {} if base == "full" else {one.type: one for one in before.attributes}
    for one in said.attributes:
        attributes[one.type] = _learnt(before.attribute(one.type), one)
    return Variable(said.name, in_order(attributes.values()), said.characteristics or before.characteristics)


def _learnt(before: Attribute | None, said: Attribute) -> Attribute:
    """The attribute as reported, but what was learnt later or is the same keeps its time and source."""
    if before is None:
        return said
    pending = before.pending
    if pending is not None and pending.value is not None and pending.value == said.value:
        pending = None
    if before.updated_at > said.updated_at or before.value == said.value:
        said = replace(said, value=before.value, updated_at=before.updated_at, source=before.source)
    return replace(said, pending=pending)


def _joined(earlier: Variable, later: Variable) -> Variable:
    attributes = {one.type: one for one in (*earlier.attributes, *later.attributes)}
    characteristics = later.characteristics or earlier.characteristics
    return Variable(later.name, in_order(attributes.values()), characteristics)


def _digest(variables: Iterable[Variable]) -> int:
    text = _encode([_timeless(variable) for variable in variables])
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) >> 1


def _timeless(variable: Variable) -> Variable:
    attributes = tuple(replace(one, updated_at=0) for one in variable.attributes)
    return replace(variable, attributes=attributes)


def _size(report: Report) -> int:
    return sum(part.count for parts in report.parts.values() for part in parts)


def _bounded(reports: dict[int, Report]) -> Reports:
    if len(reports) > OPEN:
        kept = sorted(reports.values(), key=lambda report: report.last_at)[-OPEN:]
        reports = {report.request_id: report for report in kept}
    return Reports(reports)
