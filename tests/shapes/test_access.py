from __future__ import annotations

import msgspec
import pytest

from ohmstead.shapes.access import SCOPES, KeyMade, KeyNew


def test_a_key_is_shown_only_where_it_was_made():
    assert "key" in KeyMade.__struct_fields__
    assert "hash" not in KeyMade.__struct_fields__


@pytest.mark.parametrize("scope", SCOPES)
def test_scopes_are_a_thing_and_what_to_do_with_it(scope):
    assert scope == "admin" or scope.partition(":")[2] in ("read", "write")
    assert msgspec.convert({"name": "a", "scopes": [scope]}, KeyNew).scopes == [scope]


def test_an_unknown_scope_is_refused():
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"name": "a", "scopes": ["stations:delete"]}, KeyNew)
