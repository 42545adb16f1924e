"""What each persona is for: a CSMS that does not expect it comes to harm, in the way that the persona says."""

from __future__ import annotations

import pytest

from ohmstead.ocpp.versions import BY_NAME
from ohmstead.simulator import Ev, Station, Unmet
from ohmstead.simulator.persona import load, names
from ohmstead.simulator.visits import Visit, visit
from tests.simulator.naive import ITEM, Naive

pytestmark = pytest.mark.anyio
START = 1_764_000_000_000_000

BREAKS: dict[str, str] = {
    "accepted-without-value": "KeyError",
    "authorized-without-evse": "wrong bill",
    "autocharge-token": "refused",
    "availability-by-event": "wrong connectors",
    "bare-numbers": "never ended",
    "begin-values-late": "KeyError",
    "boot-after-reconnect": "AssertionError",
    "boots-when-triggered": "no way on",
    "cable-first": "KeyError",
    "celcius": "no meter values",
    "clock-1970": "wrong bill",
    "empty-samples": "IndexError",
    "empty-vendor": "no way on",
    "ended-repeats-all": "wrong bill",
    "falls-over-settings": "no answer",
    "foreign-ids": "ValueError",
    "leading-comma": "no JSON",
    "main-meter-on-zero": "counted twice",
    "message-ids-restart": "never ended",
    "meter-value-object": "no meter values",
    "no-boot-after-reconnect": "SecurityError",
    "no-meter": "no meter values",
    "own-negative-ids": "never ended",
    "register-per-phase": "wrong bill",
    "report-without-tbc": "no report",
    "seq-no-always-zero": "never ended",
    "seq-no-per-evse": "a gap",
    "serial-unlike-identity": "unknown serial",
    "split-values": "a sample dropped",
    "status-1970": "wrong connectors",
    "status-of-zero": "wrong connectors",
    "stop-minus-one": "never ended",
    "stops-without-words": "never ended",
    "thins-out-offline": "never ended",
    "thousands-of-wh": "wrong bill",
    "times-with-offset": "ValueError",
    "times-without-zone": "ValueError",
    "token-with-serial": "refused",
    "tree-flat-ac": "KeyError",
    "tree-modular-dc": "variables lost",
    "truncated-settings": "no answer",
    "values-after-stop": "AssertionError",
    "values-of-another": "KeyError",
}
"""Persona -> what becomes of the naive CSMS, with every version that the persona has."""
ONE_VERSION = {
    ("mixed-units", "2.0.1"): "runs backwards",
    ("mixed-units", "1.6"): "never ended",
    ("nothing-for-transaction-id", "1.6"): "ValueError",
    ("nulls", "2.0.1"): "TypeError",
    ("start-twice", "1.6"): "never ended",
    ("history-flood", "1.6"): "wrong bill",
}
CASES = {(name, version): harm for name, harm in BREAKS.items() for version in load(name).versions} | ONE_VERSION
ELSEWHERE = {
    "bad-modem": "test_network",
    "coarse-currents": "test_grid",
    "forgets-limits": "test_grid",
    "ignores-limits": "test_grid",
    "lingers-after-reset": "test_controller",
    "refuses-triggers": "test_manners",
    "statuses-before-answer": "test_controller",
    "suspends-invalid-tokens": "test_controller",
    "terse-settings": "test_manners",
    "token-from-cache": "test_authorisation",
    "values-apart": "test_dialect2",
}
"""Personas whose oddity needs more than two visits to show, and who shows it."""


async def trouble(name: str, version: str) -> set[str]:
    """What becomes of the naive CSMS after a boot, some questions and two visits."""
    csms = Naive(BY_NAME[version])
    station = Station("CS001", url="ws://naive", version=version, persona=name, speed=None, start=START, dial=csms.dial)
    found: set[str] = set()
    async with station:
        try:
            await station.boot()
            _ask(csms)
            await station.wait(5)
            for _ in range(2):
                plan = Visit(token="TAG", ev=Ev(soc=20), minutes=6, plugging_s=3, leaving_s=5)
                found |= {"refused"} if await visit(station, plan) is None else set()
            await station.wait(100)
        except Unmet:
            found.add("no way on")
    connectors = 3 if version == "1.6" else 2  # connector 0 is one of 1.6
    found |= csms.trouble(station.controller.books, connectors)
    found |= {"no answer"} if csms.asked else set()
    return found | ({"no report"} if version != "1.6" and not csms.report_done else set())


def _ask(csms: Naive) -> None:
    if csms.version.name == "1.6":
        csms.ask("GetConfiguration", {"key": ["HeartbeatInterval"]})
    else:
        csms.ask("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"})
        csms.ask("GetVariables", {"getVariableData": [ITEM]})


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_the_ordinary_station_does_no_harm(version: str) -> None:
    assert await trouble("default", version) == set()


@pytest.mark.parametrize(("case", "harm"), CASES.items(), ids=["-".join(case) for case in CASES])
async def test_a_persona_does_harm(case: tuple[str, str], harm: str) -> None:
    assert harm in await trouble(*case)


def test_none_is_forgotten() -> None:
    shown = {name for name, _ in CASES} | set(ELSEWHERE) | {"default"}
    assert shown == set(names())
