"""`ohmstead conform csms`, through the same entry as from a shell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ohmstead.cli import main

NOWHERE = ("conform", "csms", "--url", "ws://127.0.0.1:1/ocpp", "--patience", "0.2")


def test_cases_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conform", "csms", "--list-cases", "--ocpp", "1.6", "--json"]) == 0
    listed = {one["id"]: one for one in json.loads(capsys.readouterr().out)}
    assert listed["TC_001_CSMS"]["title"] == "Cold boot"
    assert main(["conform", "csms", "--list-cases", "--case", "TC_B_0*"]) == 0
    assert capsys.readouterr().out.splitlines()[0].split(maxsplit=1) == ["TC_B_01_CSMS", "Cold boot: accepted"]
    assert main(["conform", "csms", "--list-cases", "--ocpp", "2.1"]) == 0
    assert "TC_M_100_CSMS    is not asked: the simulated car" in capsys.readouterr().err


@pytest.mark.parametrize("whom", ["csms", "station"])
def test_a_case_that_is_not_there_is_no_success(capsys: pytest.CaptureFixture[str], whom: str) -> None:
    assert main(["conform", whom, "--case", "TC_B_06*", "--case", "TC_Z_*"]) == 1
    assert "TC_Z_*: no case of OCPP 2.0.1 is called so" in capsys.readouterr().err


def test_a_csms_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    files = ("--junit", str(tmp_path / "junit.xml"), "--html", str(tmp_path / "page.html"))
    assert main([*NOWHERE, "--case", "TC_B_01_CSMS", *files, "--json"]) == 1
    said = capsys.readouterr()
    document: dict[str, Any] = json.loads(said.out)
    assert document["summary"] == {"fail": 1}
    assert document["cases"][0]["id"] == "TC_B_01_CSMS"
    assert {"title", "requirements", "verdict", "reason", "frames"} <= document["cases"][0].keys()
    assert said.err.startswith("fail")
    assert 'failures="1"' in (tmp_path / "junit.xml").read_text()
    assert "cannot connect" in (tmp_path / "page.html").read_text()


def test_what_people_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*NOWHERE, "--case", "TC_F_20_CSMS"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("fail            TC_F_20_CSMS")
    assert lines[-2:] == ["1 fail", "This is no certification; it is what this station saw."]


def test_a_driver_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*NOWHERE, "--api-driver", "nothing.toml"]) == 1
    assert "nothing.toml: No such file" in capsys.readouterr().err


def test_cases_for_stations_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conform", "station", "--list-cases", "--ocpp", "1.6"]) == 0
    assert "TC_014_CS        Soft reset" in capsys.readouterr().out.splitlines()


def test_a_station_that_does_not_come(capsys: pytest.CaptureFixture[str]) -> None:
    bound = ("--bind", "127.0.0.1:0", "--patience", "0.1", "--case", "TC_B_06_CS")
    assert main(["conform", "station", *bound, "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["cases"][0]["reason"] == "nothing came within 0.1 s"
    assert said.err.startswith("Connect the station to ws://127.0.0.1:")


@pytest.mark.parametrize("bind", ["9100", "localhost:", "256.0.0.1:1"])
def test_an_address_that_is_none(capsys: pytest.CaptureFixture[str], bind: str) -> None:
    assert main(["conform", "station", "--bind", bind]) == 1
    assert capsys.readouterr().err.startswith(f"ohmstead: --bind {bind}: ")


@pytest.mark.parametrize(
    ("given", "told"),
    [(("--url", "http://x"), "expected ws://"), (("--url", "wss://x", "--ca", "none.pem"), "--ca, --cert, --key: ")],
)
def test_what_cannot_be_asked(capsys: pytest.CaptureFixture[str], given: tuple[str, ...], told: str) -> None:
    assert main(["conform", "csms", *given]) == 1
    assert told in capsys.readouterr().err
