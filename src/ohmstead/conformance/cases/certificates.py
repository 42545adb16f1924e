"""A: certificates of the station: who comes in with one (security profile 3), and how it gets a new one (A02)."""

from __future__ import annotations

import asyncio
import base64
import ssl
import tempfile
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from ohmstead.conformance.case import V2, Broken, NotApplicable, add, case, wanted
from ohmstead.conformance.talk import Asked, Talk
from ohmstead.ocpp.versions import V16, V201
from ohmstead.runtime import now, to_datetime
from ohmstead.simulator.certificates import hash_data
from ohmstead.simulator.secc import responder_url

_HOUR = 3600 * 1_000_000
_SIGNED_ANYHOW_S = 3.0
"""Seconds in which a certificate would come that should not."""


def _subject(talk: Talk, common_name: str | None = None) -> x509.Name:
    names = talk.certificate_names()
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, names.organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name or names.common_name),
        ]
    )


def _request(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> str:
    return x509.CertificateSigningRequestBuilder(subject).sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


async def _signed(
    talk: Talk, key: ec.EllipticCurvePrivateKey, kind: str | None = "ChargingStationCertificate"
) -> Asked:
    """Triggered, the station asks for a certificate with this key; the call that brings one. `kind` None: one for all."""
    words = {"csr": _request(_subject(talk), key)}
    if talk.version is V16:
        asked = await talk.order("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"})
    else:
        named = f"Sign{kind or 'CombinedCertificate'}"
        asked = await talk.order("TriggerMessage", {"requestedMessage": named})
        words |= {} if kind is None else {"certificateType": kind}
    await talk.answers(asked, {"status": "Accepted"})
    answer = await talk.calls("SignCertificate", words)
    wanted(answer["status"] == "Accepted", f"the request is a good one, and the CSMS says {answer}")  # A02.FR.11
    return await talk.asked("CertificateSigned")


async def renewal(talk: Talk, kind: str | None = "ChargingStationCertificate") -> None:
    await talk.boots()
    key = ec.generate_private_key(ec.SECP256R1())
    asked = await _signed(talk, key, kind)
    try:
        chain = x509.load_pem_x509_certificates(asked.payload["certificateChain"].encode())
    except ValueError as error:
        raise Broken(f"certificateChain is no PEM of certificates: {error}") from None
    wanted(chain[0].public_key() == key.public_key(), "the first certificate is not for the key that was asked for")
    for one, above in pairwise(chain):
        wanted(one.issuer == above.subject, "each certificate of the chain must be issued by the next one")
    await talk.answers(asked, {"status": "Accepted"})
    await talk.alive()


add("TC_A_11_CSMS", "A new certificate for the station", "A02.FR.11 A02.FR.14 F06.FR.01", V2, renewal)
add("TC_074_CSMS", "A new certificate for the station", "A02.FR.11 A02.FR.14", (V16,), renewal)


@case("TC_A_13_CSMS", "A new certificate for the CSMS and for vehicles", "A02.FR.11", (V201,))
async def combined(talk: Talk) -> None:
    await renewal(talk, None)


@case("TC_A_14_CSMS", "A new certificate that the station does not take", "A02.FR.14")
async def not_taken(talk: Talk) -> None:
    await talk.boots()
    asked = await _signed(talk, ec.generate_private_key(ec.SECP256R1()))
    await talk.answers(asked, {"status": "Rejected"})
    await talk.alive()


@case("OHM_A02", "A request in the name of another station", "A02.FR.11")
async def other_name(talk: Talk) -> None:
    await talk.boots()
    subject = _subject(talk, "SOMEBODY-ELSE-7f3a")
    words = {"csr": _request(subject, ec.generate_private_key(ec.SECP256R1()))}
    if (await talk.calls("SignCertificate", words))["status"] == "Rejected":
        return
    talk.lacks.append("a request in the name of another station should be rejected at once")
    try:
        async with asyncio.timeout(min(talk.patience, _SIGNED_ANYHOW_S)):
            asked = await talk.asked("CertificateSigned")
    except (TimeoutError, Broken):
        return
    await talk.answers(asked, {"status": "Rejected"})
    raise Broken("the CSMS has signed a request in the name of another station")


# ---------------------------------------------------------------------- towards vehicles


async def _towards_vehicles(talk: Talk) -> list[x509.Certificate]:
    """Triggered, the station asks for a certificate that it shows to vehicles; what it is given, leaf first."""
    name = talk.certificate_names().v2g_common_name
    if not name:
        raise NotApplicable("the driver names no certificate towards vehicles (certificates.v2g_common_name)")
    asked = await talk.order("TriggerMessage", {"requestedMessage": "SignV2GCertificate"})
    await talk.answers(asked, {"status": "Accepted"})
    key = ec.generate_private_key(ec.SECP256R1())
    words = {"csr": _request(_subject(talk, name), key), "certificateType": "V2GCertificate"}
    answer = await talk.calls("SignCertificate", words)
    wanted(answer["status"] == "Accepted", f"the request is a good one, and the CSMS says {answer}")
    asked = await talk.asked("CertificateSigned")
    kind = asked.payload.get("certificateType")
    wanted(kind == "V2GCertificate", f"a V2GCertificate was asked for, {kind} came")  # A02.FR.11
    try:
        chain = x509.load_pem_x509_certificates(asked.payload["certificateChain"].encode())
    except ValueError as error:
        raise Broken(f"certificateChain is no PEM of certificates: {error}") from None
    wanted(chain[0].public_key() == key.public_key(), "the first certificate is not for the key that was asked for")
    await talk.answers(asked, {"status": "Accepted"})
    return chain


@case("TC_A_12_CSMS", "A new certificate towards vehicles", "A02.FR.11 F06.FR.01")
async def towards_vehicles(talk: Talk) -> None:
    await talk.boots()
    await _towards_vehicles(talk)
    await talk.alive()


@case("TC_M_24_CSMS", "The OCSP answer to staple to it", "M06.FR.01 M06.FR.02 M06.FR.03 M06.FR.08 M06.FR.09")
async def to_staple(talk: Talk) -> None:
    await talk.boots()
    leaf, *above = await _towards_vehicles(talk)
    url = responder_url(leaf)
    if url is None or not above:
        raise NotApplicable("the certificate names no responder, or comes without its issuer")
    data = {**hash_data(leaf, above[0], "SHA256"), "responderURL": url}
    answer = await talk.calls("GetCertificateStatus", {"ocspRequestData": data})
    wanted(answer["status"] == "Accepted", f"the CSMS has just signed the certificate, and says {answer}")
    try:
        found = ocsp.load_der_ocsp_response(base64.b64decode(answer.get("ocspResult", ""), validate=True))
        about = (found.serial_number, found.certificate_status)
    except ValueError as error:
        raise Broken(f"ocspResult is no OCSP answer in DER and base64: {error}") from None
    good = (leaf.serial_number, ocsp.OCSPCertStatus.GOOD)
    wanted(about == good, f"the answer says {about[1].name} of the certificate {about[0]:x}")


# ---------------------------------------------------------------------- security profile 3


def _needs_certificate(talk: Talk) -> ssl.SSLContext:
    tls = talk.endpoint.tls
    if tls is None or talk.endpoint.password is not None:
        raise NotApplicable("this is for security profile 3: give wss://, --ca, --cert and --key, and no --password")
    return tls


async def right_certificate(talk: Talk) -> None:
    _needs_certificate(talk)
    await talk.boots()
    await talk.alive()


add("TC_A_07_CSMS", "A client certificate that is right", "A00.FR.410 A00.FR.421", V2, right_certificate)
add("TC_087_CSMS", "A client certificate that is right", "A00.FR.410", (V16,), right_certificate)


@case("TC_A_08_CSMS", "A client certificate of nobody, and none", "A00.FR.405 A00.FR.409 A00.FR.410", V2)
async def wrong_certificate(talk: Talk) -> None:
    trusted = _needs_certificate(talk).get_ca_certs(binary_form=True)
    if not trusted:  # else our own distrust would pass for a refusal
        raise NotApplicable("the root of the CSMS's certificate must be named: give --ca")
    for with_one in (True, False):
        await talk.refused(None, tls=_context(trusted, _subject(talk) if with_one else None))
    await talk.boots()


def _context(trusted: list[bytes], subject: x509.Name | None) -> ssl.SSLContext:
    """As the station's, with a certificate that it signed itself, or none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for one in trusted:
        context.load_verify_locations(cadata=one)
    if subject is not None:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = x509.CertificateBuilder(
            subject, subject, key.public_key(), 1, to_datetime(now() - _HOUR), to_datetime(now() + _HOUR)
        )
        made = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with tempfile.TemporaryDirectory() as folder:  # load_cert_chain takes files only
            file = Path(folder) / "client.pem"
            file.write_bytes(private + made)
            context.load_cert_chain(file)
    return context
