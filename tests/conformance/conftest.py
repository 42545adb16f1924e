"""One Ohmstead for each module, and its driver."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from ohmstead.conformance.operator import load
from ohmstead.issuer_settings import V2gIssuerSettings
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
    assert driver.certificates is not None
    driver = replace(driver, certificates=replace(driver.certificates, v2g_common_name="SN-{station}"))
    folder, more = tmp_path_factory.mktemp("data"), {"v2g_issuer": V2gIssuerSettings(kind="embedded")}
    async with serving(folder, {"tls_bind": "127.0.0.1:0"}, more=more, unasked_calls=()) as csms:
        await csms.post("stations", {"id": IDENTITY, "security_profile": 1, "password": PASSWORD})
        yield Bench(csms, replace(driver, url=str(csms.api.base_url)))
