"""A station is led to another version: by which calls, what is refused before them, and what confirms it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from ohmstead.blocks.changing_version import ChangeVersion
from ohmstead.blocks.command import NotAnswered, Outcome, Unsupported, parse
from ohmstead.blocks.network_profiles import PRIORITY
from ohmstead.domain.device_model import Attribute, Name, Variable
from ohmstead.ocpp import codec, schemas
from ohmstead.ocpp.versions import BY_NAME
from ohmstead.store.db import Write
from ohmstead.store.statement import Statement
from ohmstead.store.tables import stations
from tests.blocks.staging import Stage

pytestmark = pytest.mark.anyio
ACCEPTED = {"status": "Accepted"}
INTERVAL = Variable(Name("OCPPCommCtrlr", "HeartbeatInterval"), (Attribute(value="60", mutability="ReadWrite"),))
UPSTREAM = Variable(Name("SampledDataCtrlr", "UpstreamInterval"), (Attribute(value="9", mutability="ReadWrite"),))


async def goes(stage: Stage, speaks: str, said: dict[str, Any], *answers: Any) -> tuple[list[tuple[str, Any]], Outcome]:
    """The calls of the command, each held against the schema, and how it ends; what it stores is stored."""
    command, spoken = parse(json.dumps({"type": "change_version", **said})), BY_NAME[speaks]
    assert isinstance(command, ChangeVersion)
    ask = stage.ask(speaks)
    ask.urls = ("ws://csms/ocpp", None)
    await command.prepare(ask, stage.db)
    calls, requests, left = command.calls(ask), [], list(answers)
    try:
        request = next(calls)
        while True:
            write: Write = stage.write()
            ask.also.put(write)
            ask.also.clear()
            await stage.put(write)
            action = type(request).__name__.removesuffix("Request")
            payload = json.loads(codec.encode(request))
            assert schemas.problems(spoken, action, "request", payload) == []
            requests.append((action, payload))
            answer = left.pop(0)
            if isinstance(answer, NotAnswered):
                request = calls.throw(answer)
            else:
                request = calls.send(codec.decode_response(spoken, action, json.dumps(answer))[0])
    except StopIteration as end:
        assert not left
        write = stage.write()
        ask.also.put(write)
        await stage.put(write)
        return requests, end.value


async def preferred(stage: Stage) -> Any:
    ((said,),) = await stage.rows(select(stations.c.capabilities))
    return None if said is None else json.loads(said)


async def test_by_subprotocol(stage: Stage) -> None:
    found, outcome = await goes(stage, "1.6", {"version": "2.0.1"}, ACCEPTED)
    assert found == [("Reset", {"type": "Soft"})]
    assert (outcome.accepted, outcome.expects) == (True, ("ocpp_version", "2.0.1"))
    assert await preferred(stage) == {"ocpp_versions": ["2.0.1"]}
    _, outcome = await goes(stage, "2.0.1", {"version": "2.1", "when": "immediately"}, {"status": "Rejected"})
    assert (outcome.accepted, await preferred(stage)) == (False, {"ocpp_versions": ["2.0.1"]}), "as it was"
    _, outcome = await goes(stage, "2.0.1", {"version": "2.1"}, NotAnswered(None))
    assert outcome.accepted, "without a word it may well be gone"


async def test_by_network_profile(stage: Stage) -> None:
    await stage.know(Variable(PRIORITY, (Attribute(value="1"),)))
    said = {"version": "1.6", "by": "network_profile"}
    result = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "NetworkConfigurationPriority"}}
    taken = {"setVariableResult": [{**result, "attributeStatus": "Accepted"}]}
    found, outcome = await goes(stage, "2.0.1", said, ACCEPTED, taken, {"status": "Scheduled"})
    assert [action for action, _ in found] == ["SetNetworkProfile", "SetVariables", "Reset"]
    told = found[0][1]["connectionData"]
    assert (told["ocppVersion"], told["ocppCsmsUrl"], told["securityProfile"]) == ("OCPP16", "ws://csms/ocpp", 1)
    assert found[1][1]["setVariableData"][0]["attributeValue"] == f"{found[0][1]['configurationSlot']},1"
    assert outcome.expects == ("ocpp_version", "1.6")
    assert "AuthorizationKey" in str(outcome.reason)
    # a reset that it refuses: the list is as it was
    found, outcome = await goes(stage, "2.0.1", said, ACCEPTED, taken, {"status": "Rejected"}, taken)
    assert found[-1][1]["setVariableData"][0]["attributeValue"] == "1"
    assert not outcome.accepted


async def test_by_firmware_and_by_its_own_variables(stage: Stage) -> None:
    firmware = {"location": "https://files/one.bin", "version": "2.0", "signed": False}
    found, outcome = await goes(stage, "1.6", {"version": "2.0.1", "firmware": firmware}, {})
    assert [action for action, _ in found] == ["UpdateFirmware"]
    assert (outcome.expects, outcome.window) == (("ocpp_version", "2.0.1"), 24 * 3600.0)
    own = {"version": "2.0.1", "variables": [{"variable": "OcppMode", "value": "201"}]}
    found, outcome = await goes(stage, "1.6", own, {"status": "RebootRequired"}, ACCEPTED)
    assert found == [("ChangeConfiguration", {"key": "OcppMode", "value": "201"}), ("Reset", {"type": "Soft"})]
    found, outcome = await goes(stage, "1.6", own, {"status": "Rejected"})
    assert (len(found), outcome.accepted) == (1, False)


async def test_what_it_speaks_already_and_the_dry_run_ask_nothing(stage: Stage) -> None:
    assert (await goes(stage, "2.1", {"version": "2.1"}))[1].reason == "it speaks OCPP 2.1 already"
    found, outcome = await goes(stage, "1.6", {"version": "2.0.1", "dry_run": True, "firmware": {"file_id": "9"}})
    assert (found, outcome.accepted, outcome.expects) == ([], True, None)
    assert str(outcome.reason).startswith("Of its settings 0 are carried over, none is lost. In 2.x the password")
    assert await preferred(stage) is None


@pytest.mark.parametrize(
    ("speaks", "said", "why"),
    [
        ("1.6", {"version": "2.1", "by": "network_profile"}, "1.6 has no network profiles"),
        ("2.0.1", {"version": "2.1", "slot": 2}, "cannot name 2.1"),
        ("1.6", {"version": "2.1", "firmware": {"file_id": "9"}}, "no file 9"),
    ],
)
async def test_what_cannot_be_done(stage: Stage, speaks: str, said: Any, why: str) -> None:
    with pytest.raises(Unsupported, match=why):
        await goes(stage, speaks, said)


@pytest.mark.parametrize(
    "said",
    [
        {"version": "1.5"},
        {"version": "2.1", "by": "firmware"},
        {"version": "2.1", "by": "subprotocol", "firmware": {"file_id": "1"}},
        {"version": "2.1", "firmware": {}},
        {"version": "2.1", "firmware": {"file_id": "1"}, "variables": [{"variable": "a", "value": "b"}]},
    ],
)
def test_what_is_said_wrongly(said: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        parse(json.dumps({"type": "change_version", **said}))


async def test_nothing_that_there_is_a_word_for_is_lost_unnoticed(stage: Stage) -> None:
    await stage.know(INTERVAL, UPSTREAM)
    async with stage.db.transaction() as tx:
        await tx.execute(Statement(update(stations).values(ocpp_version="2.1")))
    with pytest.raises(Unsupported, match="It would lose meter"):
        await goes(stage, "2.1", {"version": "1.6"})
    for meant in ({"lose": "any"}, {"dry_run": True}):
        _, outcome = await goes(stage, "2.1", {"version": "1.6", **meant}, *([ACCEPTED] if "lose" in meant else []))
        assert str(outcome.reason).startswith(
            "Of its settings 1 are carried over, 1 are lost: meter.upstream_interval."
        )


async def test_security_profile_0_is_for_1_6_only(stage: Stage) -> None:
    async with stage.db.transaction() as tx:
        await tx.execute(Statement(update(stations).values(security_profile=0)))
    await stage.connect()
    with pytest.raises(Unsupported, match="no security profile 0"):
        await goes(stage, "1.6", {"version": "2.1"})
