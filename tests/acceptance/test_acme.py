"""3. Security: server certificates by ACME from the real pebble, which looks at each challenge itself."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import websockets
from cryptography import x509

from ohmstead.acme_settings import AcmeSettings
from ohmstead.pki.acme import client
from ohmstead.pki.acme.source import FromAcme
from tests.acceptance.serving import PASSWORD, SUBPROTOCOLS, Csms, Station, serving
from tests.pki.acme.pebble import Pebble, needed, pebble

pytestmark = pytest.mark.anyio
NAME = "csms.example"


@pytest.fixture
async def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pebble]:
    needed()
    for owner, name in ((client, "LOOK_EVERY"), (client, "LONGEST_PAUSE"), (FromAcme, "look_every")):
        monkeypatch.setattr(owner, name, 0.1)
    with pebble(tmp_path) as one:
        yield one


def shown(csms: Csms, suite: str, trusted: str | None = None) -> x509.Certificate:
    """What the TLS port shows to one that takes this suite alone; with `trusted` (PEM) it must lead there."""
    context = ssl.create_default_context(cadata=trusted)
    if trusted is None:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suite)
    with (
        socket.create_connection(("127.0.0.1", csms.server.ports["tls"])) as plain,
        context.wrap_socket(plain, server_hostname=NAME) as wrapped,
    ):
        der = wrapped.getpeercert(binary_form=True)
        assert der is not None
        return x509.load_der_x509_certificate(der)


async def serials(csms: Csms, trusted: str | None = None) -> list[int]:
    suites = ("ECDHE-ECDSA-AES128-GCM-SHA256", "AES128-GCM-SHA256")  # a key of each kind
    return [(await asyncio.to_thread(shown, csms, one, trusted)).serial_number for one in suites]


def station(csms: Csms) -> websockets.connect:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    headers = {"Authorization": "Basic " + base64.b64encode(f"CS1:{PASSWORD}".encode()).decode()}
    url = f"wss://127.0.0.1:{csms.server.ports['tls']}/ocpp/CS1"
    names = [websockets.Subprotocol(SUBPROTOCOLS["2.0.1"])]
    return websockets.connect(url, ssl=context, subprotocols=names, additional_headers=headers, proxy=None)


async def told(csms: Csms) -> list[str]:
    events = (await csms.get("events?after=0&limit=1000"))["data"]
    return [one["type"].rpartition(".")[2] for one in events if "server_certificate" in one["type"]]


async def test_from_acme_to_the_handshake(authority: Pebble, tmp_path: Path) -> None:
    """They come, are used without a socket being dropped, are renewed, outlive a CA that is gone, and a restart."""
    known: dict[str, Any] = {"trusted_file": authority.trusted_file, "names": (NAME, f"api.{NAME}")}
    section = AcmeSettings(
        directory=authority.directory, accept_terms=True, http_bind=f"127.0.0.1:{authority.http_port}", **known
    )
    gateway, root = {"tls_bind": "127.0.0.1:0"}, authority.root()
    async with serving(tmp_path, gateway, more={"acme": section}) as csms:
        await csms.add_station("CS1", security_profile=2)
        async with station(csms) as wire:
            talk = Station(wire)
            assert (await talk.boot())["status"] == "Accepted"
            stood = await csms.until(lambda: csms.get("acme"), lambda one: len(one["certificates"]) == 2)
            assert (stood["failures"], stood["trouble"], stood["names"]) == (0, None, [NAME, f"api.{NAME}"])
            wanted = [int(one["serial_number"], 16) for one in stood["certificates"]]
            await csms.until(lambda: serials(csms), lambda found: found == wanted)
            assert await serials(csms, root) == wanted  # a client that trusts only that CA finds the name it called
            await csms.post("acme/renew", {})
            fresh = await csms.until(lambda: serials(csms), lambda found: not set(found) & set(wanted))
            assert await talk.call("Heartbeat", {})  # the socket of before is still there
        assert await told(csms) == ["renewed", "renewed"]
    gone = AcmeSettings(directory=authority.directory.replace("/dir", "/gone"), **known)
    async with serving(tmp_path, gateway, more={"acme": gone}) as csms:
        assert await serials(csms, root) == fresh  # from the first handshake on
        stood = await csms.until(lambda: csms.get("acme"), lambda one: one["failures"] == 1)
        assert "answered 404" in stood["trouble"]
        assert stood["next_at"] > stood["certificates"][0]["not_before"]
        assert await serials(csms, root) == fresh
        assert await told(csms) == ["renewed", "renewed", "failed"]
        await csms.until(lambda: csms.api.get("metrics"), lambda answer: "certificate_failures 1.0" in answer.text)


async def test_by_records_in_the_dns(authority: Pebble, tmp_path: Path) -> None:
    section = AcmeSettings(
        directory=authority.directory, trusted_file=authority.trusted_file, accept_terms=True,
        dns_program=authority.dns_program,
    )  # fmt: skip
    async with serving(tmp_path, {"tls_bind": "127.0.0.1:0", "public_name": NAME}, more={"acme": section}) as csms:
        stood = await csms.until(lambda: csms.get("acme"), lambda one: len(one["certificates"]) == 2)
        wanted = [int(one["serial_number"], 16) for one in stood["certificates"]]
        await csms.until(lambda: serials(csms), lambda found: found == wanted)
        assert await serials(csms, authority.root()) == wanted
