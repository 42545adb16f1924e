"""When the certificates of a fleet end, counted for each week and site; how their renewals stand, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, case, func, literal_column, select

from ohmstead.shapes.certificate import ExpiryBucket, RenewalCount
from ohmstead.store.db import Db
from ohmstead.store.renewals import CURRENT
from ohmstead.store.resources.certificates import IN_RENEWAL, STUCK
from ohmstead.store.resources.listing import Sites, in_sites, site_arguments
from ohmstead.store.statement import Statement
from ohmstead.store.tables import certificates, renewals, stations

_c, _s, _r = certificates.c, stations.c, renewals.c
WEEK = 7 * 86_400_000_000
_MONDAY = datetime(1969, 12, 29, tzinfo=UTC)
_SINCE_MONDAY = 3 * 86_400_000_000
"""Microseconds from the Monday before 1970 to its beginning."""
MOST = 20_000
"""Buckets in an answer: ten years of weeks for forty sites."""


async def expiry(db: Db, tenant_id: int, sites: Sites, *, by_week: bool, by_site: bool) -> list[ExpiryBucket]:
    """Certificates that stations come in with, of several the one that ends last; the first to end first."""
    statement = _counting(by_week, by_site, None if sites is None else len(sites))
    rows = await db.fetch_many(statement, tenant=tenant_id, **site_arguments(sites))
    return [_bucket(row, by_week=by_week, by_site=by_site) for row in rows]


@cache
def _counting(by_week: bool, by_site: bool, sites: int | None) -> Statement:
    # written into the text: PostgreSQL takes two parameters for two things, even where they are the same number
    week = literal_column(f"((certificates.not_after + {_SINCE_MONDAY}) / {WEEK})", BigInteger)
    columns = ([week.label("week")] if by_week else []) + ([_s.site_id] if by_site else [])
    query: Select[Any] = (
        select(*columns, func.count(), func.sum(case((_r.state.in_(STUCK), 1), else_=0)))
        .select_from(
            certificates.join(stations, _s.id == _c.station_id).outerjoin(renewals, _r.certificate_id == _c.id)
        )
        .where(CURRENT, _c.tenant_id == bindparam("tenant"), _s.archived_at.is_(None))
        .group_by(*columns)
        .order_by(*columns)
        .limit(MOST)
    )
    if sites is not None:
        query = query.where(in_sites(_s.site_id, sites))
    return Statement(query)


def _bucket(row: Any, *, by_week: bool, by_site: bool) -> ExpiryBucket:
    found = list(row)
    week = (_MONDAY + timedelta(weeks=int(found.pop(0)))).date() if by_week else None
    site = found.pop(0) if by_site else None
    return ExpiryBucket(
        week=week, site_id=None if site is None else str(site), certificates=int(found[0]), in_trouble=int(found[1])
    )


MOST_REASONS = 200


async def renewal_counts(db: Db, tenant_id: int, sites: Sites) -> list[RenewalCount]:
    """How the renewals stand, by state and reason, the most frequent first."""
    statement = _counting_renewals(None if sites is None else len(sites))
    rows = await db.fetch_many(statement, tenant=tenant_id, **site_arguments(sites))
    return [RenewalCount(state=row[0], reason=row[1], certificates=int(row[2])) for row in rows]


@cache
def _counting_renewals(sites: int | None) -> Statement:
    how_many = func.count()
    query: Select[Any] = (
        select(_r.state, _r.reason, how_many)
        .select_from(renewals.join(certificates, _r.certificate_id == _c.id).join(stations, _s.id == _c.station_id))
        .where(IN_RENEWAL, _c.tenant_id == bindparam("tenant"), _s.archived_at.is_(None))
        .group_by(_r.state, _r.reason)
        .order_by(how_many.desc(), _r.state, _r.reason)
        .limit(MOST_REASONS)
    )
    if sites is not None:
        query = query.where(in_sites(_s.site_id, sites))
    return Statement(query)
