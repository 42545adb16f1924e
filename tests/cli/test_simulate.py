from __future__ import annotations

import json

import pytest

from ohmstead import simulator
from ohmstead.simulator import Options, Summary


@pytest.fixture
def asked(monkeypatch):
    seen = []

    async def simulate(options, say):
        seen.append(options)
        say("a line")
        return Summary(stations=options.count, sessions=2, energy_wh=5.0)

    monkeypatch.setattr(simulator, "simulate", simulate)
    return seen


def test_options_go_to_the_simulator(asked, run):
    bounds = "--count 3 --seed 7 --sessions 2"
    status, out, _ = run(
        f"simulate --url ws://h/ocpp --station CS --ocpp 1.6 {bounds} --password p --token a --token b"
    )
    assert (status, out.splitlines()[0]) == (0, "a line")
    wanted = Options(
        url="ws://h/ocpp", station="CS", ocpp="1.6", count=3, seed=7, password="p", sessions=2, tokens=("a", "b")
    )
    assert asked == [wanted]


def test_json_is_one_document(asked, run):
    _, out, err = run("simulate --url ws://h --station CS --json")
    assert json.loads(out)["sessions"] == 2
    assert err == "a line\n"


def test_an_unknown_persona_is_a_failure(run):
    status, _, err = run("simulate --url ws://h --station CS --persona odd")
    assert (status, "There is no persona 'odd'" in err, err.count("\n")) == (1, True, 1)
