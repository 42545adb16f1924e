from __future__ import annotations

import json

import pytest


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        (
            ["GET", "stations/CS1/timeline", "--query", "limit=5"],
            ("GET", "stations/CS1/timeline", {"limit": ["5"]}, None),
        ),
        (["PUT", "/api/v1/sites/1/load", '{"load_w": 5}'], ("PUT", "sites/1/load", {}, {"load_w": 5})),
        (["DELETE", "keys/k", "--json"], ("DELETE", "keys/k", {}, None)),
    ],
)
def test_anything_is_asked(wire, run, line, asked):
    wire.answers = [(200, {"a": 1})]
    assert json.loads(run(["api", *line])[1]) == {"a": 1}
    assert wire.last == asked


def test_what_is_wrong_is_said(wire, run):
    assert run(["api", "POST", "sites", "{"])[2].startswith("ohmstead: the body is not JSON")
    assert "NAME=VALUE" in run(["api", "GET", "sites", "--query", "limit"])[2]
    assert run(["api", "BREW", "coffee"])[0] == 2
