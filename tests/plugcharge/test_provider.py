"""What a vehicle is answered: by the built-in provisioning on both databases, and by services that are slow or lie."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import httpx
import pytest

from ohmstead import runtime
from ohmstead.plugcharge import provider
from ohmstead.plugcharge.exi import SCHEMAS
from ohmstead.plugcharge.provider import Relay, Reply, Request, hedged
from ohmstead.simulator.contract_vehicle import NotBelieved, new_maker
from tests.plugcharge.test_reading import of_20
from tests.plugcharge.vehicles import EMAID, PCID, contract, fits, opened, revoke, trust, vehicle

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(db: Any, tmp_path: Path) -> Any:
    maker = new_maker()
    await trust(db, maker)
    return opened(db, tmp_path), vehicle(maker)


async def ask(world: Any, text: str, **fields: Any) -> Reply:
    reply: Reply = await world[0].provider.answer(Request(1, "iso15118-2", base64.b64decode(text), **fields))
    return reply


async def test_a_vehicle_gets_a_contract_it_can_use(db: Any, world: Any) -> None:
    await contract(db)
    car = world[1]
    reply = await ask(world, car.ask(world[0].ca.v2g.root.certificate))
    assert (reply.reason, reply.emaid, list(reply.odd)) == (None, EMAID, [])
    held = car.take(base64.b64encode(reply.exi or b"").decode())
    assert held.emaid == EMAID
    assert len(held.chain) == 3
    assert all(fits(one) for one in held.chain)
    held.chain[2].verify_directly_issued_by(world[0].ca.mo.root.certificate)
    for one, above in zip(held.chain, held.chain[1:], strict=False):
        one.verify_directly_issued_by(above)


async def test_an_update_is_asked_with_the_contract_itself(db: Any, world: Any) -> None:
    await contract(db)
    car = world[1]
    first = car.take(base64.b64encode((await ask(world, car.ask())).exi or b"").decode())
    reply = await ask(world, car.ask_for_update())
    second = car.take(base64.b64encode(reply.exi or b"").decode())
    assert (second.emaid, reply.reason) == (EMAID, None)
    assert second.chain[0].serial_number != first.chain[0].serial_number
    await revoke(db)
    reply = await ask(world, car.ask_for_update())
    assert "is over" in (reply.reason or "")


async def test_two_contracts_come_one_after_the_other(db: Any, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """M01.FR.04-.07; a minute later it begins with the first again."""
    clock = runtime.FakeClock(runtime.now())
    monkeypatch.setattr(runtime, "clock", clock)
    await contract(db, "DE8AAC1A2B3C4D")
    clock.advance(1)
    await contract(db, "DE8AAC1A2B3C4E")
    clock.advance(1)
    replies = [await ask(world, world[1].ask()) for _ in range(2)]
    assert [(one.emaid, one.remaining) for one in replies] == [("DE8AAC1A2B3C4D", 1), ("DE8AAC1A2B3C4E", 0)]
    clock.advance(61)
    wanted = await ask(world, world[1].ask(), prioritized=("DE8AAC1A2B3C4E",))
    assert wanted.emaid == "DE8AAC1A2B3C4E"


async def refused(world: Any, said: str, code: str) -> None:
    reply = await ask(world, world[1].ask())
    assert said in (reply.reason or "")
    with pytest.raises(NotBelieved, match=code):
        world[1].take(base64.b64encode(reply.exi or b"").decode())


async def test_no_contract_a_revoked_and_an_old_one(db: Any, world: Any) -> None:
    await refused(world, f"no contract for {PCID}", "FAILED_NoCertificateAvailable")
    await contract(db, valid_until=runtime.now() - 1)
    await refused(world, "or it is over", "FAILED_NoCertificateAvailable")
    await contract(db, "DE8AAC1A2B3C4E")
    await revoke(db, "DE8AAC1A2B3C4E")
    await refused(world, "or it is over", "FAILED_NoCertificateAvailable")


async def test_a_vehicle_of_an_unknown_maker(db: Any, world: Any) -> None:
    await contract(db)
    await refused((world[0], vehicle()), "No trusted OEM authority", "FAILED_CertChainError")


async def test_what_is_no_request_or_not_its_own(db: Any, world: Any) -> None:
    await contract(db)
    mine = world[1].ask()
    assert "cannot be read" in ((await ask(world, base64.b64encode(b"\x80nothing").decode())).reason or "")
    data = bytearray(base64.b64decode(mine))
    data[-3] ^= 1  # in the last root's number, behind the certificate: still a message, but not what was signed
    reply = await ask(world, base64.b64encode(bytes(data)).decode())
    assert "not signed by its vehicle" in (reply.reason or "")
    for exi, said in (
        (of_20("Req"), "a pool is needed"),
        (of_20("Res"), "asks for no"),
        (base64.b64decode(mine), "read"),
    ):
        twenty = await world[0].provider.answer(Request(1, "iso15118-20", exi))
        assert (twenty.exi, said in (twenty.reason or "")) == (None, True), twenty.reason


# ------------------------------------------------------------------ services over HTTP


ASKED = of_20("Req")
_REFUSING = SCHEMAS["iso15118-20"].decode(of_20("Res"))
_REFUSING["CertificateInstallationRes"]["ResponseCode"] = "WARNING_NoContractMatchingPCIDFound"
REFUSING = SCHEMAS["iso15118-20"].encode(_REFUSING)


def relay(answer: Any) -> Relay:
    return Relay("http://pool.example/", httpx.AsyncClient(transport=httpx.MockTransport(answer)))


GOOD = of_20("Res")


@pytest.mark.parametrize(
    ("answer", "exi", "said"),
    [
        (httpx.Response(200, content=GOOD), GOOD, None),
        (httpx.Response(200, content=REFUSING), REFUSING, "answered WARNING_NoContract"),
        (httpx.Response(200, content=of_20("Req")), None, "with a CertificateInstallationReq"),
        (httpx.Response(500), None, "answered 500"),
        (httpx.Response(200, content=b""), None, "too early"),
        (httpx.Response(200, content=b"<html>"), None, "something else"),
        (httpx.Response(200, content=bytes(40_000)), None, "40000 bytes"),
        (httpx.ConnectError("refused"), None, "cannot be reached"),
    ],
)
async def test_a_service_that_answers_exi_with_exi(answer: Any, exi: bytes | None, said: str | None) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert (request.content, request.headers["x-iso15118-schema"]) == (ASKED, "iso15118-20")
        if isinstance(answer, Exception):
            raise answer
        return answer

    reply = await relay(handler).answer(Request(1, "iso15118-20", ASKED))
    assert (reply.exi, list(reply.odd)) == (exi, [])
    assert (reply.reason is None) is (said is None)
    assert said is None or said in (reply.reason or "")


async def test_what_is_odd_about_signatures_is_noted_and_passed_on() -> None:
    """It is the service that judges a request, and the vehicle an answer."""
    body = SCHEMAS["iso15118-20"].decode(GOOD)
    del body["CertificateInstallationRes"]["Header"]["Signature"]
    unsigned = SCHEMAS["iso15118-20"].encode(body)
    request = Request(1, "iso15118-20", b"no exi at all")
    reply = await relay(lambda _: httpx.Response(200, content=unsigned)).answer(request)
    assert (reply.exi, reply.reason) == (unsigned, None)
    assert [one.split(":")[0] for one in reply.odd] == ["the request", "the answer"]


async def test_a_slow_try_is_joined_by_a_second_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "HEDGE", 0.01)
    tries: list[int] = []

    async def attempt() -> Reply:
        tries.append(1)
        if len(tries) == 1:
            await asyncio.Event().wait()
        return Reply(b"x")

    assert (await hedged(attempt)).exi == b"x"
    assert len(tries) == 2


async def test_nobody_waits_beyond_the_vehicles_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "HEDGE", 0.01)
    monkeypatch.setattr(provider, "DEADLINE", 0.03)
    reply = await hedged(lambda: asyncio.Event().wait())  # type: ignore[arg-type, return-value]
    assert "in time" in (reply.reason or "")


async def test_what_is_something_else_is_a_reason() -> None:
    async def attempt() -> Reply:
        raise KeyError("emaidContent")

    assert "something else" in ((await hedged(attempt)).reason or "")
