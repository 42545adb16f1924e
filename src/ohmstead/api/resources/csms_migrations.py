"""B10: a station is led to another CSMS, or to another address of this one."""

from __future__ import annotations

from typing import Any

import msgspec

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.problems import Refused, not_found
from ohmstead.api.resources.commands import WaitQuery, ask
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.blocks.migrated import end
from ohmstead.domain import csms_migration as rules
from ohmstead.shapes.command import Command
from ohmstead.shapes.station import CsmsMigration, MigrationAnswer, MigrationNew
from ohmstead.store import csms_migrations
from ohmstead.store.sessions import find_station

routes = Routes("Stations")


@routes.post("/stations/{id}/migration", scope="stations:write", status=202, gives=Command, also=(200,))
async def migrate_station(exchange: Exchange, id: str, query: WaitQuery, body: MigrationNew) -> Answer:
    """Lead a station to another CSMS, or to another address of this one (B10); its old slot stays as the way back.

    `migration` of the station says at which step it is, as do the events `ohmstead.station.csms_migration`.
    `confirmed`: it is there. `unconfirmed`: it fell back, or is missed; the reason says which.
    """
    await wanted(exchange, id)
    fields: dict[str, Any] = {name: getattr(body, name) for name in MigrationNew.__struct_fields__}
    command = {"type": "migrate"} | {name: value for name, value in fields.items() if value is not None}
    return await ask(exchange, id, msgspec.json.encode(command), query)


@routes.post("/stations/{id}/migration/answer", scope="stations:write", status=200, gives=CsmsMigration)
async def answer_migration(exchange: Exchange, id: str, body: MigrationAnswer) -> CsmsMigration:
    """Say whether the station has arrived at the new place: for who has looked at the other side. 409 where that is
    not waited for."""
    await wanted(exchange, id)
    station = await find_station(exchange.db, exchange.tenant_id, id)
    if station is None:
        raise not_found("station", id)
    one = rules.read(station.csms_migration)
    if one is None:
        raise Refused("conflict", "The station is not on its way to anywhere.")
    now = runtime.now()
    try:
        after = rules.answered(one, body.arrived, now)
    except ValueError as error:
        raise Refused("conflict", f"{str(error)[0].upper()}{str(error)[1:]}.") from None
    async with exchange.db.transaction() as tx:
        if not await end(tx, station, station.csms_migration, after, now):
            raise Refused("conflict", "It was moved on in this moment: look again.")
        await exchange.audit(tx, "station.migration_answer", id, {"arrived": body.arrived})
    return csms_migrations.form(after)
