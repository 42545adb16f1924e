"""Who may charge: a token, its limits in time and place -> a verdict in the specification's words.

An unknown token is never accepted, and a restriction we cannot check (a token for one site at a station without a site)
refuses: whoever fails open gives energy away.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

NO_AUTHORIZATION = "NoAuthorization"

STATUSES = {
    "accepted": "Accepted",
    "blocked": "Blocked",
    "expired": "Expired",
    "invalid": "Invalid",
    "no_credit": "NoCredit",
}
"""A token's status as the API writes it -> AuthorizationStatusEnumType."""


class Place(Struct, frozen=True, gc=False, omit_defaults=True):
    """An EVSE that a token may use; without `evse_id` every one of the station."""

    station_id: str
    evse_id: int | None = None


class Limits(Struct, frozen=True, gc=False, omit_defaults=True):
    """Where a transaction ends by itself. Cost gross, in the currency of the tariff; energy in Wh, time in seconds,
    charge of the battery in percent; None is no limit."""

    max_cost: str | None = None
    max_energy_wh: float | None = None
    max_time_s: int | None = None
    max_soc: int | None = None

    def tighter(self, other: Limits) -> Limits:
        """The lower one of each."""
        return Limits(
            _lower(self.max_cost, other.max_cost, Decimal),
            _lower(self.max_energy_wh, other.max_energy_wh),
            _lower(self.max_time_s, other.max_time_s),
            _lower(self.max_soc, other.max_soc),
        )

    def without(self, *names: str) -> Limits:
        """Without these."""
        return replace(self, **dict.fromkeys(names))


NO_LIMITS = Limits()


def _lower(one: Any, other: Any, measure: Any = float) -> Any:
    given = [value for value in (one, other) if value is not None]
    return min(given, key=measure) if given else None


class Token(Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """What we know of a token that bears on whether it may charge."""

    token: str
    type: str = "ISO14443"
    status: str = "accepted"
    group: str | None = None
    expires_at: int | None = None
    cache_s: int | None = None
    """For how many seconds a station may keep the verdict."""
    site_ids: tuple[int, ...] | None = None
    """Only at these sites; None is everywhere."""
    evses: tuple[Place, ...] | None = None
    """Only at these EVSEs; None is everywhere. With `site_ids` both must hold."""
    limits: Limits | None = None
    credit: Decimal | None = None
    """Prepaid money that is left; None: it does not pay beforehand."""
    concurrent: int | None = None
    """In so many transactions at once; None: any number."""

    @property
    def bounds(self) -> Limits | None:
        """Its limits, and what its credit pays for."""
        if self.credit is None:
            return self.limits
        return (self.limits or NO_LIMITS).tighter(Limits(max_cost=f"{max(self.credit, Decimal(0)):f}"))


class Verdict(Struct, frozen=True, gc=False):
    """The answer to a station: idTokenInfo in our words."""

    status: str
    """AuthorizationStatusEnumType: Accepted, Blocked, Expired, Invalid, NoCredit, NotAtThisLocation, Unknown."""
    group: str | None = None
    cache_expiry: int | None = None
    evse_ids: tuple[int, ...] = ()
    """The EVSEs of the station it is good for; empty is all (C01.FR.19/.20)."""
    limits: Limits | None = None

    @property
    def accepted(self) -> bool:
        return self.status == "Accepted"


UNKNOWN = Verdict("Unknown")
ACCEPTED = Verdict("Accepted")


def key(token: str) -> str:
    """The form in which tokens are compared: an identifierString has no case."""
    return token.lower()


def same(one: str | None, other: str | None) -> bool:
    """Are these the same token? None is the same as none only."""
    return one is other or (one is not None and other is not None and one.lower() == other.lower())


def verdict(
    token: Token | None,
    *,
    now: int,
    presented: str = "",
    presented_type: str | None = None,
    station_id: str = "",
    site_id: int | None = None,
    evse_id: int | None = None,
    evse_ids: Sequence[int] = (),
    charging: int = 0,
    master_group: str = "",
    starts: bool = False,
) -> Verdict:
    """May this token charge here and now?

    `token` is what we know of `presented`, None if nothing. `evse_id` is the EVSE in question, None for "anywhere at
    the station" (an Authorize); `evse_ids` are all EVSEs of the station as far as known. `charging` counts the other
    transactions it is in; `starts`: it was used to begin one, which a token of the master pass group must not.
    """
    if token is None:
        # C02.FR.02: charging without authorisation is what the station was set up for
        return ACCEPTED if presented_type == NO_AUTHORIZATION and not presented else UNKNOWN
    status = STATUSES.get(token.status, "Invalid")
    expired = token.expires_at is not None and token.expires_at <= now
    if status == "Accepted" and expired:
        status = "Expired"
    if status == "Accepted":
        status = _bounded(token, charging, starts and bool(master_group) and same(token.group, master_group))
    allowed: tuple[int, ...] = ()
    if status == "Accepted":
        status, allowed = _where(token, station_id, site_id, evse_id, evse_ids)
    limits = token.bounds if status == "Accepted" else None
    return Verdict(status, token.group, _cache_expiry(token, status, now), allowed, limits)


def _bounded(token: Token, charging: int, breaks_in: bool) -> str:
    """What its credit, its other transactions and its group say."""
    if breaks_in:
        return "Invalid"  # C16.FR.03: a master pass ends transactions, it never starts one
    if token.credit is not None and token.credit <= 0:
        return "NoCredit"
    return "ConcurrentTx" if token.concurrent is not None and charging >= token.concurrent else "Accepted"


def _where(
    token: Token, station_id: str, site_id: int | None, evse_id: int | None, evse_ids: Sequence[int]
) -> tuple[str, tuple[int, ...]]:
    """Status and EVSE list of a token that is good somewhere."""
    if token.site_ids is not None and site_id not in token.site_ids:
        return "NotAtThisLocation", ()  # C01.FR.22
    if token.evses is None:
        return "Accepted", ()
    here = [place.evse_id for place in token.evses if place.station_id == station_id]
    if None in here:
        return "Accepted", ()
    allowed = tuple(sorted({evse for evse in here if evse is not None}))
    if not allowed or (evse_id is not None and evse_id not in allowed):
        return "NotAtThisLocation", ()
    everywhere = bool(evse_ids) and set(evse_ids) <= set(allowed)
    return "Accepted", () if everywhere else allowed  # C01.FR.19/.20


def _cache_expiry(token: Token, status: str, now: int) -> int | None:
    """Until when the station may trust this verdict without asking; None leaves it to the station."""
    if token.credit is not None or (status == "NoCredit" and token.cache_s is None):
        return now  # C17.FR.01/.02: it may be spent or topped up any minute
    until = None if token.cache_s is None else now + token.cache_s * 1_000_000
    if status == "Accepted" and token.expires_at is not None:
        return token.expires_at if until is None else min(until, token.expires_at)
    return until
