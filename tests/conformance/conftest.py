"""One Ohmstead for each module, and its driver."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import force_setattr, replace

from ohmstead.charging_settings import Authorization, Payment
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
    patch.setenv("OHMSTEAD_MASTER_PASS_GROUP", "CONFORM-MASTERS")
    patch.setenv("OHMSTEAD_TERMINALS", "PSP")
    driver = load("ohmstead")
    patch.undo()
    assert driver.certificates is not None
    driver = replace(driver, certificates=replace(driver.certificates, v2g_common_name="SN-{station}"))
    folder, more = (
        tmp_path_factory.mktemp("data"),
        {
            "v2g_issuer": V2gIssuerSettings(kind="embedded"),
            "authorization": Authorization(master_pass_group="CONFORM-MASTERS"),
            "payment": Payment(provider="local", terminals=True),
        },
    )
    async with serving(folder, {"tls_bind": "127.0.0.1:0"}, more=more, unasked_calls=()) as csms:
        await csms.post("stations", {"id": IDENTITY, "security_profile": 1, "password": PASSWORD})
        usual = {"id": "usual", "name": "Usual", "currency": "EUR", "default": True}
        await csms.post("tariffs", {**usual, "elements": [{"per": "session", "price": "1"}]})
        url = str(csms.api.base_url).rstrip("/")
        force_setattr(csms.server.settings, "public_url", url.removesuffix("/api/v1"))
        assert driver.upgrade is not None
        root = str(Path(csms.server.settings.data_dir) / "pki" / "ca.pem")
        upgrade = replace(driver.upgrade, url=f"wss://localhost:{csms.server.ports['tls']}/ocpp", ca=root)
        made = await Bench(csms, replace(driver, url=url, upgrade=upgrade)).prepare()
        yield made
        await made.close()
