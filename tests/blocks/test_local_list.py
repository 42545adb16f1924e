"""The local list: brought in step, refused, sent whole, kept in step by the job."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.blocks.local_list import BYTES, ITEMS, ClearCache, GetLocalListVersion, SendLocalList, keep_in_step
from ohmstead.domain.device_model import Attribute, Variable
from ohmstead.ocpp import codec, schemas
from ohmstead.ocpp.versions import BY_NAME
from ohmstead.settings import Settings
from ohmstead.store import local_lists
from ohmstead.store.sessions import CONNECTED
from ohmstead.store.tables import commands
from tests.blocks.staging import SQLITE, Stage, converse

pytestmark = pytest.mark.anyio
ALL = Settings()


async def put(stage: Stage, *answers: str, theirs: int, version: str = "2.0.1", **fields: Any) -> tuple[Any, list[Any]]:
    """Put the command to the station, that holds version `theirs` and gives these answers; outcome and messages."""
    command, ask, spoken = SendLocalList(**fields), stage.ask(version), BY_NAME[version]
    await command.prepare(ask, stage.db)
    said, left, calls = [], list(answers), command.calls(ask)
    request = next(calls)
    while True:
        action = type(request).__name__.removesuffix("Request")
        payload = json.loads(codec.encode(request))
        assert schemas.problems(spoken, action, "request", payload) == []
        if action == "GetLocalListVersion":
            answer: dict[str, Any] = {"listVersion" if version == "1.6" else "versionNumber": theirs}
        else:
            said.append(payload)
            answer = {"status": left.pop(0)}
        await stage.learn(action, payload, answer, version)
        try:
            request = calls.send(codec.decode_response(spoken, action, json.dumps(answer))[0])
        except StopIteration as end:
            assert not left
            return end.value, said


def told(message: dict[str, Any]) -> tuple[str, list[str], list[str]]:
    rows = message.get("localAuthorizationList", [])
    names = [row["idTag"] if "idTag" in row else row["idToken"]["idToken"] for row in rows]
    kept = ["idTokenInfo" in row or "idTagInfo" in row for row in rows]
    put = [name for name, there in zip(names, kept, strict=True) if there]
    return message["updateType"], put, [name for name in names if name not in put]


@SQLITE
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_d01_first_the_whole_list_then_what_differs(stage: Stage, version: str) -> None:
    for token in ("A", "B"):
        await stage.token(token, group="G")
    number = "listVersion" if version == "1.6" else "versionNumber"
    outcome, said = await put(stage, "Accepted", theirs=0, version=version)
    assert outcome.accepted
    assert [(told(one), one[number]) for one in said] == [(("Full", ["A", "B"], []), 1)]
    outcome, said = await put(stage, theirs=1, version=version)
    assert (outcome.reason, said) == ("it is in step: version 1, 2 entries", [])
    await stage.token("C")
    outcome, said = await put(stage, "Accepted", theirs=1, version=version, without=["a"])
    assert [(told(one), one[number]) for one in said] == [(("Differential", ["C"], ["A"]), 2)]
    held = await local_lists.find(stage.db, 1)
    assert held is not None
    assert (held.version, sorted(one.token for one in (held.entries or {}).values())) == (2, ["B", "C"])


@SQLITE
@pytest.mark.parametrize("status", ["VersionMismatch", "Failed"])
async def test_c10_a_difference_that_is_refused_is_followed_by_the_whole(stage: Stage, status: str) -> None:
    await stage.token("A")
    await put(stage, "Accepted", theirs=0)
    await stage.token("B")
    outcome, said = await put(stage, status, "Accepted", theirs=1)
    assert outcome.accepted
    assert [told(one)[0] for one in said] == ["Differential", "Full"]
    versions = [one["versionNumber"] for one in said]
    assert versions == sorted(versions)
    assert versions[0] > 0


@SQLITE
async def test_c10_no_more_in_a_message_than_the_station_takes(stage: Stage) -> None:
    for number in range(5):
        await stage.token(f"T{number}")
    items, size = Attribute("Actual", "2"), Attribute("Actual", "4000")
    await stage.know(Variable(ITEMS, (items,)), Variable(BYTES, (size,)))
    _, said = await put(stage, *["Accepted"] * 3, theirs=0)
    assert [len(one["localAuthorizationList"]) for one in said] == [2, 2, 1]
    assert [one["updateType"] for one in said] == ["Full", "Differential", "Differential"]


@SQLITE
async def test_another_version_at_the_station_means_another_list(stage: Stage) -> None:
    await stage.token("A")
    await put(stage, "Accepted", theirs=0)
    outcome, said = await put(stage, "Accepted", theirs=7)
    assert [(told(one), one["versionNumber"]) for one in said] == [(("Full", ["A"], []), 8)]
    outcome, said = await put(stage, "Failed", theirs=8, update="full")
    assert (outcome.accepted, outcome.reason) == (False, "Failed")
    held = await local_lists.find(stage.db, 1)
    assert held is not None
    assert (held.entries, held.reason) == (None, "Failed")


async def asked(stage: Stage) -> list[Any]:
    return [json.loads(row[0]) for row in await stage.rows(select(commands.c.body))]


@SQLITE
async def test_c11_what_a_station_forgot_leaves_its_list(stage: Stage) -> None:
    await stage.token("A")
    await put(stage, "Accepted", theirs=0)
    clear = {"requestId": 1, "report": False, "clear": True, "idToken": {"idToken": "A", "type": "ISO14443"}}
    await stage.learn("CustomerInformation", clear, {"status": "Rejected"})
    assert await asked(stage) == []
    await stage.learn("CustomerInformation", clear, {"status": "Accepted"})
    assert await asked(stage) == [{"type": "send_local_list", "without": ["A"]}]


@SQLITE
async def test_lists_are_kept_in_step(stage: Stage) -> None:
    await stage.db.store([], [(CONNECTED, {"station": 1, "at": stage.now, "node": "n", "version": "2.0.1"})])
    await stage.token("A")
    assert await keep_in_step(stage.db, ALL, stage.now) == 0  # it never got a list
    await put(stage, "Accepted", theirs=0)
    assert await keep_in_step(stage.db, ALL, stage.now) == 0
    await stage.token("B")
    assert await keep_in_step(stage.db, stage.settings, stage.now) == 0
    assert await keep_in_step(stage.db, ALL, stage.now) == 1
    assert await keep_in_step(stage.db, ALL, stage.now) == 0
    assert await asked(stage) == [{"type": "send_local_list"}]


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_the_cache_is_cleared(version: str) -> None:
    talk = converse(ClearCache(), version, {"status": "Accepted"})
    assert talk.requests == [("ClearCache", {})]
    assert talk.outcome.accepted
    assert not converse(ClearCache(), version, {"status": "Rejected"}).outcome.accepted


def test_the_small_commands() -> None:
    assert converse(GetLocalListVersion(), "1.6", {"listVersion": -1}).outcome.reason == "version -1"
    assert converse(GetLocalListVersion(), "2.0.1", {"versionNumber": 3}).outcome.reason == "version 3"
