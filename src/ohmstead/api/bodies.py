"""JSON bodies and query parameters into structs, with a pointer for each thing that is wrong."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec

from ohmstead.api.problems import Refused
from ohmstead.shapes.problem import Fault

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)
_AT = re.compile(r" - at `(?:key in )?(\$[^`]*)`$")


def decode(kind: type[T], body: bytes) -> T:
    """The struct `kind` that `body` holds. Raises Refused: bad-request for no JSON, invalid with a fault per field."""
    try:
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.ValidationError:
            given = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        detail = "The body is empty; JSON is expected." if not body else f"The body is not JSON: {error}"
        raise Refused("bad-request", detail) from None
    raise _refusal(faults(kind, given, strict=True))


@cache
def lists(kind: type[msgspec.Struct]) -> frozenset[str]:
    """The query parameters that may be given several times: lists, empty unless given."""
    return frozenset(field.encode_name for field in _fields(kind) if field.default_factory is list)


def decode_query(kind: type[S], query: Mapping[str, Any]) -> S:
    """The struct `kind` that the query parameters make; an unknown parameter is refused like a wrong one."""
    try:
        converted = msgspec.convert(query, kind, strict=False)
    except msgspec.ValidationError:
        found = faults(kind, query, strict=False)
    else:  # the text "null" becomes None, but a parameter is there or not, and never null
        fields = [field for field in _fields(kind) if getattr(converted, field.name) is None]
        found = [Fault(f"/{one.encode_name}", "must not be null") for one in fields if one.encode_name in query]
        if not found:
            return converted
    for fault in found:
        fault.location = "query"
    raise _refusal(found)


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(kind)


def refusal_of(error: msgspec.ValidationError) -> Refused:
    """The refusal for one error of msgspec."""
    return _refusal([_fault(error, "")])


def _refusal(found: list[Fault]) -> Refused:
    words = "; ".join(f"{fault.pointer or 'body'}: {fault.detail}" for fault in found)
    return Refused("invalid", words, found)


def faults(kind: Any, given: Any, *, strict: bool) -> list[Fault]:
    """What keeps `given` from being a `kind`: for a struct one fault per field, else the first one."""
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(given, Mapping)):
        return _first(kind, given, "", strict)
    found: list[Fault] = []
    known = {field.encode_name: field for field in _fields(kind)}
    config = kind.__struct_config__
    for name, field in known.items():
        if name in given:
            found += _first(field.type, given[name], f"/{_escaped(name)}", strict)
        elif field.required:
            found.append(Fault(f"/{name}", "required field is missing"))
    if config.forbid_unknown_fields:
        for name in given.keys() - known.keys() - {config.tag_field}:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            found.append(Fault(f"/{_escaped(name)}", f"unknown field{hint}"))
    return found or _first(kind, given, "", strict)


def _first(kind: Any, given: Any, base: str, strict: bool) -> list[Fault]:
    try:
        msgspec.convert(given, kind, strict=strict)
    except msgspec.ValidationError as error:
        return [_fault(error, base)]
    return []


def _fault(error: msgspec.ValidationError, base: str) -> Fault:
    text = str(error)
    at = _AT.search(text)
    return Fault(base + (_pointer(at[1]) if at else ""), _AT.sub("", text))


def _pointer(path: str) -> str:
    """A JSON pointer of msgspec's `$.a[0].b`."""
    return "".join("/" + _escaped(step) for step in re.findall(r"[^.\[\]$]+", path))


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
