"""What the generated messages stand on: one base struct, and the few types JSON Schema has and msgspec has not.

`check(type, value)` is the decoder's hook for those types (`msgspec.json.Decoder(..., dec_hook=check)`). What decodes
can be stored anywhere: no integer outside int64 gets in, not even where a schema allows any value.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypeAlias

from msgspec import Meta, Struct

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

Integer: TypeAlias = Annotated[int, Meta(ge=INT64_MIN, le=INT64_MAX)]
Natural: TypeAlias = Annotated[int, Meta(ge=0, le=INT64_MAX)]
Time: TypeAlias = Annotated[datetime, Meta(tz=True)]
"""`format: date-time`: with a zone. A space for the T and an offset without colon are read too; stations write them."""

_PCHAR = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})"
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)"
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
        require_int64(getattr(self, "data", None))


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
    require_int64(value)
    return CustomData(value)


def require_int64(value: Any) -> None:
    """Raise ValueError when an integer anywhere in `value` does not fit int64."""
    if isinstance(value, int):
        if not INT64_MIN <= value <= INT64_MAX:
            raise ValueError("integer does not fit in 64 bits")
    elif isinstance(value, dict):
        for member in value.values():
            require_int64(member)
    elif isinstance(value, list):
        for item in value:
            require_int64(item)
