"""Whom a tenant trusts for its stations, as the database has it."""

from __future__ import annotations

from cryptography import x509

from ohmstead import runtime
from ohmstead.pki.certificate import UNREADABLE, from_pem, key_sha256
from ohmstead.pki.issuer import CannotIssue, Issued
from ohmstead.pki.local_ca import LocalCa
from ohmstead.pki.trust import Trust, Unfit
from ohmstead.store.certificates import Followers, followers, station_authorities
from ohmstead.store.db import Db


async def station_trust(db: Db, tenant_id: int, ca: LocalCa | None) -> Trust:
    """The embedded CA, and what the tenant added."""
    anchors: list[x509.Certificate] = []
    for _, tenant, pem in await station_authorities(db):
        if tenant != tenant_id:
            continue
        try:
            Trust(read := from_pem(pem))
        except (Unfit, *UNREADABLE):
            continue  # the door leaves it out as well
        anchors += read
    return Trust(anchors if ca is None else [ca.root, *anchors], [] if ca is None else ca.intermediates)


async def rests_on(db: Db, tenant_id: int, ca: LocalCa | None, removed: x509.Certificate) -> list[Followers]:
    """The stations whose certificates lead to this authority and to no other one that is trusted."""
    ours, now, found = await station_trust(db, tenant_id, ca), runtime.now(), []
    rest = [one for one in ours.anchors if one != removed]
    for some in await followers(db, tenant_id):
        own, *above = from_pem(some.chain)
        below = some.authority_key == key_sha256(removed) or Trust([removed], above).leads_to_anchor(own, now)
        if below and not Trust(rest, [*ours.intermediates, *above]).leads_to_anchor(own, now):
            found.append(some)
    return found


async def check_trusted(db: Db, tenant_id: int, issued: Issued) -> None:
    """A station whose certificate our own door refuses would be locked out. Raises CannotIssue."""
    if issued.issued_by == LocalCa.name:
        return
    own, *above = from_pem(issued.chain)
    anchors = (await station_trust(db, tenant_id, None)).anchors
    try:
        trusted = Trust(anchors, above).leads_to_anchor(own, runtime.now())
    except Unfit as unfit:
        raise CannotIssue(str(unfit)) from None
    if not trusted:
        issuer = issued.certificate.issuer
        text = f"{issuer} is not trusted here, so the station could not come in with its certificate; add the root of"
        raise CannotIssue(f"{text} that CA first (POST /certificate-authorities, use station).")
