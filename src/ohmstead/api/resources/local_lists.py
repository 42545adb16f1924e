"""Local authorisation lists."""

from __future__ import annotations

from ohmstead import runtime
from ohmstead.api.exchange import Exchange
from ohmstead.api.problems import Refused
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.shapes.token import LocalList
from ohmstead.store import local_lists

routes = Routes("Tokens")


@routes.get("/stations/{id}/local-list", scope="tokens:read")
async def show_local_list(exchange: Exchange, id: str) -> LocalList:
    """The tokens that the station may accept by itself. 404: it never got a list; the command `send_local_list` makes
    one, which is then kept in step."""
    station = await wanted(exchange, id)
    held = await local_lists.find(exchange.db, station["id"])
    if held is None:
        raise Refused("not-found", f"Station {id} never got a local list; the command send_local_list sends one.")
    return LocalList(
        version=held.version,
        entries=None if held.entries is None else len(held.entries),
        reason=held.reason,
        tokens=sorted(one.token for one in (held.entries or {}).values()),
        updated_at=runtime.to_datetime(held.updated_at),
    )
