from __future__ import annotations

from typing import Annotated

import pytest
from msgspec import Meta, Struct

from ohmstead.api.bodies import decode, decode_query
from ohmstead.api.problems import Refused


class Part(Struct, forbid_unknown_fields=True):
    count: Annotated[int, Meta(ge=1)]


class Body(Struct, forbid_unknown_fields=True):
    name: str
    parts: list[Part] = []
    flag: bool = False


def faults(call, *arguments):
    with pytest.raises(Refused) as caught:
        call(*arguments)
    return {(fault.pointer, fault.location) for fault in caught.value.errors}


def test_a_good_body():
    assert decode(Body, b'{"name": "a", "parts": [{"count": 2}]}') == Body("a", [Part(2)])


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b"{}", {"/name"}),
        (b'{"name": 1, "flag": "true"}', {"/name", "/flag"}),
        (b'{"name": "a", "parts": [{"count": 1}, {"count": 0}]}', {"/parts/1/count"}),
        (b'{"name": "a", "parts": [{"count": 1, "x": 1}]}', {"/parts/0"}),
        (b'{"nam": "a"}', {"/name", "/nam"}),
        (b'{"name": "a", "a/b~c": 1}', {"/a~1b~0c"}),
        (b"[]", {""}),
        (b"null", {""}),
        (b'{"name": "a", "flag": 1.0}', {"/flag"}),
    ],
)
def test_each_fault_has_its_pointer(body, pointers):
    assert faults(decode, Body, body) == {(pointer, "body") for pointer in pointers}


def test_an_unknown_field_names_its_neighbour():
    with pytest.raises(Refused, match="did you mean name"):
        decode(Body, b'{"nam": "a", "name": "b"}')


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"{'a': 1}", b"[" * 100_000])
def test_what_is_no_json_is_a_bad_request(body):
    with pytest.raises(Refused) as caught:
        decode(Body, body)
    assert caught.value.status == 400


class Query(Struct, forbid_unknown_fields=True):
    limit: int = 5
    flag: bool | None = None


def test_query_parameters_are_read_from_text():
    assert decode_query(Query, {"limit": "7", "flag": "true"}) == Query(7, True)
    assert faults(decode_query, Query, {"flag": "null"}) == {("/flag", "query")}
    assert faults(decode_query, Query, {"limit": "x", "flg": "1"}) == {("/limit", "query"), ("/flg", "query")}
