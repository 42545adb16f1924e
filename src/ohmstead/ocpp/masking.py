"""Secrets in OCPP messages: found, and masked wherever a message is kept or shown.

What a secret is called stands in `secret_names`. It is masked as the value of a variable or key, as a field of any
object, in JSON that is the text of a field (DataTransfer), and in a URL (`ftp://user:password@host`).
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from typing import Any, NamedTuple

import msgspec

from ohmstead.secret_names import HINTS, is_secret_name

MASK = "***"
_JWS = frozenset({"payload", "protected", "signature"})
"""Members of a signed message (signing.py)."""
_TYPED = frozenset({"idToken", "token"})
_VALUES = frozenset({"value", "attributeValue", "actualValue", "variableAttribute"})
_ESCAPED = ("\\u002f", "\\u003a", "\\u004", "\\u005", "\\u006", "\\u007")
_WORDS = ('"protected"', *HINTS, "authorization", "authorisation", "authkey", '"vpn"', "keycode", *_ESCAPED)
"""In lower case; an escaped letter, because with it every word can be spelled (`p\\u0061ssword`)."""
_MARKS = (*_WORDS, "://", ":\\/\\/")
_FIRST_WORD = re.compile("|".join(map(re.escape, _WORDS)), re.IGNORECASE)
"""Where they begin; to ask whether there is one it would take ten times as long."""
_LOGIN = re.compile(r"(:(?:\\?/){2}[^/?#\s:@\"\\]*):[^/?#\s@\"]*@")
"""The part of a URL that names user and password."""
_LINK = re.compile(r"(/files/(?:upload|download)/[^/\s\"]{1,60}/)[0-9a-f]{40}")
"""A link to our file store: whoever knows its secret may bring or fetch a file (store/links.py)."""

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def may_hold_secrets(text: str) -> bool:
    """Whether it is worth reading: nearly all messages are not."""
    lower = text.lower()
    for mark in _MARKS:  # noqa: SIM110  (each message that is logged comes here, and any() takes three times as long)
        if mark in lower:
            return True
    return False


def masked(text: str) -> str:
    """A message, or any other JSON, with `***` for every secret; what cannot be read is masked from the first word
    that sounds like one."""
    if not may_hold_secrets(text):
        return text
    try:
        given = _decode(text)
        hidden = hide(given)
        return text if hidden == given else _encode(hidden).decode()
    except (msgspec.DecodeError, RecursionError):
        kept = _LINK.sub(rf"\1{MASK}", _LOGIN.sub(rf"\1:{MASK}@", text))
        head = _FIRST_WORD.split(kept, maxsplit=1)[0]
        return head if head == kept else head + MASK


def hide(value: Any) -> Any:
    """The same with `***` for every secret in it."""
    if isinstance(value, str):
        return _hide_text(value)
    if isinstance(value, list):
        return [hide(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() >= _JWS and _signs_secret(value["payload"]):
        return {**value, "payload": MASK}
    secret = _tells_secret(value)
    if "KeyCode" in (value.get("type"), value.get("token_type")):  # a token that a person types: C04.FR.04
        value = {name: MASK if name in _TYPED else part for name, part in value.items()}
    return {
        name: _hidden(part) if _holds_secret(name, part) or (secret and name in _VALUES)
        else _hide_key(part) if name == "vpn" and isinstance(part, dict)
        else hide(part) for name, part in value.items()
    }  # fmt: skip


def _hide_text(text: str) -> str:
    """A text that is JSON itself, or a URL with a password in it."""
    if "://" in text and "@" in text:
        text = _LOGIN.sub(rf"\1:{MASK}@", text)
    if "/files/" in text:
        text = _LINK.sub(rf"\1{MASK}", text)
    return masked(text) if text.lstrip()[:1] in ("{", "[") else text


def _holds_secret(name: str, part: Any) -> bool:
    """Whether a field of this name is one: SetNetworkProfile's basicAuthPassword, vpn.password, apn.simPin, and what
    vendors send. Objects are looked into instead."""
    return not isinstance(part, dict) and is_secret_name(name)


def _hide_key(vpn: dict[str, Any]) -> Any:
    """A network profile's VPN, whose shared secret is called no more than `key`."""
    return {name: _hidden(part) if name == "key" else part for name, part in hide(vpn).items()}


def _signs_secret(payload: Any) -> bool:
    """Whether this member of a flattened JWS, base64url of JSON, holds a secret; so does what cannot be read."""
    try:
        given = _decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (TypeError, ValueError, RecursionError):
        return True
    return bool(hide(given) != given)


def _tells_secret(entry: dict[str, Any]) -> bool:
    """Whether this tells of a variable (2.x), a key (1.6) or a word that is a secret."""
    variable = entry.get("variable")
    name = variable.get("name") if isinstance(variable, dict) else entry.get("key", entry.get("name", variable))
    return isinstance(name, str) and is_secret_name(name)


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
