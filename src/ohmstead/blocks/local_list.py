"""D, C11: the list of tokens that a station may accept by itself, kept in step with ours; and its cache.

A station's list is what it accepted, message by message. It is told differences; where nobody knows what it holds, or
where it refuses a difference (Failed, VersionMismatch), the whole list (D01.FR.03).
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, ClassVar, Literal

from msgspec import UNSET, UnsetType

from ohmstead import runtime
from ohmstead.blocks import ASKED_FOR
from ohmstead.blocks.command import Ask, Calls, Command, Learnt, Outcome, after, given, outcome, unless_none
from ohmstead.domain import local_list as domain
from ohmstead.domain import values
from ohmstead.domain.device_model import Model, Name
from ohmstead.domain.local_list import Entry, Part
from ohmstead.domain.portions import Measure
from ohmstead.domain.tokens import key
from ohmstead.runtime import to_datetime
from ohmstead.settings import Settings
from ohmstead.store import commands, device_model, local_lists
from ohmstead.store.db import Db, Tx
from ohmstead.store.local_lists import LocalList
from ohmstead.store.sessions import load_state

ITEMS = Name("LocalAuthListCtrlr", "ItemsPerMessage")
BYTES = Name("LocalAuthListCtrlr", "BytesPerMessage")
ENTRIES = Name("LocalAuthListCtrlr", "Entries")
OLD_ITEMS, OLD_MOST = Name("Ocpp16", "SendLocalListMaxLength"), Name("Ocpp16", "LocalAuthListMaxLength")
MOST_AT_ONCE = 100
"""Entries in one message to a station that says nothing about itself."""


class ClearCache(Command):
    """Let the station forget what it was told about tokens (C11)."""

    actions: ClassVar = ("ClearCache",)
    waits_offline: ClassVar[bool] = True

    def to_v16(self, ask: Ask) -> Calls:
        return outcome((yield ask.v.ClearCacheRequest()))

    def to_v2(self, ask: Ask) -> Calls:
        return outcome((yield ask.v.ClearCacheRequest()))


class GetLocalListVersion(Command):
    """Ask which version of the local list the station holds; 0 is none (D02)."""

    actions: ClassVar = ("GetLocalListVersion",)

    def to_v16(self, ask: Ask) -> Calls:
        answer = yield ask.v.GetLocalListVersionRequest()
        return Outcome(True, f"version {answer.list_version}")

    def to_v2(self, ask: Ask) -> Calls:
        answer = yield ask.v.GetLocalListVersionRequest()
        return Outcome(True, f"version {answer.version_number}")


class SendLocalList(Command):
    """Bring the station's local list in step with the tokens that may charge there."""

    actions: ClassVar = ("SendLocalList", "GetLocalListVersion")
    waits_offline: ClassVar[bool] = True
    update: Literal["differential", "full"] | UnsetType = UNSET
    """full: all of it, whatever the station holds. Left out: what differs, all of it where that is not known."""
    without: list[str] | UnsetType = UNSET
    """Tokens that must not be in it for now."""

    async def prepare(self, ask: Ask, db: Db) -> None:
        station, names = ask.station, (ITEMS, BYTES, ENTRIES, OLD_ITEMS, OLD_MOST)
        ask.known = await device_model.load_some(db, station.tenant_id, station.id, names)
        held = await local_lists.find(db, station.id)
        ask.local_list = held or LocalList(0, None)
        want = await _wanted(db, ask.state, ask.version.dialect == "v16", ask.known)
        left_out = {key(token) for token in given(self.without) or ()}
        ask.wanted = {name: one for name, one in want.items() if key(one.token) not in left_out}

    def to_v16(self, ask: Ask) -> Calls:
        return self._calls(ask)

    def to_v2(self, ask: Ask) -> Calls:
        return self._calls(ask)

    def _calls(self, ask: Ask) -> Calls:
        held, want = ask.local_list, ask.wanted
        answer = yield ask.v.GetLocalListVersionRequest()
        theirs = answer.list_version if ask.version.dialect == "v16" else answer.version_number
        have = held.entries if theirs == held.version and self.update != "full" else None
        if have == want:
            return Outcome(True, f"it is in step: version {theirs}, {len(want)} entries")
        version, measure = max(theirs, held.version, 0), _measure(ask)
        done, version, status = yield from self._send(ask, domain.steps(have, want, measure), version)
        if not done and have is not None and status != "NotSupported":  # D01.FR.03
            done, version, status = yield from self._send(ask, domain.steps(None, want, measure), version)
        return Outcome(done, f"version {version}, {len(want)} entries" if done else status)

    def _send(self, ask: Ask, parts: list[Part], version: int) -> Generator[Any, Any, tuple[bool, int, str]]:
        for part in parts:
            version += 1
            answer = yield _said(ask, part, version)
            if answer.status != "Accepted":
                return False, version, answer.status
        return True, version, "Accepted"


def _measure(ask: Ask) -> Measure:
    most = _number(ask.known, ITEMS) or _number(ask.known, OLD_ITEMS)
    told = ask.station.capabilities.get("items_per_send_local_list")
    return Measure(told or most or MOST_AT_ONCE, _number(ask.known, BYTES))


def _number(known: Model, name: Name) -> int | None:
    text = known.value(name)
    try:
        return values.integer(text) if text else None
    except values.Unreadable:
        return None


def _most(known: Model) -> int | None:
    variable = known.get(ENTRIES)
    limit = None if variable is None or variable.characteristics is None else variable.characteristics.max_limit
    return _number(known, OLD_MOST) or (None if limit is None else int(limit))


async def _wanted(db: Db, state: Any, old: bool, known: Model) -> dict[str, Entry]:
    station = state.station
    found = await local_lists.all_tokens(db, station.tenant_id)
    return domain.wanted(
        found, station_id=station.identity, site_id=station.site_id, now=runtime.now(), old=old, most=_most(known)
    )


def _said(ask: Ask, part: Part, version: int) -> Any:
    if ask.version.dialect == "v16":
        rows = [_datum_16(ask.v, one) for one in part.put]
        rows += [ask.v.AuthorizationData(id_tag=one.token) for one in part.out]
        return ask.v.SendLocalListRequest(
            list_version=version, update_type=part.update, local_authorization_list=rows or UNSET
        )
    rows = [_datum_2(ask.v, one) for one in part.put]
    rows += [ask.v.AuthorizationData(id_token=ask.v.IdTokenType(id_token=one.token, type=one.type)) for one in part.out]
    return ask.v.SendLocalListRequest(
        version_number=version, update_type=part.update, local_authorization_list=rows or UNSET
    )


def _datum_16(v: Any, one: Entry) -> Any:
    expiry = None if one.expires_at is None else to_datetime(one.expires_at)
    info = v.IdTagInfo(status=one.status, parent_id_tag=unless_none(one.group), expiry_date=unless_none(expiry))
    return v.AuthorizationData(id_tag=one.token, id_tag_info=info)


def _datum_2(v: Any, one: Entry) -> Any:
    expiry = None if one.expires_at is None else to_datetime(one.expires_at)
    group = UNSET if one.group is None else v.IdTokenType(id_token=one.group, type="Central")
    info = v.IdTokenInfoType(status=one.status, group_id_token=group, cache_expiry_date_time=unless_none(expiry))
    return v.AuthorizationData(id_token=v.IdTokenType(id_token=one.token, type=one.type), id_token_info=info)


# ------------------------------------------------------------------ what answers teach, of raw calls too


@after("SendLocalList")
async def list_answered(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """From what it accepted we know what it holds; after a refusal nobody does."""
    held = await local_lists.find(db, ask.station.id) or LocalList(0, None)
    status = "an error" if answer is None else answer.status
    if status == "Accepted":
        old = ask.version.dialect == "v16"
        version = req.list_version if old else req.version_number
        held = LocalList(version, domain.applied(held.entries, _part(req, old)))
    else:
        held = LocalList(held.version, None, status)
    return Learnt([local_lists.put(ask.station.tenant_id, ask.station.id, held, now)])


def _part(req: Any, old: bool) -> Part:
    rows = given(req.local_authorization_list) or ()
    found = [(_entry_16(one) if old else _entry_2(one), one) for one in rows]
    put = [entry for entry, one in found if (one.id_tag_info if old else one.id_token_info) is not UNSET]
    return Part(req.update_type, put, [entry for entry, _ in found if entry not in put])


def _entry_16(one: Any) -> Entry:
    info = given(one.id_tag_info)
    if info is None:
        return Entry(one.id_tag, "")
    return Entry(one.id_tag, "", info.status, given(info.parent_id_tag), _at(info.expiry_date))


def _entry_2(one: Any) -> Entry:
    token, info = one.id_token, given(one.id_token_info)
    if info is None:
        return Entry(token.id_token, token.type)
    group = given(info.group_id_token)
    group_text = None if group is None else group.id_token
    return Entry(token.id_token, token.type, info.status, group_text, _at(info.cache_expiry_date_time))


def _at(moment: Any) -> int | None:
    return None if moment is UNSET else runtime.from_datetime(moment)


@after("GetLocalListVersion")
async def version_told(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """A version that is not the one we know means another list: nobody knows what is in it."""
    held = await local_lists.find(db, ask.station.id)
    if answer is None or held is None:
        return Learnt()
    theirs = answer.list_version if ask.version.dialect == "v16" else answer.version_number
    if theirs == held.version:
        return Learnt()
    changed = LocalList(max(theirs, 0), {} if theirs == 0 else None, f"the station says that it holds version {theirs}")
    return Learnt([local_lists.put(ask.station.tenant_id, ask.station.id, changed, now)])


async def customer_cleared(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """N10.FR.02: what the station forgot about a customer must not stay in its list."""
    token = given(req.id_token)
    if answer is None or answer.status != "Accepted" or not req.clear or token is None:
        return Learnt()
    held = await local_lists.find(db, ask.station.id)
    if held is None:
        return Learnt()
    body = {"type": "send_local_list", "without": [token.id_token]}
    row = commands.queued(
        commands.new_id(now), ask.station.tenant_id, ask.station.id, "send_local_list", body, now, now + ASKED_FOR
    )
    return Learnt([row])


# ------------------------------------------------------------------ the job


async def keep_in_step(db: Db, settings: Settings, now: int) -> int:
    """Send the lists that are no longer in step to the stations that are connected; how many stations were asked."""
    asked = 0
    if not settings.stations.makes("local_list"):
        return asked
    for tenant_id in await local_lists.tenants(db):
        stamp = await local_lists.stamp(db, tenant_id, now)
        for station_id, identity in await local_lists.behind(db, tenant_id, stamp):
            if await _differs(db, station_id):
                async with db.transaction() as tx:
                    await _ask(tx, tenant_id, station_id, identity, now)
                asked += 1
            await db.store([], [local_lists.compared(station_id, stamp)])
    return asked


async def _differs(db: Db, station_id: int) -> bool:
    state = await load_state(db, station_id)
    held = await local_lists.find(db, station_id)
    names = (ENTRIES, OLD_MOST)
    known = await device_model.load_some(db, state.station.tenant_id, station_id, names)
    return held is None or held.entries != await _wanted(db, state, state.station.ocpp_version == "1.6", known)


async def _ask(tx: Tx, tenant_id: int, station_id: int, identity: str, now: int) -> None:
    await commands.add(
        tx,
        id=commands.new_id(now),
        tenant_id=tenant_id,
        station_id=station_id,
        identity=identity,
        type="send_local_list",
        body='{"type":"send_local_list"}',
        now=now,
        expires_at=now + ASKED_FOR,
    )
