"""Cases of transactions: ours passes, and a CSMS whose answers are nonsense does not."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.conformance import Case
from ohmstead.ocpp.versions import Version
from tests.conformance.serving import Bench, bogus, named, of, once, turned

pytestmark = pytest.mark.anyio
CASES = of("transactions")


@pytest.mark.parametrize(("one", "version"), CASES, ids=named)
async def test_ours_passes(bench: Bench, one: Case, version: Version) -> None:
    found = await bench.play(one, version)
    assert found.verdict == "pass", found.reason


@pytest.mark.parametrize(("one", "version"), once(CASES), ids=named)
async def test_a_mutant_is_caught(bench: Bench, one: Case, version: Version) -> None:
    assert (await bench.play_mutant(one, version, bogus)).verdict == "fail"


@pytest.mark.parametrize("id", ["TC_E_03_CSMS", "TC_E_16_CSMS", "TC_E_53_CSMS"])
async def test_a_wrong_word_about_a_token_is_caught(bench: Bench, id: str) -> None:
    one, version = next(pair for pair in CASES if pair[0].id == id)
    found: Any = await bench.play_mutant(one, version, turned)
    assert found.verdict == "fail"
    assert "accepted" in found.reason
