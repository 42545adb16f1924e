"""The engine of campaigns: each step reads what is true, decides by domain/campaigns.py, writes in one transaction.

A station is begun by a command of its own, which is queued in the transaction that says so: after a crash in the middle
of a wave nothing is asked twice and nothing is forgotten. What a command does, and when it is confirmed, is the
business of its block.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ohmstead import runtime
from ohmstead.blocks.command import parse
from ohmstead.domain.campaigns import AGAIN, AT_ITS_SITES, MINUTE, Decision, StationState, decide, outcome
from ohmstead.shapes.campaign import CampaignNew
from ohmstead.store import campaigns, commands
from ohmstead.store.campaigns import Running
from ohmstead.store.db import Db, Event, Tx, encode

ASKED_FOR = 600_000_000
"""Microseconds that a command of a campaign may wait: its station was online a moment ago."""

COMMANDS: Mapping[str, str] = {
    "base_report": "get_base_report",
    "configuration": "set_values",
    "local_list": "send_local_list",
    "security_profile": "upgrade_security_profile",
    "firmware": "update_firmware",
    "root_rollover": "set_roots",
    "renew_certificates": "renew_certificate",
    "version_change": "change_version",
    "csms_migration": "migrate",
}
"""Type of a campaign -> the command that each station gets."""
_peek = msgspec.json.Decoder(dict[str, Any])


def command_of(new: CampaignNew) -> str:
    """The command that each station gets, as JSON. Raises msgspec.ValidationError with the path of what is wrong."""
    kind = {} if new.type == "command" else {"type": COMMANDS[new.type]}
    fields = {**kind, **new.params, "if_offline": "queue"}
    body = msgspec.json.encode(fields).decode()
    parse(body)
    return body


async def advance(db: Db, now: int) -> int:
    """One step of every campaign that is under way; how many that were."""
    found = await campaigns.running(db)
    for one in found:
        try:
            await _advance(db, one, now)
        except Exception as error:
            runtime.log.exception("a campaign stands still", campaign=one.id, error=repr(error))
    return len(found)


async def _advance(db: Db, one: Running, now: int) -> None:
    await _settle(db, one, now)
    await campaigns.leave_out_archived(db, one.id, now)
    waves = await campaigns.counts(db, one.id, len(one.rules.waves), now)
    begun = 0 if one.rules.per_minute is None else await campaigns.begun_since(db, one.id, now - MINUTE)
    decision = decide(one.rules, waves, begun, _local(one, now))
    per_site = one.rules.per_site_and_hour
    ready = await campaigns.ready(db, one.id, decision.wave, decision.begin, now, per_site) if decision.begin else []
    if decision.begin and not ready and per_site is not None:
        decision = decision._replace(reason=AT_ITS_SITES)
    if (decision.state, decision.wave, decision.reason) != ("running", one.wave, one.reason) or ready:
        await _write(db, one, decision, ready, now)


def _local(one: Running, now: int) -> Any:
    window = msgspec.json.decode(one.body, type=CampaignNew).window
    zone = ZoneInfo("UTC" if window is None else window.time_zone)
    return runtime.to_datetime(now).astimezone(zone).time()


async def _settle(db: Db, one: Running, now: int) -> None:
    """What became of the stations that were asked."""
    moved: list[tuple[int, StationState, str | None]] = []
    for station in await campaigns.under_way(db, one.id):
        if station.state is None:  # the command was forgotten
            moved.append((station.station_id, "failed", "its command is no longer kept"))
            continue
        to = outcome(station.state, station.awaits is not None, station.attempts, one.rules)
        if to is not None:
            reason = station.reason or (None if to == "done" else station.state)
            moved.append((station.station_id, to, reason))
    if moved:
        async with db.transaction() as tx:
            await campaigns.move(tx, one.id, moved, now=now, again=now + AGAIN)


async def _write(db: Db, one: Running, decision: Decision, ready: list[tuple[int, str]], now: int) -> None:
    async with db.transaction() as tx:
        if not await campaigns.set_state(tx, one.id, "running", decision.state, decision.reason, decision.wave, now):
            return  # paused or cancelled in this moment
        for station_id, identity in ready:
            await _begin(tx, one, station_id, identity, now)
        if decision.state != "running":
            if decision.state == "stopped":
                await campaigns.leave_out(tx, one.id, "the campaign stopped", now)
            tell(tx, one.tenant_id, one.id, decision.state, decision.reason, now)


async def _begin(tx: Tx, one: Running, station_id: int, identity: str, now: int) -> None:
    number = commands.new_id(now)
    if not await campaigns.begin(tx, one.id, station_id, number, now):
        return
    await commands.add(
        tx, id=number, tenant_id=one.tenant_id, station_id=station_id, identity=identity,
        type=_peek.decode(one.command)["type"], body=one.command, now=now, expires_at=now + ASKED_FOR,
    )  # fmt: skip


def tell(tx: Tx, tenant_id: int, id: int, state: str, reason: str | None, now: int) -> None:
    """Put it into the feed."""
    data = encode({"id": str(id), "state": state, "reason": reason})
    tx.emit(Event(tenant_id, f"ohmstead.campaign.{state}", None, now, data))
