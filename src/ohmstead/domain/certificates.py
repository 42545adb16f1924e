"""Which certificate opens the door for which station, and in plain words why another one does not.

Signatures are not this room's business: `pki.trust` finds the paths to a trusted root whose signatures hold. What a
path means is decided here, at every connection, because TLS itself does not look again when a session is resumed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from itertools import pairwise
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

DAY = 86_400_000_000
"""Microseconds."""

RENEW_BEFORE = 30 * DAY

Revoked = Mapping[str, AbstractSet[str]]
"""`key_sha256` of a CA -> the serial numbers that it has revoked."""


class Certificate(Struct, frozen=True, kw_only=True):
    """An X.509 certificate as far as rules and people look at it."""

    subject: str
    """RFC 4514."""
    issuer: str
    common_names: tuple[str, ...]
    organizations: tuple[str, ...]
    serial_number: str
    """Lower-case hex without leading zeros."""
    sha256: str
    """Of the DER, lower-case hex."""
    key_sha256: str
    """Of the SubjectPublicKeyInfo. A CA is told by its key: a name can be given twice, and a signature re-encoded."""
    not_before: int
    not_after: int


class Holder(Struct, frozen=True, kw_only=True):
    """The station that a certificate must belong to."""

    identity: str
    serial_number: str | None
    """As registered."""
    rule: Literal["serial_number", "identity"] = "serial_number"
    """What its certificates carry as common name (A00.FR.405: the serial number; many vendors put the identity)."""
    organizations: tuple[str, ...]
    """One of them must be the certificate's O= (A00.FR.404)."""
    allow_expired_days: int = 0
    """For how long an expired certificate still opens the door, to be renewed at once (A00.FR.429)."""
    gateway: str | None = None
    """Common name of the local controller that connects for it, with its own certificate."""
    factory_organizations: tuple[str, ...] = ()
    """Manufacturers whose factory certificates open the door, to be replaced at once (A00.FR.804 to .807)."""

    @property
    def common_name(self) -> str | None:
        """What its certificate must name; None while the serial number is not registered."""
        return self.identity if self.rule == "identity" else self.serial_number


class Accepted(Struct, frozen=True):
    """The door opens."""

    certificate: Certificate
    authority: str
    """`key_sha256` of the CA that issued it: with its serial number the name under which it can be revoked."""
    renewal_only: bool = False
    """Let in to get another one, for it has expired or is the factory's: the boot is answered Pending and the renewal
    triggered at once (A00.FR.429, .806)."""
    of_gateway: bool = False
    """It is the certificate of the local controller that connects for the station, and says nothing of its own ones."""


class Refused(Struct, frozen=True):
    """The door stays shut."""

    code: str
    """Snake case, for programs."""
    reason: str
    """For the person who has to do something about it."""


def judge(path: Sequence[Certificate], holder: Holder, revoked: Revoked, now: int) -> Accepted | Refused:
    """Judge a path (the station's certificate first, the trusted root last; each issued by the next)."""
    own = path[0]
    of_gateway = holder.gateway is not None and own.common_names == (holder.gateway,) != (holder.common_name,)
    if of_gateway:  # nothing can be renewed through it
        holder = replace(holder, allow_expired_days=0, factory_organizations=())
    refused = _revoked(path, revoked) or _dated(path, holder, now) or _named(own, holder)
    if refused is not None:
        return refused
    if of_gateway:
        return Accepted(own, path[1].key_sha256, of_gateway=True)
    of_factory = own.organizations[0] in holder.factory_organizations
    return Accepted(own, path[1].key_sha256, renewal_only=of_factory or now > own.not_after)


def judge_signer(
    not_before: int, not_after: int, revoked_at: int | None, allowed_days: int, dated: int | None, now: int
) -> Refused | None:
    """Why a certificate of the station does not vouch for a message that it has signed. One that was replaced still
    does, and so does an expired one for what is `dated` before its end: a station that was offline sends late."""
    if revoked_at is not None:
        return Refused("signed_by_revoked_key", f"The certificate of the key was revoked at {_time(revoked_at)}.")
    if now < not_before:
        return Refused("signed_by_early_key", f"The certificate of the key is not valid before {_time(not_before)}.")
    at = now if dated is None else min(dated, now)
    if at > not_after + allowed_days * DAY:
        return Refused("signed_by_expired_key", f"The certificate of the key expired at {_time(not_after)}.")
    return None


def renewal_begins(not_before: int, not_after: int) -> int:
    """When a certificate is to be renewed: a month before its end (A03.FR.02), or in the last third of a short life."""
    return not_after - min(RENEW_BEFORE, (not_after - not_before) // 3)


def may_be_given_again(state: str, not_before: int, not_after: int, now: int) -> bool:
    """Whether the station that sends the same signing request again gets the same certificate again."""
    return state not in ("retired", "revoked") and now < renewal_begins(not_before, not_after)


def judge_boot(holder: Holder, serial_number: str | None) -> Refused | None:
    """Refused when a station with a certificate boots under another serial number: its socket must be closed
    (B01.FR.11/.12). `serial_number` is chargingStation.serialNumber; 1.6: chargePointSerialNumber, else
    chargeBoxSerialNumber."""
    if holder.serial_number is None and holder.rule == "identity":
        return None
    if not serial_number:
        text = f"It boots without a serial number, but the one registered for it is {holder.serial_number!r}."
        return Refused("no_serial_number", text)
    if serial_number != holder.serial_number:
        text = f"It boots with the serial number {serial_number!r}, but registered is {holder.serial_number!r}."
        return Refused("wrong_serial_number", text)
    return None


def _revoked(path: Sequence[Certificate], revoked: Revoked) -> Refused | None:
    for one, authority in pairwise(path):
        if one.serial_number in revoked.get(authority.key_sha256, ()):
            text = f"{_shown(one)} was revoked; issue a new one with POST /stations/<id>/certificates."
            return Refused("revoked_certificate", text)
    return None


def _dated(path: Sequence[Certificate], holder: Holder, now: int) -> Refused | None:
    """Only the station's own certificate may be expired, and only where that is allowed; none may be of tomorrow."""
    for one in path:
        if now < one.not_before:
            text = f"{_shown(one)} is not valid before {_time(one.not_before)}."
            return Refused("certificate_not_yet_valid", text)
    for one in path[1:]:
        if now > one.not_after:
            text = f"The authority {one.subject} expired at {_time(one.not_after)}; it needs a successor."
            return Refused("expired_authority", text)
    own, allowed = path[0], holder.allow_expired_days
    if now > own.not_after + allowed * DAY:
        text = f"{_shown(own)} expired at {_time(own.not_after)}"
        if allowed:
            return Refused("expired_certificate", f"{text}, more than the {allowed} days ago that are allowed for it.")
        hint = "to let it in for a renewal, set allow_expired_certificate to a number of days"
        return Refused("expired_certificate", f"{text}; {hint}.")
    return None


def _named(own: Certificate, holder: Holder) -> Refused | None:
    known = (*holder.organizations, *holder.factory_organizations)
    if len(own.organizations) != 1 or own.organizations[0] not in known:
        wanted = " or ".join(repr(name) for name in holder.organizations)
        text = f"{_shown(own)} names the organization {_listed(own.organizations)}; it must be {wanted}."
        return Refused("wrong_organization", text)
    if holder.gateway is not None and own.common_names == (holder.gateway,):
        return None
    wanted_name = holder.common_name
    if wanted_name is None:
        text = f"No serial number is registered for {holder.identity}, and its certificate must name one."
        return Refused("no_serial_number_registered", text)
    if own.common_names == (wanted_name,):
        return None
    what = "identity" if holder.rule == "identity" else "serial number"
    text = f"{_shown(own)} has the common name {_listed(own.common_names)}; it must be the {what} {wanted_name!r}."
    if holder.rule == "serial_number" and own.common_names == (holder.identity,):
        text += " It names the identity: set certificate_cn to identity if that is how this station is meant to be."
    return Refused("wrong_common_name", text)


def _shown(one: Certificate) -> str:
    return f"The certificate {one.serial_number} of {one.issuer}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names) or "(none)"


def _time(at: int) -> str:
    return f"{datetime.fromtimestamp(at // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"
