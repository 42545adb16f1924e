"""The answer to a vehicle that asks for its contract certificate (ISO 15118-2 CertificateInstallation and -Update).

The contract's private key is made here and handed over once, enciphered for the vehicle alone: ECDH between a key of
the moment and the vehicle's certificate, AES-128-CBC without padding. The provisioning service signs four elements.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from ohmstead.plugcharge import reading
from ohmstead.plugcharge.contract_ca import ContractCa
from ohmstead.plugcharge.exi import SCHEMAS, ExiError
from ohmstead.plugcharge.signatures import sign

INSTALL = "CertificateInstallation"
_OTHER_INFO = b"\x01\x55\x56"
"""Of the key derivation: algorithm, sender U, receiver V (V2G2-818)."""
_SIGNED = ("ContractSignatureCertChain", "ContractSignatureEncryptedPrivateKey", "DHpublickey", "eMAID")


class Asked(NamedTuple):
    """What a vehicle asks for, its signature verified."""

    kind: str
    session_id: str
    certificate: x509.Certificate
    """That signed: the vehicle's own (install), or the contract that it has (update)."""
    above: list[x509.Certificate]
    """Sub-CAs that came with it."""
    name: str
    """Its CN: the PCID of the vehicle, or the eMAID."""
    odd: list[str]


def read(exi: bytes) -> Asked:
    """The request in a message of ISO 15118-2. Raises ExiError and BadSignature."""
    message = reading.read("iso15118-2", exi)
    if not message.name.endswith("Req"):
        raise ExiError("the message asks for no certificate")
    odd = message.verify()
    certificate, *above = message.signer()
    kind = message.name.removesuffix("Req")
    return Asked(kind, message.session_id, certificate, above, _common_name(certificate), odd)


def _common_name(certificate: x509.Certificate) -> str:
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


class Provided(NamedTuple):
    """An answer, and the contract certificate in it."""

    exi: bytes
    contract: x509.Certificate


def provide(asked: Asked, emaid: str, ca: ContractCa, until: int | None) -> Provided:
    """The signed answer with a new contract certificate for `emaid`. `until`: the end of the contract."""
    public = asked.certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey), "verified before"
    chain, key = ca.issue_contract(emaid, until)
    enciphered, moment = _encipher(key, public)
    signed: dict[str, Any] = {
        "ContractSignatureCertChain": {"Id": "id1", **_chain(chain)},
        "ContractSignatureEncryptedPrivateKey": {"Id": "id2", "value": _text(enciphered)},
        "DHpublickey": {"Id": "id3", "value": _text(moment)},
        "eMAID": {"Id": "id4", "value": emaid},
    }
    body = {"ResponseCode": "OK", "SAProvisioningCertificateChain": _chain(ca.cps_chain), **signed}
    signature = sign([(name, signed[name]) for name in _SIGNED], ca.cps.key)
    return Provided(_message(asked, body, signature), chain[0])


def refuse(asked: Asked, code: str) -> bytes:
    """An answer that says why there is no certificate (FAILED_...), with what the schema wants filled in."""
    nothing = _text(b"\x00")
    body = {
        "ResponseCode": code,
        "SAProvisioningCertificateChain": {"Certificate": nothing},
        "ContractSignatureCertChain": {"Id": "id1", "Certificate": nothing},
        "ContractSignatureEncryptedPrivateKey": {"Id": "id2", "value": nothing},
        "DHpublickey": {"Id": "id3", "value": nothing},
        "eMAID": {"Id": "id4", "value": "ZZ00000000000000"[:14]},
    }
    return _message(asked, body, None)


def _message(asked: Asked, body: Mapping[str, Any], signature: dict[str, Any] | None) -> bytes:
    header: dict[str, Any] = {"SessionID": asked.session_id}
    if signature is not None:
        header["Signature"] = signature
    return SCHEMAS["iso15118-2"].encode({"V2G_Message": {"Header": header, "Body": {f"{asked.kind}Res": body}}})


def _chain(certificates: list[x509.Certificate]) -> dict[str, Any]:
    leaf, *above = [_text(one.public_bytes(Encoding.DER)) for one in certificates]
    return {"Certificate": leaf, "SubCertificates": {"Certificate": above}}


def _encipher(key: ec.EllipticCurvePrivateKey, to: ec.EllipticCurvePublicKey) -> tuple[bytes, bytes]:
    """The private key for one reader, and the public key of the moment that it needs (V2G2-815 to -822)."""
    moment = ec.generate_private_key(ec.SECP256R1())
    secret = moment.exchange(ec.ECDH(), to)
    cipher_key = ConcatKDFHash(hashes.SHA256(), 16, _OTHER_INFO).derive(secret)
    vector = secrets.token_bytes(16)
    cipher = Cipher(algorithms.AES(cipher_key), modes.CBC(vector)).encryptor()
    value = key.private_numbers().private_value.to_bytes(32, "big")
    point = moment.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return vector + cipher.update(value) + cipher.finalize(), point


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
