"""Our stations and cases against CSMSs that nobody here wrote: ocpp-csms of PyPI, and a server of npm's ocpp-rpc.

`tests/acceptance/foreign/install` fetches them (CI does); where they are not, that is said and nothing is tried.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ohmstead.conformance import Setup, chosen, run
from ohmstead.ocpp.versions import BY_NAME
from ohmstead.simulator import Endpoint, Ev, Station
from ohmstead.simulator.visits import Visit, visit
from tests.acceptance.foreign_parts import INSTALLED, can_be_skipped

pytestmark = pytest.mark.anyio
HERE = Path(__file__).parent / "foreign"
PYPI = INSTALLED / "python" / "ocpp_csms"
NPM = INSTALLED / "node_modules" / "ocpp-rpc"
FETCH = "tests/acceptance/foreign/install fetches it"
needs_pypi = pytest.mark.skipif(can_be_skipped(PYPI), reason=f"ocpp-csms is not tried: {FETCH}")
needs_npm = pytest.mark.skipif(
    can_be_skipped(NPM, of_node=True), reason=f"ocpp-rpc is not tried: it needs node, and {FETCH}"
)
ODD = ("default", "seq-no-per-evse", "authorized-without-evse", "report-without-tbc", "no-boot-after-reconnect")


class Foreign:
    """A CSMS in a process of its own: where it is, and what it wrote."""

    def __init__(self, url: str) -> None:
        self.url, self.lines = url, list[str]()


@asynccontextmanager
async def running(command: Sequence[str], **environment: str) -> AsyncIterator[Foreign]:
    process = await asyncio.create_subprocess_exec(
        *command, env=os.environ | environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert process.stdout is not None

    async def read(foreign: Foreign) -> None:
        async for line in process.stdout or ():
            foreign.lines.append(line.decode().rstrip())

    try:
        first = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        assert "listening on port" in first, first
        foreign = Foreign(f"ws://127.0.0.1:{first.split()[-1]}")
        reader = asyncio.create_task(read(foreign))
        yield foreign
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
    finally:
        process.kill()
        await process.wait()


def ocpp_csms():
    command = (sys.executable, "-m", "ocpp_csms", "--host", "127.0.0.1", "--port", "0")
    return running(command, PYTHONPATH=str(PYPI.parent))


def ocpp_rpc():
    return running(("node", str(HERE / "server.cjs")), NODE_PATH=str(NPM.parent))


async def visits(url: str, persona: str, version: str) -> None:
    """Two cars charge, and the station knows their energy."""
    station = Station(
        f"CS-{persona}", url=url, version=version, persona=persona, speed=None, start=1_764_000_000_000_000
    )
    async with station:
        assert await station.boot() == "Accepted"
        for _ in range(2):
            energy_wh = await visit(station, Visit(token="TAG", ev=Ev(soc=20), minutes=10))
            assert energy_wh is not None
            assert energy_wh > 500
        assert station.waiting == 0
        assert all(one.energy_wh for one in station.controller.books)


async def verdicts(url: str, version: str, *patterns: str) -> dict[str, str]:
    """Case -> verdict; a frame of whatever was said is never missing."""
    setup = Setup(endpoint=Endpoint(url, "CONFORM", BY_NAME[version]), tokens={"accepted": "TAG"}, patience=2.0)
    found = await run(setup, chosen(BY_NAME[version], patterns))
    return {one.id: one.verdict for one in found.cases}


@needs_pypi
async def test_stations_and_cases_against_ocpp_csms():
    async with ocpp_csms() as csms:
        for persona in ("default", "no-boot-after-reconnect", "stop-minus-one"):
            await visits(csms.url, persona, "1.6")
        found = await verdicts(csms.url, "1.6")
        assert "error" not in found.values(), found
        passed = {id for id, verdict in found.items() if verdict == "pass"}
        assert {"TC_003_CSMS", "TC_004_1_CSMS", "TC_005_1_CSMS", "TC_039_CSMS", "TC_024_CSMS"} <= passed
        assert found["OHM_E26"] == "fail"  # a start that is said again becomes a transaction of its own
        assert found["TC_013_CSMS"] == "not_applicable"  # nobody told how it is made to call


@needs_npm
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_stations_and_cases_against_ocpp_rpc(version: str):
    async with ocpp_rpc() as csms:
        for persona in ODD if version != "1.6" else ("default",):
            await visits(csms.url, persona, version)
        assert csms.lines == []  # its own schemas took every message of ours
        found = await verdicts(csms.url, version, "TC_B_*", "TC_E_0*", "TC_00*", "OHM_X0*")
        assert "error" not in found.values(), found
        assert found["TC_003_CSMS" if version == "1.6" else "TC_E_01_CSMS"] == "pass"
        assert "fail" in found.values()  # it says yes to everything
