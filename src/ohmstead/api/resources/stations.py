"""Stations."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange, etag
from ohmstead.api.expanding import SiteExpansion, WithSite, just_seen, with_sites
from ohmstead.api.paging import Limit, position
from ohmstead.api.paging import page as one_page
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.resources.sites import site_number
from ohmstead.api.routes import Routes
from ohmstead.domain import upgrade
from ohmstead.domain.conditions import Condition, condition
from ohmstead.ocpp.masking import MASK
from ohmstead.shapes.common import (
    Finding,
    OcppVersion,
    Page,
    Registration,
    SecurityProfile,
    SiteId,
    StationStatus,
    Time,
    profile_number,
)
from ohmstead.shapes.station import Station, StationChange, StationMade, StationNew, StationSummary
from ohmstead.store import upgrades
from ohmstead.store.db import Tx, encode
from ohmstead.store.resources import oddities, sites, stations, word_filters
from ohmstead.store.resources.listing import Cursor, Found

routes = Routes("Stations")

WISE_LENGTH = 16
SHORT_PASSWORD = Finding("short_password", f"The password is shorter than {WISE_LENGTH} characters.")
Text = Annotated[str, Meta(min_length=1, max_length=255)]
Row = dict[str, Any]


class StationFilter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which stations, and in which order."""

    q: Annotated[str, Meta(max_length=100, description="in identity, vendor, model or serial number")] | None = None
    status: Annotated[list[StationStatus], Meta(description="given several times: any of them")] = []
    online: bool | None = None
    site_id: SiteId | None = None
    vendor: Text | None = None
    model: Text | None = None
    firmware_version: Text | None = None
    ocpp_version: OcppVersion | None = None
    registration: Registration | None = None
    security_profile: SecurityProfile | None = None
    certificate_expires_before: (
        Annotated[Time, Meta(description="RFC 3339; its certificate ends earlier, and it has no newer one")] | None
    ) = None
    value: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]],
        Meta(
            max_length=word_filters.MOST,
            description="a word of the vocabulary and what it must be, in its unit: "
            "`evse.current.max<16`, `meter.measurands=Voltage`; met where any EVSE meets it; given several times: all",
        ),
    ] = []
    sort: Literal["id", "-id", "created_at", "-created_at", "last_seen_at", "-last_seen_at", "status", "-status"] = "id"
    """`status`: the worst first."""


class StationQuery(StationFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    limit: Limit = 100
    cursor: str | None = None
    expand: WithSite = []


@routes.get("/stations", scope="stations:read")
async def list_stations(exchange: Exchange, query: StationQuery) -> Page[Station]:
    """Stations that the key may see; archived ones are gone from here."""
    found = await matching(exchange, query, limit=query.limit, cursor=position(query, query.sort))
    data = await with_sites(exchange, await shown(exchange, found.rows), query.expand)
    forms = dict(zip(map(id, found.rows), data, strict=True))
    return one_page(found, lambda row: forms[id(row)], query.sort)


async def matching(
    exchange: Exchange, query: StationFilter, *, limit: int, cursor: Cursor | None = None, among: Sequence[str] = ()
) -> Found:
    """One page of the rows that meet the filters; `among` as in `store.resources.stations.page`."""
    return await stations.page(
        exchange.db,
        exchange.tenant_id,
        exchange.sites,
        order=query.sort,
        limit=limit,
        cursor=cursor,
        among=among,
        status=query.status,
        q=query.q,
        online=query.online or None,
        offline=True if query.online is False else None,
        site_id=None if query.site_id is None else site_number(query.site_id),
        vendor=query.vendor,
        model=query.model,
        firmware_version=query.firmware_version,
        ocpp_version=query.ocpp_version,
        registration=query.registration,
        security_profile=None if query.security_profile is None else profile_number(query.security_profile),
        certificate_expires_before=(
            None
            if query.certificate_expires_before is None
            else runtime.from_datetime(query.certificate_expires_before)
        ),
        conditions=[condition_of(one) for one in query.value],
    )


async def shown(exchange: Exchange, rows: Sequence[Row]) -> list[Station]:
    """The rows as the API shows them."""
    return await stations.forms(exchange.db, [just_seen(exchange, row) for row in rows])


def condition_of(written: str) -> Condition:
    """Raises Refused (422)."""
    try:
        return condition(written)
    except ValueError as error:
        raise invalid("/value", f"{written!r}: {error}", "query") from None


@routes.get("/stations/summary", scope="stations:read")
async def summarise_stations(exchange: Exchange) -> StationSummary:
    """Counts by status, and the total power."""
    return await stations.summary(exchange.db, exchange.tenant_id, exchange.sites)


@routes.post("/stations", scope="stations:write", status=201, gives=StationMade, with_etag=True)
async def create_station(exchange: Exchange, body: StationNew) -> Answer:
    """Let a station in. A password left out at profile 1 or 2 is made and shown only in this answer; with a signing
    request its client certificate is issued too."""
    from ohmstead.api.resources.certificates import issue, keep_certificate  # which come here for stations

    number, now = await exchange.context.ids.take(), runtime.now()
    site_id = await reachable_site(exchange, body.site_id)
    password, row = initial_password(body), new_row(number, body, site_id, now)
    issued = None if body.csr is None else await issue(exchange, row, body.csr)
    async with exchange.transaction() as tx:
        await insert_station(exchange, tx, number, body, site_id, password or body.password, now)
        kept = None if issued is None else await keep_certificate(exchange, tx, row, issued, now)
        told: dict[str, Any] = {"security_profile": profile_number(body.security_profile)}
        told |= {} if kept is None else {"certificate": kept.serial_number}
        await exchange.audit(tx, "station.create", body.id, told)
        shown = (await stations.forms(exchange.db, [row]))[0]
        made = StationMade(
            **as_fields(shown),
            password=password,
            certificate=None if kept is None else kept.certificate,
            findings=findings_of(body),
        )
        location = f"/api/v1/stations/{body.id}"
        return exchange.made(made, secret=password is not None, Location=location, ETag=etag(1))


async def reachable_site(exchange: Exchange, site_id: str | None, pointer: str = "/site_id") -> int | None:
    """The number of a site that exists and that the key may use. Raises Refused."""
    if site_id is None:
        exchange.caller.must_reach(None)
        return None
    row = await sites.find(exchange.db, exchange.tenant_id, exchange.sites, site_id)
    if row is None:
        raise invalid(pointer, f"there is no site {site_id!r} that this key can see")
    number: int = row["id"]
    return number


def initial_password(new: StationNew) -> str | None:
    """A password made for a station that needs one and was given none. Raises Refused (422) for what cannot be."""
    profile = profile_number(new.security_profile)
    by_serial = new.serial_number is not None and new.password is None
    if new.security_profile == 2 and (by_serial or new.signing == "require" or new.csr is not None):
        text = "2 is tls_basic here (TLS and a password); guides may mean tls_client_certificate. Send the name."
        raise invalid("/security_profile", text)
    if profile == 3 and new.certificate_cn == "serial_number" and new.serial_number is None:
        raise invalid("/serial_number", "profile 3 by serial number needs one; or set certificate_cn: identity")
    if profile in (0, 3) and new.password is not None:
        raise invalid("/password", f"security profile {profile} has no password")
    if profile != 3 and new.csr is not None:
        raise invalid(
            "/csr", f"security profile {upgrade.named(profile)} has no certificate; 3 is tls_client_certificate"
        )
    # 32 hexadecimal digits: 128 random bits that are also a whole 1.6 AuthorizationKey
    return secrets.token_hex(16) if profile in (1, 2) and new.password is None else None


def findings_of(new: StationNew) -> list[Finding]:
    return [SHORT_PASSWORD] if new.password is not None and len(new.password) < WISE_LENGTH else []


def password_hash(exchange: Exchange, identity: str, password: str) -> str:
    return exchange.context.passwords.hash(identity, password.encode())


UNKNOWN = (
    "vendor",
    "model",
    "boot_serial_number",
    "firmware_version",
    "ocpp_version",
    "booted_at",
    "connected_since",
    "last_seen_at",
    "clock_skew_us",
    "strictness",
    "capabilities",
    "next_password_waits",
    "upgrade",
    "csms_migration",
)
"""What only the station can say, or what is on its way to it."""


def new_row(number: int, new: StationNew, site_id: int | None, now: int) -> Row:
    """The columns of a station that never connected."""
    return dict.fromkeys(UNKNOWN) | {
        "id": number,
        "identity": new.id,
        "site_id": site_id,
        "registration": new.registration,
        "security_profile": profile_number(new.security_profile),
        "serial_number": new.serial_number,
        "certificate_cn": new.certificate_cn,
        "gateway_cn": new.gateway_cn,
        "signing": new.signing,
        "allow_expired_certificate": new.allow_expired_certificate,
        "created_at": now,
    }


async def insert_station(
    exchange: Exchange, tx: Tx, number: int, new: StationNew, site_id: int | None, password: str | None, now: int
) -> None:
    """Raises Refused (409) when the identity is taken."""
    row = new_row(number, new, site_id, now)
    del row["id"], row["created_at"]
    row["password_hash"] = None if password is None else password_hash(exchange, new.id, password)
    if not await stations.add(tx, exchange.tenant_id, number, now, **row):
        archived = await stations.was_archived(tx, exchange.tenant_id, new.id)
        raise Refused("conflict", f"There {'was' if archived else 'is'} a station {new.id!r} already.")
    for finding in findings_of(new):
        await oddities.note(tx, exchange.tenant_id, number, finding.code, "", finding.text, now)


def as_fields(station: Station) -> dict[str, Any]:
    return {name: getattr(station, name) for name in Station.__struct_fields__}


async def wanted(exchange: Exchange, id: str) -> Row:
    """The row of a station that the key may see. Raises Refused (404)."""
    row = await stations.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("station", id)
    return row


@routes.get("/stations/{id}", scope="stations:read", gives=Station, with_etag=True)
async def show_station(exchange: Exchange, id: str, query: SiteExpansion) -> Answer:
    """One station with its EVSEs and connectors."""
    row = await wanted(exchange, id)
    found = await with_sites(exchange, await shown(exchange, [row]), query.expand)
    return exchange.made(found[0], status=200, ETag=etag(row["version"]))


@routes.patch("/stations/{id}", scope="stations:write", gives=Station, with_etag=True, matched=True)
async def change_station(exchange: Exchange, id: str, body: StationChange) -> Answer:
    """Change what an operator knows without asking the station; a connected one is told by its session."""
    row = await wanted(exchange, id)
    exchange.match(row["version"])
    values = await changes(exchange, row, body)
    async with exchange.transaction() as tx:
        if values:
            if not await stations.change(tx, exchange.tenant_id, row["id"], row["version"], values):
                raise Refused("precondition-failed", "It was changed in the same moment; read it again.")
            told = {name: value for name, value in values.items() if name != "password_hash"}
            told |= {"password": MASK} if "password_hash" in values else {}
            await exchange.audit(tx, "station.change", id, told)
    return await show_station(exchange, id, SiteExpansion())


async def changes(exchange: Exchange, row: Row, body: StationChange) -> Row:
    """The columns to set. Raises Refused for what contradicts the rest."""
    names = (
        "serial_number", "certificate_cn", "gateway_cn", "signing", "registration", "allow_expired_certificate",
        "strictness",
    )  # fmt: skip
    values: Row = {name: getattr(body, name) for name in names if getattr(body, name) is not UNSET}
    if body.site_id is not UNSET:
        values["site_id"] = await reachable_site(exchange, body.site_id)
    if body.capabilities is not UNSET:
        values["capabilities"] = encode(body.capabilities or {})
    if body.security_profile is not UNSET:
        values["security_profile"] = new_profile(row, body.security_profile, body.force)
        if upgrade.is_open(moving := upgrade.read(row["upgrade"])):
            assert moving is not None
            reason = "an operator changed the security profile meanwhile"
            values["upgrade"] = upgrades.kept(replace(moving, step="failed", deadline=None, reason=reason))
    profile = values.get("security_profile", row["security_profile"])
    if body.password is not UNSET:
        if profile in (0, 3):
            raise invalid("/password", f"security profile {profile} has no password")
        values["password_hash"] = password_hash(exchange, row["identity"], body.password)
    elif profile in (1, 2) and row["security_profile"] in (0, 3):
        raise invalid("/password", f"security profile {profile} needs a password")
    by_serial = values.get("certificate_cn", row["certificate_cn"]) == "serial_number"
    if profile == 3 and by_serial and values.get("serial_number", row["serial_number"]) is None:
        raise invalid("/serial_number", "security profile 3 by serial number needs one")
    return values


def new_profile(row: Row, given: SecurityProfile, force: bool) -> int:
    """Raises Refused (409) for a lower profile: without `force`, and where a station that has been here would have to
    be let in below what it has proved (A00.FR.005, A05.FR.07 to .09)."""
    profile, was = profile_number(given), row["security_profile"]
    if profile >= was:
        return profile
    if not force:
        detail = f"Profile {profile} is lower than {was}; send force: true if that is meant."
        raise Refused("conflict", detail)
    if row["booted_at"] is not None and not ((was, profile) == (3, 2) and row["ocpp_version"] == "2.1"):
        detail = (
            f"From {upgrade.named(was)} to {upgrade.named(profile)} no station goes back once it was here: OCPP allows "
            "only 3 to 2, in 2.1. Set the station itself to it, or add it under another identity."
        )
        raise Refused("conflict", detail)
    return profile


@routes.delete("/stations/{id}", scope="stations:write", matched=True)
async def archive_station(exchange: Exchange, id: str) -> None:
    """Archive a station: its identity is refused from now on, its history stays."""
    row = await wanted(exchange, id)
    exchange.match(row["version"])
    async with exchange.transaction() as tx:
        values = {"archived_at": runtime.now()}
        if not await stations.change(tx, exchange.tenant_id, row["id"], row["version"], values):
            raise Refused("precondition-failed", "It was changed in the same moment; read it again.")
        await exchange.audit(tx, "station.archive", id)
