from __future__ import annotations

import pytest

from ohmstead import runtime
from ohmstead.cli import progress

COMMAND = {"id": "cmd_1", "state": "accepted", "reason": None}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> runtime.FakeClock:
    """Sleeping moves it."""
    one = runtime.FakeClock()
    monkeypatch.setattr(runtime, "clock", one)
    monkeypatch.setattr(progress.time, "sleep", one.advance)
    return one


def procedure(state: str, *statuses: str, **told: str) -> dict[str, object]:
    steps = [{"status": one, "at": f"T{n}", "info": None} for n, one in enumerate(statuses)]
    last = statuses[-1] if statuses else ""
    return {"id": "p1", "command_id": "cmd_1", "state": state, "status": last, "reason": None, "steps": steps,
            "told": told}  # fmt: skip


def page(*rows: object) -> tuple[int, dict[str, object]]:
    return 200, {"data": list(rows), "next_cursor": None}


def test_each_status_is_told_once(wire, run):
    done = procedure("done", "Downloading", "Installed")
    wire.answers = [
        (202, COMMAND), page(), (200, COMMAND), page(procedure("running", "Downloading")), page(done), (200, done),
    ]  # fmt: skip
    status, out, err = run("firmware start CS1 7 --follow 60")
    assert (status, err) == (0, "T0 Downloading\nT1 Installed\n")
    assert wire.asked[0][3] == {"type": "update_firmware", "file_id": "7"}
    assert "Installed" in out
    failed = procedure("failed", "InstallationFailed")
    wire.answers = [(202, COMMAND), page(failed), (200, failed)]
    assert run("firmware start CS1 http://h/fw.bin --unsigned --follow 60")[0] == 1


def test_one_that_does_not_end(wire, run):
    wire.answers = [(202, COMMAND), page(procedure("running", "Downloading"))]
    status, _, err = run("logs start CS1 --type security --follow 3")
    assert (status, "its last word is Downloading" in err) == (1, True)


def test_one_that_the_station_does_not_get(wire, run):
    wire.answers = [(202, COMMAND | {"state": "queued"}), page(), (200, {**COMMAND, "state": "expired"})]
    assert "the command cmd_1 is expired" in run("firmware start CS1 7 --follow 60")[2]
    wire.answers = [(202, COMMAND | {"state": "rejected"})]
    assert run("firmware start CS1 7 --follow 60")[0] == 1
