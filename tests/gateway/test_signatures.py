"""Which messages are taken under which policy, and which keys vouch for them; on each kind of database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ohmstead import blocks, runtime
from ohmstead.domain.certificates import DAY, Accepted
from ohmstead.ocpp.signing import SigningKey
from ohmstead.ocpp.versions import V16, V21
from ohmstead.pki.certificate import describe
from ohmstead.settings import Signing
from ohmstead.store.certificates import write_shown
from ohmstead.store.db import Db
from ohmstead.store.resources import certificates
from tests.pki.making import NOW, RSA_KEY, Made, name
from tests.playbook import TENANT, Playbook, Talk, playing
from tests.signed import BOOT, base64url, read, signed, unbase64url

pytestmark = pytest.mark.anyio
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
OURS = Made(name("csms"))
FIRST, SECOND = Made(name("CS1"), ends=NOW + 10 * DAY), Made(name("CS1"), begins=NOW + DAY, ends=NOW + 90 * DAY)


@pytest.fixture
async def book(db: Db) -> AsyncIterator[Playbook]:
    key = SigningKey(OURS.key_pem, OURS.pem)
    async with playing(db, clock=runtime.FakeClock(NOW), signing_key=key) as one:
        yield one


async def shown(book: Playbook, talk: Talk, made: Made) -> int:
    """The station came in with this certificate some day; the number of its row."""
    number = await book.node.numbers.rows.take()
    write = talk.session.write()
    write_shown(write, number, Accepted(describe(made.x509), "authority"), made.pem, runtime.now())
    await book.node.writer(talk.session.station.id).put(write)
    return number


async def talking(book: Playbook, *keys: Made, identity: str = "CS1", **fields: Any) -> Talk:
    await book.add_station(identity, **fields)
    talk = await book.connect(identity)
    for key in keys:
        await shown(book, talk, key)
    return talk


async def verdict(talk: Talk, made: Made, payload: Any = None, action: str = "Heartbeat") -> str:
    """OK, or why a signed message was not taken."""
    answer = await talk.calls(f"{action}-Signed", signed(made, action, {} if payload is None else payload))
    if answer[0] == 3:
        read(OURS.pem, answer[2])
        return "OK"
    assert answer[2] == "SecurityError"
    return str(answer[3])


async def boots(talk: Talk, made: Made) -> None:
    assert await verdict(talk, made, BOOT, "BootNotification") == "OK"


async def test_the_stricter_policy_holds(book: Playbook) -> None:
    some = Signing(policy="verify", verify_actions=("Authorize",), require_actions=("TransactionEvent",))
    assert some.policy_for("Heartbeat", None) == "verify"
    assert some.policy_for("Heartbeat", "unwrap") == "unwrap"
    assert some.policy_for("Authorize", "unwrap") == "verify"
    assert some.policy_for("Authorize", "require") == "require"
    assert some.policy_for("TransactionEvent", "unwrap") == "require"
    assert Signing().policy_for("Heartbeat", None) == "unwrap"


async def test_a_key_counts_from_its_beginning_to_its_end(book: Playbook) -> None:
    talk = await talking(book, FIRST, SECOND, signing="verify")
    await boots(talk, FIRST)
    assert "not valid before" in await verdict(talk, SECOND)
    book.pass_time(2 * 86_400)
    assert [await verdict(talk, key) for key in (FIRST, SECOND)] == ["OK", "OK"]
    book.pass_time(10 * 86_400)
    assert "expired" in await verdict(talk, FIRST)
    assert await verdict(talk, SECOND) == "OK"
    await book.change_station(allow_expired_certificate=30)
    await book.quiet()
    assert await verdict(talk, FIRST) == "OK"


async def test_what_is_dated_before_the_end_of_its_key_may_come_late(book: Playbook) -> None:
    talk = await talking(book, FIRST, SECOND, signing="require")
    await boots(talk, FIRST)
    book.pass_time(20 * 86_400)
    status = {"connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    for at, taken in ((NOW + DAY, True), (NOW + 11 * DAY, False), (NOW + 900 * DAY, False)):
        said = await verdict(talk, FIRST, {**status, "timestamp": runtime.rfc3339(at)}, "StatusNotification")
        assert (said == "OK") == taken
    for odd in ("yesterday", 7, "2020-01-01T00:00:00"):
        assert "expired" in await verdict(talk, FIRST, {**status, "timestamp": odd}, "StatusNotification")


async def test_a_revoked_key_counts_no_more(book: Playbook) -> None:
    talk = await talking(book, signing="require")
    number = await shown(book, talk, FIRST)
    await boots(talk, FIRST)
    async with book.db.transaction() as tx:
        assert await certificates.revoke(tx, TENANT, number, "key_compromise", runtime.now())
    await book.quiet()
    assert "revoked" in await verdict(talk, FIRST)
    dated = {"connectorStatus": "Available", "evseId": 1, "connectorId": 1, "timestamp": runtime.rfc3339(NOW - DAY)}
    assert "revoked" in await verdict(talk, FIRST, dated, "StatusNotification")


async def test_the_same_message_from_another_station(book: Playbook) -> None:
    await boots(await talking(book, FIRST, signing="verify"), FIRST)
    other = await talking(book, identity="CS2", signing="verify")
    assert "has not the certificate" in await verdict(other, FIRST, BOOT, "BootNotification")
    without = await talking(book, identity="CS3")
    flat = signed(FIRST, "BootNotification", BOOT)
    assert (await without.calls("BootNotification-Signed", flat))[0] == 3  # unwrap: nobody looks who has signed
    assert (await book.feed()).count("message.invalid") == 1


async def test_1_6_and_2_1(book: Playbook) -> None:
    await book.add_stations(["CS16", "CS21"], signing="verify")
    for identity, version in (("CS16", V16), ("CS21", V21)):
        talk = await book.connect(identity, version)
        await shown(book, talk, FIRST if version is V16 else SECOND)
        await talk.boots()
        book.pass_time(2 * 86_400)
        assert await verdict(talk, FIRST if version is V16 else SECOND) == "OK"


async def test_a_signed_frame_that_we_fail_to_fold_is_folded_later(
    book: Playbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger keeps a signed frame as a plain one, so whoever reads it again needs no key."""
    talk = await talking(book, FIRST, signing="require")
    await boots(talk, FIRST)

    async def broken(*_: Any) -> Any:
        raise RuntimeError("a mistake of ours")

    started = {
        "eventType": "Started", "timestamp": runtime.rfc3339(NOW), "triggerReason": "Authorized", "seqNo": 0,
        "transactionInfo": {"transactionId": "t1"}, "evse": {"id": 1},
    }  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setitem(blocks.HANDLERS, ("2.0.1", "TransactionEvent"), broken)
        assert await verdict(talk, FIRST, started, "TransactionEvent") == "OK"
    await talk.hangs_up()
    again = await book.connect()
    assert list(again.session.state.transactions) == ["t1"]
    assert "alert.resolved" in await book.feed()
    flat = signed(FIRST, "TransactionEvent", started)
    answer = await again.calls("TransactionEvent-Signed", flat)
    assert read(OURS.pem, answer[2])[0] == {}
    assert json.loads((await book.messages())[-1]["answer"])[2] == {}


def turned(flat: dict[str, str]) -> dict[str, str]:
    """The same signature with n - s for s: anybody can do that, and it holds still."""
    raw = unbase64url(flat["signature"])
    other = P256_ORDER - int.from_bytes(raw[32:], "big")
    return {**flat, "signature": base64url(raw[:32] + other.to_bytes(32, "big"))}


async def test_a_replay_is_refused_and_a_repeat_answered_as_before(book: Playbook) -> None:
    """Of what carries no date; DataTransfer is handled once, whoever says it again."""
    talk = await talking(book, FIRST, signing="verify")
    flat = signed(FIRST, "BootNotification", BOOT)
    talk.says([2, "a", "BootNotification-Signed", flat])
    first = read(OURS.pem, (await talk.hears())[2])[0]
    book.pass_time(60)
    for again in (flat, turned(flat)):
        talk.says([2, "a", "BootNotification-Signed", again])
        assert read(OURS.pem, (await talk.hears())[2])[0] == first  # with the time of then: it was not handled
        talk.says([2, "b", "BootNotification-Signed", again])
        assert (await talk.hears())[2:4] == [
            "SecurityError", "This very signature came before, in another message: somebody plays it again."
        ]  # fmt: skip
    assert (await book.row())["booted_at"] == NOW
    await talk.hangs_up()
    later = await book.connect()  # it is remembered beyond the connection
    later.says([2, "b", "BootNotification-Signed", flat])
    assert (await later.hears())[2] == "SecurityError"
    assert await verdict(later, FIRST, BOOT, "BootNotification") == "OK"  # signed anew
    assert (await book.feed()).count("message.invalid") == 3


async def test_what_is_dated_may_come_again(book: Playbook) -> None:
    talk = await talking(book, FIRST, signing="verify")
    await boots(talk, FIRST)
    status = {"connectorStatus": "Available", "evseId": 1, "connectorId": 1, "timestamp": runtime.rfc3339(NOW)}
    flat = signed(FIRST, "StatusNotification", status)
    for id in ("a", "b"):
        talk.says([2, id, "StatusNotification-Signed", flat])
        assert (await talk.hears())[0] == 3


async def test_rsa_signs_the_same_alike(book: Playbook) -> None:
    """So the same signature again says nothing."""
    made = Made(name("CS1"), key=RSA_KEY)
    talk = await talking(book, made, signing="verify")
    flat = signed(made, "BootNotification", BOOT, algorithm="RS256")
    assert flat == signed(made, "BootNotification", BOOT, algorithm="RS256")
    for id in ("a", "b"):
        talk.says([2, id, "BootNotification-Signed", flat])
        assert (await talk.hears())[0] == 3


async def test_an_answer_of_yesterday(book: Playbook) -> None:
    talk = await talking(book, FIRST, signing="require")
    await boots(talk, FIRST)
    flat = signed(FIRST, "ClearCache", {"status": "Accepted"}, 3)
    for state in ("accepted", "error"):
        id = await book.ask({"ocpp": {"action": "ClearCache", "payload": {}}})
        talk.session.look()
        talk.says([3, (await talk.hears())[1], flat])
        await book.quiet()
        assert (await book.command(id))["state"] == state
