"""Campaigns: one thing done to many stations, in waves, at a pace, and no further when it goes wrong."""

from __future__ import annotations

import zoneinfo
from collections.abc import Awaitable
from datetime import time
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.api import bodies
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.resources.stations import StationFilter, matching
from ohmstead.api.routes import Routes
from ohmstead.domain.campaigns import Rules
from ohmstead.fleet.campaigns import command_of, tell
from ohmstead.shapes.campaign import (
    Campaign,
    CampaignNew,
    CampaignState,
    CampaignStation,
    CampaignStationState,
    Selection,
)
from ohmstead.shapes.common import Page
from ohmstead.store import campaigns as engine
from ohmstead.store.resources import campaigns
from ohmstead.store.resources.listing import Cursor, Found, page_within, within

routes = Routes("Campaigns")

MOST = 100_000
PAGE = 1000


class CampaignQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    state: CampaignState | None = None


class CampaignStationQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    state: CampaignStationState | None = None


@routes.get("/campaigns", scope="campaigns:read")
async def list_campaigns(exchange: Exchange, query: CampaignQuery) -> Page[Campaign]:
    """Campaigns, newest first. A key that is limited to sites sees those that were made within them."""

    def turn(cursor: Cursor | None) -> Awaitable[Found]:
        return campaigns.page(exchange.db, exchange.tenant_id, limit=query.limit, cursor=cursor, state=query.state)

    found = await page_within(turn, exchange.sites, query.limit, position(query))
    forms = {row["id"]: await campaigns.form(exchange.db, row) for row in found.rows}
    return page(found, lambda row: forms[row["id"]])


@routes.post("/campaigns", scope="campaigns:write", status=201, gives=Campaign)
async def create_campaign(exchange: Exchange, body: CampaignNew) -> Answer:
    """Begin a campaign with the stations that meet the selection now. Those that are offline have their turn when they
    come back."""
    if not exchange.caller.may("commands:write"):
        raise Refused("forbidden", f"The key {exchange.caller.name!r} may not send commands (commands:write).")
    rules, command = _rules(body), _command(body)
    if body.rollback is not None:
        _check_rollback(body)
    chosen = await _selected(exchange, body.select)
    if not chosen:
        raise invalid("/select", "no station meets the selection")
    return await _begin(exchange, body, rules, command, chosen)


async def _begin(exchange: Exchange, body: CampaignNew, rules: Rules, command: str, chosen: list[int]) -> Answer:
    number, now = await exchange.context.ids.take(), runtime.now()
    kept = exchange.context.passwords.closed(command)
    async with exchange.transaction() as tx:
        await campaigns.add(tx, exchange.tenant_id, number, body, rules, kept, chosen, exchange.sites, now)
        told = {"type": body.type, "stations": len(chosen)}
        await exchange.audit(tx, "campaign.create", str(number), told)
        tell(tx, exchange.tenant_id, number, "running", None, now)
    row = await campaigns.find(exchange.db, exchange.tenant_id, str(number))
    assert row is not None
    made = exchange.made(await campaigns.form(exchange.db, row), Location=f"/api/v1/campaigns/{number}")
    await exchange.settle(made)
    return made


def _rules(new: CampaignNew) -> Rules:
    percents = [one.percent for one in new.waves or ()] or [100.0]
    if percents != sorted(set(percents)):
        raise invalid("/waves", "the percentages must rise: each counts the waves before it too")
    if percents[-1] != 100:
        raise invalid(f"/waves/{len(percents) - 1}/percent", "the last wave must end at 100")
    window = new.window
    if window is not None:
        try:
            zoneinfo.ZoneInfo(window.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise invalid("/window/time_zone", f"{window.time_zone!r} is no IANA time zone") from None
    return Rules(
        waves=tuple(percents),
        per_minute=new.per_minute,
        per_site_and_hour=new.per_site_and_hour,
        max_in_flight=new.max_in_flight,
        stop_at_failures_percent=new.stop_at_failures_percent,
        attempts=new.attempts,
        from_time=None if window is None else time.fromisoformat(window.from_time),
        to_time=None if window is None else time.fromisoformat(window.to_time),
    )


def _command(new: CampaignNew) -> str:
    try:
        return command_of(new)
    except msgspec.ValidationError as error:
        refused = bodies.refusal_of(error)
        raise invalid("/params", refused.detail) from None


def _check_rollback(new: CampaignNew) -> None:
    if new.type != "firmware":
        raise invalid("/rollback", "only a campaign of firmware has a way back that can be stated before")
    try:
        command_of(replace(new, params=new.rollback or {}))
    except msgspec.ValidationError as error:
        raise invalid("/rollback", bodies.refusal_of(error).detail) from None


async def _selected(exchange: Exchange, select: Selection) -> list[int]:
    """The numbers of the stations that meet it, within the sites of the key."""
    named = None if select.station_ids is None else set(select.station_ids)
    found: list[int] = []
    cursor: list[Any] | None = None
    given = {name: getattr(select, name) for name in StationFilter.__struct_fields__ if name != "sort"}
    while True:
        one = await matching(exchange, StationFilter(**given), limit=PAGE, cursor=cursor)
        found += [row["id"] for row in one.rows if named is None or row["identity"] in named]
        if len(found) > MOST:
            raise invalid("/select", f"more than {MOST:,} stations meet the selection")
        if one.cursor is None:
            return found
        cursor = one.cursor


@routes.get("/campaigns/{id}", scope="campaigns:read")
async def show_campaign(exchange: Exchange, id: str) -> Campaign:
    """One campaign, with how many stations are in which state."""
    return await campaigns.form(exchange.db, await _row(exchange, id))


@routes.get("/campaigns/{id}/stations", scope="campaigns:read")
async def list_campaign_stations(exchange: Exchange, id: str, query: CampaignStationQuery) -> Page[CampaignStation]:
    """Its stations, each with its state and the reason."""
    row = await _row(exchange, id)
    found = await campaigns.stations_page(
        exchange.db, exchange.tenant_id, exchange.sites, row["id"], limit=query.limit, cursor=position(query),
        state=query.state,
    )  # fmt: skip
    return page(found, campaigns.station_form)


@routes.post("/campaigns/{id}/pause", scope="campaigns:write", gives=Campaign)
async def pause_campaign(exchange: Exchange, id: str) -> Answer:
    """Begin no further station; what is under way goes on."""
    return await _turn(exchange, id, "running", "paused")


@routes.post("/campaigns/{id}/resume", scope="campaigns:write", gives=Campaign)
async def resume_campaign(exchange: Exchange, id: str) -> Answer:
    """Go on with a campaign that was paused."""
    return await _turn(exchange, id, "paused", "running")


@routes.post("/campaigns/{id}/cancel", scope="campaigns:write", gives=Campaign)
async def cancel_campaign(exchange: Exchange, id: str) -> Answer:
    """End it: stations that wait are skipped, what is under way goes on."""
    row = await _row(exchange, id)
    return await _turn(exchange, id, "paused" if row["state"] == "paused" else "running", "cancelled")


@routes.post("/campaigns/{id}/rollback", scope="campaigns:write", status=201, gives=Campaign)
async def roll_back_campaign(exchange: Exchange, id: str) -> Answer:
    """Begin a campaign that gives the stations of this one their former firmware, as its `rollback` says: all that were
    begun, however it went with them. Only of one that has ended."""
    if not exchange.caller.may("commands:write"):
        raise Refused("forbidden", f"The key {exchange.caller.name!r} may not send commands (commands:write).")
    row = await _row(exchange, id)
    asked = campaigns.said(row)
    if asked.rollback is None:
        raise Refused("conflict", "The campaign says no way back (rollback).")
    if row["state"] not in ("stopped", "done", "cancelled"):
        raise Refused("conflict", f"The campaign is {row['state']}: cancel it first.")
    chosen = await campaigns.touched(exchange.db, row["id"])
    if not chosen:
        raise Refused("conflict", "No station of it was begun.")
    back = replace(asked, params=asked.rollback, rollback=None, waves=None, stop_at_failures_percent=None)
    return await _begin(exchange, back, _rules(back), _command(back), chosen)


async def _turn(exchange: Exchange, id: str, was: str, to: Literal["running", "paused", "cancelled"]) -> Answer:
    row, now = await _row(exchange, id), runtime.now()
    async with exchange.transaction() as tx:
        if not await engine.set_state(tx, row["id"], was, to, None, row["wave"], now):
            raise Refused("conflict", f"The campaign is {row['state']}, not {was}.")
        if to == "cancelled":
            await engine.leave_out(tx, row["id"], "the campaign was cancelled", now)
        await exchange.audit(tx, f"campaign.{to}", id)
        tell(tx, exchange.tenant_id, row["id"], "resumed" if to == "running" else to, None, now)
    answer = exchange.made(await campaigns.form(exchange.db, await _row(exchange, id)), status=200)
    await exchange.settle(answer)
    return answer


async def _row(exchange: Exchange, id: str) -> dict[str, Any]:
    row = await campaigns.find(exchange.db, exchange.tenant_id, id)
    if row is None or not within(exchange.sites, row):
        raise not_found("campaign", id)
    return row
