"""Events of demand response as the API lists and shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from ohmstead.domain.demand import Interval
from ohmstead.domain.profiles import SECOND
from ohmstead.runtime import to_datetime
from ohmstead.shapes import demand_event as shape
from ohmstead.store.db import Db
from ohmstead.store.demand_events import Event
from ohmstead.store.resources.listing import Cursor, Found, Listing
from ohmstead.store.tables import demand_events

_e = demand_events.c
_LIST = Listing(
    select(demand_events), tenant=_e.tenant_id, site=None, orders={"id": (_e.id,)},
    filters={"which": _e.id == bindparam("which"), "state": _e.state == bindparam("state")},
)  # fmt: skip


async def page(db: Db, tenant_id: int, *, limit: int, cursor: Cursor | None, state: str | None) -> Found:
    """Newest first."""
    return await _LIST.page(db, tenant_id, None, order="-id", limit=limit, cursor=cursor, state=state)


async def find(db: Db, tenant_id: int, id: str) -> dict[str, Any] | None:
    return await _LIST.find(db, tenant_id, None, id)


def form(row: Mapping[str, Any]) -> shape.DemandEvent:
    """The event as the API shows it."""
    shares = msgspec.json.decode(row["shares"])
    return shape.DemandEvent(
        id=str(row["id"]),
        name=row["name"],
        source=row["source"],
        source_id=row["source_id"],
        state=row["state"],
        site_ids=[str(one) for one in msgspec.json.decode(row["site_ids"])],
        opt_out=[str(one) for one in msgspec.json.decode(row["opt_out"])],
        start=to_datetime(row["start_at"]),
        end=to_datetime(row["end_at"]),
        limit_w=row["limit_w"],
        shed_w=row["shed_w"],
        shed_percent=row["shed_percent"],
        ramp_s=row["ramp_s"],
        priority=row["priority"],
        sites=[
            shape.DemandShare(
                site_id=str(one["site_id"]), baseline_w=round(one["baseline_w"], 1), limit_w=round(one["limit_w"], 1)
            )
            for one in shares
        ],
        created_at=to_datetime(row["created_at"]),
    )


def _energy(intervals: Sequence[Interval]) -> tuple[float, float, bool]:
    """Wh that were asked to be shed and that were, of what was measured; and whether all was."""
    known = [(one, one.shed_w, (one.end - one.start) / SECOND / 3600) for one in intervals]
    asked = sum((one.baseline_w - one.asked_w) * hours for one, shed, hours in known if shed is not None)
    shed = sum(shed * hours for _, shed, hours in known if shed is not None)
    return asked, shed, bool(known) and all(one is not None for _, one, _ in known)


def settlement_form(
    start: int, end: int, found: Sequence[tuple[Event, Mapping[int, Sequence[Interval]]]]
) -> shape.DemandSettlement:
    """Events with the intervals of each of their sites, summed up."""
    events: list[shape.SettledEvent] = []
    sites: dict[int, list[tuple[float, float, bool]]] = {}
    for event, by_site in found:
        parts = {site: _energy(intervals) for site, intervals in by_site.items()}
        for site, part in parts.items():
            sites.setdefault(site, []).append(part)
        asked, shed, complete = _sum(list(parts.values()))
        events.append(
            shape.SettledEvent(
                id=str(event.id), name=event.name, state=event.state,  # type: ignore[arg-type]
                start=to_datetime(event.start), end=to_datetime(event.end), asked_shed_wh=asked, shed_wh=shed,
                complete=complete and event.state != "active",
            )
        )  # fmt: skip
    shown = []
    for site, parts_ in sorted(sites.items()):
        asked, shed, complete = _sum(parts_)
        shown.append(
            shape.SettledSite(
                site_id=str(site), events=len(parts_), asked_shed_wh=asked, shed_wh=shed, complete=complete
            )
        )
    asked, shed, _ = _sum([(one.asked_shed_wh, one.shed_wh, one.complete) for one in events])
    return shape.DemandSettlement(
        start=to_datetime(start), end=to_datetime(end), asked_shed_wh=asked, shed_wh=shed,
        complete=all(one.complete for one in events), sites=shown, data=events,
    )  # fmt: skip


def _sum(parts: Sequence[tuple[float, float, bool]]) -> tuple[float, float, bool]:
    asked, shed = (round(sum(one[n] for one in parts), 1) for n in (0, 1))
    return asked, shed, bool(parts) and all(one[2] for one in parts)


def report_form(event: Event, intervals: Sequence[Interval]) -> shape.DemandReport:
    """The settlement of an event."""
    known = [(one, one.shed_w, (one.end - one.start) / SECOND / 3600) for one in intervals]
    return shape.DemandReport(
        id=str(event.id),
        state=event.state,  # type: ignore[arg-type]  # the table holds no other
        intervals=[
            shape.DemandInterval(
                start=to_datetime(one.start),
                end=to_datetime(one.end),
                asked_w=round(one.asked_w, 1),
                baseline_w=round(one.baseline_w, 1),
                measured_w=None if one.measured_w is None else round(one.measured_w, 1),
                shed_w=None if one.shed_w is None else round(one.shed_w, 1),
            )
            for one in intervals
        ],
        shed_wh=round(sum(shed * hours for _, shed, hours in known if shed is not None), 1),
        asked_shed_wh=round(
            sum((one.baseline_w - one.asked_w) * hours for one, shed, hours in known if shed is not None), 1
        ),
        complete=event.state == "done" and bool(known) and all(shed is not None for _, shed, _ in known),
    )
