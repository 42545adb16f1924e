"""What a station comes in with: ours passes; one that hears the contrary of what the station says does not."""

from __future__ import annotations

import pytest

from ohmstead.conformance import Case
from ohmstead.ocpp.versions import Version
from tests.conformance.serving import Bench, named, of, once, other, untouched

pytestmark = pytest.mark.anyio
CASES = of("changing")


def contrary(text: str) -> str:
    """What is taken is heard as refused, and the other way round."""
    return text.replace("Accepted", "*").replace("Rejected", "Accepted").replace("*", "Rejected")


@pytest.mark.parametrize(("one", "version"), CASES, ids=named)
async def test_ours_passes(bench: Bench, one: Case, version: Version) -> None:
    found = await bench.play(one, version)
    assert found.verdict == "pass", found.reason


@pytest.mark.parametrize(("one", "version"), once(CASES), ids=named)
async def test_a_mutant_is_caught(bench: Bench, one: Case, version: Version) -> None:
    if one.id == "TC_B_100_CSMS":
        found = await bench.play_mutant(one, version, other)
    else:
        found = await bench.play_mutant(one, version, untouched, hears=contrary)
    assert found.verdict == "fail", found.reason
