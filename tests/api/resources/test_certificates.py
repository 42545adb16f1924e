"""Certificates of stations, and trusted authorities, over the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from ohmstead.domain.certificates import DAY
from ohmstead.pki.certificate import describe, from_pem, texts
from ohmstead.runtime import now, rfc3339
from ohmstead.store.certificates import TRUST_TOPIC
from tests.pki.making import NOW, Made, ca, csr, name, station

pytestmark = pytest.mark.anyio
Client = httpx.AsyncClient
STATION = {"id": "CS1", "security_profile": 3, "serial_number": "SN1"}


async def post(client: Client, path: str, body: Any, status: int = 201) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def request(common_name: str | None = "SN1", organization: str | None = "Ohmstead", **more: Any) -> str:
    made: str = csr(name(common_name, organization), **more).public_bytes(Encoding.PEM).decode()
    return made


def contents(folder: Path) -> list[bytes]:
    """All that lies on the disk of the database."""
    return [path.read_bytes() for path in folder.glob("ohmstead.db*")]


async def test_a_key_that_is_made_here(client: Client) -> None:
    await post(client, "stations", STATION)
    made = await post(client, "stations/CS1/certificates", {"generate_key": True})
    leaf, issuing = from_pem(made["certificate"])
    key = load_pem_private_key(made["private_key"].encode(), None)
    assert key.public_key() == leaf.public_key()
    assert texts(leaf.subject, x509.NameOID.COMMON_NAME) == ("SN1",)
    leaf.verify_directly_issued_by(issuing)
    (shown,) = (await client.get("certificates")).json()["data"]
    assert (shown["id"], shown["station_id"], shown["state"]) == (made["id"], "CS1", "issued")
    assert shown["serial_number"] == made["serial_number"] == f"{leaf.serial_number:x}"
    one = (await client.get(f"certificates/{made['id']}")).json()
    chain = one.pop("chain")
    assert one == shown
    assert [below["issuer"] for below in chain[:-1]] == [above["subject"] for above in chain[1:]]
    assert (chain[0]["sha256"], chain[-1]["issuer"]) == (shown["sha256"], chain[-1]["subject"])
    assert "private_key" not in shown


async def test_the_stations_own_request(client: Client) -> None:
    await post(client, "stations", STATION | {"certificate_cn": "identity"})
    made = await post(client, "stations/CS1/certificates", {"csr": request("CS1", None)})
    assert "private_key" not in made
    assert texts(from_pem(made["certificate"])[0].subject, x509.NameOID.ORGANIZATION_NAME) == ("Ohmstead",)
    events = (await client.get("events")).json()["data"]
    assert [one["type"] for one in events if "certificate" in one["type"]] == ["ohmstead.certificate.issued"]


@pytest.mark.parametrize(
    ("body", "check"),
    [
        ({"csr": request("SN2")}, "common_name: "),
        ({"csr": request(organization="Other")}, "organization: "),
        ({"csr": request(key=rsa.generate_private_key(65537, 1024))}, "key_size: "),
        ({"csr": "no request"}, "unreadable: "),
        ({"csr": request(), "generate_key": True}, "either"),
        ({}, "either"),
    ],
)
async def test_s24_a_request_that_is_refused(client: Client, body: Any, check: str) -> None:
    await post(client, "stations", STATION)
    refused = await post(client, "stations/CS1/certificates", body, 422)
    assert refused["errors"][0]["pointer"] == "/csr"
    assert refused["errors"][0]["detail"].startswith((check, f"give {check}"))
    assert (await client.get("certificates")).json()["data"] == []


async def test_a_station_without_the_name_it_needs(client: Client) -> None:
    await post(client, "stations", {"id": "CS1"})
    refused = await post(client, "stations/CS1/certificates", {"generate_key": True}, 422)
    assert refused["errors"][0]["pointer"] == "/serial_number"
    await client.patch("stations/CS1", json={"serial_number": "localhost"})
    await post(client, "stations/CS1/certificates", {"generate_key": True}, 409)  # a name of ours


async def test_revoking(client: Client) -> None:
    await post(client, "stations", STATION)
    made = await post(client, "stations/CS1/certificates", {"generate_key": True})
    path = f"certificates/{made['id']}/revoke"
    await post(client, path, {"reason": "keycompromise"}, 422)
    revoked = await post(client, path, {"reason": "keyCompromise"}, 200)
    assert (revoked["state"], revoked["revocation_reason"]) == ("revoked", "key_compromise")
    assert (await post(client, path, {"reason": "superseded"}, 200))["revocation_reason"] == "key_compromise"
    await post(client, "certificates/999/revoke", {"reason": "unspecified"}, 404)
    assert (await client.get("certificates/x")).status_code == 404
    assert (await client.get("certificates", params={"state": "revoked"})).json()["data"][0]["id"] == made["id"]


async def test_what_ends_soon(client: Client) -> None:
    await post(client, "stations", STATION)
    made = await post(client, "stations/CS1/certificates", {"generate_key": True})
    for days, found in ((364, []), (366, [made["id"]])):
        query = {"expires_before": rfc3339(now() + days * DAY), "station_id": "CS1"}
        assert [one["id"] for one in (await client.get("certificates", params=query)).json()["data"]] == found
    assert (await client.get("certificates", params={"station_id": "CS2"})).json()["data"] == []


async def test_a_repeat_gets_the_same_key_which_is_never_stored_in_clear(client: Client, tmp_path: Path) -> None:
    await post(client, "stations", STATION)
    headers = {"Idempotency-Key": "once"}
    first, second = [
        (await client.post("stations/CS1/certificates", json={"generate_key": True}, headers=headers)).json()
        for _ in range(2)
    ]
    assert first == second
    secret = first["private_key"].splitlines()[1].encode()
    assert not any(secret in content for content in contents(tmp_path))


async def test_authorities(client: Client, context: Any) -> None:
    rung: list[str] = []
    context.bus.listen(TRUST_TOPIC, rung.append)
    (embedded,) = (await client.get("certificate-authorities")).json()["data"]
    assert (embedded["id"], embedded["uses"]) == ("embedded", ["station", "csms"])
    assert from_pem(embedded["certificate"]) == [context.ca.root]
    made = ca("Maker")
    body = {"name": "Maker", "certificate": made.pem, "uses": ["station", "station"]}
    added = await post(client, "certificate-authorities", body)
    assert (added["name"], added["uses"], len(rung)) == ("Maker", ["station"], 1)
    await post(client, "certificate-authorities", body, 409)
    await post(client, "certificate-authorities", {**body, "certificate": ca("Second").pem})
    listed = (await client.get("certificate-authorities")).json()["data"]
    assert [one["name"] for one in listed] == ["the embedded CA", "Maker", "Maker"]
    names, cursor = [], {}
    while True:
        one = (await client.get("certificate-authorities", params={"limit": 1, **cursor})).json()
        names += [row["id"] for row in one["data"]]
        if one["next_cursor"] is None:
            break
        cursor = {"cursor": one["next_cursor"]}
    assert names == [one["id"] for one in listed]


@pytest.mark.parametrize(
    "certificate",
    ["nothing", station(None).pem, ca("A").pem + ca("B").pem, Made(name("Old"), ends=NOW - DAY).pem],
)
async def test_what_is_no_authority(client: Client, certificate: str) -> None:
    body = {"name": "x", "certificate": certificate, "uses": ["station"]}
    refused = await post(client, "certificate-authorities", body, 422)
    assert refused["errors"][0]["pointer"] == "/certificate"


async def test_an_authority_that_has_ended(client: Client) -> None:
    ended = ca("Old", begins=NOW - 9 * DAY, ends=NOW - DAY)
    body = {"name": "x", "certificate": ended.pem, "uses": ["station"]}
    assert "expired" in (await post(client, "certificate-authorities", body, 422))["detail"]


async def test_a_station_comes_with_its_signing_request(client):
    new = {"id": "CS9", "serial_number": "SN9", "csr": request("SN9")}
    made = await client.post("stations", json={**new, "security_profile": "tls_client_certificate"})
    assert made.status_code == 201, made.text
    assert made.json()["certificate"].startswith("-----BEGIN CERTIFICATE")
    found = (await client.get("certificates", params={"station_id": "CS9"})).json()["data"]
    assert [one["state"] for one in found] == ["issued"]


@pytest.mark.parametrize(
    ("changes", "pointer", "why"),
    [
        ({"security_profile": 2}, "/security_profile", "guides may mean tls_client_certificate"),
        ({"security_profile": "tls_basic"}, "/csr", "2 (tls_basic) has no certificate"),
        ({"security_profile": 1}, "/csr", "1 (basic) has no certificate"),
        ({"security_profile": 3, "serial_number": "SN8"}, "/csr", ""),
    ],
)
async def test_a_signing_request_that_does_not_fit(client, changes, pointer, why):
    new = {"id": "CS9", "serial_number": "SN9", "csr": request("SN9"), **changes}
    answer = await client.post("stations", json=new)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert why in answer.json()["errors"][0]["detail"]
    assert (await client.get("stations/CS9")).status_code == 404


async def test_an_authority_that_stations_rest_on(client: Client, seed: Any) -> None:
    """It stays, unless that is meant; the feed tells of both."""
    root = ca("Foreign")
    own = station(root, "SN1")
    body = {"name": "Foreign", "certificate": root.pem, "uses": ["station"]}
    added = await post(client, "certificate-authorities", body)
    await seed("stations", id=7, identity="CS7", registration="accepted", security_profile=3, created_at=0, version=1)
    await seed(
        "certificates", id=8, station_id=7, use="charging_station", subject="S", issuer="I", secc="",
        authority_key=describe(root.x509).key_sha256, serial_number="1", sha256="s", not_before=0, not_after=1 << 60,
        state="seen", created_at=0, chain=own.pem,
    )  # fmt: skip
    refused = await client.delete(f"certificate-authorities/{added['id']}")
    assert refused.status_code == 409
    assert "1 station (for example CS7) would be refused" in refused.json()["detail"]
    gone = await client.delete(f"certificate-authorities/{added['id']}", params={"force": "true"})
    assert gone.status_code == 200
    feed = (await client.get("events")).json()["data"]
    news = {"name": "Foreign", "sha256": added["sha256"]}
    assert [(one["type"], one["data"]) for one in feed] == [
        ("ohmstead.authority.added", news), ("ohmstead.authority.removed", news)
    ]  # fmt: skip


async def test_an_authority_that_is_trusted_no_more(client: Client, context: Any) -> None:
    rung: list[str] = []
    added = await post(
        client, "certificate-authorities", {"name": "Maker", "certificate": ca("Maker").pem, "uses": ["oem"]}
    )
    context.bus.listen(TRUST_TOPIC, rung.append)
    gone = await client.delete(f"certificate-authorities/{added['id']}")
    assert (gone.status_code, gone.json()["name"], rung) == (200, "Maker", [added["id"]])
    assert len((await client.get("certificate-authorities")).json()["data"]) == 1
    for id in (added["id"], "embedded", "9999"):
        assert (await client.delete(f"certificate-authorities/{id}")).status_code == 404
