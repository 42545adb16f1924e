"""A chain by the roots that are trusted: certificates made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.domain.certificates import DAY
from ohmstead.simulator.chains import holds_together, validated
from tests.pki.making import NOW, Made, ca, name

ROOT = ca("Root")
SUB = ca("Sub", ROOT)
LEAF = Made(name("leaf"), SUB)
NO_CA = Made(name("no CA"), SUB)


@pytest.mark.parametrize(
    ("chain", "roots", "days", "verdict"),
    [
        ([LEAF, SUB], [ROOT], 0, "Accepted"),
        ([LEAF], [SUB], 0, "Accepted"),
        ([LEAF, SUB], [ca("Root"), ROOT], 0, "Accepted"),
        ([LEAF, SUB], [], 0, "NoRoot"),
        ([LEAF, SUB], [ca("Other")], 0, "NoRoot"),
        ([LEAF, SUB], [ca("Root")], 0, "CertChainError"),
        ([LEAF, ROOT], [ROOT], 0, "CertChainError"),
        ([Made(name("leaf"), NO_CA), NO_CA, SUB], [ROOT], 0, "CertChainError"),
        ([LEAF, SUB], [ROOT], 31, "CertificateExpired"),
        ([LEAF, SUB], [ROOT], -2, "CertChainError"),
    ],
)
def test_a_chain(chain: Any, roots: Any, days: int, verdict: str) -> None:
    assert validated([one.x509 for one in chain], [one.x509 for one in roots], NOW + days * DAY) == verdict


def test_what_holds_together() -> None:
    assert holds_together([LEAF.x509])
    assert holds_together([LEAF.x509, SUB.x509, ROOT.x509])
    assert not holds_together([SUB.x509, LEAF.x509])
