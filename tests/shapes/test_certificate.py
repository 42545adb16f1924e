"""Reasons of revocations: as RFC 5280 writes them, or as they are shown."""

from __future__ import annotations

from typing import get_args

from ohmstead.shapes.certificate import Revocation, RevocationReason, RfcReason


def test_each_reason_of_the_rfc_is_one_of_ours() -> None:
    ours = {one.replace("_", ""): one for one in get_args(RevocationReason)}
    for reason in get_args(RfcReason):
        assert Revocation(reason=reason).word == ours[reason.lower()]
    assert [Revocation(reason=one).word for one in ours.values()] == list(ours.values())
