from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("list", ("GET", "webhooks", {"limit": "1000"}, None)),
        ("show 4", ("GET", "webhooks/4", {}, None)),
        (
            "add https://a.example/x ohmstead.transaction.* ohmstead.alert.firing --site 2",
            (
                "POST",
                "webhooks",
                {},
                {
                    "url": "https://a.example/x",
                    "types": ["ohmstead.transaction.*", "ohmstead.alert.firing"],
                    "site_ids": ["2"],
                },
            ),
        ),
        ("change 4 --enabled", ("PATCH", "webhooks/4", {}, {"enabled": True})),
        ("remove 4", ("DELETE", "webhooks/4", {}, None)),
        ("secret 4", ("POST", "webhooks/4/secret", {}, None)),
        ("deliveries 4 --state dead", ("GET", "webhooks/4/deliveries", {"limit": "100", "state": "dead"}, None)),
        ("replay 4 17", ("POST", "webhooks/4/deliveries/17/replay", {}, None)),
    ],
)
def test_verbs(wire, run, line, asked):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run(f"webhook {line}")[0] == 0
    assert wire.last == asked
