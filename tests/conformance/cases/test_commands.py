"""Cases of an operator's calls: ours passes where it can, and a CSMS that asks for something else does not."""

from __future__ import annotations

import pytest

from ohmstead.conformance import Case
from ohmstead.ocpp.versions import Version
from tests.conformance.serving import Bench, bogus, mute, named, of, once, other, turned

pytestmark = pytest.mark.anyio
CASES = of("commands")
NOT_YET: dict[str, str] = {}
"""What Ohmstead does not handle yet, and the action that it says so of."""
SPOILS = {"TC_F_01_CSMS": turned, "OHM_X15": mute, "OHM_X16": mute, "OHM_T16": mute}


@pytest.mark.parametrize(("one", "version"), CASES, ids=named)
async def test_ours_passes(bench: Bench, one: Case, version: Version) -> None:
    found = await bench.play(one, version)
    if one.id in NOT_YET:
        assert found.verdict == "fail"
        assert found.reason is not None
        assert found.reason.startswith(f"{NOT_YET[one.id]} was answered with CALLERROR NotImplemented")
    else:
        assert found.verdict == "pass", found.reason


@pytest.mark.parametrize(("one", "version"), once(CASES), ids=named)
async def test_a_mutant_is_caught(bench: Bench, one: Case, version: Version) -> None:
    assert (await bench.play_mutant(one, version, SPOILS.get(one.id, other))).verdict == "fail"


@pytest.mark.parametrize("id", ["TC_B_06_CSMS", "TC_F_20_CSMS", "TC_013_CSMS"])
@pytest.mark.parametrize("spoil", [mute, bogus])
async def test_silence_and_nonsense_are_caught(bench: Bench, id: str, spoil: object) -> None:
    one, version = next(pair for pair in CASES if pair[0].id == id)
    assert (await bench.play_mutant(one, version, spoil)).verdict == "fail"  # type: ignore[arg-type]
