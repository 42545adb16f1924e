"""A station is led to another version of OCPP, by what it allows.

| by                | what is asked                                                                    | from         |
|-------------------|----------------------------------------------------------------------------------|--------------|
| `subprotocol`     | nothing but a restart: the new version is preferred among those that it offers   | any          |
| `network_profile` | SetNetworkProfile with that version in a free slot, first in the list; a restart | 2.x          |
| `firmware`        | UpdateFirmware, with firmware that speaks it                                     | any          |
| `variables`       | its vendor's own variables or keys; a restart where it asks for one              | any          |

Before anything is sent the dry run of version_change.py says what would be lost; that is refused unless it is said to
be meant. The command is confirmed when the station comes with that version (version_change.take_over).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from ohmstead.blocks import version_change
from ohmstead.blocks.command import Ask, Calls, Command, NotAnswered, Outcome, Unsupported, given, outcome
from ohmstead.blocks.firmware_commands import WINDOW, Location, UpdateFirmware
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
from ohmstead.blocks.upgrading import for_tenant
from ohmstead.blocks.variables import SetVariables, VariableValue
from ohmstead.domain.version_change import Plan
from ohmstead.shapes.common import OcppVersion
from ohmstead.store import device_model, version_changes
from ohmstead.store.db import Db
from ohmstead.store.sessions import find_station

Way = Literal["subprotocol", "network_profile", "firmware", "variables"]
RESET_WINDOW = 600.0
"""Seconds after a restart in which it must come."""
OTHERS = "say subprotocol, firmware or variables"
NAMED = 5
"""Settings that a reason names."""


class NewFirmware(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Firmware that speaks the new version: a file of ours, or one at a URL. Signed, unless `signed` is false."""

    file_id: str | UnsetType = UNSET
    location: Location | UnsetType = UNSET
    version: Annotated[str, Meta(min_length=1, max_length=50)] | UnsetType = UNSET
    signed: bool | UnsetType = UNSET

    def __post_init__(self) -> None:
        if (self.file_id is UNSET) == (self.location is UNSET):
            raise ValueError("give file_id or location")

    @property
    def command(self) -> UpdateFirmware:
        return UpdateFirmware(file_id=self.file_id, location=self.location, version=self.version, signed=self.signed)


class _Prepared(NamedTuple):
    """What `prepare` found: the dry run, and for each way what it needs."""

    plan: Plan
    notes: list[str]
    inner: Command | None
    url: str | None
    own: dict[str, Any]
    """What the operator said of the station's capabilities."""


class ChangeVersion(Command):
    """Lead the station to another version of OCPP, by what it allows; what it would lose is looked at first, and with
    `dry_run` nothing else is done. Confirmed when it comes with that version."""

    actions: ClassVar = (
        "SetNetworkProfile", "GetVariables", "SetVariables", "ChangeConfiguration", "Reset", "UpdateFirmware",
        "SignedUpdateFirmware",
    )  # fmt: skip
    waits_offline: ClassVar[bool] = True
    needs_accepted: ClassVar[bool] = True
    version: OcppVersion
    by: Way | UnsetType = UNSET
    """Unless said: by the firmware or the variables where they are given, by a network profile where `url` or `slot`
    is; else by the subprotocols that the station offers."""
    firmware: NewFirmware | UnsetType = UNSET
    variables: Annotated[list[VariableValue], Meta(min_length=1, max_length=20)] | UnsetType = UNSET
    url: Annotated[str, Meta(pattern=r"^wss?://\S+(?!\n)$", max_length=512)] | UnsetType = UNSET
    """Of the network profile, without the station's identity; that of the settings unless said."""
    slot: Annotated[int, Meta(ge=0)] | UnsetType = UNSET
    interface: Interface = "Wired0"
    when: Literal["immediately", "idle"] = "idle"
    """When it restarts."""
    lose: Literal["own", "any"] = "own"
    """Which settings may be lost: only those of the station's own, for which there is no word; or any."""
    dry_run: bool = False

    def __post_init__(self) -> None:
        if self.firmware is not UNSET and self.variables is not UNSET:
            raise ValueError("give firmware or variables")
        for name in ("firmware", "variables"):
            if (self.way == name) == (getattr(self, name) is UNSET):
                raise ValueError(f"`by: {name}` and `{name}` belong together")

    @property
    def way(self) -> Way:
        if self.by is not UNSET:
            return self.by
        if self.firmware is not UNSET:
            return "firmware"
        if self.variables is not UNSET:
            return "variables"
        return "subprotocol" if self.url is UNSET and self.slot is UNSET else "network_profile"

    async def prepare(self, ask: Ask, db: Db) -> None:
        station = await find_station(db, ask.station.tenant_id, ask.station.identity)
        assert station is not None  # its session lives
        profile, url = ask.state.profile, given(self.url)
        inner: Command | None = None
        if self.firmware is not UNSET:
            inner = self.firmware.command
        elif self.variables is not UNSET:
            inner = SetVariables(variables=self.variables)
        if inner is not None and not self.dry_run:
            await inner.prepare(ask, db)
        elif self.way == "network_profile":
            ask.known = await device_model.load_some(db, station.tenant_id, station.id, (PRIORITY, ACTIVE))
            if url is None:
                url = await for_tenant(db, ask.urls[profile >= 2], station.tenant_id)
        notes = [one.text for one in version_change.notes(profile, ask.version.name, self.version)]
        plan = await version_change.check(db, station.id, self.version)
        ask.inner = _Prepared(plan, notes, inner, url, station.capabilities)

    def to_v16(self, ask: Ask) -> Calls:
        return self._calls(ask)

    def to_v2(self, ask: Ask) -> Calls:
        return self._calls(ask)

    def _calls(self, ask: Ask) -> Calls:
        if ask.version.name == self.version:
            return Outcome(True, f"it speaks OCPP {self.version} already")
        self._check(ask)
        told = _in_words(ask.inner)
        if self.dry_run:
            return Outcome(True, told)
        found: Outcome
        if self.way in ("firmware", "variables"):
            found = yield from ask.inner.inner.calls(ask)
            if self.way == "variables":
                found = yield from self._after_variables(ask, found)
        elif self.way == "network_profile":
            found = yield from self._by_profile(ask)
        else:
            found = yield from self._by_subprotocol(ask)
        if not found.accepted:
            return found
        window = WINDOW if self.way == "firmware" or self.when == "idle" else RESET_WINDOW
        return replace(found, reason=told, expects=("ocpp_version", self.version), window=window)

    def _check(self, ask: Ask) -> None:
        """Raises Unsupported where it cannot or should not be done."""
        if ask.state.profile == 0 and self.version != "1.6":
            raise Unsupported(ask.inner.notes[0])
        lost = [one.setting.name for one in ask.inner.plan.fates if one.verdict == "lost" and one.setting.word]
        if lost and self.lose == "own" and not self.dry_run:
            raise Unsupported(f"It would lose {_names(lost)}; upgrade-check tells why. Say lose: any if that is meant.")
        if self.way != "network_profile":
            return
        if ask.version.dialect == "v16":
            raise Unsupported(f"OCPP 1.6 has no network profiles; {OTHERS}.")
        if ask.version.name == "2.0.1" and self.version == "2.1":
            raise Unsupported(f"A network profile of OCPP 2.0.1 cannot name 2.1; {OTHERS}.")
        if ask.inner.url is None and not self.dry_run:
            raise Unsupported("No address for the network profile is known: set gateway.public_ws_url, or send `url`.")

    def _after_variables(self, ask: Ask, found: Outcome) -> Calls:
        results = ask.results or []
        if any(one.status not in ("accepted", "reboot_required") for one in results):
            return replace(found, accepted=False)
        if any(one.status == "reboot_required" for one in results):
            found = yield from self._restart(ask)
        return found

    def _by_subprotocol(self, ask: Ask) -> Calls:
        own, id = ask.inner.own, ask.station.id
        ask.also.rows.append(version_changes.preferring(id, own | {"ocpp_versions": [self.version]}))
        found = yield from self._restart(ask)
        if not found.accepted:
            ask.also.rows.append(version_changes.preferring(id, own))
        return found

    def _by_profile(self, ask: Ask) -> Calls:
        """The profile of now stays in the list, behind the new one: by it the station can come back."""
        priority = yield from in_use(ask)
        slot = free_slot(ask, priority, given(self.slot))
        request = set_profile(ask, slot, ask.inner.url, ask.state.profile, self.interface, self.version)
        found = outcome((yield request))
        if not found.accepted:
            return replace(found, reason=f"SetNetworkProfile: {found.reason}")
        refused = refused_priority((yield set_priority(ask, f"{slot},{priority}")))
        if refused is not None:
            return Outcome(False, f"NetworkConfigurationPriority: {refused}")
        found = yield from self._restart(ask)
        if not found.accepted:
            try:
                yield set_priority(ask, priority)
            except NotAnswered:
                pass  # the profile of now is in the list, too
        return found

    def _restart(self, ask: Ask) -> Calls:
        at_once = self.when == "immediately"
        v16 = ask.version.dialect == "v16"
        kind = ("Hard" if at_once else "Soft") if v16 else ("Immediate" if at_once else "OnIdle")
        try:
            return outcome((yield ask.v.ResetRequest(type=kind)))
        except NotAnswered as failed:
            if failed.error is not None or not failed.sent:
                raise
            return Outcome(True)  # without a word it may well be gone


def _in_words(found: _Prepared) -> str:
    """The dry run in one line."""
    carried = sum(one.verdict == "carried" for one in found.plan.fates)
    lost = [one.setting.name for one in found.plan.fates if one.verdict == "lost"]
    text = f"{len(lost)} are lost: {_names(lost)}" if lost else "none is lost"
    return " ".join([f"Of its settings {carried} are carried over, {text}.", *found.notes])


def _names(found: list[str]) -> str:
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return ", ".join(found[:NAMED]) + more
