"""Events of demand response begun and ended in their time.

An event is a row; at its start each site gets its limit, from then on the control of sites keeps it (control.py). All
of it is in the database, so a restart in an event changes nothing, and one that was missed by a while begins late.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ohmstead import runtime
from ohmstead.blocks.charging_reports import SITE_TOPIC
from ohmstead.domain.demand import BASELINE_S, Interval, Reading, Share, mean, report, spread
from ohmstead.domain.profiles import SECOND, VOLTAGE
from ohmstead.store import demand_events
from ohmstead.store import energy as sites
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.db import Event as FeedEvent
from ohmstead.store.demand_events import Event
from ohmstead.store.energy import SiteRow
from ohmstead.store.ids import Ids


async def advance(db: Db, numbers: Ids, now: int) -> int:
    """Begin and end what is due; how many events that were."""
    found = await demand_events.due(db, now)
    for event in found:
        try:
            if event.state == "scheduled" and now < event.end:
                await _begin(db, event, numbers, now)
            else:
                intervals = await settlement(db, event, now)
                async with db.transaction() as tx:
                    await end(tx, event, "done", intervals, now)
        except Exception as error:
            runtime.log.exception("a demand response event stands still", demand_event=event.id, error=repr(error))
    return len(found)


async def _begin(db: Db, event: Event, numbers: Ids, now: int) -> None:
    baselines = {site: await baseline(db, site, _before(event)) for site in event.taking_part}
    shares = spread(event.target, baselines)
    ids = [await numbers.take() for _ in shares]
    async with db.transaction() as tx:
        if not await demand_events.move(tx, event.id, "scheduled", "active"):
            return  # cancelled in this moment
        await demand_events.share(tx, event, shares, ids, now)
        ring(tx, event.taking_part)
        tell(tx, event, "started", now, {"sites": [_share(one) for one in shares]})


def _before(event: Event) -> int:
    return max(event.start, event.created_at) if event.baseline_at is None else event.baseline_at


def _share(one: Share) -> dict[str, Any]:
    return {"site_id": str(one.site_id), "baseline_w": round(one.baseline_w, 1), "limit_w": round(one.limit_w, 1)}


async def end(tx: Tx, event: Event, state: str, intervals: Iterable[Interval], now: int) -> bool:
    """End it, done or cancelled: its limits go; what came of it is in the feed. False: somebody else ended it."""
    if not await demand_events.move(tx, event.id, event.state, state):
        return False
    if state == "cancelled" and event.state == "active":
        await demand_events.shorten(tx, event.id, now)
    ring(tx, await demand_events.unlimit(tx, event.id))
    measured = [one.shed_w * (one.end - one.start) for one in intervals if one.shed_w is not None]
    shed_wh = round(sum(measured) / SECOND / 3600, 1)
    tell(tx, event, "ended" if state == "done" else state, now, {"shed_wh": shed_wh})
    return True


async def settlement(db: Db, event: Event, now: int) -> list[Interval]:
    """What was asked and measured until now, by interval, of the sites that take part."""
    shares = [one for one in event.shares if one.site_id not in event.opt_out]
    until = min(event.end, now)
    if not shares or until <= event.start:
        return []
    every = await sites.load_sites(db)
    found = {one.site_id: await _readings(db, one.site_id, every, event.start, until) for one in shares}
    return report(shares, found, event.start, until, event.ramp_s)


async def settlement_by_site(db: Db, event: Event, now: int) -> dict[int, list[Interval]]:
    """The same for each site alone; what one site did not tell leaves the others' sums as they are."""
    mine = [one for one in event.shares if one.site_id not in event.opt_out]
    return {one.site_id: await settlement(db, event._replace(shares=[one]), now) for one in mine}


async def baseline(db: Db, site: int, at: int) -> float:
    """What a site drew, with those below it, on average in the 15 minutes before; where no samples are kept, what they
    draw now, in W."""
    since, every = at - BASELINE_S * SECOND, await sites.load_sites(db)
    kept = mean(await _readings(db, site, every, since, at), since, at)
    if kept is not None:
        return kept
    drawn = 0.0
    for row in sites.below([site], every):
        state = await sites.load_site(db, row)
        drawn += sum(max(0.0, one.power[1]) for one in state.active if one.power is not None)
        drawn += sum(sum(load) for load, _ in state.loads.values()) * VOLTAGE
    return drawn


async def _readings(db: Db, site: int, every: Mapping[int, SiteRow], since: int, before: int) -> list[Reading]:
    return await demand_events.readings(db, [one.id for one in sites.below([site], every)], since, before)


def ring(tx: Tx, sites: Iterable[int]) -> None:
    """The control shall look at these sites at once."""
    for site in sites:
        tx.ring(SITE_TOPIC, str(site))


def tell(tx: Tx, event: Event, what: str, now: int, more: dict[str, Any] | None = None) -> None:
    """Put it into the feed."""
    data = {
        "id": str(event.id), "name": event.name, "site_ids": [str(one) for one in event.site_ids],
        "opt_out": [str(one) for one in event.opt_out], "from": runtime.rfc3339(event.start),
        "to": runtime.rfc3339(event.end), **(more or {}),
    }  # fmt: skip
    tx.emit(FeedEvent(event.tenant_id, f"ohmstead.demand_response.{what}", None, now, encode(data)))
