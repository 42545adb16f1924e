from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ohmstead.domain.certificates import DAY, Accepted, Certificate, Holder, Refused, judge, judge_boot

NOW = 1_764_000_000_000_000


def certificate(subject: str, issuer: str, **more: Any) -> Certificate:
    values: dict[str, Any] = {
        "common_names": (subject,),
        "organizations": ("Ohmstead",),
        "serial_number": f"{subject.lower()}01",
        "sha256": "00",
        "key_sha256": f"key of {subject}",
        "not_before": NOW - DAY,
        "not_after": NOW + DAY,
    }
    return Certificate(subject=f"CN={subject}", issuer=f"CN={issuer}", **values | more)


OWN = certificate("SN1", "Issuing")
ISSUING = certificate("Issuing", "Root")
BY = ISSUING.key_sha256
ROOT = certificate("Root", "Root")
HOLDER = Holder(identity="CS1", serial_number="SN1", organizations=("Ohmstead",))


def judged(
    own: Certificate = OWN,
    issuing: Certificate = ISSUING,
    root: Certificate = ROOT,
    holder: Holder = HOLDER,
    revoked: dict[str, frozenset[str]] | None = None,
    now: int = NOW,
) -> Accepted | Refused:
    return judge((own, issuing, root), holder, revoked or {}, now)


def changed(what: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(what, **changes)


def code(judgement: Accepted | Refused) -> str:
    assert isinstance(judgement, Refused)
    assert judgement.reason.endswith(".")
    return judgement.code


def test_the_right_one() -> None:
    assert judged() == Accepted(OWN, BY)


@pytest.mark.parametrize(
    ("own", "refused"),
    [
        ({"common_names": ("SN2",)}, "wrong_common_name"),  # A00.FR.405
        ({"common_names": ("sn1",)}, "wrong_common_name"),
        ({"common_names": ()}, "wrong_common_name"),
        ({"common_names": ("SN1", "SN2")}, "wrong_common_name"),
        ({"common_names": ("SN2", "SN1")}, "wrong_common_name"),
        ({"organizations": ("Another",)}, "wrong_organization"),  # A00.FR.404
        ({"organizations": ()}, "wrong_organization"),
        ({"organizations": ("Ohmstead", "Another")}, "wrong_organization"),
        ({"not_before": NOW + 1}, "certificate_not_yet_valid"),
        ({"not_after": NOW - 1}, "expired_certificate"),  # A00.FR.407
    ],
)
def test_another_one(own: dict[str, Any], refused: str) -> None:
    assert code(judged(changed(OWN, **own))) == refused


def test_the_first_and_the_last_moment_count() -> None:
    assert judged(changed(OWN, not_before=NOW, not_after=NOW)) == Accepted(
        changed(OWN, not_before=NOW, not_after=NOW), BY, renewal_only=False
    )


def test_a_factory_certificate_is_for_a_renewal_only() -> None:
    """A00.FR.804 to .807; only of manufacturers that are named."""
    own = changed(OWN, organizations=("Maker",))
    assert code(judged(own)) == "wrong_organization"
    assert judged(own, holder=changed(HOLDER, factory_organizations=("Maker",))) == Accepted(own, BY, renewal_only=True)


def test_the_rule_identity() -> None:
    holder = changed(HOLDER, rule="identity")
    assert code(judged(holder=holder)) == "wrong_common_name"
    own = changed(OWN, common_names=("CS1",))
    assert judged(own, holder=holder) == Accepted(own, BY)


def test_whoever_mixes_up_the_rules_is_told() -> None:
    judgement = judged(changed(OWN, common_names=("CS1",)))
    assert isinstance(judgement, Refused)
    assert "it must be the serial number 'SN1'" in judgement.reason
    assert "set certificate_cn to identity" in judgement.reason


def test_no_serial_number_is_registered() -> None:
    holder = changed(HOLDER, serial_number=None)
    assert code(judged(holder=holder)) == "no_serial_number_registered"
    assert code(judged(changed(OWN, common_names=()), holder=holder)) == "no_serial_number_registered"


def test_any_trusted_organization() -> None:
    own = changed(OWN, organizations=("Another",))
    assert judged(own, holder=changed(HOLDER, organizations=("Ohmstead", "Another"))) == Accepted(own, BY)


@pytest.mark.parametrize(
    ("days_ago", "allowed", "result"),
    [
        (-1, 7, Accepted(OWN, BY)),
        (1, 7, "in"),
        (7, 7, "in"),
        (8, 7, "expired_certificate"),
        (1, 0, "expired_certificate"),
    ],
)
def test_expired_certificates_for_a_renewal(days_ago: int, allowed: int, result: Any) -> None:  # A00.FR.429
    own = changed(OWN, not_after=NOW - days_ago * DAY)
    judgement = judged(own, holder=changed(HOLDER, allow_expired_days=allowed))
    if result == "in":
        assert judgement == Accepted(own, BY, renewal_only=True)
    elif isinstance(result, Accepted):
        assert judgement == Accepted(own, BY)
    else:
        assert code(judgement) == result


def test_an_expired_one_must_be_right_all_the_same() -> None:
    holder = changed(HOLDER, allow_expired_days=7)
    old = {"not_after": NOW - DAY}
    assert code(judged(changed(OWN, common_names=("SN2",), **old), holder=holder)) == "wrong_common_name"
    revoked = {"key of Issuing": frozenset({"sn101"})}
    assert code(judged(changed(OWN, **old), holder=holder, revoked=revoked)) == "revoked_certificate"


def test_the_way_out_is_named() -> None:
    judgement = judged(changed(OWN, not_after=NOW - DAY))
    assert isinstance(judgement, Refused)
    assert "expired at 2025-11-23T16:00:00Z" in judgement.reason
    assert "allow_expired_certificate" in judgement.reason


@pytest.mark.parametrize("which", ["issuing", "root"])
def test_authorities_have_dates_too(which: str) -> None:
    one = {"issuing": ISSUING, "root": ROOT}[which]
    holder = changed(HOLDER, allow_expired_days=365)
    expired: Any = {which: changed(one, not_after=NOW - 1)}
    assert code(judged(holder=holder, **expired)) == "expired_authority"
    future: Any = {which: changed(one, not_before=NOW + 1)}
    assert code(judged(holder=holder, **future)) == "certificate_not_yet_valid"


def test_the_certificate_of_a_local_controller() -> None:
    """It opens the door for the station behind it, and nothing is renewed through it."""
    controller = certificate("LC1", "Issuing")
    behind = changed(HOLDER, gateway="LC1", allow_expired_days=9, factory_organizations=("Maker",))
    assert judged(controller, holder=behind) == Accepted(controller, BY, of_gateway=True)
    assert judged(holder=behind) == Accepted(OWN, BY)  # its own one does too
    assert judged(controller, holder=changed(behind, gateway="SN1", serial_number="LC1")) == Accepted(controller, BY)
    unregistered = changed(behind, serial_number=None)
    assert judged(controller, holder=unregistered) == Accepted(controller, BY, of_gateway=True)
    assert code(judged(controller)) == "wrong_common_name"
    assert code(judged(controller, holder=changed(behind, gateway="LC2"))) == "wrong_common_name"
    over = changed(controller, not_after=NOW - 1)
    assert code(judged(over, holder=behind)) == "expired_certificate"
    assert code(judged(controller, holder=behind, revoked={BY: frozenset({"lc101"})})) == "revoked_certificate"
    of_maker = changed(controller, organizations=("Maker",))
    assert code(judged(of_maker, holder=behind)) == "wrong_organization"


def test_revoked() -> None:  # A00.FR.702
    assert code(judged(revoked={"key of Issuing": frozenset({"sn101"})})) == "revoked_certificate"
    assert code(judged(revoked={"key of Root": frozenset({"issuing01"})})) == "revoked_certificate"


def test_a_serial_number_is_one_of_its_own_ca() -> None:
    assert judged(revoked={"key of Root": frozenset({"sn101"})}) == Accepted(OWN, BY)


@pytest.mark.parametrize(
    ("holder", "booted", "refused"),
    [
        (HOLDER, "SN1", None),  # B01.FR.11
        (HOLDER, "SN2", "wrong_serial_number"),
        (HOLDER, "sn1", "wrong_serial_number"),
        (HOLDER, None, "no_serial_number"),
        (HOLDER, "", "no_serial_number"),
        (changed(HOLDER, rule="identity"), "SN1", None),
        (changed(HOLDER, rule="identity"), "SN2", "wrong_serial_number"),
        (changed(HOLDER, rule="identity"), None, "no_serial_number"),
        (changed(HOLDER, rule="identity", serial_number=None), "SN2", None),
        (changed(HOLDER, rule="identity", serial_number=None), None, None),
    ],
)
def test_boot(holder: Holder, booted: str | None, refused: str | None) -> None:  # B01.FR.12
    judgement = judge_boot(holder, booted)
    assert (judgement and judgement.code) == refused
