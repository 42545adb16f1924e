from __future__ import annotations

import io

import pytest


@pytest.mark.parametrize(
    ("line", "body", "query"),
    [
        (["command", "CS1", "reset", "when=idle"], {"type": "reset", "when": "idle"}, {"wait": "30"}),
        (
            ["command", "CS1", "unlock", "evse_id=1", "--until", "confirmed", "--wait", "5", "--if-offline", "queue"],
            {"type": "unlock", "evse_id": 1, "if_offline": "queue"},
            {"wait": "5.0", "until": "confirmed"},
        ),
        (
            ["command", "CS1", "get_variables", 'variables=[{"variable": "x"}]'],
            {"type": "get_variables", "variables": [{"variable": "x"}]},
            {"wait": "30"},
        ),
        (
            ["call", "CS1", "Reset", '{"type": "OnIdle"}', "--expires-in", "9"],
            {"ocpp": {"action": "Reset", "payload": {"type": "OnIdle"}}, "expires_in": 9.0},
            {"wait": "30"},
        ),
        (["call", "CS1", "ClearCache"], {"ocpp": {"action": "ClearCache", "payload": {}}}, {"wait": "30"}),
    ],
)
def test_a_command_is_sent(wire, run, line, body, query):
    wire.answers = [(200, {"state": "accepted"})]
    assert run(line)[0] == 0
    assert wire.last == ("POST", "stations/CS1/commands", query, body)


@pytest.mark.parametrize(
    ("state", "status"), [("confirmed", 0), ("queued", 0), ("rejected", 1), ("timed_out", 1), ("unconfirmed", 1)]
)
def test_the_exit_status_tells_the_outcome(wire, run, state, status):
    wire.answers = [(200, {"state": state})]
    assert run("command CS1 reset")[0] == status


def test_a_payload_comes_from_standard_input_too(wire, run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO('{"a": 1}'))
    wire.answers = [(200, {"state": "accepted"})]
    run("call CS1 DataTransfer -")
    assert wire.last[3]["ocpp"]["payload"] == {"a": 1}


def test_what_is_not_json_is_said(wire, run):
    assert run("call CS1 Reset x")[0:3:2] == (
        1,
        "ohmstead: the payload is not JSON: Expecting value: line 1 column 1 (char 0)\n",
    )
    assert run("command CS1 reset idle")[2] == "ohmstead: 'idle' is not FIELD=VALUE\n"
    assert wire.asked == []


@pytest.mark.parametrize(
    ("line", "method", "path"),
    [
        ("list --station CS1", "GET", "commands"),
        ("show c1", "GET", "commands/c1"),
        ("cancel c1", "DELETE", "commands/c1"),
    ],
)
def test_verbs(wire, run, line, method, path):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run(f"command {line}")[0] == 0
    assert wire.last[:2] == (method, path)
