from __future__ import annotations

import pytest

NEW = {
    "type": "configuration",
    "select": {"model": "M1", "online": True, "security_profile": 1, "value": ["evse.current.max>16"]},
    "params": {"values": []},
    "waves": [{"percent": 5.0}, {"percent": 100.0}],
    "per_minute": 60,
}
WRITTEN = "--select model=M1 --select online=true --select security_profile=1 --select value=evse.current.max>16"


WAY_BACK = 'start firmware --params {"file_id":"12"} --rollback {"file_id":"11"}'


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("list --state running", ("GET", "campaigns", {"limit": "100", "state": "running"}, None)),
        ("show 4", ("GET", "campaigns/4", {}, None)),
        (
            f'start configuration {WRITTEN} --params {{"values":[]}} --wave 5 --wave 100 --per-minute 60',
            ("POST", "campaigns", {}, NEW),
        ),
        ("stations 4 --state failed", ("GET", "campaigns/4/stations", {"limit": "1000", "state": "failed"}, None)),
        ("pause 4", ("POST", "campaigns/4/pause", {}, None)),
        ("resume 4", ("POST", "campaigns/4/resume", {}, None)),
        ("rollback 4", ("POST", "campaigns/4/rollback", {}, None)),
        (
            f"{WAY_BACK} --per-site-and-hour 2 --window 22:00-05:00",
            (
                "POST",
                "campaigns",
                {},
                {
                    "type": "firmware",
                    "select": {},
                    "params": {"file_id": "12"},
                    "rollback": {"file_id": "11"},
                    "per_site_and_hour": 2,
                    "window": {"from_time": "22:00", "to_time": "05:00", "time_zone": "UTC"},
                },
            ),
        ),
        ("cancel 4", ("POST", "campaigns/4/cancel", {}, None)),
    ],
)
def test_verbs(wire, run, line, asked):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run(f"campaign {line}")[0] == 0
    assert wire.last == asked


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("start base_report --select online", "NAME=VALUE"),
        ("start x --params {", "not JSON"),
        ("start x --window night", "FROM-TO"),
    ],
)
def test_what_is_written_wrong_is_one_line(wire, run, line, said):
    status, _, error = run(f"campaign {line}")
    assert status == 1
    assert said in error


def test_it_is_followed_to_its_end(wire, run, monkeypatch):
    counts = {"total": 3, "waiting": 0, "running": 1, "done": 2, "failed": 0, "skipped": 0}
    one = {"state": "running", "wave": 1, "waves": 1, "counts": counts, "reason": None}
    ended = one | {"state": "done", "counts": counts | {"running": 0, "done": 3}}
    wire.answers = [(200, one), (200, ended)]
    monkeypatch.setattr("ohmstead.cli.campaign.LOOK_AGAIN", 0)
    status, out, _ = run("campaign watch 4")
    assert status == 0
    assert out.strip() == "done: wave 1 of 1, 3 of 3 (0 waiting, 0 running, 3 done, 0 failed, 0 skipped)"
