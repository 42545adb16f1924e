"""The official schemas as data, and our verdict beside theirs on thousands of payloads made from them."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import pytest

from ohmstead.ocpp import schemas
from ohmstead.ocpp.base import INT64_MAX, INT64_MIN, check
from ohmstead.ocpp.codec import Refused, decode_request, decode_response, encode
from ohmstead.ocpp.schemas import Problem, UnknownMessage, problems, schema
from ohmstead.ocpp.versions import V16, V21, V201, VERSIONS, Version


def test_every_message_of_the_three_versions_is_there() -> None:
    kinds = [[kind for _, kind in schemas.files(version)] for version in VERSIONS]
    assert [len(found) for found in kinds] == [78, 128, 181]
    assert [found.count("request") for found in kinds] == [39, 64, 91]
    assert [len(version.messages.ACTIONS) for version in VERSIONS] == [39, 64, 91]
    assert ("NotifyPeriodicEventStream", "response") not in schemas.files(V21)


def test_a_schema_is_the_published_document() -> None:
    assert schema(V16, "BootNotification", "request")["title"] == "BootNotificationRequest"
    assert schema(V201, "Heartbeat", "response")["properties"].keys() == {"currentTime", "customData"}
    for action in ("Nope", "../v21/schemas/AFRRSignal", ""):
        with pytest.raises(UnknownMessage, match=r"OCPP 2\.0\.1 has no request"):
            schema(V201, action, "request")


def test_problems_name_the_place_and_the_rule_but_no_value() -> None:
    payload = {"reason": "secret", "colour": 1, "chargingStation": {"model": "secret" * 9, "a/b~": 1}}
    found = problems(V201, "BootNotification", "request", payload)
    assert {problem[:2] for problem in found} == {
        ("/reason", "enum"),
        ("/colour", "additionalProperties"),
        ("/chargingStation/a~1b~0", "additionalProperties"),
        ("/chargingStation/vendorName", "required"),
        ("/chargingStation/model", "maxLength"),
    }
    assert "secret" not in str(found)
    assert Problem("/chargingStation/model", "maxLength", "is longer than 20 characters") in found
    assert problems(V201, "Heartbeat", "request", 3) == [Problem("", "type", "must be of type object")]
    assert problems(V201, "Heartbeat", "request", {}) == []


def test_no_more_problems_than_anybody_reads() -> None:
    assert len(problems(V201, "Heartbeat", "request", {str(number): 1 for number in range(2000)})) == schemas.LIMIT
    report: dict[str, Any] = {"requestId": 1, "generatedAt": TIMES[0], "seqNo": 0, "reportData": [{}] * 5000}
    assert len(problems(V201, "NotifyReport", "request", report)) == schemas.LIMIT


def test_a_problem_far_inside_is_found() -> None:
    item = {"component": {"name": "a"}, "variable": {"name": "b"}, "variableAttribute": [{"value": "c"}]}
    report = {"requestId": 1, "generatedAt": TIMES[0], "seqNo": 0, "reportData": [*[item] * 999, {**item, "x": 1}]}
    assert problems(V201, "NotifyReport", "request", report) == [
        Problem("/reportData/999/x", "additionalProperties", "is not a known field")
    ]


def test_1_6_is_judged_by_the_same_draft_and_by_decimal_text() -> None:
    meter = {"connectorId": 1.0, "idTag": "a", "meterStart": 7.0, "timestamp": "2016-12-31T23:59:60Z"}
    assert problems(V16, "StartTransaction", "request", meter) == []
    (problem,) = problems(V16, "GetDiagnostics", "request", {"location": "/tmp"})
    assert problem == Problem("/location", "format", "is not a valid uri")


def test_the_code_of_the_package_that_carries_the_schemas_is_not_run() -> None:
    code = "import sys; from ohmstead.ocpp import schemas, versions; schemas.files(versions.V21)"
    code += "; assert 'ocpp' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


# --- payloads made from the schemas themselves ---------------------------------------------------------------------

TIMES = ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00.123Z", "2026-02-28T23:59:59.5+05:30", "1999-12-31t00:00:00-00:00")
NOT_TIMES = ("yesterday", "", "2026-02-30T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22", "2026-11-22T10:00Z", "1e3")
LOOSE_TIMES = ("2026-11-22 10:00:00Z", "2026-11-22T10:00:00+0100")
LEAP_SECOND = "2016-12-31T23:59:60Z"
URIS = ("ftp://user:pw@example.com:21/a%20b", "https://[::1]/x?y=z#w", "urn:a:b", "http://h/~x/@:!$&'()*+,;=", "a:")
NOT_URIS = ("", "/x", "http://a b", "http://h/%zz", "x y:", "http://h/é", "1a:b", "http://h/[", "h//:x")
WIDE = "\U0001f600"


class Place(NamedTuple):
    """One value inside a payload, and the schema it has to meet."""

    holder: Any
    key: Any
    schema: dict[str, Any]


class Maker:
    """Random payloads of one message: valid ones, and the same with one thing changed."""

    def __init__(self, version: Version, action: str, kind: schemas.Kind, dice: random.Random) -> None:
        self.schema = schema(version, action, kind)
        self.definitions = self.schema.get("definitions", {})
        self.dice = dice

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        return self.definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema

    def valid(self) -> Any:
        return self._value(self.schema, self.dice.choice((0.0, 0.3, 0.7)))

    def _value(self, schema: dict[str, Any], fullness: float) -> Any:
        schema, dice = self.resolved(schema), self.dice
        if "enum" in schema:
            return dice.choice(schema["enum"])
        match schema.get("type"):
            case "object":
                wanted = schema.get("required", ())
                made = {
                    name: self._value(part, fullness)
                    for name, part in schema.get("properties", {}).items()
                    if name in wanted or dice.random() < fullness
                }
                return made | {"x": [1.5, None, {"y": "z"}]} if schema.get("javaType") == "CustomData" else made
            case "array":
                most = min(schema.get("maxItems", 3), 3)
                count = dice.randint(min(schema.get("minItems", 0), most), most)
                return [self._value(schema["items"], fullness) for _ in range(count)]
            case "string":
                return self._text(schema)
            case "integer":
                low, high = int(schema.get("minimum", INT64_MIN)), int(schema.get("maximum", INT64_MAX))
                return dice.choice((low, high, min(max(low, 3), high)))
            case "number":
                low, high = schema.get("minimum", -1e9), schema.get("maximum", 1e9)
                return dice.choice((low, high, min(max(low, 8.1), high), min(max(low, 10), high)))
            case "boolean":
                return dice.random() < 0.5
            case _:
                return dice.choice((None, True, "x", 1, 1.5, [], {}, [{"a": [INT64_MAX]}]))

    def _text(self, schema: dict[str, Any]) -> str:
        if "format" in schema:
            return self.dice.choice({"date-time": TIMES, "uri": URIS}[schema["format"]])
        return self.dice.choice(("a", WIDE)) * self.dice.choice((0, 1, min(schema.get("maxLength", 9), 600)))

    def places(self, holder: Any, key: Any, schema: dict[str, Any]) -> Iterator[Place]:
        schema, value = self.resolved(schema), holder[key]
        yield Place(holder, key, schema)
        if schema.get("type") == "object":
            for name in value:
                yield from self.places(value, name, schema.get("properties", {}).get(name, {}))
        elif schema.get("type") == "array":
            for index in range(len(value)):
                yield from self.places(value, index, schema["items"])

    def changed(self) -> tuple[Any, Any]:
        """A payload with one change, and the value that was put in."""
        root = [self.valid()]
        place = self.dice.choice(list(self.places(root, 0, self.schema)))
        value = place.holder[place.key]
        new = self.dice.choice(list(self._changes(value, place.schema)))
        if new is msgspec.UNSET:
            del place.holder[place.key]
        else:
            place.holder[place.key] = new
        return (root[0] if root else {}), new

    def _changes(self, value: Any, schema: dict[str, Any]) -> Iterator[Any]:
        yield from (msgspec.UNSET, None, "", "7", 7, 7.0, 7.5, True, [], {}, ["x"], {"vendorId": "x"})
        if isinstance(value, dict):
            yield {**value, "unknown": 1}
            if value:
                yield {name: member for name, member in value.items() if name != self.dice.choice(list(value))}
        if isinstance(value, list) and value:
            yield value * (schema.get("maxItems", 3) + 1)
            yield value * (schema.get("maxItems", 3) // len(value))
        if schema.get("format") == "date-time":
            yield from (*NOT_TIMES, *LOOSE_TIMES, "2026-11-22T10:00:00", LEAP_SECOND)
        if schema.get("format") == "uri":
            yield from (*NOT_URIS, *URIS)
        if "maxLength" in schema:
            yield from (text * (schema["maxLength"] + more) for text in ("a", "é", WIDE) for more in (0, 1))
        if "enum" in schema:
            yield from (schema["enum"][0].upper() + "x", schema["enum"][0] + " ")
        if "number" in str(schema.get("type")) or schema.get("type") == "integer":
            low, high = int(schema.get("minimum", INT64_MIN)), int(schema.get("maximum", INT64_MAX))
            yield from (low, high, low - 1, high + 1, 8.1, 8.15, 0.30000000000000004, -0.5, 100.5, 1e300)


# The only places where our verdict is not the schema's, and why.
TAKEN_THOUGH_WRONG = LOOSE_TIMES
"""Stations write times like that, and nobody can read them in two ways."""
REFUSED_THOUGH_RIGHT = (INT64_MAX + 1, INT64_MIN - 1, 1e300)
"""No database keeps an integer outside int64 (1e300 is one to the schema)."""
SEEN_AT_SECOND_GLANCE = (7.0, LEAP_SECOND)
"""Valid and taken, but only after the schema was asked: 7.0 for an integer, the second 60."""


def messages(version: Version) -> list[tuple[str, schemas.Kind]]:
    return sorted(schemas.files(version))


def taken(version: Version, action: str, kind: schemas.Kind, text: bytes) -> bool:
    decode = decode_request if kind == "request" else decode_response
    try:
        decode(version, action, text, strict=True)
    except Refused:
        return False
    return True


def mended_or_refused(version: Version, action: str, kind: schemas.Kind, text: bytes) -> bool:
    """Whether what is taken when we are lenient is a valid message in the end."""
    decode = decode_request if kind == "request" else decode_response
    try:
        message, _ = decode(version, action, text)
    except Refused:
        return True
    return not problems(version, action, kind, json.loads(encode(message)))


def taken_at_once(version: Version, action: str, kind: schemas.Kind, text: bytes) -> bool:
    message = getattr(version.messages, action + kind.capitalize())
    try:
        msgspec.json.decode(text, type=message, dec_hook=check)
    except msgspec.ValidationError:
        return False
    return True


def among(value: Any, exceptions: tuple[Any, ...]) -> bool:
    return any(type(value) is type(other) and value == other for other in exceptions)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_the_verdict_is_the_schema_s(version: Version) -> None:
    dice = random.Random(version.name)
    counts = {True: 0, False: 0}
    for action, kind in messages(version):
        maker = Maker(version, action, kind, dice)
        for payload, new in [(maker.valid(), ""), (maker.valid(), ""), *(maker.changed() for _ in range(40))]:
            text = msgspec.json.encode(payload)
            right = not problems(version, action, kind, json.loads(text))
            counts[right] += 1
            where = (version.name, action, kind, text, new)
            assert mended_or_refused(version, action, kind, text), where
            if among(new, REFUSED_THOUGH_RIGHT):
                assert right or not taken(version, action, kind, text), where
                continue
            expected = right or (among(new, TAKEN_THOUGH_WRONG) and taken_at_once(version, action, kind, text))
            assert taken(version, action, kind, text) == expected, where
            if not among(new, SEEN_AT_SECOND_GLANCE):
                assert taken_at_once(version, action, kind, text) == expected, where
    assert min(counts.values()) > 400


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_what_was_decoded_encodes_to_a_valid_payload_that_decodes_to_the_same(version: Version) -> None:
    dice = random.Random(version.name)
    for action, kind in messages(version):
        decode = decode_request if kind == "request" else decode_response
        message, findings = decode(version, action, msgspec.json.encode(Maker(version, action, kind, dice).valid()))
        text = encode(message)
        assert findings == ()
        assert problems(version, action, kind, json.loads(text)) == []
        assert decode(version, action, text) == (message, ())
