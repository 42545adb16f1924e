"""Cases of boot and notices: ours passes, and a CSMS that answers wrongly, or takes anything, does not."""

from __future__ import annotations

import pytest

from ohmstead.conformance import Case
from ohmstead.ocpp.versions import Version
from tests.conformance.serving import Bench, bogus, late_boot, mute, named, of, once, polite, silent

pytestmark = pytest.mark.anyio
CASES = of("boot")
SPOILS = {
    "TC_B_01_CSMS": late_boot,
    "TC_001_CSMS": late_boot,
    "TC_B_30_CSMS": polite,
    "OHM_W1": silent,
    "TC_B_02_CSMS": mute,
    "TC_B_31_CSMS": mute,
}


@pytest.mark.parametrize(("one", "version"), CASES, ids=named)
async def test_ours_passes(bench: Bench, one: Case, version: Version) -> None:
    found = await bench.play(one, version)
    assert found.verdict == "pass", found.reason


@pytest.mark.parametrize(("one", "version"), once(CASES), ids=named)
async def test_a_mutant_is_caught(bench: Bench, one: Case, version: Version) -> None:
    assert (await bench.play_mutant(one, version, SPOILS.get(one.id, bogus))).verdict == "fail"
