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
    if not id.isascii() or not id.isdigit() or len(id) > 18:
        return None
    found = await _LIST.page(db, tenant_id, None, order="id", limit=1, which=int(id))
    return found.rows[0] if found.rows else None


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
