"""Authorities: list, add, root, new-issuing; and our server certificates by ACME."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ohmstead.cli import Failed, configuration
from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="pki", help="Certificate authorities: ours, and those that are trusted.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "name", "uses", "not_after", "subject")


@app.command(name="list")
def list_(*, limit: int = 1000, to: Remote = HERE) -> None:
    """List authorities; the first is the embedded CA."""
    show_list(to.all("certificate-authorities", limit=limit), COLUMNS, to.json)


@app.command
def add(name: str, certificate: Path, /, *uses: str, to: Remote = HERE) -> None:
    """Trust an authority (PEM file) for these uses: station, csms, v2g, mo, oem, manufacturer."""
    try:
        pem = certificate.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"{certificate}: {error}") from None
    body = {"name": name, "certificate": pem, "uses": list(uses)}
    show(to.post("certificate-authorities", body=body), to.json)


@app.command
def remove(
    id: str, /, *, force: Annotated[bool, Parameter(help="though stations rest on it", negative="")] = False,
    to: Remote = HERE,
) -> None:  # fmt: skip
    """Trust an authority no more."""
    show(to.delete("certificate-authorities", id, **({"force": "true"} if force else {})), to.json)


@app.command
def sync(*, to: Remote = HERE) -> None:
    """Trust the roots that the contract pool lists (plugcharge.provider = "opcp")."""
    show(to.post("certificate-authorities", "sync"), to.json)


@app.command
def acme(
    *, renew: Annotated[bool, Parameter(help="order new ones now", negative="")] = False, to: Remote = HERE
) -> None:
    """Say how our own server certificates stand that come by ACME."""
    show(to.post("acme", "renew") if renew else to.get("acme"), to.json)


@app.command
def root(*, to: Remote = HERE) -> None:
    """Print the root of the embedded CA, which stations must trust (PEM)."""
    (first, *_) = to.all("certificate-authorities", limit=1)
    print(first["certificate"], end="")


@app.command
def new_issuing(*, config: Path | None = None) -> None:
    """Make another issuing CA below the same root, in the data folder of this machine; it counts from the next start.

    For a key that was lost or stolen, or before the present one ends. Needs root.key in the pki folder.
    """
    from ohmstead.keyfiles import server_key
    from ohmstead.pki.certificate import describe
    from ohmstead.pki.local_ca import BrokenCa, renew_issuing

    settings = configuration.settings(config)
    data_dir = Path(settings.data_dir)
    if not (data_dir / "pki" / "ca.pem").exists():
        raise Failed(f"{data_dir}/pki holds no CA; the first start makes one")
    try:
        made = describe(renew_issuing(data_dir / "pki", server_key(data_dir), settings.pki.organization))
    except BrokenCa as error:
        raise Failed(str(error)) from None
    print(f"{made.subject} is the issuing CA from the next start on")
    print("next: restart Ohmstead, renew all stations, then ohmstead certificate revoke --issuer embedded-former")
