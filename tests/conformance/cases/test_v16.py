"""Cases of 1.6: ours passes, and a CSMS whose answers are nonsense does not."""

from __future__ import annotations

import pytest

from ohmstead.conformance import Case
from ohmstead.ocpp.versions import Version
from tests.conformance.serving import Bench, bogus, named, of, once, renumbered, vague

pytestmark = pytest.mark.anyio
CASES = of("v16")
SPOILS = {"OHM_E26": renumbered, "OHM_X22": vague}


@pytest.mark.parametrize(("one", "version"), CASES, ids=named)
async def test_ours_passes(bench: Bench, one: Case, version: Version) -> None:
    found = await bench.play(one, version)
    assert found.verdict == "pass", found.reason


@pytest.mark.parametrize(("one", "version"), once(CASES), ids=named)
async def test_a_mutant_is_caught(bench: Bench, one: Case, version: Version) -> None:
    assert (await bench.play_mutant(one, version, SPOILS.get(one.id, bogus))).verdict == "fail"
