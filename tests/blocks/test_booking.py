"""What the transaction handlers share: repeats by what they say, and what a session remembers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ohmstead.blocks.booking import earlier_answer, remember, says_the_same
from ohmstead.domain.transactions import begin, infer_end
from ohmstead.store.ledger import Kept
from tests.acceptance.serving import event
from tests.blocks.staging import SQLITE, Stage


def frame(message_id: str, **payload: Any) -> str:
    return json.dumps([2, message_id, "TransactionEvent", payload])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (frame("1", a=1, b=[1]), frame("2", b=[1], a=1), True),
        (frame("1", a=1, offline=True), frame("2", a=1), True),
        (frame("1", a=1, offline=True), frame("2", a=1, offline=False), True),
        (frame("1", a=1), frame("1", a=2), False),
        (frame("1", a=1), frame("1", a=1, b=None), False),
        (frame("1", a=1), frame("2", a=1.0), True),
    ],
)
def test_says_the_same(one: str, other: str, same: bool) -> None:
    assert says_the_same(one, other) is same


def test_the_earlier_answer_is_given_as_it_was() -> None:
    kept = Kept("started", "[]", '[3,"1",{"idTokenInfo": {"status":"Accepted"} }]')
    assert bytes(earlier_answer(kept)) == b'{"idTokenInfo": {"status":"Accepted"} }'


@SQLITE
@pytest.mark.anyio
async def test_a_session_remembers_the_active_ones(stage: Stage) -> None:
    await stage.say("Heartbeat", {})
    one, two = begin(1, 1, "a"), begin(2, 1, "b")
    for transaction in (one, two):
        remember(stage.call, transaction)
    assert stage.call.state.transactions == {"a": one, "b": two}
    remember(stage.call, infer_end(one, 1).transaction)
    assert stage.call.state.transactions == {"b": two}
    again = begin(3, 1, "b", 1)
    remember(stage.call, again)
    remember(stage.call, two)
    assert stage.call.state.transactions == {"b": again}


@SQLITE
@pytest.mark.anyio
async def test_one_event_that_reconciles_twice_is_told_once(stage: Stage) -> None:
    for said in (event("Started", 0), event("Ended", 2, 60), event("Updated", 1, 30)):
        await stage.say("TransactionEvent", said)
    assert [kind for kind, _ in stage.told] == ["transaction.reconciled"]
    assert stage.told[0][1]["missing"] == [1, 1]
