"""Verdicts in the words of each version, and what the feed learns of a refusal."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.blocks.authorization import STATUS_16, id_tag_info, id_token_info, judge
from ohmstead.domain.tokens import STATUSES, Verdict
from ohmstead.ocpp import codec
from ohmstead.ocpp.versions import V16, V21, V201
from tests.blocks.staging import Stage

pytestmark = pytest.mark.anyio
AT = 1_764_000_000_000_000


def card(token: str, kind: str = "ISO14443") -> dict[str, Any]:
    return {"idToken": {"idToken": token, "type": kind}}


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_authorize(stage: Stage, version: str) -> None:
    await stage.token("Good", group="FAMILY", cache_s=60)
    answer = await stage.say("Authorize", card("gOOD"), version)
    assert answer["idTokenInfo"] == {
        "status": "Accepted",
        "groupIdToken": {"idToken": "FAMILY", "type": "Central"},
        "cacheExpiryDateTime": "2025-11-24T16:01:00.000Z",
    }
    assert stage.told == []
    assert not stage.call.write  # the log may be written later


async def test_authorize_of_1_6(stage: Stage) -> None:
    await stage.token("GOOD", group="x" * 21)
    assert await stage.say("Authorize", {"idTag": "good"}, "1.6") == {"idTagInfo": {"status": "Accepted"}}
    await stage.token("POOR", "no_credit")
    answer = await stage.say("Authorize", {"idTag": "POOR"}, "1.6")
    assert answer["idTagInfo"]["status"] == "Invalid"


async def test_a_tag_of_1_6_that_two_tokens_share(stage: Stage) -> None:
    """1.6 has no types: a card, of the two, is what a reader reads."""
    await stage.token("SAME", type="eMAID")
    await stage.token("SAME", "blocked", type="ISO15693")
    assert (await stage.say("Authorize", {"idTag": "SAME"}, "1.6"))["idTagInfo"]["status"] == "Blocked"
    await stage.token("ALONE", type="eMAID")
    assert (await stage.say("Authorize", {"idTag": "ALONE"}, "1.6"))["idTagInfo"]["status"] == "Accepted"


async def test_a_refusal_is_told_but_a_key_code_is_not(stage: Stage) -> None:
    await stage.say("Authorize", card("NOBODY"))
    assert stage.told == [
        (
            "authorization.refused",
            {"token": "NOBODY", "type": "ISO14443", "status": "Unknown", "evse_id": None, "offline": False},
        )
    ]
    await stage.say("Authorize", card("4711", "KeyCode"))
    assert stage.told[0][1]["token"] is None


@pytest.mark.parametrize("status", STATUSES.values())
def test_every_verdict_can_be_said(status: str) -> None:
    verdict = Verdict(status, "GROUP", AT, (1, 2))
    for version in (V201, V21):
        response = version.messages.AuthorizeResponse(
            id_token_info=id_token_info(version.messages, verdict, evses=True)
        )
        again, _ = codec.decode_response(version, "Authorize", codec.encode(response), strict=True)
        assert (again.id_token_info.status, again.id_token_info.evse_id) == (status, [1, 2])
    response = V16.messages.AuthorizeResponse(id_tag_info=id_tag_info(V16.messages, verdict))
    again, _ = codec.decode_response(V16, "Authorize", codec.encode(response), strict=True)
    assert again.id_tag_info.status == STATUS_16.get(status, "Invalid")
    assert (again.id_tag_info.status == "Accepted") == (status == "Accepted")


async def test_judge_does_not_look_for_an_empty_token(stage: Stage) -> None:
    await stage.say("Heartbeat", {})
    assert (await judge(stage.call, "", "NoAuthorization")).accepted
    assert not (await judge(stage.call, "", "ISO14443")).accepted
    assert not (await judge(stage.call, "", None)).accepted
