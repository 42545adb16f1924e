"""The vehicle's side of Plug & Charge (ISO 15118-2): it asks for a contract certificate and reads what it is given.

Its own code: only the EXI codec is shared with the server. What it does not believe it refuses, with the reason.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from ohmstead.plugcharge.exi import SCHEMAS
from ohmstead.runtime import now, to_datetime
from ohmstead.simulator.chains import holds_together, validated

NAMESPACE = "urn:iso:15118:2:2013:MsgDef"
CANONICAL = "http://www.w3.org/TR/canonical-exi/"
ANY_ROOT = {"X509IssuerName": "CN=V2G", "X509SerialNumber": 1}
PROVISIONING = "CPS"
"""Domain component of a provisioning service's certificate."""
YEAR = 365 * 24 * 3600 * 1_000_000
_EXI, _DSIG = SCHEMAS["iso15118-2"], SCHEMAS["xmldsig"]
_SIGNED = ("ContractSignatureCertChain", "ContractSignatureEncryptedPrivateKey", "DHpublickey", "eMAID")


class NotBelieved(Exception):
    """The answer is not what it should be; the message says why."""


@dataclass(frozen=True)
class Held:
    """A contract certificate with its key."""

    emaid: str
    chain: tuple[x509.Certificate, ...]
    """Leaf first, without the root."""
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return "".join(one.public_bytes(Encoding.PEM).decode() for one in self.chain)


@dataclass(frozen=True)
class Maker:
    """A vehicle maker's authority: what it signs, a CSMS must trust."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    v2g_roots: tuple[x509.Certificate, ...] = ()
    """What its cars trust; without any they believe every provider whose chain holds together."""

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()


def new_maker(name: str = "Simulated OEM") -> Maker:
    key = ec.generate_private_key(ec.SECP256R1())
    return Maker(_certificate(name, name, key, key, is_authority=True), key)


def maker_of(path: Path, v2g_root: Path | None = None) -> Maker:
    """The maker in a PEM file of certificate and key, which is made if there is none; its cars trust the V2G roots in
    another one. Raises OSError, and ValueError for other files."""
    roots = () if v2g_root is None else tuple(x509.load_pem_x509_certificates(v2g_root.read_bytes()))
    if not path.exists():
        maker = new_maker()
        private = maker.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(maker.pem.encode() + private)
        return replace(maker, v2g_roots=roots)
    data = path.read_bytes()
    key = load_pem_private_key(data, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{path} holds no key on an elliptic curve")
    return Maker(x509.load_pem_x509_certificate(data), key, roots)


class ContractVehicle:
    """A vehicle with its provisioning certificate, and the contract it holds."""

    def __init__(self, pcid: str, maker: Maker) -> None:
        self.pcid, self.roots = pcid, maker.v2g_roots
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = maker.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        self.certificate = _certificate(pcid, str(name), self._key, maker.key, is_authority=False)
        self.held: Held | None = None

    def ask(self, *roots: x509.Certificate) -> str:
        """A CertificateInstallationReq as OCPP carries it; `roots` are named instead of those it trusts."""
        body = {
            "Id": "id1",
            "OEMProvisioningCert": _text(self.certificate.public_bytes(Encoding.DER)),
            "ListOfRootCertificateIDs": {"RootCertificateID": _named(roots or self.roots)},
        }
        return self._request("CertificateInstallationReq", body, self._key)

    def ask_for_update(self) -> str:
        """A CertificateUpdateReq, signed with the contract that is held."""
        assert self.held is not None
        leaf, *above = [_text(one.public_bytes(Encoding.DER)) for one in self.held.chain]
        body = {
            "Id": "id1",
            "ContractSignatureCertChain": {"Id": "id2", "Certificate": leaf, "SubCertificates": {"Certificate": above}},
            "eMAID": self.held.emaid,
            "ListOfRootCertificateIDs": {"RootCertificateID": _named(self.roots)},
        }
        return self._request("CertificateUpdateReq", body, self.held.key)

    def _request(self, name: str, body: dict[str, Any], key: ec.EllipticCurvePrivateKey) -> str:
        info = {
            "CanonicalizationMethod": {"Algorithm": CANONICAL},
            "SignatureMethod": {"Algorithm": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"},
            "Reference": [
                {
                    "URI": "#id1",
                    "Transforms": {"Transform": [{"Algorithm": CANONICAL}]},
                    "DigestMethod": {"Algorithm": "http://www.w3.org/2001/04/xmlenc#sha256"},
                    "DigestValue": _text(hashlib.sha256(_EXI.fragment(name, body)).digest()),
                }
            ],
        }
        r, s = utils.decode_dss_signature(key.sign(_DSIG.fragment("SignedInfo", info), ec.ECDSA(hashes.SHA256())))
        value = _text(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        header = {
            "SessionID": "0102030405060708",
            "Signature": {"SignedInfo": info, "SignatureValue": {"value": value}},
        }
        return _text(_EXI.encode({"V2G_Message": {"Header": header, "Body": {name: body}}}))

    def take(self, answer: str, at: int | None = None) -> Held:
        """Believe an answer and hold its contract. `at`: microseconds, by default now. Raises NotBelieved."""
        message = _EXI.decode(base64.b64decode(answer))["V2G_Message"]
        ((name, body),) = message["Body"].items()
        if body["ResponseCode"] != "OK":
            raise NotBelieved(f"the answer is {body['ResponseCode']}")
        if "Signature" not in message["Header"]:
            raise NotBelieved("the answer is not signed")
        provider = self._provider(body["SAProvisioningCertificateChain"], now() if at is None else at)
        _verify(message["Header"]["Signature"], body, provider)
        certificates = _certificates(body["ContractSignatureCertChain"])
        _check_contract(certificates, body["eMAID"]["value"])
        # an update is enciphered for the contract that asked for it
        own = self.held.key if self.held is not None and name == "CertificateUpdateRes" else self._key
        key = _decipher(body, own)
        if key.public_key() != certificates[0].public_key():
            raise NotBelieved("the key that came is not that of the certificate")
        self.held = Held(body["eMAID"]["value"], certificates, key)
        return self.held

    def _provider(self, chain: dict[str, Any], at: int) -> x509.Certificate:
        """Whose signature it must be: a provisioning service's, by a chain that leads to a V2G root of the vehicle."""
        found = _certificates(chain)
        if not self.roots:
            if not holds_together(found):
                raise NotBelieved("the provider's chain does not hold together")
            return found[0]
        verdict = validated(found, self.roots, at)
        if verdict != "Accepted":
            raise NotBelieved(f"the provider's chain to a V2G root of the vehicle: {verdict}")
        if PROVISIONING not in _names(found[0], NameOID.DOMAIN_COMPONENT):
            raise NotBelieved("the signer is no provisioning service (DC=CPS)")
        return found[0]


def _named(roots: Sequence[x509.Certificate]) -> list[dict[str, Any]]:
    known = [{"X509IssuerName": one.issuer.rfc4514_string(), "X509SerialNumber": one.serial_number} for one in roots]
    return known or [ANY_ROOT]


def _certificates(chain: dict[str, Any]) -> tuple[x509.Certificate, ...]:
    """Leaf first."""
    texts = [chain["Certificate"], *chain.get("SubCertificates", {}).get("Certificate", [])]
    return tuple(x509.load_der_x509_certificate(base64.b64decode(one)) for one in texts)


def _check_contract(chain: Sequence[x509.Certificate], emaid: str) -> None:
    """Raises NotBelieved."""
    if not holds_together(chain):
        raise NotBelieved("the contract's chain does not hold together")
    names = [one.replace("-", "").upper()[:14] for one in _names(chain[0], NameOID.COMMON_NAME)]
    if names != [emaid.replace("-", "").upper()[:14]]:
        raise NotBelieved(f"the certificate is of {', '.join(names) or 'nobody'}, not of {emaid}")


def _names(one: x509.Certificate, kind: x509.ObjectIdentifier) -> list[str]:
    return [str(name.value) for name in one.subject.get_attributes_for_oid(kind)]


def _verify(signature: dict[str, Any], body: dict[str, Any], provider: x509.Certificate) -> None:
    digests = {one["URI"]: one["DigestValue"] for one in signature["SignedInfo"]["Reference"]}
    for name in _SIGNED:
        if digests.get(f"#{body[name]['Id']}") != _text(hashlib.sha256(_EXI.fragment(name, body[name])).digest()):
            raise NotBelieved(f"{name} is not what was signed")
    raw, key = base64.b64decode(signature["SignatureValue"]["value"]), provider.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    try:
        key.verify(der, _DSIG.fragment("SignedInfo", signature["SignedInfo"]), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise NotBelieved("the signature is not the provider's") from None


def _decipher(body: dict[str, Any], own: ec.EllipticCurvePrivateKey) -> ec.EllipticCurvePrivateKey:
    point = base64.b64decode(body["DHpublickey"]["value"])
    secret = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
    cipher_key = ConcatKDFHash(hashes.SHA256(), 16, b"\x01UV").derive(secret)
    data = base64.b64decode(body["ContractSignatureEncryptedPrivateKey"]["value"])
    if len(data) != 48:
        raise NotBelieved(f"the enciphered key has {len(data)} bytes instead of 48")
    plain = Cipher(algorithms.AES(cipher_key), modes.CBC(data[:16])).decryptor()
    value = int.from_bytes(plain.update(data[16:]) + plain.finalize(), "big")
    try:
        return ec.derive_private_key(value, ec.SECP256R1())
    except ValueError:
        raise NotBelieved("the key that came is enciphered for somebody else") from None


def _certificate(
    name: str, issuer: str, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey, *, is_authority: bool
) -> x509.Certificate:
    moment = now()
    subject, above = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (name, issuer))
    builder = x509.CertificateBuilder(
        issuer_name=above,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=to_datetime(moment - YEAR),
        not_valid_after=to_datetime(moment + 10 * YEAR),
    )
    constraints = x509.BasicConstraints(ca=is_authority, path_length=None)
    return builder.add_extension(constraints, critical=True).sign(signer, hashes.SHA256())


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
