"""A01: a station's password. The station is told first; what it says decides which password the door takes.

| the station says           | the door takes                                    |
|----------------------------|---------------------------------------------------|
| Accepted                   | the new one only (A01.FR.03)                      |
| Rejected, and the like     | the old one only (A01.FR.04)                      |
| RebootRequired             | both, until it comes with the new one             |
| an error, nothing, nonsense| both, until it comes with one: then that one only |

This holds for every call of ours that carries a password, typed or raw.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from ohmstead.blocks.command import Ask, Calls, Command, Unsupported
from ohmstead.blocks.variables import SetVariables, VariableValue
from ohmstead.ocpp.masking import Password, password_in
from ohmstead.ocpp.rpc import CallError
from ohmstead.ocpp.versions import V16, V201
from ohmstead.store.credentials import Waits, write_later, write_not_done, write_refused, write_taken
from ohmstead.store.db import Db, Write
from ohmstead.store.sessions import Passwords, find_station

HEX = frozenset(string.hexdigits)
LONGEST_16 = LONGEST_201 = 40
"""Characters of an AuthorizationKey, and of a password in OCPP 2.0.1."""


NOT_DONE = frozenset({
    "NotImplemented", "NotSupported", "ProtocolError", "SecurityError", "FormationViolation", "FormatViolation",
    "PropertyConstraintViolation", "OccurenceConstraintViolation", "OccurrenceConstraintViolation",
    "TypeConstraintViolation", "MessageTypeNotSupported", "RpcFrameworkError",
})  # fmt: skip
"""Codes of a CALLERROR by which a station says that it has not done what it was asked."""


class SetPassword(Command):
    """Give the station another password. Both are taken only while it is not known whether the station uses it."""

    actions: ClassVar = ("SetVariables", "ChangeConfiguration")
    waits_offline: ClassVar[bool] = True
    password: Annotated[str, Meta(min_length=16, max_length=64)]

    async def prepare(self, ask: Ask, db: Db) -> None:
        """Raises Unsupported where a second unknown password could lock the station out."""
        station = await find_station(db, ask.station.tenant_id, ask.station.identity)
        if station is None or station.security_profile not in (1, 2):
            raise Unsupported("Only security profiles 1 and 2 have a password.")
        if station.next_password_hash is not None and station.next_password_waits == "answer":
            text = "The station has not said whether it took the last password: it must connect again first (reset it)."
            raise Unsupported(text)

    def to_v16(self, ask: Ask) -> Calls:
        if len(self.password) > LONGEST_16 or len(self.password) % 2 or not HEX.issuperset(self.password):
            raise Unsupported("In OCPP 1.6 a password is 16 to 40 hexadecimal digits, an even number.")
        return self._as(VariableValue(variable="AuthorizationKey", value=self.password.lower())).to_v16(ask)

    def to_v2(self, ask: Ask) -> Calls:
        if ask.version is V201 and len(self.password) > LONGEST_201:
            raise Unsupported(f"In OCPP 2.0.1 a password has at most {LONGEST_201} characters.")
        value = VariableValue(component="SecurityCtrlr", variable="BasicAuthPassword", value=self.password)
        return self._as(value).to_v2(ask)

    def _as(self, value: VariableValue) -> SetVariables:
        return SetVariables(variables=[value])


class Offer(Struct, frozen=True):
    """A password on its way to the station."""

    hash: str
    waits: Waits

    def taken(self, answer: Any) -> bool:
        """Whether this typed answer says that the station uses it now."""
        return self.waits == "answer" and answer is not None and _status(answer) == "Accepted"


def offer(ask: Ask, action: str, payload: bytes, passwords: Passwords) -> Offer | None:
    """The password that this call carries, if any."""
    found = password_in(action, payload)
    if found is None:
        return None
    return Offer(passwords.hash(ask.station.identity, _spelled(ask, found)), "restart" if found.later else "answer")


def _spelled(ask: Ask, found: Password) -> bytes:
    """An AuthorizationKey is hexadecimal: upper and lower case are the same bytes, and the door knows either whole."""
    text = found.text
    mixed = text not in (text.lower(), text.upper())
    return (text.lower() if ask.version is V16 and mixed and HEX.issuperset(text) else text).encode()


def settled(offer: Offer, answer: Any, now: int, error: CallError | None = None) -> Callable[[Write], None] | None:
    """What to store after the typed answer to the call that carried the password, or the error in its place; None (the
    answer, too): nothing is known, so both stay."""
    if error is not None and not error.ours and error.code in NOT_DONE:
        return lambda write: write_not_done(write, offer.hash, now)
    status = None if answer is None else _status(answer)
    if status is None:
        return None
    if offer.taken(answer):
        return lambda write: write_taken(write, offer.hash, now)
    if status == "RebootRequired":
        return lambda write: write_later(write, offer.hash)
    return None if status == "Accepted" else lambda write: write_refused(write, offer.hash)


def _status(answer: Any) -> str | None:
    results = getattr(answer, "set_variable_result", None)
    if results is None:
        status: str = answer.status
        return status
    said = [one.attribute_status for one in results if one.variable.name.lower() == "basicauthpassword"]
    return said[-1] if said else None
