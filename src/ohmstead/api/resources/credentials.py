"""Passwords of stations: give another one (A01), take the former one back."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.expanding import SiteExpansion
from ohmstead.api.problems import Refused
from ohmstead.api.resources.commands import WaitQuery, ask
from ohmstead.api.resources.stations import Row, show_station, wanted
from ohmstead.api.routes import Routes
from ohmstead.shapes.command import Command, Rotation
from ohmstead.shapes.station import CredentialsNew, Station
from ohmstead.store import credentials

routes = Routes("Stations")


@routes.post("/stations/{id}/credentials", scope="stations:write", status=202, gives=Rotation, also=(200,))
async def rotate_password(exchange: Exchange, id: str, query: WaitQuery, body: CredentialsNew) -> Answer:
    """Give a station another password. It is asked first, and both are taken only while its answer is unknown.

    A password that is left out is made and shown only in this answer; it counts once the command is `accepted`.
    """
    await _with_password(exchange, id)
    made = secrets.token_hex(16) if body.password is None else None
    command = {"type": "set_password", "password": made or body.password}

    def shown(one: Command) -> Command:
        fields: dict[str, Any] = {name: getattr(one, name) for name in Command.__struct_fields__}
        return Rotation(**fields, password=made)

    return await ask(exchange, id, msgspec.json.encode(command), query, shown, secret=made is not None)


@routes.post("/stations/{id}/credentials/restore", scope="stations:write", status=200, gives=Station)
async def restore_password(exchange: Exchange, id: str) -> Answer:
    """Take the former password of a station again instead of the present one; possible for 7 days after a change."""
    row = await _with_password(exchange, id)
    async with exchange.transaction() as tx:
        if not await credentials.restore(tx, row["id"], runtime.now()):
            raise Refused("conflict", "There is no former password of the last 7 days.")
        await exchange.audit(tx, "station.restore_password", id)
    return await show_station(exchange, id, SiteExpansion())


async def _with_password(exchange: Exchange, id: str) -> Row:
    row = await wanted(exchange, id)
    if row["security_profile"] not in (1, 2):
        raise Refused("conflict", f"Security profile {row['security_profile']} has no password.")
    return row
