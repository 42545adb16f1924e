from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from ohmstead.domain.certificates import DAY, Accepted, Holder, Refused
from ohmstead.pki.certificate import describe, from_pem, key_sha256
from ohmstead.pki.tls import FORWARD_SECRET, RSA_KEY_EXCHANGE, Identity, load, server_context
from ohmstead.pki.trust import Trust
from tests.pki.making import NOW, RSA_KEY, Made, ca, name, station
from tests.pki.serving import Seen, TlsServer, connect, tls_server

HOLDER = Holder(identity="CS1", serial_number="SN1", organizations=("Ohmstead",))
NAMES = x509.SubjectAlternativeName([x509.DNSName("localhost")])
ROOT = ca("Root")
ISSUING = ca("Issuing", ROOT)
ECDSA, RSA = (
    Made(name("localhost", "Ohmstead"), ISSUING, key=key, extensions=[(NAMES, False)])
    for key in (ec.generate_private_key(ec.SECP256R1()), RSA_KEY)
)
TRUST = Trust([ROOT.x509], [ISSUING.x509])


def identity(made: Made) -> Identity:
    return Identity(made.key, (made.x509, ISSUING.x509))


def loaded(trust: Trust | None = TRUST, *, rsa_key_exchange: bool = True) -> ssl.SSLContext:
    context = server_context(trust, rsa_key_exchange=rsa_key_exchange)
    load(context, [identity(ECDSA), identity(RSA)])
    return context


@pytest.fixture(scope="module")
def server() -> Iterator[TlsServer]:
    with tls_server(loaded()) as one:
        yield one


class Client:
    """`openssl s_client` against a server; `said` is all that it printed."""

    def __init__(self, command: str, folder: Path) -> None:
        self._command, self._folder = command, folder
        (folder / "root.pem").write_text(ROOT.pem)

    def __call__(
        self, server: TlsServer, *options: str, shows: Made | None = None, chain: tuple[Made, ...] = ()
    ) -> Seen:
        if shows is not None:
            for file, text in (
                ("cert.pem", shows.pem),
                ("key.pem", shows.key_pem),
                ("chain.pem", "".join(one.pem for one in chain)),
            ):
                (self._folder / file).write_text(text)
            options += ("-cert", "cert.pem", "-key", "key.pem") + (("-cert_chain", "chain.pem") if chain else ())
        command = [self._command, "s_client", "-connect", f"127.0.0.1:{server.port}", "-servername", "localhost"]
        command += ["-CAfile", "root.pem", "-verify_return_error", "-verify_hostname", "localhost", *options]
        done = subprocess.run(command, cwd=self._folder, input=b"", capture_output=True, timeout=30)
        self.said = (done.stdout + done.stderr).decode(errors="replace")
        return server.seen()


@pytest.fixture
def s_client(openssl: str, tmp_path: Path) -> Client:
    return Client(openssl, tmp_path)


# ---------------------------------------------------------------- versions and suites


@pytest.mark.parametrize("suite", [*FORWARD_SECRET, *RSA_KEY_EXCHANGE])
def test_each_suite_with_its_certificate(server: TlsServer, s_client: Client, suite: str) -> None:  # A00.FR.318, .421
    seen = s_client(server, "-tls1_2", "-cipher", suite)
    assert (seen.error, seen.version, seen.suite, seen.compression) == (None, "TLSv1.2", suite, None)
    own = from_pem(s_client.said[s_client.said.index("-----BEGIN") :])[0]
    assert own == (ECDSA if "ECDSA" in suite else RSA).x509
    assert "Verification: OK" in s_client.said
    assert "Compression: NONE" in s_client.said


@pytest.mark.parametrize("suite", ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"])
@pytest.mark.parametrize("algorithm", ["ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256"])
def test_tls_1_3(server: TlsServer, s_client: Client, suite: str, algorithm: str) -> None:
    sigalgs = "ECDSA+SHA256" if "ecdsa" in algorithm else f"{algorithm}:ECDSA+SHA384"
    seen = s_client(server, "-tls1_3", "-ciphersuites", suite, "-sigalgs", sigalgs)
    assert (seen.error, seen.version, seen.suite) == (None, "TLSv1.3", suite)


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_older_versions(server: TlsServer, s_client: Client, version: str) -> None:  # A00.FR.313, .315, .416, .418
    seen = s_client(server, version, "-cipher", "ALL:@SECLEVEL=0")
    assert seen.error is not None
    assert seen.error.startswith("UNSUPPORTED_PROTOCOL")
    assert s_client(server, "-tls1_2").error is None


@pytest.mark.parametrize(
    "suite",
    [
        "AES128-SHA",
        "AES256-SHA256",
        "ECDHE-RSA-AES128-SHA",
        "ECDHE-ECDSA-AES128-SHA256",
        "ECDHE-RSA-CHACHA20-POLY1305",
        "DHE-RSA-AES128-GCM-SHA256",
        "AES128-CCM",
        "NULL-SHA256",
        "ECDHE-RSA-NULL-SHA",
        "ADH-AES128-GCM-SHA256",
        "PSK-AES128-GCM-SHA256",
        "RC4-SHA",
        "DES-CBC3-SHA",
    ],
)
def test_any_other_suite(server: TlsServer, s_client: Client, openssl: str, suite: str) -> None:  # A00.FR.320 to .325
    known = subprocess.run([openssl, "ciphers", f"{suite}:@SECLEVEL=0"], capture_output=True, text=True).returncode
    if known != 0:
        pytest.skip(f"this openssl cannot offer {suite}")
    options = ("-psk", "00") if suite.startswith("PSK") else ()
    seen = s_client(server, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0", *options)
    assert seen.error is not None
    assert seen.error.startswith("NO_SHARED_CIPHER")


def test_nothing_else_is_offered() -> None:
    offered = {one["name"] for one in loaded().get_ciphers() if one["protocol"] == "TLSv1.2"}
    assert offered == {*FORWARD_SECRET, *RSA_KEY_EXCHANGE}
    offered = {one["name"] for one in loaded(rsa_key_exchange=False).get_ciphers() if one["protocol"] == "TLSv1.2"}
    assert offered == set(FORWARD_SECRET)


def test_the_switch_for_rsa_key_exchange(s_client: Client) -> None:
    with tls_server(loaded(rsa_key_exchange=False)) as strict:
        assert s_client(strict, "-tls1_2", "-cipher", RSA_KEY_EXCHANGE[0]).error is not None
        assert s_client(strict, "-tls1_2", "-cipher", FORWARD_SECRET[2]).error is None


def test_no_renegotiation_and_no_compression() -> None:
    context = loaded()
    assert context.options & ssl.OP_NO_RENEGOTIATION
    assert context.options & ssl.OP_NO_COMPRESSION


# ---------------------------------------------------------------- client certificates


BOTH = pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])


@BOTH
def test_no_certificate(server: TlsServer, s_client: Client, version: str) -> None:
    seen = s_client(server, version)
    assert (seen.error, seen.certificate) == (None, None)


@BOTH
@pytest.mark.parametrize("key", [RSA_KEY, None], ids=["rsa", "ecdsa"])
def test_a_certificate_of_ours(server: TlsServer, s_client: Client, version: str, key: Any) -> None:  # S09
    own = station(ISSUING, key=key)
    seen = s_client(server, version, shows=own)
    assert seen.error is None
    assert seen.certificate is not None
    assert TRUST.judge(seen.certificate, [], HOLDER, {}, NOW) == Accepted(describe(own.x509), key_sha256(ISSUING.x509))


@BOTH
@pytest.mark.parametrize(
    "own",
    [
        station(ca("Foreign")),
        station(None),
        station(ca("Root")),
        station(ca("Issuing", ca("Root"))),
        station(station(ISSUING)),
    ],
    ids=["foreign ca", "self-signed", "foreign root of our name", "foreign sub-ca of our name", "signed by a station"],
)
def test_what_ends_the_handshake(server: TlsServer, s_client: Client, version: str, own: Made) -> None:  # S10
    chain = (own.issuer,) if own.issuer else ()
    seen = s_client(server, version, shows=own, chain=chain)
    assert seen.error is not None
    assert seen.error.startswith("CERTIFICATE_VERIFY_FAILED")


@BOTH
@pytest.mark.parametrize(
    ("own", "code"),
    [
        (station(ISSUING, ends=NOW - DAY // 2), "expired_certificate"),  # S10
        (station(ISSUING, begins=NOW + DAY), "certificate_not_yet_valid"),
        (station(ISSUING, "SN2"), "wrong_common_name"),  # S12
        (station(ISSUING, organization="Another"), "wrong_organization"),  # S11
    ],
    ids=["expired", "not yet valid", "another station's", "another company's"],
)
def test_what_is_judged_after_it(server: TlsServer, s_client: Client, version: str, own: Made, code: str) -> None:
    seen = s_client(server, version, shows=own)
    assert seen.error is None
    assert seen.certificate is not None
    judgement = TRUST.judge(seen.certificate, [], HOLDER, {}, NOW)
    assert isinstance(judgement, Refused)
    assert judgement.code == code


def test_a_sub_ca_as_anchor(s_client: Client) -> None:
    with tls_server(loaded(Trust([ISSUING.x509]))) as server:
        assert s_client(server, shows=station(ISSUING)).error is None
        assert s_client(server, shows=station(ROOT)).error is not None


def test_nobody_decodes_what_stations_show() -> None:
    """aiofastnet would, through a temporary file for each connection, where `verify_mode` says so."""
    for context, asks in ((server_context(Trust([ROOT.x509])), True), (server_context(None), False)):
        assert (context.asks, context.verify_mode) == (asks, ssl.CERT_NONE)


def test_a_port_that_never_asks(s_client: Client) -> None:
    with tls_server(loaded(None)) as server:
        seen = s_client(server, "-tls1_2", shows=station(ISSUING))
        assert (seen.error, seen.certificate) == (None, None)
        assert "No client certificate CA names sent" in s_client.said
        assert "Client Certificate Types" not in s_client.said


# ---------------------------------------------------------------- sessions and renewals


def python_client(own: Made | None, tmp_path: Path, version: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=ROOT.pem)
    context.minimum_version = context.maximum_version = version
    if own is not None:
        (tmp_path / "own.pem").write_text(own.pem + own.key_pem)
        context.load_cert_chain(tmp_path / "own.pem")
    return context


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_resumed_session_is_judged_again(server: TlsServer, tmp_path: Path, version: ssl.TLSVersion) -> None:  # S15
    own = station(ISSUING)
    context = python_client(own, tmp_path, version)
    first, session, _ = connect(context, server)
    again, _, _ = connect(context, server, session)
    assert (first.resumed, again.resumed) == (False, True)
    assert again.certificate == own.der
    judge = TRUST.judge
    assert isinstance(judge(own.der, [], HOLDER, {}, NOW), Accepted)
    revoked = {key_sha256(ISSUING.x509): {f"{own.x509.serial_number:x}"}}
    assert isinstance(judge(own.der, [], HOLDER, revoked, NOW), Refused)
    assert isinstance(judge(own.der, [], HOLDER, {}, NOW + 31 * DAY), Refused)


def test_a_session_is_of_no_use_with_another_trust(tmp_path: Path) -> None:
    own = station(ISSUING)
    context = python_client(own, tmp_path, ssl.TLSVersion.TLSv1_2)
    with tls_server(loaded()) as server:
        _, session, _ = connect(context, server)
        server.context = loaded(Trust([ca("Another").x509]))
        with pytest.raises(ssl.SSLError):
            connect(context, server, session)
        assert str(server.seen().error).startswith("CERTIFICATE_VERIFY_FAILED")


@pytest.mark.parametrize("old", [ECDSA, RSA], ids=["ecdsa", "rsa"])
def test_a_renewed_certificate_is_loaded_in_place(tmp_path: Path, old: Made) -> None:
    suite = FORWARD_SECRET[0] if old is ECDSA else RSA_KEY_EXCHANGE[0]
    client = python_client(None, tmp_path, ssl.TLSVersion.TLSv1_2)
    client.set_ciphers(suite)
    context = loaded()
    key = ec.generate_private_key(ec.SECP256R1()) if old is ECDSA else RSA_KEY
    new = Made(name("localhost", "Ohmstead"), ISSUING, key=key, extensions=[(NAMES, False)])
    with tls_server(context) as server:
        assert connect(client, server)[2] == old.der
        with (
            socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock,
            client.wrap_socket(sock, server_hostname="localhost") as open_one,
        ):
            load(context, [identity(new)])
            assert open_one.recv(10) == b"ok\n"
            server.seen()
        assert connect(client, server)[2] == new.der


def test_no_key_stays_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    loaded()
    assert not list(tmp_path.iterdir())
