"""Certificates of stations: list, show, issue, renew, revoke, expiry, renewals."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, TextIO

from cyclopts import App, Parameter

from ohmstead import runtime
from ohmstead.cli import Failed
from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="certificate", help="Certificates of stations: issued, renewed, revoked.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "station_id", "state", "serial_number", "not_after", "seen_at")
RENEWALS = ("id", "station_id", "not_after", "renewal", "why")
EXPIRY = ("week", "site_id", "certificates", "in_trouble")
DAY = 86_400_000_000
AHEAD = 90
"""Days before its end from which on a renewal is watched."""


@app.command(name="list")
def list_(
    *, station: str | None = None, state: str | None = None, expires_before: str | None = None, limit: int = 1000,
    to: Remote = HERE,
) -> None:  # fmt: skip
    """List certificates, the newest first; with --expires-before (RFC 3339) the first to end first."""
    rows = to.all("certificates", limit=limit, station_id=station, state=state, expires_before=expires_before)
    show_list(rows, COLUMNS, to.json)


@app.command(name="show")
def show_(id: str, /, *, to: Remote = HERE) -> None:
    """Show a certificate."""
    show(to.get("certificates", id), to.json)


@app.command
def issue(
    station: str,
    csr: Annotated[Path | None, Parameter(help="the station's signing request, PEM")] = None,
    /,
    *,
    generate_key: Annotated[bool, Parameter(help="make the key here; it is shown this once", negative="")] = False,
    out: Annotated[Path | None, Parameter(help="write the chain, and a key made here, into this new file")] = None,
    to: Remote = HERE,
) -> None:
    """Issue a certificate for a station."""
    body = {"generate_key": True} if csr is None and generate_key else {"csr": _text(csr)}
    file = None if out is None else _new(out)
    made = to.post("stations", station, "certificates", body=body)
    if file is not None:
        with file:
            file.write((made.pop("private_key", None) or "") + made.pop("certificate"))
    show(made, to.json)


def _text(csr: Path | None) -> str:
    if csr is None:
        raise Failed("give the station's signing request, or --generate-key")
    try:
        return csr.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"{csr}: {error}") from None


def _new(path: Path) -> TextIO:
    """Opened before anything is issued: a key that cannot be kept is made for nothing."""
    try:
        return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w")
    except OSError as error:
        raise Failed(f"{path}: {error.strerror}") from None


@app.command
def renew(id: str, /, *, to: Remote = HERE) -> None:
    """Do not wait for its turn: ask the station for a signing request."""
    show(to.post("certificates", id, "renew", body={}), to.json)


@app.command
def revoke(
    id: str | None = None,
    /,
    *,
    station: Annotated[str | None, Parameter(help="all of this station")] = None,
    issuer: Annotated[str | None, Parameter(help="all of this CA: its id in `pki list`, or embedded-former")] = None,
    reason: Annotated[str, Parameter(help="of RFC 5280, for example key_compromise")] = "unspecified",
    to: Remote = HERE,
) -> None:
    """Revoke a certificate, or all of a --station or an --issuer: they open no door from now on."""
    paths = {
        ("certificates", id, "revoke"): id,
        ("stations", station, "certificates", "revoke"): station,
        ("certificate-authorities", issuer, "revoke"): issuer,
    }
    chosen = [path for path, given in paths.items() if given is not None]
    if len(chosen) != 1:
        raise Failed("give one of: the id of a certificate, --station, --issuer")
    show(to.post(*map(str, chosen[0]), body={"reason": reason}), to.json)


@app.command
def expiry(*, by: str = "week,site", to: Remote = HERE) -> None:
    """When certificates in use end, counted by week, site or both; IN_TROUBLE: whose renewal stands still."""
    show_list(to.get("certificates", "expiry", by=by)["data"], EXPIRY, to.json)


@app.command
def renewals(*, days: int = AHEAD, trouble: bool = False, limit: int = 1000, to: Remote = HERE) -> None:
    """How the renewals of the next --days stand, and why; with --trouble only those that a person should look at."""
    until = runtime.rfc3339(runtime.now() + days * DAY)
    rows = to.all("certificates", limit=limit, expires_before=until)
    found = [
        {**row, "renewal": row["renewal"]["state"], "why": row["renewal"]["reason"]}
        for row in rows
        if row["renewal"] is not None and (not trouble or row["renewal"]["state"] in ("failed", "manual", "expired"))
    ]
    show_list(found, RENEWALS, to.json)
