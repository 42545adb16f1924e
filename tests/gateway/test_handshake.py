"""Reading and answering one HTTP request head."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.gateway.handshake import MAX_HEAD, Door, Refusal, Refused, Request, answer, check_upgrade, parse

GOOD = (
    b"GET /ocpp/CS1?x=1 HTTP/1.1",
    b"Host: csms.example:8080",
    b"Upgrade: websocket",
    b"Connection: keep-alive, Upgrade",
    b"Sec-WebSocket-Version: 13",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


def head(*more: bytes, without: bytes = b"-", first: bytes | None = None) -> bytes:
    lines = [first if first is not None and line is GOOD[0] else line for line in GOOD]
    return b"\r\n".join([line for line in lines if not line.startswith(without)] + list(more))


def judged(data: bytes) -> dict[str, str]:
    method, _target, headers = parse(data)
    check_upgrade(method, headers)
    return headers


def test_a_good_head() -> None:
    method, target, headers = parse(head(b"X-Odd:  a b\t", b"x-odd: c", b"Authorization: Basic \xe4"))
    check_upgrade(method, headers)
    assert (method, target) == ("GET", "/ocpp/CS1?x=1")
    assert headers["host"] == "csms.example:8080"
    assert headers["x-odd"] == "a b, c"
    assert headers["authorization"] == "Basic ä"


def test_the_target_is_left_as_it_was_sent() -> None:
    assert parse(head(first=b"GET /ocpp/RDAM%7C123%2F.. HTTP/1.1"))[1] == "/ocpp/RDAM%7C123%2F.."


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        (b"", 400, "request line"),
        (b"GET /", 400, "request line"),
        (b"GET / HTTP/1.1 x", 400, "request line"),
        (b"GET  / HTTP/1.1", 400, "request line"),
        (b"G@T / HTTP/1.1", 400, "request line"),
        (b"GET / RTSP/1.0", 400, "request line"),
        (head(first=b"GET / HTTP/1.0"), 505, "HTTP/1.1"),
        (head(first=b"GET / HTTP/2.0"), 505, "HTTP/1.1"),
        (head(first=b"GET ocpp HTTP/1.1"), 400, "slash"),
        (head(first=b"GET ws://host/ocpp HTTP/1.1"), 400, "slash"),
        (head(first=b"GET /\xc3\xa4 HTTP/1.1"), 400, "percent-encoded"),
        (head(first=b"GET /\x00 HTTP/1.1"), 400, "percent-encoded"),
        (head().replace(b"\r\n", b"\n"), 400, "CR LF"),
        (head(b"X: a\nY: b"), 400, "CR LF"),
        (head(b"X: a\rY: b"), 400, "CR LF"),
        (head(b" folded"), 400, "NAME: VALUE"),
        (head(b"no colon"), 400, "NAME: VALUE"),
        (head(b"Host : x", without=b"Host"), 400, "NAME: VALUE"),
        (head(b": x"), 400, "NAME: VALUE"),
        (head(b"X: a\x00b"), 400, "x holds a control character"),
        (head(b"X: a\x7fb"), 400, "x holds a control character"),
        (head(*(b"X: 1" for _ in range(100))), 431, "100 headers"),
        (head(b"Host: b"), 400, "host is there twice"),
        (head(b"sec-websocket-key: x"), 400, "sec-websocket-key is there twice"),
        (head(b"Authorization: a", b"Authorization: b"), 400, "authorization is there twice"),
        (head(without=b"Host"), 400, "Host header is missing"),
        (head(b"Content-Length: 5"), 400, "no body"),
        (head(b"Content-Length: x"), 400, "no body"),
        (head(b"Transfer-Encoding: chunked"), 400, "no body"),
        (head(without=b"Upgrade"), 426, "WebSocket"),
        (head(b"Upgrade: h2c", without=b"Upgrade"), 426, "WebSocket"),
        (head(without=b"Connection"), 426, "WebSocket"),
        (head(first=b"POST / HTTP/1.1"), 405, "GET"),
        (head(without=b"Sec-WebSocket-Version"), 426, "version 13"),
        (head(b"Sec-WebSocket-Version: 8", without=b"Sec-WebSocket-Version"), 426, "version 13"),
        (head(without=b"Sec-WebSocket-Key"), 400, "16 bytes"),
        (head(b"Sec-WebSocket-Key: x", without=b"Sec-WebSocket-Key"), 400, "16 bytes"),
        (head(b"Sec-WebSocket-Key: \xe4", without=b"Sec-WebSocket-Key"), 400, "16 bytes"),
        (head(b"Sec-WebSocket-Key: AAAA", without=b"Sec-WebSocket-Key"), 400, "16 bytes"),
    ],
)
def test_a_bad_head(data: bytes, status: int, reason: str) -> None:
    with pytest.raises(Refusal, match=re.escape(reason)) as refusal:
        judged(data)
    assert refusal.value.refused.status == status


def test_content_length_0_is_no_body() -> None:
    judged(head(b"Content-Length: 0"))


def test_426_says_what_to_upgrade_to() -> None:
    with pytest.raises(Refusal) as refusal:
        judged(head(without=b"Upgrade"))
    assert refusal.value.refused.headers == {"Upgrade": "websocket"}


@given(st.binary(max_size=200) | st.lists(st.binary(max_size=20)).map(b"\r\n".join))
def test_any_bytes(data: bytes) -> None:
    try:
        judged(data)
    except Refusal:
        pass


@given(st.binary(max_size=30))
def test_any_line_more(line: bytes) -> None:
    try:
        headers = judged(head(line))
    except Refusal:
        return
    assert headers["host"] == "csms.example:8080"


@pytest.mark.parametrize(
    ("offer", "names"),
    [
        (None, []),
        ("", []),
        ("ocpp2.1, ocpp2.0.1 ,ocpp1.6", ["ocpp2.1", "ocpp2.0.1", "ocpp1.6"]),
        (",ocpp1.6,", ["ocpp1.6"]),
    ],
)
def test_the_subprotocols_in_the_order_of_preference(offer: str | None, names: list[str]) -> None:
    headers = {} if offer is None else {"sec-websocket-protocol": offer}
    assert Request("GET", "/", headers).subprotocols == names


def test_an_answer() -> None:
    data = answer(Refused(401, "wrong pässword", {"WWW-Authenticate": 'Basic realm="ocpp"'}))
    assert data == (
        b"HTTP/1.1 401 Unauthorized\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 16\r\n"
        b'Connection: close\r\nWWW-Authenticate: Basic realm="ocpp"\r\n\r\nwrong p\xc3\xa4ssword\n'
    )
    assert answer(Refused(499, "")).startswith(b"HTTP/1.1 499 Refused\r\n")


class Tcp:
    """What a Door sees of its connection."""

    reading = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


def door_of() -> tuple[Door, Any]:
    door, tcp = Door(), Tcp()
    door.connection_made(tcp)  # type: ignore[arg-type]
    return door, tcp


@pytest.mark.anyio
async def test_a_door_keeps_the_head_and_what_follows() -> None:
    door, tcp = door_of()
    for byte in b"GET / HTTP/1.1\r\nHost: x\r\n\r":
        door.data_received(bytes([byte]))
    door.get_buffer(-1)[:5] = b"\ntail"
    door.buffer_updated(5)
    door.data_received(b"more")
    assert await door.head() == b"GET / HTTP/1.1\r\nHost: x"
    assert door.tail() == b"tailmore"
    assert tcp.reading
    door.data_received(b"x" * MAX_HEAD)
    assert not tcp.reading


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"x" * (MAX_HEAD + 1), 431),
        (b"x" * (MAX_HEAD + 1) + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400),
    ],
)
async def test_a_door_refuses_what_cannot_become_a_head(data: bytes, status: int) -> None:
    door, _ = door_of()
    door.data_received(data)
    with pytest.raises(Refusal) as refusal:
        await door.head()
    assert refusal.value.refused.status == status


@pytest.mark.anyio
async def test_a_door_tells_when_the_peer_goes() -> None:
    door, _ = door_of()
    door.data_received(b"GET")
    door.connection_lost(None)
    assert door.lost
    with pytest.raises(ConnectionError, match="before its request was complete"):
        await door.head()
    await door.gone()


@pytest.mark.anyio
async def test_a_door_throws_away_what_comes_after_a_refusal() -> None:
    door, tcp = door_of()
    door.data_received(b"GET / HTTP/1.1\r\n\r\n")
    waiting = asyncio.ensure_future(door.gone())
    await asyncio.sleep(0)
    assert tcp.reading
    door.data_received(b"x" * 1_000_000)
    assert door.tail() == b""
    assert door.eof_received() is False
    door.connection_lost(None)
    await waiting
