from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "method", "path", "body"),
    [
        ("list", "GET", "keys", None),
        (
            "add ci stations:read tokens:read",
            "POST",
            "keys",
            {"name": "ci", "scopes": ["stations:read", "tokens:read"]},
        ),
        ("add ci admin --site 1 --site 2", "POST", "keys", {"name": "ci", "scopes": ["admin"], "site_ids": ["1", "2"]}),
        (
            "add ci admin --expires 2027-01-31T00:00:00Z",
            "POST",
            "keys",
            {"name": "ci", "scopes": ["admin"], "expires_at": "2027-01-31T00:00:00Z"},
        ),
        ("revoke key_1", "DELETE", "keys/key_1", None),
    ],
)
def test_verbs(wire, run, line, method, path, body):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run(f"key {line}")[0] == 0
    assert (*wire.last[:2], wire.last[3]) == (method, path, body)
