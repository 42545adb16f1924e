"""Types of security events."""

from __future__ import annotations

import pytest

from ohmstead.domain.security_events import KINDS, UNKNOWN, kind_of

NOT_CRITICAL = {
    "FailedToAuthenticateAtCsms",
    "CsmsFailedToAuthenticate",
    "ReconfigurationOfSecurityParameters",
    "InvalidMessages",
    "AttemptedReplayAttacks",
}


def test_the_specification_names_21_types_and_five_of_them_are_not_critical() -> None:
    assert len(KINDS) == 21
    assert {name for name, kind in KINDS.items() if not kind.critical} == NOT_CRITICAL


@pytest.mark.parametrize("name", KINDS)
def test_each_has_a_severity_and_a_text(name: str) -> None:
    kind = kind_of(name.upper())
    assert kind == KINDS[name]
    assert 0 <= kind.severity <= 9
    assert kind.text.endswith(".")


def test_a_type_of_a_vendor_is_a_warning() -> None:
    assert kind_of("DoorOpenedByCat") is UNKNOWN
    assert (UNKNOWN.critical, UNKNOWN.severity) == (False, 6)
