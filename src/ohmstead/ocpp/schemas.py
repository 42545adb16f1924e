"""The official JSON schemas of OCPP, and what they say about one payload.

The files are data inside the PyPI package `ocpp`; its code is never imported. A schema is read and compiled when it is
first asked for: that is after a first refusal by the typed decoder, for a raw command, or for a form.
"""

from __future__ import annotations

import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import jsonschema_rs

from ohmstead.ocpp.base import pointer
from ohmstead.ocpp.versions import Version

Kind = Literal["request", "response"]

LIMIT = 200
"""A payload may be full of problems; nobody reads more than this."""


class UnknownMessage(LookupError):
    """This version of OCPP has no such message."""

    def __init__(self, version: Version, action: str, kind: Kind) -> None:
        super().__init__(f"OCPP {version.name} has no {kind} {action[:50]!r}")


class Problem(NamedTuple):
    """One thing a schema has against a payload; neither field ever repeats the payload's values."""

    pointer: str
    """JSON pointer to the value at fault: for `required` the missing member, for `additionalProperties` the extra."""
    keyword: str
    """The keyword of the schema that is violated."""
    message: str
    """The rule in plain words."""


def problems(version: Version, action: str, kind: Kind, payload: object) -> list[Problem]:
    """The problems of a parsed `payload`, empty when it conforms; raises UnknownMessage.

    Every version is judged by the rules of JSON Schema draft 7, so `7.0` is an integer in 1.6 too, whose files name
    draft 4. Formats count. Numbers are judged by their decimal text: 8.1 is a multiple of 0.1. Of a long payload only
    the first problems are told, never more than LIMIT.
    """
    validator = _validator(version, action, kind)
    if validator.is_valid(payload):
        return []
    # All errors of a payload are made at once, at some 40 us each: without the cut, 1 MB of `{}` would take a minute.
    errors = list(validator.iter_errors(_beginning(payload, [LIMIT])))
    if not errors:
        try:
            validator.validate(payload)
        except jsonschema_rs.ValidationError as error:
            errors = [error]
    return [problem for error in errors for problem in _problems_of(error)][:LIMIT]


def _beginning(value: object, room: list[int]) -> object:
    """`value` with its lists cut so that about `room` objects and items are left, each list with one at least."""
    if isinstance(value, dict):
        room[0] -= 1
        return {key: _beginning(member, room) for key, member in value.items()}
    if isinstance(value, list):
        kept = []
        for item in value:
            kept.append(_beginning(item, room))
            room[0] -= 1
            if room[0] <= 0:
                break
        return kept
    return value


@cache
def schema(version: Version, action: str, kind: Kind) -> dict[str, Any]:
    """The official schema of one message, as published; do not change it. Raises UnknownMessage."""
    try:
        path = files(version)[action, kind]
    except KeyError:
        raise UnknownMessage(version, action, kind) from None
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8-sig"))
    return document


@cache
def files(version: Version) -> dict[tuple[str, Kind], Path]:
    """Where the schema of each (action, kind) of `version` lies on disk."""
    found: dict[tuple[str, Kind], Path] = {}
    for path in sorted(_folder(version).glob("*.json")):
        action = path.stem.removesuffix("Response")
        kind: Kind = "request" if action == path.stem else "response"
        found[action.removesuffix("Request"), kind] = path
    return found


def _folder(version: Version) -> Path:
    spec = importlib.util.find_spec("ocpp")  # finds the package without running it
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the package `ocpp`, which carries the official schemas, is not installed")
    return Path(spec.submodule_search_locations[0]) / version.key / "schemas"


@cache
def _validator(version: Version, action: str, kind: Kind) -> jsonschema_rs.Draft7Validator:
    document = {key: value for key, value in schema(version, action, kind).items() if key not in ("$schema", "$id")}
    return jsonschema_rs.Draft7Validator(document, validate_formats=True)


def _problems_of(error: jsonschema_rs.ValidationError) -> list[Problem]:
    keyword, details = error.kind.name, error.kind.as_dict()
    path = list(error.instance_path)
    match keyword:
        case "additionalProperties":
            return [
                Problem(pointer([*path, name]), keyword, "is not a known field")
                for name in details["unexpected"][:LIMIT]
            ]
        case "required":
            return [Problem(pointer([*path, details["property"]]), keyword, "is missing")]
    return [Problem(pointer(path), keyword, _rule(keyword, details))]


_WORDS = {
    "type": "must be of type {}",
    "enum": "must be one of {}",
    "format": "is not a valid {}",
    "maxLength": "is longer than {} characters",
    "minLength": "is shorter than {} characters",
    "maxItems": "has more than {} items",
    "minItems": "has fewer than {} items",
    "maximum": "is more than {}",
    "minimum": "is less than {}",
    "multipleOf": "is not a multiple of {}",
}


def _rule(keyword: str, details: dict[str, Any]) -> str:
    limit = next(iter(details.values()), "")
    text = ", ".join(map(str, limit)) if isinstance(limit, list) else str(limit)
    return _WORDS.get(keyword, keyword + " {}").format(text)
