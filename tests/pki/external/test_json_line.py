"""Answers in JSON; garbage of all kinds is in test_vault.py."""

from __future__ import annotations

import pytest

from ohmstead.pki.external.json_line import certificates
from ohmstead.pki.issuer import IssuerDown
from tests.pki.external.servers import SUB


def test_texts_of_an_answer() -> None:
    assert certificates(None, "", SUB.pem, 7, SUB.pem) == [SUB.x509, SUB.x509]
    with pytest.raises(IssuerDown):
        certificates("nonsense")
