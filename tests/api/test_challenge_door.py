"""The door for challenges of ACME: the text of an open challenge, and nothing else."""

from __future__ import annotations

import httpx
import pytest
from msgspec.structs import replace

from ohmstead.acme_settings import AcmeSettings
from ohmstead.api.app import create_site
from ohmstead.api.challenge_door import ChallengeDoor
from ohmstead.api.context import Context
from ohmstead.store import acme

pytestmark = pytest.mark.anyio
AT = "/.well-known/acme-challenge/"


async def asked(app: object, path: str) -> tuple[int, str]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://csms.example") as one:  # type: ignore[arg-type]
        answer = await one.get(path)
    return answer.status_code, answer.text


async def test_an_open_challenge_and_nothing_else(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    await acme.put(context.db, acme.challenge("to_k-en"), "to_k-en.print", 1)
    await acme.put(context.db, acme.ACCOUNT, "secret", 1)
    door = ChallengeDoor(context)
    assert await asked(door, f"{AT}to_k-en") == (200, "to_k-en.print")
    for path in (f"{AT}other", f"{AT}../account", f"{AT}%2e%2e/account", f"{AT}", "/", "/api/v1/health/live"):
        assert (await asked(door, path))[0] == 404
    monkeypatch.setattr(acme, "get", None)  # the database fails
    assert (await asked(door, f"{AT}other"))[0] == 503


@pytest.mark.parametrize(
    ("section", "status"),
    [
        (AcmeSettings(), 404),
        (AcmeSettings(directory="https://ca/dir"), 200),
        (AcmeSettings(directory="https://ca/dir", http_bind="127.0.0.1:80"), 404),
    ],
)
async def test_where_it_stands_before_the_api(context: Context, section: AcmeSettings, status: int) -> None:
    object.__setattr__(context, "settings", replace(context.settings, acme=section))
    await acme.put(context.db, acme.challenge("t"), "t.print", 1)
    site = create_site(context)
    assert (await asked(site, f"{AT}t"))[0] == status
    assert (await asked(site, "/api/v1/health/live"))[0] == 200
