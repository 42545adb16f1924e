"""Signed messages as a station makes them that shares nothing with us: keys by hand, the JWS by jwcrypto."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from jwcrypto import jwk, jws


class Signer(Protocol):
    """A certificate and its key, PEM."""

    @property
    def pem(self) -> str: ...
    @property
    def key_pem(self) -> str: ...


BOOT = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def der(pem: str) -> bytes:
    return x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)


def thumbprint(made: Signer) -> str:
    return base64url(hashlib.sha256(der(made.pem)).digest())


def header(made: Signer, action: str, kind: int = 2, algorithm: str = "ES256") -> dict[str, Any]:
    return {"alg": algorithm, "x5t#S256": thumbprint(made), "OCPPAction": action, "OCPPMessageTypedId": kind}


def sign(made: Signer, payload: Any, protected: dict[str, Any]) -> dict[str, Any]:
    """The flattened JWS of a payload, as JSON or text, under any protected header."""
    token = jws.JWS(payload if isinstance(payload, str) else json.dumps(payload))
    token.add_signature(jwk.JWK.from_pem(made.key_pem.encode()), None, json.dumps(protected), None)
    flat: dict[str, Any] = json.loads(token.serialize())
    return flat


def signed(made: Signer, action: str, payload: Any, kind: int = 2, algorithm: str = "ES256") -> dict[str, Any]:
    return sign(made, payload, header(made, action, kind, algorithm))


def with_header(flat: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The same with another protected header, not signed anew; a member that is None goes."""
    protected = json.loads(unbase64url(flat["protected"])) | changes
    kept = {name: value for name, value in protected.items() if value is not None}
    return {**flat, "protected": base64url(json.dumps(kept).encode())}


def read(certificate: str, flat: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """(payload, protected header) of what somebody signed; raises jws.InvalidJWSSignature."""
    token = jws.JWS()
    token.deserialize(json.dumps(flat), jwk.JWK.from_pem(certificate.encode()))
    return json.loads(token.payload), dict(token.jose_header)
