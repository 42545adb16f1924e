"""What nobody waits for is written, without passwords."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from ohmstead.gateway.journal import MOST_WORDS, Journal
from ohmstead.store.sessions import find_station
from ohmstead.store.statement import Statement
from ohmstead.store.tables import refusals
from tests.playbook import TENANT, Playbook

pytestmark = pytest.mark.anyio


async def test_passwords_are_masked_in_the_message_log(book: Playbook) -> None:
    await book.add_station()
    station = await find_station(book.db, TENANT, "CS1")
    assert station is not None
    frame = '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"s3cret"}]'
    book.hub.journal.message(station, "out", "ChangeConfiguration", frame, None, 1, 2, "w" * 600)
    (row,) = await book.messages()
    assert ("s3cret" in row["request"], "***" in row["request"]) == (False, True)
    assert (row["answer"], row["answered_at"], len(row["invalid"])) == (None, None, MOST_WORDS)


async def test_a_refusal_is_counted_and_leaves_the_query_out(book: Playbook) -> None:
    journal: Journal = book.hub.journal
    journal.refusal(TENANT, "10.0.0.1:5", "/ocpp/CS9?password=s3cret", "CS9", 401, "wrong_password", "No.")
    await book.quiet()
    (row,) = await book.db.fetch(Statement(select(refusals.c.target, refusals.c.code)))
    assert tuple(row) == ("/ocpp/CS9", "wrong_password")
    assert book.node.counts.refused["wrong_password"] == 1
