"""Passwords in OCPP messages: found, and masked wherever a message is kept or shown."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from typing import Any, NamedTuple

import msgspec

MASK = "***"
_FIELDS = frozenset({"basicAuthPassword", "password", "apnPassword"})
"""Fields that hold one (SetNetworkProfile: basicAuthPassword, vpn.password, apn.apnPassword)."""
_JWS = frozenset({"payload", "protected", "signature"})
"""Members of a signed message (signing.py)."""
_NAMES = frozenset({"basicauthpassword", "authorizationkey", "apnpassword", "vpnpassword", "password"})
"""Variables and keys of which the value is one."""
_VALUES = frozenset({"value", "attributeValue", "actualValue", "variableAttribute"})
_ESCAPED_LETTERS = ("\\u004", "\\u005", "\\u006", "\\u007")
_HINTS = ('"protected"', "password", "authorization", "authorisation", "authkey", *_ESCAPED_LETTERS)
"""In lower case; an escaped letter, because with it every word can be spelled (`p\\u0061ssword`)."""
_FIRST_HINT = re.compile("|".join(map(re.escape, _HINTS)), re.IGNORECASE)
"""Where they begin; to ask whether there is one it would take ten times as long."""

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def may_hold_secrets(text: str) -> bool:
    """Whether it is worth reading: nearly all messages are not."""
    lower = text.lower()
    for hint in _HINTS:  # noqa: SIM110  (each message that is logged comes here, and any() takes three times as long)
        if hint in lower:
            return True
    return False


def masked(text: str) -> str:
    """A message, or any other JSON, with `***` for every password; what cannot be read is masked from the first word
    that sounds like one."""
    if not may_hold_secrets(text):
        return text
    try:
        given = _decode(text)
        hidden = hide(given)
        return text if hidden == given else _encode(hidden).decode()
    except (msgspec.DecodeError, RecursionError):
        return _FIRST_HINT.split(text, maxsplit=1)[0] + MASK


def hide(value: Any) -> Any:
    """The same with `***` for every password in it."""
    if isinstance(value, list):
        return [hide(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() >= _JWS and _signs_secret(value["payload"]):
        return {**value, "payload": MASK}
    secret = _is_secret(value)
    return {
        name: _hidden(part) if (name in _FIELDS and not isinstance(part, dict)) or (secret and name in _VALUES)
        else hide(part) for name, part in value.items()
    }  # fmt: skip


def _signs_secret(payload: Any) -> bool:
    """Whether this member of a flattened JWS, base64url of JSON, holds a password; so does what cannot be read."""
    try:
        given = _decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (TypeError, ValueError, RecursionError):
        return True
    return bool(hide(given) != given)


def _is_secret(entry: dict[str, Any]) -> bool:
    """Whether this tells of a variable (2.x) or key (1.6) that is a password."""
    variable = entry.get("variable")
    name = variable.get("name") if isinstance(variable, dict) else entry.get("key", variable)
    return isinstance(name, str) and name.lower() in _NAMES


def _hidden(value: Any) -> Any:
    if isinstance(value, list):
        return [_hidden(one) for one in value]
    if isinstance(value, dict):
        return {name: _hidden(part) if name in _VALUES else part for name, part in value.items()}
    return value if value is None or isinstance(value, bool) else MASK  # some stations write numbers without quotes


class Password(NamedTuple):
    """The Basic password that a call gives to a station."""

    text: str
    later: bool
    """It is used only after the station starts anew, or uses that slot."""


def password_in(action: str, payload: bytes) -> Password | None:
    """The password that this call of ours sets, in whatever of the ways there are."""
    if not may_hold_secrets(payload.decode(errors="replace")):
        return None
    given = _decode(payload)
    found: list[Password] = []
    if action == "ChangeConfiguration" and str(given.get("key", "")).lower() == "authorizationkey":
        found = [Password(given["value"], False)]
    elif action == "SetVariables":
        found = [
            Password(one["attributeValue"], one["component"]["name"].lower() == "networkconfiguration")
            for one in given.get("setVariableData", ())
            if one["variable"]["name"].lower() == "basicauthpassword"
        ]
    elif action == "SetNetworkProfile" and "basicAuthPassword" in given.get("connectionData", {}):
        found = [Password(given["connectionData"]["basicAuthPassword"], True)]
    return found[-1] if found else None
