"""Exports to files: transactions and meter values as JSON, CSV, Parquet; sessions and CDRs of OCPI."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from cyclopts import App

from ohmstead.cli import Failed
from ohmstead.cli.output import progress, show
from ohmstead.cli.remote import Remote

app = App(name="export", help="Transactions and meter values out of Ohmstead, into files.", help_format="plaintext")
HERE = Remote()
Format = Literal["json", "csv", "parquet"]


@app.command
def transactions(
    begin: str, end: str, file: Path, /, *, station: str | None = None, site: str | None = None, format: Format = "csv",
    to: Remote = HERE,
) -> None:  # fmt: skip
    """Transactions that began from BEGIN up to END (RFC 3339), into FILE."""
    query = {"from_": begin, "to": end, "station_id": station, "site_id": site}
    _export("transactions", file, format, query, to)


@app.command(name="meter-values")
def meter_values(
    begin: str, end: str, file: Path, /, *, station: str | None = None, site: str | None = None, format: Format = "csv",
    resolution: int | None = None, to: Remote = HERE,
) -> None:  # fmt: skip
    """The measured values of transactions that began from BEGIN up to END; --resolution thins them, in seconds."""
    query = {"from_": begin, "to": end, "station_id": station, "site_id": site, "resolution": resolution}
    _export("meter-values", file, format, query, to)


@app.command
def energy(
    begin: str, end: str, file: Path, /, *, by: Literal["hour", "day", "month"] = "day", time_zone: str | None = None,
    station: str | None = None, site: str | None = None, format: Literal["json", "csv"] = "csv", to: Remote = HERE,
) -> None:  # fmt: skip
    """What each EVSE charged by hour, day or month from BEGIN up to END, into FILE."""
    query = {"from_": begin, "to": end, "station_id": station, "site_id": site, "time_zone": time_zone}
    _write(file, [to.file("energy-history", by=by, format=format, **query).content], to)


@app.command
def ocpi(
    what: Literal["sessions", "cdrs"], begin: str, end: str, file: Path, /, *, country_code: str, party_id: str,
    to: Remote = HERE,
) -> None:  # fmt: skip
    """Sessions (begun from BEGIN up to END) or CDRs (ended) of OCPI 2.2.1, as a JSON list."""
    query = {"from_": begin, "to": end, "country_code": country_code, "party_id": party_id}
    rows: list[Any] = []
    cursor = None
    with progress(what) as advance:
        while True:
            part = to.get("exports", "ocpi", what, cursor=cursor, **query)
            rows += part["data"]
            advance(len(part["data"]))
            cursor = part["next_cursor"]
            if cursor is None:
                break
    _write(file, [json.dumps(rows, indent=1).encode()], to)


def _export(what: str, file: Path, format: Format, query: dict[str, Any], to: Remote) -> None:
    """All parts: JSON and CSV in one file, Parquet in files with a number, because their parts cannot be joined."""
    parts: list[bytes] = []
    rows: list[Any] = []
    cursor = None
    with progress(f"{what}, bytes") as advance:
        while True:
            answer = to.file("exports", what, cursor=cursor, format=format, **query)
            advance(len(answer.content))
            if format == "json":
                rows += answer.json()["data"]
                cursor = answer.json()["next_cursor"]
            else:
                content = answer.content
                parts.append(content.partition(b"\r\n")[2] if format == "csv" and parts else content)
                cursor = answer.headers.get("x-next-cursor")
            if cursor is None:
                break
    if format == "parquet":
        for number, part in enumerate(parts, 1):
            _write(file if number == 1 else file.with_stem(f"{file.stem}-{number}"), [part], to)
        return
    _write(file, [json.dumps(rows, indent=1).encode()] if format == "json" else parts, to)


def _write(file: Path, parts: list[bytes], to: Remote) -> None:
    try:
        file.write_bytes(b"".join(parts))
    except OSError as error:
        raise Failed(f"{file} cannot be written: {error.strerror}") from None
    show({"file": str(file), "bytes": sum(map(len, parts))}, to.json)
