"""Cases of tokens: ours passes, and a CSMS that says the contrary does not."""

from __future__ import annotations

import pytest

from ohmstead.conformance import Case
from ohmstead.ocpp.versions import Version
from tests.conformance.serving import Bench, named, of, once, turned, without_group

pytestmark = pytest.mark.anyio
CASES = of("tokens")


@pytest.mark.parametrize(("one", "version"), CASES, ids=named)
async def test_ours_passes(bench: Bench, one: Case, version: Version) -> None:
    found = await bench.play(one, version)
    assert found.verdict == "pass", found.reason


@pytest.mark.parametrize(("one", "version"), once(CASES), ids=named)
async def test_a_mutant_is_caught(bench: Bench, one: Case, version: Version) -> None:
    spoil = without_group if one.id == "TC_C_39_CSMS" else turned
    assert (await bench.play_mutant(one, version, spoil)).verdict == "fail"
