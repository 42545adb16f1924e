"""A05: a station goes to another security profile, step by step (domain/upgrade.py has the table).

2.x: SetNetworkProfile into a free slot, NetworkConfigurationPriority `new,old`, Reset; it comes with the new profile
and boots; then `finish_upgrade` leaves the new slot alone in the priority. 1.6: the key SecurityProfile of the security
whitepaper, upon which the station connects anew by itself. Each step is stored with the call that makes it.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.blocks import feed_event
from ohmstead.blocks.command import Ask, Calls, Command, NotAnswered, Outcome, Unsupported, given, outcome
from ohmstead.blocks.network_profiles import (
    ACTIVE,
    PRIORITY,
    Interface,
    free_slot,
    in_use,
    refused_priority,
    set_priority,
    set_profile,
)
from ohmstead.domain import upgrade as rules
from ohmstead.domain.device_model import Model, Name
from ohmstead.domain.upgrade import Forbidden, Step, Upgrade, named
from ohmstead.settings import Settings
from ohmstead.shapes.common import SecurityProfile, profile_number
from ohmstead.store import certificates, device_model, upgrades
from ohmstead.store.db import Db, Event, encode
from ohmstead.store.sessions import Station, find_station
from ohmstead.store.tables.meta import DEFAULT_TENANT

MAY_LOWER = Name("SecurityCtrlr", "AllowSecurityProfileDowngrade")
CHANGED = "station.security_profile_upgrade"
"""The event of each step, without `ohmstead.`."""


def told(station: Station, one: Upgrade, now: int) -> Event:
    """The event of a step."""
    return feed_event(station, CHANGED, {"id": station.identity, "upgrade": upgrades.form(one)}, now)


async def check(db: Db, station: Station, to: int, url: str | None, now: int) -> Model:
    """Whether the station can be asked to go there. What is known of its network profiles; raises Forbidden, with what
    to do first."""
    known = await device_model.load_some(db, station.tenant_id, station.id, (PRIORITY, ACTIVE, MAY_LOWER))
    allowed = (known.value(MAY_LOWER) or "").lower() == "true"
    rules.check(station.security_profile, to, station.ocpp_version, allowed)
    going = rules.read(station.upgrade)
    if rules.is_open(going):
        assert going is not None
        raise Forbidden(f"It is on its way to security profile {named(going.to)} already ({going.step}).")
    if station.registration != "accepted":
        raise Forbidden(f"The station is {station.registration}: accept it first.")
    if to in (1, 2) and station.password_hash is None:
        raise Forbidden(f"Security profile {named(to)} needs a password, and none is known: PATCH one first.")
    if to == 3:
        await _check_certificate(db, station, now)
    if station.ocpp_version != "1.6" and (url is None or not url.startswith("wss://" if to >= 2 else "ws://")):
        text = "gateway.public_wss_url" if to >= 2 else "gateway.public_ws_url"
        raise Forbidden(f"No address for security profile {named(to)} is known: set {text}, or send `url`.")
    return known


async def endpoint(db: Db, settings: Settings, tenant_id: int, profile: int) -> str | None:
    """Where stations of a tenant connect with this security profile, without their identity; None where the settings
    do not say it."""
    return await for_tenant(db, settings.gateway.url(profile >= 2), tenant_id)


async def for_tenant(db: Db, url: str | None, tenant_id: int) -> str | None:
    """Where the stations of a tenant connect, of the URL that those of the first one use."""
    if url is None or tenant_id == DEFAULT_TENANT:
        return url
    return f"{url}/{quote(await upgrades.tenant_name(db, tenant_id), safe='')}"


async def order(db: Db, settings: Settings, station: Station, to: int, now: int, url: str | None = None) -> str:
    """The body of the command that leads the station there: for whoever asks it of one station, or of many. Raises
    Forbidden, with what must be done first. `progress` says later how it stands."""
    url = url or await endpoint(db, settings, station.tenant_id, to)
    await check(db, station, to, url, now)
    body = {"type": "upgrade_security_profile", "security_profile": to, "when": "idle"}
    return encode(body if url is None else body | {"url": url})


def progress(station: Station, command_id: str) -> Literal["waiting", "running", "done", "failed"]:
    """How the upgrade stands that this command began; `waiting` until its first call. One whose station comes with
    neither profile has failed, as far as anybody waits for it: the door still takes both."""
    one = rules.read(station.upgrade)
    if one is None or one.command_id != command_id:
        return "waiting"
    if one.step in ("settling", "done"):
        return "done"
    return "failed" if one.step in ("failed", "overdue") else "running"


async def _check_certificate(db: Db, station: Station, now: int) -> None:
    if station.certificate_cn != "identity" and station.serial_number is None:
        text = "register its serial number (PATCH serial_number), or set certificate_cn: identity"
        raise Forbidden(f"Its certificate must name the station: {text}.")
    if not await certificates.has_usable(db, station.tenant_id, station.id, now):
        text = (
            "let it ask for one (trigger SignChargingStationCertificate), or make one with "
            f"POST /stations/{station.identity}/certificates and install it"
        )
        raise Forbidden(f"The station has no client certificate that is valid and known here: {text}.")


class _Way:
    """An upgrade as a command moves it on; each move is stored with the command's next step."""

    def __init__(self, ask: Ask, one: Upgrade) -> None:
        self._ask, self.one = ask, one
        self._kept = ask.station.upgrade
        self._store()

    def go(self, step: Step, reason: str | None = None, within: int = rules.ANSWERED_WITHIN) -> None:
        self.one = rules.move(self.one, step, runtime.now(), reason=reason, within=within)
        self._store()

    def failed(self, found: Outcome, action: str) -> Outcome:
        """The station does not want to."""
        reason = f"{action}: {found.reason or 'refused'}"
        self.go("failed", reason)
        return replace(found, accepted=False, reason=reason, expects=None)

    def _store(self) -> None:
        ask, station = self._ask, self._ask.station
        ask.also.rows.append(upgrades.moved(station.id, self._kept, self.one))
        ask.also.events.append(told(station, self.one, runtime.now()))
        self._kept = upgrades.kept(self.one)


class UpgradeSecurityProfile(Command):
    """Guide the station to another security profile; the lower one is refused as soon as it has proved the new one."""

    actions: ClassVar = ("SetNetworkProfile", "SetVariables", "GetVariables", "Reset", "ChangeConfiguration")
    waits_offline: ClassVar[bool] = True
    security_profile: SecurityProfile
    url: Annotated[str, Meta(pattern=r"^wss?://\S+$", max_length=512)] | UnsetType = UNSET
    """Where the station shall connect, without its identity (2.x)."""
    slot: Annotated[int, Meta(ge=0)] | UnsetType = UNSET
    interface: Interface = "Wired0"
    when: Literal["immediately", "idle"] = "idle"

    async def prepare(self, ask: Ask, db: Db) -> None:
        """Raises Unsupported where the move is forbidden, or cannot succeed."""
        station = await find_station(db, ask.station.tenant_id, ask.station.identity)
        assert station is not None  # its session lives
        station = replace(station, ocpp_version=ask.version.name)
        try:
            ask.known = await check(db, station, self._to, None if self.url is UNSET else self.url, runtime.now())
        except Forbidden as forbidden:
            raise Unsupported(str(forbidden)) from None
        ask.state = replace(ask.state, station=station)
        ask.may_lower = True

    @property
    def _to(self) -> int:
        return profile_number(self.security_profile)

    def _begin(self, ask: Ask, step: Step, **more: Any) -> _Way:
        now, was = runtime.now(), ask.station.security_profile
        one = Upgrade(
            step=step, was=was, to=self._to, command_id=ask.command_id, started_at=now,
            deadline=now + rules.ANSWERED_WITHIN, **more,
        )  # fmt: skip
        return _Way(ask, one)

    def _proof(self, reason: str | None, within: int = rules.ANSWERED_WITHIN) -> Outcome:
        return Outcome(True, reason, ("security_profile", str(self._to)), within / 1_000_000)

    def to_v16(self, ask: Ask) -> Calls:
        way = self._begin(ask, "reset")
        try:
            answer = yield ask.v.ChangeConfigurationRequest(key="SecurityProfile", value=str(self._to))
            if answer.status == "RebootRequired":
                answer = yield ask.v.ResetRequest(type="Hard" if self.when == "immediately" else "Soft")
        except NotAnswered as failed:
            return _unheard(way, failed, self._proof)
        if answer.status != "Accepted":
            return way.failed(outcome(answer), "SecurityProfile")
        way.go("proof")
        return self._proof(None)

    def to_v2(self, ask: Ask) -> Calls:
        priority = yield from in_use(ask)
        slot = free_slot(ask, priority, given(self.slot))
        first = ",".join(map(str, (slot, *rules.slots(priority))))
        url = str(self.url)
        way = self._begin(ask, "network_profile", url=url, slot=slot, priority=first, priority_was=priority)
        try:
            answer = yield set_profile(ask, slot, url, self._to, self.interface)
            if answer.status != "Accepted":
                return way.failed(outcome(answer), "SetNetworkProfile")
            way.go("priority")
            refused = refused_priority((yield set_priority(ask, first)))
            if refused is not None:
                return way.failed(Outcome(False, refused), "NetworkConfigurationPriority")
        except NotAnswered as failed:
            way.go("failed", f"{failed} ({way.one.step})")
            raise
        way.go("reset")
        return (yield from self._reset(ask, way, priority))

    def _reset(self, ask: Ask, way: _Way, priority: str) -> Calls:
        try:
            answer = yield ask.v.ResetRequest(type="Immediate" if self.when == "immediately" else "OnIdle")
        except NotAnswered as failed:
            return _unheard(way, failed, self._proof)
        if answer.status not in ("Accepted", "Scheduled"):
            found = way.failed(outcome(answer), "Reset")
            try:
                yield set_priority(ask, priority)
            except NotAnswered:
                pass  # the old profile is in its list, too
            return found
        within = rules.IDLE_WITHIN if answer.status == "Scheduled" else rules.ANSWERED_WITHIN
        way.go("proof", within=within)
        return self._proof(None if answer.status == "Accepted" else answer.status, within)


class FinishUpgrade(Command):
    """After its move to another security profile: leave in the station's list of network profiles what counts now."""

    actions: ClassVar = ("SetVariables",)
    waits_offline: ClassVar[bool] = True

    async def prepare(self, ask: Ask, db: Db) -> None:
        station = await find_station(db, ask.station.tenant_id, ask.station.identity)
        assert station is not None  # its session lives
        ask.state = replace(ask.state, station=station)

    def to_v2(self, ask: Ask) -> Calls:
        one = rules.read(ask.station.upgrade)
        if one is None or one.priority_was is None or one.step not in ("settling", "failed"):
            raise Unsupported("No move to another security profile waits for this.")
        kept = ask.station.upgrade
        try:
            refused = refused_priority(
                (yield set_priority(ask, str(one.slot) if one.step == "settling" else one.priority_was))
            )
        except NotAnswered as failed:
            if failed.error is None:
                raise  # asked again at its next boot
            refused = str(failed)
        if one.step == "settling":
            reason = None if refused is None else f"its old network profile stays in its list: {refused}"
            done = rules.move(one, "done", runtime.now(), reason=reason)
            ask.also.rows.append(upgrades.moved(ask.station.id, kept, done))
            ask.also.events.append(told(ask.station, done, runtime.now()))
        return Outcome(refused is None, refused)


def _unheard(way: _Way, failed: NotAnswered, proof: Any) -> Outcome:
    """The call that sends the station off was not answered: without a word it may well be gone."""
    if failed.error is not None:
        way.go("failed", str(failed))
        raise failed
    text = "no answer to the call that sends it off: it may have gone at once"
    way.go("proof", text)
    found: Outcome = proof(text)
    return found
