"""B10: what is said to a station that is led to another CSMS; tests/acceptance/test_csms_migration.py shows it go."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from ohmstead.blocks.command import NotAnswered, Outcome, Unsupported, parse
from ohmstead.domain import csms_migration as rules
from ohmstead.domain.csms_migration import Migration
from ohmstead.domain.device_model import Attribute, Variable
from ohmstead.domain.words import home
from ohmstead.ocpp import codec, schemas
from ohmstead.ocpp.rpc import CallError
from ohmstead.ocpp.versions import BY_NAME
from ohmstead.store import csms_migrations
from ohmstead.store.db import Write
from ohmstead.store.statement import Statement
from ohmstead.store.tables import stations
from tests.blocks.staging import SQLITE, Stage
from tests.blocks.test_upgrading import ACCEPTED, NOT_SET, SET, priority
from tests.domain.test_csms_migration import at

pytestmark = [pytest.mark.anyio, SQLITE]
THERE = {"type": "migrate", "url": "wss://other/ocpp"}
RESET = {"status": "Scheduled"}


def read(**found: str) -> dict[str, Any]:
    said = [
        {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": name}, "attributeStatus": "Accepted",
         "attributeValue": value}
        for name, value in found.items()
    ]  # fmt: skip
    return {"getVariableResult": said}


async def goes(stage: Stage, speaks: str, said: dict[str, Any], *answers: Any) -> tuple[list[tuple[str, Any]], Outcome]:
    """The calls of the command, each held against the schema, and how it ends; what it stores is stored."""
    command, spoken = parse(json.dumps(said)), BY_NAME[speaks]
    ask: Any = stage.ask(speaks)
    ask.urls = ("ws://csms/ocpp", "wss://csms/ocpp")
    await command.prepare(ask, stage.db)  # type: ignore[union-attr]
    calls, requests, left = command.calls(ask), [], list(answers)  # type: ignore[union-attr]

    async def keep() -> None:
        write: Write = stage.write()
        ask.also.put(write)
        ask.also.clear()
        await stage.put(write)

    try:
        request = next(calls)
        while True:
            await keep()
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
        await keep()
        assert not left
        return requests, end.value
    except NotAnswered as failed:
        await keep()
        return requests, Outcome(False, str(failed))


async def migration(stage: Stage) -> Migration:
    ((text,),) = await stage.rows(select(stations.c.csms_migration))
    found = rules.read(text)
    assert found is not None
    return found


async def begun(stage: Stage, one: Migration) -> None:
    await stage.db.store([], [(Statement(update(stations).values(csms_migration=csms_migrations.kept(one))), {})])


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_the_whole_way(stage: Stage, version: str) -> None:
    await stage.know(priority("1,0", "0", "1", "2"))
    own = {"identity": "NEW", "password": "p" * 16} if version == "2.1" else {}
    found, outcome = await goes(stage, version, THERE | own, ACCEPTED, SET, RESET)
    assert [action for action, _ in found] == ["SetNetworkProfile", "SetVariables", "Reset"]
    data = found[0][1]["connectionData"]
    assert (data["ocppCsmsUrl"], data.get("identity"), data.get("basicAuthPassword")) == (
        THERE["url"], own.get("identity"), own.get("password"),
    )  # fmt: skip
    assert found[1][1]["setVariableData"][0]["attributeValue"] == "2,1,0"
    assert (outcome.accepted, outcome.expects) == (True, ("csms_migration", "cmd_1"))
    one = await migration(stage)
    assert (one.step, one.to, one.slot, one.priority_was) == ("watching", "elsewhere", 2, "1,0")
    with pytest.raises(Unsupported, match="on its way to wss://other/ocpp already"):
        await goes(stage, version, THERE)
    with pytest.raises(Unsupported, match="on its way"):
        await goes(stage, version, {"type": "leave_network_profiles"})


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([{"status": "Rejected"}], "SetNetworkProfile: Rejected"),
        ([NotAnswered(CallError("InternalError", ""))], "SetNetworkProfile"),
        ([ACCEPTED, NOT_SET], "NetworkConfigurationPriority: Rejected"),
        ([ACCEPTED, NotAnswered(None)], "NetworkConfigurationPriority"),
        ([ACCEPTED, SET, {"status": "Rejected"}, SET], "Reset: Rejected"),
        ([ACCEPTED, SET, NotAnswered(CallError("NotSupported", ""))], "Reset: NotSupported"),
    ],
)
async def test_a_station_that_does_not_want_to(stage: Stage, answers: list[Any], reason: str) -> None:
    await stage.know(priority("1"))
    requests, outcome = await goes(stage, "2.0.1", THERE, *answers)
    one = await migration(stage)
    assert (outcome.accepted, one.step) == (False, "failed")
    assert reason in (one.reason or "")
    if len(answers) == 4:
        assert requests[-1][1]["setVariableData"][0]["attributeValue"] == "1", "as it was"


@pytest.mark.parametrize(
    ("url", "more", "to", "tenant"),
    [
        ("wss://csms/ocpp/", {}, "here", None),
        ("wss://csms/ocpp/north", {}, "tenant", "north"),
        ("wss://csms/ocpp/a/b", {}, "elsewhere", None),
        ("wss://second/ocpp", {"destination": "here"}, "here", None),
        ("wss://second/ocpp/north", {"destination": "tenant"}, "tenant", "north"),
    ],
)
async def test_where_that_is(stage: Stage, url: str, more: dict[str, Any], to: str, tenant: str | None) -> None:
    await stage.know(priority("1"))
    await goes(stage, "2.0.1", {"type": "migrate", "url": url, **more}, ACCEPTED, SET, NotAnswered(None))
    one = await migration(stage)
    assert (one.to, one.tenant, one.step) == (to, tenant, "watching"), "without a word it may well be gone"


async def test_a_slot_that_is_set_already(stage: Stage) -> None:
    await stage.know(priority("1"))
    found, _ = await goes(stage, "2.0.1", {"type": "migrate", "slot": 3, "when": "immediately"}, SET, ACCEPTED)
    assert found[1] == ("Reset", {"type": "Immediate"})
    assert (await migration(stage)).priority == "3,1"


@pytest.mark.parametrize(
    ("version", "said", "why"),
    [
        ("2.0.1", {"identity": "NEW"}, "Only a network profile of OCPP 2.1"),
        ("2.0.1", {"url": "wss://csms/ocpp", "security_profile": 2}, "upgrade_security_profile"),
        ("1.6", {}, "OCPP 1.6 has no network profiles"),
    ],
)
async def test_what_cannot_be(stage: Stage, version: str, said: dict[str, Any], why: str) -> None:
    await stage.know(priority("1"))
    with pytest.raises(Unsupported, match=why):
        await goes(stage, version, THERE | said)
    with pytest.raises(msgspec.ValidationError, match="give url, or a slot"):
        parse('{"type": "migrate"}')


async def test_16_by_a_key_of_its_vendors(stage: Stage) -> None:
    """Nothing leads such a station back; that it came to an address of ours is all that can be known."""
    known = {"vendor": "Grizzl-E", "model": "Smart", "ocpp_version": "1.6", "booted_at": 1}
    await stage.db.store([], [(Statement(update(stations).values(**known)), {})])
    await stage.know(Variable(home("ServerUrl"), (Attribute(value="ws://csms/ocpp", mutability="ReadWrite"),)))
    found, outcome = await goes(stage, "1.6", THERE, {"status": "RebootRequired"}, ACCEPTED)
    assert found == [("ChangeConfiguration", {"key": "ServerUrl", "value": THERE["url"]}), ("Reset", {"type": "Soft"})]
    one = await migration(stage)
    assert (outcome.accepted, one.step, one.slot) == (True, "watching", None)
    await begun(stage, at("settling", "here", slot=None, priority_was=None))
    assert (await goes(stage, "1.6", {"type": "continue_migration"}))[0] == []
    assert (await migration(stage)).step == "done"


async def test_after_its_transactions(stage: Stage) -> None:
    """It was taken out of use until then, and is in use again when it restarts."""
    await begun(stage, at("draining", listed=False, left_at=None, inoperative=True))
    found, _ = await goes(stage, "2.0.1", {"type": "continue_migration"}, ACCEPTED, SET, RESET)
    assert [action for action, _ in found] == ["ChangeAvailability", "SetVariables", "Reset"]
    assert found[0][1]["operationalStatus"] == "Operative"
    one = await migration(stage)
    assert (one.step, one.inoperative) == ("watching", False)


@pytest.mark.parametrize(
    ("uses", "keep_old", "step", "left"),
    [("2", False, "done", "2"), ("2", True, "done", None), ("1", False, "failed", "1")],
)
async def test_it_came(stage: Stage, uses: str, keep_old: bool, step: str, left: str | None) -> None:
    await begun(stage, at("settling", "here", keep_old=keep_old))
    answers = [read(ActiveNetworkProfile=uses)] + ([] if left is None else [SET])
    found, _ = await goes(stage, "2.0.1", {"type": "continue_migration"}, *answers)
    assert (await migration(stage)).step == step
    if left is not None:
        assert found[1][1]["setVariableData"][0]["attributeValue"] == left


async def test_it_fell_back(stage: Stage) -> None:
    await begun(stage, at("failed"))
    found, _ = await goes(stage, "2.0.1", {"type": "continue_migration"}, SET)
    assert found[0][1]["setVariableData"][0]["attributeValue"] == "1"
    await begun(stage, at("done"))
    with pytest.raises(Unsupported, match="No migration waits"):
        await goes(stage, "2.0.1", {"type": "continue_migration"})


async def test_one_that_arrived_from_another_csms(stage: Stage) -> None:
    found, outcome = await goes(
        stage, "2.0.1", {"type": "leave_network_profiles", "keep": [3, 9]},
        read(ActiveNetworkProfile="2", NetworkConfigurationPriority="2,1,3"), SET,
    )  # fmt: skip
    assert found[1][1]["setVariableData"][0]["attributeValue"] == "2,3"
    assert outcome.reason == "slot 1 is out of its list"
    alone = read(ActiveNetworkProfile="2", NetworkConfigurationPriority="2")
    found, _ = await goes(stage, "2.0.1", {"type": "leave_network_profiles"}, alone)
    assert len(found) == 1
    with pytest.raises(Unsupported, match="does not say"):
        await goes(stage, "2.0.1", {"type": "leave_network_profiles"}, read(NetworkConfigurationPriority="1"))
