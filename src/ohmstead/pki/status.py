"""What other authorities say about their certificates: OCSP answers (RFC 6960) and CRLs (RFC 5280), judged.

Of a certificate often only its hash data is known, as a station reports it. So the issuer is looked for among those
that are known here, and among the certificates that come with an OCSP answer: whose name and key have the hashes asked
for is the issuer, whoever brought it. Where it stays unknown, the answer is not `verified`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from ohmstead.domain.installed import HashData
from ohmstead.pki.certificate import UNREADABLE, key_bits
from ohmstead.runtime import from_datetime

State = Literal["good", "revoked", "unknown"]
SKEW = 300_000_000
"""Microseconds that a responder's clock may be ahead of ours."""
LONGEST = 24 * 3600_000_000
"""Microseconds that an answer without an end is good for."""
_HASHES = {"SHA256": hashes.SHA256(), "SHA384": hashes.SHA384(), "SHA512": hashes.SHA512()}
_STATES: dict[ocsp.OCSPCertStatus, State] = {
    ocsp.OCSPCertStatus.GOOD: "good",
    ocsp.OCSPCertStatus.REVOKED: "revoked",
    ocsp.OCSPCertStatus.UNKNOWN: "unknown",
}


class Doubtful(Exception):
    """An answer that says nothing about this certificate; the message says why."""


class Status(NamedTuple):
    """How a certificate stands. `until`: when to ask again (nextUpdate), in microseconds. `verified`: the signature was
    checked with the issuer's key."""

    state: State
    until: int
    verified: bool


def hash_data(certificate: x509.Certificate, issuer: x509.Certificate) -> HashData:
    """In the words of a station."""
    return HashData(
        hash_algorithm="SHA256",
        issuer_name_hash=hashlib.sha256(certificate.issuer.public_bytes()).hexdigest(),
        issuer_key_hash=hashlib.sha256(key_bits(issuer)).hexdigest(),
        serial_number=f"{certificate.serial_number:x}",
    )


def responder(certificate: x509.Certificate) -> str | None:
    """The URL of the OCSP responder that it names; None when it names none over HTTP."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return None
    places = [one.access_location for one in access if one.access_method == AuthorityInformationAccessOID.OCSP]
    return next((one.value for one in places if isinstance(one, x509.UniformResourceIdentifier)), None)


def is_issuer(one: x509.Certificate, hashed: HashData) -> bool:
    """Whether the hash data is of a certificate that this authority issued."""
    algorithm, name_hash, key_hash, _ = hashed.key
    try:
        found = [
            hashlib.new(algorithm.lower(), data).hexdigest() for data in (one.subject.public_bytes(), key_bits(one))
        ]
    except UNREADABLE:
        return False
    return found == [name_hash, key_hash]


def question(hashed: HashData) -> bytes:
    """The OCSP request in DER, without a nonce: answers are shared. Raises Doubtful when this is no hash data."""
    try:
        builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
            bytes.fromhex(hashed.issuer_name_hash),
            bytes.fromhex(hashed.issuer_key_hash),
            int(hashed.serial_number, 16),
            _HASHES[hashed.hash_algorithm],
        )
        return builder.build().public_bytes(Encoding.DER)
    except UNREADABLE as error:
        raise Doubtful(f"This is no hash data of a certificate: {error}.") from None


def read_ocsp(der: bytes, hashed: HashData, issuers: Iterable[x509.Certificate], now: int) -> Status:
    """What an OCSP answer says about this certificate. Raises Doubtful."""
    try:
        answer = ocsp.load_der_ocsp_response(der)
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise Doubtful(f"The responder answered {answer.response_status.name}.")
        one = next((one for one in answer.responses if _is_about(one, hashed)), None)
        if one is None:
            raise Doubtful("The answer is about another certificate.")
        until = None if one.next_update_utc is None else from_datetime(one.next_update_utc)
        until = _fresh(from_datetime(one.this_update_utc), until, now)
        candidates = (*issuers, *answer.certificates)
        issuer = next((known for known in candidates if is_issuer(known, hashed)), None)
        if issuer is not None and not _speaks_for(answer, issuer, now):
            raise Doubtful("The answer is not signed by the issuer of the certificate, nor by who may speak for it.")
        return Status(_STATES[one.certificate_status], until, issuer is not None)
    except UNREADABLE as error:
        raise Doubtful(f"The answer of the responder cannot be read: {error}.") from None


def read_crl(der: bytes, hashed: HashData, issuers: Iterable[x509.Certificate], url: str, now: int) -> Status:
    """What the CRL of this URL says about this certificate. Raises Doubtful."""
    try:
        crl = x509.load_der_x509_crl(der)
        issuer = next((known for known in issuers if is_issuer(known, hashed)), None)
        if issuer is None or crl.issuer != issuer.subject:
            raise Doubtful("The CRL is not of an issuer of this certificate that is known here.")
        if not crl.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]
            raise Doubtful("The CRL is not signed by the issuer of the certificate.")
        end = crl.next_update_utc
        until = _fresh(from_datetime(crl.last_update_utc), None if end is None else from_datetime(end), now)
        _check_scope(crl, url)
        found = crl.get_revoked_certificate_by_serial_number(int(hashed.serial_number, 16))
        return Status("good" if found is None else "revoked", until, True)
    except UNREADABLE as error:
        raise Doubtful(f"The CRL cannot be read: {error}.") from None


def _is_about(one: ocsp.OCSPSingleResponse, hashed: HashData) -> bool:
    told = (one.hash_algorithm.name.upper(), one.issuer_name_hash.hex(), one.issuer_key_hash.hex())
    return (*told, f"{one.serial_number:x}") == hashed.key


def _fresh(made: int, until: int | None, now: int) -> int:
    """When it ends. Raises Doubtful unless it holds now."""
    until = made + LONGEST if until is None else until
    if made > now + SKEW:
        raise Doubtful("The answer is of the future.")
    if until <= now:
        raise Doubtful("The answer is too old.")
    return until


def _speaks_for(answer: ocsp.OCSPResponse, issuer: x509.Certificate, now: int) -> bool:
    """Whether the issuer signed the answer, or a responder whom it named (RFC 6960 4.2.2.2)."""
    named = [one for one in answer.certificates if _is_responder(one, issuer, now)]
    return any(_signed(answer, one) for one in (issuer, *named))


def _is_responder(one: x509.Certificate, issuer: x509.Certificate, now: int) -> bool:
    try:
        one.verify_directly_issued_by(issuer)
        purposes = one.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (InvalidSignature, x509.ExtensionNotFound, *UNREADABLE):
        return False
    valid = from_datetime(one.not_valid_before_utc) <= now < from_datetime(one.not_valid_after_utc)
    return valid and ExtendedKeyUsageOID.OCSP_SIGNING in purposes


def _signed(answer: ocsp.OCSPResponse, by: x509.Certificate) -> bool:
    key, digest = by.public_key(), answer.signature_hash_algorithm
    if not isinstance(digest, (hashes.SHA256, hashes.SHA384, hashes.SHA512)):
        return False
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), digest)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _check_scope(crl: x509.CertificateRevocationList, url: str) -> None:
    """A part of a list says nothing about certificates of another part (RFC 5280 5.2.5). Raises Doubtful."""
    for one in crl.extensions:
        part = one.value
        if isinstance(part, x509.IssuingDistributionPoint):
            named = [name.value for name in part.full_name or () if isinstance(name, x509.UniformResourceIdentifier)]
            if part.indirect_crl or part.only_some_reasons or part.only_contains_attribute_certs:
                raise Doubtful("The CRL is of a kind that is not read here.")
            if part.full_name is not None and url not in named:
                raise Doubtful("The CRL is of another distribution point.")
        elif one.critical:
            raise Doubtful(f"The CRL has a critical extension that is not understood: {one.oid.dotted_string}.")
