"""Payloads between JSON and the typed messages of one OCPP version.

The typed decoder decides every good message and nothing else runs. Only what it refuses goes before the official
schema, which clears the few things JSON Schema allows and the decoder does not (7.0 for an integer, a leap second).
What the schema refuses too is either odd but readable (an unknown field, null for nothing, a time without a zone):
repaired, decoded and reported as findings unless `strict`; or it is Refused, with the code the version has for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from ohmstead.ocpp import schemas
from ohmstead.ocpp.base import Message, Time, check, pointer, require_storable
from ohmstead.ocpp.schemas import Kind, Problem
from ohmstead.ocpp.versions import Version

MAX_FINDINGS = 20
"""A message with a thousand unknown fields is reported by its first ones."""

UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeError)


class Refused(Exception):
    """A payload that cannot be taken: what a CALLERROR says about it.

    `code` is in the spelling of the version, `description` at most 255 characters; neither it nor `details` repeats
    values of the payload.
    """

    def __init__(self, version: Version, code: str, description: str, details: dict[str, Any] | None = None) -> None:
        if version.dialect == "v16":
            code = _SPELLED_16.get(code, code)
        self.code, self.description, self.details = code, description[:255], details or {}
        super().__init__(f"{code}: {self.description}")


class Finding(NamedTuple):
    """Something odd in a message that was taken all the same."""

    code: str
    """unknown_field, null_field, empty_field, time_without_zone or custom_data_without_vendor."""
    text: str
    """JSON pointer to the place."""


_SPELLED_16: Final = {
    "FormatViolation": "FormationViolation",
    "OccurrenceConstraintViolation": "OccurenceConstraintViolation",
}
"""1.6 misspells two codes, and its errata keep it so."""

_CODES: Final = {
    "required": "OccurrenceConstraintViolation",
    "minItems": "OccurrenceConstraintViolation",
    "maxItems": "OccurrenceConstraintViolation",
    "additionalProperties": "FormatViolation",
    "type": "TypeConstraintViolation",
}
"""Keyword of the schema -> error code (OCPP-J 4.3); all others are PropertyConstraintViolation."""

Decoded = tuple[Any, tuple[Finding, ...]]


def decode_request(
    version: Version, action: str, payload: bytes | str | msgspec.Raw, *, strict: bool = False
) -> Decoded:
    """The typed request `<action>Request` in `payload`, and what was odd about it; raises Refused.

    An action that `version` does not have is Refused with NotImplemented. With `strict` nothing odd is taken.
    """
    return _decode(version, action, "request", payload, strict)


def decode_response(
    version: Version, action: str, payload: bytes | str | msgspec.Raw, *, strict: bool = False
) -> Decoded:
    """The typed answer `<action>Response` in `payload`, and what was odd about it; raises Refused."""
    return _decode(version, action, "response", payload, strict)


def encode(message: Any) -> bytes:
    """`message` (a struct or plain values) as JSON; its times in UTC with a Z and three decimals (OCPP-J, Part 2 3.1).

    Raises ValueError for a time without a zone. Constraints are not checked.
    """
    text = _encoder.encode(message)
    if not _ODD_TIME.search(text):
        return text
    return _encoder.encode(_with_times_as_text(msgspec.to_builtins(message, builtin_types=(datetime,))))


_encoder: Final = msgspec.json.Encoder(decimal_format="number")
_ODD_TIME: Final = re.compile(rb"\d\dT\d\d:\d\d:\d\d(?!\.\d{3}Z)")
"""A time that is not written as we write it; who is in a hurry puts its text into the message (`runtime.rfc3339`)."""


def _with_times_as_text(value: Any) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
    if isinstance(value, dict):
        return {key: _with_times_as_text(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_with_times_as_text(item) for item in value]
    return value


_decoders: Final[dict[tuple[str, str, Kind], msgspec.json.Decoder[Message]]] = {}


def _decode(version: Version, action: str, kind: Kind, payload: bytes | str | msgspec.Raw, strict: bool) -> Decoded:
    decoder = _decoders.get((version.key, action, kind)) or _new_decoder(version, action, kind)
    text = payload if isinstance(payload, bytes) else _as_bytes(version, payload)
    if b"\\" not in text or b"\\u0000" not in text:  # one byte is found far faster than six
        try:
            return decoder.decode(text), ()
        except UNREADABLE:
            pass  # the schema has the last word
    return _judged(version, action, kind, text, strict)


def _new_decoder(version: Version, action: str, kind: Kind) -> msgspec.json.Decoder[Message]:
    message: type[Message] | None = getattr(version.messages, action + kind.capitalize(), None)
    if action not in version.messages.ACTIONS or message is None:
        raise Refused(version, "NotImplemented", f"OCPP {version.name} has no {kind} {action[:50]}")
    decoder = _decoders[version.key, action, kind] = msgspec.json.Decoder(message, dec_hook=check)
    return decoder


def _as_bytes(version: Version, payload: str | msgspec.Raw) -> bytes:
    try:
        return payload.encode() if isinstance(payload, str) else bytes(payload)
    except UnicodeError:
        raise Refused(version, "FormatViolation", "not UTF-8") from None


def _judged(version: Version, action: str, kind: Kind, text: bytes, strict: bool) -> Decoded:
    """The message in a `text` that the decoder would not take."""
    value = _parsed(version, text)
    readable, findings = _readable(value, schemas.schema(version, action, kind))
    if strict and findings:
        raise _refusal(version, schemas.problems(version, action, kind, value))
    if problems := schemas.problems(version, action, kind, readable):
        raise _refusal(version, problems)
    message = getattr(version.messages, action + kind.capitalize())
    try:
        # The schema has vouched for every type, so all that `strict=False` can add is 7.0 for an integer.
        return msgspec.convert(readable, message, strict=False, dec_hook=check), findings
    except msgspec.ValidationError as error:
        raise Refused(version, "PropertyConstraintViolation", str(error)) from None


def _parsed(version: Version, text: bytes) -> Any:
    try:
        value = msgspec.json.decode(text)
    except RecursionError:
        raise Refused(version, "FormatViolation", "nested too deep") from None
    except UNREADABLE as error:
        reason = "not UTF-8" if isinstance(error, UnicodeError) else str(error)
        raise Refused(version, "FormatViolation", reason) from None
    try:
        require_storable(value)
    except ValueError as error:
        raise Refused(version, "PropertyConstraintViolation", str(error)) from None
    return value


def _refusal(version: Version, problems: Sequence[Problem]) -> Refused:
    order = [*_CODES]
    first = min(problems, key=lambda problem: order.index(problem.keyword) if problem.keyword in _CODES else len(order))
    place = first.pointer[:100] or "the payload"
    description = f"{first.keyword}: {place} {first.message}"
    named = [f"{problem.keyword}: {problem.pointer[:100]}" for problem in problems[:5]]
    return Refused(version, _CODES.get(first.keyword, "PropertyConstraintViolation"), description, {"problems": named})


def _readable(value: Any, schema: dict[str, Any]) -> tuple[Any, tuple[Finding, ...]]:
    """`value` without what is odd in it, and what that was."""
    if value is None or value == []:
        return {}, (Finding("empty_field", ""),)  # how some stations write a payload without members
    mender = _Mender(schema.get("definitions", {}))
    return mender.mended(value, schema, ""), tuple(mender.findings)


class _Mender:
    """One walk over a payload beside its schema. It mends and judges nothing: the schema has the last word."""

    def __init__(self, definitions: dict[str, dict[str, Any]]) -> None:
        self.definitions = definitions
        self.findings: list[Finding] = []

    def mended(self, value: Any, schema: dict[str, Any], place: str) -> Any:
        if "$ref" in schema:
            schema = self.definitions[schema["$ref"].rpartition("/")[2]]
        if isinstance(value, dict) and "properties" in schema:
            return self.mended_object(value, schema, place)
        if isinstance(value, list) and "items" in schema:
            return [self.mended(item, schema["items"], f"{place}/{index}") for index, item in enumerate(value)]
        if isinstance(value, str) and schema.get("format") == "date-time":
            return self.mended_time(value, place)
        return value

    def mended_object(self, value: dict[str, Any], schema: dict[str, Any], place: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for name, member in value.items():
            here = place + pointer([name])
            part = schema["properties"].get(name)
            if part is None and schema.get("additionalProperties") is False:
                self.found("unknown_field", here)
            elif part is None:
                result[name] = member
            elif name not in schema.get("required", ()) and (code := self.nothing(member, part)):
                self.found(code, here)
            else:
                result[name] = self.mended(member, part, here)
        if place.endswith("/customData") and "vendorId" not in value:
            self.found("custom_data_without_vendor", place)
            result["vendorId"] = ""
        return result

    def nothing(self, value: Any, schema: dict[str, Any]) -> str | None:
        """The finding when `value` is a way of saying nothing that `schema` does not know."""
        if "$ref" in schema:
            schema = self.definitions[schema["$ref"].rpartition("/")[2]]
        if value is None and "type" in schema:
            return "null_field"
        if (value == [] and schema.get("minItems")) or (value == {} and schema.get("required")):
            return "empty_field"
        return None

    def mended_time(self, value: str, place: str) -> str:
        """A time in the one form that the schema and the decoder both take; what is no time stays as it is."""
        if leap := _LEAP.fullmatch(value):
            return f"{leap[1]}59.999999{leap[2]}"
        if at := _time(value):
            return at.isoformat()
        if at := _time(value + "Z"):
            self.found("time_without_zone", place)
            return at.isoformat()
        return value

    def found(self, code: str, place: str) -> None:
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(code, place[:200]))


_LEAP: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:)60(?:\.\d+)?(Z|[+-]\d\d:\d\d)")
"""Python's datetime has no second 60: it becomes the last moment of second 59."""


def _time(text: str) -> datetime | None:
    try:
        return msgspec.convert(text, Time)
    except msgspec.ValidationError:
        return None
