"""Server certificates by ACME: ordered in time by one process, kept in the database for all of them.

While the CA fails, the certificate that is there goes on, and the CA is asked again after longer and longer pauses; how
that stands is kept too, so that a restart asks no sooner.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from typing import TypeVar

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from msgspec import Struct

from ohmstead.domain.certificates import Certificate
from ohmstead.pki import keys
from ohmstead.pki.acme.challenges import prover
from ohmstead.pki.acme.client import Account, Acme, NoCertificate, new_account
from ohmstead.pki.certificate import UNREADABLE, describe, from_pem
from ohmstead.runtime import log, now, rfc3339
from ohmstead.settings import Settings
from ohmstead.store import acme, secrets
from ohmstead.store.db import Db, Event, Tx, encode
from ohmstead.store.tables.meta import DEFAULT_TENANT

MINUTE = 60_000_000
FIRST_PAUSE, LONGEST_PAUSE = 5 * MINUTE, 12 * 60 * MINUTE
"""Microseconds after a failure, doubled each time: public CAs take no more than five failures of a name in an hour."""
T = TypeVar("T")


class Kept(Struct, frozen=True):
    """What the CA gave: a certificate for a key of each kind, PEM, each the key, the certificate, the CAs above it."""

    directory: str
    names: tuple[str, ...]
    pairs: tuple[str, ...]

    def certificates(self) -> tuple[Certificate, ...]:
        return tuple(describe(from_pem(one)[0]) for one in self.pairs)


class Standing(Struct, frozen=True):
    """How it stands with the CA; microseconds."""

    failures: int = 0
    """In a row."""
    trouble: str = ""
    next_at: int = 0
    """Not asked before."""
    wanted: bool = False
    """Somebody wants new ones now."""


async def standing(db: Db) -> Standing:
    text = await acme.get(db, acme.STANDING)
    return Standing() if text is None else msgspec.json.decode(text, type=Standing)


async def kept(db: Db, server_key: bytes) -> Kept | None:
    return _opened(server_key, await acme.get(db, acme.CERTIFICATES), Kept)


def opened(server_key: bytes, sealed: str) -> Kept | None:
    """What was kept; None where it was sealed under another server key."""
    return _opened(server_key, sealed, Kept)


def _opened(server_key: bytes, sealed: str | None, kind: type[T]) -> T | None:
    if sealed is None:
        return None
    try:
        return msgspec.json.decode(secrets.unseal(server_key, sealed), type=kind)
    except ValueError as error:
        log.error("what is kept of ACME cannot be opened and is ordered anew", error=str(error))
        return None


async def want(tx: Tx, now: int) -> None:
    """Order new ones at the next look, whatever stands."""
    await acme.write(tx, acme.STANDING, encode(Standing(wanted=True)), now)


async def keep_certificates(db: Db, settings: Settings, server_key: bytes) -> bool:
    """Look whether new certificates are due, and get them; did it?"""
    how, have = await standing(db), await kept(db, server_key)
    if not _is_due(settings, how, have):
        return False
    try:
        got = await _order(db, settings, server_key)
    except NoCertificate as error:
        await _failed(db, settings, how, have, error)
        return False
    at = now()
    ends = min(one.not_after for one in got.certificates())
    data = encode({"names": got.names, "directory": got.directory, "not_after": rfc3339(ends)})
    async with db.transaction() as tx:
        await acme.write(tx, acme.CERTIFICATES, secrets.seal(server_key, encode(got)), at)
        await acme.write(tx, acme.STANDING, encode(Standing()), at)
        tx.emit(Event(DEFAULT_TENANT, "ohmstead.server_certificate.renewed", None, at, data))
    log.info("server certificates came by ACME", names=got.names, not_after=rfc3339(ends))
    return True


def _is_due(settings: Settings, how: Standing, have: Kept | None) -> bool:
    """When two thirds of their life are over, as CAs ask for; or they are others than the settings want."""
    if now() < how.next_at:
        return False
    if how.wanted or have is None:
        return True
    if (have.directory, have.names) != (settings.acme.directory, settings.acme_names):
        return True
    lives = have.certificates()
    return any(now() >= one.not_before + (one.not_after - one.not_before) * 2 // 3 for one in lives)


async def _order(db: Db, settings: Settings, server_key: bytes) -> Kept:
    """One for a key of each kind. Raises NoCertificate."""
    section, names = settings.acme, settings.acme_names
    known = _opened(server_key, await acme.get(db, acme.ACCOUNT), Account)
    if known is None or known.directory != section.directory:
        known = new_account(section.directory)
    pairs = []
    async with Acme(section, known) as client:
        if (account := await client.enter()) != known:
            await acme.put(db, acme.ACCOUNT, secrets.seal(server_key, encode(account)), now())
        for key in await asyncio.to_thread(_new_keys):
            chain = await client.order(names, request(names, key), prover(db, section.dns_program))
            pairs.append(_checked(key, names, chain))
    return Kept(section.directory, names, tuple(pairs))


def _new_keys() -> tuple[keys.PrivateKey, ...]:
    return ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)


def request(names: Sequence[str], key: keys.PrivateKey) -> bytes:
    """A signing request for a server with these names (DER); the first is its common name (A00.FR.510)."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    asked = x509.SubjectAlternativeName([_general(one) for one in names])
    made = x509.CertificateSigningRequestBuilder(subject).add_extension(asked, critical=False)
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _checked(key: keys.PrivateKey, names: Sequence[str], chain: str) -> str:
    """Key and chain as they are kept. Raises NoCertificate where the certificate is not the one that was asked for."""
    try:
        leaf = from_pem(chain)[0]
        given = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if leaf.public_key() != key.public_key():
            raise NoCertificate("The CA sent a certificate for another key.")
        if missing := [one for one in names if _general(one) not in given]:
            raise NoCertificate(f"The certificate that the CA sent does not name {', '.join(missing)}.")
    except (IndexError, x509.ExtensionNotFound, *UNREADABLE) as error:
        raise NoCertificate(f"What the CA sent is no certificate of a server: {error!r}.") from None
    return keys.to_pem(key, None) + chain


async def _failed(db: Db, settings: Settings, how: Standing, have: Kept | None, error: NoCertificate) -> None:
    """Say so, and when it is tried again."""
    at = now()
    pause = max(min(FIRST_PAUSE << min(how.failures, 16), LONGEST_PAUSE), int(error.again_after * 1_000_000))
    after = Standing(how.failures + 1, str(error), at + pause)
    ends = min((one.not_after for one in have.certificates()), default=None) if have else None
    data = {
        "names": settings.acme_names, "directory": settings.acme.directory, "reason": after.trouble,
        "failures": after.failures, "next_at": rfc3339(after.next_at),
        "not_after": None if ends is None else rfc3339(ends),
    }  # fmt: skip
    async with db.transaction() as tx:
        await acme.write(tx, acme.STANDING, encode(after), at)
        tx.emit(Event(DEFAULT_TENANT, "ohmstead.server_certificate.failed", None, at, encode(data)))
    log.error("no server certificate by ACME; the one that is there goes on", reason=after.trouble,
              failures=after.failures, next_at=rfc3339(after.next_at))  # fmt: skip
