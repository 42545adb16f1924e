"""The way in, from the first byte to 101 or a refusal, over real sockets."""

from __future__ import annotations

import asyncio
import socket
import ssl
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import websockets

from ohmstead.gateway import arrival
from ohmstead.gateway.handshake import Admitted, Refused, Request
from ohmstead.gateway.transport_picows import open_picows
from ohmstead.gateway.transport_websockets import open_websockets

pytestmark = pytest.mark.anyio
Start = Callable[..., Awaitable[Any]]


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture(params=[open_picows, open_websockets], ids=["picows", "websockets"])
def start(request: pytest.FixtureRequest, open_site: Any) -> Start:
    async def opening(**options: Any) -> Any:
        return await open_site(open_transport=request.param, **options)

    return opening


async def until(true: Callable[[], object]) -> None:
    """Let the loop run until that is so."""
    for _ in range(10_000):
        if true():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came true")


# ---- let in ----


async def test_the_decision_sees_the_whole_request(start: Start) -> None:
    site = await start()
    client = await site.connect(additional_headers={"Authorization": "Basic eDp5"})
    (request,) = site.requests
    assert (request.method, request.target) == ("GET", "/ocpp/CS1")
    assert request.headers["authorization"] == "Basic eDp5"
    assert request.subprotocols == ["ocpp2.0.1"]
    assert request.peer == f"127.0.0.1:{client.local_address[1]}"
    assert (request.tls, request.certificate, request.listener) == (False, None, "door")
    assert client.subprotocol == "ocpp2.0.1"


async def test_admitted_without_a_subprotocol(start: Start) -> None:
    site = await start()

    async def decide(request: Request) -> Admitted:
        admitted = await site.admit(request)
        return Admitted(admitted.receiver, None)

    site.decide = decide
    client = await site.connect()
    assert client.subprotocol is None
    assert "Sec-WebSocket-Protocol" not in client.response.headers


async def test_no_extension_is_answered_when_none_is_offered(start: Start) -> None:
    site = await start()
    client = await site.connect(compression=None)
    assert "Sec-WebSocket-Extensions" not in client.response.headers
    other = await site.connect()
    assert other.response.headers["Sec-WebSocket-Extensions"] == (
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    )


async def test_tls_with_a_client_certificate(
    start: Start, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext, pem: str, pem_text: str
) -> None:
    server_tls.verify_mode = ssl.CERT_OPTIONAL
    server_tls.load_verify_locations(pem)
    site = await start(ssl_context=server_tls)
    await site.connect(ssl=client_tls)
    client_tls.load_cert_chain(pem)
    await site.connect(ssl=client_tls)
    without, with_one = site.requests
    assert (without.tls, without.certificate) == (True, None)
    assert with_one.certificate is not None
    assert ssl.DER_cert_to_PEM_cert(with_one.certificate) in pem_text


# ---- refused ----


async def test_a_refusal_by_the_decision(start: Start) -> None:
    site = await start()

    async def decide(request: Request) -> Refused:
        return Refused(401, "wrong password", {"WWW-Authenticate": "Basic"})

    site.decide = decide
    with pytest.raises(websockets.InvalidStatus) as refused:
        await site.connect()
    response = refused.value.response
    assert (response.status_code, response.body) == (401, b"wrong password\n")
    assert response.headers["WWW-Authenticate"] == "Basic"
    request, peer, status, reason = site.refusals[0]
    assert request is site.requests[0]
    assert peer == request.peer
    assert (status, reason) == (401, "wrong password")


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 426, "speaks WebSocket"),
        (b"hello\r\n\r\n", 400, "request line"),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400, "CR LF"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000, 431, "16384 bytes"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000, 400, "no body"),
    ],
)
async def test_a_bad_head_is_answered_in_plain_text(start: Start, data: bytes, status: int, reason: str) -> None:
    site = await start()
    answered, head, body = await site.ask(data)
    assert answered == status
    assert "Content-Type: text/plain" in head
    assert reason in body
    assert site.refusals[0][2] == status
    assert not site.requests


async def test_the_request_of_a_bad_upgrade_is_told(start: Start) -> None:
    site = await start()
    await site.ask(b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n")
    request = site.refusals[0][0]
    assert request is not None
    assert request.target == "/status"


async def test_a_decision_that_fails_is_a_503(start: Start) -> None:
    site = await start()

    async def decide(request: Request) -> Refused:
        raise ZeroDivisionError("secret")

    site.decide = decide
    status, head, body = await site.ask((site.head + "\r\n").encode())
    assert status == 503
    assert "Retry-After: " in head
    assert "secret" not in body
    site.decide = site.admit
    await site.connect()


async def test_a_decision_that_takes_too_long_is_a_503(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrival, "DECIDE_TIMEOUT", 0.01)
    site = await start()

    async def decide(request: Request) -> Refused:
        return await asyncio.get_running_loop().create_future()

    site.decide = decide
    assert (await site.ask((site.head + "\r\n").encode()))[0] == 503


async def test_a_listener_of_refusals_that_fails_harms_nobody(start: Start) -> None:
    site = await start()

    def mistake(*_: object) -> None:
        raise ZeroDivisionError

    site.listener.hall.on_refused = mistake
    assert (await site.ask(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"))[0] == 426


# ---- slow, silent and gone ----


async def test_a_slow_head(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrival, "HEAD_TIMEOUT", 0.05)
    site = await start()
    status, _, body = await site.ask(b"GET / HTTP/1.1\r\nX: slow")
    assert status == 408
    assert "within 0.05 s" in body


async def test_silence(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrival, "HEAD_TIMEOUT", 0.05)
    site = await start()
    client = await site.tcp()
    assert await client.reader.read() == b""
    assert await site.refusal() == (0, "nothing was sent within 0.05 s")


async def test_a_health_check_that_only_connects_is_no_refusal(start: Start) -> None:
    site = await start()
    client = await site.tcp()
    client.writer.close()
    await client.writer.wait_closed()
    await site.connect()
    assert site.refusals == []


async def test_gone_in_the_middle_of_the_head(start: Start) -> None:
    site = await start()
    client = await site.tcp()
    client.write(b"GET / HT")
    await client.writer.drain()
    client.writer.close()
    assert await site.refusal() == (0, "the peer went before its request was complete")


async def test_gone_while_we_decide(start: Start) -> None:
    """Whoever was admitted is told of the end, opened or not."""
    site = await start()
    deciding, decided = asyncio.Event(), asyncio.Event()

    async def decide(request: Request) -> Any:
        deciding.set()
        await decided.wait()
        return await site.admit(request)

    site.decide = decide
    client = await site.tcp()
    client.write((site.head + "\r\n").encode())
    await deciding.wait()
    client.reset()
    await asyncio.sleep(0)
    decided.set()
    await until(lambda: site.receivers)
    code, _ = await site.receivers[0].ended
    assert code == 1006
    assert not site.listener.connections


async def test_gone_while_it_waits_for_its_turn(start: Start) -> None:
    """A fleet that returns all at once and loses patience must not cost a decision for each attempt."""
    site = await start(permits=1)
    deciding, decided = asyncio.Event(), asyncio.Event()

    async def decide(request: Request) -> Refused:
        deciding.set()
        await decided.wait()
        return Refused(404, "nobody")

    site.decide = decide
    first = await site.tcp()
    first.write((site.head + "\r\n").encode())
    await deciding.wait()
    second = await site.tcp()
    second.write((site.head + "\r\n").encode())
    await until(lambda: site.listener.hall.decide_turns._waiting)
    second.writer.close()
    for _ in range(100):
        await asyncio.sleep(0)
    decided.set()
    await until(lambda: len(site.refusals) == 2)
    assert [refusal[2:] for refusal in site.refusals] == [
        (404, "nobody"),
        (0, "it went away while it waited for its turn"),
    ]
    assert len(site.requests) == 1


async def test_an_upgrade_that_fails_tells_the_receiver(open_site: Any) -> None:
    def mistake(*_: object) -> Any:
        raise ZeroDivisionError

    site = await open_site(open_transport=mistake)
    assert (await site.ask((site.head + "\r\n").encode()))[0] == 503
    assert await site.receivers[0].ended == (1006, "internal error")


# ---- TLS ----


async def test_a_tls_hello_on_the_plain_port(start: Start) -> None:
    site = await start()
    with pytest.raises(ssl.SSLError, match=r"(?i)handshake[ _]failure"):
        await site.connect(ssl=ssl.create_default_context())
    status, reason = await site.refusal()
    assert status == 0
    assert "this is the plain port" in reason


async def test_plain_http_on_the_tls_port(start: Start, server_tls: ssl.SSLContext) -> None:
    site = await start(ssl_context=server_tls)
    status, _, body = await site.ask((site.head + "\r\n").encode())
    assert (status, body) == (400, "This is the TLS port: use wss://.\n")


async def test_a_client_that_does_not_trust_us(start: Start, server_tls: ssl.SSLContext) -> None:
    site = await start(ssl_context=server_tls)
    with pytest.raises(ssl.SSLError):
        await site.connect(ssl=ssl.create_default_context())
    status, reason = await site.refusal()
    assert status == 0
    assert "unknown ca" in reason or "does not trust our certificate" in reason


async def test_a_client_without_the_certificate_that_we_ask_for(
    start: Start, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    server_tls.verify_mode = ssl.CERT_REQUIRED
    site = await start(ssl_context=server_tls)
    with pytest.raises((ssl.SSLError, websockets.InvalidMessage, OSError)):
        await site.connect(ssl=client_tls)
    status, reason = await site.refusal()
    assert (status, reason) == (0, "TLS: peer did not return a certificate")


async def test_gone_in_the_middle_of_a_tls_handshake(
    start: Start, server_tls: ssl.SSLContext, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    site = await start(ssl_context=server_tls)
    client = await site.tcp()
    client.write(b"\x16\x03\x01\x02\x00\x01")
    await client.writer.drain()
    client.writer.close()
    assert "the peer went away during the handshake" in (await site.refusal())[1]
    assert capfd.readouterr().err == ""
    assert caplog.records == []


async def test_other_failures_reach_the_handler_of_the_loop() -> None:
    contexts: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    handler = loop.get_exception_handler()
    loop.set_exception_handler(lambda _loop, context: contexts.append(context))
    try:
        quiet = arrival.QuietLoop(loop)
        quiet.call_exception_handler({"message": "SSL handshake failed"})
        quiet.call_exception_handler({"message": "something else"})
        assert quiet.time() > 0
    finally:
        loop.set_exception_handler(handler)
    assert contexts == [{"message": "something else"}]


async def test_a_tls_hello_that_never_ends(
    start: Start, server_tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(arrival.TLS, "ssl_handshake_timeout", 0.05)
    site = await start(ssl_context=server_tls)
    client = await site.tcp()
    client.write(b"\x16\x03")
    await client.reader.read()
    status, reason = await site.refusal()
    assert status == 0
    assert "taking longer" in reason


# ---- many at once ----


async def test_no_more_decisions_at_once_than_permits(start: Start) -> None:
    site = await start(permits=3)
    running, most, go = 0, 0, asyncio.Event()

    async def decide(request: Request) -> Any:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return await site.admit(request)

    site.decide = decide
    go.set()
    clients = await asyncio.gather(*(site.connect() for _ in range(20)))
    assert most == 3
    assert len(site.listener.connections) == len(clients) == 20


async def test_slow_heads_take_no_permit(start: Start) -> None:
    site = await start(permits=1)
    for _ in range(5):
        client = await site.tcp()
        client.write(b"GET / HTTP/1.1\r\n")
    await site.connect()


async def test_who_finds_the_queue_full_is_sent_away(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    site = await start(queue=2)
    for _ in range(2):
        client = await site.tcp()
        client.write(b"GET")
    status, head, body = await site.ask((site.head + "\r\n").encode())
    assert status == 503
    assert "Retry-After: " in head
    assert "try again later" in body
    assert site.refusals[0][2:] == (503, "too many stations are connecting")
    monkeypatch.setattr("ohmstead.gateway.listener.TURNED_AWAY", 0)
    client = await site.tcp()
    assert await client.reader.read() == b""


async def test_who_is_sent_away_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrival, "LINGER", 0.01)
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs:
        await arrival.turn_away(ours)
        assert theirs.recv(10) == b""


@pytest.mark.parametrize(
    ("options", "number"),
    [
        ({"maximum_version": ssl.TLSVersion.TLSv1_1}, "ALERT_PROTOCOL_VERSION"),
        ({"maximum_version": ssl.TLSVersion.TLSv1_2, "ciphers": "AES256-SHA"}, "ALERT_HANDSHAKE_FAILURE"),
    ],
)
async def test_a_failed_handshake_is_answered_with_its_alert(
    open_site: Start, server_tls: ssl.SSLContext, options: dict[str, Any], number: str
) -> None:
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.set_ciphers(f"{options.get('ciphers', 'ALL')}:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        client.minimum_version = ssl.TLSVersion.TLSv1
        client.maximum_version = options["maximum_version"]
    server_tls.minimum_version = ssl.TLSVersion.TLSv1_2
    server_tls.set_ciphers("ECDHE+AESGCM")
    site = await open_site(ssl_context=server_tls)
    with pytest.raises(ssl.SSLError) as failed:
        await site.tcp(ssl=client, server_hostname="localhost")
    assert (failed.value.reason or "").endswith(number)
    assert (await site.refusal())[0] == 0
