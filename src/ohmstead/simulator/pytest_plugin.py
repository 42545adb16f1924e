"""Simulated stations in other projects' tests: `pytest_plugins = ["ohmstead.simulator.pytest_plugin"]`.

    async def test_a_session(station):
        async with station(persona="seq-no-per-evse") as cs:
            await cs.boot()

The CSMS under test is named by `--csms-url`, or by a fixture `csms_url` of the tests' own. The stations step through
time, their seed is the test's name: a test that fails once fails the same way again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ohmstead.simulator.station import Station


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--csms-url` and `--csms-password`."""
    group = parser.getgroup("ohmstead", "simulated charging stations")
    group.addoption("--csms-url", help="the CSMS under test; / and the identity are appended")
    group.addoption("--csms-password", help="the stations' password for Basic authentication")


@pytest.fixture
def csms_url(request: pytest.FixtureRequest) -> str:
    """Where the CSMS under test listens; redefine it where your tests start one."""
    url = request.config.getoption("--csms-url")
    if not url:
        raise pytest.UsageError("Name the CSMS under test: --csms-url ws://..., or a fixture csms_url of your own.")
    return str(url)


@pytest.fixture
def csms_password(request: pytest.FixtureRequest) -> str | None:
    """The stations' password."""
    password: str | None = request.config.getoption("--csms-password")
    return password


@pytest.fixture
def station(request: pytest.FixtureRequest, csms_url: str, csms_password: str | None) -> Callable[..., Station]:
    """Makes stations: `station(persona="...", version="2.1")`, all that `Station` takes; used with `async with`."""

    def make(identity: str = "TEST001", **more: Any) -> Station:
        given = {"url": csms_url, "password": csms_password, "seed": request.node.nodeid, "speed": None, **more}
        return Station(identity, **given)

    return make
