"""Many stations at once, from CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

import msgspec

from ohmstead import runtime
from ohmstead.api import bodies
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.problems import Refused, invalid
from ohmstead.api.resources.stations import initial_password, insert_station, reachable_site
from ohmstead.api.routes import Routes
from ohmstead.shapes.station import Imported, ImportReport, NotImported, StationNew

routes = Routes("Stations")

NUMBERS = frozenset({"security_profile", "allow_expired_certificate"})
Ready = tuple[int, int, StationNew, int | None, str | None]
"""Line, number, station, site, password that was made."""


@routes.post("/stations/import", scope="stations:write", gives=ImportReport, accepts="text/csv")
async def import_stations(exchange: Exchange, body: bytes) -> Answer:
    """CSV with a header line of the fields of a new station. Good lines are taken, bad ones reported with their line.

    Passwords that were made are shown only in this answer.
    """
    refused: list[NotImported] = []
    created: list[Imported] = []
    ready = [one for line, row in _lines(body) if (one := await _ready(exchange, line, row, refused))]
    async with exchange.transaction() as tx:
        for line, number, new, site_id, password in ready:
            try:
                await insert_station(exchange, tx, number, new, site_id, password or new.password, runtime.now())
            except Refused as refusal:
                refused.append(NotImported(line=line, id=new.id, detail=refusal.detail))
            else:
                created.append(Imported(line=line, id=new.id, password=password))
        await exchange.audit(tx, "station.import", "", {"stations": [one.id for one in created]})
        report = ImportReport(created=created, refused=sorted(refused, key=lambda one: one.line))
        return exchange.made(report, status=200, secret=True)


def _lines(body: bytes) -> list[tuple[int, dict[str, Any]]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("bad-request", "The CSV is not UTF-8.") from None
    dialect = "excel" if ";" not in text.partition("\n")[0] else _semicolons
    reader = csv.DictReader(io.StringIO(text), dialect=dialect, strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise Refused("bad-request", f"Line {reader.line_num} of the CSV cannot be read: {error}.") from None
    if "id" not in (reader.fieldnames or ()):
        raise Refused("bad-request", "The first line must name the columns, and `id` must be one of them.")
    return rows


class _semicolons(csv.excel):
    delimiter = ";"


async def _ready(exchange: Exchange, line: int, row: dict[str, Any], refused: list[NotImported]) -> Ready | None:
    """The station of one line; what is wrong with it goes to `refused`."""
    given: dict[str, Any] = {}
    for name, value in row.items():
        if name in NUMBERS and isinstance(value, str) and value.strip().isdigit():
            given[name] = int(value)
        elif value not in (None, ""):
            given[name or "extra columns"] = value
    try:
        new = bodies.decode(StationNew, msgspec.json.encode(given))
        if new.csr is not None:
            raise invalid("/csr", "is not taken from a CSV: POST /stations, or /stations/{id}/certificates")
        password, site_id = initial_password(new), await reachable_site(exchange, new.site_id)
    except Refused as refusal:
        refused.append(NotImported(line=line, id=given.get("id"), detail=refusal.detail))
        return None
    return line, await exchange.context.ids.take(), new, site_id, password
