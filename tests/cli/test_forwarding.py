from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("list", ("GET", "forwardings", {"limit": "1000"}, None)),
        ("show 4", ("GET", "forwardings/4", {}, None)),
        (
            "add landlord wss://x.example/ocpp --station CS1 --identity L1 --password pw --command Reset",
            (
                "POST",
                "forwardings",
                {},
                {
                    "name": "landlord",
                    "url": "wss://x.example/ocpp",
                    "station_ids": ["CS1"],
                    "identity": "L1",
                    "password": "pw",
                    "commands": ["Reset"],
                },
            ),
        ),
        ("change 4 --only-listen --no-enabled", ("PATCH", "forwardings/4", {}, {"commands": [], "enabled": False})),
        ("remove 4", ("DELETE", "forwardings/4", {}, None)),
        ("stations 4", ("GET", "forwardings/4/stations", {"limit": "1000"}, None)),
    ],
)
def test_verbs(wire, run, line, asked):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run(f"forwarding {line}")[0] == 0
    assert wire.last == asked


def test_whom_it_trusts_comes_from_a_file(wire, run, tmp_path):
    file = tmp_path / "ca.pem"
    file.write_text("PEM")
    wire.answers = [(200, {})]
    assert run(f"forwarding change 4 --trust {file}")[0] == 0
    assert wire.last[3] == {"trusted_certificates": "PEM"}
