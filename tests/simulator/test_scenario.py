from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ohmstead import runtime
from ohmstead.simulator import BadFile, ScenarioFailed, script
from ohmstead.simulator.persona import load

pytestmark = pytest.mark.anyio
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "howto" / "simulate.md").read_text()
SESSION = """
title = "A session"
start = 2025-11-24T16:00:00Z

[[step]]
do = "boot"

[[step]]
do = "plug"
soc = 20

[[step]]
do = "swipe"
token = "TAG"

[[step]]
do = "charge"
minutes = 5

[[step]]
do = "unplug"

[[step]]
do = "check"
sent = "TransactionEvent"
payload = { eventType = "Ended" }
times = 1
"""


def write(folder: Path, text: str = SESSION) -> Path:
    path = folder / "my.toml"
    path.write_text(text)
    return path


async def test_a_scenario_plays_and_tells_its_steps(served: Any, tmp_path: Path) -> None:
    lines: list[str] = []
    async with served("2.0.1") as csms:
        loaded = script(write(tmp_path))
        station = loaded.station(csms.url, "CS001")
        await loaded.play(station, lines.append)
        assert lines[:3] == ["step 1: boot answer='Accepted'", *lines[1:3]]
        assert lines[1].startswith("step 2: plug evse=1")
        assert len(lines) == 6
        assert csms.csms.of("TransactionEvent")[0]["timestamp"].startswith("2025-11-24T16:00")


async def test_the_same_file_says_the_same(served: Any, tmp_path: Path) -> None:
    async def frames() -> list[bytes]:
        async with served("2.0.1") as csms:
            loaded = script(write(tmp_path))
            station = loaded.station(csms.url, "CS001")
            await loaded.play(station)
            return [frame.text for frame in station.sent]

    assert await frames() == await frames()


async def test_a_step_that_fails_is_told_by_its_line(served: Any, tmp_path: Path) -> None:
    async with served("2.0.1") as csms:
        csms.csms.tokens["TAG"] = "Expired"
        loaded = script(write(tmp_path))
        with pytest.raises(
            ScenarioFailed, match=r"my\.toml:12: step\.3: swipe: expected the status: Accepted, heard Ex"
        ):
            await loaded.play(loaded.station(csms.url, "CS001"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('do = "plug"', 'do = "plgu"'), r"my\.toml:9: step\.2\.do: there is no 'plgu'; did you mean `plug`"),
        (("soc = 20", "soc = 200"), r"my\.toml:10: step\.2\.soc: expected a number from 0 to 100, given 200"),
        (("minutes", "minuts"), r"my\.toml:18: step\.4\.minuts: there is no such key; did you mean `minutes`\?"),
        (('token = "TAG"', ""), r"my\.toml:12: step\.3: the key `token` is missing"),
        (('"TransactionEvent"', '"TransactionEnvet"'), r"my\.toml:23: step\.6: check: OCPP 2\.0\.1 has no Trans"),
        (("start =", 'persona = "rude"\nstart ='), r"my\.toml:3: persona: There is no persona 'rude'"),
        (
            ("start =", 'version = "1.6"\npersona = "foreign-ids"\nstart ='),
            r"my\.toml:3: version: There is no OCPP 1\.6",
        ),
        (("start =", "start ]"), r"my\.toml:3: is not TOML"),
    ],
)
def test_a_mistake_is_told_before_anything_happens(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    with pytest.raises(BadFile, match=told):
        script(write(tmp_path, SESSION.replace(*change)))


def test_a_persona_beside_it(tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_text(
        'name = "odd"\ntitle = "Odd."\nwhy = ["seen once"]\nmarks = "odd"\nversions = ["2.1"]'
    )
    loaded = script(write(tmp_path, SESSION.replace("start =", 'persona = "odd.toml"\nstart =')))
    assert loaded.station("ws://x", "CS001").version.name == "2.1"


def test_without_a_start_it_ends_about_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "clock", runtime.FakeClock(at=10_000_000_000))
    loaded = script(write(tmp_path, SESSION.replace("start = 2025-11-24T16:00:00Z", "")))
    assert loaded.scenario.starts_at == 10_000_000_000 - 300_000_000
    naive = script(write(tmp_path, SESSION.replace("16:00:00Z", "16:00:00")))
    assert naive.scenario.starts_at == 1_764_000_000_000_000


async def test_the_how_to_shows_what_works(served: Any, tmp_path: Path) -> None:
    persona, outage, *others = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
    (tmp_path / "our-firmware.toml").write_text(persona)
    assert load(tmp_path / "our-firmware.toml").name == "our-firmware"
    assert [script(write(tmp_path, one)).scenario.version for one in others] == ["2.1", "2.0.1"]
    loaded = script(write(tmp_path, outage))
    async with served("2.0.1") as csms:
        await loaded.play(loaded.station(csms.url, "CS001"))
        assert csms.csms.of("TransactionEvent")[-1]["eventType"] == "Ended"
