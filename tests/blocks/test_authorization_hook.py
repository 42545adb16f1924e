"""The platform's word about a token: in time, or what was stated for when it is silent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from ohmstead.blocks import authorization
from ohmstead.blocks.authorization_hook import Question, ask, fallback
from ohmstead.charging_settings import Authorization
from ohmstead.domain.tokens import Limits, Verdict
from ohmstead.settings import Settings, Stations
from ohmstead.shapes.common import Limits as Given
from tests.acceptance.serving import event
from tests.blocks.staging import SQLITE, Stage

pytestmark = pytest.mark.anyio
SECRET = "whsec_" + base64.b64encode(b"k" * 24).decode()
HOOK = Authorization(hook_url="http://platform.test/authorize", hook_secret=SECRET)
NOW = 1_764_000_000_000_000
ASKED = Question(station_id="CS1", token="1234", token_type="KeyCode", evse_id=1)


def platform(answer: httpx.Response | Exception, heard: list[httpx.Request]) -> httpx.MockTransport:
    def reply(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return httpx.MockTransport(reply)


async def test_it_is_asked_signed_and_heard() -> None:
    heard: list[httpx.Request] = []
    said = {"status": "Accepted", "group": "G", "cache_s": 60, "limits": {"max_energy_wh": 5}, "more": 1}
    verdict = await ask(HOOK, ASKED, NOW, platform(httpx.Response(200, json=said), heard))
    assert verdict == Verdict("Accepted", "G", NOW + 60_000_000, limits=Limits(max_energy_wh=5))
    (request,) = heard
    assert json.loads(request.content) == {
        "station_id": "CS1", "token": "1234", "token_type": "KeyCode", "evse_id": 1,
    }  # fmt: skip
    signed = f"{request.headers['webhook-id']}.{NOW // 1_000_000}.".encode() + request.content
    right = base64.b64encode(hmac.digest(b"k" * 24, signed, hashlib.sha256)).decode()
    assert request.headers["webhook-signature"] == f"v1,{right}"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500, json={"status": "Accepted"}),
        httpx.Response(204),
        httpx.Response(200, json={"status": "Sure"}),
        httpx.Response(200, content=b"Accepted"),
        httpx.Response(200, json={"status": "Accepted", "more": "x" * 70_000}),
        httpx.Response(302, headers={"location": "http://elsewhere.test"}),
        httpx.ReadTimeout("1234"),
        httpx.ConnectError("no"),
    ],
)
async def test_anything_else_is_no_verdict(answer: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert await ask(HOOK, ASKED, NOW, platform(answer, [])) is None
    shown = capsys.readouterr()
    assert "1234" not in shown.out + shown.err


def test_without_a_verdict_it_fails_closed() -> None:
    assert fallback(HOOK, Verdict("Accepted")) == Verdict("Invalid")
    local = Authorization(hook_url=HOOK.hook_url, hook_fallback="local")
    assert fallback(local, Verdict("Accepted")) == Verdict("Accepted")
    assert fallback(local, Verdict("Unknown")) == Verdict("Unknown")


@pytest.fixture
def word(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the platform says, and what it was asked."""
    state: dict[str, Any] = {"says": None, "asked": []}

    async def answer(settings: Authorization, question: Question, now: int) -> Verdict | None:
        state["asked"].append(question)
        verdict: Verdict | None = state["says"]
        return verdict

    monkeypatch.setattr(authorization, "ask", answer)
    return state


@SQLITE
@pytest.mark.parametrize(
    ("token", "says", "more", "status", "asked"),
    [
        ("KNOWN", Verdict("Accepted"), {}, "Accepted", 1),
        ("KNOWN", Verdict("Blocked"), {}, "Blocked", 1),
        ("STRANGER", Verdict("Accepted", "ROAM"), {}, "Accepted", 1),
        ("STRANGER", None, {}, "Invalid", 1),
        ("KNOWN", None, {}, "Invalid", 1),
        ("KNOWN", None, {"hook_fallback": "local"}, "Accepted", 1),
        ("STRANGER", None, {"hook_fallback": "local"}, "Unknown", 1),
        ("BLOCKED", Verdict("Accepted"), {}, "Blocked", 0),
        ("KNOWN", Verdict("Blocked"), {"hook_asks": "unknown"}, "Accepted", 0),
    ],
)
async def test_who_decides(
    stage: Stage, word: dict[str, Any], token: str, says: Verdict | None, more: dict[str, Any], status: str, asked: int
) -> None:
    stage.settings = Settings(
        stations=Stations(unasked_calls=()), authorization=Authorization(hook_url="http://platform.test", **more)
    )
    await stage.token("KNOWN", group="G")
    await stage.token("BLOCKED", "blocked")
    word["says"] = says
    answer = await stage.say("TransactionEvent", event("Started", 0, evse=1, token=token))
    assert answer["idTokenInfo"]["status"] == status
    assert len(word["asked"]) == asked
    if asked:
        (question,) = word["asked"]
        assert (question.station_id, question.token, question.evse_id) == ("CS1", token, 1)
        assert question.transaction_id == "1"


@SQLITE
async def test_what_is_known_here_stays_beside_its_word(stage: Stage, word: dict[str, Any]) -> None:
    stage.settings = Settings(
        stations=Stations(unasked_calls=()), authorization=Authorization(hook_url="http://platform.test")
    )
    await stage.token("KNOWN", group="G", limits=Given(max_energy_wh=100))
    word["says"] = Verdict("Accepted", limits=Limits(max_energy_wh=500, max_time_s=60))
    answer = await stage.say("TransactionEvent", event("Started", 0, evse=1, token="KNOWN"), "2.1")
    assert answer["idTokenInfo"]["groupIdToken"]["idToken"] == "G"
    assert answer["transactionLimit"] == {"maxEnergy": 100, "maxTime": 60}
