"""What the answers to reading and writing variables teach, and what a reboot makes of it.

Results are matched to what was asked by the whole tuple, because stations answer in any order, leave some out, collapse
repeated ones, or name what nobody asked for. Nothing is assumed: what was sent and not answered is `unknown`, and a
value is known only if the station said it, or accepted it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ohmstead.domain.device_model import (
    Attribute,
    AttributeType,
    Change,
    Item,
    Key,
    Model,
    Name,
    Pending,
    Source,
    Variable,
    is_secret,
)
from ohmstead.domain.reports import Finding

OutcomeStatus = Literal["accepted", "rejected", "reboot_required", "unknown", "not_sent"]


class Result(Struct, frozen=True, gc=False):
    """One result in a station's answer; `status` is the specification's word, `info` what it says beside."""

    name: Name
    status: str
    attribute: AttributeType = "Actual"
    value: str | None = None
    info: str | None = None

    @property
    def key(self) -> tuple[Key, AttributeType]:
        return self.name.key, self.attribute


class Outcome(Struct, frozen=True, gc=False):
    """What became of one item. `value` is what was read; never a secret."""

    item: Item
    status: OutcomeStatus
    reason: str | None = None
    value: str | None = None


class Learnt(NamedTuple):
    """`outcomes` has one for each item asked, in that order."""

    changes: tuple[Change, ...]
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...] = ()


class Observation(NamedTuple):
    """A value a NotifyEvent told."""

    name: Name
    value: str
    at: int


class Rebooted(NamedTuple):
    """`read_back` are the items whose values took effect, or did not: ask."""

    changes: tuple[Change, ...]
    read_back: tuple[Item, ...]


def was_read(known: Model, asked: Sequence[Item], results: Iterable[Result], at: int) -> Learnt:
    """A GetVariables or GetConfiguration was answered."""
    ledger = _Ledger(known)
    found, findings = _sorted_out(asked, results)
    for key, group in found.items():
        value = group[-1].value
        if _verdict(group) != "accepted":
            continue
        if value is None:
            findings.append(Finding("accepted_without_value", f"{group[-1].name} was accepted without its value"))
        else:
            ledger.value(group[-1].name, key[1], value, at, "get")
    outcomes = []
    for item in asked:
        outcome = _outcome(item, found.get(item.key))
        if outcome.status == "accepted":
            outcome = replace(outcome, value=ledger.shown(item, found[item.key][-1].value))
        outcomes.append(outcome)
    return Learnt(ledger.changes(), tuple(outcomes), tuple(findings))


def was_written(known: Model, asked: Sequence[Item], results: Iterable[Result], at: int) -> Learnt:
    """A SetVariables or ChangeConfiguration was answered. Only what was accepted changes (B05.FR.02)."""
    ledger = _Ledger(known)
    found, findings = _sorted_out(asked, results)
    outcomes = []
    for item in asked:
        outcome = _outcome(item, found.get(item.key))
        outcomes.append(outcome)
        if item.value is not None and outcome.status == "accepted":
            ledger.value(item.name, item.attribute, item.value, at, "set")
        elif item.value is not None and outcome.status == "reboot_required":
            ledger.pending(item.name, item.attribute, item.value, at)
    return Learnt(ledger.changes(), tuple(outcomes), tuple(findings))


def unanswered(items: Iterable[Item], reason: str) -> tuple[Outcome, ...]:
    """The outcomes of items that were sent and not answered: they may have worked."""
    return tuple(Outcome(item, "unknown", reason) for item in items)


def refused(items: Iterable[Item], reason: str) -> tuple[Outcome, ...]:
    """The outcomes of items whose whole call the station refused with a CALLERROR."""
    return tuple(Outcome(item, "rejected", reason) for item in items)


def not_sent(items: Iterable[Item], reason: str) -> tuple[Outcome, ...]:
    return tuple(Outcome(item, "not_sent", reason) for item in items)


def observed(known: Model, observations: Iterable[Observation]) -> Learnt:
    """Values that events told, of variables we know (D16: of others nothing is taken over), unless known later."""
    ledger = _Ledger(known)
    findings = []
    for one in observations:
        variable = known.get(one.name)
        if variable is None:
            findings.append(Finding("unknown_variable", f"an event tells of {one.name}, which no report names"))
            continue
        actual = variable.attribute()
        if actual is None or actual.updated_at <= one.at:
            ledger.value(one.name, "Actual", one.value, one.at, "event")
    return Learnt(ledger.changes(), (), tuple(findings))


def booted(known: Model) -> Rebooted:
    """The station rebooted: what waited for that waits no more, and must be read to be known."""
    ledger = _Ledger(known)
    read_back = []
    for variable in known:
        for one in variable.attributes:
            if one.pending is None:
                continue
            ledger.put(variable.name, replace(one, pending=None))
            if one.mutability != "WriteOnly" and not is_secret(variable.name):
                read_back.append(Item(variable.name, one.type))
    return Rebooted(ledger.changes(), tuple(read_back))


class _Ledger:
    """Variables as they become, beside what they were."""

    def __init__(self, known: Model) -> None:
        self._known = known
        self._after: dict[Key, Variable] = {}

    def value(self, name: Name, type: AttributeType, value: str, at: int, source: Source) -> None:
        before = self._attribute(name, type)
        told = self._hidden(name, before, value)
        pending = before.pending
        if source == "set" or (pending is not None and pending.value == value):
            pending = None
        after = replace(before, pending=pending)
        if told != before.value or (told is None and source == "set"):
            after = replace(after, value=told, updated_at=at, source=source)
        self.put(name, after)

    def pending(self, name: Name, type: AttributeType, value: str, at: int) -> None:
        before = self._attribute(name, type)
        self.put(name, replace(before, pending=Pending(self._hidden(name, before, value), at)))

    def put(self, name: Name, attribute: Attribute) -> None:
        key = name.key
        variable = self._after.get(key) or self._known.variables.get(key) or Variable(name)
        self._after[key] = variable.with_attribute(attribute)

    def shown(self, item: Item, value: str | None) -> str | None:
        return self._hidden(item.name, self._attribute(item.name, item.attribute), value)

    def changes(self) -> tuple[Change, ...]:
        pairs = ((key, self._known.variables.get(key), after) for key, after in self._after.items())
        return tuple(Change(key, before, after) for key, before, after in pairs if before != after)

    def _attribute(self, name: Name, type: AttributeType) -> Attribute:
        variable = self._after.get(name.key) or self._known.variables.get(name.key)
        found = variable.attribute(type) if variable is not None else None
        return found or Attribute(type)

    @staticmethod
    def _hidden(name: Name, attribute: Attribute, value: str | None) -> str | None:
        return None if attribute.mutability == "WriteOnly" or is_secret(name) else value


_Found = dict[tuple[Key, AttributeType], list[Result]]


def _sorted_out(asked: Sequence[Item], results: Iterable[Result]) -> tuple[_Found, list[Finding]]:
    """The results by what they speak of; those nobody asked for are only findings."""
    wanted = {item.key for item in asked}
    found: _Found = {}
    findings = []
    for result in results:
        if result.key in wanted:
            found.setdefault(result.key, []).append(result)
        else:
            findings.append(Finding("result_not_asked", f"{result.name} was answered and not asked"))
    return found, findings


_VERDICTS: dict[str, OutcomeStatus] = {"accepted": "accepted", "rebootrequired": "reboot_required"}


def _verdict(group: list[Result]) -> OutcomeStatus | None:
    """What all results of one item say; None where they contradict each other."""
    verdicts = {_VERDICTS.get(one.status.lower(), "rejected") for one in group}
    return verdicts.pop() if len(verdicts) == 1 else None


def _outcome(item: Item, group: list[Result] | None) -> Outcome:
    if not group:
        return Outcome(item, "unknown", "the station's answer leaves it out")
    verdict = _verdict(group)
    if verdict is None:
        said = " and ".join(dict.fromkeys(one.status for one in group))
        return Outcome(item, "unknown", f"the station answered both {said}")
    last = group[-1]
    reason = last.status if verdict == "rejected" else None
    if last.info:
        reason = f"{reason}: {last.info}" if reason else last.info
    return Outcome(item, verdict, reason)
