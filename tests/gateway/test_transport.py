"""Text frames after the upgrade, the same for both implementations, plain and through TLS."""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import websockets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ohmstead import runtime
from ohmstead.gateway.transport import Transport, half_close, shortened
from ohmstead.gateway.transport_picows import open_picows
from ohmstead.gateway.transport_websockets import open_websockets

pytestmark = pytest.mark.anyio
Start = Callable[..., Awaitable[Any]]

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
RSV1 = 4
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n"


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture(params=[open_picows, open_websockets], ids=["picows", "websockets"])
def start(request: pytest.FixtureRequest, open_site: Any) -> Start:
    async def opening(**options: Any) -> Any:
        return await open_site(open_transport=request.param, **options)

    return opening


def deflated(data: bytes) -> bytes:
    squeezer = zlib.compressobj(wbits=-15)
    return (squeezer.compress(data) + squeezer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def inflated(data: bytes, bits: int = 15) -> bytes:
    return zlib.decompressobj(-bits).decompress(data + b"\x00\x00\xff\xff")


# ---- messages ----


@pytest.mark.parametrize("compression", [None, "deflate"])
async def test_messages_of_every_size_go_there_and_back(start: Start, compression: str | None) -> None:
    site = await start()
    client = await site.connect(compression=compression)
    assert client.subprotocol == "ocpp2.0.1"
    for size in (0, 1, 125, 126, 200, 201, 5_000, 65_535, 65_536, 1_000_000):
        text = ("äöü[2,3,4]" * (size // 8 + 1))[: size // 2]
        await client.send(text)
        assert await client.recv() == text


async def test_through_tls(start: Start, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    site = await start(ssl_context=server_tls)
    client = await site.connect(ssl=client_tls)
    for size in (1, 5_000, 700_000):
        await client.send("x" * size)
        assert await client.recv() == "x" * size
    site.receivers[0].transport.close(1001, "bye")
    with pytest.raises(websockets.ConnectionClosedOK):
        await client.recv()
    assert await site.receivers[0].ended == (1001, "bye")


async def test_fragments_are_put_together_around_control_frames(start: Start) -> None:
    site = await start()
    client = await site.raw()
    client.frame(TEXT, b"[2,", fin=False)
    client.frame(PING, b"now")
    client.frame(CONTINUATION, b"", fin=False)
    client.frame(CONTINUATION, "ä".encode()[:1], fin=False)
    client.frame(CONTINUATION, "ä".encode()[1:] + b"]")
    assert await client.read() == (0x80 | PONG, b"now")
    assert await client.read() == (0x80 | TEXT, "[2,ä]".encode())


async def test_bytes_in_any_portions(start: Start) -> None:
    site = await start()
    client = await site.tcp()
    for byte in (site.head + "\r\n").encode():
        client.write(bytes([byte]))
        await asyncio.sleep(0)
    await client.reader.readuntil(b"\r\n\r\n")
    client.frame(TEXT, b"hello")
    client.frame(TEXT, b"world")
    assert (await client.read())[1] == b"hello"
    assert (await client.read())[1] == b"world"


async def test_frames_that_follow_the_request_at_once(start: Start) -> None:
    site = await start()
    early = await site.raw(tail=bytes([0x81, 0x82, 0, 0, 0, 0]) + b"hi")
    assert await early.read() == (0x80 | TEXT, b"hi")
    early.frame(TEXT, b"more")
    assert await early.read() == (0x80 | TEXT, b"more")


# ---- compression ----


async def test_no_context_is_kept_between_compressed_messages(start: Start) -> None:
    site = await start()
    client = await site.raw(DEFLATE)
    text = b'{"a":1}' * 100
    for _ in range(3):
        client.frame(TEXT, deflated(text), rsv=RSV1)
        first, payload = await client.read()
        assert first == 0x80 | RSV1 << 4 | TEXT
        assert len(payload) < len(text) / 4
        assert inflated(payload) == text
    client.frame(TEXT, deflated(text)[:20], fin=False, rsv=RSV1)
    client.frame(CONTINUATION, deflated(text)[20:])
    await client.read()
    assert site.receivers[0].said.count(text) == 4


async def test_small_messages_are_not_compressed(start: Start) -> None:
    site = await start()
    client = await site.raw(DEFLATE)
    client.frame(TEXT, b"x" * 200)
    assert await client.read() == (0x80 | TEXT, b"x" * 200)


async def test_a_small_window_is_kept_to(start: Start) -> None:
    site = await start()
    client = await site.raw("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9\r\n")
    text = bytes(range(32, 127)) * 50
    client.frame(TEXT, text)
    _, payload = await client.read()
    assert inflated(payload, 9) == text


@pytest.mark.parametrize("fragments", [1, 10])
async def test_a_bomb_is_never_inflated(start: Start, fragments: int) -> None:
    """T10: 500 kB that would be 500 MB."""
    site = await start()
    client = await site.raw(DEFLATE)
    squeezer = zlib.compressobj(wbits=-15)
    megabyte = squeezer.compress(bytes(1 << 20)) + squeezer.flush(zlib.Z_FULL_FLUSH)  # a block that can be repeated
    bomb = megabyte * 500
    assert 400_000 < len(bomb) < 1 << 20
    size = len(bomb) // fragments + 1
    for at in range(0, len(bomb), size):
        last = at + size >= len(bomb)
        client.frame(CONTINUATION if at else TEXT, bomb[at : at + size], fin=last, rsv=0 if at else RSV1)
    assert await client.read_close() == 1009
    assert (await _end(client, site))[0] == 1009
    assert site.receivers[0].said == ["opened", "closed"]


async def test_a_compressed_message_of_just_the_limit(start: Start) -> None:
    site = await start(max_message=1000)
    client = await site.raw(DEFLATE)
    client.frame(TEXT, deflated(b"x" * 1000), rsv=RSV1)
    assert (await client.read())[0] & 15 == TEXT
    client.frame(TEXT, deflated(b"x" * 1001), rsv=RSV1)
    assert await client.read_close() == 1009


# ---- frames that break the rules ----


def unmasked(client: Any) -> None:
    client.frame(TEXT, b"x", masked=False)


RULES: list[tuple[str, int, Callable[[Any], None]]] = [
    ("not UTF-8", 1007, lambda client: client.frame(TEXT, b"\xff")),
    ("a surrogate", 1007, lambda client: client.frame(TEXT, b"\xed\xa0\x80")),
    ("half a character", 1007, lambda client: client.frame(TEXT, "ä".encode()[:1])),
    ("binary", 1003, lambda client: client.frame(BINARY, b"x")),
    ("unmasked", 1002, unmasked),
    ("reserved bit", 1002, lambda client: client.frame(TEXT, b"x", rsv=2)),
    ("compressed without agreement", 1002, lambda client: client.frame(TEXT, deflated(b"x"), rsv=RSV1)),
    ("reserved opcode", 1002, lambda client: client.frame(3, b"x")),
    ("reserved control opcode", 1002, lambda client: client.frame(11, b"x")),
    ("fragmented ping", 1002, lambda client: client.frame(PING, b"x", fin=False)),
    ("long ping", 1002, lambda client: client.frame(PING, b"x" * 126)),
    ("continuation of nothing", 1002, lambda client: client.frame(CONTINUATION, b"x")),
    ("close with half a code", 1002, lambda client: client.frame(CLOSE, b"\x03")),
    ("close with a code that does not exist", 1002, lambda client: client.frame(CLOSE, b"\x13\x88")),
    ("close with a code that must not be sent", 1002, lambda client: client.frame(CLOSE, b"\x03\xed")),
    ("larger than the limit", 1009, lambda client: client.frame(TEXT, b"x" * 10_001)),
]


@pytest.mark.parametrize(("code", "break_it"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES])
async def test_a_broken_rule_closes_the_socket(start: Start, code: int, break_it: Callable[[Any], None]) -> None:
    site = await start(max_message=10_000)
    client = await site.raw()
    break_it(client)
    assert await client.read_close() == code
    assert (await _end(client, site))[0] == code
    assert [word for word in site.receivers[0].said if isinstance(word, bytes)] == []


async def test_a_good_message_just_before_a_broken_rule(start: Start) -> None:
    site = await start()
    client = await site.raw()
    client.write(bytes([0x81, 0x82, 0, 0, 0, 0]) + b"hi" + b"\x83\x80\x00\x00\x00\x00")
    assert await client.read_close() == 1002
    assert (await _end(client, site))[0] == 1002
    assert site.receivers[0].said == ["opened", b"hi", "closed"]


FRAMES = st.tuples(
    st.sampled_from([TEXT, TEXT, CONTINUATION, BINARY, CLOSE, PING, PONG, 3]),
    st.binary(max_size=10) | st.just(b"x" * 300) | st.just(deflated(b"hello" * 20)),
    st.booleans(),
    st.sampled_from([0, 0, 0, RSV1, 2]),
)


@given(frames=st.lists(FRAMES, max_size=8), reset=st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_frames_end_once_and_harm_nobody(start: Start, frames: list[Any], reset: bool) -> None:
    site = await start(max_message=500)
    client = await site.raw(DEFLATE)
    for opcode, payload, fin, rsv in frames:
        client.frame(opcode, payload, fin=fin, rsv=rsv)
    if reset:
        client.reset()
    client.writer.close()
    await site.receivers[0].ended
    assert site.receivers[0].said.count("closed") == 1
    assert not site.listener.connections
    await site.listener.drain()


async def test_a_message_in_a_message(start: Start) -> None:
    site = await start()
    client = await site.raw()
    client.frame(TEXT, b"x", fin=False)
    client.frame(TEXT, b"y")
    assert await client.read_close() == 1002


async def test_a_bad_deflate_stream(start: Start) -> None:
    site = await start()
    client = await site.raw(DEFLATE)
    client.frame(TEXT, b"\xff\xff\xff\xff", rsv=RSV1)
    assert await client.read_close() in (1002, 1007)


async def test_fragments_beyond_the_limit(start: Start) -> None:
    site = await start(max_message=10_000)
    client = await site.raw()
    client.frame(TEXT, b"x" * 6_000, fin=False)
    client.frame(CONTINUATION, b"x" * 4_000, fin=False)
    client.frame(CONTINUATION, b"x", fin=False)
    assert await client.read_close() == 1009


async def test_a_huge_frame_is_refused_by_its_head(start: Start) -> None:
    site = await start(max_message=10_000)
    client = await site.raw()
    client.write(b"\x81\xff" + (1 << 40).to_bytes(8, "big") + b"\x00\x00\x00\x00")
    assert await client.read_close() == 1009
    for _ in range(50):  # it may go on sending for a while
        client.write(b"x" * 10_000)
        await asyncio.sleep(0)
    assert (await _end(client, site))[0] == 1009


# ---- the end ----


async def _end(client: Any, site: Any) -> tuple[int, str]:
    client.writer.close()
    result: tuple[int, str] = await site.receivers[-1].ended
    assert len(site.listener.connections) == sum(not receiver.ended.done() for receiver in site.receivers)
    return result


async def test_the_client_closes(start: Start) -> None:
    site = await start()
    client = await site.connect()
    await client.close(1000, "good night")
    assert await site.receivers[0].ended == (1000, "good night")
    assert client.close_code == 1000
    assert not site.listener.connections


@pytest.mark.parametrize(("payload", "code"), [(b"", 1005), (b"\x0f\xa0why", 4000), (b"\x03\xe9", 1001)])
async def test_the_client_closes_with_any_code_or_none(start: Start, payload: bytes, code: int) -> None:
    site = await start()
    client = await site.raw()
    client.frame(CLOSE, payload)
    first, answer = await client.read()
    assert first == 0x80 | CLOSE
    assert answer[:2] in (payload[:2], b"\x03\xe8")
    assert await client.reader.read() == b""
    assert await site.receivers[0].ended == (code, payload[2:].decode())


async def test_the_client_goes_without_a_word(start: Start) -> None:
    site = await start()
    client = await site.raw()
    client.writer.close()
    code, reason = await site.receivers[0].ended
    assert code == 1006
    assert reason


async def test_a_tcp_reset(start: Start) -> None:
    site = await start()
    client = await site.raw()
    client.reset()
    assert (await site.receivers[0].ended)[0] == 1006


async def test_we_close(start: Start) -> None:
    site = await start()
    client = await site.connect()
    transport: Transport = site.receivers[0].transport
    transport.close(1012, "ü" * 100)
    transport.close(1000, "again")
    transport.send(b"too late")
    transport.ping()
    with pytest.raises(websockets.ConnectionClosed):
        await client.recv()
    assert (client.close_code, client.close_reason) == (1012, "ü" * 61)
    assert await site.receivers[0].ended == (1012, "ü" * 61)
    transport.close(1000, "")
    transport.send(b"x")
    transport.ping()
    transport.abort()
    transport.pause_reading()
    transport.resume_reading()


async def test_both_close_at_the_same_time(start: Start) -> None:
    site = await start()
    client = await site.raw()
    client.frame(CLOSE, b"\x03\xe8")
    site.receivers[0].transport.close(1001, "mine")
    assert await client.read_close() == 1001
    assert await site.receivers[0].ended == (1001, "mine")


async def test_messages_after_our_close_are_not_delivered(start: Start) -> None:
    site = await start()
    client = await site.raw()
    site.receivers[0].transport.close(1001, "")
    client.frame(TEXT, b"late")
    assert await client.read_close() == 1001
    client.frame(CLOSE, b"\x03\xe9")
    assert await client.reader.read() == b""
    assert await site.receivers[0].ended == (1001, "")
    assert site.receivers[0].said == ["opened", "closed"]


async def test_a_close_handshake_that_takes_too_long(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "clock", clock := runtime.FakeClock())
    site = await start()
    await site.raw()
    site.receivers[0].transport.close(1001, "bye")
    clock.advance(4.9)
    site.listener.tick(runtime.monotonic())
    assert site.listener.connections
    clock.advance(0.2)
    site.listener.tick(runtime.monotonic())
    assert await site.receivers[0].ended == (1001, "bye")


async def test_abort(start: Start) -> None:
    site = await start()
    client = await site.raw()
    site.receivers[0].transport.abort()
    site.receivers[0].transport.abort()
    assert await site.receivers[0].ended == (1006, "aborted")
    assert await client.read_close() == 0


@pytest.mark.parametrize("where", ["opened", "text", "pong"])
async def test_a_mistake_of_the_receiver_closes_its_socket(start: Start, where: str) -> None:
    site = await start()
    other = await site.connect()

    async def decide(request: Any) -> Any:
        admitted = await site.admit(request)

        def mistake(*_: object) -> None:
            raise ZeroDivisionError

        setattr(admitted.receiver, where, mistake)
        return admitted

    site.decide = decide
    client = await site.raw()
    if where == "pong":
        await site.receivers[1].opening.wait()
        site.receivers[1].transport.ping()
        _, payload = await client.read()
        client.frame(PONG, payload)
    client.frame(TEXT, b"x")
    assert await client.read_close() == 1011
    assert await _end(client, site) == (1011, "internal error")
    await other.send("still here")
    assert await other.recv() == "still here"


async def test_a_mistake_at_the_end_harms_nobody(start: Start) -> None:
    site = await start()
    client = await site.raw()
    receiver = site.receivers[0]
    end = receiver.closed

    def mistake(code: int, reason: str) -> None:
        end(code, reason)
        raise ZeroDivisionError

    receiver.closed = mistake
    client.writer.close()
    await receiver.ended
    assert not site.listener.connections


# ---- keepalive ----


async def test_pings_are_answered(start: Start) -> None:
    site = await start()
    client = await site.connect()
    await (await client.ping("are you there"))


async def test_our_ping_is_matched_with_its_pong(start: Start) -> None:
    site = await start()
    client = await site.raw()
    receiver = site.receivers[0]
    client.frame(PONG, b"unasked")
    receiver.transport.ping()
    receiver.transport.ping()
    _, old = await client.read()
    _, new = await client.read()
    client.frame(PONG, old)
    client.frame(TEXT, b"then")
    await client.read()
    assert not receiver.pongs.is_set()
    client.frame(PONG, new)
    await receiver.pongs.wait()


async def test_a_silent_peer_is_pinged_then_cut(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "clock", clock := runtime.FakeClock())
    site = await start(ping_interval=60.0, pong_timeout=20.0)
    client = await site.raw()

    def pass_(seconds: float) -> None:
        clock.advance(seconds)
        site.listener.tick(runtime.monotonic())

    pass_(59)
    pass_(2)
    assert await client.read() == (0x80 | PING, b"")
    client.frame(PONG, b"")
    client.frame(TEXT, b"sync")
    assert (await client.read())[1] == b"sync"
    pass_(20)  # it answered
    pass_(60)
    assert await client.read() == (0x80 | PING, b"")
    pass_(19)
    assert site.listener.connections
    pass_(2)
    assert await site.receivers[0].ended == (1006, "no answer to a ping within 20 s")
    assert await client.read_close() == 0


async def test_a_peer_that_talks_is_not_pinged(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "clock", clock := runtime.FakeClock())
    site = await start(ping_interval=60.0)
    client = await site.raw()
    for _ in range(5):
        client.frame(TEXT, b"x")
        assert await client.read() == (0x80 | TEXT, b"x")
        clock.advance(61)
        site.listener.tick(runtime.monotonic())
    client.frame(TEXT, b"y")
    assert await client.read() == (0x80 | TEXT, b"y")


async def test_no_pings_at_interval_0(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "clock", clock := runtime.FakeClock())
    site = await start(ping_interval=0)
    client = await site.raw()
    for _ in range(3):
        clock.advance(1e6)
        site.listener.tick(runtime.monotonic())
    client.frame(TEXT, b"x")
    assert await client.read() == (0x80 | TEXT, b"x")


# ---- back-pressure ----


async def test_who_never_reads_cannot_make_us_buffer_without_bound(start: Start) -> None:
    site = await start()
    client = await site.raw()
    client.writer.transport.pause_reading()
    receiver = site.receivers[0]
    for _ in range(30):  # 4 MiB of ours, and what the kernel holds
        receiver.transport.send(b"x" * (1 << 20))
    code, reason = await receiver.ended
    assert (code, reason) == (1006, "it does not read what we send")


async def test_who_pings_and_never_reads(start: Start) -> None:
    site = await start()
    client = await site.raw()
    client.writer.transport.pause_reading()
    pings = b"\x89\xfd\x00\x00\x00\x00" + b"x" * 125
    while not site.receivers[0].ended.done():
        client.write(pings * 1000)
        await asyncio.sleep(0)
    assert site.receivers[0].ended.result()[0] == 1006


async def test_reading_can_be_paused(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "clock", clock := runtime.FakeClock())
    site = await start()
    client = await site.raw()
    receiver = site.receivers[0]
    receiver.transport.pause_reading()
    client.frame(TEXT, b"x")
    for _ in range(4):  # a peer that we do not listen to is not dead
        clock.advance(61)
        site.listener.tick(runtime.monotonic())
        await asyncio.sleep(0)
    assert receiver.said == ["opened"]
    receiver.transport.resume_reading()
    assert await client.read() == (0x80 | TEXT, b"x")


async def test_a_reason_fits_its_frame() -> None:
    assert shortened("short") == "short"
    assert shortened("x" * 200) == "x" * 123
    assert shortened("ü" * 100) == "ü" * 61


class Tcp:
    """What half_close uses of a connection."""

    def __init__(self, closing: bool = False, can: bool = True, reset: bool = False) -> None:
        self.closing, self.can, self.reset = closing, can, reset
        self.said: list[str] = []

    def is_closing(self) -> bool:
        return self.closing

    def can_write_eof(self) -> bool:
        return self.can

    def write_eof(self) -> None:
        self.said.append("eof")
        if self.reset:
            raise OSError(107, "Transport endpoint is not connected")

    def close(self) -> None:
        self.said.append("close")

    def abort(self) -> None:
        self.said.append("abort")


async def test_half_close() -> None:
    for tcp, said in [
        (Tcp(), ["eof"]),
        (Tcp(closing=True), []),
        (Tcp(can=False), ["close"]),
        (Tcp(reset=True), ["eof", "abort"]),
    ]:
        half_close(tcp)  # type: ignore[arg-type]
        assert tcp.said == said
