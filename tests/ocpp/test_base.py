"""The types under the generated messages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from ohmstead.ocpp import base
from ohmstead.ocpp.base import CustomData, InTenths, Message, Time, Uri, WithAnything, check, pointer, require_storable


class Part(Message):
    name: str = "x"
    custom_data: CustomData | msgspec.UnsetType = msgspec.field(name="customData", default=msgspec.UNSET)


class Limit(InTenths):
    limit: float
    phases: int = 3


class Anything(WithAnything):
    data: Any | msgspec.UnsetType = msgspec.UNSET


def test_messages_forbid_unknown_fields_and_leave_out_defaults() -> None:
    assert msgspec.json.encode(Part()) == b"{}"
    with pytest.raises(msgspec.ValidationError, match="unknown field `y`"):
        msgspec.json.decode(b'{"y":1}', type=Part)


@pytest.mark.parametrize("text", ['"2026-11-22T10:00:00Z"', '"2026-11-22 12:00:00.0+0200"'])
def test_a_time_has_a_zone(text: str) -> None:
    assert msgspec.json.decode(text, type=Time) == datetime(2026, 11, 22, 10, tzinfo=UTC)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode('"2026-11-22T10:00:00"', type=Time)


def test_uris() -> None:
    for good in ("ftp://u:p@h:21/a%20b", "urn:x", "http://[::1]:8080", "file:///a/b", "a://?q#f", "x:/"):
        assert msgspec.convert(good, Uri) == good
    for bad in ("", "/a", "h", "1:a", "http://a b", "http://h/%2", "http://h\n", "x:#a#b", "http://h/[a]", "x:\u00e9"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(bad, Uri)


def test_multiples_of_a_tenth_are_judged_by_their_decimal_text() -> None:
    for good in (8.1, 0.3, 16.0, -32.7, 1e15):
        assert Limit(limit=good).limit == good
    with pytest.raises(ValueError, match=r"limit is not a multiple of 0\.1"):
        Limit(limit=0.30000000000000004)


def test_custom_data_is_open_but_names_its_vendor() -> None:
    decoder = msgspec.json.Decoder(Part, dec_hook=check)
    part = decoder.decode(b'{"customData":{"vendorId":"a","x":{"y":[1]}}}')
    assert part.custom_data == {"vendorId": "a", "x": {"y": [1]}}
    assert isinstance(part.custom_data, CustomData)
    assert msgspec.json.encode(part) == b'{"customData":{"vendorId":"a","x":{"y":[1]}}}'
    for bad in (
        "null",
        "[]",
        "{}",
        '{"vendorId":1}',
        f'{{"vendorId":"{"a" * 256}"}}',
        f'{{"vendorId":"","x":{2**63}}}',
    ):
        with pytest.raises(msgspec.ValidationError, match=r"\$\.customData"):
            decoder.decode(f'{{"customData":{bad}}}')
    with pytest.raises(NotImplementedError):
        check(complex, 1)


def test_anything_is_anything_that_can_be_stored() -> None:
    assert msgspec.json.decode(b'{"data":[1,{"a":null}]}', type=Anything).data == [1, {"a": None}]
    assert msgspec.json.decode(b"{}", type=Anything).data is msgspec.UNSET
    with pytest.raises(msgspec.ValidationError, match="does not fit in 64 bits"):
        msgspec.json.decode(f'{{"data":{2**64}}}', type=Anything)


def test_what_cannot_be_stored_is_named_by_its_place() -> None:
    require_storable([None, True, 1.5, "x", {"y": [base.INT64_MIN, base.INT64_MAX]}])
    for value, message in [
        ({"a": ["\0"]}, "NUL in the text at '/a/0'"),
        ({"a": {"\0": 1}}, "NUL in a name at '/a'"),
        ([0, base.INT64_MAX + 1], "the integer at '/1' does not fit in 64 bits"),
        ([base.INT64_MIN - 1], "the integer at '/0' does not fit in 64 bits"),
    ]:
        with pytest.raises(ValueError, match=message):
            require_storable(value)


def test_depth_is_bounded() -> None:
    value: list[Any] = []
    for _ in range(base.MAX_DEPTH - 1):
        value = [value]
    require_storable(value)
    with pytest.raises(ValueError, match="nested deeper than 100"):
        require_storable([value])


def test_pointers_escape() -> None:
    assert pointer([]) == ""
    assert pointer(["a", 0, "b/c~d"]) == "/a/0/b~1c~0d"
