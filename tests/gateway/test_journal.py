"""What nobody waits for: what is kept of a message and of a refusal, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.gateway.journal import MOST_WORDS, Journal
from ohmstead.store.db import DatabaseGone
from ohmstead.store.resources import oddities
from tests.blocks.staging import station
from tests.playbook import TENANT, Playbook

pytestmark = pytest.mark.anyio


class Kept:
    """A journal on a playbook's node; `written` runs what it left to others."""

    def __init__(self, book: Playbook) -> None:
        self.book = book
        self.left: list[tuple[Any, str]] = []
        self.journal = Journal(book.node, lambda work, name: self.left.append((work, name)))

    async def written(self) -> None:
        for work, _ in self.left:
            await work
        self.left.clear()
        await self.book.node.lazy.flush()

    async def message(
        self, frame: str = "[2]", answer: str | None = None, answered_at: int = 9, invalid: str | None = None
    ) -> dict[str, Any]:
        """The row of a message."""
        self.journal.message(station(), "in", "Heartbeat", frame, answer, 7, answered_at, invalid)
        await self.written()
        return (await self.book.messages())[-1]

    async def refusal(self, target: str | None = "/ocpp/CS1", reason: str = "why") -> dict[str, Any]:
        """The row of a refusal."""
        self.journal.refusal(TENANT, "192.0.2.1:5000", target, "CS1", 401, "wrong_password", reason)
        await self.written()
        return (await oddities.refusals_page(self.book.db, TENANT, None, limit=1, cursor=None)).rows[0]


@pytest.fixture
async def kept(book: Playbook) -> Kept:
    await book.add_station()
    return Kept(book)


async def test_a_message_and_its_answer(kept: Kept) -> None:
    row = await kept.message('[2,"1","Heartbeat",{}]', '[3,"1",{}]', 9)
    assert (row["direction"], row["action"], row["at"], row["answered_at"]) == ("in", "Heartbeat", 7, 9)
    assert (row["request"], row["answer"], row["invalid"]) == ('[2,"1","Heartbeat",{}]', '[3,"1",{}]', None)


async def test_a_message_without_an_answer_was_never_answered(kept: Kept) -> None:
    row = await kept.message(answer=None, answered_at=9)
    assert (row["answer"], row["answered_at"]) == (None, None)


async def test_passwords_are_masked_on_both_ways(kept: Kept) -> None:
    secret = '{"key":"AuthorizationKey","value":"s3cret"}'
    row = await kept.message(f'[2,"1","X",{secret}]', f'[3,"1",{secret}]')
    assert row["request"] == '[2,"1","X",{"key":"AuthorizationKey","value":"***"}]'
    assert row["answer"] == '[3,"1",{"key":"AuthorizationKey","value":"***"}]'


@pytest.mark.parametrize(("said", "length"), [("x" * MOST_WORDS, MOST_WORDS), ("x" * 9_999, MOST_WORDS), ("", 0)])
async def test_what_is_wrong_is_told_in_bounds(kept: Kept, said: str, length: int) -> None:
    assert len((await kept.message(invalid=said))["invalid"]) == length


async def test_messages_are_numbered_in_their_order(kept: Kept) -> None:
    for frame in ("[1]", "[2]", "[3]"):
        kept.journal.message(station(), "out", None, frame, None, 7, 7, None)
    assert {name for _, name in kept.left} == {"log"}
    await kept.written()
    assert [row["request"] for row in await kept.book.messages()] == ["[1]", "[2]", "[3]"]


async def test_a_refusal_is_kept_and_counted(kept: Kept) -> None:
    row = await kept.refusal()
    assert (row["peer"], row["target"], row["identity"]) == ("192.0.2.1:5000", "/ocpp/CS1", "CS1")
    assert (row["status"], row["code"], row["reason"], row["at"]) == (401, "wrong_password", "why", kept.book.clock.at)
    assert kept.book.node.counts.refused == {"wrong_password": 1}


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        (None, None),
        ("/ocpp/CS1?token=s3cret", "/ocpp/CS1"),
        ("/ocpp/CS1?a?b", "/ocpp/CS1"),
        ("?s3cret", ""),
        ("/" * 999 + "?s3cret", "/" * 300),
    ],
)
async def test_what_is_shown_of_a_target(kept: Kept, target: str | None, shown: str | None) -> None:
    assert (await kept.refusal(target))["target"] == shown


async def test_a_reason_has_an_end(kept: Kept) -> None:
    assert (await kept.refusal(reason="y" * 9_999))["reason"] == "y" * MOST_WORDS


async def test_without_a_database_they_are_lost_and_counted(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(name: str, size: int) -> int:
        raise DatabaseGone("it is gone")

    with monkeypatch.context() as patch:
        patch.setattr(kept.book.db, "block", gone)
        kept.journal.message(station(), "in", None, "[2]", None, 7, 7, None)
        kept.journal.refusal(TENANT, "local", None, None, 400, "handshake", "why")
        await kept.written()
    assert kept.book.node.lazy.dropped == 2
    assert kept.book.node.counts.refused == {"handshake": 1}
    assert await kept.book.messages() == []
    assert (await kept.message())["request"] == "[2]"


async def test_a_mistake_is_not_taken_for_trouble(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    async def mistake(name: str, size: int) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(kept.book.db, "block", mistake)
    with pytest.raises(ZeroDivisionError):
        await kept.message()
