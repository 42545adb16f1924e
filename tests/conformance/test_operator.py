"""A driver is data: what it says is done, and what is wrong with it is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from ohmstead.conformance.case import NotApplicable
from ohmstead.conformance.operator import BadDriver, Operator, load

pytestmark = pytest.mark.anyio
TEXT = """
url = "http://csms/api"
headers = { Authorization = "Bearer ${SECRET_KEY}" }
[call]
path = "/stations/{station}/calls"
body = '{"a": "{action}", "p": {payload}}'
[actions.Reset]
method = "PUT"
path = "/stations/{station}/reboot"
also = [409]
[[prepare]]
path = "/stations"
body = '{"id": "{station}", "password": "{password}"}'
"""


def written(folder: Path, text: str) -> str:
    path = folder / "driver.toml"
    path.write_text(text)
    return str(path)


async def test_requests_as_the_driver_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", 'k"ey')
    seen: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, str(request.url), request.headers["authorization"], request.content.decode()))
        return httpx.Response(409 if "reboot" in str(request.url) else 202)

    operator = Operator(load(written(tmp_path, TEXT)), httpx.MockTransport(answer))
    await operator.prepare("CS1", "secret")
    await operator.call("CS1", "GetLog", {"n": 1})
    await operator.call("CS1", "Reset", {})
    await operator.close()
    assert seen == [
        ("POST", "http://csms/api/stations", 'Bearer k"ey', '{"id": "CS1", "password": "secret"}'),
        ("POST", "http://csms/api/stations/CS1/calls", 'Bearer k"ey', '{"a": "GetLog", "p": {"n": 1}}'),
        ("PUT", "http://csms/api/stations/CS1/reboot", 'Bearer k"ey', ""),
    ]


async def test_a_csms_that_refuses(tmp_path: Path) -> None:
    text = TEXT.replace("${SECRET_KEY}", "x")
    operator = Operator(load(written(tmp_path, text)), httpx.MockTransport(lambda _: httpx.Response(404, text="no")))
    with pytest.raises(BadDriver, match="HTTP 404 no"):
        await operator.call("CS1", "GetLog", {})

    def gone(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    operator = Operator(load(written(tmp_path, text)), httpx.MockTransport(gone))
    with pytest.raises(BadDriver, match="refused"):
        await operator.prepare("CS1", "")


async def test_what_the_driver_does_not_say(tmp_path: Path) -> None:
    operator = Operator(load(written(tmp_path, 'url = "http://csms"')))
    with pytest.raises(NotApplicable, match="GetLog"):
        await operator.call("CS1", "GetLog", {})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("url =", "driver.toml"),
        ('url = "x"\nurls = "y"', "unknown field `urls`"),
        ("headers = {}", "missing required field `url`"),
        ('url = "${NOBODY_SET_THIS}"', "NOBODY_SET_THIS"),
    ],
)
def test_a_driver_that_is_none(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(BadDriver, match=why):
        load(written(tmp_path, text))
    with pytest.raises(BadDriver, match="No such file"):
        load(str(tmp_path / "nothing.toml"))


def test_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OHMSTEAD_KEY", "key")
    monkeypatch.delenv("OHMSTEAD_URL", raising=False)
    driver = load("ohmstead")
    assert driver.url == "http://127.0.0.1:8080/api/v1"
    assert driver.call is not None
    bodies = [json.loads(one.body.replace("{maker}", '"PEM"')) for one in driver.prepare]
    assert all("" not in body.values() for body in bodies)
    known = (
        {body.get("token") for body in bodies}
        | {body.get("id") for body in bodies}
        | {"CONFORM-GROUP", "", "{station}-{new}", "DEOHMCC0NF0002"}
    )
    assert {*driver.tokens.values(), *driver.stations.values()} <= known
