from __future__ import annotations

import pytest

BODY = {"emaid": "DE8AAC1A2B3C4D", "pcid": "WMIV1234567890ABCD"}


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("list --pcid X", ("GET", "contracts", {"limit": "1000", "pcid": "X"}, None)),
        ("show DE8AAC1A2B3C4D", ("GET", "contracts/DE8AAC1A2B3C4D", {}, None)),
        ("add DE8AAC1A2B3C4D WMIV1234567890ABCD", ("POST", "contracts", {}, BODY)),
        ("add DE8AAC1A2B3C4D WMIV1234567890ABCD --token T", ("POST", "contracts", {}, BODY | {"token": "T"})),
        ("revoke DE8AAC1A2B3C4D", ("POST", "contracts/DE8AAC1A2B3C4D/revoke", {}, None)),
    ],
)
def test_verbs(wire, run, line, asked):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run(f"contract {line}")[0] == 0
    assert wire.last == asked
