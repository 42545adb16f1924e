"""B09, B10: a station is led to another CSMS, or to another address of this one, step by step
(domain/csms_migration.py has the table).

2.x: SetNetworkProfile into a free slot; the transactions that are open end, and no new ones begin (B10.FR.05); then
NetworkConfigurationPriority `new,old` and Reset. 1.6 has no network profiles: there only a key of its vendor's that
holds the address can be set, and nothing leads the station back. Each step is stored with the call that makes it.
What the station does then is looked at in migrated.py.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import unquote

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.blocks import feed_event
from ohmstead.blocks.command import Ask, Calls, Command, NotAnswered, Outcome, Unsupported, given, outcome
from ohmstead.blocks.network_profiles import (
    ACTIVE,
    PRIORITY,
    Interface,
    asked,
    free_slot,
    in_use,
    refused_priority,
    set_priority,
    set_profile,
)
from ohmstead.blocks.upgrading import for_tenant
from ohmstead.domain import csms_migration as rules
from ohmstead.domain import vocabulary
from ohmstead.domain.csms_migration import Migration, Step
from ohmstead.domain.device_model import Item, Model
from ohmstead.domain.keys16 import key_of
from ohmstead.domain.upgrade import is_open as upgrades
from ohmstead.domain.upgrade import read as read_upgrade
from ohmstead.domain.upgrade import slots
from ohmstead.domain.vendor_words import rules_for
from ohmstead.domain.vocabulary import Refusal
from ohmstead.ocpp.versions import V21
from ohmstead.shapes.common import SecurityProfile, profile_number
from ohmstead.shapes.station import Destination
from ohmstead.store import commands, csms_migrations, device_model
from ohmstead.store.db import Db, Event
from ohmstead.store.sessions import Station, find_station
from ohmstead.store.word_values import load_about

CHANGED = "station.csms_migration"
"""The event of each step, without `ohmstead.`."""
DRAINED_WITHIN = 24 * 3600_000_000
"""Microseconds that the transactions of a station may take to end."""
SILENCE = 3600
"""Seconds that a station must be silent here until it is taken to have arrived elsewhere."""
ADDRESS = "connection.csms_url"
"""The word of the vocabulary."""
CONTINUE = "continue_migration"


def told(station: Station, one: Migration, now: int) -> Event:
    """The event of a step."""
    return feed_event(station, CHANGED, {"id": station.identity, "migration": csms_migrations.form(one)}, now)


def confirmed(station: Station, one: Migration, now: int) -> list[Event]:
    """The event of the command that began it, once it is there."""
    if one.step != "done":
        return []
    return [commands.step_event(station.tenant_id, station.identity, one.command_id, None, "confirmed", now)]


def awaited(one: Migration) -> tuple[str, str]:
    """What confirms its command."""
    return "csms_migration", one.command_id


class _Way:
    """A migration as a command moves it on; each move is stored with the command's next step."""

    def __init__(self, ask: Ask, one: Migration, *, new: bool = False) -> None:
        self._ask, self.one, self._kept = ask, one, ask.station.csms_migration
        if new:
            self._store()

    def go(self, step: Step, reason: str | None = None, within: int | None = None, **more: Any) -> None:
        self.one = replace(rules.move(self.one, step, runtime.now(), reason=reason, within=within), **more)
        self._store()

    def failed(self, found: Outcome, action: str) -> Outcome:
        """The station does not want to."""
        reason = f"{action}: {found.reason or 'refused'}"
        self.go("failed", reason)
        return replace(found, accepted=False, reason=reason, expects=None)

    def _store(self) -> None:
        ask, station = self._ask, self._ask.station
        ask.also.rows += [
            csms_migrations.moved(station.id, self._kept, self.one),
            *csms_migrations.command_ended(self.one),
        ]
        ask.also.events += [told(station, self.one, runtime.now()), *confirmed(station, self.one, runtime.now())]
        self._kept = csms_migrations.kept(self.one)


async def _fresh(ask: Ask, db: Db) -> None:
    """What others have done to the station's row counts, too."""
    station = await find_station(db, ask.station.tenant_id, ask.station.identity)
    assert station is not None  # its session lives
    ask.state = replace(ask.state, station=station)


class Migrate(Command):
    """Lead the station to another CSMS, or to another address of this one; the way back stays open until it is there.

    Confirmed when it is there: when it came to an address of ours, or has booted at another tenant of ours, or has been
    silent here for `silence_s` after its restart, or an operator says so. Where it falls back it is `unconfirmed`.
    """

    actions: ClassVar = (
        "SetNetworkProfile", "GetVariables", "SetVariables", "ChangeAvailability", "Reset", "ChangeConfiguration",
    )  # fmt: skip
    waits_offline: ClassVar[bool] = True
    needs_accepted: ClassVar[bool] = True
    url: Annotated[str, Meta(pattern=r"^wss?://\S+(?!\n)$", max_length=512)] | UnsetType = UNSET
    """The new place, without the station's identity. Left out where `slot` holds it already."""
    slot: Annotated[int, Meta(ge=0, le=2**31 - 1)] | UnsetType = UNSET
    """A free one unless said."""
    destination: Destination | UnsetType = UNSET
    """Unless said: found by the addresses of the settings; an address that is not among them is elsewhere."""
    security_profile: SecurityProfile | UnsetType = UNSET
    """Of the new place; that of now unless said. At an address of ours it stays as it is."""
    interface: Interface = "Wired0"
    identity: Annotated[str, Meta(min_length=1, max_length=48)] | UnsetType = UNSET
    """Which it has at the other CSMS (2.1)."""
    password: Annotated[str, Meta(min_length=16, max_length=64)] | UnsetType = UNSET
    """Which it has at the other CSMS (2.1); in 2.0.1 it keeps the one of now."""
    silence_s: Annotated[int, Meta(ge=60, le=7 * 86400)] = SILENCE
    """How long it must be silent here to have arrived elsewhere, or may be until it is missed at an address of ours."""
    keep_old: bool = False
    """Keep the old slots in its list after it has arrived at an address of ours."""
    when: Literal["immediately", "idle"] = "idle"
    """idle: no new transactions begin, and it restarts when those that are open have ended."""

    def __post_init__(self) -> None:
        if self.url is UNSET and self.slot is UNSET:
            raise ValueError("give url, or a slot that holds it already")

    async def prepare(self, ask: Ask, db: Db) -> None:
        """Raises Unsupported where it is on its way already, or a vendor's key of 1.6 is not known."""
        await _fresh(ask, db)
        station = ask.station
        if upgrades(read_upgrade(station.upgrade)):
            raise Unsupported("It is on its way to another security profile.")
        if (one := rules.read(station.csms_migration)) is not None and one.step in rules.OPEN:
            raise Unsupported(f"It is on its way to {one.url or f'slot {one.slot}'} already ({one.step}).")
        ours = [await for_tenant(db, url, station.tenant_id) for url in ask.urls]
        if ask.version.dialect == "v16":
            ask.known = await device_model.load(db, station.id)
            about = await load_about(db, station.id)
            keys = _keys(str(self.url), ask.known, None if about is None else about.vendor)
        else:
            ask.known = await device_model.load_some(db, station.tenant_id, station.id, (PRIORITY, ACTIVE))
            keys = ()
        to, tenant = self._destination([url for url in ours if url], [url for url in ask.urls if url])
        ask.inner = to, tenant, keys

    def _destination(self, ours: list[str], first: list[str]) -> tuple[Destination, str | None]:
        """Where that is, and the name of the tenant if it is another one."""
        url = "" if self.url is UNSET else self.url.rstrip("/")
        parent, _, last = url.rpartition("/")
        tenant = "default" if url in first else unquote(last)
        if self.destination is not UNSET:
            return self.destination, tenant if self.destination == "tenant" else None
        if url in ours:
            return "here", None
        return ("tenant", tenant) if url in first or parent in first else ("elsewhere", None)

    def _begin(self, ask: Ask, step: Step, **more: Any) -> _Way:
        now, (to, tenant, _) = runtime.now(), ask.inner
        one = Migration(
            step=step, to=to, tenant=tenant, url=given(self.url), command_id=ask.command_id, started_at=now,
            deadline=now + rules.ANSWERED_WITHIN, silence=self.silence_s * 1_000_000, keep_old=self.keep_old, **more,
        )  # fmt: skip
        return _Way(ask, one, new=True)

    def to_v16(self, ask: Ask) -> Calls:
        if self.identity is not UNSET or self.password is not UNSET or self.slot is not UNSET:
            raise Unsupported("OCPP 1.6 has no network profiles: neither a slot, nor an identity or password of one.")
        way = self._begin(ask, "reset")
        try:
            for item in ask.inner[2]:
                key = key_of(item.name)
                answer = yield ask.v.ChangeConfigurationRequest(key=key, value=item.value)
                if answer.status not in ("Accepted", "RebootRequired"):
                    return way.failed(outcome(answer), str(key))
        except NotAnswered as failed:
            way.go("failed", str(failed))
            raise
        return (yield from restart(ask, way, "Hard" if self.when == "immediately" else "Soft"))

    def to_v2(self, ask: Ask) -> Calls:
        if (self.identity is not UNSET or self.password is not UNSET) and ask.version is not V21:
            raise Unsupported("Only a network profile of OCPP 2.1 has an identity and a password (B09.FR.14).")
        profile = ask.state.profile if self.security_profile is UNSET else profile_number(self.security_profile)
        if ask.inner[0] == "here" and profile != ask.state.profile:
            raise Unsupported("At an address of ours upgrade_security_profile leads to another security profile.")
        priority = yield from in_use(ask)
        slot = free_slot(ask, priority, given(self.slot))
        first = ",".join(map(str, (slot, *slots(priority))))
        way = self._begin(ask, "network_profile", slot=slot, priority=first, priority_was=priority)
        if self.url is not UNSET:
            request = set_profile(ask, slot, self.url, profile, self.interface)
            for name, value in (("identity", self.identity), ("basic_auth_password", self.password)):
                if value is not UNSET:
                    setattr(request.connection_data, name, value)
            try:
                answer = yield request
            except NotAnswered as failed:
                way.go("failed", f"{failed} (SetNetworkProfile)")
                raise
            if answer.status != "Accepted":
                return way.failed(outcome(answer), "SetNetworkProfile")
        if self.when == "idle" and ask.state.transactions:
            return (yield from self._drain(ask, way))
        return (yield from go(ask, way, "Immediate" if self.when == "immediately" else "OnIdle"))

    def _drain(self, ask: Ask, way: _Way) -> Calls:
        """It takes no new transactions (B10.FR.05); `migrated.watch` goes on when those that are open have ended."""
        way.go("draining", within=DRAINED_WITHIN)
        try:
            answer = yield ask.v.ChangeAvailabilityRequest(operational_status="Inoperative")
            way.one = replace(way.one, inoperative=answer.status in ("Accepted", "Scheduled"))
            way._store()
        except NotAnswered:
            pass  # then its transactions end without that
        return _awaits(way, f"{len(ask.state.transactions)} transactions end first")


def _keys(url: str, known: Model, vendor: str | None) -> tuple[Item, ...]:
    """The keys of 1.6 by which the station's vendor sets the address. Raises Unsupported."""
    found = vocabulary.write(ADDRESS, None, url, known, "1.6", rules_for(vendor))
    if isinstance(found, Refusal):
        text = "OCPP 1.6 has no network profiles, and no key of its vendor's is known that holds the address"
        raise Unsupported(f"{text}: {found.reason}")
    return found


def _awaits(way: _Way, reason: str | None) -> Outcome:
    """The command waits until the migration confirms it, or says why not."""
    return Outcome(True, reason, awaited(way.one), (DRAINED_WITHIN + 8 * 86400 * 1_000_000) / 1_000_000)


def go(ask: Ask, way: _Way, kind: str) -> Calls:
    """The list, with the new slot first; then it restarts."""
    one = way.one
    assert one.priority is not None  # 2.x
    assert one.priority_was is not None
    way.go("priority")
    try:
        refused = refused_priority((yield set_priority(ask, one.priority)))
    except NotAnswered as failed:
        way.go("failed", f"{failed} (NetworkConfigurationPriority)")
        raise
    if refused is not None:
        return way.failed(Outcome(False, refused), "NetworkConfigurationPriority")
    way.go("reset")
    found = yield from restart(ask, way, kind)
    if not found.accepted:
        try:
            yield set_priority(ask, one.priority_was)
        except NotAnswered:
            pass  # the old slot is in its list, too
    return found


def restart(ask: Ask, way: _Way, kind: str) -> Calls:
    """Reset. Without a word it may well be gone."""
    reason: str | None = None
    try:
        answer = yield ask.v.ResetRequest(type=kind)
    except NotAnswered as failed:
        if failed.error is not None:
            way.go("failed", f"Reset: {failed}")
            raise
        reason = "no answer to the call that sends it off: it may have gone at once"
    else:
        if answer.status not in ("Accepted", "Scheduled"):
            return way.failed(outcome(answer), "Reset")
    way.go("watching", reason, within=way.one.silence)
    return _awaits(way, reason)


class ContinueMigration(Command):
    """The next step of a migration that waits for its station: it restarts, or its list of network profiles is put
    right."""

    actions: ClassVar = ("SetVariables", "GetVariables", "ChangeAvailability", "Reset")
    waits_offline: ClassVar[bool] = True

    async def prepare(self, ask: Ask, db: Db) -> None:
        await _fresh(ask, db)

    def to_v16(self, ask: Ask) -> Calls:
        one = rules.read(ask.station.csms_migration)
        if one is None or one.step != "settling":
            raise Unsupported("No migration waits for this.")
        yield from ()  # nothing is to be asked
        _arrived(_Way(ask, one), None)
        return Outcome(True)

    def to_v2(self, ask: Ask) -> Calls:
        one = rules.read(ask.station.csms_migration)
        if one is None or one.priority_was is None or one.step not in ("draining", "settling", "failed"):
            raise Unsupported("No migration waits for this.")
        way = _Way(ask, one)
        if one.inoperative:
            try:
                yield ask.v.ChangeAvailabilityRequest(operational_status="Operative")
            except NotAnswered:
                pass  # it stays out of use; whoever looks after it then sees that
        if one.step == "draining":
            way.one = replace(one, inoperative=False)
            return replace((yield from go(ask, way, "OnIdle")), expects=None)
        if one.step == "settling":
            return (yield from self._settle(ask, way))
        refused = refused_priority((yield set_priority(ask, one.priority_was)))
        return Outcome(refused is None, refused)

    def _settle(self, ask: Ask, way: _Way) -> Calls:
        """Which slot does it use? Then that one is left alone in the list; or the list is as it was."""
        one, found = way.one, (yield from asked(ask))
        _arrived(way, found[ACTIVE] or None)
        if way.one.step == "done" and one.keep_old:
            return Outcome(True)
        wanted = str(one.slot) if way.one.step == "done" else one.priority_was
        refused = refused_priority((yield set_priority(ask, str(wanted))))
        return Outcome(refused is None, refused)


def _arrived(way: _Way, uses: str | None) -> None:
    """It came to an address of ours: by which slot? Its command is confirmed by that, or ends."""
    after = rules.settled(way.one, uses, runtime.now())
    way.go(after.step, after.reason)


class LeaveNetworkProfiles(Command):
    """Leave only the network profile in use in the station's list: the way back to the CSMS that it came from is gone
    then. For a station that arrived from another CSMS (B10)."""

    actions: ClassVar = ("GetVariables", "SetVariables")
    waits_offline: ClassVar[bool] = True
    keep: Annotated[list[Annotated[int, Meta(ge=0)]], Meta(max_length=20)] = []
    """Slots that stay, behind the one in use."""

    async def prepare(self, ask: Ask, db: Db) -> None:
        await _fresh(ask, db)

    def to_v2(self, ask: Ask) -> Calls:
        one = rules.read(ask.station.csms_migration)
        if upgrades(read_upgrade(ask.station.upgrade)) or rules.is_open(one):
            raise Unsupported("It is on its way: its list of network profiles leads it back if that fails.")
        found = yield from asked(ask)
        active, was = slots(found[ACTIVE]), slots(found[PRIORITY])
        if not active:
            raise Unsupported("The station does not say which slot it uses (ActiveNetworkProfile).")
        left = [active[0], *(slot for slot in self.keep if slot in was and slot != active[0])]
        if left == was:
            return Outcome(True, f"its list is {','.join(map(str, was))} already")
        refused = refused_priority((yield set_priority(ask, ",".join(map(str, left)))))
        gone = ", ".join(str(slot) for slot in was if slot not in left)
        return Outcome(refused is None, refused or f"slot {gone} is out of its list" if gone or refused else None)
