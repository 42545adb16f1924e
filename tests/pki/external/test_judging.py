"""What a CA signed is not believed to be what was ordered."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.domain.certificates import DAY
from ohmstead.pki.external.judging import KEPT, Above, Orphan, judge
from ohmstead.pki.issuer import CannotIssue
from ohmstead.runtime import FakeClock
from tests.pki.external.servers import ROOT, SUB, order, sign
from tests.pki.making import CA, NOW, ca, name

ORDER = order()
OTHER = ca("Foreign Sub-CA", ROOT)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"subject": name("SN2", "Ohmstead")}, "common name 'SN2'"),
        ({"subject": name("SN1", "Other")}, "organization 'Other'"),
        ({"subject": name("SN1")}, "organization ''"),
        ({"extensions": CA}, "made the station a CA"),
        ({"key": OTHER.key}, "no certificate for the key"),
        ({"issuer": OTHER}, "None of the CAs"),
    ],
)
def test_what_no_station_gets(more: dict[str, Any], why: str) -> None:
    with pytest.raises(CannotIssue, match=why):
        judge(ORDER, [ROOT.x509, SUB.x509, sign(ORDER.request, **more)], "est")


def test_a_ca_that_is_its_own_root() -> None:
    issued = judge(ORDER, [ROOT.x509, sign(ORDER.request, issuer=ROOT)], "est")
    assert issued.chain.count("BEGIN") == 1
    assert issued.certificate.not_after // DAY == (NOW + 30 * DAY) // DAY


@pytest.mark.anyio
async def test_a_new_ca_above_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, asked = FakeClock(), 0
    monkeypatch.setattr("ohmstead.runtime.clock", clock)
    told = [SUB.x509]

    async def ask() -> Any:
        nonlocal asked
        asked += 1
        return told

    above = Above(ask, [])
    clock.advance(KEPT)
    for _ in range(2):
        await above.judge(ORDER, [sign(ORDER.request)], "est")
    assert asked == 1
    with pytest.raises(Orphan):
        await above.judge(ORDER, [sign(ORDER.request, issuer=OTHER)], "est")
    told = [OTHER.x509]
    assert (await above.judge(ORDER, [sign(ORDER.request, issuer=OTHER)], "est")).chain.count("BEGIN") == 2
    assert asked == 3
