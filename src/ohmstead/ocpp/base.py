"""What the generated messages stand on: one base struct, and the few types JSON Schema has and msgspec has not.

`check(type, value)` is the decoder's hook for those types (`msgspec.json.Decoder(..., dec_hook=check)`). What decodes
can be stored anywhere: no NUL and no integer outside int64 gets in, not even where a schema allows any value.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from msgspec import Meta, Struct

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

Integer: TypeAlias = Annotated[int, Meta(ge=INT64_MIN, le=INT64_MAX)]
Natural: TypeAlias = Annotated[int, Meta(ge=0, le=INT64_MAX)]
Time: TypeAlias = Annotated[datetime, Meta(tz=True)]
"""`format: date-time`: with a zone. A space for the T and an offset without colon are read too; stations write them."""

_PCHAR = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})"
_HOST = r"(?:\[[A-Za-z0-9\-._~!$&'()*+,;=:]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)"
_USER = r"(?:(?:[A-Za-z0-9\-._~!$&'()*+,;=:]|%[0-9A-Fa-f]{2})*@)?"
_PATH = rf"(?://{_USER}{_HOST}(?::[0-9]*)?(?:/{_PCHAR}*)*|/?(?:{_PCHAR}+(?:/{_PCHAR}*)*)?)"
_URI = rf"\A[A-Za-z][A-Za-z0-9+.\-]*:{_PATH}(?:\?(?:{_PCHAR}|[/?])*)?(?:#(?:{_PCHAR}|[/?])*)?\Z"
Uri: TypeAlias = Annotated[str, Meta(pattern=_URI)]
"""`format: uri` (1.6 only): RFC 3986 with a scheme; the inside of an IPv6 host is not judged."""


class Message(Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One OCPP message or one of its parts. Optional fields are UNSET, or what the schema names as default."""


class InTenths(Message):
    """A message whose decimal numbers are multiples of 0.1 (1.6 charging schedules)."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, float) and round(value, 1) != value:
                raise ValueError(f"{name} is not a multiple of 0.1")


class WithAnything(Message):
    """A message with a member of any type (DataTransfer.data)."""

    def __post_init__(self) -> None:
        require_storable(getattr(self, "data", None))


class CustomData(dict[str, Any]):
    """The vendor's extension of a 2.x type: any members beside the required `vendorId`."""


def check(kind: type, value: Any) -> Any:
    """Decode `value` as `kind`, a type msgspec does not know; raises ValueError with the rule that it breaks."""
    if kind is not CustomData:
        raise NotImplementedError(kind)
    if not isinstance(value, dict):
        raise ValueError("customData must be an object")
    vendor = value.get("vendorId")
    if not isinstance(vendor, str) or len(vendor) > 255:
        raise ValueError("customData needs a vendorId of at most 255 characters")
    require_storable(value)
    return CustomData(value)


MAX_DEPTH = 100


def require_storable(value: Any, path: tuple[str | int, ...] = ()) -> None:
    """Raise ValueError, naming the place, when `value` (parsed JSON) holds what some database cannot keep.

    That is NUL in a string, an integer outside int64, and nesting deeper than MAX_DEPTH.
    """
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError(f"NUL in the text at {pointer(path)!r}")
    elif isinstance(value, int):
        if not INT64_MIN <= value <= INT64_MAX:
            raise ValueError(f"the integer at {pointer(path)!r} does not fit in 64 bits")
    elif isinstance(value, dict | list):
        if len(path) >= MAX_DEPTH:
            raise ValueError(f"nested deeper than {MAX_DEPTH}")
        for key, member in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(key, str) and "\0" in key:
                raise ValueError(f"NUL in a name at {pointer(path)!r}")
            require_storable(member, (*path, key))


def pointer(path: Iterable[str | int]) -> str:
    """`path` as a JSON pointer (RFC 6901); the root is the empty text."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
