"""step-ca's API, as its source has it: a token for one name, signed by the provisioner's key."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from ohmstead.issuer_settings import IssuerSettings
from ohmstead.pki.certificate import from_pem
from ohmstead.pki.external.line import Line, UnusableIssuer
from ohmstead.pki.external.step_ca import StepCa
from ohmstead.pki.issuer import IssuerDown, ToRevoke
from ohmstead.runtime import now
from tests.pki.external.servers import ROOT, SUB, Asked, Said, as_json, order, pem, served, sign

pytestmark = pytest.mark.anyio
PROVISIONER = ec.generate_private_key(ec.SECP256R1())


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    numbers = key.private_numbers()
    parts = {"x": numbers.public_numbers.x, "y": numbers.public_numbers.y, "d": numbers.private_value}
    return {"kty": "EC", "crv": "P-256", "kid": "prov-1"} | {n: _b64(v.to_bytes(32, "big")) for n, v in parts.items()}


class Server:
    def __init__(self) -> None:
        self.url = ""
        self.used: set[str] = set()
        self.revoked: dict[str, int] = {}

    def __call__(self, asked: Asked) -> Said:
        assert asked.path in ("/1.0/sign", "/1.0/revoke")
        body = json.loads(asked.body)
        try:
            claims = self._claims(body["ott"], asked.path)
        except InvalidSignature:
            return 401, as_json({"message": "The request lacked necessary authorization to be completed."})
        if asked.path == "/1.0/revoke":
            return self._revoke(claims, body)
        request = x509.load_pem_x509_csr(body["csr"].encode())
        assert claims["sans"] == [claims["sub"]] == [request.subject.rfc4514_string().split("CN=")[1].split(",")[0]]
        return 201, as_json({"crt": pem(sign(request)), "ca": pem(SUB.x509), "certChain": [pem(SUB.x509, ROOT.x509)]})

    def _revoke(self, claims: dict[str, Any], body: dict[str, Any]) -> Said:
        serial = body["serial"]
        assert (claims["sub"], body["passive"]) == (serial, True)
        if serial in self.revoked:
            return 400, as_json({"message": f"certificate with serial number '{serial}' is already revoked"})
        self.revoked[serial] = body["reasonCode"]
        return 200, as_json({"status": "ok"})

    def _claims(self, token: str, path: str) -> dict[str, Any]:
        head, body, signature = token.split(".")
        raw = _unb64(signature)
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        PROVISIONER.public_key().verify(der, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
        assert json.loads(_unb64(head)) == {"alg": "ES256", "typ": "JWT", "kid": "prov-1"}
        claims: dict[str, Any] = json.loads(_unb64(body))
        assert (claims["iss"], claims["aud"]) == ("ohmstead", f"{self.url}{path}")
        if claims["jti"] in self.used:  # a token is good once
            raise InvalidSignature
        self.used.add(claims["jti"])
        assert claims["nbf"] <= now() / 1e6 <= claims["exp"]
        return claims


def issuer(url: str, folder: Path, key: ec.EllipticCurvePrivateKey = PROVISIONER) -> StepCa:
    (folder / "jwk").write_text(json.dumps(jwk(key)))
    settings = IssuerSettings(kind="step_ca", url=url, profile="ohmstead", key_file=str(folder / "jwk"))
    return StepCa(settings, Line(settings))


async def test_it_signs_with_a_token_for_this_name(tmp_path: Path) -> None:
    server = Server()
    with served(server) as server.url:
        one = issuer(server.url, tmp_path)
        leaf, *above = from_pem((await one.issue(asked := order())).chain)
        assert (leaf.public_key(), above) == (asked.public_key, [SUB.x509])
        await one.issue(asked)  # as after a crash before the certificate was stored
        stranger = issuer(server.url, tmp_path, ec.generate_private_key(ec.SECP256R1()))
        with pytest.raises(IssuerDown, match="401"):
            await stranger.issue(order())
        await one.close()
        await stranger.close()


async def test_it_revokes_passively(tmp_path: Path) -> None:
    server = Server()
    with served(server) as server.url:
        one = issuer(server.url, tmp_path)
        for _ in range(2):  # told twice
            await one.revoke(ToRevoke("abc", "", "key_compromise"))
        assert server.revoked == {"2748": 1}
        await one.close()


def test_it_needs_its_key(tmp_path: Path) -> None:
    for text in ("", "{}", "[1]", '{"kty": "RSA"}'):
        (tmp_path / "jwk").write_text(text)
        settings = IssuerSettings(kind="step_ca", url="http://x", profile="p", key_file=str(tmp_path / "jwk"))
        with pytest.raises(UnusableIssuer, match="key_file"):
            StepCa(settings, Line(settings))
