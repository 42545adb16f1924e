"""Groups and master passes: ours passes; one that knows no groups, changes lists, or lets a pass start, does not."""

from __future__ import annotations

import pytest

from ohmstead.conformance import Case
from ohmstead.ocpp.versions import Version
from tests.conformance.serving import Bench, named, of, once, other, turned, without_group

pytestmark = pytest.mark.anyio
CASES = of("groups")
SPOILS = {"TC_C_40_CSMS": turned, "TC_C_43_CSMS": other, "OHM_C16": turned}


@pytest.mark.parametrize(("one", "version"), CASES, ids=named)
async def test_ours_passes(bench: Bench, one: Case, version: Version) -> None:
    found = await bench.play(one, version)
    assert found.verdict == "pass", found.reason


@pytest.mark.parametrize(("one", "version"), once(CASES), ids=named)
async def test_a_mutant_is_caught(bench: Bench, one: Case, version: Version) -> None:
    assert (await bench.play_mutant(one, version, SPOILS.get(one.id, without_group))).verdict == "fail"
