"""What a person may do here, by the claims of a verified ID token and the settings. What is not said is not given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ohmstead.api.problems import Refused
from ohmstead.oidc_settings import Oidc
from ohmstead.shapes.access import Role
from ohmstead.shapes.common import number_of

RANKS: tuple[Role, ...] = ("viewer", "operator", "admin")
EVERYWHERE = "*"
LONGEST_NAME = 100
_NOTHING = object()


class Person(NamedTuple):
    """Who somebody is at the provider, and what that gives them here."""

    subject: str
    name: str
    role: Role
    sites: list[int] | None
    """The only sites they see; None: all."""
    tenant: str | None
    """Its name; None: the first one."""


def person(claims: Mapping[str, Any], settings: Oidc) -> Person:
    """Raises Refused (403) where a claim that is needed is missing or gives nothing."""
    subject = claims["sub"]
    return Person(
        subject,
        _name(find(claims, settings.name_claim), subject),
        _role(words(find(claims, settings.role_claim)), settings),
        _sites(words(find(claims, settings.site_claim)), settings) if settings.site_claim else None,
        _tenant(words(find(claims, settings.tenant_claim)), settings) if settings.tenant_claim else None,
    )


def find(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its whole name, which may be a URL, else by a path (`realm_access.roles`); None: there is none."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part, _NOTHING) if isinstance(value, Mapping) else _NOTHING
    return None if value is _NOTHING else value


def words(value: Any) -> list[str]:
    """A text, a number or a list of them, as texts; anything else says nothing."""
    given = value if isinstance(value, list) else [value]
    return [str(one) for one in given if isinstance(one, (str, int)) and not isinstance(one, bool) and one != ""]


def _name(value: Any, subject: str) -> str:
    told = value if isinstance(value, str) else ""
    clean = " ".join("".join(sign if sign.isprintable() else " " for sign in told).split())
    return clean[:LONGEST_NAME].strip() or subject[:LONGEST_NAME]


def _role(given: list[str], settings: Oidc) -> Role:
    role_of = dict(one.rsplit("=", 1) for one in settings.roles)
    found = {role_of[value] for value in given if value in role_of}
    best = next((role for role in reversed(RANKS) if role in found), None)
    if best is None:
        raise Refused(
            "forbidden", f"The provider knows you, but the claim {settings.role_claim!r} gives you no role here."
        )
    return best


def _sites(given: list[str], settings: Oidc) -> list[int] | None:
    if EVERYWHERE in given:
        return None
    sites = sorted({number for one in given if (number := number_of(one)) is not None})
    if not sites:
        raise Refused("forbidden", f"The claim {settings.site_claim!r} names no site for you.")
    return sites


def _tenant(given: list[str], settings: Oidc) -> str:
    if len(given) != 1:
        raise Refused("forbidden", f"The claim {settings.tenant_claim!r} does not name one tenant for you.")
    return given[0]
