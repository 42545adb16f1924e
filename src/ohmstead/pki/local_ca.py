"""The CA that comes with Ohmstead: a root that stations trust, and an issuing CA below it that does the work.

    <data_dir>/pki/ca.pem        the root: what stations must trust
                   root.key      sealed; needed for the next issuing CA only: keep it elsewhere if you like
                   issuing.pem, issuing.key
                   former-*.pem  issuing CAs of before, whose certificates still count until they are revoked
                   former-*.key  their keys, where they are still there: for their CRLs and OCSP answers alone
                   next.pem, next.key   an issuing CA on its way to its place: the next start finishes that
                   signing.pem, signing.key   sign our messages: pki/signing_key.py

The folder appears as a whole or not at all. Nodes that share a database need the same one, as they need the same
server.key, which unseals the keys. ECDSA on P-256 throughout (A00.FR.505): see docs/adr/0006-embedded-ca.md.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from ohmstead.domain.certificates import DAY
from ohmstead.keyfiles import write_private
from ohmstead.pki import keys, revocation
from ohmstead.pki.certificate import UNREADABLE, describe, from_pem, key_sha256, to_pem
from ohmstead.pki.issuer import CannotIssue, Issued, Order
from ohmstead.runtime import now, rfc3339, to_datetime

HOUR = 3_600_000_000
BACKDATED = HOUR
"""For stations whose clock is behind (a station's certificate must be valid at once, 2.0.1 errata to A02.FR.08)."""
ROOT_LIFE, ISSUING_LIFE, STATION_LIFE = 25 * 365 * DAY, 10 * 365 * DAY, 365 * DAY
SIGNER_NAME = "Ohmstead message signing"
SERVER_LIFE = 22 * HOUR
"""With what it is backdated under 24 hours: so short that nobody needs to revoke it (A00.FR.701)."""

_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


class BrokenCa(Exception):
    """The pki folder cannot be used; the message says why and what to do."""


class LocalCa:
    """The embedded CA, an Issuer; `open_ca` makes one."""

    name = "embedded"

    def __init__(
        self,
        root: x509.Certificate,
        issuing: x509.Certificate,
        key: ec.EllipticCurvePrivateKey,
        reserved: Iterable[str],
        former: Sequence[x509.Certificate] = (),
        predecessors: Sequence[revocation.Predecessor] = (),
        lists: str = "",
    ) -> None:
        """`reserved` are the names of our own servers, which no station's certificate may carry. `predecessors` are
        those of `former` whose key is still there. `lists`: the URL below which CRLs lie, where stations' certificates
        are to say so."""
        self.root, self.issuing, self.former = root, issuing, tuple(former)
        self.predecessors = tuple(predecessors)
        self._lists = lists
        self._key = key
        self._reserved = frozenset(name.lower() for name in (*reserved, SIGNER_NAME))
        self._authority, self._until = key_sha256(issuing), describe(issuing).not_after

    @property
    def intermediates(self) -> tuple[x509.Certificate, ...]:
        """All issuing CAs that the root has signed, the present one first."""
        return (self.issuing, *self.former)

    async def issue(self, order: Order) -> Issued:
        """A certificate for a year. Raises CannotIssue for the name of a server: clients without SAN support would take
        such a station for us."""
        if order.common_name.lower() in self._reserved:
            raise CannotIssue(f"{order.common_name!r} is a name of this server; no station may carry it.")
        subject = _name(order.organization, order.common_name)
        usage = _usage(digital_signature=True)  # no extended key usage: A00.FR.514
        number = x509.random_serial_number()
        extensions: list[tuple[x509.ExtensionType, bool]] = [(usage, True), *self._points(number)]
        certificate = self._sign(subject, order.public_key, STATION_LIFE, extensions, number)
        return Issued(describe(certificate), to_pem((certificate, self.issuing)), self._authority)

    def issue_server(
        self, public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey, organization: str, names: Sequence[str]
    ) -> tuple[x509.Certificate, ...]:
        """Our own certificate for less than a day, and the CA above it. The first of `names` (host names and addresses)
        is its CN (A00.FR.510), all are in its SAN. Raises CannotIssue."""
        alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
        # the four suites of OCPP include RSA key exchange, which enciphers a key
        usage = _usage(digital_signature=True, key_encipherment=isinstance(public_key, rsa.RSAPublicKey))
        subject = _name(organization, names[0])
        extensions: list[tuple[x509.ExtensionType, bool]] = [(usage, True), (alternatives, False)]
        return self._sign(subject, public_key, SERVER_LIFE, extensions), self.issuing

    def issue_signer(self, public_key: ec.EllipticCurvePublicKey, organization: str) -> tuple[x509.Certificate, ...]:
        """The certificate of the key that signs our messages, and the CA above it. Raises CannotIssue."""
        usage: list[tuple[x509.ExtensionType, bool]] = [(_usage(digital_signature=True), True)]
        return self._sign(_name(organization, SIGNER_NAME), public_key, ISSUING_LIFE, usage), self.issuing

    def crl(self, revoked: Iterable[revocation.Revoked], now: int, url: str = "") -> bytes:
        """The CRL of the issuing CA, in DER; with `url` the part that lies there."""
        return revocation.crl(self.issuing, self._key, revoked, now, url)

    def ocsp(self, one: revocation.Asked, *, known: bool, revoked: revocation.Revoked | None, now: int) -> bytes:
        """An OCSP answer of the issuing CA, in DER."""
        return revocation.answer(self.issuing, self._key, one, known, revoked, now)

    def _points(self, number: int) -> list[tuple[x509.ExtensionType, bool]]:
        """Where a certificate would be listed if it were revoked."""
        if not self._lists:
            return []
        where = x509.UniformResourceIdentifier(revocation.part_url(self._lists, self.issuing, number))
        return [(x509.CRLDistributionPoints([x509.DistributionPoint([where], None, None, None)]), False)]

    def _sign(
        self,
        subject: x509.Name,
        public_key: Any,
        life: int,
        extensions: list[tuple[x509.ExtensionType, bool]],
        number: int | None = None,
    ) -> x509.Certificate:
        start = now()
        until = min(start + life, self._until)
        if until <= start:
            raise CannotIssue(f"The issuing CA expired at {rfc3339(self._until)}; it needs a successor.")
        extensions = [(x509.BasicConstraints(ca=False, path_length=None), True), *extensions]
        valid = (start - BACKDATED, until)
        return _certificate(subject, public_key, self.issuing, self._key, valid, extensions, number)


def open_ca(folder: Path, server_key: bytes, organization: str, reserved: Iterable[str], lists: str = "") -> LocalCa:
    """The CA of this folder, made now if there is none; `reserved` and `lists` as of LocalCa. Raises BrokenCa."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    password = keys.passphrase(server_key)
    with lock(folder.with_name(f".{folder.name}.lock")):
        if not folder.exists() or not any(folder.iterdir()):
            _make(folder, password, organization)
        _finish(folder)
    root, issuing = (_load_certificate(folder / name) for name in ("ca.pem", "issuing.pem"))
    key = _load_key(folder / "issuing.key", password)
    try:
        issuing.verify_directly_issued_by(root)
    except (InvalidSignature, TypeError, ValueError):
        raise BrokenCa(f"{folder}/issuing.pem is not signed by {folder}/ca.pem; restore both from a backup.") from None
    if key.public_key() != issuing.public_key():
        raise BrokenCa(f"{folder}/issuing.key is not the key of issuing.pem; restore both from a backup.")
    former = {path: _load_certificate(path) for path in sorted(folder.glob("former-*.pem"))}
    before = [_predecessor(path.with_suffix(".key"), one, password) for path, one in former.items()]
    predecessors = [one for one in before if one is not None]
    return LocalCa(root, issuing, key, reserved, [*former.values()], predecessors, lists)


def _predecessor(path: Path, issuing: x509.Certificate, password: bytes) -> revocation.Predecessor | None:
    if not path.exists():
        return None
    key = _load_key(path, password)
    if key.public_key() != issuing.public_key():
        raise BrokenCa(f"{path} is not the key of {path.stem}.pem; restore both from a backup.")
    return revocation.Predecessor(issuing, key)


def renew_issuing(folder: Path, server_key: bytes, organization: str) -> x509.Certificate:
    """Make another issuing CA below the same root; it counts from the next start on. The one before is kept: what it
    issued is good until it is revoked, and its key (where it is not lost) still signs what says so. Cut anywhere, it
    has not begun, or is finished by the next start. Raises BrokenCa."""
    password = keys.passphrase(server_key)
    with lock(folder.with_name(f".{folder.name}.lock")):
        _finish(folder)
        root = _Pair(_load_certificate(folder / "ca.pem"), _load_key(folder / "root.key", password))
        fresh = _authority("Ohmstead Issuing CA", organization, root, ISSUING_LIFE)
        write_private(folder / "next.key", keys.to_pem(fresh.key, password))
        write_private(folder / "next.pem", to_pem([fresh.certificate]))
        _finish(folder)
    return fresh.certificate


def _finish(folder: Path) -> None:
    """Bring the next issuing CA into its place, where both its files are there: step by step, each of which may be the
    last one before a power cut, and all of which may be done again."""
    key, certificate = folder / "next.key", folder / "next.pem"
    if not certificate.exists():
        key.unlink(missing_ok=True)
        return
    if key.exists():
        before = folder / "issuing.pem"
        if before.exists():
            kept = folder / f"former-{_load_certificate(before).serial_number:x}.pem"
            if (old := folder / "issuing.key").exists():
                write_private(kept.with_suffix(".key"), old.read_text().strip())
            write_private(kept, before.read_text().strip())
        key.replace(folder / "issuing.key")
    certificate.replace(folder / "issuing.pem")


class _Pair(NamedTuple):
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def _make(folder: Path, password: bytes, organization: str) -> None:
    """Make root and issuing CA; another folder is renamed when all is written."""
    new = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    root = _authority("Ohmstead Root CA", organization, None, ROOT_LIFE)
    issuing = _authority("Ohmstead Issuing CA", organization, root, ISSUING_LIFE)
    for name, pair in (("ca", root), ("issuing", issuing)):
        (new / f"{name}.pem").write_text(to_pem([pair.certificate]))
    for name, pair in (("root", root), ("issuing", issuing)):
        write_private(new / f"{name}.key", keys.to_pem(pair.key, password))
    new.rename(folder)


def _authority(title: str, organization: str, above: _Pair | None, life: int) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    # two installations of one operator must not give one name to two CAs
    subject = _name(organization, f"{title} {x509.random_serial_number():x}"[: len(title) + 7])
    constraints = x509.BasicConstraints(ca=True, path_length=None if above is None else 0)
    start = now()
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (constraints, True),
        (_usage(key_cert_sign=True, crl_sign=True), True),
    ]
    issuer, signer = (None, key) if above is None else above
    return _Pair(_certificate(subject, key.public_key(), issuer, signer, (start - DAY, start + life), extensions), key)


def _certificate(
    subject: x509.Name,
    public_key: Any,
    issuer: x509.Certificate | None,
    signer: ec.EllipticCurvePrivateKey,
    valid: tuple[int, int],
    extensions: list[tuple[x509.ExtensionType, bool]],
    number: int | None = None,
) -> x509.Certificate:
    """Sign a certificate; without `issuer` it is its own, without `number` it gets one."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(public_key)
        .serial_number(number or x509.random_serial_number())
        .not_valid_before(to_datetime(valid[0]).replace(microsecond=0))
        .not_valid_after(to_datetime(valid[1]).replace(microsecond=0))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(signer, hashes.SHA256())


def _name(organization: str, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _usage(**chosen: bool) -> x509.KeyUsage:
    return x509.KeyUsage(**dict.fromkeys(_USAGES, False) | chosen)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _load_certificate(path: Path) -> x509.Certificate:
    try:
        return from_pem(_text(path))[0]
    except UNREADABLE:
        raise BrokenCa(f"{path} holds no certificate; restore it from a backup.") from None


def _load_key(path: Path, password: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(_text(path).encode(), password)
    except ValueError:
        text = f"{path} cannot be unsealed: it belongs to another server.key. Restore the two together from a backup."
        raise BrokenCa(text) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BrokenCa(f"{path} is not an elliptic curve key; restore it from a backup.")
    return key


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise BrokenCa(
            f"{path} cannot be read ({error.strerror}). Restore it from a backup; without any backup, move the folder "
            "away: a new CA is made, and every station must be given its ca.pem."
        ) from None


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Of several processes that start at the same time one makes the CA."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
