from __future__ import annotations

import io

import pytest


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("list", ("GET", "users", {"limit": "1000"}, None)),
        ("show u1", ("GET", "users/u1", {}, None)),
        (
            "add Ada --role admin --site 2",
            ("POST", "users", {}, {"name": "Ada", "password": "a long one", "role": "admin", "site_ids": ["2"]}),
        ),
        ("change u1 --role viewer", ("PATCH", "users/u1", {}, {"role": "viewer"})),
        ("change u1 --new-password", ("PATCH", "users/u1", {}, {"password": "a long one"})),
        ("remove u1", ("DELETE", "users/u1", {}, None)),
    ],
)
def test_verbs(wire, run, line, asked, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("a long one\n"))
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run(f"user {line}")[0] == 0
    assert wire.last == asked


def test_no_password_is_no_user(wire, run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run("user add Ada")[0] == 1
    assert wire.asked == []
