"""A05: a station is guided to another security profile."""

from __future__ import annotations

from typing import Any

import msgspec

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.problems import Refused, not_found
from ohmstead.api.resources.commands import WaitQuery, ask
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.blocks.upgrading import check, endpoint
from ohmstead.domain.upgrade import Forbidden
from ohmstead.shapes.command import Command
from ohmstead.shapes.common import profile_number
from ohmstead.shapes.station import UpgradeNew
from ohmstead.store.sessions import find_station

routes = Routes("Stations")


@routes.post("/stations/{id}/security-profile", scope="stations:write", status=202, gives=Command, also=(200,))
async def upgrade_station(exchange: Exchange, id: str, query: WaitQuery, body: UpgradeNew) -> Answer:
    """Guide a station to another security profile (A05); the lower one is refused once it has proved the new one.

    `upgrade` of the station says at which step it is, as do the events `ohmstead.station.security_profile_upgrade`.
    `confirmed`: it came with the new profile and booted. 409 says what must be done first.
    """
    await wanted(exchange, id)
    station = await find_station(exchange.db, exchange.tenant_id, id)
    if station is None:
        raise not_found("station", id)
    to = profile_number(body.security_profile)
    url = body.url or await endpoint(exchange.db, exchange.context.settings, station.tenant_id, to)
    try:
        await check(exchange.db, station, to, url, runtime.now())
    except Forbidden as forbidden:
        raise Refused("conflict", str(forbidden)) from None
    fields: dict[str, Any] = {"url": url, "slot": body.slot, "interface": body.interface, "when": body.when}
    command = {"type": "upgrade_security_profile", "security_profile": to}
    command |= {name: value for name, value in fields.items() if value is not None}
    return await ask(exchange, id, msgspec.json.encode(command), query)
