"""I08: a driver's own tariff goes with the answer to Authorize."""

from __future__ import annotations

import pytest

from ohmstead.blocks.driver_tariff import ENABLED
from ohmstead.domain.device_model import Attribute, Variable
from ohmstead.shapes.tariff import TariffElement
from tests.blocks.staging import SQLITE, Stage
from tests.blocks.test_pricing import tariff

pytestmark = pytest.mark.anyio


async def asked(stage: Stage, token: str = "OWN", version: str = "2.1"):
    answer = await stage.say("Authorize", {"idToken": {"idToken": token, "type": "ISO14443"}}, version)
    return answer.get("tariff")


@SQLITE
async def test_only_who_has_one_and_only_where_it_is_used(stage: Stage) -> None:
    await tariff(stage, "mine", price="0.20")
    await tariff(stage, "standard", default=True)
    await stage.token("OWN", tariff_id="mine")
    await stage.token("BLOCKED", "blocked", tariff_id="mine")
    await stage.token("PLAIN")
    assert await asked(stage) is None  # nobody knows that the station could use it
    await stage.know(Variable(ENABLED, (Attribute("Actual", "true"),)))
    assert await asked(stage) == {
        "tariffId": "mine.1", "currency": "EUR", "energy": {"prices": [{"priceKwh": 0.2}]},
    }  # fmt: skip
    assert [await asked(stage, token) for token in ("PLAIN", "BLOCKED")] == [None, None]
    assert await asked(stage, version="2.0.1") is None


@SQLITE
async def test_what_ocpp_cannot_say_is_found_odd(stage: Stage) -> None:
    await tariff(stage, "mine", elements=[TariffElement(per="session", price="1", min_power_w=5.0)])
    await stage.token("OWN", tariff_id="mine")
    await stage.know(Variable(ENABLED, (Attribute("Actual", "true"),)))
    assert await asked(stage) is None
    assert [one["code"] for one in await stage.findings()] == ["tariff_not_told"]
