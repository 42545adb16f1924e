"""The vendor catalogue: list its rows, test a file, draft a row from what a station showed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from ohmstead import vendors
from ohmstead.cli import Failed, configuration
from ohmstead.cli.output import print_json, show_list
from ohmstead.cli.remote import Remote
from ohmstead.shapes.tables import BadFile
from ohmstead.vendors.drafting import draft
from ohmstead.vendors.rows import Quirk
from ohmstead.vendors.samples import replay, run

app = App(name="vendor", help="The vendor catalogue: what stations do their own way.", help_format="plaintext")
HERE = Remote()
AsJson = Annotated[bool, Parameter(name="--json", help="print one JSON document", negative="")]
COLUMNS = ("name", "vendor", "model", "firmware", "answered_by", "title")


@app.command(name="list")
def list_(*, config: Path | None = None, json: bool = False) -> None:
    """List the rows: ours, those of installed packages, and those of stations.vendor_files."""
    try:
        rows = vendors.catalogue(configuration.settings(config).stations.vendor_files).rows
    except BadFile as error:
        raise Failed(str(error)) from None
    show_list([_line(row) for row in rows], COLUMNS, json)


@app.command(name="test")
def run_file(file: Path, /, *, frames: Path | None = None, as_json: AsJson = False) -> int:
    """Run a catalogue file: each sample of each row. --frames: a file of recorded frames, one a line; says what the
    rows do to each that they change, whatever station it came from."""
    try:
        rows = vendors.rows_of(file)
    except BadFile as error:
        raise Failed(str(error)) from None
    found = {
        row.name: [f"sample {n}: {text}" for n, one in enumerate(row.sample, 1) if (text := run(row, one))]
        for row in rows
    }
    replayed = [] if frames is None else list(replay(rows, _recorded(frames)))
    if as_json:
        print_json({"rows": [{"name": name, "problems": wrong} for name, wrong in found.items()], "frames": replayed})
    else:
        for row in rows:
            print(f"{row.name}: {'; '.join(found[row.name]) or f'{len(row.sample)} samples are right'}")
        for line in replayed:
            print(line)
    return 1 if any(found.values()) else 0


@app.command
def learn(station: str, /, *, limit: int = 1000, to: Remote = HERE) -> None:
    """Draft a row from what a station showed: its findings and the frames that were refused or odd. It is a beginning:
    read it, add the public evidence, then `ohmstead vendor test` it."""
    about = to.get("stations", station)
    findings = to.all("findings", limit=limit, station_id=station)
    odd = to.all("messages", limit=limit, station_id=station, invalid=True)
    print(draft(about, findings, [frame for one in odd if (frame := _frame(one))]))


def _line(row: Quirk) -> dict[str, Any]:
    return {
        "name": row.name,
        "vendor": ", ".join(row.match.vendor),
        "model": ", ".join(row.match.model),
        "firmware": row.match.firmware,
        "answered_by": row.answered_by,
        "title": row.title,
    }


def _frame(message: dict[str, Any]) -> str | None:
    """A frame of the message log as the station sent it, as far as it is kept."""
    if message["direction"] != "in":
        return None
    if message["frame"]:
        return str(message["frame"])
    if message["action"] is None:
        return None
    return json.dumps([2, message["message_id"], message["action"], message["payload"]], separators=(",", ":"))


def _recorded(path: Path) -> Iterator[bytes]:
    """Frames: a line is the frame itself, or an object that holds it as `frame`."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise Failed(f"{path}: {error.strerror}") from None
    for line in lines:
        try:
            one = json.loads(line)
        except ValueError:
            yield line  # no JSON: perhaps just what a row repairs
            continue
        frame = one.get("frame") if isinstance(one, dict) else one
        yield frame.encode() if isinstance(frame, str) else json.dumps(frame).encode()
