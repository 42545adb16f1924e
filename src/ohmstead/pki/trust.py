"""Whom the door trusts: from the certificate that a station shows to a trusted root.

OpenSSL walks the same way in a full handshake, but not when a session is resumed, and it names no reason that a person
could act on. So the way is walked again at every connection, and what it means is judged by `domain.certificates`.
Name constraints and policies are left to OpenSSL: they cannot change between a handshake and its resumption, for a
change of trust makes a new `Trust` and a new SSLContext, which knows none of the old sessions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from ohmstead.domain.certificates import Accepted, Certificate, Holder, Refused, Revoked, judge
from ohmstead.pki import keys
from ohmstead.pki.certificate import UNREADABLE, describe
from ohmstead.runtime import from_datetime

Path = tuple[x509.Certificate, ...]

MAX_PATH = 6
"""Certificates from station to root."""
MAX_SENT = 5
MAX_LEARNT = 1000
MAX_KNOWN = 20_000
"""Stations whose path is remembered, at some 2 KB each."""
_UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.INHIBIT_ANY_POLICY,
    }
)


class Unfit(Exception):
    """A certificate that no path may contain; `why` has a place for its name."""

    def __init__(self, certificate: x509.Certificate, why: str) -> None:
        super().__init__(why.format(certificate.subject.rfc4514_string()))


class Trust:
    """A set of trusted CAs, for the life of one SSLContext."""

    def __init__(self, anchors: Iterable[x509.Certificate], intermediates: Iterable[x509.Certificate] = ()) -> None:
        """`anchors` are believed, whether self-signed or not; `intermediates` only help to find the way to them, for
        stations that send their own certificate alone. Raises Unfit when one of them is no CA."""
        self.anchors = tuple(dict.fromkeys(anchors))
        self.intermediates = tuple(dict.fromkeys(intermediates))
        for one in (*self.anchors, *self.intermediates):
            check_authority(one)
        self._known: dict[bytes, list[Certificate]] = {}
        """Of what accepted stations showed and sent (its SHA-256): the path that led to an anchor; it is not read again
        at each connection. Dates, names and revocation are judged each time."""
        self._learnt: dict[x509.Certificate, None] = {}
        """Sub-CAs that accepted stations sent: when they resume their session, they send nothing."""

    def judge(
        self, shown: bytes, sent: Sequence[bytes], holder: Holder, revoked: Revoked, now: int
    ) -> Accepted | Refused:
        """Judge the certificate that a station shows (DER), with the others that it sent (DER, in any order)."""
        key = hashlib.sha256(b"".join(len(one).to_bytes(4, "big") + one for one in (shown, *sent))).digest()
        if (path := self._known.get(key)) is not None:
            judgement = judge(path, holder, revoked, now)
            if isinstance(judgement, Accepted):
                return judgement
        try:
            station = x509.load_der_x509_certificate(shown)
            others = [x509.load_der_x509_certificate(one) for one in sent[:MAX_SENT]]
            _check_station(station)
            return self._judge(key, station, others, holder, revoked, now)
        except Unfit as unfit:
            return Refused("unfit_certificate", str(unfit))
        except UNREADABLE as error:
            return Refused("unreadable_certificate", f"The certificate cannot be read: {error}.")

    def leads_to_anchor(self, certificate: x509.Certificate, now: int) -> bool:
        """Whether a path of certificates that are valid at `now` leads from this one to an anchor, whatever its use."""
        for path in self._paths((certificate,), self.intermediates, []):
            if all(
                from_datetime(one.not_valid_before_utc) <= now < from_datetime(one.not_valid_after_utc) for one in path
            ):
                return True
        return False

    def _judge(
        self, key: bytes, station: x509.Certificate, sent: list[x509.Certificate], holder: Holder, revoked: Revoked,
        now: int,
    ) -> Accepted | Refused:  # fmt: skip
        refused: Refused | None = None
        doubts: list[str] = []
        for path in self._paths((station,), (*self.intermediates, *self._learnt, *sent), doubts):
            judgement = judge(described := [describe(one) for one in path], holder, revoked, now)
            if isinstance(judgement, Accepted):
                self._learn(path[1:-1])
                self._keep(key, described)
                return judgement
            refused = refused or judgement
        return refused or Refused("untrusted_certificate", _why(station, doubts))

    def _paths(self, path: Path, known: Sequence[x509.Certificate], doubts: list[str]) -> Iterator[Path]:
        """Every way on from the end of `path` to an anchor; why others were not taken goes to `doubts`."""
        last = path[-1]
        if len(path) > 1 and last in self.anchors:
            yield path
        elif len(path) < MAX_PATH:
            for issuer in dict.fromkeys((*self.anchors, *known)):
                if issuer.subject != last.issuer or issuer in path:
                    continue
                if (doubt := _doubt(last, issuer) or _too_long(path, issuer)) is None:
                    yield from self._paths((*path, issuer), known, doubts)
                else:
                    doubts.append(doubt)

    def _keep(self, key: bytes, path: list[Certificate]) -> None:
        if len(self._known) >= MAX_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[key] = path

    def _learn(self, authorities: Path) -> None:
        for one in authorities:
            if one not in self.intermediates and len(self._learnt) < MAX_LEARNT:
                self._learnt[one] = None


def _why(station: x509.Certificate, doubts: list[str]) -> str:
    name = station.subject.rfc4514_string()
    if doubts:
        return f"No trusted CA stands behind {name}: {doubts[-1]}"
    if station.issuer == station.subject:
        return f"{name} is signed by itself; let a trusted CA sign it (POST /stations/<id>/certificates)."
    issuer = station.issuer.rfc4514_string()
    return f"{name} was issued by {issuer}, which is not trusted here; add that CA with POST /certificate-authorities."


@lru_cache(maxsize=4096)
def _doubt(certificate: x509.Certificate, issuer: x509.Certificate) -> str | None:
    """Why `certificate` is not by `issuer`, or `issuer` may not issue; None if all is well. Holds for all time."""
    try:
        check_authority(issuer)
        if not isinstance(certificate.signature_hash_algorithm, (hashes.SHA256, hashes.SHA384, hashes.SHA512)):
            return f"{certificate.subject.rfc4514_string()} is not signed with SHA-256 or better."  # A00.FR.506
        certificate.verify_directly_issued_by(issuer)
    except Unfit as unfit:
        return str(unfit)
    except (InvalidSignature, *UNREADABLE):
        return f"{certificate.subject.rfc4514_string()} is not signed by the {issuer.subject.rfc4514_string()} we know."
    return None


def _too_long(path: Path, issuer: x509.Certificate) -> str | None:
    """RFC 5280, 4.2.1.9: how many CAs may stand between `issuer` and the station's own certificate."""
    limit = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    between = sum(one.subject != one.issuer for one in path[1:])
    if limit is not None and between > limit:
        return f"{issuer.subject.rfc4514_string()} allows {limit} CAs below it, here are {between}."
    return None


def check_authority(authority: x509.Certificate) -> None:
    """Raise Unfit unless this is a CA certificate that may sign others."""
    extensions = _extensions(authority)
    constraints = extensions.get(ExtensionOID.BASIC_CONSTRAINTS)
    if not isinstance(constraints, x509.BasicConstraints) or not constraints.ca:
        raise Unfit(authority, "{} is not the certificate of a CA.")
    usage = extensions.get(ExtensionOID.KEY_USAGE)
    if isinstance(usage, x509.KeyUsage) and not usage.key_cert_sign:
        raise Unfit(authority, "The key usage of {} does not let it sign certificates.")


def _check_station(certificate: x509.Certificate) -> None:
    """Raise Unfit unless this can be the certificate of a TLS client."""
    extensions = _extensions(certificate)
    constraints, usage, purposes = (
        extensions.get(kind)
        for kind in (ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE)
    )
    if isinstance(constraints, x509.BasicConstraints) and constraints.ca:
        raise Unfit(certificate, "{} is the certificate of a CA, not of a station.")
    if isinstance(usage, x509.KeyUsage) and not usage.digital_signature:
        raise Unfit(certificate, "The key usage of {} does not let it sign a TLS handshake (digitalSignature).")
    if isinstance(purposes, x509.ExtendedKeyUsage) and not {
        ExtendedKeyUsageOID.CLIENT_AUTH,
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    } & set(purposes):
        raise Unfit(certificate, "The extended key usage of {} is not for TLS clients.")


def _extensions(certificate: x509.Certificate) -> dict[x509.ObjectIdentifier, x509.ExtensionType]:
    """Its extensions. Raises Unfit for a weak key and for what must be understood and is not (RFC 5280, 4.2)."""
    try:
        keys.check(certificate.public_key())
    except keys.UnfitKey as unfit:
        raise Unfit(certificate, f"{{}}: {unfit}") from None
    for one in certificate.extensions:
        if one.critical and one.oid not in _UNDERSTOOD:
            raise Unfit(
                certificate, f"{{}} has a critical extension that is not understood here: {one.oid.dotted_string}."
            )
    return {one.oid: one.value for one in certificate.extensions}
