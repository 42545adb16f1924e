from __future__ import annotations

import json

import pytest

STATION = {"id": "CS1", "online": True, "security_profile": 1, "security_profile_name": "basic"}


def test_list(wire, run):
    wire.answers = [(200, {"data": [STATION], "next_cursor": None})]
    status, out, _ = run("station list --q cs --online")
    assert (status, out.splitlines()[0].split()[0], out.splitlines()[1].split()[:2]) == (0, "ID", ["CS1", "yes"])
    assert wire.last[2] == {"q": "cs", "online": "true", "limit": "1000"}
    status, out, _ = run("station list --json")
    assert json.loads(out) == [STATION]


def test_an_empty_list_says_so(wire, run):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run("station list")[2] == "(none)\n"
    assert run("station list --json")[1] == "[]\n"


def test_show(wire, run):
    wire.answers = [(200, {"id": "CS1", "evses": [], "capabilities": {"a": 1}})]
    assert run("station show CS1")[1].splitlines() == ["id            CS1", "evses         -", 'capabilities  {"a": 1}']


def test_what_else_it_has(wire, run):
    wire.answers = [(200, {"data": [{"id": 4, "state": "accepted"}], "next_cursor": None})]
    assert run("station has CS1 display-messages")[1].splitlines() == ["ID  STATE", "4   accepted"]
    assert wire.last[:3] == ("GET", "stations/CS1/display-messages", {})
    page = {"data": [{"id": 1}], "next_cursor": "c"}
    wire.answers = [(200, page), (200, page), (200, {"data": [{"id": 2}], "next_cursor": None})]
    assert json.loads(run("station has CS1 timeline --json")[1]) == [{"id": 1}, {"id": 2}]
    wire.answers = [(200, {"version": 7, "entries": []})]
    assert run("station has CS1 local-list")[1].splitlines() == ["version  7", "entries  -"]
    assert run("station has CS1 money")[0] == 2


@pytest.mark.parametrize(
    ("line", "method", "path", "body"),
    [
        ("add CS1", "POST", "stations", {"id": "CS1", "security_profile": 1}),
        ("add CS1 --profile tls_basic", "POST", "stations", {"id": "CS1", "security_profile": "tls_basic"}),
        ("change CS1 --site 4", "PATCH", "stations/CS1", {"site_id": "4"}),
        ("change CS1 --profile 2 --force", "PATCH", "stations/CS1", {"security_profile": 2, "force": True}),
        ("change CS1 --signing require", "PATCH", "stations/CS1", {"signing": "require"}),
        ("change CS1 --registration pending", "PATCH", "stations/CS1", {"registration": "pending"}),
        ("add CS1 --like-guide 1", "POST", "stations", {"id": "CS1", "security_profile": "tls_basic"}),
        (
            "add CS1 --like-guide 3 --serial-number S1",
            "POST",
            "stations",
            {
                "id": "CS1",
                "security_profile": "tls_client_certificate",
                "serial_number": "S1",
                "signing": "require",
            },
        ),
        ("restore-password CS1", "POST", "stations/CS1/credentials/restore", None),
        ("archive CS1", "DELETE", "stations/CS1", None),
    ],
)  # fmt: skip
def test_changes(wire, run, line, method, path, body):
    assert run(f"station {line}")[0] == 0
    assert (wire.last[0], wire.last[1], wire.last[3]) == (method, path, body)


def test_import(wire, run, tmp_path):
    (tmp_path / "a.csv").write_text("id\nCS1\n")
    wire.answers = [(200, {"created": [{"line": 2, "id": "CS1", "password": "p"}], "refused": []})]
    status, out, _ = run(["station", "import", str(tmp_path / "a.csv")])
    assert (status, out.splitlines()[1].split()) == (0, ["2", "CS1", "p"])
    assert wire.last[3] == b"id\nCS1\n"
    assert wire.headers["Content-Type"] == "text/csv"
    wire.answers = [(200, {"created": [], "refused": [{"line": 2, "id": None, "detail": "bad"}]})]
    assert run(["station", "import", str(tmp_path / "a.csv")])[0] == 1
    assert run(["station", "import", str(tmp_path / "none.csv")])[2].endswith("none.csv: No such file or directory\n")


def test_two_ways_to_name_a_profile(wire, run):
    assert run("station add CS1 --profile 2 --like-guide 1")[0] != 0
    assert wire.asked == []


def test_set_password(wire, run):
    wire.answers = [(200, {"id": "c", "state": "accepted", "password": "p"})]
    assert run("station set-password CS1 --wait 5")[0] == 0
    assert wire.last == ("POST", "stations/CS1/credentials", {"wait": "5.0"}, {})
    wire.answers = [(200, {"id": "c", "state": "rejected"})]
    assert run("station set-password CS1 --password 0123456789abcdef")[0] == 1
    assert wire.last[3] == {"password": "0123456789abcdef"}


def test_upgrade_profile(wire, run):
    command = {"id": "c", "state": "confirmed", "reason": None}
    for step, status in (("settling", 0), ("failed", 1)):
        moving = {"upgrade": {"command_id": "c", "step": step, "to_name": "tls_basic"}}
        wire.answers = [(200, command), (200, STATION | moving)]
        found, out, _ = run("station upgrade-profile CS1 tls_basic --wait 5 --address wss://h/o --json")
        assert (found, json.loads(out)["step"]) == (status, step)
    wire.answers = [(200, command | {"state": "error"}), (200, STATION | {"upgrade": None})]
    assert run("station upgrade-profile CS1 3")[0] == 1


def test_one_is_led_elsewhere(wire, run):
    command = {"id": "c", "state": "accepted", "reason": None}
    going = {"migration": {"command_id": "c", "step": "watching", "url": "wss://h/o"}}
    wire.answers = [(202, command), (200, STATION | going)]
    found, out, _ = run("station migrate CS1 wss://h/o --profile 2 --silence 600 --json")
    assert (found, json.loads(out)["step"]) == (0, "watching")
    asked = {"url": "wss://h/o", "security_profile": 2, "silence_s": 600, "when": "idle"}
    assert wire.asked[0][3] == asked
    wire.answers = [(200, command | {"state": "unconfirmed"}), (200, STATION | {"migration": None})]
    assert run("station migrate CS1 --slot 2 --wait 5")[0] == 1
    wire.answers = [(200, {"step": "failed"})]
    assert run("station arrived CS1 --no")[0] == 0
    assert wire.last == ("POST", "stations/CS1/migration/answer", {}, {"arrived": False})


def test_a_signing_request_belongs_to_profile_3(wire, run, tmp_path):
    path = tmp_path / "a.csr"
    path.write_text("CSR")
    for profile in ("", "--profile 2", "--profile tls_basic"):
        status, _, said = run(f"station add CS1 {profile} --csr {path}")
        assert (status, "is profile 3 here" in said) == (1, True)
    wire.answers = [(201, {**STATION, "certificate": "PEM"})]
    status, out, _ = run(f"station add CS1 --profile 3 --serial-number S --csr {path} --json")
    assert (status, json.loads(out)["certificate"], wire.last[3]["csr"]) == (0, "PEM", "CSR")


def test_connect_help_says_how_to_get_a_certificate(wire, run, monkeypatch):
    monkeypatch.setenv("OHMSTEAD_GATEWAY__PUBLIC_NAME", "csms.example")
    station = {**STATION, "security_profile": 3, "certificate_cn": "serial_number", "serial_number": "S1"}
    for found, known in (([], "none yet"), ([{"state": "seen", "not_after": "2030"}], "seen, until 2030")):
        wire.answers = [(200, station), (200, {"data": found})]
        help_ = json.loads(run("station connect-help CS1 --json")[1])
        assert (help_["url"], help_["user"]) == ("wss://csms.example:9443/ocpp/CS1", None)
        assert (help_["certificate"], help_["certificate_known"]) == ("CN=S1, O=Ohmstead", known)
        assert "ca.pem" in help_["trust"]
    wire.answers = [(200, station)]
    monkeypatch.setenv("OHMSTEAD_GATEWAY__TLS_BIND", "")
    said = run("station connect-help CS1")[2]
    assert said == "ohmstead: no port is open for security profile 3: set gateway.tls_bind\n"


def test_connect_help(wire, run, monkeypatch):
    monkeypatch.setenv("OHMSTEAD_GATEWAY__BIND", "0.0.0.0:9000")
    wire.answers = [(200, STATION)]
    _, out, _ = run("station connect-help CS1 --json")
    help_ = json.loads(out)
    assert (help_["url"], help_["user"]) == ("ws://<this machine>:9000/ocpp/CS1", "CS1")


def test_monitors(wire, run):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run("station monitors CS1 --severity 4")[0] == 0
    assert wire.last == ("GET", "stations/CS1/monitors", {"limit": "1000", "severity": "4"}, None)


def test_upgrade_check(wire, run):
    setting = {"verdict": "lost", "name": "x.y", "evse_id": None, "value": 3, "unit": "s", "reason": "is read-only"}
    found = {"station_id": "CS1", "was": "1.6", "now": "2.1", "transactions": ["7"], "monitors": 0}
    note = {"code": "password", "text": "Mind it."}
    wire.answers = [(200, {**found, "settings": [setting], "notes": [note]})]
    status, out, _ = run("station upgrade-check CS1 --version 2.1")
    assert status == 0
    assert wire.last == ("GET", "stations/CS1/upgrade-check", {"to": "2.1"}, None)
    assert "is read-only" in out
    assert out.splitlines()[-1] == "password: Mind it."
