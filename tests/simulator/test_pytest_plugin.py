"""The fixtures as another project has them: pytest in a process of its own."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.system]
TESTS = """
import pytest

@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.mark.anyio
async def test_a_session(station):
    async with station(persona="foreign-ids") as cs:
        assert await cs.boot() == "Accepted"
        assert cs.identity == "TEST001"
        await cs.plug(1)
        assert await cs.swipe("TAG") == "Accepted"
        assert len(cs.transaction(1).id) == 34
"""


async def run(folder: Path, *arguments: str) -> tuple[int, str]:
    (folder / "test_ours.py").write_text(TESTS)
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "ohmstead.simulator.pytest_plugin"]
    process = await asyncio.create_subprocess_exec(
        *line, *arguments, str(folder), cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    text, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, text.decode()


async def test_a_station_in_somebodys_tests(served: Any, tmp_path: Path) -> None:
    async with served("2.0.1") as csms:
        code, text = await run(tmp_path, "--csms-url", csms.url, "--csms-password", "p" * 16)
    assert code == 0, text
    assert csms.paths == ["/TEST001"]
    assert csms.headers[0]["authorization"].startswith("Basic ")
    assert len(csms.csms.of("TransactionEvent")) == 1


async def test_without_a_csms_it_says_what_is_missing(tmp_path: Path) -> None:
    code, text = await run(tmp_path)
    assert code != 0
    assert "Name the CSMS under test: --csms-url" in text
