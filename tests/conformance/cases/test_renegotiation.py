"""Cars of ISO 15118-20, and resuming: ours passes; one that rejects needs, or sends no profile again, does not."""

from __future__ import annotations

import pytest

from ohmstead.conformance import Case
from ohmstead.ocpp.versions import Version
from tests.conformance.serving import Bench, Frame, named, of, once

pytestmark = pytest.mark.anyio
CASES = of("renegotiation")


def discontent(frame: Frame, action: str) -> Frame:
    """Whatever a car needs is rejected."""
    return [3, frame[1], {"status": "Rejected"}] if frame[0] == 3 and action == "NotifyEVChargingNeeds" else frame


def content(frame: Frame, action: str) -> Frame:
    """Whatever a car needs is accepted."""
    return [3, frame[1], {"status": "Accepted"}] if frame[0] == 3 and action == "NotifyEVChargingNeeds" else frame


def foreign(frame: Frame, action: str) -> Frame:
    """Profiles are for another transaction."""
    if frame[0] != 2 or frame[2] != "SetChargingProfile":
        return frame
    made = frame[3]["chargingProfile"] | {"transactionId": "another"}
    return [2, frame[1], frame[2], frame[3] | {"chargingProfile": made}]


SPOILS = {"TC_Q_103_CSMS": content, "TC_B_116_CSMS": foreign, "TC_E_117_CSMS": foreign}


@pytest.mark.parametrize(("one", "version"), CASES, ids=named)
async def test_ours_passes(bench: Bench, one: Case, version: Version) -> None:
    found = await bench.play(one, version)
    assert found.verdict == "pass", found.reason


@pytest.mark.parametrize(("one", "version"), once(CASES), ids=named)
async def test_a_mutant_is_caught(bench: Bench, one: Case, version: Version) -> None:
    assert (await bench.play_mutant(one, version, SPOILS.get(one.id, discontent))).verdict == "fail"
