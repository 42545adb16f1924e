"""Stations that come back with another version of OCPP, or would."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from ohmstead.api.exchange import Exchange
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.blocks import version_change
from ohmstead.domain.version_change import ends_transactions
from ohmstead.shapes.common import OcppVersion, Page
from ohmstead.shapes.version_change import UpgradeCheck, VersionChange
from ohmstead.store import monitors
from ohmstead.store.resources import version_changes
from ohmstead.store.sessions import load_state

routes = Routes("Stations")
ORDER: tuple[OcppVersion, ...] = ("1.6", "2.0.1", "2.1")


class UpgradeQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    to: Annotated[OcppVersion | None, Meta(description="the new version; the next one unless said")] = None


@routes.get("/stations/{id}/upgrade-check", scope="stations:read")
async def check_upgrade(exchange: Exchange, id: str, query: UpgradeQuery) -> UpgradeCheck:
    """The dry run: what would become of a station's settings, transactions and monitors if it came back with another
    version of OCPP. Nothing is changed, and the station is not asked."""
    row = await wanted(exchange, id)
    was: Any = row["ocpp_version"]
    if was is None:
        raise Refused("conflict", f"The station {id} never connected: nothing is known that could be carried over.")
    to: Any = query.to or ORDER[min(ORDER.index(was) + 1, len(ORDER) - 1)]
    if to == was:
        raise Refused("conflict", f"The station {id} speaks OCPP {was} already; name another version with `to`.")
    plan = await version_change.check(exchange.db, row["id"], to)
    state = await load_state(exchange.db, row["id"])
    ended = state.transactions.values() if ends_transactions(was, to) else ()
    return UpgradeCheck(
        station_id=id,
        was=was,
        now=to,
        settings=version_changes.fates_form(plan.fates),
        transactions=[str(one.id) for one in ended],
        monitors=len(await monitors.load(exchange.db, row["id"])) if to == "1.6" else 0,
        notes=version_change.notes(row["security_profile"], was, to),
    )


@routes.get("/stations/{id}/version-changes", scope="stations:read")
async def list_version_changes(exchange: Exchange, id: str, query: PageQuery) -> Page[VersionChange]:
    """When a station came back with another version of OCPP, and what became of its settings; newest first."""
    station = (await wanted(exchange, id))["id"]
    found = await version_changes.page(
        exchange.db, exchange.tenant_id, station=station, limit=query.limit, cursor=position(query)
    )
    return page(found, version_changes.form)
