from __future__ import annotations

from typing import Any

import pytest

from ohmstead.domain.tokens import Place, Token, Verdict, key, same, verdict

NOW = 1_764_000_000_000_000
MINUTE = 60_000_000


def judged(token: Token | None, **more: Any) -> Verdict:
    return verdict(token, now=NOW, **{"presented": "AB12", "presented_type": "ISO14443", "station_id": "CS1"} | more)


@pytest.mark.parametrize(
    ("token", "status"),
    [
        (None, "Unknown"),
        (Token(token="AB12"), "Accepted"),
        (Token(token="AB12", status="blocked"), "Blocked"),
        (Token(token="AB12", status="expired"), "Expired"),
        (Token(token="AB12", status="invalid"), "Invalid"),
        (Token(token="AB12", status="no_credit"), "NoCredit"),
        (Token(token="AB12", status="of_tomorrow"), "Invalid"),
        (Token(token="AB12", expires_at=NOW), "Expired"),
        (Token(token="AB12", expires_at=NOW + 1), "Accepted"),
        (Token(token="AB12", status="blocked", expires_at=NOW - 1), "Blocked"),
    ],
)
def test_status(token: Token | None, status: str) -> None:  # C01
    result = judged(token)
    assert result.status == status
    assert result.accepted == (status == "Accepted")


def test_no_authorization_needs_no_token() -> None:  # C05, C02.FR.02
    assert judged(None, presented="", presented_type="NoAuthorization").accepted
    assert not judged(None, presented="AB12", presented_type="NoAuthorization").accepted
    assert not judged(None, presented="", presented_type="ISO14443").accepted
    assert not judged(None, presented="", presented_type=None).accepted


@pytest.mark.parametrize("status", ["accepted", "blocked", "expired", "invalid", "no_credit"])
def test_the_group_is_always_told(status: str) -> None:  # C02
    assert judged(Token(token="AB12", status=status, group="FLEET")).group == "FLEET"


def test_tokens_have_no_case() -> None:  # C03
    assert key("ab12") == key("AB12")
    assert same("ab12", "AB12")
    assert not same("ab12", None)
    assert not same(None, "ab12")
    assert same(None, None)


ONLY_2 = (Place("CS1", 2),)


@pytest.mark.parametrize(
    ("limits", "asked", "status", "evse_ids"),
    [
        ({"evses": ONLY_2}, {}, "Accepted", (2,)),  # C06
        ({"evses": ONLY_2}, {"evse_ids": [1, 2]}, "Accepted", (2,)),
        ({"evses": ONLY_2}, {"evse_ids": [2]}, "Accepted", ()),
        ({"evses": ONLY_2}, {"evse_id": 2}, "Accepted", (2,)),
        ({"evses": ONLY_2}, {"evse_id": 1}, "NotAtThisLocation", ()),
        ({"evses": ONLY_2}, {"station_id": "CS2"}, "NotAtThisLocation", ()),
        ({"evses": ()}, {}, "NotAtThisLocation", ()),
        ({"evses": (Place("CS1"),)}, {"evse_id": 7}, "Accepted", ()),
        ({"evses": (Place("CS1", 3), Place("CS1", 1), Place("CS9", 2))}, {}, "Accepted", (1, 3)),
        ({"site_ids": (5,)}, {"site_id": 5}, "Accepted", ()),
        ({"site_ids": (5,)}, {"site_id": 6}, "NotAtThisLocation", ()),
        ({"site_ids": (5,)}, {}, "NotAtThisLocation", ()),  # a station without a site
        ({"site_ids": (5,), "evses": ONLY_2}, {"site_id": 6}, "NotAtThisLocation", ()),
        ({"site_ids": (5,), "evses": ONLY_2}, {"site_id": 5}, "Accepted", (2,)),
        ({"status": "blocked", "evses": ONLY_2}, {"evse_id": 1}, "Blocked", ()),
    ],
)
def test_places(limits: dict[str, Any], asked: dict[str, Any], status: str, evse_ids: tuple[int, ...]) -> None:
    result = judged(Token(token="AB12", **limits), **asked)
    assert (result.status, result.evse_ids) == (status, evse_ids)


@pytest.mark.parametrize(
    ("token", "expiry"),
    [
        (Token(token="AB12"), None),
        (Token(token="AB12", cache_s=60), NOW + MINUTE),
        (Token(token="AB12", cache_s=0), NOW),
        (Token(token="AB12", expires_at=NOW + 5), NOW + 5),
        (Token(token="AB12", cache_s=60, expires_at=NOW + 5), NOW + 5),
        (Token(token="AB12", cache_s=60, expires_at=NOW + 2 * MINUTE), NOW + MINUTE),
        (Token(token="AB12", expires_at=NOW - 5), None),
        (Token(token="AB12", status="blocked", cache_s=60), NOW + MINUTE),
        (Token(token="AB12", status="no_credit"), NOW),  # C17.FR.02
    ],
)
def test_how_long_a_verdict_holds(token: Token, expiry: int | None) -> None:
    assert judged(token).cache_expiry == expiry
