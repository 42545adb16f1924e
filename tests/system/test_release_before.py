"""A rolling upgrade with the real thing: a process of the release before works on the schema of this one, beside it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from tests.acceptance.serving import KEY, Csms, Station, event, serving
from tests.store.test_expand import RELEASED
from tests.system.killing import free_port

pytestmark = [pytest.mark.anyio, pytest.mark.system]
ROOT = Path(__file__).resolve().parents[2]
MIGRATION = f"src/ohmstead/store/migrations/versions/{RELEASED}_*.py"


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True).stdout


@pytest.fixture
def sources_before(tmp_path: Path) -> Path:
    """The release before, as it was when its newest migration came."""
    try:
        commit = git("log", "-1", "--diff-filter=A", "--format=%H", "--", MIGRATION).decode().strip()
        packed = git("archive", commit or "none", "src")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this clone's history does not reach back to the release before")
    folder = tmp_path / "before"
    folder.mkdir()
    subprocess.run(["tar", "-x"], cwd=folder, input=packed, check=True)
    return folder / "src"


@asynccontextmanager
async def running(sources: Path, data_dir: Path, database_url: str) -> AsyncIterator[Csms]:
    """A server of these sources, as a process of its own; only its wire and its API are used."""
    api_port, gateway_port = free_port(), free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(sources),
        "OHMSTEAD_DATA_DIR": str(data_dir),
        "OHMSTEAD_DATABASE_URL": database_url,
        "OHMSTEAD_API__BIND": f"127.0.0.1:{api_port}",
        "OHMSTEAD_API__BOOTSTRAP_KEY": KEY,
        "OHMSTEAD_GATEWAY__BIND": f"127.0.0.1:{gateway_port}",
        "OHMSTEAD_GATEWAY__TLS_BIND": "",
        "OHMSTEAD_STATIONS__UNASKED_CALLS": "[]",
    }
    base, bearer = f"http://127.0.0.1:{api_port}/api/v1/", {"Authorization": f"Bearer {KEY}"}
    command = (sys.executable, "-m", "ohmstead", "serve")
    with (data_dir / "before.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=log, stderr=log)
    try:
        async with httpx.AsyncClient(base_url=base, headers=bearer, timeout=30) as api:
            async with asyncio.timeout(60):
                while not await ready(api):
                    assert process.returncode is None, "the release before does not start on this schema"
                    await asyncio.sleep(0.1)
            yield Csms(SimpleNamespace(gateway_port=gateway_port), api)  # type: ignore[arg-type]
    finally:
        process.terminate()
        await process.wait()


async def ready(api: httpx.AsyncClient) -> bool:
    try:
        return (await api.get("health/ready")).status_code == 200
    except httpx.TransportError:
        return False


async def charge(station: Station, kind: str, transaction: str, seq_no: int) -> None:
    told = event(kind, seq_no, seq_no * 60, transaction, token="T1", evse=1, wh=seq_no * 100)
    await station.call("TransactionEvent", told)


async def hand_over(one: Csms, other: Csms, identity: str) -> None:
    """A station charges, is asked something by the other release's API, and goes on there."""
    async with one.station(identity) as station:
        await charge(station, "Started", f"of {identity}", 0)
        command = await other.command(identity, {"type": "clear_cache"})
        await station.answer(await station.next_call(), {"status": "Accepted"})
        await other.command_in(command["id"], "accepted", "confirmed")
        await charge(station, "Updated", f"of {identity}", 1)
    async with other.station(identity) as station:
        await charge(station, "Updated", f"of {identity}", 2)
        await charge(station, "Ended", f"of {identity}", 3)


async def test_both_work_side_by_side(tmp_path: Path, postgres_url: str, sources_before: Path) -> None:
    async with serving(tmp_path, database_url=postgres_url) as new:
        async with running(sources_before, tmp_path, postgres_url) as old:
            await new.add_token("T1")
            await old.add_station("CS1")
            await new.add_station("CS2")
            await hand_over(old, new, "CS1")
            await hand_over(new, old, "CS2")
            seen_by_old = await old.transactions()
        ended = await new.transactions()
        assert [one["id"] for one in ended] == [one["id"] for one in seen_by_old]
        assert [(one["state"], one["complete"], one["energy_wh"]) for one in ended] == [("ended", True, 300)] * 2
        assert [len(await new.events_of(one)) for one in ended] == [4, 4]
        numbers = [told["sequence"] for told in await new.feed()]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(await new.feed("transaction.ended")) == 2
