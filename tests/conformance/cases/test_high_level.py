"""Cars that speak ISO 15118: ours passes; one that sends no profile, or takes whatever a car plans, does not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from ohmstead.conformance import Case
from ohmstead.conformance.operator import load
from ohmstead.ocpp.versions import Version
from tests.acceptance.serving import KEY, serving
from tests.conformance.serving import IDENTITY, PASSWORD, Bench, Frame, bogus, mute, named, of, once

pytestmark = pytest.mark.anyio
CASES = of("high_level")


@pytest.fixture(scope="module")
async def bench(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> AsyncIterator[Bench]:
    """One that makes limits of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OHMSTEAD_KEY", KEY)
        driver = load("ohmstead")
    async with serving(tmp_path_factory.mktemp("data"), unasked_calls=("limits",)) as csms:
        await csms.post("stations", {"id": IDENTITY, "security_profile": 1, "password": PASSWORD})
        made = await Bench(csms, replace(driver, url=str(csms.api.base_url))).prepare()
        yield made
        await made.close()


def content(frame: Frame, action: str) -> Frame:
    """Whatever a car plans is taken."""
    return [3, frame[1], {"status": "Accepted"}] if frame[0] == 3 and action == "NotifyEVChargingSchedule" else frame


def discontent(frame: Frame, action: str) -> Frame:
    """Nothing that a car plans is taken."""
    return [3, frame[1], {"status": "Rejected"}] if frame[0] == 3 and action == "NotifyEVChargingSchedule" else frame


SPOILS = {"TC_K_53_CSMS": mute, "TC_K_55_CSMS": content, "OHM_K15": bogus}


@pytest.mark.parametrize(("one", "version"), CASES, ids=named)
async def test_ours_passes(bench: Bench, one: Case, version: Version) -> None:
    found = await bench.play(one, version)
    assert found.verdict == "pass", found.reason


@pytest.mark.parametrize(("one", "version"), once(CASES), ids=named)
async def test_a_mutant_is_caught(bench: Bench, one: Case, version: Version) -> None:
    assert (await bench.play_mutant(one, version, SPOILS.get(one.id, discontent))).verdict == "fail"
