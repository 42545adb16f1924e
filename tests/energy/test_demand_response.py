"""An event begun, kept and settled on a real database, with the control of sites beside it."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from ohmstead import runtime
from ohmstead.domain.demand import Target
from ohmstead.energy import demand_response
from ohmstead.energy.control import Control
from ohmstead.settings import Settings
from ohmstead.shapes.site import SiteNew
from ohmstead.store import demand_events
from ohmstead.store.demand_events import Event
from ohmstead.store.ids import ROWS, Ids
from ohmstead.store.resources import demand_events as shown
from ohmstead.store.resources import energy, sites
from ohmstead.store.statement import Statement
from ohmstead.store.tables import feed, outbox, site_limits
from tests.conftest import until
from tests.energy.test_control import Depot, depot  # noqa: F401

pytestmark = pytest.mark.anyio
SECOND = 1_000_000


async def begun(depot: Depot, target: Target, **given) -> Event:  # noqa: F811
    now = runtime.now()
    event = Event(7, 1, "evening", None, "scheduled", [11], [], now, now + 1800 * SECOND, target, 0, 0, [], now)
    async with depot.db.transaction() as tx:
        await demand_events.add(tx, event._replace(**given), "api")
    await advance(depot)
    return await event_now(depot)


async def advance(depot: Depot) -> None:  # noqa: F811
    await demand_response.advance(depot.db, Ids(depot.db, ROWS, 20), runtime.now())


async def event_now(depot: Depot) -> Event:  # noqa: F811
    return demand_events.event_of(await shown.find(depot.db, 1, "7"))


async def told(depot: Depot) -> list[str]:  # noqa: F811
    await until(lambda: all_numbered(depot))
    rows = await depot.db.fetch_many(Statement(select(feed.c.type).order_by(feed.c.sequence)))
    return [row[0] for row in rows if "demand" in row[0]]


async def all_numbered(depot: Depot) -> bool:  # noqa: F811
    return not await depot.db.fetch_many(Statement(select(outbox.c.id)))


async def test_a_site_stands_for_all_below_it(depot: Depot) -> None:  # noqa: F811
    async with depot.db.transaction() as tx:
        await sites.add(tx, 1, 10, SiteNew(name="Estate"), runtime.now())
        assert await sites.change(tx, 1, 11, 1, {"parent_id": 10})
    depot.clock.advance(1000)
    await depot.plug(1)
    await depot.measures(1, 9000)
    assert await demand_response.baseline(depot.db, 10, runtime.now()) == 9000  # of this time no samples are kept
    for _ in range(2):
        await depot.turn(60)
    event = await begun(depot, Target(shed_percent=50), site_ids=[10])
    assert [(one.site_id, one.baseline_w, one.limit_w) for one in event.shares] == [(10, 9000, 4500)]
    await depot.measures(1, 4500)
    await depot.turn(60)
    (interval,) = await demand_response.settlement(depot.db, event, runtime.now() + 1)
    # the sample of its first moment is in it too
    assert (interval.asked_w, interval.measured_w, interval.shed_w) == (4500, 6750, 2250)


async def test_an_event_from_its_start_over_a_restart_to_its_settlement(depot: Depot) -> None:  # noqa: F811
    await depot.answer()
    for n in (1, 2):
        await depot.plug(n)
    await depot.turn()
    await depot.answer()
    for _ in range(15):
        for n in (1, 2):
            await depot.measures(n, 20 * 690)
        await depot.turn(60)
        await depot.answer()
    event = await begun(depot, Target(shed_percent=50))
    assert [(one.baseline_w, one.limit_w) for one in event.shares] == [(27_600, 13_800)]
    await depot.turn(1)
    kinds = ("TxDefaultProfile", "TxProfile")  # the fail-safe follows
    assert await depot.orders() == [(kind, n, 10.0) for kind in kinds for n in (1, 2)]
    await depot.answer()
    depot.control = Control(depot.db, Settings(), "test")  # a restart
    for _ in range(29):
        for n in (1, 2):
            await depot.measures(n, 10 * 690)
        await depot.turn(60)
        assert all(amps <= 10 for purpose, _, amps in await depot.orders() if purpose == "TxProfile")
        await depot.answer()
    await depot.turn(60)
    await advance(depot)
    await depot.turn(20)
    assert ("TxProfile", 1, 20.0) in await depot.orders()
    event = await event_now(depot)
    form = shown.report_form(event, await demand_response.settlement(depot.db, event, runtime.now()))
    assert (form.state, form.complete, len(form.intervals)) == ("done", True, 2)
    falling = (27_600 + 14 * 13_800) / 15  # the first sample is of the first second
    assert [(one.asked_w, one.measured_w) for one in form.intervals] == [(13_800, falling), (13_800, 13_800)]
    assert (form.shed_wh, form.asked_shed_wh) == (6_670, 6_900)
    by_site = await demand_response.settlement_by_site(depot.db, event, runtime.now())
    whole = shown.settlement_form(event.start, event.end, [(event, by_site), (event, {11: by_site[11], 12: []})])
    assert (whole.shed_wh, whole.asked_shed_wh, whole.complete) == (13_340, 13_800, False)  # site 12 told nothing
    assert [(one.site_id, one.events, one.shed_wh, one.complete) for one in whole.sites] == [
        ("11", 2, 13_340, True), ("12", 1, 0, False),
    ]  # fmt: skip
    assert [(one.shed_wh, one.complete) for one in whole.data] == [(6_670, True), (6_670, False)]
    rows = await demand_events.between(depot.db, 1, event.start - 1, event.end, 5)
    assert [row["id"] for row in rows] == [7]
    assert await demand_events.between(depot.db, 1, event.end, event.end + 1, 5) == []
    assert await told(depot) == ["ohmstead.demand_response.started", "ohmstead.demand_response.ended"]


async def test_without_samples_the_baseline_is_what_is_drawn_now(depot: Depot) -> None:  # noqa: F811
    now = runtime.now()
    async with depot.db.transaction() as tx:
        await sites.add(tx, 1, 12, SiteNew(name="Yard"), now)
        await energy.put_load(tx, 1, 12, 0, [10, 10, 10], now)
    assert await demand_response.baseline(depot.db, 12, now) == 6_900
    assert await demand_response.baseline(depot.db, 99, now) == 0


async def test_who_opted_out_has_no_limit_and_what_was_missed_ends(depot: Depot) -> None:  # noqa: F811
    event = await begun(depot, Target(limit_w=5_000), opt_out=[11])
    assert (event.state, event.shares) == ("active", [])
    assert await depot.db.fetch_many(Statement(select(site_limits.c.id))) == []
    async with depot.db.transaction() as tx:
        assert await demand_response.end(tx, event, "cancelled", [], runtime.now())
        assert not await demand_response.end(tx, event, "cancelled", [], runtime.now())
    assert json.loads((await shown.find(depot.db, 1, "7"))["opt_out"]) == [11]
