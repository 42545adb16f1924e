"""Cases of the door: ours passes, and a CSMS that lets everybody in, or takes any version, does not."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.conformance import Case
from ohmstead.ocpp.versions import Version
from tests.conformance.serving import Bench, bogus, named, of, once, untouched

pytestmark = pytest.mark.anyio
CASES = of("door")
ANY_VERSION = {"TC_B_58_CSMS", "TC_088_CSMS"}
EVERYBODY = {"TC_A_02_CSMS", "TC_A_03_CSMS", "OHM_T07", "OHM_T13"}


@pytest.mark.parametrize(("one", "version"), CASES, ids=named)
async def test_ours_passes(bench: Bench, one: Case, version: Version) -> None:
    found = await bench.play(one, version)
    assert found.verdict == "pass", found.reason


@pytest.mark.parametrize(("one", "version"), once(CASES), ids=named)
async def test_a_mutant_is_caught(bench: Bench, one: Case, version: Version) -> None:
    door: dict[str, Any] = {"everybody": one.id in EVERYBODY, "any_offer": one.id in ANY_VERSION}
    found = await bench.play_mutant(one, version, untouched if any(door.values()) else bogus, **door)
    assert found.verdict == "fail"


async def test_without_a_password_nothing_can_be_said_of_passwords(bench: Bench) -> None:
    from ohmstead.conformance import Setup, run
    from ohmstead.simulator.connection import Endpoint

    one, version = next(pair for pair in CASES if pair[0].id == "TC_A_01_CSMS")
    report = await run(Setup(endpoint=Endpoint(bench.csms.url, "CONFORM", version)), [one])
    assert report.summary == {"not_applicable": 1}
    assert not report.failed
