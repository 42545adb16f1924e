"""ACME against the real pebble, which refuses a third of all nonces."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace

from ohmstead.acme_settings import AcmeSettings
from ohmstead.pki.acme.client import Acme, Challenge, NoCertificate, new_account
from ohmstead.pki.acme.keeping import request
from ohmstead.pki.certificate import from_pem
from tests.pki.acme.pebble import ACCOUNT_ID, ACCOUNT_KEY, Pebble
from tests.pki.external.servers import as_json, served

pytestmark = pytest.mark.anyio
ERROR = "urn:ietf:params:acme:error:"
NAMES = ("csms.example", "127.0.0.1")


def known(server: Pebble, **more: Any) -> AcmeSettings:
    given = {"account_id": ACCOUNT_ID, "account_key": ACCOUNT_KEY, "accept_terms": True} | more
    return AcmeSettings(directory=server.directory, trusted_file=server.trusted_file, **given)


@asynccontextmanager
async def silent(one: Challenge) -> AsyncIterator[None]:
    """Nobody answers."""
    yield


async def ordered(settings: AcmeSettings) -> str:
    async with Acme(settings, new_account(settings.directory)) as client:
        await client.enter()
        der = request(NAMES, ec.generate_private_key(ec.SECP256R1()))
        return await client.order(NAMES, der, silent)


async def test_what_the_ca_believes_is_issued(believing: Pebble) -> None:
    settings = AcmeSettings(directory=believing.directory, trusted_file=believing.trusted_file, accept_terms=True)
    assert len(from_pem(await ordered(settings))) == 2


async def test_an_account_is_found_again_by_its_key(strict: Pebble) -> None:
    settings, account = known(strict, contact="mailto:ops@example.com"), new_account(strict.directory)
    async with Acme(settings, account) as client:
        made = await client.enter()
    async with Acme(settings, account) as client:
        assert await client.enter() == made
    assert made.url.startswith(strict.directory.removesuffix("/dir"))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"accept_terms": False}, "set acme.accept_terms"),
        ({"account_id": ""}, "externalAccountRequired"),
        ({"account_key": "A" * 43}, "answered 40"),
        ({"account_key": "nön"}, "no key in base64url"),
        ({"contact": "nobody"}, "answered 400"),
        ({"trusted_file": "/nowhere.pem"}, "acme.trusted_file cannot be used"),
        ({"trusted_file": ""}, "certificate verify failed"),
        ({"directory": "https://127.0.0.1:1/dir"}, "cannot be called"),
    ],
)
async def test_what_keeps_it_from_having_an_account(strict: Pebble, more: dict[str, Any], why: str) -> None:
    with pytest.raises(NoCertificate, match=why):
        await ordered(replace(known(strict), **more))


async def test_a_name_that_is_not_shown_to_be_ours(strict: Pebble) -> None:
    why = r"could not see that (csms\.example|127\.0\.0\.1) is ours, by http-01: .*refused"
    with pytest.raises(NoCertificate, match=why):
        await ordered(known(strict))
    with pytest.raises(NoCertificate, match=r"offers no dns-01 for 127\.0\.0\.1|by dns-01"):
        await ordered(known(strict, dns_program="/bin/true"))


@pytest.mark.parametrize(
    ("status", "said", "why"),
    [
        (200, b"<html>", "no JSON object"),
        (200, as_json({}), "no directory of ACME: it has no newAccount"),
        (503, b"busy", "answered 503 : busy"),
        (429, as_json({"type": f"{ERROR}rateLimited", "detail": "slow"}), "429 rateLimited: slow"),
    ],
)
async def test_what_is_no_directory(status: int, said: bytes, why: str) -> None:
    with served(lambda asked: (status, said)) as url, pytest.raises(NoCertificate, match=why):
        await ordered(AcmeSettings(directory=url))
