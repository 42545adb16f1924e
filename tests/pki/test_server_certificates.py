from __future__ import annotations

import asyncio
import gc
import hashlib
import ssl
from pathlib import Path

import pytest

from ohmstead import runtime
from ohmstead.pki import server_certificates as module
from ohmstead.pki.local_ca import LocalCa
from ohmstead.pki.server_certificates import ServerCertificates, server_names
from ohmstead.pki.tls import NO_CHECK_TIME
from ohmstead.pki.trust import Trust
from ohmstead.runtime import FakeClock
from tests.pki.serving import connect, tls_server

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    fake = FakeClock(runtime.now())
    monkeypatch.setattr(runtime, "clock", fake)
    return fake


@pytest.fixture
def ours(clock: FakeClock, local_ca: LocalCa) -> ServerCertificates:
    return ServerCertificates(local_ca, "Ohmstead", "")


@pytest.mark.parametrize(
    ("public_name", "names"),
    [
        ("", ("localhost", "127.0.0.1", "::1")),
        ("csms.example.com", ("csms.example.com", "localhost", "127.0.0.1", "::1")),
        ("127.0.0.1", ("127.0.0.1", "localhost", "::1")),
        ("192.0.2.1", ("192.0.2.1", "localhost", "127.0.0.1", "::1")),
    ],
)
def test_names(public_name: str, names: tuple[str, ...]) -> None:
    assert server_names(public_name) == names


async def test_both_kinds(ours: ServerCertificates) -> None:
    one, other = ours.certificates()
    assert one.key_sha256 != other.key_sha256
    assert one.common_names == other.common_names == ("localhost",)


@pytest.mark.parametrize("name", ["csms.example.com", "localhost", "127.0.0.1", "::1"])
@pytest.mark.parametrize("suite", ["ECDHE-ECDSA-AES128-GCM-SHA256", "AES128-GCM-SHA256"])
async def test_clients_find_the_name_they_called(tmp_path: Path, local_ca: LocalCa, name: str, suite: str) -> None:
    ours = ServerCertificates(local_ca, "Ohmstead", "csms.example.com")
    client = ssl.create_default_context(cafile=str(tmp_path / "pki" / "ca.pem"))
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    client.set_ciphers(suite)
    with tls_server(ours.context(None)) as server:
        connect(client, server, name=name)


async def test_they_renew_themselves_in_half_a_day(ours: ServerCertificates, clock: FakeClock) -> None:
    before = ours.certificates()
    clock.advance(10.4 * 3600)
    assert not await ours.renew_if_due()
    assert ours.certificates() == before
    clock.advance(0.2 * 3600)
    assert await ours.renew_if_due()
    after = ours.certificates()
    assert not {one.serial_number for one in before} & {one.serial_number for one in after}
    assert all(one.not_after > clock.at + 21 * 3_600_000_000 for one in after)


async def test_every_living_context_gets_them(
    ours: ServerCertificates, local_ca: LocalCa, clock: FakeClock, tmp_path: Path
) -> None:
    client = ssl.create_default_context(cafile=str(tmp_path / "pki" / "ca.pem"))
    client.verify_flags |= NO_CHECK_TIME  # the client has no fake clock
    asking, never_asking = ours.context(Trust([local_ca.root])), ours.context(None)
    clock.advance(11 * 3600)
    await ours.renew_if_due()
    fresh = {one.sha256 for one in ours.certificates()}
    for context in (asking, never_asking, ours.context(None)):
        with tls_server(context) as server:
            shown = connect(client, server)[2]
            assert shown is not None
            assert hashlib.sha256(shown).hexdigest() in fresh


async def test_contexts_are_not_kept_alive(ours: ServerCertificates) -> None:
    ours.context(None)
    gc.collect()
    assert not ours._contexts


async def test_a_renewal_that_fails_is_tried_again(
    ours: ServerCertificates, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk may be full for an hour; that is no reason to lock everybody out for ever."""
    looks = iter([OSError("disk full"), True])
    looked = asyncio.Event()

    async def renew_if_due() -> bool:
        look = next(looks, None)
        if isinstance(look, Exception):
            raise look
        looked.set()
        return True

    monkeypatch.setattr(module, "LOOK_EVERY", 0)
    monkeypatch.setattr(ours, "renew_if_due", renew_if_due)
    task = asyncio.create_task(ours.keep_fresh())
    async with asyncio.timeout(10):
        await looked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
