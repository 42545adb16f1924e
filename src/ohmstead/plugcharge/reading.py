"""What a certificate message says, and by whom it is signed: ISO 15118-2 and -20, requests and answers."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from ohmstead.plugcharge.exi import SCHEMAS, ExiError
from ohmstead.plugcharge.signatures import Signed, verify

_PROVIDED = ("ContractSignatureCertChain", "ContractSignatureEncryptedPrivateKey", "DHpublickey", "eMAID")


class Message(NamedTuple):
    """One message, read."""

    schema: str
    name: str
    """CertificateInstallationReq ... CertificateUpdateRes."""
    header: Mapping[str, Any]
    body: Mapping[str, Any]

    @property
    def code(self) -> str | None:
        """ResponseCode of an answer."""
        return self.body.get("ResponseCode")

    @property
    def session_id(self) -> str:
        return str(self.header["SessionID"])

    def signer(self) -> list[x509.Certificate]:
        """The certificate that should have signed it, and the sub-CAs that came along. Raises ExiError."""
        if self.name == "CertificateInstallationReq" and self.schema == "iso15118-2":
            return [_certificate(self.body["OEMProvisioningCert"])]
        if self.name.endswith("Req"):
            install = self.name == "CertificateInstallationReq"
            member = "OEMProvisioningCertificateChain" if install else "ContractSignatureCertChain"
        else:
            member = "SAProvisioningCertificateChain" if self.schema == "iso15118-2" else "CPSCertificateChain"
        chain = self.body[member]
        return [
            _certificate(one) for one in (chain["Certificate"], *chain.get("SubCertificates", _NONE)["Certificate"])
        ]

    def signed(self) -> Signed:
        """The elements that must be signed."""
        if self.name.endswith("Res"):
            names = _PROVIDED if self.schema == "iso15118-2" else ("SignedInstallationData",)
            return [(name, self.body[name]) for name in names]
        if self.schema == "iso15118-2":
            return [(self.name, self.body)]
        return [("OEMProvisioningCertificateChain", self.body["OEMProvisioningCertificateChain"])]

    def verify(self) -> list[str]:
        """Check its signature; what was odd about it, in words. Raises ExiError and BadSignature."""
        return verify(self.header, self.signed(), self.signer()[0].public_key(), self.schema)


_NONE: dict[str, list[str]] = {"Certificate": []}


def read(schema: str, exi: bytes) -> Message:
    """The message in it. Raises ExiError."""
    ((name, found),) = SCHEMAS[schema].decode(exi).items()
    if schema == "iso15118-20":
        if "Header" not in found:
            raise ExiError(f"{name} is no message")
        return Message(schema, name, found["Header"], {key: one for key, one in found.items() if key != "Header"})
    ((name, body),) = found["Body"].items() or (("", {}),)
    if not name.startswith(("CertificateInstallation", "CertificateUpdate")):
        raise ExiError("the message is none of those that carry certificates")
    return Message(schema, name, found["Header"], body)


def _certificate(text: str) -> x509.Certificate:
    try:
        found = x509.load_der_x509_certificate(base64.b64decode(text))
        found.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise ExiError(f"a certificate in it cannot be read: {error}") from None
    return found
