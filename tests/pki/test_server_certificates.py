from __future__ import annotations

import asyncio
import gc
import hashlib
import socket
import ssl
import warnings
from pathlib import Path

import pytest

from ohmstead import runtime
from ohmstead.pki import server_certificates as module
from ohmstead.pki.certificate import describe
from ohmstead.pki.local_ca import LocalCa
from ohmstead.pki.server_certificates import (
    FromFiles,
    Issued,
    ServerCertificates,
    Unusable,
    read_identity,
    server_names,
)
from ohmstead.pki.tls import NO_CHECK_TIME, NoLegacy, server_context
from ohmstead.pki.trust import Trust
from ohmstead.runtime import FakeClock
from tests.pki.making import Made, ca, station
from tests.pki.serving import connect, tls_server

pytestmark = pytest.mark.anyio
CA = ca("Root")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    fake = FakeClock(runtime.now())
    monkeypatch.setattr(runtime, "clock", fake)
    return fake


@pytest.fixture
def ours(clock: FakeClock, local_ca: LocalCa) -> ServerCertificates:
    return ServerCertificates(Issued(local_ca, "Ohmstead", ""))


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
    ours = ServerCertificates(Issued(local_ca, "Ohmstead", "csms.example.com"))
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

    monkeypatch.setattr(module.Issued, "look_every", 0)
    monkeypatch.setattr(ours, "renew_if_due", renew_if_due)
    task = asyncio.create_task(ours.keep_fresh())
    async with asyncio.timeout(10):
        await looked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# ---------------------------------------------------------------- from files


def written(path: Path, made: Made, key_pem: str | None = None) -> None:
    path.write_text(made.pem + (made.key_pem if key_pem is None else key_pem))


async def test_files_are_watched(tmp_path: Path) -> None:
    path = tmp_path / "server.pem"
    first, second = (station(CA, common_name="csms.example") for _ in range(2))
    written(path, first)
    ours = ServerCertificates(FromFiles([str(path)]))
    context = ours.context(None)
    assert [one.sha256 for one in ours.certificates()] == [describe(first.x509).sha256]
    assert not await ours.renew_if_due()
    with tls_server(context) as server:
        assert ssl.get_server_certificate(("127.0.0.1", server.port)).strip() == first.pem.strip()
        path.write_text("half of a ")
        with pytest.raises(Unusable, match="must hold the certificate"):
            await ours.renew_if_due()
        assert ssl.get_server_certificate(("127.0.0.1", server.port)).strip() == first.pem.strip()
        written(path, second)
        assert await ours.renew_if_due()
        assert ssl.get_server_certificate(("127.0.0.1", server.port)).strip() == second.pem.strip()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "No such file"),
        ("", "must hold the certificate"),
        ("cert", "must hold the certificate"),
        ("other key", "the key is not that of the first certificate"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, text: str | None, why: str) -> None:
    path, one, other = tmp_path / "server.pem", station(CA), station(CA)
    if text is not None:
        path.write_text({"": "", "cert": one.pem, "other key": one.pem + other.key_pem}[text])
    with pytest.raises(Unusable, match=why) as refused:
        read_identity(path)
    assert str(path) in str(refused.value)


@pytest.fixture
def with_old_tls(local_ca: LocalCa) -> ServerCertificates:
    ours = ServerCertificates(Issued(local_ca, "Ohmstead", ""))
    try:
        ours.check_legacy()
    except NoLegacy as cannot:
        pytest.skip(f"this machine cannot do TLS 1.0 and 1.1: {cannot}")
    return ours


def test_old_tls_where_openssl_can(with_old_tls: ServerCertificates) -> None:
    context = with_old_tls.context(None, legacy=True)
    assert context.verify_mode == ssl.CERT_NONE
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1
    old.set_ciphers("AES128-SHA:@SECLEVEL=0")
    with (
        tls_server(context) as server,
        socket.create_connection(("127.0.0.1", server.port)) as plain,
        old.wrap_socket(plain) as wrapped,
    ):
        assert (wrapped.version(), wrapped.cipher()[0]) == ("TLSv1", "AES128-SHA")  # type: ignore[index]


def test_old_tls_where_it_cannot(local_ca: LocalCa, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = ServerCertificates(Issued(local_ca, "Ohmstead", ""))
    monkeypatch.setattr("ohmstead.pki.tls.legacy_context", lambda: server_context(None))
    with pytest.raises(NoLegacy):
        ours.check_legacy()
