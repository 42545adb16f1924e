"""Which words of a message belong to OCPP itself: names of fields, values of enumerations, actions, error codes. All
others come from people and machines."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, NamedTuple

from ohmstead.ocpp import rpc
from ohmstead.ocpp.schemas import files
from ohmstead.ocpp.versions import VERSIONS


class Words(NamedTuple):
    """`fields`: every property of every message; `values`: property -> the values of its enumerations; `times`: the
    properties that are times; `any_value`: all values of all enumerations."""

    fields: frozenset[str]
    values: dict[str, frozenset[str]]
    times: frozenset[str]
    any_value: frozenset[str]
    actions: frozenset[str]
    codes: frozenset[str]


@cache
def words() -> Words:
    """The words of OCPP 1.6, 2.0.1 and 2.1, out of the official schemas."""
    values: dict[str, set[str]] = {}
    times: set[str] = set()
    fields: set[str] = set()
    actions: set[str] = set()
    for version in VERSIONS:
        for (action, _), path in files(version).items():
            actions.add(action)
            schema = json.loads(path.read_text("utf-8-sig"))
            for name, part in _properties(schema):
                fields.add(name)
                part = _resolved(part, schema.get("definitions", {}))
                if "enum" in part:
                    values.setdefault(name, set()).update(map(str, part["enum"]))
                if part.get("format") == "date-time":
                    times.add(name)
    return Words(
        frozenset(fields),
        {name: frozenset(known) for name, known in values.items()},
        frozenset(times),
        frozenset().union(*values.values()),
        frozenset(actions),
        rpc.CODES_2 | rpc.CODES_16 | {"FormationViolation"},
    )


def _properties(schema: Any) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for value in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        found += _properties(value)
    if isinstance(schema, dict) and isinstance(schema.get("properties"), dict):
        found += [(name, part) for name, part in schema["properties"].items() if isinstance(part, dict)]
    return found


def _resolved(part: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """What a property is, or of what it is a list."""
    for _ in range(4):
        if "$ref" in part:
            part = definitions.get(part["$ref"].rpartition("/")[2], {})
        elif isinstance(part.get("items"), dict):
            part = part["items"]
    return part
