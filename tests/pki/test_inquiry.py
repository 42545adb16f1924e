"""What is asked over the network, and how often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest

from ohmstead import runtime
from ohmstead.pki.inquiry import AGAIN, FRESH, Inquiry
from ohmstead.pki.status import Doubtful, hash_data
from ohmstead.settings import Pki
from ohmstead.web.fetching import Unreached
from tests.pki.answering import GOOD, REVOKED, answer, crl, http
from tests.pki.making import ca, station

pytestmark = pytest.mark.anyio
CA = ca("Issuer")
ONE, TWO = station(CA), station(CA)
HASHED = hash_data(ONE.x509, CA.x509)
URL = "http://127.0.0.1/ocsp"


class Responder:
    """Counts what it is asked."""

    def __init__(self, said: Callable[[], bytes | int]) -> None:
        self.said, self.asked = said, 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        await asyncio.sleep(0)
        said = self.said()
        return http(said) if isinstance(said, int) else http(200, said)

    def inquiry(self, *private: str) -> Inquiry:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self))
        return Inquiry(Pki(ocsp_allow_private=private or ("127.0.0.0/8",)), None, (), client)  # type: ignore[arg-type]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> runtime.FakeClock:
    clock = runtime.FakeClock(runtime.Clock().now())
    monkeypatch.setattr(runtime, "clock", clock)
    return clock


async def test_many_at_once_and_again_are_one_call(clock: runtime.FakeClock) -> None:
    responder = Responder(lambda: answer(ONE, GOOD, made=clock.at))
    inquiry = responder.inquiry()
    told = await asyncio.gather(*(inquiry.ocsp(HASHED, URL, [CA.x509]) for _ in range(20)))
    assert {one.status.state for one in told} == {"good"}
    await inquiry.ocsp(HASHED, URL, [CA.x509])
    assert responder.asked == 1
    responder.said = lambda: answer(ONE, REVOKED, made=clock.at)
    clock.advance(FRESH / 1e6 + 1)
    assert (await inquiry.ocsp(HASHED, URL, [CA.x509])).status.state == "revoked"
    assert responder.asked == 2


async def test_who_is_down_is_left_alone_and_an_answer_that_holds_is_kept(clock: runtime.FakeClock) -> None:
    responder = Responder(lambda: 503)
    inquiry = responder.inquiry()
    for _ in range(3):
        with pytest.raises(Unreached, match="answered 503"):
            await inquiry.ocsp(HASHED, URL, [CA.x509])
    assert responder.asked == 1
    clock.advance(AGAIN / 1e6 + 1)
    responder.said = lambda: answer(ONE, made=clock.at)
    await inquiry.ocsp(HASHED, URL, [CA.x509])
    for trouble in (lambda: 500, lambda: b"garbage"):
        responder.said = trouble
        clock.advance(FRESH / 1e6 + 1)
        assert (await inquiry.ocsp(HASHED, URL, [CA.x509])).status.state == "good"
    responder.said = lambda: 500
    clock.advance(12 * 3600)
    with pytest.raises(Unreached, match="answered 500"):
        await inquiry.ocsp(HASHED, URL, [CA.x509])


async def test_what_is_doubted_by_one_may_convince_another(clock: runtime.FakeClock) -> None:
    responder = Responder(lambda: crl(CA, TWO, made=clock.at))
    inquiry = responder.inquiry()
    with pytest.raises(Doubtful, match="known here"):
        await inquiry.crl(HASHED, URL, [])
    assert (await inquiry.crl(HASHED, URL, [CA.x509])).state == "good"
    assert (await inquiry.crl(hash_data(TWO.x509, CA.x509), URL, [CA.x509])).state == "revoked"
    assert responder.asked == 1


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://169.254.169.254/latest", "file:///etc/passwd", "nonsense"])
async def test_what_is_never_called(url: str) -> None:
    responder = Responder(lambda: answer(ONE))
    with pytest.raises(Unreached):
        await responder.inquiry().ocsp(HASHED, url, [CA.x509])
    assert responder.asked == 0


async def test_an_endless_answer_is_cut() -> None:
    with pytest.raises(Unreached, match="more than"):
        await Responder(lambda: b"0" * 20_000).inquiry().ocsp(HASHED, URL, [CA.x509])
