"""Costs, limits, payments: ours passes; one that leaves out what it must say, or says the contrary, does not."""

from __future__ import annotations

import pytest

from ohmstead.conformance import Case
from ohmstead.ocpp.versions import Version
from tests.conformance.serving import Bench, Frame, bogus, named, of, once, turned

pytestmark = pytest.mark.anyio
CASES = of("costs")


def terse(frame: Frame, action: str) -> Frame:
    """It says nothing of costs and limits."""
    if frame[0] != 3:
        return frame
    said = {name: value for name, value in frame[2].items() if name not in ("totalCost", "transactionLimit", "tariff")}
    return [3, frame[1], said]


SPOILS = {"TC_I_122_CSMS": bogus, "TC_C_104_CSMS": turned, "TC_C_126_CSMS": turned}


@pytest.mark.parametrize(("one", "version"), CASES, ids=named)
async def test_ours_passes(bench: Bench, one: Case, version: Version) -> None:
    found = await bench.play(one, version)
    assert found.verdict == "pass", found.reason


@pytest.mark.parametrize(("one", "version"), once(CASES), ids=named)
async def test_a_mutant_is_caught(bench: Bench, one: Case, version: Version) -> None:
    assert (await bench.play_mutant(one, version, SPOILS.get(one.id, terse))).verdict == "fail"
