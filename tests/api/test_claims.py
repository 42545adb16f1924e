from __future__ import annotations

import pytest

from ohmstead.api.claims import Person, find, person
from ohmstead.api.problems import Refused
from ohmstead.oidc_settings import Oidc

PLAIN = Oidc()
ROLES = ("a=b=admin", "v=viewer")
ALL = Oidc(role_claim="realm.roles", site_claim="sites", tenant_claim="https://x/tenant", roles=ROLES)


@pytest.mark.parametrize(
    ("claims", "settings", "wanted"),
    [
        ({"name": " Ann\n Lee ", "roles": ["x", "ohmstead-viewer"]}, PLAIN, ("Ann Lee", "viewer", None, None)),
        ({"roles": "ohmstead-operator"}, PLAIN, ("s", "operator", None, None)),
        ({"roles": ["ohmstead-viewer", "ohmstead-admin"]}, PLAIN, ("s", "admin", None, None)),
        (
            {"realm": {"roles": ["v", "a=b"]}, "sites": ["7", 5], "https://x/tenant": "north"},
            ALL,
            ("s", "admin", [5, 7], "north"),
        ),
        ({"realm": {"roles": ["v"]}, "sites": "*", "https://x/tenant": "n"}, ALL, ("s", "viewer", None, "n")),
    ],
)
def test_what_claims_give(claims, settings, wanted):
    assert person({"sub": "s", **claims}, settings) == Person("s", *wanted)


@pytest.mark.parametrize(
    ("claims", "settings"),
    [
        ({}, PLAIN),
        ({"roles": []}, PLAIN),
        ({"roles": True}, PLAIN),
        ({"roles": {"ohmstead-admin": 1}}, PLAIN),
        ({"roles": ["admin", "OHMSTEAD-ADMIN", ["ohmstead-admin"]]}, PLAIN),
        ({"realm": {"roles": "v"}, "https://x/tenant": "n"}, ALL),
        ({"realm": {"roles": "v"}, "sites": ["x", "-1", ""], "https://x/tenant": "n"}, ALL),
        ({"realm": {"roles": "v"}, "sites": "*"}, ALL),
        ({"realm": {"roles": "v"}, "sites": "*", "https://x/tenant": ["n", "m"]}, ALL),
    ],
)
def test_who_is_given_nothing_does_not_get_in(claims, settings):
    with pytest.raises(Refused):
        person({"sub": "s", **claims}, settings)


def test_a_path_leads_nowhere_through_what_is_no_object():
    assert find({"a": "text"}, "a.b") is None
