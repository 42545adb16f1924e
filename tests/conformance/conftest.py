"""One Ohmstead for each module, and its driver."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from ohmstead.conformance.operator import load
from tests.acceptance.serving import KEY, serving
from tests.conformance.serving import IDENTITY, PASSWORD, Bench


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def bench(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> AsyncIterator[Bench]:
    patch = pytest.MonkeyPatch()
    patch.setenv("OHMSTEAD_KEY", KEY)
    driver = load("ohmstead")
    patch.undo()
    async with serving(tmp_path_factory.mktemp("data"), {"tls_bind": "127.0.0.1:0"}, unasked_calls=()) as csms:
        await csms.post("stations", {"id": IDENTITY, "security_profile": 1, "password": PASSWORD})
        yield Bench(csms, replace(driver, url=str(csms.api.base_url)))
