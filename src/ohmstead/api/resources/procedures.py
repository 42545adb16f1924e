"""What a station does in the background: updates, logs, reports; display messages and battery swaps."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ohmstead.api.exchange import Exchange
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import not_found
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.domain.battery_swaps import Swap
from ohmstead.domain.procedures import Procedure as Kept
from ohmstead.shapes.battery_swap import BatterySwap
from ohmstead.shapes.common import Page
from ohmstead.shapes.display_message import DisplayMessage
from ohmstead.shapes.procedure import Procedure, ProcedureKind, ProcedureState
from ohmstead.store.battery_swaps import swap_of
from ohmstead.store.forms import battery_swap_form, procedure_form
from ohmstead.store.procedures import procedure_of
from ohmstead.store.resources import files, procedures

routes = Routes("Procedures")


class ProcedureQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: ProcedureKind | None = None
    state: ProcedureState | None = None


class LogQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    state: ProcedureState | None = None


async def _page(exchange: Exchange, id: str, query: PageQuery, **filters: Any) -> Page[Procedure]:
    station = (await wanted(exchange, id))["id"]
    found = await procedures.page(
        exchange.db, exchange.tenant_id, procedures.PROCEDURES, "-asked_at", limit=query.limit,
        cursor=position(query), station=station, **filters,
    )  # fmt: skip
    return page(found, lambda row: procedure_form(id, _kept(row)))


def _kept(row: dict[str, Any]) -> Kept:
    return procedure_of([row[name] for name in Kept.__struct_fields__])


async def _with_file(exchange: Exchange, one: Procedure) -> Procedure:
    """With the file that came of it, the newest where the station tried several times."""
    found = await files.page(exchange.db, exchange.tenant_id, None, limit=1, procedure=one.id)
    return replace(one, told={**one.told, "file_id": str(found.rows[0]["id"])}) if found.rows else one


@routes.get("/stations/{id}/procedures", scope="stations:read")
async def list_procedures(exchange: Exchange, id: str, query: ProcedureQuery) -> Page[Procedure]:
    """Updates of firmware, uploads of logs, reports on customers and displays: what was asked, each status, how it
    ended; newest first."""
    return await _page(exchange, id, query, kind=query.kind, state=query.state)


@routes.get("/stations/{id}/procedures/{procedure}", scope="stations:read")
async def show_procedure(exchange: Exchange, id: str, procedure: str) -> Procedure:
    """One procedure; `told.file_id` is what the station uploaded, `told.result` what it reported."""
    station = (await wanted(exchange, id))["id"]
    found = await procedures.page(
        exchange.db, exchange.tenant_id, procedures.PROCEDURES, "asked_at", limit=1, station=station, which=procedure
    )
    if not found.rows:
        raise not_found("procedure", procedure)
    return await _with_file(exchange, procedure_form(id, _kept(found.rows[0])))


@routes.get("/stations/{id}/logs", scope="stations:read")
async def list_logs(exchange: Exchange, id: str, query: LogQuery) -> Page[Procedure]:
    """Logs and diagnostics that the station was asked for, newest first; `GET /files/{told.file_id}/content` is the
    upload."""
    found = await _page(exchange, id, query, kind="log", state=query.state)
    return replace(found, data=[await _with_file(exchange, one) for one in found.data])


@routes.get("/stations/{id}/display-messages", scope="stations:read")
async def list_display_messages(exchange: Exchange, id: str, query: PageQuery) -> Page[DisplayMessage]:
    """The messages on the station's displays, as far as they are known; `get_display_messages` asks it anew."""
    station = (await wanted(exchange, id))["id"]
    found = await procedures.page(
        exchange.db, exchange.tenant_id, procedures.DISPLAY, "id", limit=query.limit, cursor=position(query),
        station=station,
    )  # fmt: skip
    return page(found, procedures.display_form)


@routes.get("/stations/{id}/battery-swaps", scope="stations:read")
async def list_battery_swaps(exchange: Exchange, id: str, query: PageQuery) -> Page[BatterySwap]:
    """Battery swaps of a 2.1 station, newest first."""
    station = (await wanted(exchange, id))["id"]
    found = await procedures.page(
        exchange.db, exchange.tenant_id, procedures.SWAPS, "-id", limit=query.limit, cursor=position(query),
        station=station,
    )  # fmt: skip
    return page(found, lambda row: battery_swap_form(id, swap_of([row[name] for name in Swap.__struct_fields__])))
