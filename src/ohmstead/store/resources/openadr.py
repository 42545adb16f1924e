"""Events of a VTN of OpenADR as the API lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from ohmstead.runtime import to_datetime
from ohmstead.shapes.openadr import OpenAdrAsked, OpenAdrEvent
from ohmstead.store.db import Db
from ohmstead.store.openadr import Kept
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites
from ohmstead.store.tables import openadr_events

_o = openadr_events.c
_LIST = Listing(
    select(openadr_events), tenant=_o.tenant_id, site=None, orders={"first_at": (_o.first_at, _o.event_id)},
    filters={"state": _o.state == bindparam("state"), "report_state": _o.report_state == bindparam("report_state")},
)  # fmt: skip


async def page(
    db: Db, tenant_id: int, *, limit: int, cursor: Cursor | None, state: str | None, report_state: str | None
) -> Found:
    """Those that were seen last come first."""
    return await _LIST.page(
        db, tenant_id, None, order="-first_at", limit=limit, cursor=cursor, state=state, report_state=report_state
    )


def form(row: Mapping[str, Any], sites: Sites = None) -> OpenAdrEvent:
    """The event as the API shows it; of what it asks only what is asked of `sites` (None: all)."""
    asked = msgspec.json.decode(row["asked"], type=list[Kept])
    seen = [one for one in asked if sites is None or set(one.asked.site_ids) & set(sites)]
    return OpenAdrEvent(
        id=row["event_id"],
        program_id=row["program_id"],
        state=row["state"],
        asked=[_asked(one, sites) for one in seen],
        notes=msgspec.json.decode(row["notes"]),
        report=msgspec.json.decode(row["report"]),
        report_state=row["report_state"],
        modified=row["modified"],
        first_seen_at=to_datetime(row["first_at"]),
    )


def _asked(one: Kept, sites: Sites) -> OpenAdrAsked:
    asked, target = one.asked, one.asked.target
    return OpenAdrAsked(
        key=asked.key, target=asked.target_name,
        site_ids=[str(site) for site in asked.site_ids if sites is None or site in sites],
        start=to_datetime(asked.start), end=to_datetime(asked.end), limit_w=target.limit_w, shed_w=target.shed_w,
        shed_percent=target.shed_percent, demand_event_id=None if one.id is None else str(one.id),
    )  # fmt: skip
