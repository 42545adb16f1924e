from __future__ import annotations

import msgspec
import pytest

from ohmstead.shapes.common import (
    PROFILE_NAMES,
    Identity,
    Limits,
    Page,
    SecurityProfile,
    Time,
    number_of,
    profile_number,
)


@pytest.mark.parametrize("identity", ["CS1", "RDAM|123", "a" * 48, "*-_=+|@.", ".hidden", "1.6"])
def test_an_identity(identity):
    assert msgspec.convert(identity, Identity) == identity


@pytest.mark.parametrize("identity", ["", "a" * 49, "a:b", "a/b", "a b", "ü", ".", "..", "a\n", "a%2Fb"])
def test_no_identity(identity):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(identity, Identity)


@pytest.mark.parametrize(
    ("id", "number"),
    [("7", 7), ("0", 0), ("9" * 18, 10**18 - 1), ("9" * 19, None), ("", None), ("-1", None), ("1.0", None),
     (" 1", None), ("\u0661", None), ("cmd_1", None)],
)  # fmt: skip
def test_the_number_of_an_id(id, number):
    assert number_of(id) == number


@pytest.mark.parametrize(("given", "number"), [*enumerate(PROFILE_NAMES)])
def test_a_profile_is_named_by_number_or_name(given, number):
    assert profile_number(msgspec.convert(given, SecurityProfile)) == given
    assert profile_number(msgspec.convert(number, SecurityProfile)) == given


@pytest.mark.parametrize("profile", [4, -1, "1", "tls", None, True])
def test_no_profile(profile):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(profile, SecurityProfile)


def test_limits_leave_out_what_is_not_limited():
    assert msgspec.json.encode(Limits(max_cost="12.50")) == b'{"max_cost":"12.50"}'


@pytest.mark.parametrize("cost", ["1,5", "-1", "1e3", ".5", 5])
def test_money_is_a_decimal_text(cost):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"max_cost": cost}, Limits)


def test_a_time_has_a_zone():
    assert msgspec.convert("2026-01-01T00:00:00+01:00", Time).utcoffset() is not None
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert("2026-01-01T00:00:00", Time)


def test_a_page():
    assert msgspec.json.encode(Page([1], None)) == b'{"data":[1],"next_cursor":null}'
