"""Cases of bad input: ours passes, and a CSMS that takes it, or says anything about it, does not."""

from __future__ import annotations

import pytest

from ohmstead.conformance import Case
from ohmstead.ocpp.versions import Version
from tests.conformance.serving import Bench, named, of, once, polite, renumbered, talkative, vague

pytestmark = pytest.mark.anyio
CASES = of("broken")
LENIENT = {"OHM_X10"}
"""Where our default is lenient, and the case says so."""
SPOILS = {
    "OHM_X01": talkative, "OHM_X13": talkative, "OHM_X14": talkative, "OHM_X19": talkative, "OHM_X23": talkative,
    "OHM_X12": polite, "OHM_X17": renumbered, "OHM_X10": polite,
}  # fmt: skip


@pytest.mark.parametrize(("one", "version"), CASES, ids=named)
async def test_ours_passes(bench: Bench, one: Case, version: Version) -> None:
    found = await bench.play(one, version)
    assert found.verdict == ("partial" if one.id in LENIENT else "pass"), found.reason


@pytest.mark.parametrize(("one", "version"), once(CASES), ids=named)
async def test_a_mutant_is_caught(bench: Bench, one: Case, version: Version) -> None:
    found = await bench.play_mutant(one, version, SPOILS.get(one.id, vague))
    assert found.verdict == ("partial" if one.id in LENIENT else "fail")
