"""Plans of runs, and how a run ends; against a server they are tried in tests/acceptance/test_testbench.py."""

from __future__ import annotations

import asyncio

import pytest

from ohmstead.api.bench import BenchRefuses, Seat
from ohmstead.shapes.testbench import ConformanceRunNew, ScenarioRunNew
from ohmstead.testbench import runs
from ohmstead.testbench.runs import BenchRun, Doors, Plan, planned

SEAT = Seat(1, None, "B1", "secret-password")
DOORS = Doors("ws://127.0.0.1:1/ocpp", None, "http://127.0.0.1:1", {"authorization": "Bearer x"})


def test_a_plan_says_what_comes():
    plan = planned(SEAT, ConformanceRunNew(cases=["TC_B_01_CSMS"], ocpp_version="2.1"), DOORS)
    assert (plan.type, plan.title, plan.total) == ("conformance", "OCPP 2.1", 1)
    assert "Bearer" not in repr(DOORS)


@pytest.mark.parametrize(
    "new",
    [
        ConformanceRunNew(cases=["TC_Z_*"]),
        ScenarioRunNew(scenario="title ="),
        ScenarioRunNew(scenario='title = "x"\n[[step]]\ndo = "wait"\nseconds = 9e9\n'),
        ScenarioRunNew(scenario='title = "x"\npersona = "/etc/hosts.toml"\n[[step]]\ndo = "boot"\n'),
    ],
)
def test_what_cannot_be_played_is_refused(new):
    with pytest.raises(BenchRefuses):
        planned(SEAT, new, DOORS)


async def ended(play) -> BenchRun:
    run = BenchRun(SEAT, Plan("scenario", "t", 1, play))
    run.begin()
    for _ in range(20):
        await asyncio.sleep(0)
    return run


@pytest.mark.anyio
async def test_each_run_ends_with_a_word(monkeypatch):
    async def passes(findings):
        findings.say("a line")

    async def fails(findings):
        return "2 of 3 cases did not pass."

    async def breaks(findings):
        raise ZeroDivisionError

    async def hangs(findings):
        await asyncio.Event().wait()

    assert (await ended(passes)).shown().lines == ["a line"]
    assert (await ended(fails)).summary().state == "failed"
    assert (await ended(breaks)).summary().reason == "ZeroDivisionError: "
    run = await ended(hangs)
    assert run.summary().state == "running"
    await run.end()
    assert run.summary().state == "cancelled"
    monkeypatch.setitem(runs.LONGEST, "scenario", 0.0)
    assert (await ended(hangs)).summary().reason == "It was not over after 0 s."
