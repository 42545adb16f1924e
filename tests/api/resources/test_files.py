"""Files that operators add: streamed, never changed, signed only by whom we trust."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

pytestmark = pytest.mark.anyio
CONTENT = b"firmware" * 2_000_000
"""More than a body of JSON may have."""


def _signer(root: bool = True) -> tuple[ec.EllipticCurvePrivateKey, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Maker")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key, made.public_bytes(serialization.Encoding.PEM).decode()


async def _add(client: httpx.AsyncClient, content: bytes = b"abc") -> dict[str, Any]:
    answer = await client.post("files", params={"name": "fw.bin", "firmware_version": "2"}, content=content)
    assert answer.status_code == 201, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def test_a_large_file_comes_and_goes(client: httpx.AsyncClient) -> None:
    made = await _add(client, CONTENT)
    assert (made["size"], made["kind"], made["signed"]) == (len(CONTENT), "file", False)
    assert (await client.get(f"files/{made['id']}")).json() == made
    got = await client.get(f"files/{made['id']}/content", headers={"Range": "bytes=-8"})
    assert (got.status_code, got.content) == (206, b"firmware")
    assert (await client.get("files", params={"name": "fw.bin"})).json()["data"] == [made]
    assert (await client.delete(f"files/{made['id']}")).status_code == 204
    assert (await client.get(f"files/{made['id']}/content")).status_code == 404


async def test_a_signature_is_checked_before_it_is_taken(client: httpx.AsyncClient) -> None:  # A00.FR.707
    made, (key, root) = await _add(client), _signer()
    signature = base64.b64encode(key.sign(b"abc", ec.ECDSA(hashes.SHA256()))).decode()
    wrong = base64.b64encode(key.sign(b"abd", ec.ECDSA(hashes.SHA256()))).decode()

    async def sign(text: str, pem: str = root) -> httpx.Response:
        body = {"signature": text, "signing_certificate": pem}
        return await client.patch(f"files/{made['id']}", json=body)

    assert (await sign(signature)).json()["errors"][0]["pointer"] == "/signing_certificate"
    trusted = {"name": "Maker", "certificate": root, "uses": ["manufacturer"]}
    assert (await client.post("certificate-authorities", json=trusted)).status_code == 201
    assert (await sign(wrong)).json()["errors"][0]["pointer"] == "/signature"
    assert (await sign(signature, _signer()[1])).status_code == 422
    signed = (await sign(signature)).json()
    assert signed["signed"] is True
    assert (await client.patch(f"files/{made['id']}", json={"firmware_version": "3"})).json()["signed"] is True


async def test_an_idempotency_key_stands_for_the_same_bytes(client: httpx.AsyncClient) -> None:
    async def add(content: bytes, name: str = "fw.bin") -> httpx.Response:
        headers = {"Idempotency-Key": "once"}
        return await client.post("files", params={"name": name}, content=content, headers=headers)

    first = await add(b"one")
    again = await add(b"one")
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert again.headers["Idempotent-Replayed"] == "true"
    assert [(await add(b"two")).status_code, (await add(b"one", "other.bin")).status_code] == [422, 422]
    assert len((await client.get("files")).json()["data"]) == 1
