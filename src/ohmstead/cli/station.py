"""Stations: list, show, add, change, import, archive, connect-help; their device models are in `device_model`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from ohmstead.cli import Failed, device_model
from ohmstead.cli.configuration import settings
from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote
from ohmstead.settings import Gateway, Settings, address

app = App(name="station", help="Stations.", help_format="plaintext")
device_model.add_to(app)
HERE = Remote()
GatewayCn = Annotated[str | None, Parameter(help="common name of the local controller that connects for it")]
Belonging = Literal[
    "battery-swaps", "charging-profiles", "composite-schedule", "der-controls", "display-messages",
    "installed-certificates", "local-list", "logs", "procedures", "streams", "timeline", "version-changes",
]  # fmt: skip
COLUMNS = ("id", "online", "ocpp_version", "registration", "vendor", "model", "security_profile_name", "last_seen_at")


@app.command(name="list")
def list_(
    *,
    q: str | None = None,
    online: bool | None = None,
    site: str | None = None,
    vendor: str | None = None,
    model: str | None = None,
    firmware: str | None = None,
    value: Annotated[list[str] | None, Parameter(help="NAME<VALUE in the vocabulary's words; repeatable")] = None,
    limit: int = 1000,
    to: Remote = HERE,
) -> None:
    """List stations; --q looks in identity, vendor, model and serial number; --value "evse.current.max<16" in what they
    are set to."""
    query = {"q": q, "online": online, "site_id": site, "vendor": vendor, "model": model, "firmware_version": firmware}
    show_list(to.all("stations", limit=limit, **query, value=value), COLUMNS, to.json)


@app.command(name="show")
def show_(id: str, /, *, to: Remote = HERE) -> None:
    """Show one station."""
    show(to.get("stations", id), to.json)


@app.command
def add(
    id: str,
    /,
    *,
    profile: str | None = None,
    like_guide: Literal[1, 2, 3] | None = None,
    password: str | None = None,
    serial_number: str | None = None,
    site: str | None = None,
    registration: str | None = None,
    certificate_cn: str | None = None,
    gateway_cn: GatewayCn = None,
    signing: str | None = None,
    csr: Annotated[Path | None, Parameter(help="its signing request: its client certificate is issued at once")] = None,
    to: Remote = HERE,
) -> None:
    """Let a station in; a password that Ohmstead makes is printed once. --profile takes a number or a name.

    --like-guide takes the number of a guide that counts from TLS: 1 password, 2 certificate, 3 signed messages too.
    """
    if profile is not None and like_guide is not None:
        raise Failed("--profile and --like-guide both name a security profile; give one of them")
    if csr is not None and like_guide is None and profile not in ("3", "tls_client_certificate"):
        raise Failed(
            f"a signing request belongs to tls_client_certificate, which is profile 3 here and not {profile or 1}: say "
            "--profile tls_client_certificate if you mean that (guides that count from TLS call it 2)"
        )
    if like_guide is not None:
        profile = "tls_basic" if like_guide == 1 else "tls_client_certificate"
        signing = "require" if like_guide == 3 else signing
    body = {
        "id": id,
        "security_profile": _profile(profile or "1"),
        "password": password,
        "serial_number": serial_number,
        "site_id": site,
        "registration": registration,
        "certificate_cn": certificate_cn,
        "gateway_cn": gateway_cn,
        "signing": signing,
        "csr": None if csr is None else _read(csr).decode(errors="replace"),
    }
    show(to.post("stations", body=_given(body)), to.json)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Failed(f"{file}: {error.strerror}") from None


@app.command
def change(
    id: str,
    /,
    *,
    registration: str | None = None,
    password: str | None = None,
    profile: str | None = None,
    force: bool = False,
    site: str | None = None,
    serial_number: str | None = None,
    strictness: str | None = None,
    certificate_cn: str | None = None,
    gateway_cn: GatewayCn = None,
    signing: str | None = None,
    to: Remote = HERE,
) -> None:
    """Change what you know of a station without asking it."""
    body = {
        "registration": registration,
        "password": password,
        "security_profile": None if profile is None else _profile(profile),
        "force": force or None,
        "site_id": site,
        "serial_number": serial_number,
        "strictness": strictness,
        "certificate_cn": certificate_cn,
        "gateway_cn": gateway_cn,
        "signing": signing,
    }
    show(to.patch("stations", id, body=_given(body)), to.json)


@app.command(name="import")
def import_(file: Path, /, *, to: Remote = HERE) -> int:
    """Make stations from a CSV file with a header line (id, security_profile, password, ...)."""
    report = to.post("stations", "import", body=_read(file))
    if to.json:
        show(report, True)
    else:
        show_list(report["created"], ("line", "id", "password"), False)
        if report["refused"]:
            print("Refused:")
            show_list(report["refused"], ("line", "id", "detail"), False)
    return 1 if report["refused"] else 0


@app.command
def archive(id: str, /, *, to: Remote = HERE) -> None:
    """Refuse a station from now on; its history stays."""
    to.delete("stations", id)
    show({"id": id, "archived": True}, to.json)


@app.command
def monitors(id: str, /, *, severity: int | None = None, limit: int = 1000, to: Remote = HERE) -> None:
    """List what a station watches on its own; --severity 4: monitors of errors (4) and worse."""
    columns = ("id", "component", "evse_id", "variable", "type", "value", "severity_name", "kind")
    show_list(to.all("stations", id, "monitors", limit=limit, severity=severity), columns, to.json)


@app.command
def has(id: str, what: Belonging, /, *, limit: int = 1000, to: Remote = HERE) -> None:
    """Show what else is known of a station: profiles, messages on its display, what is installed, how it came about."""
    found = to.get("stations", id, what)
    if "data" not in found:
        show(found, to.json)
        return
    rows = to.all("stations", id, what, limit=limit) if found.get("next_cursor") else found["data"]
    show_list(rows, list(dict.fromkeys(name for row in rows for name in row))[:8], to.json)


@app.command(name="upgrade-check")
def upgrade_check(id: str, /, *, version: str | None = None, to: Remote = HERE) -> None:
    """Say what would become of a station's settings with another --version of OCPP, the next one unless said: a dry
    run. What is lost comes first."""
    found = to.get("stations", id, "upgrade-check", to=version)
    if to.json:
        show(found, True)
        return
    settings = found.pop("settings")
    counts = {verdict: sum(one["verdict"] == verdict for one in settings) for verdict in ("same", "carried", "lost")}
    notes = [f"{one['code']}: {one['text']}" for one in found.pop("notes")]
    show(found | counts, False)
    print()
    show_list(settings, ("verdict", "name", "evse_id", "value", "unit", "reason"), False)
    for line in notes:
        print(f"\n{line}")


@app.command(name="set-password")
def set_password(id: str, /, *, password: str | None = None, wait: float = 30, to: Remote = HERE) -> int:
    """Give a station another password: it is asked first. One that Ohmstead makes is printed once."""
    command = to.post("stations", id, "credentials", body=_given({"password": password}), wait=wait)
    show(command, to.json)
    return 0 if command["state"] in ("queued", "sent", "accepted") else 1


@app.command(name="restore-password")
def restore_password(id: str, /, *, to: Remote = HERE) -> None:
    """Take the password of before the last change again, up to 7 days later."""
    show(to.post("stations", id, "credentials", "restore"), to.json)


@app.command(name="upgrade-profile")
def upgrade_profile(
    id: str,
    profile: str,
    /,
    *,
    address: Annotated[str | None, Parameter(help="where it shall connect, without its identity")] = None,
    slot: Annotated[int | None, Parameter(help="network profile to use; by default a free one")] = None,
    interface: str | None = None,
    when: Literal["immediately", "idle"] = "idle",
    wait: Annotated[float, Parameter(help="seconds until it must be back")] = 600,
    to: Remote = HERE,
) -> int:
    """Guide a station to another security profile, by number or name: it is told, restarted, and must come back with
    it. Says at which step that stands; exit status 1 when it failed, or is not done yet."""
    body = {"security_profile": _profile(profile), "url": address, "slot": slot, "interface": interface, "when": when}
    command = to.post("stations", id, "security-profile", body=_given(body), wait=wait, until="confirmed")
    upgrade = to.get("stations", id)["upgrade"] or {}
    mine = upgrade if upgrade.get("command_id") == command["id"] else {}
    show({"command": command["id"], "state": command["state"], "reason": command["reason"], **mine}, to.json)
    return 0 if mine.get("step") in ("settling", "done") else 1


@app.command
def migrate(
    id: str,
    /,
    address: Annotated[str | None, Parameter(help="the new place, without its identity")] = None,
    *,
    slot: Annotated[int | None, Parameter(help="network profile to use; without an address: one that is set")] = None,
    destination: Literal["here", "tenant", "elsewhere"] | None = None,
    profile: Annotated[str | None, Parameter(help="security profile there, by number or name")] = None,
    identity: Annotated[str | None, Parameter(help="its identity there (OCPP 2.1)")] = None,
    silence: Annotated[int | None, Parameter(help="seconds of silence after which it has arrived elsewhere")] = None,
    keep_old: bool = False,
    when: Literal["immediately", "idle"] = "idle",
    wait: Annotated[float, Parameter(help="seconds to wait for it to be there")] = 0,
    to: Remote = HERE,
) -> int:
    """Lead a station to another CSMS, or to another address of this one; its old slot stays as the way back. Says at
    which step that stands; exit status 1 when it failed."""
    body = {
        "url": address, "slot": slot, "destination": destination, "identity": identity, "silence_s": silence,
        "keep_old": keep_old or None, "when": when, "security_profile": None if profile is None else _profile(profile),
    }  # fmt: skip
    command = to.post(
        "stations", id, "migration", body=_given(body), wait=max(wait, 30), until="confirmed" if wait else None
    )
    migration = to.get("stations", id)["migration"] or {}
    mine = migration if migration.get("command_id") == command["id"] else {}
    show({"command": command["id"], "state": command["state"], "reason": command["reason"], **mine}, to.json)
    return 1 if command["state"] not in ("queued", "sent", "accepted", "confirmed") else 0


@app.command
def arrived(
    id: str,
    /,
    *,
    no: Annotated[bool, Parameter(help="it has not")] = False,
    to: Remote = HERE,
) -> None:
    """Say that a station that was led elsewhere has arrived there, or has not: for who has looked at the other side."""
    show(to.post("stations", id, "migration", "answer", body={"arrived": not no}), to.json)


@app.command(name="connect-help")
def connect_help(id: str, /, *, to: Remote = HERE) -> None:
    """Say what must be typed into the station so that it finds this Ohmstead."""
    station, known = to.get("stations", id), settings(to.config)
    profile, gateway = station["security_profile"], known.gateway
    url = _endpoint(gateway, profile)
    steps = {
        "url": f"{url}/{id}",
        "url_without_identity": url,
        "identity": id,
        "user": None if profile in (0, 3) else id,
        "security_profile": f"{profile} ({station['security_profile_name']})",
        "subprotocols": "ocpp2.1, ocpp2.0.1, ocpp1.6",
        "online": station["online"],
    }
    if profile >= 2 and known.acme.directory:
        steps["trust"] = f"install the root of the CA that {known.acme.directory} leads to as root of the CSMS"
    elif profile >= 2 and not gateway.certificate_files:
        steps["trust"] = f"install {Path(known.data_dir, 'pki', 'ca.pem')} as root certificate of the CSMS"
    if profile == 3:
        steps |= _certificate_steps(station, known, to)
    show(steps, to.json)


def _endpoint(gateway: Gateway, profile: int) -> str:
    """Where a station with this profile connects; with a gap in it where only the operator knows. Raises Failed."""
    tls = profile >= 2
    bind = gateway.tls_bind if tls else gateway.bind
    if (url := gateway.url(tls)) is not None:
        return url
    if not bind:
        raise Failed(f"no port is open for security profile {profile}: set gateway.{'tls_bind' if tls else 'bind'}")
    return f"{'wss' if tls else 'ws'}://<this machine>:{address(bind)[1]}{gateway.path.rstrip('/')}"


def _certificate_steps(station: dict[str, Any], known: Settings, to: Remote) -> dict[str, str]:
    """What its client certificate must say, whether it has one, and how it gets one."""
    name = station["id"] if station["certificate_cn"] == "identity" else station["serial_number"]
    id, organization = station["id"], known.pki.organization
    found = to.get("certificates", station_id=id, limit=100)["data"]
    good = [one for one in found if one["state"] in ("issued", "sent", "installed", "seen")]
    newest = f"{good[0]['state']}, until {good[0]['not_after']}" if good else "none yet"
    set_name = f"set its OrganizationName (1.6: CpoName) to {organization}"
    ask = f"ohmstead command {id} trigger --message SignChargingStationCertificate"
    return {
        "certificate": f"CN={name or '<its serial number: register it>'}, O={organization}",
        "certificate_known": newest,
        "certificate_step_1": set_name,
        "certificate_step_2": f"where it is connected already (profile 2): {ask}; it asks, and gets it",
        "certificate_step_3": f"else POST /api/v1/stations/{id}/certificates with its csr (or generate_key: true), and "
        "install what is answered",
    }


def _profile(given: str) -> int | str:
    return int(given) if given.isdigit() else given


def _given(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}
